/*
 * bcrypt by libxcrypt, which Debian's C library comes with.
 */
#include "harness/crypto/bcrypt.h"

#include <crypt.h>
#include <ctype.h>
#include <string.h>

#include <openssl/crypto.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

#define HASH_LEN 60
#define COST_MAX 16

/* "$2", a letter, "$", two digits, "$", 22 characters of salt and 31 of the hash. */
static bool is_bcrypt(const char *hash)
{
    if (!cstr_starts(hash, "$2") || strlen(hash) != HASH_LEN || strchr("aby", hash[2]) == NULL ||
        hash[3] != '$' || hash[6] != '$')
        return false;
    if (isdigit((unsigned char)hash[4]) == 0 || isdigit((unsigned char)hash[5]) == 0)
        return false;
    return (hash[4] - '0') * 10 + (hash[5] - '0') <= COST_MAX;
}

bool bcrypt_matches(const char *password, const char *hash)
{
    if (!is_bcrypt(hash))
        return false;
    struct crypt_data *data = xcalloc(1, sizeof *data);
    /* Not crypt_r: sanitizers put their own in its place, and the library is then left out. */
    const char *made = crypt_rn(password, hash, data, (int)sizeof *data);
    bool same =
        made != NULL && strlen(made) == HASH_LEN && CRYPTO_memcmp(made, hash, HASH_LEN) == 0;
    OPENSSL_cleanse(data, sizeof *data);
    xfree(data);
    return same;
}
