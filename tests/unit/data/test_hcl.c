/*
 * HCL as Terraform files have it: every kind of expression, places, and an error with its place for
 * what is broken.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/hcl.h"

/* ---- the tree as text ---- */

/* What a kind looks like: marks around its text and its items. */
static const struct look {
    const char *open, *close, *before_items, *behind_items;
} looks[HCL_KIND_MAX_] = {
    [HCL_NULL] = {"null", "", "", ""},     [HCL_BOOL] = {"", "", "", ""},
    [HCL_NUMBER] = {"#", "", "", ""},      [HCL_TEXT] = {"'", "'", "", ""},
    [HCL_TEMPLATE] = {"", "", "<", ">"},   [HCL_LIST] = {"", "", "[", "]"},
    [HCL_OBJECT] = {"", "", "{", "}"},     [HCL_REFERENCE] = {"@", "", "", ""},
    [HCL_CALL] = {"", "", "(", ")"},       [HCL_OTHER] = {"?", "", "", ""},
    [HCL_FOR] = {"*", "", "<", ">"},       [HCL_OPERATION] = {"", "", "(", ")"},
    [HCL_PICK] = {"", "", "^<", ">"},      [HCL_SPLAT] = {"", "", "&<", ">"},
    [HCL_EXPANSION] = {"", "", "+<", ">"},
};

static void show(struct buf *b, const struct hcl_expr *e)
{
    const struct look *l = &looks[e->kind];
    buf_addf(b, "%s%s%s%s", l->open, e->text != NULL ? e->text : "", l->close, l->before_items);
    for (size_t i = 0; i < e->len; i++) {
        bool second = e->kind == HCL_OBJECT && i % 2 == 1;
        buf_adds(b, i == 0 ? "" : second ? ":" : ",");
        show(b, e->items[i]);
    }
    buf_adds(b, l->behind_items);
}

static void show_body(struct buf *b, const struct hcl_body *body)
{
    for (size_t i = 0; i < body->attributes_len; i++) {
        buf_addf(b, "%s=", body->attributes[i].name);
        show(b, body->attributes[i].value);
        buf_addc(b, ';');
    }
    for (size_t i = 0; i < body->blocks_len; i++) {
        const struct hcl_block *block = body->blocks[i];
        buf_adds(b, block->type);
        for (size_t l = 0; l < block->labels_len; l++)
            buf_addf(b, " %s", block->labels[l]);
        buf_adds(b, "{");
        show_body(b, &block->body);
        buf_adds(b, "}");
    }
}

struct row {
    const char *text;
    const char *tree;
};

static const struct row rows[] = {
    {"", ""},
    {"# nothing\n// at all\n/* here\n */\n", ""},
    {"\xef\xbb\xbf"
     "a = 1",
     "a=#1;"},
    {"a = \"x\"\nb = 1\nc = 1.5e3\nd = true\ne = null", "a='x';b=#1;c=#1.5e3;d=true;e=null;"},
    {"a = \"x\" # why\nb = 2 // because\n", "a='x';b=#2;"},
    {"a=\"\"\r\nb=\"\"\r\n", "a='';b='';"},
    {"a = \"q\\\"t\\t\\u00e9\\U0001F600\\\\\"", "a='q\"t\t\xc3\xa9\xf0\x9f\x98\x80\\';"},
    /* templates */
    {"a = \"${x.y}\"", "a=<@x.y>;"},
    {"a = \"https://${var.host}/api\"", "a=<'https://',@var.host,'/api'>;"},
    {"a = \"${ x.y ~}z\"", "a=<@x.y,'z'>;"},
    {"a = \"$${not} %%{either} $5 100%\"", "a='${not} %{either} $5 100%';"},
    {"a = \"%{ if x }y%{ endif }\"", "a=<?%{ if x },'y',?%{ endif }>;"},
    {"a = \"${f(\"x\", [1])}\"", "a=<f('x',[#1])>;"},
    /* heredocs */
    {"a = <<EOT\nx\n  y\nEOT\nb = 1", "a='x\n  y\n';b=#1;"},
    {"a = <<-EOT\n    x\n      y\n\n    EOT\n", "a='x\n  y\n\n';"},
    {"a = <<EOT\ng, ${local.g}, role:admin\nEOT\n", "a=<'g, ',@local.g,', role:admin\n'>;"},
    {"a = f(<<EOT\nx\nEOT\n)", "a=f('x\n');"},
    {"a = <<EOT\nEOT\n", "a='';"},
    /* collections */
    {"a = []\nb = {}", "a=[];b={};"},
    {"a = [1, \"x\",]\n", "a=[#1,'x'];"},
    {"a = [\n  1, # one\n  2\n]", "a=[#1,#2];"},
    {"a = {\n x = 1\n y : 2,\n \"z\" = 3, (k) = 4\n}", "a={'x':#1,'y':#2,'z':#3,@k:#4};"},
    {"a = [{ matching_mode = \"strict\", url = \"u\", }]",
     "a=[{'matching_mode':'strict','url':'u'}];"},
    /* references and calls */
    {"a = data.authentik_flow.default-x.id", "a=@data.authentik_flow.default-x.id;"},
    {"a = x.y[0].z[\"k\"].0", "a=@x.y[0].z[\"k\"].0;"},
    {"a = toset([\"x\"])", "a=toset(['x']);"},
    {"a = f(g(1), l...)", "a=f(g(#1),+<@l>);"},
    {"a = (\"x\")", "a='x';"},
    /* operators: the source stands before the outermost */
    {"a = x ? \"y\" : \"z\"\nb = 1", "a=x ? \"y\" : \"z\"('?',@x,'y','z');b=#1;"},
    {"a = 1 + 2", "a=1 + 2('+',#1,#2);"},
    {"a = !x", "a=!x('!',@x);"},
    {"a = -1 # less\nb = !!x", "a=-1('-',#1);b=!!x('!',('!',@x));"},
    {"a = 1 + 2 * 3 - 4", "a=1 + 2 * 3 - 4('-',('+',#1,('*',#2,#3)),#4);"},
    {"a = x || y && !z == w", "a=x || y && !z == w('||',@x,('&&',@y,('==',('!',@z),@w)));"},
    {"a = (x || y) && z", "a=(x || y) && z('&&',x || y('||',@x,@y),@z);"},
    {"a = x ? y : z ? u : v", "a=x ? y : z ? u : v('?',@x,@y,z ? u : v('?',@z,@u,@v));"},
    {"a = x == 1 ? [y,\n z] : null\nb = 1",
     "a=x == 1 ? [y, z] : null('?',('==',@x,#1),[@y,@z],null);b=#1;"},
    {"a = (x\n  ? 1\n  : 2)", "a=x ? 1 : 2('?',@x,#1,#2);"},
    {"a = \"${x ? y : z}\"", "a=<x ? y : z('?',@x,@y,@z)>;"},
    {"a = [x-y, x - y]", "a=[@x-y,x - y('-',@x,@y)];"},
    {"a = x >= 1 && y <= 2 && z < 3 && w > 4 && v % 2 != 6 / 3",
     "a=x >= 1 && y <= 2 && z < 3 && w > 4 && v % 2 != 6 / 3('&&',('&&',('&&',('&&',('>=',@x,#1),"
     "('<=',@y,#2)),('<',@z,#3)),('>',@w,#4)),('!=',('%',@v,#2),('/',#6,#3)));"},
    /* what is picked */
    {"a = x[*].id", "a=.id&<@x>;"},
    {"a = x.*.id[0]\nb = x[*]", "a=.id[0]&<@x>;b=&<@x>;"},
    {"a = f(x)[*].y[*].z", "a=.z&<.y&<f(@x)>>;"},
    {"a = [1][0]\nb = {}.c.d", "a=^<[#1],#0>;b=.c.d^<{}>;"},
    {"a = x[y ? 1 : 2].z[0]", "a=.z[0]^<@x,y ? 1 : 2('?',@y,#1,#2)>;"},
    {"a = (x[*].y)[0].z", "a=.z^<.y&<@x>,#0>;"},
    {"a = (x).y\nb = x[\"${k}\"]", "a=@x.y;b=^<@x,<@k>>;"},
    {"a = x[f(1)][2]", "a=[2]^<@x,f(#1)>;"},
    {"a = [for g in x : g.id if g.y == \"]\"]\nb = 1",
     "a=*[for g in x : g.id if g.y == \"]\"]<'','g',@x,@g.id,g.y == \"]\"('==',@g.y,']')>;b=#1;"},
    {"a = { for k, v in x : k => v if v }",
     "a=*{ for k, v in x : k => v if v }<'k','v',@x,@v,@v,@k>;"},
    {"a = { for k, v in x : k => v }", "a=*{ for k, v in x : k => v }<'k','v',@x,@v,true,@k>;"},
    {"a = [for g in x.y : z[g].id]", "a=*[for g in x.y : z[g].id]<'','g',@x.y,@z[g].id,true>;"},
    {"a = [\n  for i, g in [1] : # why\n  \"${g}\"\n]\nb = 1",
     "a=*[ for i, g in [1] : # why \"${g}\" ]<'i','g',[#1],<@g>,true>;b=#1;"},
    {"a = { for k, v in x : k => v... }", "a=?{ for k, v in x : k => v... };"},
    {"a = { for k in x : k }", "a=?{ for k in x : k };"},
    {"a = [for x in y : x => 1]", "a=?[for x in y : x => 1];"},
    {"a = [for x y : x]", "a=?[for x y : x];"},
    {"a = [for x in y, z : x]", "a=?[for x in y, z : x];"},
    {"a = { x = y == 1 ? 2 : 3, z = 4 }", "a={'x':y == 1 ? 2 : 3('?',('==',@y,#1),#2,#3),'z':#4};"},
    {"a = x != 1\nb = 2", "a=x != 1('!=',@x,#1);b=#2;"},
    {"a = { b.c = d.e, f(\"g\") = 1 }", "a={@b.c:@d.e,f('g'):#1};"},
    {"a = provider::b::c(1)", "a=provider::b::c(#1);"},
    {"a = [x == 1, 2]", "a=[x == 1('==',@x,#1),#2];"},
    {"a = { for k in [ # \"\n1] : k => k }",
     "a=*{ for k in [ # \" 1] : k => k }<'','k',[#1],@k,true,@k>;"},
    {"a = x [0]\nb = 1", "a=?x [0];b=#1;"},
    /* blocks */
    {"locals {\n  a = 1\n}\n", "locals{a=#1;}"},
    {"resource \"t\" \"n\" {\n  a = 1\n  b {\n    c = 2\n  }\n}", "resource t n{a=#1;b{c=#2;}}"},
    {"b c { x = 1 }\nb {}", "b c{x=#1;}b{}"},
    {NULL, NULL},
};

static void test_hcl__trees(void **state)
{
    (void)state;
    for (const struct row *r = rows; r->text != NULL; r++) {
        AUTO(hcl_free) struct hcl_body *body = NULL;
        AUTO(buf_deinit) struct buf b = {0};
        struct err err = {0};
        if (hcl_parse(str_of(r->text), "x.tf", &body, &err) != 0)
            fail_msg("%s: %d:%d: %s", r->text, err.line, err.column, err.msg);
        buf_init(&b, BUF_MAX_TEXT);
        show_body(&b, body);
        assert_string_equal(b.ptr, r->tree);
    }
}

struct broken {
    const char *text;
    int line, column;
    const char *message;
};

static const struct broken broken_rows[] = {
    {"a = ", 1, 5, "expected a value, found the end of the file"},
    {"a = \n", 1, 5, "expected a value, found the end of the line"},
    {"a = \"x", 1, 5, "this text is not closed by '\"' on its line"},
    {"a = \"x\ny\"", 1, 5, "this text is not closed by '\"' on its line"},
    {"\na = \"\\q\"", 2, 6, "unknown escape; known are \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN"},
    {"a = \"\\u12g4\"", 1, 8, "a \\u needs four hexadecimal digits, a \\U eight"},
    {"a = \"\\ud800\"", 1, 8, "this escape is no character"},
    {"a = \"${x\"", 1, 6, "this '${' is not closed by '}'"},
    {"a = [1, 2", 1, 10, "expected ',' or ']', found the end of the file"},
    {"a = [1 2]", 1, 8, "expected ',' or ']', found '2'"},
    {"a = {x 1}", 1, 8, "expected '=' after a key, found '1'"},
    {"a = {x = 1 y = 2}", 1, 12, "expected ',' or '}', found 'y'"},
    {"a = <<EOT\nx\n", 1, 5, "this heredoc is not ended by a line 'EOT'"},
    {"a = <<EOT x\nEOT", 1, 11, "expected the end of the line after a heredoc's word, found 'x'"},
    {"a = [for x in y : x", 1, 5, "this is not closed before the end of the file"},
    {"a = 1 b = 2", 1, 7, "expected the end of the line, found 'b'"},
    {"a = 1\na = 2", 2, 1, "attribute 'a' is set twice in this block"},
    {"a \"x\" {\n  b = 1\n", 1, 8, "this block is not closed by '}'"},
    {"a b = 1", 1, 5, "expected '=' for an attribute, or a label or '{' for a block, found '='"},
    {"a \"${x}\" {}", 1, 3, "a label is plain text"},
    {"/* x", 1, 1, "this comment is not closed by '*/'"},
    {"= 1", 1, 1, "expected an attribute or a block, found '='"},
    {"a {\n = 1 }", 2, 2, "expected an attribute, a block or '}', found '='"},
    {"a = (1", 1, 5, "this '(' is not closed by ')'"},
    {"a = x[1", 1, 6, "this '[' is not closed by ']'"},
    {"\xc3\xa9 = \xc3\xa9 \xc3\xa9", 1, 7, "expected the end of the line, found '\xc3\xa9'"},
    {"a = b.+", 1, 7, "expected a name behind '.', found '+'"},
    {"a = 1\nb = \"\xc3\xa9\xff\"", 2, 7, "not a text in UTF-8"},
    {NULL, 0, 0, NULL},
};

static void test_hcl__errors(void **state)
{
    (void)state;
    for (const struct broken *r = broken_rows; r->text != NULL; r++) {
        AUTO(hcl_free) struct hcl_body *body = NULL;
        struct err err = {0};
        if (hcl_parse(str_of(r->text), "x.tf", &body, &err) == 0)
            fail_msg("accepted: %s", r->text);
        if (strcmp(err.msg, r->message) != 0 || err.line != r->line || err.column != r->column)
            fail_msg("%s\n%d:%d: %s", r->text, err.line, err.column, err.msg);
        assert_string_equal(err.file, "x.tf");
    }
}

static void test_hcl__nesting_is_capped(void **state)
{
    (void)state;
    static const char *const opens[] = {"a = ", "a = f(", "a = {x=", "b {\n"};
    static const char *const repeats[] = {"[", "f(", "{x=", "b {\n"};
    for (size_t i = 0; i < TEST_COUNT(opens); i++) {
        AUTO(buf_deinit) struct buf b = {0};
        AUTO(hcl_free) struct hcl_body *body = NULL;
        struct err err = {0};
        buf_init(&b, BUF_MAX_TEXT);
        buf_adds(&b, opens[i]);
        for (int n = 0; n < 100000; n++)
            buf_adds(&b, repeats[i]);
        assert_int_equal(hcl_parse((struct str){b.ptr, b.len}, "x.tf", &body, &err), -1);
        assert_string_equal(err.msg, "nesting deeper than 64 levels");
    }
}

static void test_hcl__places(void **state)
{
    (void)state;
    static const char text[] =
        "# c\nresource \"t\" \"n\" {\n  a   = [\n    { url = \"\xc3\xa9\" },\n"
        "  ]\n  p = <<-EOT\n    x\n  EOT\n}\n";
    AUTO(hcl_free) struct hcl_body *body = NULL;
    struct err err = {0};
    assert_int_equal(hcl_parse(STR(text), "x.tf", &body, &err), 0);
    const struct hcl_block *block = body->blocks[0];
    assert_int_equal(block->line, 2);
    assert_int_equal(block->column, 1);
    assert_int_equal(block->body.attributes[0].line, 3);
    assert_int_equal(block->body.attributes[0].column, 3);
    const struct hcl_expr *url = hcl_get(&block->body, "a")->items[0]->items[1];
    assert_int_equal(url->line, 4);
    assert_int_equal(url->column, 13);
    const struct hcl_expr *policy = hcl_get(&block->body, "p");
    assert_int_equal(policy->line, 7);
    assert_int_equal(policy->column, 5);
    assert_null(hcl_get(&block->body, "z"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_hcl__trees),
    cmocka_unit_test(test_hcl__errors),
    cmocka_unit_test(test_hcl__nesting_is_capped),
    cmocka_unit_test(test_hcl__places),
};

int main(void)
{
    return TEST_MAIN(tests);
}
