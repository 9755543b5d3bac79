/*
 * XML that any reader accepts, whatever the texts hold.
 */
#include "tests/support/test.h"

#include "harness/data/xml.h"

static void test_xml__escapes_and_indents(void **state)
{
    AUTO(xml_free) struct xml *x = xml_new();

    xml_open(x, "testsuites");
    xml_attr(x, "name", "a<b>&\"c'");
    xml_attrf(x, "tests", "%d", 2);
    xml_open(x, "failure");
    xml_text(x, "1 < 2 & \"3\"");
    xml_close(x);
    xml_open(x, "skipped");
    xml_close(x);
    xml_close(x);
    AUTO(xfree) char *text = xml_take(x);
    assert_string_equal(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<testsuites name=\"a&lt;b&gt;&amp;&quot;c'\" tests=\"2\">\n"
                              "  <failure>1 &lt; 2 &amp; &quot;3&quot;</failure>\n"
                              "  <skipped/>\n"
                              "</testsuites>\n");
}

static void test_xml__replaces_what_xml_cannot_hold(void **state)
{
    AUTO(xml_free) struct xml *x = xml_new();

    xml_open(x, "a");
    xml_text(x, "x\x01y\xffz\xef\xbf\xbe]]>");
    AUTO(xfree) char *text = xml_take(x); /* closes what is open */
    assert_string_equal(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                              "<a>x\xef\xbf\xbdy\xef\xbf\xbdz\xef\xbf\xbd]]&gt;</a>\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xml__escapes_and_indents),
        cmocka_unit_test(test_xml__replaces_what_xml_cannot_hold),
    };

    return TEST_MAIN(tests);
}
