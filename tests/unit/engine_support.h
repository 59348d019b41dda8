/* A port for tests: keeps every datagram that the endpoint sends, and random numbers that repeat from run to run. The
 * slot is overwritten after each sending, so nobody can go on reading what is no longer his. */
#ifndef TEST_ENGINE_SUPPORT_H
#define TEST_ENGINE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linnet/endpoint.h>
#include <linnet/error.h>

#define SENT_MAX 64
#define SECOND UINT64_C(1000000)

typedef struct sent_datagram {
    linnet_path path;
    size_t size;
    uint8_t octets[1500];
} sent_datagram;

typedef struct test_port {
    sent_datagram sent[SENT_MAX];
    size_t count; /* of all that was sent; the first SENT_MAX are kept */
    uint8_t slot[1500];
    size_t slot_size; /* 0: the whole; else what slot() says it has */
    bool no_slots;
    uint64_t random;
    linnet_endpoint *endpoint;
    void *memory;
    int served;               /* calls of the handler */
    linnet_exchange deferred; /* what test_serve() has deferred last */
    bool defer;               /* whether it shall */
    size_t answer_size;       /* of its payload; 0: "hello" */
} test_port;

static inline uint8_t *test_slot(void *context, size_t *capacity)
{
    test_port *port = context;

    *capacity = port->slot_size ? port->slot_size : sizeof port->slot;
    return port->no_slots ? NULL : port->slot;
}

static inline void test_send(void *context, const linnet_path *path, size_t size)
{
    test_port *port = context;

    if (port->count < SENT_MAX) {
        sent_datagram *sent = &port->sent[port->count];
        sent->path = *path;
        sent->size = size;
        memcpy(sent->octets, port->slot, size);
    }
    assert_in_range(size, 4, sizeof port->slot);
    memset(port->slot, 0xee, sizeof port->slot);
    port->count++;
}

static inline void test_random(void *context, void *out, size_t size)
{
    test_port *port = context;
    uint8_t *at = out;

    while (size-- > 0) {
        port->random = port->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *at++ = (uint8_t)(port->random >> 56);
    }
}

/* Opens an endpoint with small limits where `config` says nothing. */
static inline test_port *test_port_open(linnet_endpoint_config config)
{
    test_port *port = calloc(1, sizeof *port);
    size_t size;

    if (!config.limits.exchanges)
        config.limits.exchanges = 16;
    if (!config.limits.answer_log_size)
        config.limits.answer_log_size = 8192;
    if (!config.limits.answer_log_index)
        config.limits.answer_log_index = 64;
    if (!config.limits.executed_requests)
        config.limits.executed_requests = 64;
    if (!config.limits.message_id_spaces)
        config.limits.message_id_spaces = 4;
    config.port = (linnet_port){port, test_slot, test_send, test_random};
    if (!config.serve_context)
        config.serve_context = port;
    size = linnet_endpoint_memory(&config.limits);
    port->memory = calloc(1, size);
    port->random = 42;
    assert_int_equal(linnet_endpoint_init(&port->endpoint, port->memory, size, &config), 0);
    return port;
}

static inline void test_port_close(test_port *port)
{
    free(port->memory);
    free(port);
}

/* A peer by number: 192.0.2.1 and its port. */
static inline linnet_path test_path(uint16_t number)
{
    linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}};

    path.peer.port = (uint16_t)(40000 + number);
    return path;
}

static inline void test_receive(test_port *port, uint64_t now, uint16_t peer, const void *octets, size_t size)
{
    linnet_path path = test_path(peer);

    linnet_endpoint_receive(port->endpoint, now, &path, linnet_view(octets, size));
}

/* Answers 2.05 "hello", or `answer_size` octets, or later. */
static inline void test_serve(void *context, linnet_incoming *incoming)
{
    test_port *port = context;
    size_t size = port->answer_size ? port->answer_size : 5;

    port->served++;
    if (port->defer && !incoming->exchange) {
        incoming->code =
            linnet_endpoint_defer(incoming, &port->deferred) == 0 ? LINNET_EMPTY : LINNET_SERVICE_UNAVAILABLE;
        return;
    }
    assert_true(size < incoming->capacity);
    memset(incoming->body, 'x', size + 1);
    if (!port->answer_size)
        memcpy(incoming->body + 1, "hello", 5);
    incoming->body[0] = 0xff;
    incoming->size = size + 1;
    incoming->code = LINNET_CONTENT;
}

/* How a request ended: for linnet_outgoing.done. */
typedef struct test_ending {
    int count; /* of calls */
    int error;
    linnet_response response; /* its views are dead */
    size_t payload_size;
    char payload[64];
    int released;
} test_ending;

static inline void test_done(const linnet_response *response, void *context)
{
    test_ending *ending = context;

    ending->count++;
    ending->error = response->error;
    ending->response = *response;
    ending->payload_size = response->message.payload.size;
    if (ending->payload_size > 0 && ending->payload_size < sizeof ending->payload)
        memcpy(ending->payload, response->message.payload.data, ending->payload_size);
}

static inline void test_released(void *context) { ((test_ending *)context)->released++; }

/* A GET with token "tk", to be changed as needed. */
static inline linnet_outgoing test_get(test_ending *ending)
{
    linnet_outgoing outgoing = {.code = LINNET_GET, .has_token = true, .done = test_done, .context = ending};

    outgoing.token = linnet_text("tk");
    outgoing.released = test_released;
    return outgoing;
}

/* Prepares and launches from socket 0; the message is to be found in port->sent. */
static inline linnet_exchange test_send_request(test_port *port, uint64_t now, uint16_t peer,
                                                const linnet_outgoing *outgoing)
{
    linnet_path path = test_path(peer);
    linnet_exchange exchange = 0;

    assert_int_equal(linnet_endpoint_prepare(port->endpoint, now, &path, outgoing, &exchange), 0);
    assert_int_equal(linnet_endpoint_launch(port->endpoint, now, exchange, 0), 0);
    return exchange;
}

/* Opens an endpoint that serves with test_serve(). */
static inline test_port *test_server_open(linnet_endpoint_config config)
{
    config.serve = test_serve;
    return test_port_open(config);
}

/* Advances as a loop would: at each deadline, to `until`. */
static inline void test_run(test_port *port, uint64_t until)
{
    while (linnet_endpoint_deadline(port->endpoint) <= until)
        linnet_endpoint_advance(port->endpoint, linnet_endpoint_deadline(port->endpoint));
    linnet_endpoint_advance(port->endpoint, until);
}

/* For string literals with octets in them. */
#define RECEIVE(port, now, peer, literal) test_receive(port, now, peer, literal, sizeof(literal) - 1)

static inline void assert_sent(const test_port *port, size_t index, const void *octets, size_t size)
{
    assert_true(index < port->count);
    assert_int_equal(port->sent[index].size, size);
    assert_memory_equal(port->sent[index].octets, octets, size);
}
/* The message ID of what was sent. */
static inline uint16_t sent_id(const test_port *port, size_t index)
{
    return (uint16_t)(port->sent[index].octets[2] << 8 | port->sent[index].octets[3]);
}

/* Receives a datagram whose message ID (octets 2 and 3) is that of what was sent as number `index`. */
static inline void test_receive_for(test_port *port, uint64_t now, uint16_t peer, size_t index, const void *octets,
                                    size_t size)
{
    uint8_t datagram[256];

    assert_in_range(size, 4, sizeof datagram);
    memcpy(datagram, octets, size);
    memcpy(datagram + 2, port->sent[index].octets + 2, 2);
    test_receive(port, now, peer, datagram, size);
}
#define RECEIVE_FOR(port, now, peer, index, literal)                                                                   \
    test_receive_for(port, now, peer, index, literal, sizeof(literal) - 1)

#define ASSERT_SENT(port, index, literal) assert_sent(port, index, literal, sizeof(literal) - 1)

#endif
