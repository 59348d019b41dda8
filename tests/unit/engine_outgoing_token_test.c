/* Requests of ours with a token of more than eight octets (RFC 8974), for servers that take them. */
#include "engine_support.h"

#include "wire/header.h"

#define LONGEST 400u

static uint8_t octets[LONGEST + 1];

static test_port *open_for(uint32_t token_size)
{
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 13 + 5);
    return test_port_open((linnet_endpoint_config){.limits.token_size = token_size});
}

static void send_with(test_port *port, test_ending *ending, uint64_t now, size_t size)
{
    linnet_outgoing outgoing = test_get(ending);

    outgoing.token = linnet_view(octets, size);
    port->count = 0;
    *ending = (test_ending){0};
    (void)test_send_request(port, now, 1, &outgoing);
    assert_int_equal(port->count, 1);
    assert_int_equal(port->sent[0].size, linnet_header_size(size));
}

static void respond(test_port *port, uint64_t now, linnet_type type, linnet_bytes token)
{
    uint8_t datagram[LONGEST + 16];
    linnet_writer writer;

    linnet_writer_begin(&writer, datagram, sizeof datagram, type, LINNET_CONTENT, sent_id(port, 0), token);
    linnet_writer_payload(&writer, linnet_text("hello"));
    test_receive(port, now, 1, datagram, (size_t)linnet_writer_end(&writer));
}

static void a_response_is_matched_by_the_whole_token(void **state)
{
    test_port *port = open_for(LONGEST);
    uint64_t now = SECOND;
    test_ending ending;

    (void)state;
    for (size_t size = 0; size <= LONGEST; size += size < 20 ? 1 : 19, now += SECOND) {
        send_with(port, &ending, now, size);
        for (size_t wrong = 0; wrong < size; wrong += 7) {
            octets[wrong] ^= 1u;
            respond(port, now, LINNET_ACK, linnet_view(octets, size));
            octets[wrong] ^= 1u;
            assert_int_equal(ending.count, 0);
        }
        respond(port, now, LINNET_ACK, linnet_view(octets, size > 0 ? size - 1 : 1));
        assert_int_equal(ending.count, 0);
        respond(port, now, size % 2 ? LINNET_ACK : LINNET_NON, linnet_view(octets, size));
        assert_int_equal(ending.count, 1);
        assert_int_equal(ending.error, 0);
        assert_string_equal(ending.payload, "hello");
    }
    test_port_close(port);
}

/* RFC 8974 2.2: what a server answers that does not take it. */
static void a_reset_ends_the_request(void **state)
{
    test_port *port = open_for(LONGEST);
    test_ending ending;

    (void)state;
    send_with(port, &ending, SECOND, 20);
    RECEIVE_FOR(port, SECOND, 1, 0, "\x70\x00\x00\x00");
    assert_int_equal(ending.count, 1);
    assert_int_equal(ending.error, LINNET_ERESET);
    test_port_close(port);
}

static void a_token_above_the_limit_is_not_sent(void **state)
{
    static const uint32_t limits[] = {0, 8, 9, 12, 13, 268, 269, LONGEST};
    linnet_path path = test_path(1);
    linnet_exchange exchange;
    test_ending ending;

    (void)state;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        test_port *port = open_for(limits[i]);
        linnet_outgoing outgoing = test_get(&ending);
        outgoing.token = linnet_view(octets, (limits[i] ? limits[i] : LINNET_TOKEN_MAX) + 1u);
        assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), LINNET_EINVAL);
        outgoing.token.size--;
        assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), 0);
        test_port_close(port);
    }
}

static void tokens_are_made_of_eight_octets_all_the_same(void **state)
{
    test_port *port = open_for(LONGEST);
    test_ending ending = {0};
    linnet_outgoing outgoing = test_get(&ending);

    (void)state;
    outgoing.has_token = false;
    (void)test_send_request(port, SECOND, 1, &outgoing);
    assert_int_equal(port->sent[0].size, 4 + LINNET_TOKEN_MAX);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_matched_by_the_whole_token),
        cmocka_unit_test(a_reset_ends_the_request),
        cmocka_unit_test(a_token_above_the_limit_is_not_sent),
        cmocka_unit_test(tokens_are_made_of_eight_octets_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
