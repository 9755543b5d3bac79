// A person at Debian's Chromium signs in to Argo CD: through its button, Dex and authentik's form, and back.

import assert from 'node:assert/strict';
import {mkdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {withBrowser, withPage} from './support/chromium.mjs';
import {withServe} from './support/serve.mjs';
import {finish, refuses, test} from './support/tap.mjs';

const shots = join(dirname(fileURLToPath(import.meta.url)), 'failures');
mkdirSync(shots, {recursive: true});

const MAX_COOKIE = 4096; // what Chromium keeps of one: name, value (RFC 6265bis 5.7)
const many = Array.from({length: 200}, (_, i) => `Team ${String(i).padStart(3, '0')} of the company`);

// ---- what a person does ----

const button = (page, name) => page.getByRole('button', {name});

async function start(page, site) {
    await page.goto(site.argocd.url);
    const sso = page.getByRole('link', {name: 'Log in via authentik'});
    // Without a session the first page leads to the login page by itself.
    await sso.waitFor();
    await sso.click();
}

async function password(page, text) {
    await page.getByLabel('Password').fill(text);
    await button(page, 'Continue').click();
}

async function username(page, person) {
    await page.getByLabel('Email or Username').fill(person.username);
    await button(page, 'Log in').click();
}

async function signIn(page, site, person) {
    await start(page, site);
    await username(page, person);
    await password(page, person.password);
    await signedInAs(page, person);
}

// The answer of a description list, by its question.
const answer = (page, question) => page.locator(`dt:text-is("${question}") + dd`);

async function signedInAs(page, person) {
    await page.getByText('Signed in as').waitFor();
    assert.deepEqual((await answer(page, 'Groups').innerText()).split(', ').sort(), [...person.groups].sort());
}

// ---- what the browser sees of it ----

async function cookiesOf(context, url, prefix) {
    const all = await context.cookies(url);
    return all.filter((c) => c.name.startsWith(prefix));
}

async function cookieAttributes(site, context) {
    const [session, ...more] = await cookiesOf(context, site.argocd.url, 'argocd.token');
    assert.equal(more.length, 0);
    const {httpOnly, secure, sameSite, path, expires, domain} = session;
    const expected = {httpOnly: true, secure: true, sameSite: 'Lax', path: '/', expires: -1, domain: 'localhost'};
    assert.deepEqual({httpOnly, secure, sameSite, path, expires, domain}, expected);
    const [ours] = await cookiesOf(context, site.authentik.url, 'authentik_session');
    assert.deepEqual([ours.httpOnly, ours.secure, ours.sameSite, ours.domain], [true, true, 'None', '127.0.0.1']);
    const [state] = await cookiesOf(context, site.argocd.url, 'argocd.oauthstate');
    assert.equal(state?.value ?? '', '', 'the state cookie is cleared (argocd.md 1.5)');
}

// ---- the cases ----

async function person(site, browser, javaScriptEnabled) {
    const how = javaScriptEnabled ? 'with scripts' : 'without scripts';
    const alice = site.person('alice');
    const visit = (use) => withPage(browser, {javaScriptEnabled}, shots, use);
    await test(`${how}: a wrong password is told so, then the right one signs in`, () =>
        visit(async (page, context) => {
            await start(page, site);
            await username(page, alice);
            await password(page, `${alice.password}x`);
            await page.getByText('Invalid password').waitFor();
            assert.equal((await cookiesOf(context, site.argocd.url, 'argocd.token')).length, 0);
            await password(page, alice.password);
            await signedInAs(page, alice);
            assert.match(await answer(page, 'Roles').innerText(), /role:admin/);
        }));
    await test(`${how}: who has no group signs in and has no role`, () =>
        visit(async (page) => {
            await start(page, site);
            await username(page, site.person('carol'));
            await password(page, site.person('carol').password);
            await page.getByText('Signed in as').waitFor();
            assert.equal(await answer(page, 'Roles').innerText(), 'none');
        }));
    await test(`${how}: attributes of the cookies`, () =>
        visit(async (page, context) => {
            await signIn(page, site, alice);
            await cookieAttributes(site, context);
        }));
    await test(`${how}: log out of Argo CD, then in again without a password`, () =>
        visit(async (page, context) => {
            await signIn(page, site, alice);
            await page.getByRole('link', {name: 'Log out'}).click();
            await page.getByRole('link', {name: 'Log in via authentik'}).waitFor();
            const left = await cookiesOf(context, site.argocd.url, 'argocd.token');
            assert.deepEqual(left.filter((c) => c.value !== ''), []);
            // In Dex mode authentik's session outlives Argo CD's (argocd.md 1.10).
            await page.getByRole('link', {name: 'Log in via authentik'}).click();
            await signedInAs(page, alice);
        }));
    await test(`${how}: log out of authentik, then a password is asked again`, () =>
        visit(async (page) => {
            await signIn(page, site, alice);
            await endSession(page, site);
            await page.goto(`${site.argocd.url}/auth/login`);
            await page.getByLabel('Email or Username').waitFor();
        }));
}

async function endSession(page, site) {
    await page.goto(`${site.authentik.issuer}end-session/`);
    await button(page, 'Continue').click();
    await page.getByText("You've logged out of ArgoCD.").waitFor();
}

async function scriptsCannotReadCookies(site, browser) {
    await test('a script sees no session cookie', () =>
        withPage(browser, {}, shots, async (page) => {
            await signIn(page, site, site.person('alice'));
            assert.doesNotMatch(await page.evaluate('document.cookie'), /argocd\.token/);
            await page.goto(site.authentik.url);
            assert.doesNotMatch(await page.evaluate('document.cookie'), /authentik_session/);
        }));
    await test('the API answers the page of Argo CD, and not the page of another site', () =>
        withPage(browser, {}, shots, async (page) => {
            await signIn(page, site, site.person('alice'));
            const ask = `fetch('${site.argocd.url}/api/v1/session/userinfo', {credentials: 'include'})
                .then((r) => r.json())`;
            assert.equal((await page.evaluate(ask)).loggedIn, true);
            await page.goto(site.authentik.url);
            await refuses(() => page.evaluate(ask), /Failed to fetch/);
        }));
}

async function toConsent(page, site, person) {
    await start(page, site);
    await username(page, person);
    await password(page, person.password);
}

async function consent(browser, site) {
    for (const [name, javaScriptEnabled] of [['bob', true], ['dave', false]])
        await test(`consent is asked, and given signs in (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page, context) => {
                await toConsent(page, site, site.person(name));
                await page.getByText('Application requires following permissions').waitFor();
                assert.equal((await cookiesOf(context, site.argocd.url, 'argocd.token')).length, 0);
                await button(page, 'Continue').click();
                await signedInAs(page, site.person(name));
            }));
    await test('consent is remembered of the person: another profile is not asked', () =>
        withPage(browser, {}, shots, async (page) => {
            await toConsent(page, site, site.person('bob'));
            // The authorization flow has nothing to ask: without a script a button takes its turn.
            await page.getByRole('heading', {name: 'Redirecting to ArgoCD'}).waitFor();
            assert.equal(await page.getByText('Application requires').count(), 0);
            await button(page, 'Continue').click();
            await signedInAs(page, site.person('bob'));
        }));
}

async function manyGroups(browser, site) {
    const alice = site.person('alice');
    await test('200 groups: the cookie comes in pieces that the browser keeps and sends back', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await signIn(page, site, alice);
            const pieces = await cookiesOf(context, site.argocd.url, 'argocd.token');
            assert.ok(pieces.length > 1, `${pieces.length} pieces`);
            for (const p of pieces) assert.ok(p.name.length + p.value.length <= MAX_COOKIE, p.name);
        }));
    await test('200 groups: without the last piece nobody is signed in', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await signIn(page, site, alice);
            const pieces = await cookiesOf(context, site.argocd.url, 'argocd.token');
            await context.clearCookies({name: pieces.map((c) => c.name).sort().at(-1)});
            await page.reload();
            await page.getByText('Signed in as').waitFor({state: 'hidden'});
        }));
}

const stranger = (site) =>
    test('the certificate is refused by a browser without the CA', () =>
        withBrowser(null, (browser) =>
            withPage(browser, {}, shots, (page) =>
                refuses(() => page.goto(site.argocd.url), /ERR_CERT_AUTHORITY_INVALID/))));

await withServe({}, async (site) => {
    await withBrowser(site.ca_file, async (browser) => {
        await person(site, browser, true);
        await person(site, browser, false);
        await scriptsCannotReadCookies(site, browser);
    });
    await stranger(site);
});
await withServe({authentik: {provider: {authorization_flow: 'explicit'}}}, (site) =>
    withBrowser(site.ca_file, (browser) => consent(browser, site)));
await withServe({authentik: {groups: many}, people: {alice: {groups: many}}}, (site) =>
    withBrowser(site.ca_file, (browser) => manyGroups(browser, site)));
finish();
