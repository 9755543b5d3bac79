/*
 * YAML as go-yaml v2 reads it: scalars, structure, places, limits; and that what is printed is read
 * back the same.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/yaml.h"

struct row {
    const char *name;
    enum yaml_scalars scalars;
    const char *text;
    const char *json;  /* NULL when it is an error */
    const char *error; /* NULL = any */
};

static const struct row rows[] = {
    /* go-yaml v2 resolve.go, by kind */
    {"yaml 1.1 true", YAML_TYPED, "[y, Y, yes, Yes, YES, true, True, TRUE, on, On, ON]",
     "[true,true,true,true,true,true,true,true,true,true,true]", NULL},
    {"yaml 1.1 false", YAML_TYPED, "[n, N, no, No, NO, false, False, FALSE, off, Off, OFF]",
     "[false,false,false,false,false,false,false,false,false,false,false]", NULL},
    {"words in other case are text", YAML_TYPED, "[yEs, tRue, oN, nULL]",
     "[\"yEs\",\"tRue\",\"oN\",\"nULL\"]", NULL},
    {"null", YAML_TYPED, "a:\nb: ~\nc: null\nd: Null\ne: NULL",
     "{\"a\":null,\"b\":null,\"c\":null,\"d\":null,\"e\":null}", NULL},
    {"decimal integers", YAML_TYPED, "[0, 7, -7, +7, 1_000, 9223372036854775807]",
     "[0,7,-7,7,1000,9223372036854775807]", NULL},
    {"other bases", YAML_TYPED, "[0x1F, 0b101, -0b101, 0o17, 017, -0x1f]", "[31,5,-5,15,15,-31]",
     NULL},
    {"not quite integers", YAML_TYPED, "[08, 0x, 0xg, 1__a, '+', '-']",
     "[8.0,\"0x\",\"0xg\",\"1__a\",\"+\",\"-\"]", NULL},
    {"floats", YAML_TYPED, "[1.5, .5, 1., -1e3, 6.02e+23]", "[1.5,0.5,1.0,-1000.0,6.02e23]", NULL},
    {"integers beyond 64 bits", YAML_TYPED, "[18446744073709551616]", "[1.84467440737096e19]",
     NULL},
    {"not quite floats", YAML_TYPED, "[1.2.3, 1e, ., .e3, e3]",
     "[\"1.2.3\",\"1e\",\".\",\".e3\",\"e3\"]", NULL},
    {"infinity cannot be JSON", YAML_TYPED, "a: .inf", NULL, "json: unsupported value: +Inf"},
    {"not a number cannot be JSON", YAML_TYPED, "a: .NaN", NULL, "json: unsupported value: NaN"},
    {"dates stay text", YAML_TYPED, "[2026-01-01, 2026-1-1 10:00:00]",
     "[\"2026-01-01\",\"2026-1-1 10:00:00\"]", NULL},
    {"versions", YAML_TYPED, "[2026.2, v1.0, 3.5, 1:30]", "[2026.2,\"v1.0\",3.5,\"1:30\"]", NULL},
    {"quotes make text", YAML_TYPED, "['1', \"yes\", '', '~']", "[\"1\",\"yes\",\"\",\"~\"]", NULL},
    {"tag str", YAML_TYPED, "!!str 1", "\"1\"", NULL},
    {"tag int on quotes", YAML_TYPED, "!!int '5'", "5", NULL},
    {"tag float of an integer", YAML_TYPED, "!!float 5", "5.0", NULL},
    {"tag int of a word", YAML_TYPED, "!!int x", NULL, "cannot decode !!str `x` as a !!int"},
    {"tag bool of an integer", YAML_TYPED, "!!bool 1", NULL, "cannot decode !!int `1` as a !!bool"},
    {"tag binary", YAML_TYPED, "!!binary |\n  aGVs\n  bG8=\n", "\"hello\"", NULL},
    {"tag binary that is none", YAML_TYPED, "!!binary '%'", NULL,
     "!!binary value contains invalid base64 data"},
    {"tag of somebody else", YAML_TYPED, "!Find 1", "\"1\"", NULL},
    {"own tags are kept", YAML_TAGGED, "[!Find [a, !Env 1], !If {b: 2}, !!str 3, 4, '5']",
     "[{\"!Find\":[\"a\",{\"!Env\":\"1\"}]},{\"!If\":{\"b\":2}},\"3\",4,\"5\"]", NULL},
    {"an own tag on nothing", YAML_TAGGED, "a: !X\nb: ! 1", "{\"a\":{\"!X\":\"\"},\"b\":\"1\"}",
     NULL},
    {"keys become text", YAML_TYPED, "1: a\nyes: b\n1.5: c\n0x10: d",
     "{\"1\":\"a\",\"true\":\"b\",\"1.5\":\"c\",\"16\":\"d\"}", NULL},
    {"null as a key", YAML_TYPED, "~: a", NULL, "a mapping key must not be null"},
    {"mapping as a key", YAML_TYPED, "{a: b}: c", NULL, "a mapping key must be a scalar"},
    /* all text */
    {"all text", YAML_ALL_TEXT, "a: 1\nb: yes\nc: 2026.2\nd: '1'\ne: 0x1F\nyes: 1.50",
     "{\"a\":\"1\",\"b\":\"yes\",\"c\":\"2026.2\",\"d\":\"1\",\"e\":\"0x1F\",\"yes\":\"1.50\"}",
     NULL},
    {"all text but null", YAML_ALL_TEXT, "a:\nb: ~\nc: null\nd: ''\ne: 'null'",
     "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\",\"e\":\"null\"}", NULL},
    /* structure */
    {"empty text", YAML_TYPED, "", "null", NULL},
    {"a comment alone", YAML_TYPED, "# nothing\n", "null", NULL},
    {"order is kept", YAML_TYPED, "b: 1\na: {d: 2, c: []}", "{\"b\":1,\"a\":{\"d\":2,\"c\":[]}}",
     NULL},
    {"block scalars", YAML_TYPED, "a: |\n  x\n   y\nb: >-\n  x\n  y\n",
     "{\"a\":\"x\\n y\\n\",\"b\":\"x y\"}", NULL},
    {"document marks", YAML_TYPED, "---\na: 1\n...\n", "{\"a\":1}", NULL},
    {"alias", YAML_TYPED, "a: &x [1]\nb: *x", "{\"a\":[1],\"b\":[1]}", NULL},
    {"alias of a key", YAML_TYPED, "&k a: 1\nb: *k", "{\"a\":1,\"b\":\"a\"}", NULL},
    {"unknown alias", YAML_TYPED, "a: *x", NULL, "unknown anchor 'x' referenced"},
    {"merge key", YAML_TYPED, "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3",
     "{\"a\":{\"p\":1,\"q\":2},\"b\":{\"p\":1,\"q\":3}}", NULL},
    {"merge key of two, the earlier wins", YAML_TYPED,
     "a: &x {p: 1}\nb: &y {p: 2, q: 2}\nc:\n  <<: [*x, *y]",
     "{\"a\":{\"p\":1},\"b\":{\"p\":2,\"q\":2},\"c\":{\"p\":1,\"q\":2}}", NULL},
    {"merge of no map", YAML_TYPED, "a:\n  <<: 1", NULL,
     "map merge requires map or sequence of maps as the value"},
    {"quoted merge key is a key", YAML_TYPED, "'<<': 1", "{\"<<\":1}", NULL},
    {"a key twice", YAML_TYPED, "a: 1\na: 2", NULL, "key 'a' is already set in this map"},
    {"a second document", YAML_TYPED, "a: 1\n---\nb: 2", NULL, "a second document in one text"},
    {"a tab as indentation", YAML_TYPED, "a:\n\tb: 1", NULL,
     "found character that cannot start any token"},
    {"not closed", YAML_TYPED, "a: [1", NULL, NULL},
    {"not UTF-8", YAML_TYPED, "a: \"\xff\"", NULL, NULL},
    {"NUL escaped", YAML_TYPED, "a: \"x\\0y\"", NULL, "NUL character in a scalar"},
};

static void test_row(void **state)
{
    const struct row *r = *state;
    AUTO(js_free) struct js *j = NULL;
    struct err err = {0};
    int rc = yaml_parse(str_of(r->text), "t.yaml", 0, r->scalars, &j, NULL, &err);

    if (!r->json) {
        assert_int_equal(rc, -1);
        assert_null(j);
        assert_int_equal(err.code, ERR_PARSE);
        assert_string_equal(err.file, "t.yaml");
        if (r->error) {
            assert_string_equal(err.msg, r->error);
            assert_true(err.line > 0 && err.column > 0);
        }
        return;
    }
    if (rc < 0) {
        fail_msg("%s", err.msg);
    }
    AUTO(xfree) char *json = js_compact(j);
    assert_string_equal(json, r->json);
}

static const char places_text[] = "# a setup\n"
                                  "argocd:\n"
                                  "  url: https://a\n"
                                  "  cm:\n"
                                  "    dex.config: |\n"
                                  "      connectors:\n"
                                  "      - type: oidc\n"
                                  "    a/b~c: [x, y]\n";

static void assert_place(const struct yaml_places *p, const char *pointer, bool key, int line,
                         int column)
{
    int l = 0;
    int c = 0;

    assert_true(yaml_place(p, pointer, key, &l, &c));
    assert_int_equal(l, line);
    assert_int_equal(c, column);
}

static void test_yaml_place__of_values_and_keys(void **state)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(yaml_places_free) struct yaml_places *p = NULL;
    int line = 77;
    int column = 77;

    assert_int_equal(yaml_parse(STR(places_text), "t", 0, YAML_TYPED, &j, &p, NULL), 0);
    assert_place(p, "", false, 2, 1);
    assert_place(p, "/argocd", true, 2, 1);
    assert_place(p, "/argocd/url", true, 3, 3);
    assert_place(p, "/argocd/url", false, 3, 8);
    assert_place(p, "/argocd/cm/dex.config", true, 5, 5);
    assert_place(p, "/argocd/cm/dex.config", false, 6, 7);
    assert_place(p, "/argocd/cm/a~1b~0c/1", false, 8, 16);
    assert_false(yaml_place(p, "/argocd/cm/a~1b~0c/1", true, &line, &column));
    assert_false(yaml_place(p, "/nowhere", false, &line, &column));
    assert_int_equal(line, 77);
}

static void test_yaml_place__inside_another_file(void **state)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(js_free) struct js *none = NULL;
    AUTO(yaml_places_free) struct yaml_places *p = NULL;
    struct err err = {0};

    /* The text of dex.config above starts at line 6: 5 lines stand before it. */
    assert_int_equal(
        yaml_parse(STR("connectors:\n- type: oidc\n"), "t", 5, YAML_TYPED, &j, &p, NULL), 0);
    assert_place(p, "/connectors/0/type", false, 7, 9);
    assert_int_equal(yaml_parse(STR("a: 1\na: 2\n"), "t", 5, YAML_TYPED, &none, NULL, &err), -1);
    assert_int_equal(err.line, 7);
}

static void test_yaml__depth_is_limited(void **state)
{
    AUTO(js_free) struct js *j = NULL;
    struct js *none = NULL;
    struct err err = {0};
    char good[200] = "";
    char bad[200] = "";

    memset(good, '[', 64);
    memset(good + 64, ']', 64);
    memset(bad, '[', 65);
    memset(bad + 65, ']', 65);
    assert_int_equal(yaml_parse(str_of(good), "t", 0, YAML_TYPED, &j, NULL, NULL), 0);
    assert_int_equal(yaml_parse(str_of(bad), "t", 0, YAML_TYPED, &none, NULL, &err), -1);
    assert_string_equal(err.msg, "nesting deeper than 64 levels");
}

static void test_yaml__an_alias_bomb_is_refused(void **state)
{
    AUTO(buf_deinit) struct buf text = {0};
    struct js *j = NULL;
    struct err err = {0};

    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    for (char c = 'b'; c <= 'j'; c++) {
        buf_addf(&text, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c - 1, c - 1,
                 c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
    }
    assert_int_equal(yaml_parse(str_of(text.ptr), "t", 0, YAML_TYPED, &j, NULL, &err), -1);
    assert_string_equal(err.msg, "document contains excessive aliasing");
}

static void test_yaml_print__reads_back_the_same(void **state)
{
    static const char json[] =
        "{\"b\":1,\"a\":[\"yes\",\"1\",\"\",\"~\",\"plain text\",\"a: b\",\"- x\",\"0x1F\",\"#\"],"
        "\"n\":null,\"t\":true,\"r\":1.5,\"e\":{},\"l\":[],\"m\":\"line\\n  two\\n\","
        "\"trail\":\"x \\ny\",\"ctl\":\"a\\tb\\u0001\",\"<<\":\"k\",\"yes\":{\"u\":\"\xc3\xbc\"},"
        "\"$\":\"$dex.authentik.clientSecret\",\"2026-01-01\":\"2026-01-01\"}";
    AUTO(js_free) struct js *j = NULL;
    AUTO(js_free) struct js *back = NULL;
    struct err err = {0};

    assert_int_equal(js_parse(STR(json), "t", &j, NULL), 0);
    AUTO(xfree) char *text = yaml_print(j);
    if (yaml_parse(str_of(text), "t", 0, YAML_TYPED, &back, NULL, &err) < 0) {
        fail_msg("%s in:\n%s", err.msg, text);
    }
    AUTO(xfree) char *again = js_compact(back);
    assert_string_equal(again, json);
}

static void test_yaml_print__looks_like_a_persons(void **state)
{
    AUTO(js_free) struct js *j = NULL;

    assert_int_equal(
        js_parse(STR("{\"issuer\":\"https://a/b\",\"scopes\":[\"openid\"],\"on\":true}"), "t", &j,
                 NULL),
        0);
    AUTO(xfree) char *text = yaml_print(j);
    assert_string_equal(text, "issuer: https://a/b\nscopes:\n- openid\n\"on\": true\n");
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_yaml_place__of_values_and_keys),
        cmocka_unit_test(test_yaml_place__inside_another_file),
        cmocka_unit_test(test_yaml__depth_is_limited),
        cmocka_unit_test(test_yaml__an_alias_bomb_is_refused),
        cmocka_unit_test(test_yaml_print__reads_back_the_same),
        cmocka_unit_test(test_yaml_print__looks_like_a_persons),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(rows)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        tests[n++] =
            (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    return TEST_MAIN(tests);
}
