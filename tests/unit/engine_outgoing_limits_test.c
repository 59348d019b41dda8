/* The client role at its edges: what is refused, tokens, requests from within handlers, clearing, each limit. */
#include "outgoing_support.h"

static void what_cannot_be_sent_is_refused_before_anything_is_taken(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){.limits.message_size = 64});
    static const uint8_t octets[65];
    linnet_path path = test_path(1);
    linnet_exchange exchange;
    test_ending ending = {0};
    linnet_outgoing good = test_get(&ending), bad;

    (void)state;
#define REFUSED(change, why)                                                                                           \
    bad = good;                                                                                                        \
    change;                                                                                                            \
    assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &bad, &exchange), why)
    REFUSED(bad.done = NULL, LINNET_EINVAL);
    REFUSED(bad.type = LINNET_ACK, LINNET_EINVAL);
    REFUSED(bad.code = LINNET_CONTENT, LINNET_EINVAL);
    REFUSED(bad.code = LINNET_EMPTY, LINNET_EINVAL); /* a ping with a token */
    REFUSED(bad.token = linnet_view(octets, 9), LINNET_EINVAL);
    REFUSED(bad.payload = linnet_view(octets, 60), LINNET_ETOOBIG);
    REFUSED(bad.options = linnet_view("\xf0", 1), LINNET_EFORMAT);
    REFUSED(bad.transmission.max_retransmit = 21, LINNET_EINVAL);
    assert_clean(port);
    assert_int_equal(ending.count, 0);
    test_port_close(port);
}

static void a_token_in_use_is_refused_for_the_same_peer_only(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);
    linnet_exchange exchange;
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    test_send_request(port, SECOND, 1, &outgoing);
    test_send_request(port, SECOND, 2, &outgoing);
    assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 0), LINNET_EEXIST);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 1), 0); /* another socket is free */
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 1), LINNET_ENOENT);
    linnet_endpoint_clear(port->endpoint, LINNET_ECLOSED);
    assert_int_equal(ending.count, 3);
    assert_clean(port);
    test_port_close(port);
}

static void tokens_of_our_own_differ_and_are_long(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    outgoing.has_token = false;
    test_send_request(port, SECOND, 1, &outgoing);
    test_send_request(port, SECOND, 1, &outgoing);
    assert_int_equal(port->sent[0].octets[0], 0x48);
    assert_memory_not_equal(port->sent[0].octets + 4, port->sent[1].octets + 4, 8);
    linnet_endpoint_clear(port->endpoint, LINNET_ECLOSED);
    test_port_close(port);
}

/* Sends a request from within a handler of the server role, when the slot is taken. */
static test_ending inner;

static void ask_back(void *context, linnet_incoming *incoming)
{
    test_port *port = context;
    linnet_outgoing outgoing = test_get(&inner);

    outgoing.type = port->defer ? LINNET_NON : LINNET_CON;
    test_send_request(port, incoming->now, 2, &outgoing);
    incoming->body[0] = 0xff;
    incoming->body[1] = 'a';
    incoming->size = 2;
    incoming->code = LINNET_CONTENT;
}

static void a_request_sent_from_within_a_handler_leaves_after_the_answer(void **state)
{
    (void)state;
    for (unsigned non = 0; non < 2; non++) {
        test_port *port = test_port_open((linnet_endpoint_config){.serve = ask_back});
        port->defer = non;
        inner = (test_ending){0};
        RECEIVE(port, SECOND, 1, "\x40\x02\x12\x34");
        assert_int_equal(port->count, 1);
        ASSERT_SENT(port, 0,
                    "\x60\x45\x12\x34\xff"
                    "a");
        assert_true(linnet_endpoint_deadline(port->endpoint) <= SECOND);
        linnet_endpoint_advance(port->endpoint, SECOND);
        assert_int_equal(port->count, 2);
        assert_int_equal(port->sent[1].path.peer.port, 40002);
        test_run(port, 2 * SECOND);
        assert_int_equal(port->count, 2);
        test_run(port, 5 * SECOND);
        assert_int_equal(port->count, non ? 2 : 3);
        RECEIVE(port, 6 * SECOND, 2, "\x52\x45\x77\x88tk");
        assert_ended(&inner, 0);
        assert_int_equal(inner.response.retransmissions, non ? 0 : 1);
        assert_clean(port);
        test_port_close(port);
    }
}

/* A handler that asks again at once, and counts how often it was called. */
static int again_count;

static void send_again(const linnet_response *response, void *context)
{
    test_port *port = context;
    linnet_outgoing outgoing = {.code = LINNET_GET, .done = send_again, .context = port};
    linnet_path path = test_path(1);
    linnet_exchange exchange;
    int error = linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange);

    again_count++;
    if (response->error == LINNET_ECLOSED)
        assert_int_equal(error, LINNET_ECLOSED);
    else
        assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 0), 0);
}

static void clearing_ends_all_even_where_handlers_ask_again(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    linnet_outgoing outgoing = {.code = LINNET_GET, .done = send_again, .context = port};

    (void)state;
    again_count = 0;
    for (unsigned i = 0; i < 10; i++)
        test_send_request(port, SECOND, 1, &outgoing);
    RECEIVE_FOR(port, SECOND, 1, 3, "\x70\x00??"); /* one ends, and asks again */
    assert_int_equal(again_count, 1);
    linnet_endpoint_clear(port->endpoint, LINNET_ECLOSED);
    assert_int_equal(again_count, 11);
    assert_clean(port);
    test_port_close(port);
}

static void each_number_of_exchanges_is_a_limit_that_holds_and_gives_way(void **state)
{
    (void)state;
    for (uint32_t limit = 1; limit <= 12; limit++) {
        test_port *port = test_port_open((linnet_endpoint_config){.limits.exchanges = limit});
        linnet_path path = test_path(1);
        linnet_exchange exchange, last = 0;
        test_ending ending = {0};
        linnet_outgoing outgoing = test_get(&ending);
        uint8_t payload[300] = {0};
        outgoing.has_token = false;
        for (uint32_t i = 0; i < limit; i++) {
            outgoing.payload = linnet_view(payload, i % 2 ? 300 : 0);
            last = test_send_request(port, SECOND, 1, &outgoing);
        }
        assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), LINNET_EBUSY);
        linnet_endpoint_cancel(port->endpoint, last, LINNET_ECANCELLED);
        assert_int_not_equal(test_send_request(port, SECOND, 1, &outgoing), last);
        test_run(port, 100 * SECOND);
        assert_int_equal(ending.count, (int)limit + 1);
        assert_clean(port);
        test_port_close(port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_sent_is_refused_before_anything_is_taken),
        cmocka_unit_test(a_token_in_use_is_refused_for_the_same_peer_only),
        cmocka_unit_test(tokens_of_our_own_differ_and_are_long),
        cmocka_unit_test(a_request_sent_from_within_a_handler_leaves_after_the_answer),
        cmocka_unit_test(clearing_ends_all_even_where_handlers_ask_again),
        cmocka_unit_test(each_number_of_exchanges_is_a_limit_that_holds_and_gives_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
