// openid-client as a relying party: discovery, one authorization of a person, and what a test may bend in it.

import './webcrypto.mjs';
import * as oidc from 'openid-client';
import {CALLBACK} from './listener.mjs';
import {Person} from './person.mjs';

// options: issuer, id, secret (null: public), alg, auth (a client authentication), fetch
export async function discover(options) {
    const {issuer, id, secret, alg, fetch} = options;
    const auth = options.auth ?? (secret ? oidc.ClientSecretBasic(secret) : oidc.None());
    const metadata = {client_secret: secret ?? undefined, id_token_signed_response_alg: alg};
    const config = await oidc.discovery(new URL(issuer), id, metadata, auth, {[oidc.customFetch]: fetch});
    // A signature that the client library would not look at, as the token came over TLS, is looked at.
    if (!alg?.startsWith('HS')) oidc.enableNonRepudiationChecks(config);
    return config;
}

// Sends a person through the front channel. Returns the callback's URL and what it has to be checked with.
export async function authorize(site, config, name, parameters = {}) {
    const verifier = oidc.randomPKCECodeVerifier();
    const checks = {
        pkceCodeVerifier: verifier,
        expectedState: oidc.randomState(),
        expectedNonce: oidc.randomNonce(),
        idTokenExpected: true,
    };
    const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: 'openid profile email',
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...parameters,
    });
    const person = parameters.person ?? new Person(site, name);
    const callback = await person.signIn(url.href, CALLBACK);
    return {callback, checks, person};
}

// As authorize, then the person's browser really calls the listener, and the code is exchanged.
export async function signIn(site, config, calls, name, parameters) {
    const {callback, checks, person} = await authorize(site, config, name, parameters);
    await (await fetch(callback)).text();
    const seen = calls.at(-1);
    if (seen.search !== callback.search) throw new Error(`the listener was called with ${seen}`);
    const tokens = await oidc.authorizationCodeGrant(config, seen, checks);
    return {tokens, claims: tokens.claims(), checks, callback, person};
}
