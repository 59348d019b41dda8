/* Answers that come later: in the acknowledgement when soon, by a separate response else, again until acknowledged; and
 * duplicates of the request in each state (RFC 7252 5.2.2). */
#include "engine/endpoint.h"
#include "engine/options.h"

#include "engine_support.h"

#define MS UINT64_C(1000)

static test_port *open_deferring(linnet_endpoint_config config)
{
    test_port *port = test_server_open(config);

    port->defer = true;
    return port;
}

static int answer(test_port *port, uint64_t now)
{
    return linnet_endpoint_answer(port->endpoint, now, port->deferred, test_serve, port);
}

static uint32_t in_use(const test_port *port) { return port->endpoint->exchanges.pool.in_use; }

static void an_answer_that_is_soon_there_rides_in_the_acknowledgement(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
    RECEIVE(port, SECOND + 2 * MS, 1, "\x41\x01\x12\x34t"); /* a duplicate waits as well */
    assert_int_equal(port->count, 0);
    assert_int_equal(answer(port, SECOND + 5 * MS), 0);
    ASSERT_SENT(port, 0, "\x61\x45\x12\x34t\xffhello");
    RECEIVE(port, SECOND + 6 * MS, 1, "\x41\x01\x12\x34t");
    ASSERT_SENT(port, 1, "\x61\x45\x12\x34t\xffhello");
    assert_int_equal(in_use(port), 0);
    assert_true(linnet_endpoint_deadline(port->endpoint) == UINT64_MAX);
    assert_int_equal(port->served, 2); /* once as a request, once for the answer */
    test_port_close(port);
}

static void a_later_one_is_a_separate_response_that_is_sent_until_acknowledged(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
    test_run(port, SECOND + 12 * MS);
    ASSERT_SENT(port, 0, "\x60\x00\x12\x34");
    RECEIVE(port, SECOND + 13 * MS, 1, "\x41\x01\x12\x34t");
    ASSERT_SENT(port, 1, "\x60\x00\x12\x34");
    assert_int_equal(answer(port, 10 * SECOND), 0);
    assert_int_equal(answer(port, 10 * SECOND), LINNET_ENOENT);
    assert_memory_equal(port->sent[2].octets, "\x41\x45", 2);
    assert_memory_equal(port->sent[2].octets + 4, "t\xffhello", 7);
    test_run(port, 10 * SECOND + 3002 * MS);
    assert_int_equal(port->count, 4);
    assert_sent(port, 3, port->sent[2].octets, port->sent[2].size);
    RECEIVE(port, 14 * SECOND, 1, "\x41\x01\x12\x34t"); /* a late duplicate of the request */
    ASSERT_SENT(port, 4, "\x60\x00\x12\x34");
    RECEIVE_FOR(port, 15 * SECOND, 2, 2, "\x60\x00??"); /* from another peer: not ours */
    assert_int_equal(in_use(port), 1);
    RECEIVE_FOR(port, 15 * SECOND, 1, 2, "\x60\x00??");
    assert_int_equal(in_use(port), 0);
    test_run(port, 300 * SECOND);
    assert_int_equal(port->count, 5);
    test_port_close(port);
}

static void a_separate_response_ends_with_a_reset_a_refusal_or_its_retransmissions(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 3; how++) {
        test_port *port = open_deferring((linnet_endpoint_config){0});
        linnet_path path = test_path(1);
        RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
        test_run(port, 2 * SECOND);
        assert_int_equal(answer(port, 10 * SECOND), 0);
        if (how == 0)
            RECEIVE_FOR(port, 11 * SECOND, 1, 1, "\x70\x00??");
        else if (how == 1)
            linnet_endpoint_unreachable(port->endpoint, 11 * SECOND, &path, linnet_view(port->sent[1].octets, 4),
                                        LINNET_EREFUSED);
        else
            test_run(port, 110 * SECOND);
        assert_int_equal(port->count, how < 2 ? 2 : 6);
        assert_int_equal(in_use(port), 0);
        assert_true(linnet_endpoint_deadline(port->endpoint) == UINT64_MAX);
        test_port_close(port);
    }
}

static void a_non_confirmable_request_is_answered_by_one_message_at_any_time(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x51\x02\x12\x34t");
    test_run(port, 20 * SECOND);
    RECEIVE(port, 20 * SECOND, 1, "\x51\x02\x12\x34t");
    assert_int_equal(port->count, 0);
    assert_int_equal(answer(port, 21 * SECOND), 0);
    assert_memory_equal(port->sent[0].octets, "\x51\x45", 2);
    RECEIVE(port, 22 * SECOND, 1, "\x51\x02\x12\x34t");
    assert_int_equal(port->count, 2);
    assert_sent(port, 1, port->sent[0].octets, port->sent[0].size);
    assert_int_equal(port->served, 2);
    assert_int_equal(in_use(port), 0);
    test_port_close(port);
}

static void an_answer_too_large_to_keep_is_separate_so_that_it_is_sent_again(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){.limits.answer_log_size = 1024});

    (void)state;
    port->answer_size = 500;
    RECEIVE(port, SECOND, 1, "\x41\x02\x12\x34t");
    assert_int_equal(answer(port, SECOND + 1 * MS), 0);
    assert_memory_equal(port->sent[0].octets, "\x41\x45", 2);
    RECEIVE(port, 2 * SECOND, 1, "\x41\x02\x12\x34t");
    ASSERT_SENT(port, 1, "\x60\x00\x12\x34");
    test_run(port, 5 * SECOND);
    assert_sent(port, 2, port->sent[0].octets, port->sent[0].size);
    RECEIVE_FOR(port, 6 * SECOND, 1, 0, "\x60\x00??");
    assert_int_equal(in_use(port), 0);
    test_port_close(port);
}

static void without_a_slot_the_answer_is_to_be_tried_again(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
    port->no_slots = true;
    assert_int_equal(answer(port, SECOND), LINNET_EBUSY);
    test_run(port, 2 * SECOND); /* the acknowledgement is lost */
    port->no_slots = false;
    RECEIVE(port, 3 * SECOND, 1, "\x41\x01\x12\x34t");
    ASSERT_SENT(port, 0, "\x60\x00\x12\x34");
    assert_int_equal(answer(port, 4 * SECOND), 0);
    assert_int_equal(port->count, 2);
    test_port_close(port);
}

static void when_every_exchange_is_taken_the_request_is_told_to_come_later(void **state)
{
    for (uint32_t limit = 1; limit <= 4; limit++) {
        test_port *port = open_deferring((linnet_endpoint_config){.limits.exchanges = limit});
        (void)state;
        for (uint32_t i = 0; i < limit; i++) {
            uint8_t datagram[] = {0x40, 1, 0, (uint8_t)i};
            test_receive(port, SECOND, 1, datagram, sizeof datagram);
        }
        assert_int_equal(port->count, 0);
        RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
        ASSERT_SENT(port, 0, "\x61\xa3\x12\x34t");
        test_port_close(port);
    }
}

static void a_request_larger_than_any_message_of_ours_cannot_be_deferred(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){.limits.message_size = 64});
    uint8_t datagram[100] = {0x40, 1, 0x12, 0x34, 0x3d, 82}; /* Uri-Host of 95 octets */

    (void)state;
    memset(datagram + 6, 'a', sizeof datagram - 6);
    datagram[5] = (uint8_t)(sizeof datagram - 6 - 13);
    test_receive(port, SECOND, 1, datagram, sizeof datagram);
    assert_memory_equal(port->sent[0].octets, "\x60\xa3\x12\x34", 4);
    assert_int_equal(in_use(port), 0);
    test_port_close(port);
}

/* Replaces the handler that answers: says nothing at all. */
static void say_nothing(void *context, linnet_incoming *incoming)
{
    (void)context;
    incoming->code = LINNET_EMPTY;
}

static void an_answer_of_nothing_acknowledges_and_ends(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
    assert_int_equal(linnet_endpoint_answer(port->endpoint, SECOND, port->deferred, say_nothing, NULL), 0);
    ASSERT_SENT(port, 0, "\x60\x00\x12\x34");
    assert_int_equal(in_use(port), 0);
    test_port_close(port);
}

/* Tries to answer another exchange from within a handler. */
static void answer_inside(void *context, linnet_incoming *incoming)
{
    test_port *port = context;

    assert_int_equal(answer(port, incoming->now), LINNET_EBUSY);
    incoming->code = LINNET_CONTENT;
}

static void from_within_a_handler_an_answer_has_to_wait(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1, "\x41\x01\x12\x34t");
    assert_int_equal(linnet_endpoint_answer(port->endpoint, SECOND, port->deferred, answer_inside, port), 0);
    ASSERT_SENT(port, 0, "\x61\x45\x12\x34t");
    test_port_close(port);
}

static void check_request(void *context, linnet_incoming *incoming)
{
    (void)context;
    assert_int_equal(incoming->message->code, LINNET_PUT);
    assert_true(linnet_bytes_equal(incoming->message->token, linnet_text("t")));
    assert_int_equal(incoming->message->payload.size, 0);
    assert_int_equal(incoming->options->path_segments, 1);
    assert_int_equal(incoming->path->peer.port, 40001);
    incoming->code = LINNET_CHANGED;
}

static void the_answer_sees_the_request_but_for_its_payload(void **state)
{
    test_port *port = open_deferring((linnet_endpoint_config){0});

    (void)state;
    RECEIVE(port, SECOND, 1,
            "\x41\x03\x12\x34t\xb1"
            "a\xffpayload");
    assert_int_equal(linnet_endpoint_answer(port->endpoint, SECOND, port->deferred, check_request, NULL), 0);
    ASSERT_SENT(port, 0, "\x61\x44\x12\x34t");
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_that_is_soon_there_rides_in_the_acknowledgement),
        cmocka_unit_test(a_later_one_is_a_separate_response_that_is_sent_until_acknowledged),
        cmocka_unit_test(a_separate_response_ends_with_a_reset_a_refusal_or_its_retransmissions),
        cmocka_unit_test(a_non_confirmable_request_is_answered_by_one_message_at_any_time),
        cmocka_unit_test(an_answer_too_large_to_keep_is_separate_so_that_it_is_sent_again),
        cmocka_unit_test(without_a_slot_the_answer_is_to_be_tried_again),
        cmocka_unit_test(when_every_exchange_is_taken_the_request_is_told_to_come_later),
        cmocka_unit_test(a_request_larger_than_any_message_of_ours_cannot_be_deferred),
        cmocka_unit_test(an_answer_of_nothing_acknowledges_and_ends),
        cmocka_unit_test(from_within_a_handler_an_answer_has_to_wait),
        cmocka_unit_test(the_answer_sees_the_request_but_for_its_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
