/* Group requests in both roles (RFC 7252 section 8): leisure, and answers of many to one request. */
#include "unit/engine_support.h"

#define GET "\x52\x01\x12\x34tk"

static linnet_path group_path(uint16_t peer)
{
    linnet_path path = test_path(peer);

    path.flags = LINNET_PATH_MULTICAST;
    path.local_ip[0] = 0xff;
    return path;
}

static void ask_group(test_port *port, uint64_t now, uint16_t peer)
{
    linnet_path path = group_path(peer);

    linnet_endpoint_receive(port->endpoint, now, &path, linnet_view(GET, sizeof GET - 1));
}

static void an_answer_to_a_group_waits_for_a_random_part_of_the_leisure(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.exchanges = 64});
    uint64_t first = UINT64_MAX, last = 0;

    (void)state;
    for (uint16_t peer = 0; peer < 32; peer++)
        ask_group(port, SECOND, peer);
    assert_int_equal(port->served, 32);
    assert_int_equal(port->count, 0);
    for (size_t sent = 0; linnet_endpoint_deadline(port->endpoint) != UINT64_MAX;) {
        uint64_t now = linnet_endpoint_deadline(port->endpoint);
        linnet_endpoint_advance(port->endpoint, now);
        if (port->count == sent)
            continue;
        sent = port->count;
        first = now < first ? now : first;
        last = now;
    }
    assert_int_equal(port->count, 32);
    assert_in_range(first, SECOND, 2 * SECOND);
    assert_in_range(last, 5 * SECOND, 6 * SECOND);
    test_port_close(port);
}

static void the_leisure_can_be_set(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.transmission.leisure_ms = 10});

    (void)state;
    ask_group(port, SECOND, 1);
    test_run(port, SECOND + 20000);
    assert_int_equal(port->count, 1);
    assert_int_equal(port->sent[0].octets[0], 0x52);
    assert_int_equal(port->sent[0].octets[1], LINNET_CONTENT);
    test_port_close(port);
}

static void a_duplicate_of_a_group_request_is_not_served_and_not_answered(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    ask_group(port, SECOND, 1);
    ask_group(port, SECOND, 1);
    test_run(port, 6 * SECOND);
    ask_group(port, 7 * SECOND, 1);
    test_run(port, 20 * SECOND);
    assert_int_equal(port->served, 1);
    assert_int_equal(port->count, 1);
    test_port_close(port);
}

static void a_message_id_towards_the_group_is_not_one_towards_the_host(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    ask_group(port, SECOND, 1);
    RECEIVE(port, SECOND, 1, GET);
    assert_int_equal(port->served, 2);
    assert_int_equal(port->count, 1);
    test_run(port, 6 * SECOND);
    assert_int_equal(port->count, 2);
    test_port_close(port);
}

static void answers_that_wait_leave_half_of_the_exchanges_to_others(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.exchanges = 8});

    (void)state;
    for (uint16_t peer = 0; peer < 20; peer++)
        ask_group(port, SECOND, peer);
    port->defer = true;
    for (uint16_t peer = 20; peer < 23; peer++)
        RECEIVE(port, SECOND, peer, GET);
    assert_int_equal(port->served, 23);
    assert_int_equal(port->count, 0); /* none was told 5.03 */
    test_run(port, 6 * SECOND);
    assert_int_equal(port->count, 5);
    ask_group(port, 7 * SECOND, 30);
    port->defer = false;
    ask_group(port, 7 * SECOND, 31);
    test_run(port, 13 * SECOND);
    assert_int_equal(port->count, 6); /* the places have come free */
    test_port_close(port);
}

static void an_answer_that_comes_later_has_its_leisure_too(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){.limits.exchanges = 1});

    (void)state;
    port->defer = true;
    ask_group(port, SECOND, 1);
    assert_int_equal(linnet_endpoint_answer(port->endpoint, 2 * SECOND, port->deferred, test_serve, port), 0);
    assert_int_equal(port->count, 0);
    ask_group(port, 2 * SECOND, 1);
    test_run(port, 7 * SECOND);
    assert_int_equal(port->count, 1);
    assert_int_equal(port->sent[0].path.flags, 0);
    assert_int_equal(port->sent[0].octets[0], 0x52);
    assert_int_equal(port->served, 2);
    test_port_close(port);
}

static void a_server_that_closes_forgets_what_waits(void **state)
{
    test_port *port = test_server_open((linnet_endpoint_config){0});

    (void)state;
    ask_group(port, SECOND, 1);
    linnet_endpoint_clear(port->endpoint, LINNET_ECLOSED);
    test_run(port, 10 * SECOND);
    assert_int_equal(port->count, 0);
    test_port_close(port);
}

/* 224.0.1.187 */
static linnet_path to_group(void)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 224, 0, 1, 187}, .port = 5683}};

    return path;
}

static int send_to_group(test_port *port, uint64_t now, const linnet_outgoing *outgoing, linnet_exchange *exchange)
{
    linnet_path path = to_group();
    int error = linnet_endpoint_prepare(port->endpoint, now, &path, outgoing, exchange);

    return error ? error : linnet_endpoint_launch(port->endpoint, now, *exchange, 0);
}

static test_port *open_asking(test_ending *ending, linnet_exchange *exchange)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    linnet_outgoing outgoing = test_get(ending);

    outgoing.type = LINNET_NON;
    assert_int_equal(send_to_group(port, SECOND, &outgoing, exchange), 0);
    return port;
}

static void each_member_that_answers_is_heard_until_the_time_is_over(void **state)
{
    test_ending ending = {0};
    linnet_exchange exchange;
    test_port *port = open_asking(&ending, &exchange);

    (void)state;
    assert_int_equal(port->sent[0].octets[0], 0x52);
    RECEIVE(port, 2 * SECOND, 1, "\x52\x45\x00\x01tk\xffone");
    assert_int_equal(ending.count, 1);
    assert_true(ending.response.more);
    assert_int_equal(ending.response.path.peer.port, 40001);
    assert_int_equal(ending.response.round_trip_us, SECOND);
    RECEIVE(port, 3 * SECOND, 2, "\x52\x84\x00\x01tk");
    assert_int_equal(ending.count, 2);
    assert_int_equal(ending.response.message.code, LINNET_NOT_FOUND);
    RECEIVE(port, 4 * SECOND, 3, "\x52\x45\x00\x01ot\xffother token");
    assert_int_equal(ending.count, 2);
    test_run(port, 11 * SECOND - 1);
    assert_int_equal(ending.count, 2);
    test_run(port, 11 * SECOND + 20000);
    assert_int_equal(ending.count, 3);
    assert_int_equal(ending.error, LINNET_ETIMEOUT);
    assert_false(ending.response.more);
    RECEIVE(port, 12 * SECOND, 4, "\x52\x45\x00\x01tk\xfflate");
    assert_int_equal(ending.count, 3);
    assert_int_equal(port->count, 1); /* asked once, and answered by nothing */
    test_port_close(port);
}

static void a_member_is_heard_once(void **state)
{
    test_ending ending = {0};
    linnet_exchange exchange;
    test_port *port = open_asking(&ending, &exchange);

    (void)state;
    RECEIVE(port, 2 * SECOND, 1, "\x52\x45\x00\x01tk\xffone");
    RECEIVE(port, 2 * SECOND, 1, "\x52\x45\x00\x01tk\xffone");
    RECEIVE(port, 10 * SECOND, 1, "\x52\x45\x00\x02tk\xfftwo");
    assert_int_equal(ending.count, 1);
    RECEIVE(port, 10 * SECOND, 2, "\x42\x45\x00\x07tk\xff-con");
    RECEIVE(port, 10 * SECOND, 2, "\x42\x45\x00\x07tk\xff-con");
    assert_int_equal(ending.count, 2);
    assert_int_equal(port->count, 3);
    ASSERT_SENT(port, 1, "\x60\x00\x00\x07");
    ASSERT_SENT(port, 2, "\x60\x00\x00\x07");
    test_port_close(port);
}

static void a_member_that_answers_oddly_does_not_end_it_for_others(void **state)
{
    test_ending ending = {0};
    linnet_exchange exchange;
    test_port *port = open_asking(&ending, &exchange);
    linnet_path path = test_path(1);

    (void)state;
    RECEIVE(port, 2 * SECOND, 1, "\x52\x45\x00\x01tk\xd1\x16x"); /* a critical option that nobody knows */
    RECEIVE(port, 2 * SECOND, 1, "\x70\x00\x00\x01");
    RECEIVE_FOR(port, 2 * SECOND, 1, 0, "\x70\x00..");
    RECEIVE_FOR(port, 2 * SECOND, 1, 0, "\x62\x45..tk"); /* an ACK to what is not confirmable */
    linnet_endpoint_receive_truncated(port->endpoint, 2 * SECOND, &path, linnet_view("\x52\x45\x00\x01tk\xff", 7));
    assert_int_equal(ending.count, 0);
    RECEIVE(port, 2 * SECOND, 2, "\x52\x45\x00\x01tk\xffgood");
    assert_int_equal(ending.count, 1);
    assert_int_equal(ending.error, 0);
    test_port_close(port);
}

static void its_token_is_taken_until_it_ends(void **state)
{
    test_ending ending = {0}, other = {0};
    linnet_exchange exchange, second;
    test_port *port = open_asking(&ending, &exchange);
    linnet_outgoing outgoing = test_get(&other);
    linnet_path path = test_path(1);

    (void)state;
    assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &second), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, second, 0), LINNET_EEXIST);
    assert_int_equal(linnet_endpoint_cancel(port->endpoint, exchange, LINNET_ECANCELLED), 0);
    assert_int_equal(ending.error, LINNET_ECANCELLED);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, second, 0), 0);
    RECEIVE(port, 2 * SECOND, 2, "\x52\x45\x00\x01tk\xff?"); /* of the group, which nobody asks any more */
    assert_int_equal(ending.count, 1);
    assert_int_equal(other.count, 0);
    test_port_close(port);
}

static void a_group_is_not_asked_with_confirmation_and_not_observed(void **state)
{
    test_ending ending = {0};
    test_port *port = test_port_open((linnet_endpoint_config){.transmission.group_wait_ms = 100});
    linnet_outgoing outgoing = test_get(&ending);
    linnet_exchange exchange;

    (void)state;
    assert_int_equal(send_to_group(port, SECOND, &outgoing, &exchange), LINNET_EINVAL);
    outgoing.type = LINNET_NON;
    outgoing.keep = true;
    assert_int_equal(send_to_group(port, SECOND, &outgoing, &exchange), LINNET_EINVAL);
    outgoing.keep = false;
    assert_int_equal(send_to_group(port, SECOND, &outgoing, &exchange), 0);
    test_run(port, SECOND + 120000); /* how long it waits can be set */
    assert_int_equal(ending.error, LINNET_ETIMEOUT);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_to_a_group_waits_for_a_random_part_of_the_leisure),
        cmocka_unit_test(the_leisure_can_be_set),
        cmocka_unit_test(a_duplicate_of_a_group_request_is_not_served_and_not_answered),
        cmocka_unit_test(a_message_id_towards_the_group_is_not_one_towards_the_host),
        cmocka_unit_test(answers_that_wait_leave_half_of_the_exchanges_to_others),
        cmocka_unit_test(an_answer_that_comes_later_has_its_leisure_too),
        cmocka_unit_test(a_server_that_closes_forgets_what_waits),
        cmocka_unit_test(each_member_that_answers_is_heard_until_the_time_is_over),
        cmocka_unit_test(a_member_is_heard_once),
        cmocka_unit_test(a_member_that_answers_oddly_does_not_end_it_for_others),
        cmocka_unit_test(its_token_is_taken_until_it_ends),
        cmocka_unit_test(a_group_is_not_asked_with_confirmation_and_not_observed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
