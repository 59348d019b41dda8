/* The tables of options, codes, errors and Content-Formats: spot checks against the RFCs, and what must hold for all.
 */
#include "wire_bytes.h"

#include <linnet/code.h>
#include <linnet/content_format.h>
#include <linnet/error.h>
#include <linnet/option.h>

static void options_have_the_lengths_of_their_rfcs(void **state)
{
    (void)state;
    static const linnet_option_definition expected[] = {
        {1, 0, 8, LINNET_FORMAT_OPAQUE, true},      {3, 1, 255, LINNET_FORMAT_STRING, false},
        {5, 0, 0, LINNET_FORMAT_EMPTY, false},      {6, 0, 3, LINNET_FORMAT_UINT, false},
        {11, 0, 255, LINNET_FORMAT_STRING, true},   {14, 0, 4, LINNET_FORMAT_UINT, false},
        {16, 1, 1, LINNET_FORMAT_UINT, false},      {27, 0, 3, LINNET_FORMAT_BLOCK, false},
        {35, 1, 1034, LINNET_FORMAT_STRING, false}, {252, 1, 40, LINNET_FORMAT_OPAQUE, false},
        {292, 0, 8, LINNET_FORMAT_OPAQUE, true},    {2053, 0, 2, LINNET_FORMAT_UINT, false},
    };

    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const linnet_option_definition *found = linnet_option_find(expected[i].number);
        assert_non_null(found);
        assert_int_equal(found->number, expected[i].number);
        assert_int_equal(found->min_size, expected[i].min_size);
        assert_int_equal(found->max_size, expected[i].max_size);
        assert_int_equal(found->format, expected[i].format);
        assert_int_equal(found->repeatable, expected[i].repeatable);
    }
}

static void every_defined_option_has_a_name_that_leads_back(void **state)
{
    (void)state;
    size_t defined = 0;
    size_t named = 0;

    for (unsigned number = 0; number <= UINT16_MAX; number++) {
        const char *name = linnet_option_name((uint16_t)number);
        defined += linnet_option_find((uint16_t)number) ? 1 : 0;
        named += name ? 1 : 0;
        if (linnet_option_find((uint16_t)number))
            assert_non_null(name);
        if (name)
            assert_int_equal(linnet_option_by_name(name), number);
    }
    assert_int_equal(named, 33);
    assert_int_equal(defined, 31); /* of two vendors' options only the names are public */
}

static void reserved_options_are_unknown(void **state)
{
    (void)state;
    static const uint16_t reserved[] = {0, 2, 10, 13, 128, 132, 136, 140, 65000, 65535};

    for (size_t i = 0; i < COUNT_OF(reserved); i++) {
        assert_null(linnet_option_find(reserved[i]));
        assert_null(linnet_option_name(reserved[i]));
    }
}

static void option_names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(linnet_option_by_name("uri-path"), 11);
    assert_int_equal(linnet_option_by_name("ETAG"), 4);
    assert_int_equal(linnet_option_by_name("Uri-Pat"), -1);
    assert_int_equal(linnet_option_by_name("Uri-Paths"), -1);
    assert_int_equal(linnet_option_by_name(""), -1);
}

static void codes_have_names_and_a_dotted_form(void **state)
{
    (void)state;
    char text[5];

    assert_string_equal(linnet_code_name(LINNET_GET), "GET");
    assert_string_equal(linnet_code_name(LINNET_IPATCH), "iPATCH");
    assert_string_equal(linnet_code_name(LINNET_NOT_FOUND), "Not Found");
    assert_string_equal(linnet_code_name(LINNET_HOP_LIMIT_REACHED), "Hop Limit Reached");
    assert_null(linnet_code_name(LINNET_CODE(4, 7)));
    assert_null(linnet_code_name(LINNET_CODE(0, 8)));
    assert_string_equal(linnet_code_text(LINNET_NOT_FOUND, text), "4.04");
    assert_string_equal(linnet_code_text(LINNET_CODE(7, 31), text), "7.31");
    assert_string_equal(linnet_code_text(LINNET_EMPTY, text), "0.00");
}

static void methods_are_found_by_name_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(linnet_method_by_name("get"), LINNET_GET);
    assert_int_equal(linnet_method_by_name("Delete"), LINNET_DELETE);
    assert_int_equal(linnet_method_by_name("ipatch"), LINNET_IPATCH);
    assert_int_equal(linnet_method_by_name("patch"), LINNET_PATCH);
    assert_int_equal(linnet_method_by_name("Created"), 0);
    assert_int_equal(linnet_method_by_name("Empty"), 0);
    assert_int_equal(linnet_method_by_name("ge"), 0);
    assert_int_equal(linnet_method_by_name(""), 0);
}

static void errors_have_names_and_sentences(void **state)
{
    (void)state;
    for (int error = LINNET_ESESSIONS; error <= 0; error++) {
        assert_non_null(linnet_error_name(error));
        assert_string_not_equal(linnet_error_name(error), "?");
        assert_true(strlen(linnet_error_text(error)) > 0);
        assert_string_not_equal(linnet_error_text(error), "unknown error");
    }
    assert_string_equal(linnet_error_name(0), "0");
    assert_string_equal(linnet_error_name(LINNET_ETIMEOUT), "LINNET_ETIMEOUT");
    assert_string_equal(linnet_error_name(1), "?");
    assert_string_equal(linnet_error_name(INT32_MIN), "?");
    assert_string_equal(linnet_error_text(-1000), "unknown error");
    assert_string_equal(linnet_error_text(LINNET_ESESSIONS - 1), "unknown error");
}

static void content_formats_are_sorted_and_named_once(void **state)
{
    (void)state;
    size_t count;
    const linnet_content_format *table = linnet_content_format_table(&count);

    assert_true(count > 90);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || table[i - 1].number < table[i].number);
        assert_non_null(table[i].media_type);
        assert_true(strlen(table[i].short_name) > 0);
        assert_ptr_equal(linnet_content_format_find(table[i].number), &table[i]);
        assert_int_equal(linnet_content_format_parse(table[i].short_name), table[i].number);
        if (!table[i].coding)
            assert_int_equal(linnet_content_format_parse(table[i].media_type), table[i].number);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(table[k].short_name, table[i].short_name);
    }
}

typedef struct format_case {
    const char *text;
    int32_t number;
} format_case;

static void content_formats_are_read_as_number_media_type_or_short_name(void **state)
{
    (void)state;
    static const format_case cases[] = {
        {"0", 0},
        {"50", 50},
        {"65535", 65535},
        {"0050", 50},
        {"65536", -1},
        {"99999999999999999999", -1},
        {"", -1},
        {"-1", -1},
        {"+5", -1},
        {"5x", -1},
        {" 5", -1},
        {"text", 0},
        {"text/plain", 0},
        {"text/plain;charset=utf-8", 0},
        {"Text/Plain; Charset=UTF-8", 0},
        {"json", 50},
        {"JSON", 50},
        {"application/json", 50},
        {"json-deflate", 11050},
        {"link", 40},
        {"xml", 41},
        {"octets", 42},
        {"exi", 47},
        {"cbor", 60},
        {"cwt", 61},
        {"senml+json", 110},
        {"senml+cbor", 112},
        {"application/link-format", 40},
        {"application/dns-message", 553},
        {"application/concise-problem-details+cbor", 257},
        {"application/cose; cose-type=\"cose-sign1\"", 18},
        {"application/cose", -1},
        {"jso", -1},
        {"jsonx", -1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (linnet_content_format_parse(cases[i].text) != cases[i].number)
            fail_msg("\"%s\" is read as %d", cases[i].text, linnet_content_format_parse(cases[i].text));
}

static void unregistered_content_formats_are_not_found(void **state)
{
    (void)state;
    assert_null(linnet_content_format_find(1));
    assert_null(linnet_content_format_find(1542));
    assert_null(linnet_content_format_find(65535));
    assert_string_equal(linnet_content_format_find(11060)->coding, "deflate");
    assert_null(linnet_content_format_find(60)->coding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_have_the_lengths_of_their_rfcs),
        cmocka_unit_test(every_defined_option_has_a_name_that_leads_back),
        cmocka_unit_test(reserved_options_are_unknown),
        cmocka_unit_test(option_names_are_found_in_any_case),
        cmocka_unit_test(codes_have_names_and_a_dotted_form),
        cmocka_unit_test(methods_are_found_by_name_in_any_case),
        cmocka_unit_test(errors_have_names_and_sentences),
        cmocka_unit_test(content_formats_are_sorted_and_named_once),
        cmocka_unit_test(content_formats_are_read_as_number_media_type_or_short_name),
        cmocka_unit_test(unregistered_content_formats_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
