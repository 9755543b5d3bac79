/*
 * What differs between versions of authentik, as a table row a change (authentik.md part 9).
 */
#pragma once

#include <stdbool.h>

enum quirk_id {
    QUIRK_JTI,              /* ID tokens carry jti */
    QUIRK_LONG_KID,         /* kid is SHA-512 in base64url, not MD5 in hex */
    QUIRK_SID,              /* ID tokens carry sid */
    QUIRK_ACCESS_SCOPE,     /* access tokens carry scope */
    QUIRK_REQUEST_ID,       /* token errors carry request_id */
    QUIRK_BACKCHANNEL_KEYS, /* discovery names back-channel logout */
    QUIRK_FRONTCHANNEL_KEYS,
    QUIRK_LEARNS_REDIRECT, /* an empty redirect list takes in the first URI used */
    QUIRK_GRANT_TYPES,     /* grant types are a setting of the provider */
    QUIRK_BASIC_DECODED,   /* Basic credentials are percent-decoded */
    QUIRK_LOGIN_HINT,
    QUIRK_SILENT_AUTHORIZE, /* /authorize itself answers the code when no stage needs a page */
    QUIRK_DENIED_TEXT,      /* too many wrong passwords say Invalid password */
    QUIRK_RFC8414_PATH,
    QUIRK_MAX_
};

int ak_quirk_version(
    const char *version); /* "2026.2" or "2026.2.2" gives 202602; 0 if it is none */
bool ak_quirk_on(int version, enum quirk_id id);
