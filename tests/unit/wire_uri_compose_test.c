/* Composing URIs from options: RFC 7252 6.5 and appendix B, and hostile option values. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/uri.h>

typedef struct compose_case {
    linnet_scheme scheme;
    const char *address;
    uint16_t port;
    const char *options; /* hexadecimal */
    const char *uri;
} compose_case;

static const compose_case cases[] = {
    /* RFC 7252 appendix B */
    {LINNET_COAP, "2001:db8::2:1", 5683, "", "coap://[2001:db8::2:1]/"},
    {LINNET_COAP, "2001:db8::2:1", 5683, "3b 6578616d706c652e6e6574", "coap://example.net/"},
    {LINNET_COAP, "2001:db8::2:1", 5683, "3b 6578616d706c652e6e6574 8b 2e77656c6c2d6b6e6f776e 04 636f7265",
     "coap://example.net/.well-known/core"},
    {LINNET_COAP, "198.51.100.1", 61616, "b0 012f 00 00 422f2f 023f26", "coap://198.51.100.1:61616//%2F//?//&?%26"},
    {LINNET_COAP, "h", 5683, "bd 02 e38193e38293e381abe381a1e381af",
     "coap://h/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF"},
    /* ports and schemes */
    {LINNET_COAPS, "192.0.2.1", 5684, "", "coaps://192.0.2.1/"},
    {LINNET_COAPS, "192.0.2.1", 5683, "", "coaps://192.0.2.1:5683/"},
    {LINNET_COAP, "h", 0, "", "coap://h:0/"},
    {LINNET_COAP, "h", 1, "721633", "coap://h/"}, /* Uri-Port 5683 */
    {LINNET_COAP, "h", 1, "72ffff", "coap://h:65535/"},
    {LINNET_COAPS_WS, "h", 443, "", "coaps+ws://h/"},
    {LINNET_COAP_TCP, "h", 80, "", "coap+tcp://h:80/"},
    /* addresses */
    {LINNET_COAP, "[::1]", 5683, "", "coap://[::1]/"},
    {LINNET_COAP, "fe80::1%eth0", 5683, "", "coap://[fe80::1%25eth0]/"},
    {LINNET_COAP, "h", 5683, "35 5b3a3a315d", "coap://[::1]/"},       /* Uri-Host "[::1]" */
    {LINNET_COAP, "h", 5683, "35 613a2f2f62", "coap://a%3A%2F%2Fb/"}, /* Uri-Host "a://b" */
    {LINNET_COAP, "h", 5683, "32 5b5d", "coap:///"},                  /* Uri-Host "[]": garbage stays garbage */
    /* what a stranger may send */
    {LINNET_COAP, "h", 5683, "b2 2e2e", "coap://h/.."},
    {LINNET_COAP, "h", 5683, "b5 00 0a 22 25 7f", "coap://h/%00%0A%22%25%7F"},
    {LINNET_COAP, "h", 5683, "b3 3f2361", "coap://h/%3F%23a"},
    {LINNET_COAP, "h", 5683, "b2 fffe", "coap://h/%FF%FE"},
    {LINNET_COAP, "h", 5683, "ba 3a4021242627 28292a2b", "coap://h/:@!$&'()*+"},
    {LINNET_COAP, "h", 5683, "d502 612f3f3a40 0326233d", "coap://h/?a/?:@&%26%23="},
    {LINNET_COAP, "h", 5683, "b0", "coap://h/"},
    {LINNET_COAP, "h", 5683, "b0 00", "coap://h//"},
};

static void options_become_uris(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        linnet_bytes options = hex(cases[i].options);
        char text[256];
        int size = linnet_uri_compose(text, sizeof text, cases[i].scheme, cases[i].address, cases[i].port, options);
        assert_string_equal(text, cases[i].uri);
        assert_int_equal(size, strlen(cases[i].uri));
        release(options);
    }
}

static void a_text_that_does_not_fit_is_an_error_and_never_overrun(void **state)
{
    (void)state;
    linnet_bytes options = hex("3b 6578616d706c652e6e6574 8161 42ff62");
    char expected[64];
    int size = linnet_uri_compose(expected, sizeof expected, LINNET_COAPS_TCP, "h", 65535, options);

    for (size_t capacity = 0; capacity <= (size_t)size + 1; capacity++) {
        char *text = malloc(capacity + 1);
        assert_non_null(text);
        text[capacity] = '#';
        int result = linnet_uri_compose(text, capacity, LINNET_COAPS_TCP, "h", 65535, options);
        assert_int_equal(result, capacity > (size_t)size ? size : LINNET_ENOSPC);
        assert_int_equal(text[capacity], '#');
        free(text);
    }
    release(options);
}

static void a_path_is_composed_alone(void **state)
{
    (void)state;
    linnet_bytes location = hex("8161 0262ff c178 0179"); /* Location-Path a, b\xff; Location-Query x, y */
    linnet_bytes request = hex("b161 4178");
    char text[64];

    assert_int_equal(linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_LOCATION_PATH, location), 11);
    assert_string_equal(text, "/a/b%FF?x&y");
    assert_int_equal(linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_URI_PATH, request), 4);
    assert_string_equal(text, "/a?x");
    assert_int_equal(linnet_uri_compose_path(text, sizeof text, LINNET_OPTION_LOCATION_PATH, request), 1);
    assert_string_equal(text, "/");
    assert_int_equal(linnet_uri_compose_path(text, 4, LINNET_OPTION_URI_PATH, request), LINNET_ENOSPC);
    release(location);
    release(request);
}

static void composing_what_was_parsed_gives_the_normal_form(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"coap://EXAMPLE.com:5683/%7esensors/temp.xml", "coap://example.com/~sensors/temp.xml"},
        {"example.com/a/../b?x=1&y", "coap://example.com/b?x=1&y"},
        {"coap://h", "coap://h/"},
        {"coap://h?", "coap://h/?"},
        {"coaps://h:5684/%2f/", "coaps://h/%2F/"},
    };

    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        linnet_uri uri;
        linnet_writer writer;
        uint8_t options[128];
        char text[128];
        assert_int_equal(linnet_uri_parse(&uri, linnet_text(pairs[i][0])), 0);
        linnet_writer_begin_options(&writer, options, sizeof options);
        linnet_uri_write_options(&uri, true, &writer);
        linnet_uri_compose(text, sizeof text, uri.scheme, "none", uri.port,
                           linnet_view(options, (size_t)linnet_writer_end(&writer)));
        assert_string_equal(text, pairs[i][1]);
    }
}

static void schemes_have_names_and_ports(void **state)
{
    (void)state;
    assert_string_equal(linnet_scheme_name(LINNET_COAPS_TCP), "coaps+tcp");
    assert_int_equal(linnet_scheme_port(LINNET_COAP), 5683);
    assert_int_equal(linnet_scheme_port(LINNET_COAPS), 5684);
    assert_int_equal(linnet_scheme_port(LINNET_COAP_WS), 80);
    assert_string_equal(linnet_scheme_name((linnet_scheme)99), "?");
    assert_int_equal(linnet_scheme_port((linnet_scheme)99), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_become_uris),
        cmocka_unit_test(a_text_that_does_not_fit_is_an_error_and_never_overrun),
        cmocka_unit_test(a_path_is_composed_alone),
        cmocka_unit_test(composing_what_was_parsed_gives_the_normal_form),
        cmocka_unit_test(schemes_have_names_and_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
