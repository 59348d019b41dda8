/* Message IDs that are known before their request is sent: each goes out as it was promised, once, and lives for
 * EXCHANGE_LIFETIME from then on (RFC 7252 4.4). */
#include "engine/endpoint.h"

#include "engine_support.h"

static uint16_t reserve(test_port *port, uint64_t now)
{
    linnet_path path = test_path(1);
    uint16_t id;

    assert_int_equal(linnet_endpoint_reserve_id(port->endpoint, now, &path, &id), 0);
    return id;
}

static linnet_exchange prepare(test_port *port, test_ending *ending, const char *token, uint16_t id)
{
    linnet_path path = test_path(1);
    linnet_outgoing outgoing = test_get(ending);
    linnet_exchange exchange;

    outgoing.token = linnet_text(token);
    outgoing.has_id = true;
    outgoing.id = id;
    assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), 0);
    return exchange;
}

static void a_reserved_id_is_sent_whatever_was_sent_in_between(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0}, between = {0};
    linnet_outgoing other = test_get(&between);
    uint16_t id = reserve(port, SECOND);
    linnet_exchange exchange = prepare(port, &ending, "a", id);

    (void)state;
    test_send_request(port, SECOND, 1, &other);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, 2 * SECOND, exchange, 0), 0);
    assert_int_equal(sent_id(port, 0), (uint16_t)(id + 1));
    assert_int_equal(sent_id(port, 1), id);
    uint8_t response[] = {0x61, LINNET_CONTENT, (uint8_t)(id >> 8), (uint8_t)id, 'a'};
    test_receive(port, 3 * SECOND, 1, response, sizeof response);
    assert_int_equal(ending.count, 1);
    assert_int_equal(ending.error, 0);
    test_port_close(port);
}

static void a_reserved_id_leaves_by_the_socket_that_it_was_reserved_for(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_exchange exchange = prepare(port, &ending, "a", reserve(port, SECOND));

    (void)state;
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 3), 0);
    assert_int_equal(port->sent[0].path.socket, 0);
    test_port_close(port);
}

static void an_id_that_is_in_flight_is_not_sent_a_second_time(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending first = {0}, second = {0};
    uint16_t id = reserve(port, SECOND);
    linnet_exchange one = prepare(port, &first, "a", id), two = prepare(port, &second, "b", id);

    (void)state;
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, one, 0), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, two, 0), LINNET_EEXIST);
    assert_int_equal(port->count, 1);
    assert_int_equal(linnet_endpoint_cancel(port->endpoint, one, LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, two, 0), 0);
    test_port_close(port);
}

/* The lifetime counts from the first transmission, not from when the number was told. */
static void an_id_sent_late_is_free_again_only_a_lifetime_after_that(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    test_ending ending = {0};
    linnet_path path = test_path(1);
    uint16_t id = reserve(port, SECOND), next = id;
    linnet_exchange exchange;

    (void)state;
    while ((uint16_t)(next & 0xf000) == (uint16_t)(id & 0xf000)) /* the rest of its segment is used now */
        next = reserve(port, SECOND);
    exchange = prepare(port, &ending, "a", id);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, 200 * SECOND, exchange, 0), 0);
    while (linnet_endpoint_reserve_id(port->endpoint, 300 * SECOND, &path, &next) == 0)
        assert_true((next & 0xf000) != (id & 0xf000));
    assert_int_equal(linnet_endpoint_reserve_id(port->endpoint, 449 * SECOND, &path, &next), 0);
    test_port_close(port);
}

static void when_all_are_used_none_can_be_reserved(void **state)
{
    test_port *port = test_port_open((linnet_endpoint_config){0});
    linnet_path path = test_path(1);
    unsigned count = 0;
    uint16_t id;

    (void)state;
    while (linnet_endpoint_reserve_id(port->endpoint, SECOND, &path, &id) == 0)
        count++;
    assert_in_range(count, 61440, 65536);
    assert_int_equal(linnet_endpoint_reserve_id(port->endpoint, SECOND, &path, &id), LINNET_EMESSAGEID);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reserved_id_is_sent_whatever_was_sent_in_between),
        cmocka_unit_test(a_reserved_id_leaves_by_the_socket_that_it_was_reserved_for),
        cmocka_unit_test(an_id_that_is_in_flight_is_not_sent_a_second_time),
        cmocka_unit_test(an_id_sent_late_is_free_again_only_a_lifetime_after_that),
        cmocka_unit_test(when_all_are_used_none_can_be_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
