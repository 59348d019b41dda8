/* Taking URIs apart and writing them into options: RFC 7252 section 6 and appendix B, and what must be refused. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/uri.h>

typedef struct uri_case {
    const char *text;
    linnet_scheme scheme;
    const char *host;
    bool literal;
    uint16_t port;
    const char *path;
    const char *query;
} uri_case;

static const uri_case good[] = {
    {"coap://example.com:5683/~sensors/temp.xml", LINNET_COAP, "example.com", false, 5683, "~sensors/temp.xml", ""},
    {"coap://EXAMPLE.com/%7Esensors/temp.xml", LINNET_COAP, "EXAMPLE.com", false, 5683, "%7Esensors/temp.xml", ""},
    {"coap://EXAMPLE.com:/%7esensors/temp.xml", LINNET_COAP, "EXAMPLE.com", false, 5683, "%7esensors/temp.xml", ""},
    {"coap://h", LINNET_COAP, "h", false, 5683, "", ""},
    {"coap://h/", LINNET_COAP, "h", false, 5683, "", ""},
    {"COAP://h/", LINNET_COAP, "h", false, 5683, "", ""},
    {"coaps://h/a?b", LINNET_COAPS, "h", false, 5684, "a", "b"},
    {"coap+tcp://h/a", LINNET_COAP_TCP, "h", false, 5683, "a", ""},
    {"coaps+tcp://h/a", LINNET_COAPS_TCP, "h", false, 5684, "a", ""},
    {"coap+ws://h/a", LINNET_COAP_WS, "h", false, 80, "a", ""},
    {"coaps+ws://h/a", LINNET_COAPS_WS, "h", false, 443, "a", ""},
    {"Coaps+Ws://h:0/a", LINNET_COAPS_WS, "h", false, 0, "a", ""},
    {"coap://h:65535", LINNET_COAP, "h", false, 65535, "", ""},
    {"coap://h:0000005683", LINNET_COAP, "h", false, 5683, "", ""},
    {"localhost/time", LINNET_COAP, "localhost", false, 5683, "time", ""},
    {"localhost", LINNET_COAP, "localhost", false, 5683, "", ""},
    {"localhost:61616?q", LINNET_COAP, "localhost", false, 61616, "", "q"},
    {"[::1]/a", LINNET_COAP, "::1", true, 5683, "a", ""},
    {"h/x?u=coap://other/y", LINNET_COAP, "h", false, 5683, "x", "u=coap://other/y"},
    {"coap://192.0.2.1:61616/a", LINNET_COAP, "192.0.2.1", true, 61616, "a", ""},
    {"coap://192.0.2.256/", LINNET_COAP, "192.0.2.256", false, 5683, "", ""},
    {"coap://192.0.02.1/", LINNET_COAP, "192.0.02.1", false, 5683, "", ""},
    {"coap://1.2.3/", LINNET_COAP, "1.2.3", false, 5683, "", ""},
    {"coap://1.2.3.4.5/", LINNET_COAP, "1.2.3.4.5", false, 5683, "", ""},
    {"coap://[2001:db8::2:1]/", LINNET_COAP, "2001:db8::2:1", true, 5683, "", ""},
    {"coap://[2001:db8::2:1]:61616/a//b", LINNET_COAP, "2001:db8::2:1", true, 61616, "a//b", ""},
    {"coap://[::]", LINNET_COAP, "::", true, 5683, "", ""},
    {"coap://[1:2:3:4:5:6:7:8]", LINNET_COAP, "1:2:3:4:5:6:7:8", true, 5683, "", ""},
    {"coap://[1::2]", LINNET_COAP, "1::2", true, 5683, "", ""},
    {"coap://[::2:3:4:5:6:7:8]", LINNET_COAP, "::2:3:4:5:6:7:8", true, 5683, "", ""},
    {"coap://[1:2:3:4:5:6:7::]", LINNET_COAP, "1:2:3:4:5:6:7::", true, 5683, "", ""},
    {"coap://[::ffff:192.0.2.1]", LINNET_COAP, "::ffff:192.0.2.1", true, 5683, "", ""},
    {"coap://[1:2:3:4:5:6:192.0.2.1]", LINNET_COAP, "1:2:3:4:5:6:192.0.2.1", true, 5683, "", ""},
    {"coap://[fe80::1%eth0]/", LINNET_COAP, "fe80::1%eth0", true, 5683, "", ""},
    {"coap://[fe80::1%25eth0]:1/", LINNET_COAP, "fe80::1%25eth0", true, 1, "", ""},
    {"coap://h/a/?", LINNET_COAP, "h", false, 5683, "a/", ""},
    {"coap://h/:@!$&'()*+,;=?/?:@", LINNET_COAP, "h", false, 5683, ":@!$&'()*+,;=", "/?:@"},
    {"coap://xn--18j4d.example/%E3%81%93", LINNET_COAP, "xn--18j4d.example", false, 5683, "%E3%81%93", ""},
};

static void uris_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        linnet_bytes text = exact(good[i].text, strlen(good[i].text));
        linnet_uri uri;
        if (linnet_uri_parse(&uri, text) != 0)
            fail_msg("refused: %s: %s", good[i].text, linnet_uri_problem(text));
        assert_int_equal(uri.scheme, good[i].scheme);
        assert_text(uri.host, good[i].host);
        assert_int_equal(uri.host_is_literal, good[i].literal);
        assert_int_equal(uri.port, good[i].port);
        assert_text(uri.path, good[i].path);
        assert_text(uri.query, good[i].query);
        assert_string_equal(linnet_uri_problem(text), "");
        release(text);
    }
}

static void a_port_is_known_to_be_named_even_where_it_is_the_default(void **state)
{
    (void)state;
    linnet_uri uri;

    assert_int_equal(linnet_uri_parse(&uri, linnet_text("coap://h:5683")), 0);
    assert_true(uri.has_port);
    assert_int_equal(linnet_uri_parse(&uri, linnet_text("coap://h")), 0);
    assert_false(uri.has_port);
    assert_int_equal(linnet_uri_parse(&uri, linnet_text("coap://h:")), 0);
    assert_false(uri.has_port);
}

typedef struct bad_uri {
    const char *text;
    int error;
    const char *problem; /* a part of the sentence */
} bad_uri;

static const bad_uri bad[] = {
    {"", LINNET_EURI, "host is missing"},
    {"coap://", LINNET_EURI, "host is missing"},
    {"coap:///a", LINNET_EURI, "host is missing"},
    {"coap://:5683/a", LINNET_EURI, "host is missing"},
    {"/a", LINNET_EURI, "host is missing"},
    {"//h/a", LINNET_EURI, "host is missing"},
    {"http://h/a", LINNET_ESCHEME, "scheme"},
    {"coap+udp://h/a", LINNET_ESCHEME, "scheme"},
    {"coapx://h/a", LINNET_ESCHEME, "scheme"},
    {"coa://h/a", LINNET_ESCHEME, "scheme"},
    {"://h/a", LINNET_EURI, "host is missing"},
    {"coap:h", LINNET_EURI, "port"},
    {"coap://h/a#b", LINNET_EURI, "fragment"},
    {"coap://h#", LINNET_EURI, "fragment"},
    {"coap://h/a?b#c", LINNET_EURI, "fragment"},
    {"coap://user@h/a", LINNET_EURI, "user"},
    {"coap://user:password@h/a", LINNET_EURI, "user"},
    {"coap://h:65536/", LINNET_EURI, "port"},
    {"coap://h:99999999999999999999/", LINNET_EURI, "port"},
    {"coap://h:4294967297/", LINNET_EURI, "port"},
    {"coap://h:-1/", LINNET_EURI, "port"},
    {"coap://h:1a/", LINNET_EURI, "port"},
    {"coap://h:1:2/", LINNET_EURI, "port"},
    {"coap://::1/", LINNET_EURI, "host is missing"},
    {"coap://fe80::1/", LINNET_EURI, "port"},
    {"coap://[::1", LINNET_EURI, "brackets"},
    {"coap://[", LINNET_EURI, "brackets"},
    {"coap://[]", LINNET_EURI, "brackets"},
    {"coap://[::1]a", LINNET_EURI, "brackets"},
    {"coap://[::1::]", LINNET_EURI, "brackets"},
    {"coap://[:::1]", LINNET_EURI, "brackets"},
    {"coap://[:1]", LINNET_EURI, "brackets"},
    {"coap://[1:]", LINNET_EURI, "brackets"},
    {"coap://[:]", LINNET_EURI, "brackets"},
    {"coap://[1::2:]", LINNET_EURI, "brackets"},
    {"coap://[1::2::]", LINNET_EURI, "brackets"},
    {"coap://[::1:2:3:4:5:6:7:8]", LINNET_EURI, "brackets"},
    {"coap://[1:2:3:4:5:6:7:1.2.3.4]", LINNET_EURI, "brackets"},
    {"coap://[1.2.3.4::]", LINNET_EURI, "brackets"},
    {"coap://[1:2:3:4:5:6:7]", LINNET_EURI, "brackets"},
    {"coap://[1:2:3:4:5:6:7:8:9]", LINNET_EURI, "brackets"},
    {"coap://[1:2:3:4:5:6:7:8::]", LINNET_EURI, "brackets"},
    {"coap://[1::2:3:4:5:6:7:8]", LINNET_EURI, "brackets"},
    {"coap://[12345::]", LINNET_EURI, "brackets"},
    {"coap://[g::]", LINNET_EURI, "brackets"},
    {"coap://[::1.2.3]", LINNET_EURI, "brackets"},
    {"coap://[::1.2.3.256]", LINNET_EURI, "brackets"},
    {"coap://[::1.2.3.4:5]", LINNET_EURI, "brackets"},
    {"coap://[fe80::1%]", LINNET_EURI, "brackets"},
    {"coap://[fe80::1%a b]", LINNET_EURI, "brackets"},
    {"coap://[v1.x]", LINNET_EURI, "brackets"},
    {"coap://h h/", LINNET_EURI, "host holds"},
    {"coap://h\x01/", LINNET_EURI, "host holds"},
    {"coap://h\xc3\xbc/", LINNET_EURI, "host holds"},
    {"coap://h[/", LINNET_EURI, "host holds"},
    {"coap://h%2/", LINNET_EURI, "percent"},
    {"coap://h%ff/", LINNET_EURI, "UTF-8"},
    {" coap://h/", LINNET_EURI, "host holds"},
    {"coap://h/a b", LINNET_EURI, "path or query"},
    {"coap://h/a\tb", LINNET_EURI, "path or query"},
    {"coap://h/a\nb", LINNET_EURI, "path or query"},
    {"coap://h/a\x7f", LINNET_EURI, "path or query"},
    {"coap://h/\xc3\xbc", LINNET_EURI, "path or query"},
    {"coap://h/a\"", LINNET_EURI, "path or query"},
    {"coap://h/<a>", LINNET_EURI, "path or query"},
    {"coap://h/a\\b", LINNET_EURI, "path or query"},
    {"coap://h/a?b^", LINNET_EURI, "path or query"},
    {"coap://h/%", LINNET_EURI, "percent"},
    {"coap://h/%4", LINNET_EURI, "percent"},
    {"coap://h/%4/1", LINNET_EURI, "percent"},
    {"coap://h/%zz", LINNET_EURI, "percent"},
    {"coap://h/?%4g", LINNET_EURI, "percent"},
    {"coap://h/%ff", LINNET_EURI, "UTF-8"},
    {"coap://h/%c3/%bc", LINNET_EURI, "UTF-8"},
    {"coap://h/a?%80", LINNET_EURI, "UTF-8"},
    {"coap://h/%00", LINNET_EURI, "UTF-8"},
};

static void what_is_no_coap_uri_is_refused_with_a_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        linnet_bytes text = exact(bad[i].text, strlen(bad[i].text));
        linnet_uri uri;
        int error = linnet_uri_parse(&uri, text);
        if (error != bad[i].error || !strstr(linnet_uri_problem(text), bad[i].problem))
            fail_msg("\"%s\": %d, \"%s\"", bad[i].text, error, linnet_uri_problem(text));
        release(text);
    }
    linnet_uri uri;
    assert_int_equal(linnet_uri_parse(&uri, linnet_view(NULL, 0)), LINNET_EURI);
    assert_int_equal(linnet_uri_parse(&uri, linnet_view("coap://h/\0", 10)), LINNET_EURI);
}

/* "coap://" + before + `count` times 'a' + after */
static int parse_long(const char *before, size_t count, const char *after)
{
    static char text[1024];
    linnet_uri uri;
    size_t size = strlen(before);

    memcpy(text, before, size);
    memset(text + size, 'a', count);
    memcpy(text + size + count, after, strlen(after));
    linnet_bytes view = exact(text, size + count + strlen(after));
    int error = linnet_uri_parse(&uri, view);
    release(view);
    return error;
}

static void parts_of_255_octets_are_accepted_and_of_256_refused(void **state)
{
    (void)state;
    assert_int_equal(parse_long("coap://", 255, "/x"), 0);
    assert_int_equal(parse_long("coap://", 256, "/x"), LINNET_EURI);
    assert_int_equal(parse_long("coap://h/", 255, "/x"), 0);
    assert_int_equal(parse_long("coap://h/", 256, "/x"), LINNET_EURI);
    assert_int_equal(parse_long("coap://h/", 254, "%41/x"), 0);
    assert_int_equal(parse_long("coap://h/", 255, "%41/x"), LINNET_EURI);
    assert_int_equal(parse_long("coap://h/?", 255, "&x"), 0);
    assert_int_equal(parse_long("coap://h/?", 256, "&x"), LINNET_EURI);
    assert_int_equal(parse_long("coap://h/?x&", 256, ""), LINNET_EURI);
}

typedef struct options_case {
    const char *uri;
    const char *options;
} options_case;

/* Options as "Uri-Host|/segment/segment|?argument?argument". */
static void describe(linnet_bytes options, char *text)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    while (linnet_option_next(&cursor, &option)) {
        if (option.number != LINNET_OPTION_URI_HOST)
            *text++ = option.number == LINNET_OPTION_URI_PATH ? '/' : '?';
        if (option.value.size)
            memcpy(text, option.value.data, option.value.size);
        text += option.value.size;
    }
    *text = '\0';
}

static void uris_become_options(void **state)
{
    (void)state;
    static const options_case cases[] = {
        /* RFC 7252 6.3: three names of one resource */
        {"coap://example.com:5683/~sensors/temp.xml", "example.com/~sensors/temp.xml"},
        {"coap://EXAMPLE.com/%7Esensors/temp.xml", "example.com/~sensors/temp.xml"},
        {"coap://EXAMPLE.com:/%7esensors/temp.xml", "example.com/~sensors/temp.xml"},
        /* appendix B */
        {"coap://[2001:db8::2:1]/", ""},
        {"coap://example.net/", "example.net"},
        {"coap://example.net/.well-known/core", "example.net/.well-known/core"},
        {"coap://xn--18j4d.example/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF",
         "xn--18j4d.example/\xe3\x81\x93\xe3\x82\x93\xe3\x81\xab\xe3\x81\xa1\xe3\x81\xaf"},
        {"coap://198.51.100.1:61616//%2F//?%2F%2F&?%26", "/////?//??&"},
        /* empty segments and arguments */
        {"coap://h", "h"},
        {"coap://h/a/", "h/a/"},
        {"coap://h//", "h//"},
        {"coap://h//a", "h//a"},
        {"coap://h?", "h?"},
        {"coap://h?a&", "h?a?"},
        {"coap://h?&", "h??"},
        {"coap://h/a?b=c&d", "h/a?b=c?d"},
        /* dot segments: RFC 3986 5.2.4, and 5.4.1 as far as it has absolute paths */
        {"coap://h/.", "h"},
        {"coap://h/..", "h"},
        {"coap://h/./", "h"},
        {"coap://h/../", "h"},
        {"coap://h/a/..", "h"},
        {"coap://h/a/../", "h"},
        {"coap://h/a/b/..", "h/a/"},
        {"coap://h/a/b/../", "h/a/"},
        {"coap://h/a/b/.", "h/a/b/"},
        {"coap://h/./a/./b", "h/a/b"},
        {"coap://h/a/b/c/./../../g", "h/a/g"},
        {"coap://h/../../a", "h/a"},
        {"coap://h/a/b/../../../c", "h/c"},
        {"coap://h/a/%2e%2E/b", "h/b"},
        {"coap://h/...", "h/..."},
        {"coap://h/a/..b", "h/a/..b"},
        {"coap://h//../a", "h/a"},
        /* names */
        {"coap://H%41n%c3%bc/", "han\xc3\xbc"},
        {"coap://[fe80::1%25eth0]/a", "/a"},
        {"coap://127.0.0.1/a", "/a"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        linnet_uri uri;
        uint8_t buffer[256];
        char text[256];
        linnet_writer writer;
        assert_int_equal(linnet_uri_parse(&uri, linnet_text(cases[i].uri)), 0);
        linnet_writer_begin_options(&writer, buffer, sizeof buffer);
        linnet_uri_write_options(&uri, true, &writer);
        assert_true(linnet_writer_end(&writer) >= 0);
        describe(linnet_view(buffer, (size_t)linnet_writer_end(&writer)), text);
        if (strcmp(text, cases[i].options) != 0)
            fail_msg("%s became %s", cases[i].uri, text);
    }
}

static void the_host_is_left_out_where_it_is_not_wanted(void **state)
{
    (void)state;
    linnet_uri uri;
    uint8_t buffer[64];
    linnet_writer writer;

    assert_int_equal(linnet_uri_parse(&uri, linnet_text("coap://example.com/a?b")), 0);
    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_uri_write_options(&uri, false, &writer);
    assert_hex(linnet_view(buffer, (size_t)linnet_writer_end(&writer)), "b161 4162");
}

static void a_uri_that_does_not_fit_leaves_its_error_in_the_writer(void **state)
{
    (void)state;
    linnet_uri uri;
    linnet_writer writer;

    assert_int_equal(linnet_uri_parse(&uri, linnet_text("coap://example.com/abc/../def?q")), 0);
    for (size_t capacity = 0; capacity < 18; capacity++) {
        uint8_t *buffer = malloc(capacity + 1);
        assert_non_null(buffer);
        linnet_writer_begin_options(&writer, buffer, capacity);
        linnet_uri_write_options(&uri, true, &writer);
        assert_int_equal(linnet_writer_end(&writer), LINNET_ENOSPC);
        free(buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uris_are_taken_apart),
        cmocka_unit_test(a_port_is_known_to_be_named_even_where_it_is_the_default),
        cmocka_unit_test(what_is_no_coap_uri_is_refused_with_a_reason),
        cmocka_unit_test(parts_of_255_octets_are_accepted_and_of_256_refused),
        cmocka_unit_test(uris_become_options),
        cmocka_unit_test(the_host_is_left_out_where_it_is_not_wanted),
        cmocka_unit_test(a_uri_that_does_not_fit_leaves_its_error_in_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
