/* Addresses as text, and back. */
#include "net_support.h"

#include "net/address_system.h"

static void expect_text(const char *literal, const char *text)
{
    char buffer[LINNET_ADDRESS_TEXT];
    linnet_address address;
    assert_true(linnet_address_from_host(&address, linnet_text(literal), 5683));
    assert_string_equal(linnet_address_text(&address, buffer), text);
}

static void addresses_are_written_as_rfc_5952_wants(void **state)
{
    (void)state;
    expect_text("127.0.0.1", "127.0.0.1:5683");
    expect_text("::ffff:10.0.0.255", "10.0.0.255:5683");
    expect_text("::", "[::]:5683");
    expect_text("::1", "[::1]:5683");
    expect_text("2001:DB8::0:1", "[2001:db8::1]:5683");
    expect_text("2001:db8:0:1:1:1:1:1", "[2001:db8:0:1:1:1:1:1]:5683");
    expect_text("2001:0:0:1:0:0:0:1", "[2001:0:0:1::1]:5683");
    expect_text("2001:db8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:5683");
    expect_text("1:0:0:0:0:0:0:0", "[1::]:5683");
    expect_text("fe80::1%7", "[fe80::1%7]:5683");
}

static void the_longest_text_fits(void **state)
{
    (void)state;
    char text[LINNET_ADDRESS_TEXT];
    linnet_address address = {.scope = UINT32_MAX, .port = UINT16_MAX};
    memset(address.ip, 0xff, sizeof address.ip);
    assert_string_equal(linnet_address_text(&address, text),
                        "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535");
}

static void the_host_alone_has_no_brackets_and_no_port(void **state)
{
    (void)state;
    char text[LINNET_ADDRESS_TEXT];
    linnet_address address;
    assert_true(linnet_address_from_text(&address, "[::1]:7", 0));
    assert_int_equal(address.port, 7);
    assert_string_equal(linnet_address_host_text(&address, text), "::1");
}

static void text_with_and_without_a_port_is_understood(void **state)
{
    (void)state;
    linnet_address address;
    assert_true(linnet_address_from_text(&address, "0.0.0.0:40000", 5683));
    assert_int_equal(address.port, 40000);
    assert_true(linnet_address_is_ipv4(&address));
    assert_true(linnet_address_from_text(&address, ":8", 5683));
    assert_int_equal(address.port, 8);
    assert_true(linnet_ip_is_any(address.ip));
    assert_true(linnet_address_from_text(&address, "::1", 5683));
    assert_int_equal(address.port, 5683);
    assert_true(linnet_address_from_text(&address, "", 9));
    assert_int_equal(address.port, 9);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"localhost", "1.2.3", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:x",          "[::1",
                                        "[::1]5",    "[]:5",  "::1%",     "::g",           "fe80::1%no-such-one"};
    linnet_address address;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(linnet_address_from_text(&address, texts[i], 0));
}

static void an_interface_may_be_named_by_its_name_and_percent_encoded(void **state)
{
    (void)state;
    linnet_address plain, encoded;
    assert_true(linnet_address_from_host(&plain, linnet_text("fe80::1%lo"), 0));
    assert_true(linnet_address_from_host(&encoded, linnet_text("fe80::1%25lo"), 0));
    assert_true(plain.scope > 0);
    assert_true(linnet_address_equal(&plain, &encoded));
}

static void groups_are_known_in_both_families(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool group;
    } cases[] = {{"224.0.1.187", true}, {"239.255.255.255", true}, {"223.0.0.1", false}, {"240.0.0.1", false},
                 {"ff02::fd", true},    {"fe80::1%1", false},      {"::1", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        linnet_address address;
        assert_true(linnet_address_from_host(&address, linnet_text(cases[i].text), 0));
        assert_int_equal(linnet_address_is_multicast(&address), cases[i].group);
    }
}

static void the_system_form_is_made_and_read_for_both_families(void **state)
{
    (void)state;
    linnet_address address, back;
    linnet_sockaddr system;
    assert_true(linnet_address_from_text(&address, "192.0.2.1:5", 0));
    assert_int_equal(linnet_address_to_system(&address, AF_INET, &system), sizeof(struct sockaddr_in));
    assert_true(linnet_address_from_system(&back, &system));
    assert_true(linnet_address_equal(&address, &back));
    assert_int_equal(linnet_address_to_system(&address, AF_INET6, &system), sizeof(struct sockaddr_in6));
    assert_true(linnet_address_from_system(&back, &system));
    assert_true(linnet_address_equal(&address, &back));
    assert_true(linnet_address_from_text(&address, "[2001:db8::1]:5", 0));
    assert_int_equal(linnet_address_to_system(&address, AF_INET, &system), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_written_as_rfc_5952_wants),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(the_host_alone_has_no_brackets_and_no_port),
        cmocka_unit_test(text_with_and_without_a_port_is_understood),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(an_interface_may_be_named_by_its_name_and_percent_encoded),
        cmocka_unit_test(groups_are_known_in_both_families),
        cmocka_unit_test(the_system_form_is_made_and_read_for_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
