/*
 * Just enough HTML: escaping as Go does it, the text a person sees, and the forms of the login
 * pages. The input may be hostile: every step moves forward, nothing is nested, and the page's size
 * bounds all work.
 */
#include "harness/http/html.h"

#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

struct reference {
    const char *name; /* without "&", with ";" */
    const char *text;
};

/* The first five are written by Go; the others only read. */
static const struct reference REFERENCES[] = {
    {"amp;", "&"},
    {"lt;", "<"},
    {"gt;", ">"},
    {"#34;", "\""},
    {"#39;", "'"},
    {"quot;", "\""},
    {"apos;", "'"},
    {"nbsp;", "\xc2\xa0"},
    {"copy;", "\xc2\xa9"},
    {"laquo;", "\xc2\xab"},
    {"raquo;", "\xc2\xbb"},
    {"middot;", "\xc2\xb7"},
    {"ndash;", "\xe2\x80\x93"},
    {"mdash;", "\xe2\x80\x94"},
    {"lsquo;", "\xe2\x80\x98"},
    {"rsquo;", "\xe2\x80\x99"},
    {"ldquo;", "\xe2\x80\x9c"},
    {"rdquo;", "\xe2\x80\x9d"},
    {"bull;", "\xe2\x80\xa2"},
    {"hellip;", "\xe2\x80\xa6"},
    {NULL, NULL},
};

#define WRITTEN 5 /* rows that html_escape uses */
#define IS_BLANK(c_) (strchr(" \t\r\n\f", (c_)) != NULL && (c_) != '\0')

char *html_escape(const char *text)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < WRITTEN && REFERENCES[i].text[0] != *text)
            i++;
        if (i == WRITTEN)
            buf_addc(&b, *text);
        else
            buf_addf(&b, "&%s", REFERENCES[i].name);
    }
    return buf_take(&b);
}

/* What HTML puts for a code point that is none (13.2.5.80). */
static uint32_t valid_code_point(uint32_t code)
{
    bool bad = code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff);
    return bad ? 0xfffd : code;
}

static void add_utf8(struct buf *b, uint32_t c)
{
    if (c < 0x80) {
        buf_addc(b, (char)c);
    } else if (c < 0x800) {
        buf_addc(b, (char)(0xc0 | (c >> 6)));
        buf_addc(b, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        buf_addc(b, (char)(0xe0 | (c >> 12)));
        buf_addc(b, (char)(0x80 | ((c >> 6) & 0x3f)));
        buf_addc(b, (char)(0x80 | (c & 0x3f)));
    } else {
        buf_addc(b, (char)(0xf0 | (c >> 18)));
        buf_addc(b, (char)(0x80 | ((c >> 12) & 0x3f)));
        buf_addc(b, (char)(0x80 | ((c >> 6) & 0x3f)));
        buf_addc(b, (char)(0x80 | (c & 0x3f)));
    }
}

static int digit_value(char c, uint32_t base)
{
    int v = c >= '0' && c <= '9'   ? c - '0'
            : c >= 'a' && c <= 'f' ? c - 'a' + 10
            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                   : 99;
    return v < (int)base ? v : -1;
}

/* "#65;" or "#x41;" after the "&": how many bytes it took, 0 when it is none. */
static size_t numeric_reference(struct str s, struct buf *to)
{
    bool hex = s.len > 1 && (s.ptr[1] == 'x' || s.ptr[1] == 'X');
    uint32_t base = hex ? 16 : 10;
    size_t first = hex ? 2 : 1;
    size_t i = first;
    uint32_t code = 0;
    for (; i < s.len && digit_value(s.ptr[i], base) >= 0; i++) {
        if (code <= 0x10ffff)
            code = code * base + (uint32_t)digit_value(s.ptr[i], base);
    }
    if (i == first)
        return 0;
    add_utf8(to, valid_code_point(code));
    return i < s.len && s.ptr[i] == ';' ? i + 1 : i;
}

/* s begins after the "&". */
static size_t read_reference(struct str s, struct buf *to)
{
    if (s.len > 0 && s.ptr[0] == '#')
        return numeric_reference(s, to);
    for (const struct reference *r = REFERENCES; r->name != NULL; r++) {
        if (str_starts(s, r->name)) {
            buf_adds(to, r->text);
            return strlen(r->name);
        }
    }
    return 0;
}

static void add_unescaped(struct buf *to, struct str s)
{
    size_t i = 0;
    while (i < s.len) {
        size_t took = 0;
        if (s.ptr[i] == '&')
            took = read_reference((struct str){s.ptr + i + 1, s.len - i - 1}, to);
        if (took == 0)
            buf_addc(to, s.ptr[i]);
        i += took + 1;
    }
}

char *html_unescape(const char *text)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    add_unescaped(&b, str_of(text));
    return buf_take(&b);
}

/* ---- tags ----------------------------------------------------------------------------------- */

struct tag {
    struct str name; /* without "/" */
    bool end;
    struct str attributes; /* raw text up to the ">" */
    const char *after;     /* the first byte behind the tag */
};

/* The end of a tag's text: the next ">" that is not inside quotes, or the end of the page. */
static const char *tag_end(const char *p)
{
    char quote = '\0';
    for (; *p != '\0'; p++) {
        if (quote != '\0')
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else if (*p == '>')
            return p;
    }
    return p;
}

static const char *after_comment(const char *p)
{
    const char *end = strstr(p + 4, "-->");
    return end == NULL ? p + strlen(p) : end + 3;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The tag, comment or declaration at p ("<" there); false when the "<" is just text. A comment has
 * an empty name. */
static bool read_tag(const char *p, struct tag *ret)
{
    *ret = (struct tag){0};
    if (strncmp(p, "<!--", 4) == 0) {
        ret->after = after_comment(p);
        return true;
    }
    ret->end = p[1] == '/';
    const char *name = p + 1 + (ret->end ? 1 : 0);
    if (!is_letter(*name) && *name != '!' && *name != '?')
        return false;
    const char *end = tag_end(name);
    size_t len = strcspn(name, " \t\r\n\f/>");
    if (is_letter(*name))
        ret->name = (struct str){name, len};
    if (name + len < end)
        ret->attributes = (struct str){name + len, (size_t)(end - name) - len};
    ret->after = *end == '>' ? end + 1 : end;
    return true;
}

static bool named(const struct tag *t, const char *name)
{
    return t->name.len == strlen(name) && strncasecmp(t->name.ptr, name, t->name.len) == 0;
}

/* Behind the end tag of an element whose content is no markup. */
static const char *skip_raw(const char *p, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = strstr(p, "</"); at != NULL; at = strstr(at + 2, "</")) {
        if (strncasecmp(at + 2, name, len) == 0 && !is_letter(at[2 + len])) {
            const char *end = tag_end(at);
            return *end == '>' ? end + 1 : end;
        }
    }
    return p + strlen(p);
}

static const char *const RAW[] = {"script", "style", "template", NULL};

/* The next tag at or after p; what "<script>" and its like hold is jumped over. False at the end.
 * ret_text gets what stood before it. */
static bool next_tag(const char *p, struct tag *ret, struct str *ret_text)
{
    const char *from = p;
    for (p = strchr(p, '<'); p != NULL; p = strchr(p + 1, '<')) {
        if (!read_tag(p, ret))
            continue;
        *ret_text = (struct str){from, (size_t)(p - from)};
        for (size_t i = 0; !ret->end && RAW[i] != NULL; i++) {
            if (named(ret, RAW[i]))
                ret->after = skip_raw(ret->after, RAW[i]);
        }
        return true;
    }
    *ret_text = str_of(from);
    return false;
}

static char *fold_blanks(const char *s)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    bool blank = false;
    for (; *s != '\0'; s++) {
        if (IS_BLANK(*s)) {
            blank = true;
            continue;
        }
        if (blank && b.len > 0)
            buf_addc(&b, ' ');
        blank = false;
        buf_addc(&b, *s);
    }
    return buf_take(&b);
}

/* Elements that stand within a line and do not part words. */
static const char *const INLINE[] = {"a",    "b",    "i",   "em",  "strong", "span",
                                     "code", "font", "sub", "sup", "u",      NULL};

static bool is_inline(const struct tag *t)
{
    for (size_t i = 0; INLINE[i] != NULL; i++) {
        if (named(t, INLINE[i]))
            return true;
    }
    return false;
}

char *html_visible_text(const char *page)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    struct tag t;
    struct str text;
    while (next_tag(page, &t, &text)) {
        add_unescaped(&b, text);
        if (t.name.len > 0 && !is_inline(&t))
            buf_addc(&b, ' ');
        page = t.after;
    }
    add_unescaped(&b, text);
    AUTO(xfree) char *all = buf_take(&b);
    return fold_blanks(all);
}

/* ---- forms ---------------------------------------------------------------------------------- */

/* One name[=value] of a tag's text; false at the end. The value is still escaped. */
static bool next_attribute(struct str *rest, struct str *ret_name, struct str *ret_value)
{
    const char *p = rest->ptr;
    const char *end = p + rest->len;
    while (p < end && (IS_BLANK(*p) || *p == '/'))
        p++;
    const char *name = p;
    while (p < end && !IS_BLANK(*p) && *p != '=' && *p != '/')
        p++;
    *ret_name = (struct str){name, (size_t)(p - name)};
    *ret_value = (struct str){"", 0};
    while (p < end && IS_BLANK(*p))
        p++;
    if (p < end && *p == '=') {
        p++;
        while (p < end && IS_BLANK(*p))
            p++;
        char quote = p < end && (*p == '"' || *p == '\'') ? *p++ : '\0';
        const char *value = p;
        while (p < end && (quote == '\0' ? !IS_BLANK(*p) : *p != quote))
            p++;
        *ret_value = (struct str){value, (size_t)(p - value)};
        p += p < end ? 1 : 0;
    }
    bool moved = p > rest->ptr;
    *rest = (struct str){p, (size_t)(end - p)};
    return moved && (ret_name->len > 0 || p < end);
}

/* The attribute's decoded value, or NULL; caller frees. The first of that name counts. */
static char *attribute(const struct tag *t, const char *name)
{
    struct str rest = t->attributes;
    struct str key;
    struct str value;
    if (rest.ptr == NULL)
        return NULL;
    while (next_attribute(&rest, &key, &value)) {
        if (key.len != strlen(name) || strncasecmp(key.ptr, name, key.len) != 0)
            continue;
        AUTO(buf_deinit) struct buf b;
        buf_init(&b, BUF_MAX_TEXT);
        add_unescaped(&b, value);
        return buf_take(&b);
    }
    return NULL;
}

static bool has_attribute(const struct tag *t, const char *name)
{
    AUTO(xfree) char *value = attribute(t, name);
    return value != NULL;
}

/* Which types send nothing of themselves when another button is pressed or no box is ticked. */
static bool is_sent(const struct tag *t)
{
    static const char *const silent[] = {"reset", "button", "image", "file", NULL};
    AUTO(xfree) char *type = attribute(t, "type");
    if (has_attribute(t, "disabled"))
        return false;
    if (type == NULL)
        return true;
    for (size_t i = 0; silent[i] != NULL; i++) {
        if (strcasecmp(type, silent[i]) == 0)
            return false;
    }
    bool box = strcasecmp(type, "checkbox") == 0 || strcasecmp(type, "radio") == 0;
    return !box || has_attribute(t, "checked");
}

static void take_field(struct html_form *f, const struct tag *t)
{
    bool button = named(t, "button");
    AUTO(xfree) char *name = attribute(t, "name");
    AUTO(xfree) char *value = attribute(t, "value");
    if (name == NULL || name[0] == '\0' || !is_sent(t))
        return;
    if (named(t, "input") || button)
        params_add(&f->fields, name, value == NULL ? "" : value);
}

static void read_fields(const char *p, struct html_form *f)
{
    struct tag t;
    struct str text;
    while (next_tag(p, &t, &text)) {
        p = t.after;
        if (named(&t, "form"))
            return;
        if (!t.end)
            take_field(f, &t);
    }
}

bool html_form(const char *page, size_t n, struct html_form *ret)
{
    struct tag t;
    struct str text;
    while (next_tag(page, &t, &text)) {
        page = t.after;
        if (t.end || !named(&t, "form") || n-- > 0)
            continue;
        AUTO(xfree) char *method = attribute(&t, "method");
        /* What is neither counts as GET (HTML 4.10.18.6). */
        bool post = method != NULL && strcasecmp(method, "post") == 0;
        *ret = (struct html_form){.action = attribute(&t, "action"),
                                  .method = xstrdup(post ? "post" : "get")};
        ret->action = ret->action == NULL ? xstrdup("") : ret->action;
        read_fields(page, ret);
        return true;
    }
    return false;
}

void html_form_deinit(struct html_form *f)
{
    xfree(f->action);
    xfree(f->method);
    params_deinit(&f->fields);
    *f = (struct html_form){0};
}
