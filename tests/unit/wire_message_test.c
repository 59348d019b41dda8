/* Parsing of datagrams: what RFC 7252 section 3 allows, and each format error that it names. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/message.h>

static int parse_hex(const char *text, linnet_message *message)
{
    linnet_bytes datagram = hex(text);
    int error = linnet_message_parse(message, datagram);
    release(datagram); /* the views in `message` are dead now: only numbers and sizes may be looked at */
    return error;
}

static void a_message_with_all_parts_is_taken_apart(void **state)
{
    (void)state;
    linnet_bytes datagram = hex("52 45 1234 abcd 43 010203 c1 32 ff 6869");
    linnet_message message;

    assert_int_equal(linnet_message_parse(&message, datagram), 0);
    assert_int_equal(message.type, LINNET_NON);
    assert_int_equal(message.code, LINNET_CONTENT);
    assert_int_equal(message.id, 0x1234);
    assert_hex(message.token, "abcd");
    assert_hex(message.options, "43 010203 c1 32");
    assert_text(message.payload, "hi");
    assert_ptr_equal(message.token.data, datagram.data + 4);
    assert_ptr_equal(message.payload.data, datagram.data + datagram.size - 2);
    release(datagram);
}

static void every_type_is_read(void **state)
{
    (void)state;
    linnet_message message;

    assert_int_equal(parse_hex("40010001", &message), 0);
    assert_int_equal(message.type, LINNET_CON);
    assert_int_equal(parse_hex("50010001", &message), 0);
    assert_int_equal(message.type, LINNET_NON);
    assert_int_equal(parse_hex("60450001", &message), 0);
    assert_int_equal(message.type, LINNET_ACK);
    assert_int_equal(parse_hex("70000001", &message), 0);
    assert_int_equal(message.type, LINNET_RST);
}

static void well_formed_messages_are_accepted(void **state)
{
    (void)state;
    static const char *const good[] = {
        "40000000",                                   /* Empty: message ID 0 is as good as any */
        "4000ffff",                                   /* Empty */
        "60000001",                                   /* empty acknowledgement */
        "48 01 0001 0102030405060708",                /* the longest token of RFC 7252 */
        "49 01 0001 010203040506070809",              /* RFC 8974 has longer ones */
        "4c 01 0001 0102030405060708090a0b0c",        /* the longest without octets of length */
        "4d 01 0001 00 0102030405060708090a0b0c0d",   /* the shortest with one */
        "40 01 0001 00",                              /* option 0, no value: reserved, but well-formed */
        "40 01 0001 d000",                            /* extended delta of 13 */
        "40 01 0001 e00000",                          /* extended delta of 269 */
        "40 01 0001 e0fef2",                          /* option 65535 */
        "40 01 0001 e0fef1 10",                       /* option 65534, then 65535 */
        "40 01 0001 0d00 00000000000000000000000000", /* extended length of 13 */
        "40 01 0001 b161 00 00 00",                   /* the same number again and again */
        "60 01 0001",                                 /* ACK with a request: the engine's business */
        "70 45 0001",                                 /* RST with a response: the engine's business */
        "40 1f 0001",                                 /* an unknown method */
        "40 bf 0001",                                 /* an unknown response */
        "40 01 0001 ff00",                            /* a payload of one zero octet */
        "40 01 0001 ffff",                            /* a payload that is a marker */
    };
    linnet_message message;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        if (parse_hex(good[i], &message) != 0)
            fail_msg("refused: %s", good[i]);
}

typedef struct bad_datagram {
    const char *why;
    const char *hex;
} bad_datagram;

static const bad_datagram bad_datagrams[] = {
    {"token of 9 octets cut off", "49 01 0001 0102030405060708"},
    {"token of 12 octets cut off", "4c 01 0001 0102030405060708090a0b"},
    {"octet of length missing", "4d 01 0001"},
    {"token of 13 octets cut off", "4d 01 0001 00 0102030405060708090a0b0c"},
    {"token of 268 octets missing", "4d 01 0001 ff"},
    {"two octets of length missing", "4e 01 0001"},
    {"two octets of length cut off", "4e 01 0001 00"},
    {"token of 269 octets missing", "4e 01 0001 0000"},
    {"token of 65804 octets missing", "4e 01 0001 ffff 0102030405"},
    {"token length 15", "4f 01 0001 0102030405060708090a0b0c0d0e0f"},
    {"token length 15 and nothing there", "4f 01 0001"},
    {"token cut off", "44 01 0001 010203"},
    {"token missing", "41 01 0001"},
    {"delta nibble 15", "40 01 0001 f0"},
    {"delta nibble 15 with value", "40 01 0001 f161"},
    {"length nibble 15", "40 01 0001 0f"},
    {"length nibble 15 behind a good option", "40 01 0001 b161 0f 00"},
    {"value past the end", "40 01 0001 b261"},
    {"value missing", "40 01 0001 b1"},
    {"extended delta of one octet cut off", "40 01 0001 d0"},
    {"extended delta of two octets missing", "40 01 0001 e0"},
    {"extended delta of two octets cut off", "40 01 0001 e000"},
    {"extended length of one octet cut off", "40 01 0001 0d"},
    {"extended length of two octets cut off", "40 01 0001 0e00"},
    {"both extended, length cut off", "40 01 0001 ee 0000 00"},
    {"extended length past the end", "40 01 0001 0d00 000000000000000000000000"},
    {"extended length 65804 past the end", "40 01 0001 0effff 00"},
    {"option number 65536 at once", "40 01 0001 e0fef3"},
    {"option number 65804", "40 01 0001 e0ffff"},
    {"option number 65536 by a sum", "40 01 0001 e0fef2 10"},
    {"option number wraps around to a small one", "40 01 0001 e0fef2 b161"},
    {"marker without payload", "40 01 0001 ff"},
    {"marker without payload behind an option", "40 01 0001 b161 ff"},
    {"Empty with a token length and token", "41 00 0001 aa"},
    {"Empty with a token length alone", "41 00 0001"},
    {"Empty with an option", "40 00 0001 b161"},
    {"Empty with a payload", "40 00 0001 ff61"},
    {"Empty with an octet", "60 00 0001 00"},
    {"class 1", "40 20 0001"},
    {"class 3", "40 60 0001"},
    {"class 6", "40 c0 0001"},
    {"class 7: signalling is for streams", "40 e1 0001"},
};

static void each_format_error_is_found(void **state)
{
    (void)state;
    linnet_message message;

    for (size_t i = 0; i < COUNT_OF(bad_datagrams); i++)
        if (parse_hex(bad_datagrams[i].hex, &message) != LINNET_EFORMAT)
            fail_msg("accepted: %s: %s", bad_datagrams[i].why, bad_datagrams[i].hex);
}

static void a_format_error_leaves_what_a_reset_needs_and_nothing_else(void **state)
{
    (void)state;
    linnet_message message;

    for (size_t i = 0; i < COUNT_OF(bad_datagrams); i++) {
        assert_int_equal(parse_hex(bad_datagrams[i].hex, &message), LINNET_EFORMAT);
        assert_int_equal(message.id, 1);
        assert_int_equal(message.token.size, 0);
        assert_int_equal(message.options.size, 0);
    }
    assert_int_equal(parse_hex("5d 45 beef", &message), LINNET_EFORMAT);
    assert_int_equal(message.type, LINNET_NON);
    assert_int_equal(message.code, LINNET_CONTENT);
    assert_int_equal(message.id, 0xbeef);
}

static void a_short_header_is_a_format_error_without_an_id(void **state)
{
    (void)state;
    static const char *const starts[] = {"", "40", "4001", "400100", "ffffff"};
    linnet_message message;

    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        linnet_bytes datagram = hex(starts[i]);
        memset(&message, 0xee, sizeof message);
        assert_int_equal(linnet_message_parse(&message, datagram), LINNET_EFORMAT);
        assert_false(linnet_message_has_id(datagram));
        assert_int_equal(message.id, 0);
        assert_null(message.token.data);
        release(datagram);
    }
    assert_int_equal(linnet_message_parse(&message, linnet_view(NULL, 0)), LINNET_EFORMAT);
}

static void another_version_is_told_from_a_format_error(void **state)
{
    (void)state;
    linnet_message message;

    assert_int_equal(parse_hex("00010001", &message), LINNET_EVERSION);
    assert_int_equal(parse_hex("80010001", &message), LINNET_EVERSION);
    assert_int_equal(parse_hex("c0010001", &message), LINNET_EVERSION);
    assert_int_equal(parse_hex("cf e1 0001 ff", &message), LINNET_EVERSION);
}

static void a_message_cut_anywhere_never_reads_past_its_end(void **state)
{
    (void)state;
    linnet_bytes whole = hex("48 02 abcd 0102030405060708 3b 6578616d706c652e6f7267 8474656d70 dd0a 00"
                             "000102030405060708090a0b0c0d0e0f101112131415161718 e1ff00 aa ff 7061796c6f6164");
    linnet_message message;

    for (size_t size = 0; size <= whole.size; size++) {
        linnet_bytes cut = exact(whole.data, size);
        linnet_message_parse(&message, cut); /* AddressSanitizer is the judge */
        release(cut);
    }
    release(whole);
}

/* Two octets behind the header in all values: no loop is endless, no value points outside. */
static void all_short_tails_parse_or_fail_within_bounds(void **state)
{
    (void)state;
    for (unsigned tail = 0; tail <= 0xffff; tail++) {
        const uint8_t octets[] = {0x40, 1, 0, 1, (uint8_t)(tail >> 8), (uint8_t)tail};
        linnet_message message;
        if (linnet_message_parse(&message, linnet_view(octets, sizeof octets)) == 0) {
            size_t marker = message.payload.size ? 1 : 0;
            assert_int_equal(message.options.size + marker + message.payload.size, 2);
            assert_true(linnet_options_check(message.options));
        }
    }
}

static void thousands_of_options_are_walked_without_a_table(void **state)
{
    (void)state;
    static uint8_t datagram[60000] = {0x40, 1, 0, 1, 0xb0}; /* Uri-Path "", and then thousands more of them */
    linnet_message message;
    linnet_option option;
    size_t count = 0;

    assert_int_equal(linnet_message_parse(&message, linnet_view(datagram, sizeof datagram)), 0);
    linnet_option_cursor cursor = {.rest = message.options};
    while (linnet_option_next(&cursor, &option)) {
        assert_int_equal(option.number, LINNET_OPTION_URI_PATH);
        count++;
    }
    assert_int_equal(count, sizeof datagram - 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_with_all_parts_is_taken_apart),
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(well_formed_messages_are_accepted),
        cmocka_unit_test(each_format_error_is_found),
        cmocka_unit_test(a_format_error_leaves_what_a_reset_needs_and_nothing_else),
        cmocka_unit_test(a_short_header_is_a_format_error_without_an_id),
        cmocka_unit_test(another_version_is_told_from_a_format_error),
        cmocka_unit_test(a_message_cut_anywhere_never_reads_past_its_end),
        cmocka_unit_test(all_short_tails_parse_or_fail_within_bounds),
        cmocka_unit_test(thousands_of_options_are_walked_without_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
