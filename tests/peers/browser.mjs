// A person at Debian's Chromium signs in to Argo CD: through its button, Dex and authentik's form, and back.

import assert from 'node:assert/strict';
import {createHmac} from 'node:crypto';
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
    await page.getByLabel('Password', {exact: true}).fill(text);
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

const items = async (page, list) => (await page.locator(`${list} li`).allInnerTexts()).sort();

async function signedInAs(page, person) {
    await page.locator('#who').waitFor();
    assert.equal(await page.locator('#who').innerText(), `${person.username}@company.example`);
    assert.deepEqual(await items(page, '#groups'), [...person.groups].sort());
}

// The table of what may be done: {resource: {action: 'yes' or 'no'}}.
function rights(page) {
    return page.locator('#may tbody tr').evaluateAll((rows) =>
        Object.fromEntries(rows.map((row) => [row.querySelector('th').innerText, Object.fromEntries(
            [...row.querySelectorAll('td.yes, td.no')].map((cell) => [cell.dataset.action, cell.innerText]))])));
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
            assert.deepEqual(await items(page, '#roles'), ['role:admin']);
        }));
    await test(`${how}: who has no group signs in and may do nothing`, () =>
        visit(async (page) => {
            const carol = site.person('carol');
            await signIn(page, site, carol);
            assert.deepEqual(await items(page, '#roles'), []);
            assert.doesNotMatch(JSON.stringify(await rights(page)), /yes/);
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
            await endSession(page, site, javaScriptEnabled);
            await page.goto(`${site.argocd.url}/auth/login`);
            await page.getByLabel('Email or Username').waitFor();
        }));
}

async function endSession(page, site, scripts) {
    await page.goto(`${site.authentik.issuer}end-session/`);
    // Without a script a button takes the turn of a stage that asks nothing.
    if (!scripts) await button(page, 'Continue').click();
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

// ---- the page of Argo CD ----

const READONLY = ['accounts', 'applications', 'applicationsets', 'certificates', 'clusters', 'gpgkeys', 'logs', 'projects', 'repositories', 'write-repositories'];

// What the API answers for each cell of the table, but for an action with a slash in it, for which its path has no room.
async function askedOfTheApi(page, table) {
    const object = (resource) => ({projects: '*', clusters: '*', repositories: '*', 'write-repositories': '*', accounts: '*', extensions: '*', certificates: '', gpgkeys: ''})[resource] ?? '*/*';
    const answers = {};
    for (const [resource, actions] of Object.entries(table)) {
        answers[resource] = {};
        for (const action of Object.keys(actions)) {
            const path = `/api/v1/account/can-i/${resource}/${action}/${object(resource)}`;
            answers[resource][action] = await page.evaluate((p) => fetch(p).then((r) => r.json()).then((v) => v.value), path);
        }
    }
    return answers;
}

async function whoMayWhat(browser, site) {
    await test('admin: may do everything that there is, but for extensions', () =>
        withPage(browser, {}, shots, async (page) => {
            await signIn(page, site, site.person('alice'));
            assert.deepEqual(await items(page, '#roles'), ['role:admin']);
            const {extensions, ...rest} = await rights(page);
            assert.deepEqual(extensions, {invoke: 'no'});
            assert.equal(rest.applications.sync, 'yes');
            assert.doesNotMatch(JSON.stringify(rest), /no/);
        }));
    await test('viewer: may get, and nothing else', () =>
        withPage(browser, {}, shots, async (page) => {
            await signIn(page, site, site.person('bob'));
            assert.deepEqual(await items(page, '#roles'), ['role:readonly']);
            const may = Object.entries(await rights(page));
            const yes = may.flatMap(([resource, actions]) => Object.keys(actions).filter((a) => actions[a] === 'yes').map((a) => `${resource} ${a}`));
            assert.deepEqual(yes.sort(), READONLY.map((resource) => `${resource} get`));
        }));
    await test('both groups: both roles', () =>
        withPage(browser, {}, shots, async (page) => {
            await signIn(page, site, site.person('dave'));
            assert.deepEqual(await items(page, '#roles'), ['role:admin', 'role:readonly']);
        }));
    for (const name of ['alice', 'bob', 'carol'])
        await test(`the table says what the API says, to ${name}`, () =>
            withPage(browser, {}, shots, async (page) => {
                await signIn(page, site, site.person(name));
                const shown = await rights(page);
                delete shown.applications.action;
                assert.deepEqual(await askedOfTheApi(page, shown), shown);
            }));
}

async function afterLogout(browser, site) {
    await test('logged out, the session\'s own cookie is of no use any more', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await signIn(page, site, site.person('alice'));
            const [session] = await cookiesOf(context, site.argocd.url, 'argocd.token');
            await page.locator('#logout').click();
            await page.locator('#sso-login').waitFor();
            await context.addCookies([session]);
            await page.goto(site.argocd.url);
            await page.locator('#sso-login, #who, form').first().waitFor();
            assert.equal(await page.locator('#who').count(), 0);
        }));
}

async function argocdForPeople(browser, site) {
    for (const colorScheme of ['light', 'dark'])
        await test(`320 px wide nothing of Argo CD's pages is cut off, and every text has contrast (${colorScheme})`, () =>
            withPage(browser, {viewport: {width: 320, height: 640}, colorScheme}, shots, async (page) => {
                const fits = async (selectors) => {
                    assert.ok((await page.evaluate('document.documentElement.scrollWidth')) <= 320, page.url());
                    for (const selector of selectors) {
                        const contrast = await contrastOf(page, selector);
                        assert.ok(contrast >= 4.5, `${selector}: ${contrast}`);
                    }
                };
                await page.goto(`${site.argocd.url}/login?has_sso_error=true`);
                await fits(['h1', '#sso-login', '[role=alert]', 'label', 'button']);
                await signIn(page, site, site.person('bob'));
                await fits(['h1', '#logout', 'dt', 'dd', '#groups li', '#roles li', 'h2', '.hint', '#may th[scope=row]', '#may td.yes', '#may td.no']);
            }));
    await test('by keyboard alone to authentik, and out again', () =>
        withPage(browser, {}, shots, async (page) => {
            const press = async (id) => {
                for (let i = 0; i < 5; i++) {
                    await page.keyboard.press('Tab');
                    if ((await page.evaluate('document.activeElement?.id')) === id) break;
                }
                assert.equal(await page.evaluate('document.activeElement?.id'), id);
                await page.keyboard.press('Enter');
            };
            await page.goto(site.argocd.url);
            await page.locator('#sso-login').waitFor();
            await press('sso-login');
            await username(page, site.person('alice'));
            await password(page, site.person('alice').password);
            await signedInAs(page, site.person('alice'));
            await press('logout');
            await page.locator('#sso-login').waitFor();
        }));
}

// ---- when a login comes to nothing ----

const loginFailed = (page) => page.getByRole('alert').filter({hasText: 'Login failed.'}).waitFor();

async function otherSecret(browser, site) {
    for (const javaScriptEnabled of [true, false])
        await test(`authentik refuses Dex's client secret: Login failed. at Argo CD's login page (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page, context) => {
                await start(page, site);
                await username(page, site.person('alice'));
                await password(page, site.person('alice').password);
                await loginFailed(page);
                assert.equal(new URL(page.url()).search, '?has_sso_error=true');
                assert.deepEqual((await cookiesOf(context, site.argocd.url, 'argocd.token')).filter((c) => c.value), []);
                await site.control('PATCH', '/setup', {authentik: {provider: {client_secret: null}}});
                // authentik knows who it is: the button is enough.
                await page.locator('#sso-login').click();
                await signedInAs(page, site.person('alice'));
                await site.control('PATCH', '/setup', {authentik: {provider: {client_secret: 'another'}}});
            }));
}

async function dexDown(browser, site) {
    const during = async (faults, use) => {
        await site.control('PUT', '/faults', {faults});
        await use().finally(() => site.control('DELETE', '/faults'));
    };
    const alice = site.person('alice');
    await test('Dex is down when the button is pressed: Argo CD says whom it asked', () =>
        withPage(browser, {}, shots, async (page) => {
            await page.goto(`${site.argocd.url}/login`);
            await during(['dex/http.close'], async () => {
                await page.locator('#sso-login').click();
                await page.getByText(`failed to query provider "${site.dex.issuer}"`).waitFor();
            });
            await signIn(page, site, alice);
        }));
    await test('Dex is broken when authentik leads back: Login failed., and then it works again', () =>
        withPage(browser, {}, shots, async (page) => {
            await start(page, site);
            await username(page, alice);
            await during([{id: 'dex/http.status', with: {status: 500}}], async () => {
                await password(page, alice.password);
                await loginFailed(page);
            });
            await page.locator('#sso-login').click();
            await signedInAs(page, alice);
        }));
    await test('Dex is gone when authentik leads back: an empty 502, and then it works again', () =>
        withPage(browser, {}, shots, async (page) => {
            await start(page, site);
            await username(page, alice);
            await during(['dex/http.close'], async () => {
                const answer = page.waitForResponse((r) => r.url().includes('/api/dex/callback'));
                await password(page, alice.password);
                assert.equal((await answer).status(), 502);
                await page.waitForURL(/^chrome-error:/);
            });
            await page.goto(site.argocd.url);
            await page.locator('#sso-login').click();
            await signedInAs(page, alice);
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
    for (const javaScriptEnabled of [true, false])
        await test(`consent is remembered of the person: another profile is not asked (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page) => {
                await toConsent(page, site, site.person('bob'));
                if (!javaScriptEnabled) {
                    // The authorization flow has nothing to ask: without a script a button takes its turn.
                    await page.getByRole('heading', {name: 'Redirecting to ArgoCD'}).waitFor();
                    assert.equal(await page.getByText('Application requires').count(), 0);
                    await button(page, 'Continue').click();
                }
                await signedInAs(page, site.person('bob'));
            }));
    await test('consent: the permissions are listed', () =>
        withPage(browser, {}, shots, async (page) => {
            await toConsent(page, site, site.person('carol'));
            await page.getByText("You're about to sign into ArgoCD.").waitFor();
            const listed = await page.getByRole('listitem').allInnerTexts();
            assert.deepEqual(listed.sort(), ['Email address', 'General Profile Information', 'openid']);
        }));
}

// ---- second factors, remember me ----

const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

function fromBase32(text) {
    const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
    return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

// RFC 6238, on Node's own HMAC: another hand than the mock's.
function totp(secret, atMs = Date.now()) {
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
    const mac = createHmac('sha1', fromBase32(secret)).update(step).digest();
    const code = mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff;
    return String(code % 1_000_000).padStart(6, '0');
}

async function code(page, text) {
    await page.getByLabel('Authentication code').fill(text);
    await button(page, 'Continue').click();
}

async function toCode(page, site, person) {
    await toConsent(page, site, person);
    await page.getByLabel('Authentication code').waitFor();
}

async function secondFactors(browser, site) {
    const alice = site.person('alice');
    await test('TOTP: a wrong code is told so, then the right one signs in', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await toCode(page, site, alice);
            await code(page, '000000');
            const alert = page.getByRole('alert');
            await alert.waitFor();
            assert.match(await alert.innerText(), /^Invalid Token\./);
            assert.equal((await cookiesOf(context, site.argocd.url, 'argocd.token')).length, 0);
            await page.waitForTimeout(1100); // django-otp holds up for a second after a wrong code
            await code(page, totp(SECRET));
            await signedInAs(page, alice);
        }));
    const carol = site.person('carol');
    const codes = ['k7m2q9xw', 'r4t8n3vb'];
    for (const [n, javaScriptEnabled] of [[0, true], [1, false]])
        await test(`a static code signs in (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page) => {
                await toCode(page, site, carol);
                await code(page, codes[n]);
                await page.locator('#who').waitFor();
            }));
    await test('a static code does so once', () =>
        withPage(browser, {}, shots, async (page) => {
            await toCode(page, site, carol);
            await code(page, codes[0]);
            await page.getByText('Invalid Token.').waitFor();
        }));
}

async function denied(browser, site) {
    for (const javaScriptEnabled of [true, false])
        await test(`who has no second factor is denied where one is demanded (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page, context) => {
                await toConsent(page, site, site.person('bob'));
                await page.getByRole('heading', {name: 'Permission denied'}).waitFor();
                await page.getByText('No (allowed) MFA authenticator configured.').waitFor();
                assert.equal((await cookiesOf(context, site.argocd.url, 'argocd.token')).length, 0);
                await page.getByRole('link', {name: 'Start again'}).click();
                await page.getByLabel('Email or Username').waitFor();
            }));
    await test('five wrong passwords end the login', () =>
        withPage(browser, {}, shots, async (page) => {
            await start(page, site);
            await username(page, site.person('dave'));
            for (let i = 0; i < 5; i++) await password(page, 'wrong');
            await page.getByRole('heading', {name: 'Permission denied'}).waitFor();
        }));
}

async function setUp(browser, site) {
    const dave = site.person('dave');
    await test('a second factor is set up on the way, and asked the next time', () =>
        withPage(browser, {}, shots, async (page) => {
            await toConsent(page, site, dave);
            await page.getByRole('heading', {name: 'Set up your authenticator app'}).waitFor();
            const secret = (await page.locator('code').innerText()).replaceAll(' ', '');
            await page.getByLabel('Code').fill(totp(secret));
            await button(page, 'Continue').click();
            await button(page, 'No').click();
            await signedInAs(page, dave);
            await withPage(browser, {}, shots, async (other) => {
                await toCode(other, site, dave);
                await code(other, totp(secret, Date.now() + 30_000));
                await button(other, 'Yes').click();
                await signedInAs(other, dave);
            });
        }));
    await test('who wants to be remembered has a cookie that outlives the browser, else not', async () => {
        for (const [answer, lasts] of [['Yes', true], ['No', false]])
            await withPage(browser, {}, shots, async (page, context) => {
                await toCode(page, site, site.person('alice'));
                await code(page, lasts ? 'a1a1a1a1' : 'b2b2b2b2');
                await page.getByRole('heading', {name: 'Stay signed in?'}).waitFor();
                await button(page, answer).click();
                await page.locator('#who').waitFor();
                const [ours] = await cookiesOf(context, site.authentik.url, 'authentik_session');
                const days = (ours.expires - Date.now() / 1000) / 86_400;
                assert.ok(lasts ? days > 29 && days < 31 : ours.expires === -1, `${ours.expires}`);
            });
    });
}

// ---- what the page is to people ----

async function contrastOf(page, selector) {
    return page.locator(selector).first().evaluate((element) => {
        const channels = (text) => text.match(/[\d.]+/g).map(Number);
        const light = ([r, g, b]) => {
            const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
            return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
        };
        let under = element;
        while ((channels(getComputedStyle(under).backgroundColor)[3] ?? 1) === 0) under = under.parentElement;
        const a = light(channels(getComputedStyle(element).color));
        const b = light(channels(getComputedStyle(under).backgroundColor));
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}

async function forPeople(browser, site) {
    const alice = site.person('alice');
    await test('320 px wide nothing is cut off, and every text has contrast', () =>
        withPage(browser, {viewport: {width: 320, height: 640}}, shots, async (page) => {
            await start(page, site);
            await username(page, alice);
            await password(page, 'wrong');
            await page.getByRole('alert').waitFor();
            assert.ok((await page.evaluate('document.documentElement.scrollWidth')) <= 320);
            for (const selector of ['h1', 'label', '.who', '.who a', '[role=alert] p', 'button[type=submit]', 'footer']) {
                const contrast = await contrastOf(page, selector);
                assert.ok(contrast >= 4.5, `${selector}: ${contrast}`);
            }
        }));
    await test('by keyboard alone, and what is wrong is the field\'s description', () =>
        withPage(browser, {}, shots, async (page) => {
            const type = async (text) => {
                await page.keyboard.type(text);
                await page.keyboard.press('Enter');
            };
            const focused = (name) => page.waitForFunction((n) => document.activeElement?.name === n, name);
            await start(page, site);
            await focused('uid_field');
            await type(alice.username);
            await focused('password');
            await type('wrong');
            await page.getByRole('alert').waitFor();
            await focused('password');
            const field = page.getByLabel('Password', {exact: true});
            assert.equal(await field.getAttribute('aria-invalid'), 'true');
            const described = await field.getAttribute('aria-describedby');
            assert.match(await page.locator(`#${described}`).innerText(), /Invalid password/);
            await type(alice.password);
            await signedInAs(page, alice);
        }));
    await test('a password is shown on demand', () =>
        withPage(browser, {}, shots, async (page) => {
            await start(page, site);
            await username(page, alice);
            const field = page.getByLabel('Password', {exact: true});
            assert.equal(await field.getAttribute('type'), 'password');
            await button(page, 'Show password').click();
            assert.equal(await field.getAttribute('type'), 'text');
        }));
    for (const javaScriptEnabled of [true, false])
        await test(`who is somebody else begins anew (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page) => {
                await start(page, site);
                await username(page, site.person('bob'));
                await page.getByRole('link', {name: 'Not you?'}).click();
                await username(page, alice);
                await password(page, alice.password);
                await signedInAs(page, alice);
            }));
    await test('nothing is asked of another origin', () =>
        withPage(browser, {}, shots, async (page) => {
            const asked = new Set();
            page.on('request', (r) => asked.add(new URL(r.url()).origin));
            await signIn(page, site, alice);
            const known = [new URL(site.authentik.url).origin, new URL(site.argocd.url).origin];
            assert.deepEqual([...asked].filter((o) => !known.includes(o)), []);
        }));
}

// A form that authentik has the browser post: /authorize with response_mode=form_post.
async function formPost(browser, site) {
    for (const javaScriptEnabled of [true, false])
        await test(`form_post arrives at the client as a form (scripts: ${javaScriptEnabled})`, () =>
            withPage(browser, {javaScriptEnabled}, shots, async (page) => {
                const callback = `${site.argocd.url}/api/dex/callback`;
                const query = new URLSearchParams({client_id: 'my_client_id', redirect_uri: callback, response_type: 'code', scope: 'openid', response_mode: 'form_post', state: 'here'});
                await page.goto(`${site.authentik.url}/application/o/authorize/?${query}`);
                await username(page, site.person('alice'));
                await password(page, site.person('alice').password);
                const posted = page.waitForRequest((r) => r.url() === callback && r.method() === 'POST');
                if (!javaScriptEnabled) {
                    await button(page, 'Continue').click();
                    await page.getByText('You are being sent on.').waitFor();
                    await button(page, 'Continue').click();
                }
                const fields = new URLSearchParams((await posted).postData());
                assert.match(fields.get('code'), /^[0-9a-f]{32}$/);
                assert.equal(fields.get('state'), 'here');
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
            await page.locator('#who').waitFor({state: 'hidden'});
        }));
}

// Of 'a good password'.
const ADMIN_HASH = '$2b$04$abcdefghijklmnopqrstuuVCZTFhDi5NuemONALFTadaLO4m9MPr2';

async function localAdmin(browser, site) {
    const form = async (page, secret) => {
        await page.goto(`${site.argocd.url}/login?return_url=${encodeURIComponent(site.argocd.url + '/applications')}`);
        await page.getByLabel('Username').fill('admin');
        await page.getByLabel('Password').fill(secret);
        await page.getByRole('button', {name: 'Sign In'}).click();
    };
    await test('the local admin signs in with the form, and is led where it wanted to go', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await form(page, 'a good password');
            await page.locator('#who').waitFor();
            assert.equal(await page.locator('#who').innerText(), 'admin');
            assert.equal(new URL(page.url()).pathname, '/applications');
            const [cookie] = await cookiesOf(context, site.argocd.url, 'argocd.token');
            assert.ok(cookie.httpOnly && cookie.secure);
        }));
    await test('a wrong password of the local admin is said beside the form', () =>
        withPage(browser, {}, shots, async (page, context) => {
            await form(page, 'another password');
            await page.locator('#login-error').waitFor();
            assert.equal(await page.locator('#login-error').innerText(), 'Invalid username or password');
            assert.deepEqual(await cookiesOf(context, site.argocd.url, 'argocd.token'), []);
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
        await whoMayWhat(browser, site);
        await afterLogout(browser, site);
        await argocdForPeople(browser, site);
        await forPeople(browser, site);
        await formPost(browser, site);
    });
    await stranger(site);
});
await withServe({authentik: {provider: {client_secret: 'another'}}}, (site) =>
    withBrowser(site.ca_file, (browser) => otherSecret(browser, site)), '--control');
await withServe({}, (site) => withBrowser(site.ca_file, (browser) => dexDown(browser, site)), '--control');
await withServe({authentik: {provider: {authorization_flow: 'explicit'}}}, (site) =>
    withBrowser(site.ca_file, (browser) => consent(browser, site)));
await withServe({authentik: {flows: {mfa: 'deny'}}, people: {alice: {totp: SECRET}, carol: {static_codes: ['k7m2q9xw', 'r4t8n3vb']}, dave: {totp: SECRET}}}, (site) =>
    withBrowser(site.ca_file, async (browser) => {
        await secondFactors(browser, site);
        await denied(browser, site);
    }));
await withServe({authentik: {flows: {mfa: 'configure', remember_me: 'days=30'}}, people: {alice: {static_codes: ['a1a1a1a1', 'b2b2b2b2']}}}, (site) =>
    withBrowser(site.ca_file, (browser) => setUp(browser, site)));
await withServe({argocd: {secret: {'admin.password': ADMIN_HASH}}}, (site) =>
    withBrowser(site.ca_file, (browser) => localAdmin(browser, site)));
await withServe({authentik: {groups: many}, people: {alice: {groups: many}}}, (site) =>
    withBrowser(site.ca_file, (browser) => manyGroups(browser, site)));
finish();
