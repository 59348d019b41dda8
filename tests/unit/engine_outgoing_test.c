/* The client role: when it sends again, what ends a request and what does not, and that each ends exactly once. */
#include "outgoing_support.h"

/* RFC 7252 4.2: "the timeout is set to a random duration between ACK_TIMEOUT and (ACK_TIMEOUT * ACK_RANDOM_FACTOR) ...
 * the retransmission counter is incremented, and the timeout is doubled." */
static void a_request_is_sent_again_four_times_each_after_twice_the_time(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 20; seed++) {
        test_port *port = test_port_open((linnet_endpoint_config){0});
        uint64_t first = 0, last = SECOND, wait = 0;
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        port->random = seed * 1234567;
        test_send_request(port, SECOND, 1, &outgoing);
        for (size_t sent = 1; sent < 6; sent++) {
            while (port->count == sent && ending.count == 0)
                linnet_endpoint_advance(port->endpoint, linnet_endpoint_deadline(port->endpoint));
            wait = port->endpoint->now - last;
            last = port->endpoint->now;
            if (sent == 1) {
                first = wait;
                assert_in_range(first, 2 * SECOND, 3 * SECOND + 2048);
            }
            assert_in_range(wait, (first << (sent - 1)) - 40000, (first << (sent - 1)) + 40000);
            if (sent < 5)
                assert_sent(port, sent, port->sent[0].octets, port->sent[0].size);
        }
        assert_ended(&ending, LINNET_ETIMEOUT);
        assert_in_range(last, SECOND + 62 * SECOND, SECOND + 93 * SECOND + 8192);
        assert_int_equal(ending.response.retransmissions, 4);
        assert_int_equal(port->count, 5);
        assert_clean(port);
        test_port_close(port);
    }
}

static void a_piggybacked_response_ends_it(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    RECEIVE_FOR(port, SECOND + 5000, 1, 0, "\x62\x45??tk\xffhi");
    assert_ended(&ending, 0);
    assert_int_equal(ending.response.message.code, LINNET_CONTENT);
    assert_memory_equal(ending.payload, "hi", 2);
    assert_int_equal(ending.response.round_trip_us, 5000);
    assert_int_equal(ending.response.retransmissions, 0);
    RECEIVE_FOR(port, SECOND + 6000, 1, 0, "\x62\x45??tk\xffhi");
    assert_ended(&ending, 0);
    assert_clean(port);
    test_port_close(port);
}

static void an_empty_acknowledgement_stops_the_retransmission_and_the_response_may_take_its_time(void **state)
{
    static const char *const responses[] = {"\x42\x45\x77\x88tk", "\x52\x45\x77\x88tk"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        test_port *port = test_port_open((linnet_endpoint_config){0});
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        test_send_request(port, SECOND, 1, &outgoing);
        RECEIVE_FOR(port, 2 * SECOND, 1, 0, "\x60\x00??");
        RECEIVE_FOR(port, 2 * SECOND, 1, 0, "\x60\x00??");
        assert_int_equal(ending.released, 1);
        test_run(port, 200 * SECOND);
        assert_int_equal(port->count, 1);
        test_receive(port, 200 * SECOND, 1, responses[i], 6);
        assert_ended(&ending, 0);
        assert_int_equal(port->count, i == 0 ? 2 : 1); /* a confirmable one is acknowledged */
        if (i == 0)
            ASSERT_SENT(port, 1, "\x60\x00\x77\x88");
        assert_clean(port);
        test_port_close(port);
    }
}

static void after_an_empty_acknowledgement_silence_ends_it_at_its_deadline(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    RECEIVE_FOR(port, 2 * SECOND, 1, 0, "\x60\x00??");
    test_run(port, 247 * SECOND);
    assert_int_equal(ending.count, 0);
    test_run(port, 249 * SECOND);
    assert_ended(&ending, LINNET_ETIMEOUT);
    assert_clean(port);
    test_port_close(port);
}

static void a_separate_response_before_the_acknowledgement_ends_it(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    RECEIVE(port, 2 * SECOND, 1, "\x42\x45\x77\x88tk\xffhi");
    assert_ended(&ending, 0);
    ASSERT_SENT(port, 1, "\x60\x00\x77\x88");
    RECEIVE_FOR(port, 3 * SECOND, 1, 0, "\x60\x00??");
    RECEIVE(port, 4 * SECOND, 1, "\x42\x45\x77\x88tk\xffhi"); /* our ACK was lost */
    ASSERT_SENT(port, 2, "\x60\x00\x77\x88");
    assert_ended(&ending, 0);
    RECEIVE(port, 400 * SECOND, 1, "\x42\x45\x77\x88tk\xffhi"); /* long forgotten */
    ASSERT_SENT(port, 3, "\x70\x00\x77\x88");
    test_port_close(port);
}

/* A server that was started anew: its first message ID may be one that it had used. */
static void a_separate_response_with_the_message_id_of_another_is_heard(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending endings[2] = {{0}};
    linnet_outgoing first = test_get(&endings[0]), second = test_get(&endings[1]);

    (void)state;
    second.token = linnet_text("to");
    test_send_request(port, SECOND, 1, &first);
    test_send_request(port, SECOND, 1, &second);
    RECEIVE(port, 2 * SECOND, 1, "\x42\x45\x77\x88tk\xffhi");
    RECEIVE(port, 3 * SECOND, 1, "\x42\x45\x77\x88to\xffho");
    assert_ended(&endings[0], 0);
    assert_ended(&endings[1], 0);
    ASSERT_SENT(port, 3, "\x60\x00\x77\x88");
    test_port_close(port);
}

/* None of these is the response to the request: it goes on as if they had not come. */
static void what_does_not_match_changes_nothing(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    RECEIVE_FOR(port, SECOND, 2, 0, "\x62\x45??tk"); /* from another port */
    RECEIVE_FOR(port, SECOND, 2, 0, "\x60\x00??");
    RECEIVE_FOR(port, SECOND, 2, 0, "\x70\x00??");
    RECEIVE(port, SECOND, 2, "\x52\x45\x77\x88tk");
    RECEIVE_FOR(port, SECOND, 1, 0, "\x62\x45??xx"); /* wrong token */
    RECEIVE_FOR(port, SECOND, 1, 0, "\x61\x45??t");
    RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x45??");
    RECEIVE_FOR(port, SECOND, 1, 0, "\x72\x45??tk"); /* a response in a Reset */
    RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x01??");   /* a request in an ACK */
    for (unsigned id = 0; id < 65536; id++) {
        uint8_t datagram[] = {0x70, 0, (uint8_t)(id >> 8), (uint8_t)id};
        test_receive(port, SECOND, 2, datagram, 4); /* 65536 Resets from elsewhere */
        datagram[0] = 0x60;
        if (id != sent_id(port, 0))
            test_receive(port, SECOND, 1, datagram, 4);
    }
    path.peer.ip[15]++;
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x52\x45\x77\x88tk", 6));
    path = test_path(1);
    path.socket = 1;
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x52\x45\x77\x88tk", 6));
    assert_int_equal(ending.count, 0);
    assert_int_equal(ending.released, 0);
    test_run(port, 100 * SECOND);
    assert_int_equal(port->count, 5);
    assert_ended(&ending, LINNET_ETIMEOUT);
    test_port_close(port);
}

static void a_piggybacked_response_must_have_the_message_id_of_its_request(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);
    uint8_t datagram[] = {0x62, 0x45, 0, 0, 't', 'k'};

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    datagram[2] = (uint8_t)(port->sent[0].octets[2] ^ 1);
    datagram[3] = port->sent[0].octets[3];
    test_receive(port, SECOND, 1, datagram, sizeof datagram);
    assert_int_equal(ending.count, 0);
    linnet_endpoint_clear(port->endpoint, LINNET_ECLOSED);
    test_port_close(port);
}

static void a_reset_ends_it_in_each_phase(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < 3; phase++) {
        test_port *port = test_port_open((linnet_endpoint_config){0});
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        outgoing.type = phase == 2 ? LINNET_NON : LINNET_CON;
        test_send_request(port, SECOND, 1, &outgoing);
        if (phase == 1)
            RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x00??");
        RECEIVE_FOR(port, SECOND, 1, 0, "\x70\x00??");
        assert_ended(&ending, LINNET_ERESET);
        assert_clean(port);
        test_port_close(port);
    }
}

static void a_ping_ends_with_its_reset_and_with_nothing_else(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing ping = {.done = test_done, .context = &ending};

    (void)state;
    test_send_request(port, SECOND, 1, &ping);
    assert_int_equal(port->sent[0].size, 4);
    assert_memory_equal(port->sent[0].octets, "\x40\x00", 2);
    RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x00??");
    RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x45??");
    assert_int_equal(ending.count, 0);
    RECEIVE_FOR(port, SECOND, 1, 0, "\x70\x00??");
    assert_ended(&ending, 0);
    assert_int_equal(ending.response.message.type, LINNET_RST);
    assert_clean(port);
    test_port_close(port);
}

static void a_non_confirmable_request_is_sent_once_and_waits(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    outgoing.type = LINNET_NON;
    test_send_request(port, SECOND, 1, &outgoing);
    assert_memory_equal(port->sent[0].octets, "\x52\x01", 2);
    RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x00??");         /* an ACK of a NON is nothing */
    RECEIVE_FOR(port, SECOND, 1, 0, "\x62\x45??tk\xffhi"); /* nor can a response ride in it */
    assert_int_equal(ending.released, 0);
    test_run(port, 5 * SECOND);
    assert_int_equal(ending.released, 1);
    assert_int_equal(ending.count, 0);
    RECEIVE(port, 100 * SECOND, 1, "\x52\x45\x77\x88tk\xffhi");
    assert_ended(&ending, 0);
    assert_int_equal(port->count, 1);
    assert_clean(port);
    test_port_close(port);
}

static void the_deadline_of_a_request_cuts_its_retransmission_short(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    outgoing.deadline = 5 * SECOND;
    test_send_request(port, SECOND, 1, &outgoing);
    test_run(port, 5 * SECOND + 1024);
    assert_ended(&ending, LINNET_ETIMEOUT);
    assert_int_equal(port->count, 2);
    assert_clean(port);
    test_port_close(port);
}

static void settings_of_one_request_are_its_own(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    outgoing.transmission =
        (linnet_transmission){.ack_timeout_ms = 100, .ack_random_percent = 100, .max_retransmit = 1};
    test_send_request(port, SECOND, 1, &outgoing);
    test_run(port, SECOND + 102000);
    assert_int_equal(port->count, 2);
    test_run(port, SECOND + 304000);
    assert_ended(&ending, LINNET_ETIMEOUT);
    test_port_close(port);
}

static void what_the_network_reports_ends_the_request_that_it_quotes(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);
    linnet_path path = test_path(1), other = test_path(2);
    uint8_t quoted[4];

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    memcpy(quoted, port->sent[0].octets, 4);
    linnet_endpoint_unreachable(port->endpoint, SECOND, &other, linnet_view(quoted, 4), LINNET_EREFUSED);
    linnet_endpoint_unreachable(port->endpoint, SECOND, &path, linnet_view(quoted, 3), LINNET_EREFUSED);
    quoted[0] = 0x60; /* an acknowledgement of ours, for a message of the peer with the same ID */
    linnet_endpoint_unreachable(port->endpoint, SECOND, &path, linnet_view(quoted, 4), LINNET_EREFUSED);
    quoted[0] = 0x70;
    linnet_endpoint_unreachable(port->endpoint, SECOND, &path, linnet_view(quoted, 4), LINNET_EREFUSED);
    assert_int_equal(ending.count, 0);
    quoted[0] = 0x42;
    linnet_endpoint_unreachable(port->endpoint, SECOND, &path, linnet_view(quoted, 4), LINNET_EREFUSED);
    assert_ended(&ending, LINNET_EREFUSED);
    assert_clean(port);
    test_port_close(port);
}

static void a_request_can_be_cancelled_in_each_phase_and_only_once(void **state)
{
    (void)state;
    for (unsigned phase = 0; phase < 4; phase++) {
        test_port *port = test_port_open((linnet_endpoint_config){0});
        linnet_path path = test_path(1);
        linnet_exchange exchange;
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        outgoing.type = phase == 3 ? LINNET_NON : LINNET_CON;
        assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), 0);
        if (phase > 0)
            assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 0), 0);
        if (phase == 2)
            RECEIVE_FOR(port, SECOND, 1, 0, "\x60\x00??");
        assert_int_equal(linnet_endpoint_cancel(port->endpoint, exchange, LINNET_ECANCELLED), 0);
        assert_int_equal(linnet_endpoint_cancel(port->endpoint, exchange, LINNET_ECANCELLED), LINNET_ENOENT);
        assert_ended(&ending, LINNET_ECANCELLED);
        assert_clean(port);
        if (phase > 0)
            RECEIVE(port, 2 * SECOND, 1, "\x42\x45\x77\x88tk"); /* too late */
        assert_ended(&ending, LINNET_ECANCELLED);
        test_port_close(port);
    }
}

static void a_response_with_a_critical_option_that_is_not_understood_is_rejected(void **state)
{
    static const struct {
        const char *octets;
        size_t size;
        int error;
    } cases[] = {
        {"\x42\x45\x77\x88tk\xd1\xf0x", 9, LINNET_EOPTION}, /* unknown */
        {"\x42\x45\x77\x88tk\xb1"
         "a",
         8, LINNET_EOPTION}, /* Uri-Path */
        {"\x42\x45\x77\x88tk\xd4\x0a"
         "abcd",
         12, LINNET_EOPTION},                                           /* Block2 of four octets */
        {"\x42\x45\x77\x88tk\xd1\x0a\x06\x01\x06", 11, LINNET_EOPTION}, /* two of them */
        {"\x42\x45\x77\x88tk\xd1\x0a\x06", 9, 0},
        {"\x42\x45\x77\x88tk\xe1\xfd\x01x", 10, 0}, /* elective */
        {"\x42\x45\x77\x88tk\x81"
         "a\xd1\x6bx",
         11, LINNET_EOPTION},                  /* Location-Path and 128, reserved for Location-* (5.10.7) */
        {"\x42\x45\x77\x88tk\xd1\x73x", 9, 0}, /* 128 alone */
        {"\x42\x45\x77\x88tk\xc3"
         "abc\x01"
         "a",
         12, 0}, /* Content-Format, wrong, twice */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_port *port = test_port_open((linnet_endpoint_config){0});
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        test_send_request(port, SECOND, 1, &outgoing);
        for (unsigned n = 0; n < 2; n++) { /* a duplicate too */
            test_receive(port, SECOND, 1, cases[i].octets, cases[i].size);
            assert_sent(port, 1 + n, cases[i].error ? "\x70\x00\x77\x88" : "\x60\x00\x77\x88", 4);
        }
        assert_ended(&ending, cases[i].error);
        test_port_close(port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_sent_again_four_times_each_after_twice_the_time),
        cmocka_unit_test(a_piggybacked_response_ends_it),
        cmocka_unit_test(an_empty_acknowledgement_stops_the_retransmission_and_the_response_may_take_its_time),
        cmocka_unit_test(after_an_empty_acknowledgement_silence_ends_it_at_its_deadline),
        cmocka_unit_test(a_separate_response_before_the_acknowledgement_ends_it),
        cmocka_unit_test(a_separate_response_with_the_message_id_of_another_is_heard),
        cmocka_unit_test(what_does_not_match_changes_nothing),
        cmocka_unit_test(a_piggybacked_response_must_have_the_message_id_of_its_request),
        cmocka_unit_test(a_reset_ends_it_in_each_phase),
        cmocka_unit_test(a_ping_ends_with_its_reset_and_with_nothing_else),
        cmocka_unit_test(a_non_confirmable_request_is_sent_once_and_waits),
        cmocka_unit_test(the_deadline_of_a_request_cuts_its_retransmission_short),
        cmocka_unit_test(settings_of_one_request_are_its_own),
        cmocka_unit_test(what_the_network_reports_ends_the_request_that_it_quotes),
        cmocka_unit_test(a_request_can_be_cancelled_in_each_phase_and_only_once),
        cmocka_unit_test(a_response_with_a_critical_option_that_is_not_understood_is_rejected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
