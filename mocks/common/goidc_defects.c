/*
 * What a relying party may forget when it verifies a token, the same for each of them: one row in
 * DEFECT_ROWS for people, one in `defects` for what it switches off.
 */
#include <stddef.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/goidc.h"

#define LEEWAY_S (INT64_C(10) * 365 * 24 * 3600)

/* clang-format off */
#define DEFECT(party_, what_, title_, ref_)                                                        \
    {.id = party_ "/" what_, .title = title_, .ref = ref_, .at = "ID token", .standing = true}

#define DEFECT_ROWS(party_)                                                                        \
    DEFECT(party_, "accept-none", "an unsigned ID token is taken", "RFC 8725 3.2"),                \
    DEFECT(party_, "accept-hs256-public-key", "HS256 with the public key as secret is taken",      \
           "RFC 8725 2.1"),                                                                        \
    DEFECT(party_, "keys-for-ever", "keys once read are never read again", "OIDC Core 10.1.1"),    \
    DEFECT(party_, "issuer-by-prefix", "an iss that begins like the issuer is taken",              \
           "OIDC Core 3.1.3.7 step 2"),                                                            \
    DEFECT(party_, "issuer-without-slash", "an iss without its last slash is taken",               \
           "OIDC Core 3.1.3.7 step 2"),                                                            \
    DEFECT(party_, "leeway-huge", "a token that expired years ago is taken",                       \
           "OIDC Core 3.1.3.7 step 9"),                                                            \
    DEFECT(party_, "skip-nbf", "a token that is not valid yet is taken", "RFC 7519 4.1.5")
/* clang-format on */

const struct fault faults_goidc[] = {
    DEFECT_ROWS("dex"), DEFECT_ROWS("argocd"), DEFECT_ROWS("rp"), {0}};

static void accept_none(struct goidc_skip *s)
{
    s->none = true;
}

static void accept_hs256_public_key(struct goidc_skip *s)
{
    s->hs256_public = true;
}

static void keys_for_ever(struct goidc_skip *s)
{
    s->keys_for_ever = true;
}

static void issuer_by_prefix(struct goidc_skip *s)
{
    s->issuer_prefix = true;
}

static void issuer_without_slash(struct goidc_skip *s)
{
    s->issuer_slash = true;
}

static void leeway_huge(struct goidc_skip *s)
{
    s->leeway_s = LEEWAY_S;
}

static void skip_nbf(struct goidc_skip *s)
{
    s->nbf = true;
}

static const struct {
    const char *what;
    void (*set)(struct goidc_skip *s);
} defects[] = {
    {"accept-none", accept_none},
    {"accept-hs256-public-key", accept_hs256_public_key},
    {"keys-for-ever", keys_for_ever},
    {"issuer-by-prefix", issuer_by_prefix},
    {"issuer-without-slash", issuer_without_slash},
    {"leeway-huge", leeway_huge},
    {"skip-nbf", skip_nbf},
    {NULL, NULL},
};

void goidc_defects(struct fault_set *faults, const char *party, struct goidc_skip *ret)
{
    AUTO(xfree) char *prefix = xasprintf("%s/", party);
    if (!fault_any(faults, prefix))
        return;
    for (size_t i = 0; defects[i].what != NULL; i++) {
        AUTO(xfree) char *id = xasprintf("%s%s", prefix, defects[i].what);
        if (fault_is_on(faults, id))
            defects[i].set(ret);
    }
}

static size_t without_slash(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && text[len - 1] == '/' ? len - 1 : len;
}

bool goidc_issuer_fits(const struct goidc_skip *skip, const char *issuer, const char *iss)
{
    if (iss == NULL)
        return false;
    if (strcmp(iss, issuer) == 0 || (skip->issuer_prefix && cstr_starts(iss, issuer)))
        return true;
    size_t len = without_slash(issuer);
    return skip->issuer_slash && len == without_slash(iss) && memcmp(iss, issuer, len) == 0;
}
