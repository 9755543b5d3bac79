/*
 * Patterns compiled and matched by PCRE2 behind the gate of regex_gate.c. Limits on steps and
 * memory make every match end; a match that meets one counts as none, because the real engines are
 * linear or run behind a time-out.
 */
#include "harness/data/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "harness/data/regex_gate.h"

#define MAX_PATTERN (64UL * 1024)
#define MAX_STEPS 1000000
#define MAX_DEPTH 10000
#define MAX_HEAP_KIB 16384

struct regex {
    pcre2_code *code;
    pcre2_general_context *memory;
    pcre2_match_context *limits;
};

static void *take(PCRE2_SIZE n, void *unused)
{
    return xmalloc(n);
}

static void give_back(void *p, void *unused)
{
    xfree(p);
}

/* What Go calls PCRE2's compile errors. `tail`: the whole pattern, what begins at the error, or the
 * one character there. */
enum tail { TAIL_WHOLE, TAIL_ONE };

static const struct {
    int code;
    const char *text;
    enum tail tail;
} go_errors[] = {
    {PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS, "missing closing )", TAIL_WHOLE},
    {PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS, "unexpected )", TAIL_WHOLE},
    {PCRE2_ERROR_QUANTIFIER_INVALID, "missing argument to repetition operator", TAIL_ONE},
    {0, NULL, TAIL_WHOLE},
};

static int compile_failed(struct str pattern, enum regex_dialect dialect, int code, size_t at,
                          struct err *err)
{
    char text[200] = "";

    for (size_t i = 0; dialect == REGEX_RE2 && go_errors[i].text; i++) {
        if (go_errors[i].code != code) {
            continue;
        }
        size_t from = go_errors[i].tail == TAIL_ONE && at > 0 && at <= pattern.len ? at - 1 : 0;
        size_t n = go_errors[i].tail == TAIL_ONE ? 1 : pattern.len;
        return err_set(err, ERR_PARSE, "error parsing regexp: %s: `%.*s`", go_errors[i].text,
                       (int)n, pattern.ptr + from);
    }
    (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
    return err_set(err, ERR_PARSE, "bad pattern: %s at position %zu", text, at);
}

static uint32_t options_of(enum regex_dialect dialect)
{
    uint32_t common = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;

    /* Go's "$" is the very end, its classes are ASCII; Python's "$" is before a last newline too.
     */
    return common | (dialect == REGEX_RE2 ? PCRE2_DOLLAR_ENDONLY : PCRE2_UCP);
}

static int compile(struct regex *r, struct str pattern, enum regex_dialect dialect, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    int code = 0;
    PCRE2_SIZE at = 0;

    if (regex_gate(pattern, dialect, &text, err) < 0) {
        return -1;
    }
    pcre2_compile_context *how = pcre2_compile_context_create(r->memory);
    (void)pcre2_set_newline(how, PCRE2_NEWLINE_LF);
    r->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options_of(dialect), &code,
                            &at, how);
    pcre2_compile_context_free(how);
    return r->code ? 0 : compile_failed(pattern, dialect, code, at, err);
}

int regex_new(struct str pattern, enum regex_dialect dialect, struct regex **ret, struct err *err)
{
    AUTO(regex_free) struct regex *r = xcalloc(1, sizeof *r);

    if (pattern.len > MAX_PATTERN) {
        return err_set(err, ERR_PARSE, "pattern longer than %lu bytes", MAX_PATTERN);
    }
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '\0') {
            return err_set(err, ERR_PARSE, "NUL character in pattern");
        }
    }
    r->memory = pcre2_general_context_create(take, give_back, NULL);
    r->limits = pcre2_match_context_create(r->memory);
    (void)pcre2_set_match_limit(r->limits, MAX_STEPS);
    (void)pcre2_set_depth_limit(r->limits, MAX_DEPTH);
    (void)pcre2_set_heap_limit(r->limits, MAX_HEAP_KIB);
    if (compile(r, pattern, dialect, err) < 0) {
        return -1;
    }
    *ret = r;
    r = NULL;
    return 0;
}

struct regex *regex_free(struct regex *r)
{
    if (!r) {
        return NULL;
    }
    pcre2_code_free(r->code);
    pcre2_match_context_free(r->limits);
    pcre2_general_context_free(r->memory);
    return xfree(r);
}

static bool match(const struct regex *r, struct str text, uint32_t options)
{
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(r->code, r->memory);
    int rc = pcre2_match(r->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0, options,
                         found, r->limits);

    pcre2_match_data_free(found);
    return rc >= 0;
}

bool regex_search(const struct regex *r, struct str text)
{
    return match(r, text, 0);
}

bool regex_fullmatch(const struct regex *r, struct str text)
{
    return match(r, text, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

bool regex_fullmatch_once(const char *pattern, enum regex_dialect dialect, const char *text)
{
    AUTO(regex_free) struct regex *r = NULL;
    return regex_new(str_of(pattern), dialect, &r, NULL) == 0 && regex_fullmatch(r, str_of(text));
}
