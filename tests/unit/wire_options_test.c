/* Reading encoded options, and numbers in them. */
#include "wire_bytes.h"

#include <linnet/option.h>

static void the_cursor_gives_options_in_the_order_of_the_message(void **state)
{
    (void)state;
    linnet_bytes options = hex("3161 8162 0163 1100 d12732");
    static const uint16_t numbers[] = {3, 11, 11, 12, 64};
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        assert_true(linnet_option_next(&cursor, &option));
        assert_int_equal(option.number, numbers[i]);
        assert_int_equal(option.value.size, 1);
    }
    assert_false(linnet_option_next(&cursor, &option));
    assert_false(linnet_option_next(&cursor, &option));
    release(options);
}

static void the_cursor_stays_at_octets_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const bad[] = {"ff", "f0", "0f", "b2 61", "d0", "e0 00", "0d", "0e 00", "e0 fef3", "b1 61 ff"};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        linnet_bytes options = hex(bad[i]);
        linnet_option_cursor cursor = {.rest = options};
        linnet_option option;
        while (linnet_option_next(&cursor, &option))
            ;
        assert_true(cursor.rest.size > 0);
        assert_false(linnet_options_check(options));
        release(options);
    }
    assert_true(linnet_options_check(linnet_view(NULL, 0)));
}

static void an_option_is_found_by_number_and_index(void **state)
{
    (void)state;
    linnet_bytes options = hex("b161 0162 0163 1132");
    linnet_bytes value;

    assert_true(linnet_option_get(options, 11, 0, &value));
    assert_text(value, "a");
    assert_true(linnet_option_get(options, 11, 2, &value));
    assert_text(value, "c");
    assert_false(linnet_option_get(options, 11, 3, &value));
    assert_false(linnet_option_get(options, 3, 0, &value));
    assert_true(linnet_option_get(options, 12, 0, &value));
    assert_false(linnet_option_get(options, 60, 0, &value));
    assert_false(linnet_option_get(linnet_view(NULL, 0), 11, 0, &value));
    release(options);
}

static void a_uint_is_read_with_and_without_leading_zeros(void **state)
{
    (void)state;
    assert_int_equal(linnet_option_uint(linnet_view(NULL, 0)), 0);
    assert_int_equal(linnet_option_uint(linnet_view("\x00", 1)), 0);
    assert_int_equal(linnet_option_uint(linnet_view("\x00\x00\x32", 3)), 50);
    assert_int_equal(linnet_option_uint(linnet_view("\xff\xff\xff\xff", 4)), UINT32_MAX);
    assert_int_equal(linnet_option_uint(linnet_view("\x01\x02\x03\x04\x05", 5)), 0x02030405);
}

static void a_uint_is_written_in_the_fewest_octets(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 1, 255, 256, 65535, 65536, 0xffffff, 0x1000000, UINT32_MAX};
    static const size_t sizes[] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
    uint8_t octets[4];

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        assert_int_equal(linnet_option_from_uint(numbers[i], octets), sizes[i]);
        assert_int_equal(linnet_option_uint(linnet_view(octets, sizes[i])), numbers[i]);
    }
}

static void the_number_tells_critical_unsafe_and_no_cache_key(void **state)
{
    (void)state;
    assert_true(linnet_option_is_critical(LINNET_OPTION_URI_PATH));
    assert_false(linnet_option_is_critical(LINNET_OPTION_CONTENT_FORMAT));
    assert_true(linnet_option_is_unsafe(LINNET_OPTION_URI_PATH));
    assert_true(linnet_option_is_unsafe(LINNET_OPTION_MAX_AGE));
    assert_false(linnet_option_is_unsafe(LINNET_OPTION_ACCEPT));
    assert_true(linnet_option_is_no_cache_key(LINNET_OPTION_SIZE1));
    assert_true(linnet_option_is_no_cache_key(LINNET_OPTION_ECHO));
    assert_false(linnet_option_is_no_cache_key(LINNET_OPTION_ACCEPT));
    assert_false(linnet_option_is_no_cache_key(LINNET_OPTION_REQUEST_TAG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cursor_gives_options_in_the_order_of_the_message),
        cmocka_unit_test(the_cursor_stays_at_octets_that_make_no_sense),
        cmocka_unit_test(an_option_is_found_by_number_and_index),
        cmocka_unit_test(a_uint_is_read_with_and_without_leading_zeros),
        cmocka_unit_test(a_uint_is_written_in_the_fewest_octets),
        cmocka_unit_test(the_number_tells_critical_unsafe_and_no_cache_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
