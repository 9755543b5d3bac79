/*
 * No report loses the text of a failure (reference/peers.md D.2, 11): every format of the table is
 * fed texts that break careless writers, in every place where a text of a failure can stand, and
 * read back by a reader of its kind. A format without a reader here does not pass.
 */
#include "tests/support/test.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "tests/unit/reports/suite.h"

#define FFFD "\xef\xbf\xbd"

/* What was written, and how each format shows it. */
static const struct text {
    const char *in;
    const char *json;
    const char *xml;
    const char *console;
} texts[] = {
    {"plain", "plain", "plain", "plain"},
    {"<failure message=\"x\">&amp;</failure>", "<failure message=\"x\">&amp;</failure>",
     "<failure message=\"x\">&amp;</failure>", "<failure message=\"x\">&amp;</failure>"},
    {"a ]]> b <![CDATA[ c", "a ]]> b <![CDATA[ c", "a ]]> b <![CDATA[ c", "a ]]> b <![CDATA[ c"},
    {"</testsuite><!-- --> <?xml?>", "</testsuite><!-- --> <?xml?>", "</testsuite><!-- --> <?xml?>",
     "</testsuite><!-- --> <?xml?>"},
    {"\"quoted\" 'single' \\ back", "\"quoted\" 'single' \\ back", "\"quoted\" 'single' \\ back",
     "\"quoted\" 'single' \\ back"},
    {"%s%n%d %% {0} $(x) `y`", "%s%n%d %% {0} $(x) `y`", "%s%n%d %% {0} $(x) `y`",
     "%s%n%d %% {0} $(x) `y`"},
    {"a\tb", "a\tb", "a\tb", "a\tb"},
    {"a\x01"
     "b\x1b[2J\x08\x7f",
     "a\x01"
     "b\x1b[2J\x08\x7f",
     "a" FFFD "b" FFFD "[2J" FFFD "\x7f", "a\\x01b\\x1b[2J\\x08\\x7f"},
    {"over\rwritten", "over\rwritten", "over\rwritten", "over\\x0dwritten"},
    {"bad \xff\xc3( \xed\xa0\x80 utf-8", "bad " FFFD FFFD "( " FFFD FFFD FFFD " utf-8",
     "bad " FFFD FFFD "( " FFFD FFFD FFFD " utf-8", "bad \\xff\\xc3( \\xed\\xa0\\x80 utf-8"},
    {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91 \xef\xbf\xbe",
     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91 \xef\xbf\xbe",
     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91 " FFFD,
     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x94\x91 \xef\xbf\xbe"},
    {"c1 \xc2\x9b"
     "31m",
     "c1 \xc2\x9b"
     "31m",
     "c1 \xc2\x9b"
     "31m",
     "c1 \\x9b31m"},
};

/* ---- readers: everything of a report that a reader sees, as plain text ---- */

static void collect_json(const struct js *j, struct buf *out)
{
    for (size_t i = 0; js_is(j, JS_ARRAY) && i < js_len(j); i++)
        collect_json(js_at(j, i), out);
    for (struct js_iter it = js_iter(j); js_is(j, JS_OBJECT) && js_next(&it);)
        collect_json(it.value, out);
    if (js_text(j) != NULL)
        buf_addf(out, "%s\n", js_text(j));
}

static char *read_json(const char *report)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    struct err err = {0};
    if (js_parse(str_of(report), "report", &doc, &err) != 0)
        fail_msg("%d:%d: %s", err.line, err.column, err.msg);
    collect_json(doc, &out);
    return buf_take(&out);
}

static void collect_xml(xmlNodePtr node, struct buf *out)
{
    for (; node != NULL; node = node->next) {
        for (xmlAttrPtr a = node->type == XML_ELEMENT_NODE ? node->properties : NULL; a != NULL;
             a = a->next)
            collect_xml(a->children, out);
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            buf_addf(out, "%s\n", (const char *)node->content);
        collect_xml(node->children, out);
    }
}

static char *read_xml(const char *report)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    xmlDocPtr doc = xmlReadMemory(report, (int)strlen(report), "report", NULL,
                                  XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR);
    if (doc == NULL)
        fail_msg("the XML does not parse: %.300s", report);
    collect_xml(xmlDocGetRootElement(doc), &out);
    xmlFreeDoc(doc);
    return buf_take(&out);
}

/* A terminal shows what stands there: nothing may be obeyed. */
static char *read_console(const char *report)
{
    for (const char *p = report; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t')
            fail_msg("the control character %02x reaches the terminal", (unsigned)*p);
    return xstrdup(report);
}

static const char *json_of(const struct text *t)
{
    return t->json;
}

static const char *xml_of(const struct text *t)
{
    return t->xml;
}

static const char *console_of(const struct text *t)
{
    return t->console;
}

static const struct reader {
    const char *format;
    char *(*read)(const char *report); /* fails the test when it is not well-formed */
    const char *(*form)(const struct text *t);
} readers[] = {
    {"console", read_console, console_of},
    {"junit", read_xml, xml_of},
    {"json", read_json, json_of},
    {NULL, NULL, NULL},
};

static const struct reader *reader_of(const struct report *report)
{
    const struct reader *r = readers;
    while (r->format != NULL && strcmp(r->format, report->name) != 0)
        r++;
    if (r->format == NULL)
        fail_msg("no reader for the format %s: what does it lose?", report->name);
    return r;
}

/* ---- where a text can stand ---- */

static void set(char **at, const char *text)
{
    xfree(*at);
    *at = xstrdup(text);
}

static void put_actual(struct run_result *r, const char *text)
{
    set(&r->steps[0].verdict.actual, text);
}

static void put_expected(struct run_result *r, const char *text)
{
    set(&r->steps[0].verdict.expected, text);
}

static void put_step_error(struct run_result *r, const char *text)
{
    set(&r->steps[0].verdict.reason, text);
}

static void put_reason(struct run_result *r, const char *text)
{
    set(&r->reason, text);
}

static const struct place {
    const char *name;
    enum suite_row row;
    void (*put)(struct run_result *r, const char *text);
} places[] = {
    {"actual of a failure", SUITE_FAIL, put_actual},
    {"expected of a failure", SUITE_FAIL, put_expected},
    {"reason of an error", SUITE_ERROR, put_reason},
    {"reason of a skip", SUITE_SKIP, put_reason},
    {"actual of a known failure", SUITE_KNOWN, put_actual},
    {NULL, SUITE_ROWS, NULL},
};

static void check_place(const struct report *report, const struct place *place,
                        const struct text *text)
{
    const struct reader *reader = reader_of(report);
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_keep(s, place->row);
    place->put(&s->suite.results[0], text->in);
    AUTO(xfree) char *rendered = report->render(&s->suite, s->redactor, false);
    AUTO(xfree) char *seen = reader->read(rendered);
    if (strstr(seen, reader->form(text)) == NULL)
        fail_msg("%s lost the %s: '%s' is not within\n%.2000s", report->name, place->name,
                 reader->form(text), seen);
}

static void test_texts__in_every_place_of_every_format(void **state)
{
    size_t done = 0;
    for (const struct report *r = reports; r->name != NULL; r++)
        for (const struct place *p = places; p->name != NULL; p++)
            for (size_t i = 0; i < TEST_COUNT(texts); i++, done++)
                check_place(r, p, &texts[i]);
    assert_int_equal(done, 3 * 5 * TEST_COUNT(texts));
}

/* Many lines: the first and the last are there, in their order. */
static void test_lines__first_and_last(void **state)
{
    for (const struct report *r = reports; r->name != NULL; r++) {
        AUTO(suite_story_free) struct suite_story *s = suite_story_new();
        AUTO(buf_deinit) struct buf b;
        buf_init(&b, BUF_MAX_TEXT);
        for (int i = 0; i < 5000; i++)
            buf_addf(&b, "line %04d <&>\n", i);
        suite_story_keep(s, SUITE_FAIL);
        put_actual(&s->suite.results[0], b.ptr);
        AUTO(xfree) char *rendered = r->render(&s->suite, s->redactor, false);
        AUTO(xfree) char *seen = reader_of(r)->read(rendered);
        const char *first = strstr(seen, "line 0000 <&>");
        const char *last = strstr(seen, "line 4999 <&>");
        assert_non_null(first);
        assert_non_null(last);
        assert_true(first < last);
    }
}

/* A mebibyte without a line break, and its last word. */
static void test_long__whole(void **state)
{
    enum { LEN = 1024 * 1024 };
    AUTO(xfree) char *text = xmalloc(LEN + 8);
    memset(text, '<', LEN);
    memcpy(text + LEN, "the end", 8);
    const struct text row = {text, text, text, text};
    for (const struct report *r = reports; r->name != NULL; r++)
        for (const struct place *p = places; p->name != NULL; p++)
            check_place(r, p, &row);
}

/* The same for what a verdict is written with: a long reason is not dropped as a whole. */
static void test_long__through_a_verdict(void **state)
{
    enum { LEN = 200 * 1000 };
    AUTO(xfree) char *text = xcalloc(LEN + 1, 1);
    memset(text, 'x', LEN);
    struct verdict v = {0};
    verdict_skip(&v, "why: %s", text);
    assert_int_equal(strlen(v.reason), LEN + 5);
    verdict_pass(&v, "saw: %s", text);
    assert_int_equal(strlen(v.actual), LEN + 5);
    verdict_error(&v, "why: %s", text);
    assert_int_equal(strlen(v.reason), LEN + 5);
    verdict_deinit(&v);
}

/* A step that broke says so in every format, also when the scenario has no reason of its own. */
static void test_step__that_broke(void **state)
{
    const struct text row = {"step <broke>", "step <broke>", "step <broke>", "step <broke>"};
    for (const struct report *r = reports; r->name != NULL; r++) {
        AUTO(suite_story_free) struct suite_story *s = suite_story_new();
        suite_story_keep(s, SUITE_ERROR);
        s->suite.results[0].reason = xfree(s->suite.results[0].reason);
        put_step_error(&s->suite.results[0], row.in);
        AUTO(xfree) char *rendered = r->render(&s->suite, s->redactor, false);
        AUTO(xfree) char *seen = reader_of(r)->read(rendered);
        if (strstr(seen, row.in) == NULL)
            fail_msg("%s lost it within\n%s", r->name, seen);
    }
}

/* The counts of a report are those of the suite, whatever the texts did to it. */
static void test_counts__survive_the_texts(void **state)
{
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    put_actual(&s->suite.results[SUITE_FAIL], "</failure></testcase><testcase name=\"x\"/>");
    AUTO(xfree) char *junit = report_find("junit")->render(&s->suite, s->redactor, false);
    xmlDocPtr doc = xmlReadMemory(junit, (int)strlen(junit), "r", NULL, XML_PARSE_NOERROR);
    assert_non_null(doc);
    size_t cases = 0;
    for (xmlNodePtr suite = xmlDocGetRootElement(doc)->children; suite != NULL; suite = suite->next)
        for (xmlNodePtr c = suite->children; c != NULL; c = c->next)
            cases += c->type == XML_ELEMENT_NODE;
    xmlFreeDoc(doc);
    assert_int_equal(cases, SUITE_ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts__in_every_place_of_every_format),
        cmocka_unit_test(test_lines__first_and_last),
        cmocka_unit_test(test_long__whole),
        cmocka_unit_test(test_long__through_a_verdict),
        cmocka_unit_test(test_step__that_broke),
        cmocka_unit_test(test_counts__survive_the_texts),
    };
    int failed = TEST_MAIN(tests);
    xmlCleanupParser();
    return failed;
}
