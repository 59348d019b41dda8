/* Filtering links by query (RFC 6690 4.1), with the uses that ETSI's TD_COAP_LINK_02 to 08 make of it. */
#include "wire_bytes.h"

#include <linnet/link.h>

/* Which of the links pass, as a text of '1' and '0'. */
static void assert_passing(const char *links, const char *argument, const char *expected)
{
    linnet_bytes rest = linnet_text(links);
    linnet_link link;
    char passing[16];
    size_t count = 0;

    while (linnet_link_next(&rest, &link) == 1) {
        assert_true(count < sizeof passing - 1);
        passing[count++] = linnet_link_matches(&link, linnet_text(argument)) ? '1' : '0';
    }
    passing[count] = '\0';
    if (strcmp(passing, expected) != 0)
        fail_msg("%s gave %s instead of %s", argument, passing, expected);
}

static void td_02_a_resource_type_is_asked_for(void **state)
{
    (void)state;
    const char *links = "</1>;rt=\"Type1\",</2>;rt=\"Type2\",</3>;rt=Type1,</4>";
    assert_passing(links, "rt=Type1", "1010");
    assert_passing(links, "rt=Type", "0000");
    assert_passing(links, "rt=Type11", "0000");
    assert_passing(links, "rt=type1", "0000");
    assert_passing(links, "rt=\"Type1\"", "1010");
}

static void td_03_an_asterisk_alone_asks_for_the_attribute(void **state)
{
    (void)state;
    const char *links = "</1>;rt=\"Type1\",</2>;rt=\"\",</3>;if=\"Type1\",</4>";
    assert_passing(links, "rt=*", "1100");
    assert_passing(links, "rt", "1100");
    assert_passing(links, "rt=", "0100");
    assert_passing(links, "rt=\"*\"", "1100");
}

static void td_04_each_of_several_types_counts(void **state)
{
    (void)state;
    const char *links =
        "</1>;rt=\"Type1 Type2\",</2>;rt=\"Type2 Type3\",</3>;rt=\"Type1 Type3\",</4>;rt=\"\",</5>;rt=\" Type2\"";
    assert_passing(links, "rt=Type2", "11001");
    assert_passing(links, "rt=Type1 Type2", "10000");
    assert_passing(links, "rt=Type3*", "01100");
}

static void td_05_06_a_prefix_of_interface_and_size(void **state)
{
    (void)state;
    const char *links = "</1>;if=\"If1\";sz=10,</2>;if=\"If2\",</3>;if=\"foo\";sz=4,</4>";
    assert_passing(links, "if=If*", "1100");
    assert_passing(links, "sz=*", "1010");
    assert_passing(links, "sz=1*", "1000");
    assert_passing(links, "sz=10", "1000");
}

static void td_07_08_the_target_is_asked_for(void **state)
{
    (void)state;
    const char *links = "</link1>,</link2>,</link3>,</test>;href=\"/link1\"";
    assert_passing(links, "href=/link1", "1000");
    assert_passing(links, "href=/link*", "1110");
    assert_passing(links, "href=/link", "0000");
    assert_passing(links, "href=*", "1111");
    assert_passing(links, "href", "1111");
    assert_passing("</caf%C3%A9>,</caf%c3%a9/x>,</%zz>", "href=/caf\xc3\xa9*", "110");
    assert_passing("</caf%C3%A9>,</%zz>,</%>", "href=/%*", "011");
}

static void relations_are_lists_and_titles_are_not(void **state)
{
    (void)state;
    const char *links = "</1>;rel=\"next start\",</2>;rev=\"next\",</3>;title=\"next start\",</4>;ct=\"0 40\"";
    assert_passing(links, "rel=start", "1000");
    assert_passing(links, "rev=next", "0100");
    assert_passing(links, "title=start", "0000");
    assert_passing(links, "title=next start", "0010");
    assert_passing(links, "title=next*", "0010");
    assert_passing(links, "ct=0*", "0001");
}

static void escapes_in_quotes_are_resolved_before_comparing(void **state)
{
    (void)state;
    const char *links = "</1>;title=\"a\\\"b\",</2>;title=\"a\\\\b\"";
    assert_passing(links, "title=a\"b", "10");
    assert_passing(links, "title=a\\b", "01");
    assert_passing(links, "title=a*", "11");
}

static void any_of_an_attribute_given_twice_may_pass(void **state)
{
    (void)state;
    assert_passing("</1>;x=a;x=b,</2>;X=b", "x=b", "11");
    assert_passing("</1>;obs,</2>", "obs", "10");
    assert_passing("</1>;obs,</2>", "obs=*", "10");
}

static void an_empty_query_filters_nothing(void **state)
{
    (void)state;
    assert_passing("</1>;x=a,</2>", "", "11");
    assert_passing("</1>;x=a,</2>", "=", "00");
    assert_passing("</1>;x=a,</2>", "=a", "00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(td_02_a_resource_type_is_asked_for),
        cmocka_unit_test(td_03_an_asterisk_alone_asks_for_the_attribute),
        cmocka_unit_test(td_04_each_of_several_types_counts),
        cmocka_unit_test(td_05_06_a_prefix_of_interface_and_size),
        cmocka_unit_test(td_07_08_the_target_is_asked_for),
        cmocka_unit_test(relations_are_lists_and_titles_are_not),
        cmocka_unit_test(escapes_in_quotes_are_resolved_before_comparing),
        cmocka_unit_test(any_of_an_attribute_given_twice_may_pass),
        cmocka_unit_test(an_empty_query_filters_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
