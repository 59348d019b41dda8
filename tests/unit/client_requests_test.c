/* Many requests over one endpoint: NSTART, further sockets when message IDs run out, the queue, and its limits. */
#include "engine/endpoint.h"

#include <linnet/requests.h>

#include "engine_support.h"

typedef struct test_client {
    test_port *port;
    linnet_requests *requests;
    void *memory;
    uint16_t sockets; /* how many more open_socket() gives */
    uint16_t opened;
    test_ending ending; /* of all requests together */
} test_client;

static int open_socket(void *context, uint16_t socket)
{
    test_client *client = context;

    if (client->opened == client->sockets)
        return LINNET_EADDRESS;
    client->opened++;
    assert_int_equal(socket, client->opened); /* in rising order from 1 */
    return 0;
}

static test_client *open_client(linnet_limits limits, uint32_t nstart)
{
    test_client *client = calloc(1, sizeof *client);
    linnet_requests_config config = {.open_socket = open_socket, .context = client};
    size_t size;

    client->port = test_port_open((linnet_endpoint_config){.limits = limits});
    config.endpoint = client->port->endpoint;
    config.limits = limits;
    config.limits.exchanges = limits.exchanges ? limits.exchanges : 16;
    config.limits.peers = limits.peers ? limits.peers : 8;
    config.transmission.nstart = nstart;
    size = linnet_requests_memory(&config.limits);
    client->memory = calloc(1, size);
    assert_int_equal(linnet_requests_init(&client->requests, client->memory, size, &config), 0);
    return client;
}

static void close_client(test_client *client)
{
    linnet_endpoint_clear(client->port->endpoint, LINNET_ECLOSED);
    assert_int_equal(linnet_requests_pending(client->requests), 0);
    assert_int_equal(client->port->endpoint->exchanges.pool.in_use, 0);
    test_port_close(client->port);
    free(client->memory);
    free(client);
}

static linnet_outgoing get(test_client *client)
{
    return (linnet_outgoing){.code = LINNET_GET, .done = test_done, .context = &client->ending};
}

static linnet_exchange send_with(test_client *client, uint64_t now, uint16_t peer, const linnet_outgoing *outgoing)
{
    linnet_path path = test_path(peer);
    linnet_exchange exchange = 0;

    assert_int_equal(linnet_requests_send(client->requests, now, &path, outgoing, &exchange), 0);
    return exchange;
}

static linnet_exchange send_one(test_client *client, uint64_t now, uint16_t peer)
{
    linnet_outgoing outgoing = get(client);

    return send_with(client, now, peer, &outgoing);
}

/* Answers the index-th datagram, piggybacked. */
static void respond(test_client *client, uint64_t now, size_t index)
{
    const sent_datagram *sent = &client->port->sent[index];
    uint8_t datagram[64];

    assert_true(index < client->port->count);
    memcpy(datagram, sent->octets, 12);
    datagram[0] = 0x68;
    datagram[1] = LINNET_CONTENT;
    linnet_endpoint_receive(client->port->endpoint, now, &sent->path, linnet_view(datagram, 12));
}

static void acknowledge(test_client *client, uint64_t now, size_t index)
{
    const sent_datagram *sent = &client->port->sent[index];
    uint8_t datagram[] = {0x60, 0, sent->octets[2], sent->octets[3]};

    assert_true(index < client->port->count);
    linnet_endpoint_receive(client->port->endpoint, now, &sent->path, linnet_view(datagram, 4));
}

/* The separate response to the index-th datagram. */
static void respond_separately(test_client *client, uint64_t now, size_t index)
{
    const sent_datagram *sent = &client->port->sent[index];
    uint8_t datagram[12] = {0x58, LINNET_CONTENT, 0x99, (uint8_t)index};

    memcpy(datagram + 4, sent->octets + 4, 8);
    linnet_endpoint_receive(client->port->endpoint, now, &sent->path, linnet_view(datagram, 12));
}

static void to_one_peer_one_request_is_outstanding_and_the_others_wait(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        send_one(client, SECOND, 1);
    send_one(client, SECOND, 2); /* another peer does not wait */
    assert_int_equal(client->port->count, 2);
    assert_int_equal(linnet_requests_pending(client->requests), 5);
    respond(client, 2 * SECOND, 0);
    assert_int_equal(client->port->count, 3);
    respond(client, 3 * SECOND, 2);
    assert_int_equal(client->port->count, 4);
    respond(client, 3 * SECOND, 3);
    respond(client, 3 * SECOND, 4);
    assert_int_equal(client->ending.count, 4);
    assert_int_equal(linnet_requests_pending(client->requests), 1);
    close_client(client);
}

static void nstart_is_a_setting_of_the_client_and_of_a_request(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 3);
    linnet_outgoing outgoing = get(client);

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        send_one(client, SECOND, 1);
    assert_int_equal(client->port->count, 3);
    outgoing.transmission.nstart = 8;
    send_with(client, SECOND, 1, &outgoing); /* not past those that wait */
    assert_int_equal(client->port->count, 3);
    send_with(client, SECOND, 2, &outgoing);
    send_with(client, SECOND, 2, &outgoing);
    assert_int_equal(client->port->count, 5);
    close_client(client);
}

static void an_acknowledgement_lets_the_next_one_go(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        send_one(client, SECOND, 1);
    acknowledge(client, 2 * SECOND, 0);
    assert_int_equal(client->port->count, 2);
    acknowledge(client, 2 * SECOND, 0);
    assert_int_equal(client->port->count, 2);
    respond_separately(client, 3 * SECOND, 0); /* no more goes out for that */
    assert_int_equal(client->port->count, 2);
    respond(client, 3 * SECOND, 1);
    assert_int_equal(client->port->count, 3);
    close_client(client);
}

/* Its record was given back when the second ended, and once more when the first did: then two peers were one. */
static void a_peer_lives_as_long_as_a_request_that_was_acknowledged(void **state)
{
    test_client *client = open_client((linnet_limits){.peers = 2}, 0);

    (void)state;
    send_one(client, SECOND, 1);
    acknowledge(client, SECOND, 0);
    send_one(client, SECOND, 1);
    respond(client, SECOND, 1);
    send_one(client, SECOND, 2); /* would take the record of peer 1 */
    respond_separately(client, SECOND, 0);
    send_one(client, SECOND, 3);
    send_one(client, SECOND, 2);
    assert_int_equal(client->port->count, 4);
    respond(client, SECOND, 2);
    assert_int_equal(client->port->count, 5);
    respond(client, SECOND, 3);
    respond(client, SECOND, 4);
    assert_int_equal(client->ending.count, 5);
    assert_int_equal(linnet_requests_pending(client->requests), 0);
    close_client(client);
}

static void a_non_confirmable_request_holds_the_next_for_one_timeout(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);
    linnet_outgoing outgoing = get(client);

    (void)state;
    outgoing.type = LINNET_NON;
    outgoing.transmission.probing_rate = LINNET_ANY_RATE;
    send_with(client, SECOND, 1, &outgoing);
    send_with(client, SECOND, 1, &outgoing);
    assert_int_equal(client->port->count, 1);
    test_run(client->port, SECOND + 2 * SECOND - 2000);
    assert_int_equal(client->port->count, 1);
    test_run(client->port, SECOND + 3 * SECOND + 2000);
    assert_int_equal(client->port->count, 2);
    close_client(client);
}

static void a_request_can_be_cancelled_while_it_waits(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);
    linnet_exchange queued[3];

    (void)state;
    send_one(client, SECOND, 1);
    for (unsigned i = 0; i < 3; i++)
        queued[i] = send_one(client, SECOND, 1);
    assert_int_equal(linnet_requests_cancel(client->requests, queued[1], LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_requests_cancel(client->requests, queued[1], LINNET_ECANCELLED), LINNET_ENOENT);
    assert_int_equal(client->ending.count, 1);
    assert_int_equal(linnet_requests_cancel(client->requests, queued[2], LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_requests_cancel(client->requests, queued[0], LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_requests_pending(client->requests), 1);
    respond(client, 2 * SECOND, 0);
    assert_int_equal(client->ending.count, 4);
    assert_int_equal(client->port->count, 1);
    close_client(client);
}

/* The one who cancels does not say what time it is; the times of the next request must not start in the past. */
static void after_a_cancel_the_next_one_goes_at_the_next_advance(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);
    linnet_exchange first = send_one(client, SECOND, 1);

    (void)state;
    acknowledge(client, SECOND, 0);
    first = send_one(client, SECOND, 1);
    send_one(client, SECOND, 1);
    assert_true(linnet_requests_deadline(client->requests) == UINT64_MAX);
    assert_int_equal(linnet_requests_cancel(client->requests, first, LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_requests_deadline(client->requests), 0);
    assert_int_equal(client->port->count, 2);
    linnet_requests_advance(client->requests, 100 * SECOND);
    assert_true(linnet_requests_deadline(client->requests) == UINT64_MAX);
    assert_int_equal(client->port->count, 3);
    test_run(client->port, 101 * SECOND);
    assert_int_equal(client->port->count, 3);
    close_client(client);
}

static void a_request_that_waits_too_long_ends_at_its_deadline(void **state)
{
    test_client *client = open_client((linnet_limits){0}, 0);
    linnet_outgoing outgoing = get(client);

    (void)state;
    send_one(client, SECOND, 1);
    outgoing.deadline = 5 * SECOND;
    send_with(client, SECOND, 1, &outgoing);
    test_run(client->port, 6 * SECOND);
    assert_int_equal(client->ending.count, 1);
    assert_int_equal(client->ending.error, LINNET_ETIMEOUT);
    test_run(client->port, 100 * SECOND);
    assert_int_equal(client->ending.count, 2);
    close_client(client);
}

static void each_limit_of_peers_and_exchanges_holds_and_gives_way(void **state)
{
    (void)state;
    for (uint32_t limit = 1; limit <= 6; limit++) {
        test_client *client = open_client((linnet_limits){.exchanges = 6, .peers = limit}, 0);
        linnet_outgoing outgoing = get(client);
        linnet_path path = test_path(99);
        for (uint16_t peer = 0; peer < limit; peer++)
            send_one(client, SECOND, peer);
        assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), LINNET_EBUSY);
        for (uint32_t more = limit; more < 6; more++)
            send_one(client, SECOND, 0);
        path = test_path(0);
        assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), LINNET_EBUSY);
        assert_int_equal(linnet_requests_pending(client->requests), 6);
        respond(client, SECOND, limit - 1);
        if (limit > 1)
            send_one(client, SECOND, 99); /* a peer's record was given back */
        test_run(client->port, 400 * SECOND);
        assert_int_equal(client->ending.count, limit > 1 ? 7 : 6);
        assert_int_equal(linnet_requests_pending(client->requests), 0);
        close_client(client);
    }
}

static void a_request_that_cannot_be_sent_leaves_nothing_behind(void **state)
{
    test_client *client = open_client((linnet_limits){.peers = 1}, 2);
    linnet_outgoing outgoing = get(client);
    linnet_path path = test_path(1);

    (void)state;
    outgoing.done = NULL;
    assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), LINNET_EINVAL);
    outgoing = get(client);
    outgoing.has_token = true;
    assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), 0);
    assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), LINNET_EEXIST);
    assert_int_equal(client->ending.count, 0);
    linnet_endpoint_clear(client->port->endpoint, LINNET_ECLOSED);
    assert_int_equal(client->ending.count, 1);
    assert_int_equal(linnet_requests_send(client->requests, SECOND, &path, &outgoing, NULL), LINNET_ECLOSED);
    close_client(client);
}

/* Asks and is answered at once, until the message IDs of the client end; how many it took. */
static unsigned spend_ids(test_client *client, uint64_t now)
{
    unsigned count = 0;

    for (;; count++) {
        client->port->count = 0;
        send_one(client, now, 1);
        if (client->port->count == 0)
            return count;
        respond(client, now, 0);
    }
}

static void when_message_ids_run_out_further_sockets_are_opened_and_then_it_waits(void **state)
{
    test_client *client = open_client((linnet_limits){.source_ports = 3, .message_id_spaces = 64}, 0);
    unsigned count;

    (void)state;
    client->sockets = 5; /* more than the limit */
    count = spend_ids(client, SECOND);
    assert_int_equal(client->opened, 2);
    assert_in_range(count, 3 * 61440, 3 * 65536);
    assert_in_range(linnet_requests_deadline(client->requests), 248 * SECOND, 252 * SECOND);
    linnet_requests_advance(client->requests, 240 * SECOND);
    assert_int_equal(client->port->count, 0);
    assert_int_equal(linnet_requests_pending(client->requests), 1);
    test_run(client->port, 250 * SECOND);
    assert_int_equal(client->ending.error, LINNET_ETIMEOUT);
    linnet_requests_advance(client->requests, 250 * SECOND);
    send_one(client, 252 * SECOND, 1); /* the lifetime is over */
    assert_int_equal(client->port->count, 1);
    close_client(client);
}

static void what_waits_for_a_message_id_goes_on_after_the_lifetime(void **state)
{
    test_client *client = open_client((linnet_limits){.source_ports = 1}, 0);
    linnet_outgoing outgoing = get(client);
    uint64_t now;

    (void)state;
    spend_ids(client, SECOND); /* the last of these waits */
    outgoing.deadline = 1000 * SECOND;
    send_with(client, SECOND, 1, &outgoing);
    now = linnet_requests_deadline(client->requests);
    assert_in_range(now, 248 * SECOND, 252 * SECOND);
    linnet_requests_advance(client->requests, now - 1);
    assert_int_equal(client->port->count, 0);
    linnet_requests_advance(client->requests, now);
    assert_int_equal(client->port->count, 1);
    respond(client, now, 0);
    assert_int_equal(client->port->count, 2);
    respond(client, now, 1);
    assert_int_equal(linnet_requests_pending(client->requests), 0);
    assert_int_equal(client->opened, 0);
    close_client(client);
}

/* A handler that sends the next request to the same peer. */
typedef struct chain {
    test_client *client;
    int left;
} chain;

static void send_next(const linnet_response *response, void *context)
{
    chain *links = context;
    linnet_outgoing outgoing = {.code = LINNET_GET, .done = send_next, .context = links};
    linnet_path path = test_path(1);

    assert_true(response->error == 0 || response->error == LINNET_ECLOSED);
    if (links->left-- > 0)
        assert_int_equal(linnet_requests_send(links->client->requests, SECOND, &path, &outgoing, NULL),
                         response->error);
}

static void a_handler_may_send_the_next_request(void **state)
{
    test_client *client = open_client((linnet_limits){.exchanges = 1, .peers = 1}, 0);
    chain links = {client, 20};
    linnet_outgoing outgoing = {.code = LINNET_GET, .done = send_next, .context = &links};

    (void)state;
    send_with(client, SECOND, 1, &outgoing);
    for (size_t i = 0; i < 10; i++)
        respond(client, SECOND, i);
    assert_int_equal(client->port->count, 11);
    linnet_endpoint_clear(client->port->endpoint, LINNET_ECLOSED);
    assert_int_equal(links.left, 9);
    close_client(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(to_one_peer_one_request_is_outstanding_and_the_others_wait),
        cmocka_unit_test(nstart_is_a_setting_of_the_client_and_of_a_request),
        cmocka_unit_test(an_acknowledgement_lets_the_next_one_go),
        cmocka_unit_test(a_peer_lives_as_long_as_a_request_that_was_acknowledged),
        cmocka_unit_test(a_non_confirmable_request_holds_the_next_for_one_timeout),
        cmocka_unit_test(a_request_can_be_cancelled_while_it_waits),
        cmocka_unit_test(after_a_cancel_the_next_one_goes_at_the_next_advance),
        cmocka_unit_test(a_request_that_waits_too_long_ends_at_its_deadline),
        cmocka_unit_test(each_limit_of_peers_and_exchanges_holds_and_gives_way),
        cmocka_unit_test(a_request_that_cannot_be_sent_leaves_nothing_behind),
        cmocka_unit_test(when_message_ids_run_out_further_sockets_are_opened_and_then_it_waits),
        cmocka_unit_test(what_waits_for_a_message_id_goes_on_after_the_lifetime),
        cmocka_unit_test(a_handler_may_send_the_next_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
