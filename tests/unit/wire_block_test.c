/* Block option values (RFC 7959 2.2) and the UTF-8 check. */
#include "wire_bytes.h"

#include <linnet/block.h>
#include <linnet/error.h>
#include <linnet/message.h>
#include <linnet/option.h>

typedef struct block_case {
    const char *value;
    uint32_t number;
    bool more;
    uint8_t szx;
    size_t size;
    uint64_t offset;
} block_case;

static void block_values_are_read_and_written_back(void **state)
{
    (void)state;
    static const block_case cases[] = {
        {"", 0, false, 0, 16, 0},
        {"08", 0, true, 0, 16, 0},
        {"33", 3, false, 3, 128, 384}, /* the example of 2.2: 3/0/128 */
        {"16", 1, false, 6, 1024, 1024},
        {"0ffe", 255, true, 6, 1024, 261120},
        {"fffffe", 0xfffff, true, 6, 1024, 0xfffffull * 1024},
        {"fffff0", 0xfffff, false, 0, 16, 0xfffffull * 16},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        linnet_bytes value = hex(cases[i].value);
        linnet_block block;
        uint8_t again[4];
        assert_int_equal(linnet_block_parse(&block, value), 0);
        assert_int_equal(block.number, cases[i].number);
        assert_int_equal(block.more, cases[i].more);
        assert_int_equal(block.szx, cases[i].szx);
        assert_int_equal(linnet_block_size(block), cases[i].size);
        assert_true(linnet_block_offset(block) == cases[i].offset);
        assert_bytes(linnet_view(again, linnet_option_from_uint(linnet_block_value(block), again)), value);
        release(value);
    }
}

static void a_reserved_size_or_a_fourth_octet_is_refused(void **state)
{
    (void)state;
    linnet_block block;

    assert_int_equal(linnet_block_parse(&block, linnet_view("\x07", 1)), LINNET_EFORMAT);
    assert_int_equal(linnet_block_parse(&block, linnet_view("\xff\xff\xff", 3)), LINNET_EFORMAT);
    assert_int_equal(linnet_block_parse(&block, linnet_view("\x00\x00\x00\x06", 4)), LINNET_EFORMAT);
    assert_int_equal(block.number, 0);
}

static void fields_of_a_block_outside_their_range_are_cut_to_it(void **state)
{
    (void)state;
    linnet_block block = {.number = 0x100001, .more = true, .szx = 8 + 2};
    assert_int_equal(linnet_block_value(block), 1u << 4 | 8 | 2);
}

static void well_formed_utf8_is_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",       "41",     "7f",     "c280",     "dfbf",     "e0a080",
        "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf", "c3bc e282ac f09f90a6 21",
    };

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        linnet_bytes text = hex(good[i]);
        if (!linnet_utf8_valid(text))
            fail_msg("refused: %s", good[i]);
        release(text);
    }
    assert_true(linnet_utf8_valid(linnet_view(NULL, 0)));
}

static void malformed_utf8_and_nul_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "00",       "41 00",    "80",     "bf",     "c0af",   "c1bf",     "c2",   "c241",   "e0",
        "e0a0",     "e09f80",   "e08080", "eda080", "edbfbf", "f0",       "f090", "f09080", "f08fbfbf",
        "f4908080", "f5808080", "ff",     "fe",     "e28241", "f0908041", "41c2",
    };

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        linnet_bytes text = hex(bad[i]);
        if (linnet_utf8_valid(text))
            fail_msg("accepted: %s", bad[i]);
        release(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_values_are_read_and_written_back),
        cmocka_unit_test(a_reserved_size_or_a_fourth_octet_is_refused),
        cmocka_unit_test(fields_of_a_block_outside_their_range_are_cut_to_it),
        cmocka_unit_test(well_formed_utf8_is_accepted),
        cmocka_unit_test(malformed_utf8_and_nul_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
