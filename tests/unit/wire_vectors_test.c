/* The message flows of RFC 7252 appendix A, octet by octet: each message is parsed, and built again from its parts. */
#include "wire_bytes.h"

#include <stdio.h>

#include <linnet/message.h>

static void rebuild(const linnet_message *message, linnet_bytes expected)
{
    uint8_t buffer[256];
    linnet_writer writer;
    linnet_option_cursor cursor = {.rest = message->options};
    linnet_option option;

    linnet_writer_begin(&writer, buffer, sizeof buffer, (linnet_type)message->type, message->code, message->id,
                        message->token);
    while (linnet_option_next(&cursor, &option))
        linnet_writer_option(&writer, option.number, option.value);
    linnet_writer_payload(&writer, message->payload);
    assert_int_equal(linnet_writer_end(&writer), expected.size);
    assert_bytes(linnet_view(buffer, expected.size), expected);
}

static void the_messages_of_appendix_a_are_parsed_and_rebuilt(void **state)
{
    (void)state;
    FILE *file = fopen(LINNET_TEST_DIR "/vectors/rfc7252_appendix_a.tsv", "r");
    char line[512];
    int count = 0;

    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char figure[16], direction[16], octets[256];
        if (line[0] == '#' || sscanf(line, "%15[^\t]\t%15[^\t]\t%255[0-9a-f]", figure, direction, octets) != 3)
            continue;
        linnet_bytes datagram = hex(octets);
        linnet_message message;
        assert_int_equal(linnet_message_parse(&message, datagram), 0);
        rebuild(&message, datagram);
        release(datagram);
        count++;
    }
    (void)fclose(file);
    assert_int_equal(count, 17);
}

static void figure_16_is_a_get_of_temperature_and_its_answer(void **state)
{
    (void)state;
    linnet_bytes request = hex("40017d34bb74656d7065726174757265");
    linnet_bytes answer = hex("60457d34ff32322e332043");
    linnet_message message;
    linnet_bytes path;

    assert_int_equal(linnet_message_parse(&message, request), 0);
    assert_int_equal(message.type, LINNET_CON);
    assert_int_equal(message.code, LINNET_GET);
    assert_int_equal(message.id, 0x7d34);
    assert_true(linnet_option_get(message.options, LINNET_OPTION_URI_PATH, 0, &path));
    assert_text(path, "temperature");

    assert_int_equal(linnet_message_parse(&message, answer), 0);
    assert_int_equal(message.type, LINNET_ACK);
    assert_int_equal(message.code, LINNET_CONTENT);
    assert_text(message.payload, "22.3 C");
    release(request);
    release(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_messages_of_appendix_a_are_parsed_and_rebuilt),
        cmocka_unit_test(figure_16_is_a_get_of_temperature_and_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
