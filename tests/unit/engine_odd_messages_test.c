/* The table "What to answer to odd messages" of the specification, as far as it is the message layer's: one row, one
 * datagram, one answer. */
#include "engine_support.h"

typedef struct odd {
    const char *what;
    const char *octets;
    size_t size;
    const char *answer; /* NULL: silence */
    size_t answer_size;
} odd;

#define SILENT(what, octets)                                                                                           \
    {                                                                                                                  \
        what, octets, sizeof(octets) - 1, NULL, 0                                                                      \
    }
#define ANSWERED(what, octets, answer)                                                                                 \
    {                                                                                                                  \
        what, octets, sizeof(octets) - 1, answer, sizeof(answer) - 1                                                   \
    }
#define RESET(what, octets) ANSWERED(what, octets, "\x70\x00\x12\x34")

static const odd rows[] = {
    SILENT("nothing", ""),
    SILENT("one octet", "\x40"),
    SILENT("three octets", "\x40\x01\x12"),
    SILENT("version 0", "\x00\x01\x12\x34"),
    SILENT("version 2", "\x80\x01\x12\x34"),
    SILENT("version 3 with format error", "\xcf\x01\x12\x34"),
    RESET("ping", "\x40\x00\x12\x34"),
    SILENT("empty NON", "\x50\x00\x12\x34"),
    SILENT("empty ACK", "\x60\x00\x12\x34"),
    SILENT("Reset", "\x70\x00\x12\x34"),
    RESET("Empty with a token", "\x41\x00\x12\x34t"),
    RESET("Empty with more octets", "\x40\x00\x12\x34\xff"),
    SILENT("Empty NON with more octets", "\x50\x00\x12\x34\xff"),
    SILENT("Empty ACK with more octets", "\x60\x00\x12\x34\xff"),
    SILENT("Reset with more octets", "\x70\x00\x12\x34\xff"),
    RESET("token length 9", "\x49\x01\x12\x34"
                            "123456789"),
    RESET("token length 15", "\x4f\x01\x12\x34"
                             "123456789012345"),
    RESET("cut token", "\x44\x01\x12\x34tok"),
    SILENT("cut token in NON", "\x54\x01\x12\x34tok"),
    SILENT("cut token in ACK", "\x64\x45\x12\x34tok"),
    SILENT("cut token in RST", "\x74\x45\x12\x34tok"),
    RESET("reserved delta nibble", "\x40\x01\x12\x34\xf0"),
    RESET("reserved length nibble", "\x40\x01\x12\x34\xbf"
                                    "aaaaaaaaaaaaaaa"),
    RESET("option past the end", "\x40\x01\x12\x34\xb5"
                                 "abcd"),
    RESET("cut extended delta", "\x40\x01\x12\x34\xd0"),
    RESET("cut extended length", "\x40\x01\x12\x34\xbe\x01"),
    RESET("number over 65535", "\x40\x01\x12\x34\xe0\xff\x00"),
    RESET("marker without payload", "\x40\x01\x12\x34\xff"),
    SILENT("marker without payload in NON", "\x50\x01\x12\x34\xff"),
    RESET("class 1", "\x40\x21\x12\x34"),
    RESET("class 3", "\x40\x61\x12\x34"),
    RESET("class 6", "\x40\xc1\x12\x34"),
    RESET("class 7, of TCP", "\x40\xe1\x12\x34"),
    SILENT("class 7 in NON", "\x50\xe1\x12\x34"),
    SILENT("a request in an ACK", "\x60\x01\x12\x34"),
    SILENT("a request in a Reset", "\x70\x01\x12\x34"),
    RESET("a response nobody waits for", "\x41\x45\x12\x34t"),
    SILENT("a non-confirmable one", "\x51\x45\x12\x34t"),
    SILENT("a piggybacked one", "\x61\x45\x12\x34t"),
    SILENT("a response in a Reset", "\x71\x45\x12\x34t"),
    ANSWERED("unknown critical option", "\x41\x01\x12\x34t\xd1\xf0x", "\x61\x82\x12\x34t"),
    SILENT("the same in NON", "\x51\x01\x12\x34t\xd1\xf0x"),
    ANSWERED("If-None-Match with a value", "\x41\x03\x12\x34t\x51x", "\x61\x82\x12\x34t"),
    ANSWERED("two Uri-Host",
             "\x41\x01\x12\x34t\x31"
             "a\x01"
             "b",
             "\x61\x82\x12\x34t"),
    ANSWERED("Block2 of SZX 7", "\x41\x01\x12\x34t\xd1\x0a\x07", "\x61\x80\x12\x34t"),
    ANSWERED("Proxy-Uri", "\x41\x01\x12\x34t\xd1\x16x", "\x61\xa5\x12\x34t"),
    ANSWERED("Hop-Limit 0", "\x41\x01\x12\x34t\xd1\x03\x00", "\x61\x80\x12\x34t"),
    ANSWERED("OSCORE without a context", "\x41\x02\x12\x34t\x91\x09", "\x61\x82\x12\x34t"),
};

static void each_odd_message_gets_its_answer_and_none_is_executed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        test_port *port = test_server_open((linnet_endpoint_config){0});
        test_receive(port, SECOND, 1, rows[i].octets, rows[i].size);
        if (port->served != 0 || port->count != (rows[i].answer != NULL))
            fail_msg("%s: %zu answers, run %d times", rows[i].what, port->count, port->served);
        if (rows[i].answer)
            assert_sent(port, 0, rows[i].answer, rows[i].answer_size);
        test_port_close(port);
    }
}

static void an_endpoint_without_server_role_rejects_requests(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x50\x01\x12\x33");
    RECEIVE(port, SECOND, 1, "\x40\x01\x12\x34");
    assert_int_equal(port->count, 1);
    ASSERT_SENT(port, 0, "\x70\x00\x12\x34");
    test_port_close(port);
}

static void no_datagram_of_random_octets_does_harm(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});
    uint8_t octets[64];

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        uint8_t size;
        test_random(port, octets, sizeof octets);
        test_random(port, &size, 1);
        octets[0] = (uint8_t)(0x40 | (octets[0] & (i % 4 ? 0x32 : 0x3f)));
        test_receive(port, i * 1000, (uint16_t)(i % 3), octets, size % (sizeof octets + 1));
    }
    assert_int_equal(linnet_endpoint_deadline(port->endpoint), UINT64_MAX);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_odd_message_gets_its_answer_and_none_is_executed),
        cmocka_unit_test(an_endpoint_without_server_role_rejects_requests),
        cmocka_unit_test(no_datagram_of_random_octets_does_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
