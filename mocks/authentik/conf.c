/*
 * What the mock derives from a setup once, so that no request derives it again: signing key and
 * kid, redirect lines, sorted scopes and people. Knows nothing of requests.
 */
#include "mocks/authentik/state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/url.h"
#include "harness/crypto/hash.h"

/* The test keys of each kind a provider may sign with. */
struct key_choice {
    const char *signing_key; /* as in the setup */
    const char *prefix;      /* key_test(prefix + number) */
    int keys;                /* in turn: 1 … keys */
    const char *foreign;     /* the key that is in no JWKS; NULL = none fits */
    enum jws_alg alg;
};

static const struct key_choice choices[] = {{"rsa", "rsa-2048", 4, "rsa-2048-8", JWS_RS256},
                                            {"rsa-4096", "rsa-4096", 1, "rsa-2048-8", JWS_RS256},
                                            {"ec", "ec-p256", 2, "ec-p256-3", JWS_ES256},
                                            {"ec-384", "ec-p384", 1, NULL, JWS_ES384},
                                            {"ec-521", "ec-p521", 1, NULL, JWS_ES512},
                                            {0}};

static const struct key_choice *choice_of(const char *signing_key)
{
    for (const struct key_choice *c = choices; c->signing_key != NULL; c++)
        if (cstr_eq(c->signing_key, signing_key))
            return c;
    return NULL;
}

static struct key *key_numbered(const char *prefix, int number)
{
    AUTO(xfree) char *name = xasprintf("%s-%d", prefix, number);
    return key_test(name);
}

int ak_conf_keys_of_kind(const char *signing_key)
{
    const struct key_choice *c = choice_of(signing_key);
    return c != NULL ? c->keys : 0;
}

struct key *ak_conf_foreign_key(const struct conf *c)
{
    if (c->kid == NULL)
        return key_from_secret("a secret that is not the client's", 33);
    const struct key_choice *choice = choice_of(c->ak->signing_key);
    return choice != NULL && choice->foreign != NULL ? key_test(choice->foreign) : NULL;
}

bool ak_quirk(const struct mock *m, enum quirk_id id)
{
    return m->conf.quirks[id];
}

char *ak_conf_kid(const struct key *k, bool longer)
{
    AUTO(xfree) char *pem = key_private_pem(k);
    assert(pem != NULL);
    enum hash_alg alg = longer ? HASH_SHA512 : HASH_MD5;
    uint8_t digest[HASH_SIZE_MAX];
    hash_of(alg, pem, strlen(pem), digest);
    return longer ? b64url_encode(digest, hash_size(alg)) : hex_encode(digest, hash_size(alg));
}

static int choose_key(struct conf *c, int key_number, struct err *err)
{
    const char *secret = c->ak->client_secret;
    if (cstr_eq(c->ak->signing_key, "none")) {
        c->key = key_from_secret(secret, strlen(secret));
        c->alg = JWS_HS256;
        return 0;
    }
    const struct key_choice *choice = choice_of(c->ak->signing_key);
    if (choice == NULL)
        return err_set(err, ERR_USAGE, "unknown signing key '%s' of the authentik provider",
                       c->ak->signing_key);
    c->key = key_numbered(choice->prefix, key_number % choice->keys + 1);
    c->alg = choice->alg;
    if (key_kind(c->key) != KEY_RSA && !c->quirks[QUIRK_ES_ALGS])
        c->alg = JWS_ES256; /* whatever the curve is: ECDSA with SHA-256, r and s as wide as it */
    c->kid = ak_conf_kid(c->key, c->quirks[QUIRK_LONG_KID]);
    return 0;
}

/* The test keys that tokens may be encrypted for, beside those that sign. */
static const char *const enc_keys[][2] = {
    {"rsa", "rsa-2048-7"}, {"rsa-4096", "rsa-4096-1"}, {NULL, NULL}};

static int choose_enc_key(struct conf *c, struct err *err)
{
    const char *wanted = c->ak->encryption_key;
    if (wanted == NULL || cstr_eq(wanted, "none"))
        return 0;
    if (!c->quirks[QUIRK_ENCRYPTION])
        return err_set(err, ERR_USAGE,
                       "encryption key '%s': authentik %s has none; it came with 2024.10 (row "
                       "'encryption' of `rolecall list versions`)",
                       wanted, c->ak->version);
    size_t i = 0;
    while (enc_keys[i][0] != NULL && !cstr_eq(enc_keys[i][0], wanted))
        i++;
    if (enc_keys[i][0] == NULL)
        return err_set(err, ERR_USAGE, "unknown encryption key '%s' of the authentik provider",
                       wanted);
    c->enc_key = key_test(enc_keys[i][1]);
    c->enc_kid = ak_conf_kid(c->enc_key, c->quirks[QUIRK_LONG_KID]);
    return 0;
}

/* Default mappings that came later than 2023.10 (authentik.md 6.4). */
static const struct {
    const char *scope;
    enum quirk_id came_with;
} later_mappings[] = {{"entitlements", QUIRK_ENTITLEMENTS},
                      {"offline_access", QUIRK_OFFLINE_ACCESS},
                      {"goauthentik.io/api", QUIRK_API_MAPPING}};

static bool mapping_there(const struct conf *c, const char *scope)
{
    if (js_is(js_get(c->ak->mappings, scope), JS_OBJECT))
        return true;
    for (size_t i = 0; i < sizeof(later_mappings) / sizeof(later_mappings[0]); i++)
        if (cstr_eq(scope, later_mappings[i].scope))
            return c->quirks[later_mappings[i].came_with];
    return true;
}

/* The scopes of the mappings there are: one of the provider's own, or a default one that the
 * version has. */
static void attach_scopes(struct conf *c)
{
    for (const char *const *s = c->ak->scopes; s != NULL && *s != NULL; s++)
        if (mapping_there(c, *s))
            strlist_add(&c->scopes, *s);
    strlist_sort(&c->scopes);
}

static int by_username(const void *a, const void *b)
{
    const struct setup_person *const *pa = a;
    const struct setup_person *const *pb = b;
    return strcasecmp((*pa)->username, (*pb)->username);
}

static void sort_people(struct conf *c, const struct setup *setup)
{
    c->people = xcalloc(setup->people_len + 1, sizeof(struct setup_person *));
    c->people_len = setup->people_len;
    for (size_t i = 0; i < setup->people_len; i++)
        c->people[i] = &setup->people[i];
    qsort(c->people, c->people_len, sizeof(struct setup_person *), by_username);
}

static const char *const no_groups[] = {NULL};

static void make_service(struct conf *c, const struct setup *setup)
{
    const char *app = c->ak->app_name != NULL ? c->ak->app_name : "";
    /* cut so that the whole fits 150 characters; texts of
     * authentik/providers/oauth2/views/token.py */
    char *username = xasprintf("ak-%.128s-client_credentials", app);
    char *name = xasprintf("Autogenerated user from application %s (client credentials)", app);
    c->service = (struct setup_person){
        .id = "",
        .username = username,
        .name = name,
        .email = "",
        .password = "",
        .active = true,
        .pk = (int)setup->people_len + 1000,
        .groups = no_groups,
    };
}

int ak_conf_init(struct conf *c, const struct setup *setup, int key_number, struct err *err)
{
    *c = (struct conf){.ak = &setup->authentik};
    if (quirks_resolve(quirks_authentik, c->ak->version, c->ak->quirks, "authentik.quirks",
                       c->quirks, err) != 0)
        return -1;
    if (choose_key(c, key_number, err) != 0 || choose_enc_key(c, err) != 0 ||
        ak_proxies_check(c, err) != 0)
        return -1;
    ak_redirects_compile(c);
    attach_scopes(c);
    sort_people(c, setup);
    make_service(c, setup);
    return 0;
}

void ak_conf_deinit(struct conf *c)
{
    if (c->ak == NULL)
        return;
    key_free(c->key);
    xfree(c->kid);
    key_free(c->enc_key);
    xfree(c->enc_kid);
    xfree(c->jwks);
    xfree(c->discovery);
    xfree(c->discovery_base);
    ak_redirects_free(c);
    strlist_deinit(&c->scopes);
    xfree(c->people);
    if (c->service.username != NULL) {
        xfree((char *)(uintptr_t)c->service.username);
        xfree((char *)(uintptr_t)c->service.name);
    }
    *c = (struct conf){0};
}

static const struct setup_person *among_people(const struct mock *m, const char *username)
{
    const struct setup_person wanted = {.username = username};
    const struct setup_person *key = &wanted;
    const struct setup_person **hit = bsearch(&key, m->conf.people, m->conf.people_len,
                                              sizeof(struct setup_person *), by_username);
    return hit != NULL ? *hit : NULL;
}

const struct setup_person *ak_conf_person(const struct mock *m, const char *username)
{
    if (username == NULL)
        return NULL;
    if (username[0] == '\0')
        return &m->conf.service;
    const struct setup_person *p = among_people(m, username);
    if (p != NULL)
        return p;
    const struct service *s =
        (const struct service *)(const void *)ak_store_get(&m->services, username);
    return s != NULL ? &s->person : NULL;
}

/* The email is asked only when no username fits, so a login costs one binary search. */
const struct setup_person *ak_conf_find_login(const struct mock *m, const char *uid)
{
    const struct setup_person *p = uid[0] != '\0' ? among_people(m, uid) : NULL;
    for (size_t i = 0; p == NULL && uid[0] != '\0' && i < m->conf.people_len; i++) {
        const char *email = m->conf.people[i]->email;
        if (email != NULL && strcasecmp(email, uid) == 0)
            p = m->conf.people[i];
    }
    return p;
}
