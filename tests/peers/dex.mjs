// openid-client and jose as the command line client of Argo CD: public, PKCE, Dex behind Argo CD's proxy.

import './support/webcrypto.mjs';
import assert from 'node:assert/strict';
import * as oidc from 'openid-client';
import {assertHash, bent, keysOf, verify} from './support/jwt.mjs';
import {withListener} from './support/listener.mjs';
import {authorize, discover, signIn} from './support/relying_party.mjs';
import {withServe} from './support/serve.mjs';
import {finish, refuses, test} from './support/tap.mjs';

const CLIENT = 'argo-cd-cli';
const GROUPS = {scope: 'openid profile email groups'};
const OFFLINE = {scope: `${GROUPS.scope} offline_access`};

// Dex's answer of status 500, as Argo CD's proxy passes it on (argocd.md 2).
const DEX_500 = /status 303/;

const options = (site, more = {}) => ({issuer: site.dex.issuer, id: CLIENT, alg: 'RS256', fetch: site.fetch, ...more});

async function good(site, config, calls) {
    const login = await signIn(site, config, calls, 'alice', GROUPS);
    await test('openid-client accepts discovery, code, PKCE, state, nonce and ID token', () => {
        assert.equal(config.serverMetadata().issuer, site.dex.issuer);
        assert.equal(login.claims.aud, CLIENT);
        assert.deepEqual(login.claims.groups, ['ArgoCD Admins']);
    });
    await test('openid-client accepts userinfo of the same subject', () =>
        oidc.fetchUserInfo(config, login.tokens.access_token, login.claims.sub));
    await test('openid-client refuses userinfo of another subject', () =>
        refuses(() => oidc.fetchUserInfo(config, login.tokens.access_token, 'another'), /sub/));
    await verified(site, login);
    await accountOf(site, login);
}

async function verified(site, {tokens}) {
    const jwks = await keysOf(site, site.dex.issuer);
    const expected = {issuer: site.dex.issuer, audience: CLIENT, algorithms: ['RS256']};
    await test('jose verifies the ID token and the hashes in it', async () => {
        const {payload} = await verify(tokens.id_token, jwks, expected);
        assertHash(tokens.id_token, payload, 'at_hash', tokens.access_token);
    });
    await test('jose verifies the access token', () => verify(tokens.access_token, jwks, expected));
    await test('jose refuses a bent signature', () =>
        refuses(() => verify(bent(tokens.id_token), jwks, expected), /signature/));
    await test('jose refuses another audience', () =>
        refuses(() => verify(tokens.id_token, jwks, {...expected, audience: 'argo-cd'}), /"aud"/));
    await test('jose refuses authentik\'s keys for Dex\'s token', async () => {
        const others = await keysOf(site, site.authentik.issuer);
        await refuses(() => verify(tokens.id_token, others, expected), /no applicable key/);
    });
}

// What the command line does with its token.
async function accountOf(site, {tokens}) {
    const userinfo = async (token) => {
        const headers = {authorization: `Bearer ${token}`};
        return (await site.fetch(`${site.argocd.url}/api/v1/session/userinfo`, {headers})).json();
    };
    await test('Argo CD knows the person by this ID token', async () => {
        const info = await userinfo(tokens.id_token);
        assert.equal(info.loggedIn, true);
        assert.deepEqual(info.groups, ['ArgoCD Admins']);
    });
    await test('Argo CD knows nobody by a bent one', async () =>
        assert.notEqual((await userinfo(bent(tokens.id_token))).loggedIn, true));
}

const badChecks = [
    ['another state', {expectedState: 'another'}, /"state"/],
    ['another nonce', {expectedNonce: 'another'}, /"nonce"/],
    ['another code verifier', {pkceCodeVerifier: oidc.randomPKCECodeVerifier()}, /invalid_grant/],
    ['no code verifier', {pkceCodeVerifier: undefined}, /invalid_grant/],
];

async function bad(site, config) {
    for (const [name, change, why] of badChecks)
        await test(`code exchange refused: ${name}`, async () => {
            const {callback, checks} = await authorize(site, config, 'bob', GROUPS);
            await refuses(() => oidc.authorizationCodeGrant(config, callback, {...checks, ...change}), why);
        });
    await test('code exchange refused: the code was used before', async () => {
        const {callback, checks} = await authorize(site, config, 'bob', GROUPS);
        await oidc.authorizationCodeGrant(config, callback, checks);
        await refuses(() => oidc.authorizationCodeGrant(config, callback, checks), /invalid_grant|invalid_request/);
    });
    await test('code exchange refused: the code is of another client', async () => {
        const {callback, checks} = await authorize(site, config, 'bob', GROUPS);
        const web = site.client('dex', 'argo-cd');
        const other = await discover(options(site, web));
        await refuses(() => oidc.authorizationCodeGrant(other, callback, checks), DEX_500);
    });
    await test('code exchange refused: a wrong client secret', async () => {
        const {callback, checks} = await authorize(site, config, 'bob', GROUPS);
        const other = await discover(options(site, {id: 'argo-cd', secret: 'wrong'}));
        await refuses(() => oidc.authorizationCodeGrant(other, callback, checks), /invalid_client|status 401/);
    });
    await test('authorization refused on Dex\'s own page: another redirect URI', () =>
        refuses(() => authorize(site, config, 'bob', {redirect_uri: 'https://another.example/cb'}), /redirect_uri/));
    await test('discovery refused: a slash too many in the issuer', () =>
        refuses(() => discover(options(site, {issuer: `${site.dex.issuer}/`})), /issuer/));
}

async function refresh(site, config, calls) {
    await test('without offline_access there is no refresh token', async () => {
        const {tokens} = await signIn(site, config, calls, 'alice', GROUPS);
        assert.equal(tokens.refresh_token, undefined);
    });
    const {tokens, claims} = await signIn(site, config, calls, 'alice', OFFLINE);
    let next;
    await test('refresh: accepted, the same subject and groups', async () => {
        next = await oidc.refreshTokenGrant(config, tokens.refresh_token);
        assert.equal(next.claims().sub, claims.sub);
        assert.deepEqual(next.claims().groups, claims.groups);
    });
    await test('refresh: the next refresh token is accepted too', () =>
        oidc.refreshTokenGrant(config, next.refresh_token));
    await test('refresh: an unknown token is refused', () =>
        refuses(() => oidc.refreshTokenGrant(config, 'another'), /invalid_grant|invalid_request/));
}

const scopes = ['openid', 'email', 'profile', 'offline_access'];
const provider = (patch) => ({authentik: {provider: patch}});
const connector = {dex: {connectors: {authentik: {config: {scopes}}}}};

await withListener(async (calls) => {
    await withServe({}, async (site) => {
        const config = await discover(options(site));
        await good(site, config, calls);
        await bad(site, config);
    });
    await withServe({...provider({scopes}), ...connector}, async (site) => {
        await refresh(site, await discover(options(site)), calls);
    });
    // Dex hands out a refresh token all the same, which is then of no use (dex.md 4.7).
    await withServe(provider({scopes}), async (site) => {
        const config = await discover(options(site));
        const {tokens} = await signIn(site, config, calls, 'alice', OFFLINE);
        await test('refresh: refused where the connector does not ask authentik for offline_access', () =>
            refuses(() => oidc.refreshTokenGrant(config, tokens.refresh_token), DEX_500));
    });
    await withServe(provider({signing_key: 'none'}), async (site) => {
        const config = await discover(options(site));
        await test('Dex refuses an authentik without a signing key', () =>
            refuses(() => authorize(site, config, 'alice', GROUPS), /Login failed/));
    });
});
finish();
