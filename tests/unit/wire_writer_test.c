/* Building messages: the octets, the order of options, and buffers of every size that is too small. */
#include "wire_bytes.h"

#include <linnet/error.h>
#include <linnet/message.h>

static linnet_bytes written(const linnet_writer *writer)
{
    int size = linnet_writer_end(writer);
    assert_true(size >= 0);
    return linnet_view(writer->start, (size_t)size);
}

static void the_header_holds_type_code_id_and_token(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin(&writer, buffer, sizeof buffer, LINNET_ACK, LINNET_CONTENT, 0xbeef, linnet_text("tok"));
    assert_hex(written(&writer), "63 45 beef 746f6b");
}

static void options_are_written_as_deltas(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text("a"));
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text(""));
    linnet_writer_option_uint(&writer, LINNET_OPTION_CONTENT_FORMAT, 0);
    linnet_writer_option_uint(&writer, LINNET_OPTION_SIZE1, 0x123456);
    linnet_writer_option(&writer, LINNET_OPTION_NO_RESPONSE, linnet_view("\x1a", 1));
    linnet_writer_option(&writer, 65535, linnet_view(NULL, 0));
    assert_hex(written(&writer), "b161 00 10 d323123456 d1b91a e0fdf0");
}

typedef struct head_case {
    uint16_t number;
    size_t size;
    const char *head;
} head_case;

static void heads_change_form_at_13_and_269(void **state)
{
    (void)state;
    static const head_case cases[] = {
        {12, 12, "cc"},
        {13, 13, "dd 00 00"},
        {268, 268, "dd ff ff"},
        {269, 269, "ee 0000 0000"},
        {65535, 300, "ee fef2 001f"},
        {0, 0, "00"},
        {1, 1034, "1e 02fd"},
        {65535, 65804, "ee fef2 ffff"},
    };
    static uint8_t value[65804];
    static uint8_t buffer[70000];
    linnet_writer writer;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        linnet_writer_begin_options(&writer, buffer, sizeof buffer);
        linnet_writer_option(&writer, cases[i].number, linnet_view(value, cases[i].size));
        linnet_bytes all = written(&writer);
        assert_hex(linnet_view(all.data, all.size - cases[i].size), cases[i].head);

        linnet_option option;
        linnet_option_cursor cursor = {.rest = all};
        assert_true(linnet_option_next(&cursor, &option));
        assert_int_equal(option.number, cases[i].number);
        assert_int_equal(option.value.size, cases[i].size);
        assert_false(linnet_option_next(&cursor, &option));
        assert_int_equal(cursor.rest.size, 0);
    }
}

static void a_value_that_no_option_can_hold_is_refused(void **state)
{
    (void)state;
    static uint8_t value[65805];
    static uint8_t buffer[70000];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_option(&writer, 1, linnet_view(value, sizeof value));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EINVAL);

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_option(&writer, 1, linnet_view(value, SIZE_MAX)); /* no sum may wrap */
    assert_int_equal(linnet_writer_end(&writer), LINNET_EINVAL);
}

static void a_falling_option_number_is_an_error_that_sticks(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_option(&writer, 12, linnet_view(NULL, 0));
    linnet_writer_option(&writer, 11, linnet_text("a"));
    linnet_writer_option(&writer, 60, linnet_view(NULL, 0));
    linnet_writer_payload(&writer, linnet_text("x"));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EORDER);
    assert_int_equal(writer.at - writer.start, 1);
}

static void nothing_follows_the_payload(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_payload(&writer, linnet_text("x"));
    linnet_writer_option(&writer, 11, linnet_text("a"));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EORDER);

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_payload(&writer, linnet_text("x"));
    linnet_writer_payload(&writer, linnet_text("y"));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EORDER);

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_payload(&writer, linnet_text("x"));
    linnet_writer_options(&writer, linnet_text(""));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EORDER);
}

static void an_empty_payload_writes_no_marker(void **state)
{
    (void)state;
    uint8_t buffer[8];
    linnet_writer writer;

    linnet_writer_begin(&writer, buffer, sizeof buffer, LINNET_CON, LINNET_GET, 1, linnet_view(NULL, 0));
    linnet_writer_payload(&writer, linnet_text(""));
    assert_hex(written(&writer), "40010001");
}

/* RFC 8974 2.1: up to 12 octets in the header's four bits, then one or two octets of length. */
static void a_token_of_any_length_is_written_and_read_again(void **state)
{
    (void)state;
    static uint8_t buffer[4 + 2 + LINNET_TOKEN_LONGEST + 2], token[LINNET_TOKEN_LONGEST + 1];
    linnet_writer writer;
    linnet_message message;

    for (size_t i = 0; i < sizeof token; i++)
        token[i] = (uint8_t)(i * 7 + 1);
    for (size_t size = 0; size <= LINNET_TOKEN_LONGEST; size += size < 600 ? 1 : 511) {
        size_t head = 4 + size + (size > 12 ? 1 : 0) + (size > 268 ? 1 : 0);
        linnet_writer_begin(&writer, buffer, head, LINNET_CON, LINNET_GET, 1, linnet_view(token, size));
        assert_int_equal(linnet_writer_end(&writer), head);
        assert_int_equal(buffer[0] & 15, size <= 12 ? size : size <= 268 ? 13 : 14);
        assert_int_equal(linnet_message_parse(&message, linnet_view(buffer, head)), 0);
        assert_int_equal(message.token.size, size);
        if (size > 0)
            assert_memory_equal(message.token.data, token, size);
        assert_int_equal(message.options.size + message.payload.size, 0);
        assert_int_equal(linnet_message_parse(&message, linnet_view(buffer, head - 1)), LINNET_EFORMAT);
        linnet_writer_begin(&writer, buffer, head - 1, LINNET_CON, LINNET_GET, 1, linnet_view(token, size));
        assert_int_equal(linnet_writer_end(&writer), LINNET_ENOSPC);
    }
    linnet_writer_begin(&writer, buffer, sizeof buffer, LINNET_CON, LINNET_GET, 1, linnet_view(token, sizeof token));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EINVAL);
}

static void write_sample(linnet_writer *writer, void *buffer, size_t capacity)
{
    linnet_writer_begin(writer, buffer, capacity, LINNET_CON, LINNET_POST, 7, linnet_text("token"));
    linnet_writer_option(writer, LINNET_OPTION_URI_PATH, linnet_text("a-longer-segment"));
    linnet_writer_option_uint(writer, LINNET_OPTION_SIZE1, 70000);
    linnet_writer_payload(writer, linnet_text("payload"));
}

static void every_buffer_that_is_too_small_is_found_and_none_overrun(void **state)
{
    (void)state;
    uint8_t sample[64];
    linnet_writer writer;

    write_sample(&writer, sample, sizeof sample);
    size_t size = written(&writer).size;
    for (size_t capacity = 0; capacity <= size; capacity++) {
        uint8_t *buffer = malloc(capacity ? capacity : 1);
        assert_non_null(buffer);
        write_sample(&writer, buffer, capacity);
        assert_int_equal(linnet_writer_end(&writer), capacity == size ? (int)size : LINNET_ENOSPC);
        free(buffer);
    }
    write_sample(&writer, NULL, 0);
    assert_int_equal(linnet_writer_end(&writer), LINNET_ENOSPC);
}

static void ready_options_are_taken_over_and_more_may_follow(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin(&writer, buffer, sizeof buffer, LINNET_CON, LINNET_GET, 1, linnet_view(NULL, 0));
    linnet_writer_options(&writer, linnet_view("\xb1\x61\x10", 3)); /* Uri-Path a, Content-Format 0 */
    linnet_writer_option_uint(&writer, LINNET_OPTION_ACCEPT, 50);
    linnet_writer_payload(&writer, linnet_text("p"));
    assert_hex(written(&writer), "40010001 b161 10 5132 ff70");
}

static void ready_options_must_be_well_formed_and_come_first(void **state)
{
    (void)state;
    uint8_t buffer[64];
    linnet_writer writer;

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_options(&writer, linnet_view("\xb2\x61", 2));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EFORMAT);

    linnet_writer_begin_options(&writer, buffer, sizeof buffer);
    linnet_writer_option(&writer, 11, linnet_text("a"));
    linnet_writer_options(&writer, linnet_view("\xb1\x61", 2));
    assert_int_equal(linnet_writer_end(&writer), LINNET_EORDER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_holds_type_code_id_and_token),
        cmocka_unit_test(options_are_written_as_deltas),
        cmocka_unit_test(heads_change_form_at_13_and_269),
        cmocka_unit_test(a_value_that_no_option_can_hold_is_refused),
        cmocka_unit_test(a_falling_option_number_is_an_error_that_sticks),
        cmocka_unit_test(nothing_follows_the_payload),
        cmocka_unit_test(an_empty_payload_writes_no_marker),
        cmocka_unit_test(a_token_of_any_length_is_written_and_read_again),
        cmocka_unit_test(every_buffer_that_is_too_small_is_found_and_none_overrun),
        cmocka_unit_test(ready_options_are_taken_over_and_more_may_follow),
        cmocka_unit_test(ready_options_must_be_well_formed_and_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
