/*
 * The devices of people and their use. A TOTP code is good in its own step and the ones around it,
 * each step once and never an earlier one; a static code is good once. After a wrong code every
 * code is refused for a second, then two, then four: authentik's devices are those of django-otp,
 * with its tolerance of 1 and its throttling by a factor of 1 (counted here by person, not by
 * device).
 */
#include "mocks/authentik/mfa.h"

#include <string.h>

#include "harness/crypto/hash.h"
#include "harness/crypto/totp.h"

#define TOLERANCE_STEPS 1
#define THROTTLE_MAX 12 /* doublings: more than an hour */
#define KEPT_FOR_S (INT64_C(3650) * 24 * 3600)

struct factor {
    struct store_item item; /* key: username */
    char *enrolled;         /* secret of a device set up in a flow, or NULL */
    int64_t last_step;      /* of the TOTP codes used */
    struct strlist used;    /* static codes */
    int64_t totp_used_s;    /* 0 = never */
    int64_t static_used_s;
    int failures;
    int64_t failed_ms;
};

void ak_factor_free_item(struct store_item *item)
{
    struct factor *f = (struct factor *)(void *)item;
    xfree(f->enrolled);
    strlist_deinit(&f->used);
    xfree(f->item.key);
    xfree(f);
}

static struct factor *factor_get(const struct mock *m, const struct setup_person *p)
{
    return (struct factor *)(void *)ak_store_get(&m->factors, p->username);
}

static struct factor *factor_of(struct mock *m, const struct setup_person *p)
{
    struct factor *f = factor_get(m, p);
    if (f != NULL)
        return f;
    f = xcalloc(1, sizeof(*f));
    f->item.key = xstrdup(p->username);
    f->item.expires_s = ak_mock_now_s(m) + KEPT_FOR_S;
    ak_store_put(&m->factors, &f->item, ak_mock_now_s(m));
    return f;
}

struct devices ak_devices_of(const struct mock *m, const struct setup_person *p)
{
    struct factor *f = factor_get(m, p);
    const char *enrolled = f != NULL ? f->enrolled : NULL;
    return (struct devices){
        .totp = p->totp != NULL ? p->totp : enrolled, .static_codes = p->static_codes, .factor = f};
}

/* A static device stays one when its last code is used up. */
static bool has_static(const struct devices *d)
{
    return d->static_codes != NULL && d->static_codes[0] != NULL;
}

bool ak_devices_any(const struct devices *d)
{
    return d->totp != NULL || has_static(d);
}

bool ak_totp_matches(const struct mock *m, const char *secret, const char *code, int64_t *ret_step)
{
    int64_t now = ak_mock_now_s(m) / TOTP_STEP_S;
    for (int64_t step = now - TOLERANCE_STEPS; step <= now + TOLERANCE_STEPS; step++) {
        AUTO(xfree) char *right = totp_code(secret, step * TOTP_STEP_S);
        if (right != NULL && secret_text_equal(right, code)) {
            *ret_step = step;
            return true;
        }
    }
    return false;
}

static bool use_totp(struct mock *m, const struct devices *d, struct factor *f, const char *code)
{
    int64_t step = 0;
    if (d->totp == NULL || !ak_totp_matches(m, d->totp, code, &step) || step <= f->last_step)
        return false;
    f->last_step = step;
    f->totp_used_s = ak_mock_now_s(m);
    return true;
}

static bool use_static(struct mock *m, const struct devices *d, struct factor *f, const char *code)
{
    for (const char *const *c = d->static_codes; c != NULL && *c != NULL; c++) {
        if (!secret_text_equal(*c, code) || strlist_has(&f->used, *c))
            continue;
        strlist_add(&f->used, *c);
        f->static_used_s = ak_mock_now_s(m);
        return true;
    }
    return false;
}

static bool is_throttled(const struct mock *m, const struct factor *f)
{
    if (f->failures == 0)
        return false;
    int doublings = f->failures - 1 < THROTTLE_MAX ? f->failures - 1 : THROTTLE_MAX;
    return clock_now_ms(m->env.clock) < f->failed_ms + (INT64_C(1000) << doublings);
}

bool ak_devices_verify(struct mock *m, const struct setup_person *p, const char *code)
{
    struct factor *f = factor_of(m, p);
    struct devices d = ak_devices_of(m, p);
    if (is_throttled(m, f))
        return false;
    if (use_static(m, &d, f, code) || use_totp(m, &d, f, code)) {
        f->failures = 0;
        return true;
    }
    f->failures++;
    f->failed_ms = clock_now_ms(m->env.clock);
    return false;
}

void ak_devices_enrol(struct mock *m, const struct setup_person *p, const char *secret,
                      int64_t step)
{
    struct factor *f = factor_of(m, p);
    xfree(f->enrolled);
    f->enrolled = xstrdup(secret);
    f->last_step = step;
    trace_log(m->env.trace, AK_PARTY, "info", "model_created model=totpdevice username=%s",
              p->username);
}

static void add_device(struct js *list, const char *device_class, const char *uid, int64_t used_s)
{
    struct js *d = js_object();
    char date[CLOCK_TEXT];
    clock_rfc3339(used_s, date);
    js_set_text(d, "device_class", device_class);
    js_set_text(d, "device_uid", uid);
    js_set(d, "challenge", js_object());
    js_set(d, "last_used", used_s != 0 ? js_string(date) : js_null());
    js_append(list, d);
}

/* One of each class at most: the person does not choose between devices of a class. */
struct js *ak_devices_challenges(const struct mock *m, const struct setup_person *p)
{
    struct devices d = ak_devices_of(m, p);
    struct js *list = js_array();
    if (has_static(&d))
        add_device(list, "static", "1", d.factor != NULL ? d.factor->static_used_s : 0);
    if (d.totp != NULL)
        add_device(list, "totp", "2", d.factor != NULL ? d.factor->totp_used_s : 0);
    return list;
}
