// jose's view of a token: signature against the published keys, claims, and the hashes made anew.

import './webcrypto.mjs';
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {createLocalJWKSet, decodeProtectedHeader, jwtVerify} from 'jose';

export async function keysOf(site, issuer) {
    const base = issuer.endsWith('/') ? issuer : `${issuer}/`;
    const metadata = await (await site.fetch(`${base}.well-known/openid-configuration`)).json();
    return (await site.fetch(metadata.jwks_uri)).json();
}

export async function verify(token, jwks, expected) {
    return jwtVerify(token, createLocalJWKSet(jwks), expected);
}

// OIDC Core 3.1.3.6: the left half of the hash of the ASCII text, with the hash of the token's alg.
export function halfHash(alg, text) {
    const digest = createHash(`sha${alg.slice(2)}`).update(text, 'ascii').digest();
    return digest.subarray(0, digest.length / 2).toString('base64url');
}

export function assertHash(idToken, claims, name, text) {
    const {alg} = decodeProtectedHeader(idToken);
    assert.equal(claims[name], halfHash(alg, text), name);
    assert.notEqual(claims[name], halfHash(alg, `${text}x`), name);
}

// The token with one bit of its signature turned.
export function bent(token) {
    const [head, body, signature] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes[bytes.length >> 1] ^= 1;
    return [head, body, bytes.toString('base64url')].join('.');
}
