// openid-client and jose as relying party of authentik, without Dex: the guide's second redirect URI.

import assert from 'node:assert/strict';
import {X509Certificate, createHash} from 'node:crypto';
import {decodeProtectedHeader, jwtVerify} from 'jose';
import * as oidc from 'openid-client';
import {assertHash, bent, keysOf, verify} from './support/jwt.mjs';
import {CALLBACK, withListener} from './support/listener.mjs';
import {authorize, discover, signIn} from './support/relying_party.mjs';
import {withServe} from './support/serve.mjs';
import {finish, refuses, test} from './support/tap.mjs';

const OFFLINE = ['openid', 'email', 'profile', 'offline_access'];

const provider = (patch) => ({authentik: {provider: patch}});

function options(site, more = {}) {
    const {id, secret} = site.client('authentik');
    return {issuer: site.authentik.issuer, id, secret, fetch: site.fetch, ...more};
}

// ---- each signing algorithm ----

const algorithms = [
    {alg: 'RS256', signing_key: 'rsa', other: 'ES256'},
    {alg: 'ES256', signing_key: 'ec', other: 'RS256'},
    {alg: 'HS256', signing_key: 'none', other: 'RS256'},
];

async function verifyBySecret(site, {tokens}) {
    const key = new TextEncoder().encode(site.client('authentik').secret);
    const expected = {issuer: site.authentik.issuer, audience: site.client('authentik').id};
    await test('HS256: jose verifies the ID token with the client secret', async () => {
        await jwtVerify(tokens.id_token, key, {...expected, algorithms: ['HS256']});
    });
    await test('HS256: jose refuses it with another secret', () =>
        refuses(() => jwtVerify(tokens.id_token, new TextEncoder().encode('another'), expected), /signature/));
    await test('HS256: the key set is empty', async () =>
        assert.deepEqual((await keysOf(site, site.authentik.issuer)).keys ?? [], []));
}

async function verifyByKeys(site, alg, {tokens}) {
    const jwks = await keysOf(site, site.authentik.issuer);
    const expected = {issuer: site.authentik.issuer, audience: site.client('authentik').id, algorithms: [alg]};
    for (const kind of ['id_token', 'access_token']) {
        await test(`${alg}: jose verifies the ${kind}`, async () => {
            const {payload} = await verify(tokens[kind], jwks, expected);
            assert.equal(payload.at_hash, undefined, 'the code flow has none since 2024.2 (authentik.md 6)');
        });
        await test(`${alg}: jose refuses the ${kind} with a bent signature`, () =>
            refuses(() => verify(bent(tokens[kind]), jwks, expected), /signature/));
    }
    await refuseClaims(alg, tokens.id_token, jwks, expected);
    await test(`${alg}: certificate and thumbprints in the key set are of the key that signed`, () => {
        const {kid} = decodeProtectedHeader(tokens.id_token);
        const key = jwks.keys.find((k) => k.kid === kid);
        const der = Buffer.from(key.x5c[0], 'base64');
        assert.deepEqual(new X509Certificate(der).publicKey.export({format: 'jwk'}), publicPart(key));
        assert.equal(key.x5t, createHash('sha1').update(der).digest('base64url'));
        assert.equal(key['x5t#S256'], createHash('sha256').update(der).digest('base64url'));
    });
}

function publicPart({kty, n, e, crv, x, y}) {
    return kty === 'RSA' ? {kty, n, e} : {kty, x, y, crv};
}

async function refuseClaims(alg, idToken, jwks, expected) {
    const later = new Date(Date.now() + 24 * 3600_000);
    const twins = [
        ['another audience', {audience: 'another'}, /"aud"/],
        ['another issuer', {issuer: 'https://another.example/'}, /"iss"/],
        ['tomorrow', {currentDate: later}, /"exp"/],
        ['another algorithm', {algorithms: ['PS512']}, /alg/],
    ];
    for (const [name, change, why] of twins)
        await test(`${alg}: jose refuses the ID token: ${name}`, () =>
            refuses(() => verify(idToken, jwks, {...expected, ...change}), why));
}

async function withAlgorithm(site, calls, {alg, other}) {
    const config = await discover(options(site, {alg}));
    const login = await signIn(site, config, calls, 'alice');
    await test(`${alg}: openid-client accepts discovery, code, PKCE, state, nonce and ID token`, () => {
        assert.equal(config.serverMetadata().issuer, site.authentik.issuer);
        assert.equal(decodeProtectedHeader(login.tokens.id_token).alg, alg);
        assert.equal(login.claims.preferred_username, 'alice');
        assert.deepEqual(login.claims.groups, ['ArgoCD Admins']);
    });
    await test(`${alg}: openid-client accepts userinfo of the same subject`, async () => {
        const info = await oidc.fetchUserInfo(config, login.tokens.access_token, login.claims.sub);
        assert.deepEqual(info.groups, ['ArgoCD Admins']);
    });
    await test(`${alg}: openid-client refuses userinfo of another subject`, () =>
        refuses(() => oidc.fetchUserInfo(config, login.tokens.access_token, 'another'), /sub/));
    await test(`${alg}: openid-client that expects ${other} refuses`, async () => {
        const strict = await discover(options(site, {alg: other}));
        await refuses(() => signIn(site, strict, calls, 'alice'), /unexpected JWT "alg"|unsupported/);
    });
    if (alg === 'HS256') await verifyBySecret(site, login);
    else await verifyByKeys(site, alg, login);
}

// ---- what a relying party may get wrong ----

const badChecks = [
    ['another state', {expectedState: 'another'}, /"state"/],
    ['another nonce', {expectedNonce: 'another'}, /"nonce"/],
    ['another code verifier', {pkceCodeVerifier: oidc.randomPKCECodeVerifier()}, /invalid_grant/],
    ['no code verifier', {pkceCodeVerifier: undefined}, /invalid_grant/],
];

async function badExchanges(site, config) {
    for (const [name, change, why] of badChecks)
        await test(`code exchange refused: ${name}`, async () => {
            const {callback, checks} = await authorize(site, config, 'bob');
            await refuses(() => oidc.authorizationCodeGrant(config, callback, {...checks, ...change}), why);
        });
    await test('code exchange refused: the code was used before', async () => {
        const {callback, checks} = await authorize(site, config, 'bob');
        await oidc.authorizationCodeGrant(config, callback, checks);
        await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /invalid_grant/);
    });
    await test('code exchange refused: another redirect URI', async () => {
        const {callback, checks} = await authorize(site, config, 'bob');
        const moved = new URL(callback.href.replace('/auth/', '/other/'));
        // RFC 6749 5.2 has invalid_grant here; authentik answers with invalid_client (authentik.md 5.3).
        await refuses(() => oidc.authorizationCodeGrant(config, moved, checks), /invalid_(client|grant)/);
    });
}

async function clientAuthentication(site) {
    const {secret} = site.client('authentik');
    for (const [name, method] of [['basic', oidc.ClientSecretBasic], ['post', oidc.ClientSecretPost]]) {
        await test(`client_secret_${name}: accepted`, async () => {
            const config = await discover(options(site, {auth: method(secret)}));
            const {callback, checks} = await authorize(site, config, 'bob');
            await oidc.authorizationCodeGrant(config, callback, checks);
        });
        await test(`client_secret_${name}: a wrong secret is refused`, async () => {
            const config = await discover(options(site, {auth: method('wrong')}));
            const {callback, checks} = await authorize(site, config, 'bob');
            await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /invalid_client/);
        });
    }
}

async function badRequests(site, config) {
    await test('authorization refused on authentik\'s own page: another redirect URI', () =>
        refuses(() => authorize(site, config, 'bob', {redirect_uri: `${CALLBACK}/other`}), /redirect/i));
    await test('authorization refused at the redirect URI: an unknown response type', async () => {
        const {callback, checks} = await authorize(site, config, 'bob', {response_type: 'another'});
        await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /unsupported_response_type/);
    });
    await test('authorization refused at the redirect URI: prompt=none of nobody', async () => {
        const {callback, checks} = await authorize(site, config, 'bob', {prompt: 'none'});
        await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /login_required/);
    });
    await test('prompt=none of somebody signed in is silent', async () => {
        const {person} = await authorize(site, config, 'bob');
        const {callback, checks} = await authorize(site, config, 'bob', {prompt: 'none', person});
        await oidc.authorizationCodeGrant(config, callback, checks);
    });
    await test('a wrong password ends at the form, which says so', () => {
        const forgetful = {...site, person: (n) => ({...site.person(n), password: 'wrong'})};
        return refuses(() => authorize(forgetful, config, 'bob'), /Invalid password/);
    });
}

// ---- code id_token ----

async function hybrid(site) {
    const config = await discover(options(site, {alg: 'RS256'}));
    oidc.useCodeIdTokenResponseType(config);
    const response_type = 'code id_token';
    await test('code id_token: openid-client accepts both ID tokens, jose the hash of the code', async () => {
        const {callback, checks} = await authorize(site, config, 'dave', {response_type});
        const front = new URLSearchParams(callback.hash.slice(1));
        const idToken = front.get('id_token');
        const {payload} = await verify(idToken, await keysOf(site, site.authentik.issuer));
        assertHash(idToken, payload, 'c_hash', front.get('code'));
        await oidc.authorizationCodeGrant(config, callback, checks);
    });
    await test('code id_token token: jose finds the hashes of code and access token', async () => {
        const {callback} = await authorize(site, config, 'dave', {response_type: 'code id_token token'});
        const front = new URLSearchParams(callback.hash.slice(1));
        const {payload} = await verify(front.get('id_token'), await keysOf(site, site.authentik.issuer));
        assertHash(front.get('id_token'), payload, 'c_hash', front.get('code'));
        assertHash(front.get('id_token'), payload, 'at_hash', front.get('access_token'));
    });
    await test('code id_token: openid-client refuses another code', async () => {
        const {callback, checks} = await authorize(site, config, 'dave', {response_type});
        const front = new URLSearchParams(callback.hash.slice(1));
        front.set('code', 'another');
        callback.hash = front.toString();
        await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /c_hash/);
    });
}

// ---- after the login ----

async function refresh(site, calls) {
    const config = await discover(options(site, {alg: 'RS256'}));
    const login = await signIn(site, config, calls, 'alice', {scope: OFFLINE.join(' ')});
    await test('refresh: accepted, the same subject', async () => {
        const again = await oidc.refreshTokenGrant(config, login.tokens.refresh_token);
        assert.equal(again.claims().sub, login.claims.sub);
        await oidc.fetchUserInfo(config, again.access_token, login.claims.sub);
    });
    await test('refresh: more scope is refused', () =>
        refuses(async () => {
            const {tokens} = await signIn(site, config, calls, 'alice', {scope: 'openid offline_access'});
            return oidc.refreshTokenGrant(config, tokens.refresh_token, {scope: OFFLINE.join(' ')});
        }, /invalid_scope/));
    await test('refresh: an unknown token is refused', () =>
        refuses(() => oidc.refreshTokenGrant(config, 'another'), /invalid_grant/));
}

async function introspection(site, config, calls) {
    const {tokens} = await signIn(site, config, calls, 'alice');
    await test('introspection: active, and no longer once revoked', async () => {
        assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
        await oidc.tokenRevocation(config, tokens.access_token);
        assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    });
    // authentik's WWW-Authenticate names no scheme (authentik.md 7), so that the client sees the status only.
    await test('userinfo: a revoked token is refused', () =>
        refuses(() => oidc.fetchUserInfo(config, tokens.access_token, oidc.skipSubjectCheck), /status 401/));
}

async function logout(site, config) {
    await test('end session: the person has to sign in again', async () => {
        const {callback, checks, person} = await authorize(site, config, 'carol');
        const {id_token} = await oidc.authorizationCodeGrant(config, callback, checks);
        let page = await person.visit(oidc.buildEndSessionUrl(config, {id_token_hint: id_token}).href);
        for (let form; (form = page.html.querySelector('form')); ) page = await person.submit(page, form);
        const after = await authorize(site, config, 'carol', {prompt: 'none', person});
        await refuses(() => oidc.authorizationCodeGrant(config, after.callback, after.checks), /login_required/);
    });
}

await withListener(async (calls) => {
    for (const row of algorithms)
        await withServe(provider({signing_key: row.signing_key}), (site) => withAlgorithm(site, calls, row));
    await withServe({}, async (site) => {
        const config = await discover(options(site, {alg: 'RS256'}));
        await badExchanges(site, config);
        await clientAuthentication(site);
        await badRequests(site, config);
        await hybrid(site);
        await introspection(site, config, calls);
        await logout(site, config);
        await test('refresh: without the scope mapping there is no refresh token', async () => {
            const {tokens} = await signIn(site, config, calls, 'alice', {scope: OFFLINE.join(' ')});
            assert.equal(tokens.refresh_token, undefined);
        });
        await test('discovery refused: no such application', () =>
            refuses(() => discover(options(site, {issuer: site.authentik.issuer.replace('argocd', 'other')})), /404|status/));
        await test('the certificate is refused without the CA', () =>
            refuses(() => discover(options(site, {fetch: undefined})), /certificate/));
    });
    await withServe(provider({scopes: OFFLINE}), (site) => refresh(site, calls));
    await withServe(provider({issuer_mode: 'global'}), (site) =>
        test('discovery refused: the issuer is not the one asked (issuer_mode global)', () =>
            refuses(() => discover(options(site, {issuer: `${site.authentik.url}/application/o/argocd/`})), /issuer/)));
});
finish();
