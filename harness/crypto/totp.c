/*
 * One-time passwords from a secret and a time; who may use them how often is the callers'.
 */
#include "harness/crypto/totp.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/crypto/hash.h"

#define TOTP_MODULUS 1000000U /* six digits */

/* RFC 4648 6; blanks and "=" are skipped, as people paste them. Length of the key, 0 if it is not
 * base32. */
static size_t base32_decode(const char *text, uint8_t *out, size_t max)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned have = 0;
    size_t len = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '=')
            continue;
        char upper = (char)(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
        const char *at = strchr(alphabet, upper);
        if (at == NULL || len == max)
            return 0;
        bits = bits << 5 | (uint32_t)(at - alphabet);
        have += 5;
        if (have >= 8) {
            have -= 8;
            out[len++] = (uint8_t)(bits >> have);
        }
    }
    return len;
}

char *totp_code(const char *base32_secret, int64_t now_s)
{
    uint8_t key[128];
    size_t key_len = base32_decode(base32_secret, key, sizeof(key));
    if (key_len == 0)
        return NULL;
    uint64_t step = (uint64_t)(now_s / TOTP_STEP_S);
    uint8_t message[8];
    for (size_t i = 0; i < sizeof(message); i++)
        message[i] = (uint8_t)(step >> (56 - 8 * i));
    uint8_t mac[HASH_SIZE_MAX];
    hmac_of(HASH_SHA1, key, key_len, message, sizeof(message), mac);
    size_t at = mac[19] & 0x0f; /* RFC 4226 5.3: dynamic truncation */
    uint32_t code = ((uint32_t)(mac[at] & 0x7f) << 24) | ((uint32_t)mac[at + 1] << 16) |
                    ((uint32_t)mac[at + 2] << 8) | mac[at + 3];
    return xasprintf("%06u", code % TOTP_MODULUS);
}
