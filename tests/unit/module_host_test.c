/* Hosts as people write them, as URIs have them, and as Uri-Host tells them. */
#include "module/host.h"

#include "net_support.h"

static void each_form_of_a_host_is_read_and_written(void **state)
{
    static const struct {
        const char *text;
        bool is_literal;
        const char *uri;
        const char *uri_host;
    } hosts[] = {
        {"192.168.0.234", true, "coap://192.168.0.234:5683", "192.168.0.234"},
        {"::1", true, "coap://[::1]:5683", "[::1]"},
        {"[2001:db8::1]", true, "coap://[2001:db8::1]:5683", "[2001:db8::1]"},
        {"fe80::1%1", true, "coap://[fe80::1%1]:5683", "[fe80::1]"}, /* the interface is nobody else's business */
        {"Server-1.Example", false, "coap://server-1.example:5683", "server-1.example"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        linnet_module_host host;
        char uri[LINNET_MODULE_URI], value[LINNET_NAME_MAX + 1];
        assert_int_equal(linnet_module_read_host(&host, hosts[i].text), 0);
        assert_int_equal(host.is_literal, hosts[i].is_literal);
        assert_string_equal(linnet_module_write_uri(&host, 5683, false, uri), hosts[i].uri);
        assert_int_equal(linnet_module_write_uri_host(&host, value), strlen(hosts[i].uri_host));
        assert_string_equal(value, hosts[i].uri_host);
    }
}

static void the_longest_name_fits_and_a_longer_one_is_refused(void **state)
{
    char name[LINNET_NAME_MAX + 2], uri[LINNET_MODULE_URI], value[LINNET_NAME_MAX + 1];
    linnet_module_host host;
    (void)state;
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(linnet_module_read_host(&host, name), LINNET_EADDRESS);
    name[LINNET_NAME_MAX] = '\0';
    assert_int_equal(linnet_module_read_host(&host, name), 0);
    assert_int_equal(strlen(linnet_module_write_uri(&host, 65535, true, uri)),
                     sizeof "coaps://:65535" - 1 + LINNET_NAME_MAX);
    assert_int_equal(linnet_module_write_uri_host(&host, value), LINNET_NAME_MAX);
}

static void what_is_no_host_is_refused(void **state)
{
    static const char *const odd[] = {"",
                                      "[]",
                                      "[::1",
                                      "::1]",
                                      "[127.0.0.1]",
                                      "[name]",
                                      "a b",
                                      "a/b",
                                      "user@host",
                                      "a:5683",
                                      "fe80::1%no-such-interface",
                                      "%",
                                      "a\nb"};
    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        linnet_module_host host;
        assert_int_equal(linnet_module_read_host(&host, odd[i]), LINNET_EADDRESS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_of_a_host_is_read_and_written),
        cmocka_unit_test(the_longest_name_fits_and_a_longer_one_is_refused),
        cmocka_unit_test(what_is_no_host_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
