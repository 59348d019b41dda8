/* The server role: requests run once, duplicates get the same octets again, and what happens at each limit. */
#include "engine/endpoint.h"

#include "engine_support.h"

static void a_confirmable_request_is_answered_in_its_acknowledgement(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1,
            "\x42\x01\x12\x34tk\xb1"
            "a");
    assert_int_equal(port->count, 1);
    ASSERT_SENT(port, 0, "\x62\x45\x12\x34tk\xffhello");
    assert_int_equal(port->sent[0].path.peer.port, 40001);
    test_port_close(port);
}

static void a_non_confirmable_request_is_answered_with_an_id_of_ours(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x51\x01\x12\x34t");
    RECEIVE(port, SECOND, 1, "\x51\x01\x12\x35t");
    assert_int_equal(port->count, 2);
    assert_memory_equal(port->sent[0].octets, "\x51\x45", 2);
    assert_memory_equal(port->sent[0].octets + 4, "t\xffhello", 7);
    assert_int_equal(sent_id(port, 1), (uint16_t)(sent_id(port, 0) + 1));
    test_port_close(port);
}

/* Sends the same datagram three times; it runs once and is answered three times with the same octets. */
static void check_duplicates(const void *datagram, size_t size, uint64_t lifetime)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    test_receive(port, SECOND, 1, datagram, size);
    port->answer_size = 9; /* a second run would show */
    test_receive(port, 2 * SECOND, 1, datagram, size);
    test_receive(port, SECOND + lifetime, 1, datagram, size);
    assert_int_equal(port->served, 1);
    assert_int_equal(port->count, 3);
    assert_sent(port, 1, port->sent[0].octets, port->sent[0].size);
    assert_sent(port, 2, port->sent[0].octets, port->sent[0].size);
    test_receive(port, SECOND + lifetime + 60 * SECOND, 1, datagram, size); /* a new request with an old ID */
    assert_int_equal(port->served, 2);
    test_port_close(port);
}

static void duplicates_get_the_same_octets_and_do_not_run_again(void **state)
{
    static const char types[] = {0x42, 0x52};

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (char method = 1; method <= 7; method++) {
            char datagram[] = {types[t], method, 0x12, 0x34, 't', 'k'};
            check_duplicates(datagram, sizeof datagram, (t ? 145 : 247) * SECOND);
        }
}

static void refusals_are_repeated_to_duplicates_too(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    for (unsigned i = 0; i < 2; i++)
        RECEIVE(port, SECOND + i, 1, "\x51\x01\x12\x34t\xd1\x16x"); /* Proxy-Uri */
    assert_int_equal(port->served, 0);
    assert_int_equal(port->count, 2);
    assert_memory_equal(port->sent[0].octets, "\x51\xa5", 2);
    assert_sent(port, 1, port->sent[0].octets, port->sent[0].size);
    test_port_close(port);
}

static void one_id_from_two_peers_or_to_two_addresses_is_two_requests(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);

    (void)state;
    RECEIVE(port, SECOND, 1, "\x40\x01\x12\x34");
    RECEIVE(port, SECOND, 2, "\x40\x01\x12\x34");
    path.local_ip[15] = 9;
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x40\x01\x12\x34", 4));
    path.socket = 1;
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x40\x01\x12\x34", 4));
    assert_int_equal(port->served, 4);
    test_port_close(port);
}

/* A new client on a port whose former client used the same message ID. RFC 7252 4.5 speaks of "the same Confirmable
 * message": one that was sent again is the same to the octet, its token and code too. */
static void one_id_with_another_token_or_method_is_another_request(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x42\x01\x12\x34tk");
    RECEIVE(port, SECOND, 1, "\x42\x01\x12\x34to");
    RECEIVE(port, SECOND, 1, "\x42\x02\x12\x34tk");
    RECEIVE(port, SECOND, 1, "\x41\x02\x12\x34t");
    RECEIVE(port, SECOND, 1, "\x40\x02\x12\x34");
    RECEIVE(port, SECOND, 1, "\x48\x02\x12\x34tktktktk");
    RECEIVE(port, SECOND, 1, "\x48\x02\x12\x34tktktktK");
    assert_int_equal(port->served, 7);
    assert_memory_equal(port->sent[1].octets, "\x62\x45\x12\x34to", 6);
    RECEIVE(port, SECOND, 1, "\x42\x01\x12\x34tk"); /* all of them are remembered */
    RECEIVE(port, SECOND, 1, "\x40\x02\x12\x34");
    RECEIVE(port, SECOND, 1, "\x48\x02\x12\x34tktktktk");
    assert_int_equal(port->served, 7);
    assert_memory_equal(port->sent[7].octets, "\x62\x45\x12\x34tk", 6);
    test_port_close(port);
}

static void long_tokens_are_compared_to_their_end(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.token_size = 32});
    uint8_t datagram[] = "\x4d\x02\x12\x34\x07 a token of twenty ";

    (void)state;
    test_receive(port, SECOND, 1, datagram, 25);
    test_receive(port, SECOND, 1, datagram, 25);
    assert_int_equal(port->served, 1);
    datagram[24] ^= 1;
    test_receive(port, SECOND, 1, datagram, 25);
    assert_int_equal(port->served, 2);
    test_port_close(port);
}

/* Fills the log of answers, so that those before are lost. */
static void flood(test_port *port, uint64_t now, uint16_t peer)
{
    for (unsigned i = 0; i < 200; i++) {
        uint8_t datagram[] = {0x40, 1, (uint8_t)(i >> 8), (uint8_t)i};
        test_receive(port, now, peer, datagram, sizeof datagram);
    }
}

static void when_its_answer_is_lost_a_get_may_run_again_and_a_post_never(void **state)
{
    for (uint8_t method = 1; method <= 7; method++) {
        bool is_idempotent = method != LINNET_POST && method != LINNET_PATCH;
        test_port *port = test_server_open((linnet_endpoint_config){.limits.answer_log_size = 1024});
        uint8_t datagram[] = {0x40, method, 0xff, 0xff};
        (void)state;
        test_receive(port, SECOND, 1, datagram, sizeof datagram);
        flood(port, SECOND, 2);
        port->count = 0;
        port->served = 0;
        test_receive(port, 2 * SECOND, 1, datagram, sizeof datagram);
        assert_int_equal(port->served, is_idempotent);
        assert_int_equal(port->count, is_idempotent);
        test_port_close(port);
    }
}

static void an_answer_too_large_to_keep_does_not_leave_a_get_without_answer(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.answer_log_size = 1024});

    (void)state;
    port->answer_size = 600;
    RECEIVE(port, SECOND, 1, "\x40\x01\x12\x34");
    RECEIVE(port, 2 * SECOND, 1, "\x40\x01\x12\x34"); /* the first was lost: it must run again */
    assert_int_equal(port->count, 2);
    assert_sent(port, 1, port->sent[0].octets, port->sent[0].size);
    RECEIVE(port, SECOND, 1, "\x40\x02\x12\x35");
    RECEIVE(port, SECOND, 1, "\x40\x02\x12\x35"); /* a POST never */
    assert_int_equal(port->served, 3);
    test_port_close(port);
}

static void a_post_that_cannot_be_remembered_is_not_run_and_told_so_twice(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.executed_requests = 8});
    uint8_t datagram[] = {0x40, 2, 0, 0};

    (void)state;
    for (; datagram[3] < 7; datagram[3]++)
        test_receive(port, SECOND, 1, datagram, sizeof datagram);
    assert_int_equal(port->served, 7);
    test_receive(port, SECOND, 1, datagram, sizeof datagram);
    ASSERT_SENT(port, 7, "\x60\xa3\x00\x07");
    /* A duplicate that comes when there is room again: the client was told that it was not run. */
    test_receive(port, SECOND + 246 * SECOND, 1, datagram, sizeof datagram);
    ASSERT_SENT(port, 8, "\x60\xa3\x00\x07");
    assert_int_equal(port->served, 7);
    RECEIVE(port, SECOND, 1, "\x40\x01\x77\x77"); /* a GET needs no such memory */
    assert_int_equal(port->served, 8);
    RECEIVE(port, 300 * SECOND, 1, "\x40\x02\x00\x08");
    assert_int_equal(port->served, 9);
    test_port_close(port);
}

static void without_a_slot_a_request_is_as_lost_and_runs_when_it_comes_again(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    port->no_slots = true;
    RECEIVE(port, SECOND, 1, "\x40\x02\x12\x34");
    assert_int_equal(port->served, 0);
    port->no_slots = false;
    RECEIVE(port, 2 * SECOND, 1, "\x40\x02\x12\x34");
    assert_int_equal(port->served, 1);
    port->no_slots = true;
    RECEIVE(port, 3 * SECOND, 1, "\x40\x02\x12\x34");
    port->no_slots = false;
    RECEIVE(port, 4 * SECOND, 1, "\x40\x02\x12\x34");
    assert_int_equal(port->served, 1);
    assert_int_equal(port->count, 2);
    test_port_close(port);
}

static void serve_nothing(void *context, linnet_incoming *incoming)
{
    test_port *port = context;

    (void)incoming;
    port->served++;
}

static void a_handler_with_nothing_to_say_acknowledges_a_confirmable_request(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){.serve = serve_nothing});

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        RECEIVE(port, SECOND, 1, "\x41\x02\x12\x34t");
        RECEIVE(port, SECOND, 1, "\x51\x02\x12\x35t");
    }
    assert_int_equal(port->served, 2);
    assert_int_equal(port->count, 2);
    ASSERT_SENT(port, 0, "\x60\x00\x12\x34");
    ASSERT_SENT(port, 1, "\x60\x00\x12\x34");
    test_port_close(port);
}

static void group_requests_are_answered_from_an_address_of_the_host_and_errors_kept_back(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);

    (void)state;
    path.flags = LINNET_PATH_MULTICAST;
    memset(path.local_ip, 0xff, sizeof path.local_ip);
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x50\x01\x12\x34", 4));
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x50\x01\x12\x34", 4));
    test_run(port, 6 * SECOND);
    assert_int_equal(port->served, 1);
    assert_int_equal(port->count, 1);
    assert_int_equal(port->sent[0].path.flags, 0);
    assert_int_equal(port->sent[0].path.local_ip[0], 0);
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x50\x01\x12\x35\xd1\x16x", 7));
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x40\x01\x12\x36", 4));
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x40\x00\x12\x37", 4));
    linnet_endpoint_receive(port->endpoint, SECOND, &path, linnet_view("\x40\x45\x12\x34", 4)); /* a known ID */
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x40\x01\x12\x38", 4));
    test_run(port, 12 * SECOND);
    assert_int_equal(port->count, 1);
    test_port_close(port);
}

static void of_a_datagram_that_was_too_large_the_request_is_told_so(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);

    (void)state;
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x42\x03\x12\x34tk\xff...", 10));
    ASSERT_SENT(port, 0, "\x62\x8d\x12\x34tk");
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path,
                                      linnet_view("\x4f\x03\x12\x34tkabcdefghijklm", 19));
    ASSERT_SENT(port, 1, "\x70\x00\x12\x34"); /* a format error: token of 15 */
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x40\x00\x12\x35...", 7));
    ASSERT_SENT(port, 2, "\x70\x00\x12\x35"); /* an Empty message with more */
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x82\x03\x12\x34tk\xff...", 10));
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x62\x45\x12\x34tk\xff...", 10));
    linnet_endpoint_receive_truncated(port->endpoint, SECOND, &path, linnet_view("\x42\x03\x12", 3));
    assert_int_equal(port->count, 3);
    assert_int_equal(port->served, 0);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_confirmable_request_is_answered_in_its_acknowledgement),
        cmocka_unit_test(a_non_confirmable_request_is_answered_with_an_id_of_ours),
        cmocka_unit_test(duplicates_get_the_same_octets_and_do_not_run_again),
        cmocka_unit_test(refusals_are_repeated_to_duplicates_too),
        cmocka_unit_test(one_id_with_another_token_or_method_is_another_request),
        cmocka_unit_test(long_tokens_are_compared_to_their_end),
        cmocka_unit_test(one_id_from_two_peers_or_to_two_addresses_is_two_requests),
        cmocka_unit_test(when_its_answer_is_lost_a_get_may_run_again_and_a_post_never),
        cmocka_unit_test(an_answer_too_large_to_keep_does_not_leave_a_get_without_answer),
        cmocka_unit_test(a_post_that_cannot_be_remembered_is_not_run_and_told_so_twice),
        cmocka_unit_test(without_a_slot_a_request_is_as_lost_and_runs_when_it_comes_again),
        cmocka_unit_test(a_handler_with_nothing_to_say_acknowledges_a_confirmable_request),
        cmocka_unit_test(group_requests_are_answered_from_an_address_of_the_host_and_errors_kept_back),
        cmocka_unit_test(of_a_datagram_that_was_too_large_the_request_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
