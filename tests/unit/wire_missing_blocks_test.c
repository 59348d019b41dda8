/* application/missing-blocks+cbor-seq (RFC 9177 5). */
#include "wire/missing_blocks.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static linnet_bytes written(uint32_t number)
{
    static uint8_t octets[LINNET_MISSING_BLOCK_SIZE];

    return linnet_view(octets, linnet_missing_block_write(octets, number));
}

static void assert_octets(linnet_bytes given, const char *expected, size_t size)
{
    assert_int_equal(given.size, size);
    assert_memory_equal(given.data, expected, size);
}

/* RFC 8949 3: the argument is direct, or in as few further octets as it takes. */
static void numbers_are_written_as_short_as_cbor_can(void **state)
{
    (void)state;
    assert_octets(written(0), "\x00", 1);
    assert_octets(written(23), "\x17", 1);
    assert_octets(written(24), "\x18\x18", 2);
    assert_octets(written(255), "\x18\xff", 2);
    assert_octets(written(256), "\x19\x01\x00", 3);
    assert_octets(written(65535), "\x19\xff\xff", 3);
    assert_octets(written(65536), "\x1a\x00\x01\x00\x00", 5);
    assert_octets(written(LINNET_BLOCK_NUMBER_MAX), "\x1a\x00\x0f\xff\xff", 5);
}

static void every_number_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (uint32_t number = 0; number <= LINNET_BLOCK_NUMBER_MAX; number += number < 70000 ? 1 : 977) {
        linnet_bytes rest = written(number);
        uint32_t read = UINT32_MAX;
        assert_int_equal(linnet_missing_block_next(&rest, &read), 1);
        assert_int_equal(read, number);
        assert_int_equal(linnet_missing_block_next(&rest, &read), 0);
    }
}

#define CHECKED(text) linnet_missing_blocks_check(linnet_view((const uint8_t *)(text), sizeof(text) - 1))

static void lists_in_ascending_order_are_taken(void **state)
{
    (void)state;
    assert_true(CHECKED("\x01\x09"));
    assert_true(CHECKED("\x00\x18\x18\x19\x01\x00\x1a\x00\x01\x00\x00"));
    assert_true(CHECKED("\x1b\x00\x00\x00\x00\x00\x00\x00\x05")); /* longer than need be, but well-formed */
    assert_true(CHECKED("\x01\x01\x02"));                         /* "MUST ignore any duplicates" */
}

static void what_is_no_list_of_blocks_is_not_taken(void **state)
{
    (void)state;
    assert_false(CHECKED(""));                                     /* one or more */
    assert_false(CHECKED("\x09\x01"));                             /* not ascending */
    assert_false(CHECKED("\x20"));                                 /* a negative number */
    assert_false(CHECKED("\x82\x01\x02"));                         /* an array: there is no wrapper */
    assert_false(CHECKED("\x1c"));                                 /* reserved */
    assert_false(CHECKED("\x1f"));                                 /* indefinite */
    assert_false(CHECKED("\x18"));                                 /* cut off */
    assert_false(CHECKED("\x01\x1a\x00\x00\x00"));                 /* cut off behind another */
    assert_false(CHECKED("\x1a\x00\x10\x00\x00"));                 /* above 20 bits */
    assert_false(CHECKED("\x1b\x00\x00\x00\x01\x00\x00\x00\x01")); /* above 32 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_short_as_cbor_can),
        cmocka_unit_test(every_number_is_read_as_it_was_written),
        cmocka_unit_test(lists_in_ascending_order_are_taken),
        cmocka_unit_test(what_is_no_list_of_blocks_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
