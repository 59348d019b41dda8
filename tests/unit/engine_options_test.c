/* RFC 7252 5.4 for requests, option by option: what stops a request, with which code, and what is as if it were not
 * there. */
#include "engine/options.h"

#include "engine_support.h"

typedef struct built {
    linnet_writer writer;
    uint8_t octets[3000];
} built;

static void begin(built *options) { linnet_writer_begin_options(&options->writer, options->octets, 3000); }

/* Appends an option of `size` octets, of the number 1 when there are any. */
static void add(built *options, uint16_t number, size_t size)
{
    static const uint8_t zeros[2000];
    uint8_t value[2000];

    memcpy(value, zeros, sizeof value);
    if (size > 0)
        value[size - 1] = 1;
    linnet_writer_option(&options->writer, number, linnet_view(value, size));
}

static linnet_code read(built *options, linnet_request_options *found)
{
    int size = linnet_writer_end(&options->writer);
    linnet_message request = {.code = LINNET_GET, .options = {options->octets, (size_t)size}};

    assert_true(size >= 0);
    return linnet_request_options_read(found, &request);
}

/* The code for a request with that one option, `times` over. */
static linnet_code code_for(uint16_t number, size_t size, unsigned times)
{
    linnet_request_options found;
    built options;

    begin(&options);
    while (times-- > 0)
        add(&options, number, size);
    return read(&options, &found);
}

static void critical_options_of_a_wrong_length_are_bad(void **state)
{
    static const struct {
        uint16_t number;
        size_t good, bad;
    } cases[] = {
        {LINNET_OPTION_IF_MATCH, 8, 9},      {LINNET_OPTION_URI_HOST, 1, 0}, {LINNET_OPTION_URI_HOST, 255, 256},
        {LINNET_OPTION_IF_NONE_MATCH, 0, 1}, {LINNET_OPTION_URI_PORT, 2, 3}, {LINNET_OPTION_URI_PATH, 255, 256},
        {LINNET_OPTION_URI_QUERY, 255, 256}, {LINNET_OPTION_ACCEPT, 2, 3},   {LINNET_OPTION_BLOCK2, 3, 4},
        {LINNET_OPTION_BLOCK1, 3, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(code_for(cases[i].number, cases[i].good, 1), LINNET_EMPTY);
        assert_int_equal(code_for(cases[i].number, cases[i].bad, 1), LINNET_BAD_OPTION);
    }
    assert_int_equal(code_for(LINNET_OPTION_PROXY_URI, 0, 1), LINNET_BAD_OPTION);
    assert_int_equal(code_for(LINNET_OPTION_PROXY_URI, 1035, 1), LINNET_BAD_OPTION);
}

static void critical_options_may_be_repeated_only_where_the_registry_says(void **state)
{
    static const uint16_t once[] = {LINNET_OPTION_URI_HOST, LINNET_OPTION_URI_PORT, LINNET_OPTION_ACCEPT,
                                    LINNET_OPTION_BLOCK1,   LINNET_OPTION_BLOCK2,   LINNET_OPTION_PROXY_URI};
    static const uint16_t often[] = {LINNET_OPTION_IF_MATCH, LINNET_OPTION_URI_PATH, LINNET_OPTION_URI_QUERY};

    (void)state;
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        assert_int_equal(code_for(once[i], 1, 2), LINNET_BAD_OPTION);
    for (size_t i = 0; i < sizeof often / sizeof often[0]; i++)
        assert_int_equal(code_for(often[i], 1, 3), LINNET_EMPTY);
    assert_int_equal(code_for(LINNET_OPTION_IF_NONE_MATCH, 0, 2), LINNET_BAD_OPTION);
}

static void unknown_critical_options_are_bad_and_named(void **state)
{
    static const uint16_t unknown[] = {9, 13, 19, 21, 25, 31, 33, 235, 239, 2049, 65001, 65535};
    linnet_request_options found;

    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        built options;
        begin(&options);
        add(&options, unknown[i], 1);
        assert_int_equal(read(&options, &found), LINNET_BAD_OPTION);
        assert_int_equal(found.rejected, unknown[i]);
    }
}

static void elective_options_that_are_wrong_are_as_if_not_there(void **state)
{
    linnet_request_options found;
    built options;

    (void)state;
    begin(&options);
    add(&options, LINNET_OPTION_ETAG, 9);
    add(&options, LINNET_OPTION_CONTENT_FORMAT, 3);
    add(&options, LINNET_OPTION_HOP_LIMIT, 2);
    add(&options, LINNET_OPTION_SIZE1, 5);
    add(&options, 2, 700); /* no such option */
    assert_int_equal(linnet_writer_end(&options.writer), LINNET_EORDER);
    begin(&options);
    add(&options, 2, 700);
    add(&options, LINNET_OPTION_ETAG, 9);
    add(&options, LINNET_OPTION_OBSERVE, 4);
    add(&options, LINNET_OPTION_CONTENT_FORMAT, 3);
    add(&options, LINNET_OPTION_HOP_LIMIT, 2);
    add(&options, LINNET_OPTION_SIZE1, 5);
    add(&options, 65000, 3);
    assert_int_equal(read(&options, &found), LINNET_EMPTY);
    assert_false(found.has_etag);
    assert_int_equal(found.content_format, -1);
    assert_int_equal(found.hop_limit, -1);
}

static void of_repeated_elective_options_the_first_counts(void **state)
{
    linnet_request_options found;
    built options;

    (void)state;
    begin(&options);
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_CONTENT_FORMAT, 50);
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_CONTENT_FORMAT, 60);
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_CONTENT_FORMAT, 70);
    assert_int_equal(read(&options, &found), LINNET_EMPTY);
    assert_int_equal(found.content_format, 50);
}

static void a_block_size_that_is_reserved_is_a_bad_request(void **state)
{
    static const uint16_t numbers[] = {LINNET_OPTION_BLOCK1, LINNET_OPTION_BLOCK2};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        linnet_request_options found;
        built options;
        begin(&options);
        linnet_writer_option_uint(&options.writer, numbers[i], 7);
        assert_int_equal(read(&options, &found), LINNET_BAD_REQUEST);
    }
}

static void a_hop_limit_of_zero_is_a_bad_request(void **state)
{
    const uint8_t zero = 0, one = 1;
    linnet_request_options found;
    built options;

    (void)state;
    begin(&options);
    linnet_writer_option(&options.writer, LINNET_OPTION_HOP_LIMIT, linnet_view(&zero, 1));
    assert_int_equal(read(&options, &found), LINNET_BAD_REQUEST);
    begin(&options);
    linnet_writer_option(&options.writer, LINNET_OPTION_HOP_LIMIT, linnet_view(&one, 1));
    assert_int_equal(read(&options, &found), LINNET_EMPTY);
    assert_int_equal(found.hop_limit, 1);
}

static void proxying_is_not_supported_but_a_bad_option_comes_first(void **state)
{
    linnet_request_options found;
    built options;

    (void)state;
    assert_int_equal(code_for(LINNET_OPTION_PROXY_URI, 9, 1), LINNET_PROXYING_NOT_SUPPORTED);
    assert_int_equal(code_for(LINNET_OPTION_PROXY_SCHEME, 4, 1), LINNET_PROXYING_NOT_SUPPORTED);
    begin(&options);
    add(&options, LINNET_OPTION_PROXY_URI, 9);
    add(&options, 65001, 0);
    assert_int_equal(read(&options, &found), LINNET_BAD_OPTION);
}

static void the_values_that_every_layer_wants_are_found(void **state)
{
    linnet_request_options found;
    linnet_option segment;
    built options;

    (void)state;
    begin(&options);
    add(&options, LINNET_OPTION_IF_MATCH, 2);
    add(&options, LINNET_OPTION_ETAG, 2);
    linnet_writer_option(&options.writer, LINNET_OPTION_URI_PATH, linnet_text("a"));
    linnet_writer_option(&options.writer, LINNET_OPTION_URI_PATH, linnet_text("bc"));
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_CONTENT_FORMAT, 0);
    add(&options, LINNET_OPTION_URI_QUERY, 3);
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_ACCEPT, 65535);
    linnet_writer_option_uint(&options.writer, LINNET_OPTION_BLOCK2, 0x16);
    assert_int_equal(read(&options, &found), LINNET_EMPTY);
    assert_true(found.has_if_match && found.has_etag && found.has_query && found.has_block2);
    assert_false(found.has_if_none_match || found.has_block1 || found.has_proxy);
    assert_int_equal(found.content_format, 0);
    assert_int_equal(found.accept, 65535);
    assert_int_equal(found.block2.number, 1);
    assert_int_equal(found.path_segments, 2);
    assert_true(linnet_option_next(&found.path, &segment));
    assert_true(linnet_bytes_equal(segment.value, linnet_text("a")));
    assert_true(linnet_option_next(&found.path, &segment));
    assert_true(linnet_bytes_equal(segment.value, linnet_text("bc")));
}

static void path_segments_without_end_count_as_255(void **state)
{
    linnet_request_options found;
    built options;

    (void)state;
    begin(&options);
    for (unsigned i = 0; i < 1000; i++)
        add(&options, LINNET_OPTION_URI_PATH, 0);
    assert_int_equal(read(&options, &found), LINNET_EMPTY);
    assert_int_equal(found.path_segments, 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_options_of_a_wrong_length_are_bad),
        cmocka_unit_test(critical_options_may_be_repeated_only_where_the_registry_says),
        cmocka_unit_test(unknown_critical_options_are_bad_and_named),
        cmocka_unit_test(elective_options_that_are_wrong_are_as_if_not_there),
        cmocka_unit_test(of_repeated_elective_options_the_first_counts),
        cmocka_unit_test(a_block_size_that_is_reserved_is_a_bad_request),
        cmocka_unit_test(a_hop_limit_of_zero_is_a_bad_request),
        cmocka_unit_test(proxying_is_not_supported_but_a_bad_option_comes_first),
        cmocka_unit_test(the_values_that_every_layer_wants_are_found),
        cmocka_unit_test(path_segments_without_end_count_as_255),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
