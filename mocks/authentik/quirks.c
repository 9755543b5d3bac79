/*
 * The version table: since which release a behaviour is there, and in which it is gone again.
 * Rows cite the commit or pull request that authentik.md part 9 names.
 */
#include "mocks/authentik/quirks.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/str.h"

struct quirk {
    int since; /* 0 = always been there */
    int until; /* first version without it; 0 = still there */
};

static const struct quirk quirks[QUIRK_MAX_] = {
    [QUIRK_JTI] = {.since = 202602},               /* c:34c5b7add #20484 */
    [QUIRK_LONG_KID] = {.since = 202602},          /* c:c557b55e0 #18013 */
    [QUIRK_SID] = {.since = 202410},               /* c:3bdb287b7 #11780 */
    [QUIRK_ACCESS_SCOPE] = {.since = 202510},      /* c:4feeacdf2 #16454 */
    [QUIRK_REQUEST_ID] = {.since = 202508},        /* c:910326a05 #15057 */
    [QUIRK_BACKCHANNEL_KEYS] = {.since = 202508},  /* c:30670bb54 #15401 */
    [QUIRK_FRONTCHANNEL_KEYS] = {.since = 202605}, /* c:8c3d5f126 #20011 */
    [QUIRK_LEARNS_REDIRECT] = {.until = 202605},   /* c:189056e19 #21746 */
    [QUIRK_GRANT_TYPES] = {.since = 202605},       /* c:8f1bdc01b #20363 */
    [QUIRK_BASIC_DECODED] = {.since = 202602},     /* c:42c6c257e #20781, in 2026.2.2 */
    [QUIRK_LOGIN_HINT] = {.since = 202602},        /* c:25820f063 #19498 */
    [QUIRK_SILENT_AUTHORIZE] = {.since = 202412},  /* c:47e330d08 #12213 */
    [QUIRK_DENIED_TEXT] = {.since = 202410},       /* c:c42bfb092 #11679 */
    [QUIRK_RFC8414_PATH] = {.since = 202508},      /* c:c876b28ff #12383 */
};

int ak_quirk_version(const char *version)
{
    struct str rest = str_of(version);
    struct str part = {0};
    int64_t year = 0;
    int64_t month = 0;
    if (!str_next(&rest, '.', &part) || str_to_i64(part, 2000, 9999, &year) != 0)
        return 0;
    if (!str_next(&rest, '.', &part) || str_to_i64(part, 1, 12, &month) != 0)
        return 0;
    return (int)(year * 100 + month);
}

bool ak_quirk_on(int version, enum quirk_id id)
{
    assert(id < QUIRK_MAX_);
    const struct quirk *q = &quirks[id];
    return version >= q->since && (q->until == 0 || version < q->until);
}
