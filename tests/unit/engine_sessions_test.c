/* What the core keeps by peer is kept apart by session: the session is part of the endpoint (RFC 7252 4.1). */
#include "engine_support.h"

static const uint8_t get[] = {0x41, 0x01, 0x12, 0x34, 0x77};

static void receive_by(test_port *port, uint64_t now, uint32_t session, const void *octets, size_t size)
{
    linnet_path path = test_path(1);
    path.peer.session = session;
    linnet_endpoint_receive(port->endpoint, now, &path, linnet_view(octets, size));
}

static test_port *open_server(void)
{
    linnet_endpoint_config config = {.serve = test_serve};
    return test_port_open(config);
}

/* The answer that one session was given is not repeated to another that happens to use its message ID. */
static void one_id_in_two_sessions_is_two_requests(void **state)
{
    test_port *port = open_server();
    (void)state;
    receive_by(port, SECOND, 0, get, sizeof get);
    receive_by(port, SECOND, 1, get, sizeof get);
    receive_by(port, SECOND, 2, get, sizeof get);
    assert_int_equal(port->served, 3);
    receive_by(port, SECOND, 1, get, sizeof get);
    assert_int_equal(port->served, 3);
    assert_int_equal(port->count, 4);
    assert_int_equal(port->sent[3].path.peer.session, 1);
    test_port_close(port);
}

typedef struct ended {
    unsigned calls;
    int error;
} ended;

static void on_response(const linnet_response *response, void *context)
{
    ended *end = context;
    end->calls++;
    end->error = response->error;
}

/* Neither a response nor a reset of another session, or of none, ends a request; that of its own does. */
static void a_request_is_answered_by_its_own_session_alone(void **state)
{
    test_port *port = open_server();
    linnet_path path = test_path(1);
    linnet_exchange exchange;
    ended end = {0};
    linnet_outgoing outgoing = {.code = LINNET_GET,
                                .type = LINNET_CON,
                                .has_token = true,
                                .token = linnet_text("tok"),
                                .done = on_response,
                                .context = &end};
    (void)state;
    path.peer.session = 7;
    assert_int_equal(linnet_endpoint_prepare(port->endpoint, SECOND, &path, &outgoing, &exchange), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, SECOND, exchange, 0), 0);
    assert_int_equal(port->sent[0].path.peer.session, 7);
    const uint8_t *sent = port->sent[0].octets;
    const uint8_t answer[] = {0x63, 0x45, sent[2], sent[3], 't', 'o', 'k'};
    const uint8_t reset[] = {0x70, 0, sent[2], sent[3]};
    for (uint32_t session = 0; session < 20; session++) {
        if (session == 7)
            continue;
        receive_by(port, SECOND, session, answer, sizeof answer);
        receive_by(port, SECOND, session, reset, sizeof reset);
    }
    assert_int_equal(end.calls, 0);
    receive_by(port, SECOND, 7, answer, sizeof answer);
    assert_int_equal(end.calls, 1);
    assert_int_equal(end.error, 0);
    test_port_close(port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_id_in_two_sessions_is_two_requests),
        cmocka_unit_test(a_request_is_answered_by_its_own_session_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
