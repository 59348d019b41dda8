/*
 * A live endpoint in both roles, with hardly any memory, fed with what a peer, a program and the clock can do: the
 * input is a list of operations, each an octet and what it needs. What must hold:
 *
 *  - each request ends exactly once;
 *  - everything that is sent is a well-formed message, of a kind that may be sent;
 *  - a slot is written only between its being given and being sent, and within its size;
 *  - an operation sends little; after an advance nothing is due;
 *  - at the end nothing is left in any pool.
 */
#include "engine/endpoint.h"

#include <linnet/echo.h>
#include <linnet/error.h>
#include <linnet/requests.h>
#include <linnet/site.h>
#include <stdlib.h>

#define MEMORY 65536u
#define REQUESTS 64u
#define SENT 8u
#define SLOT 64u
#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

typedef struct fuzz_request {
    linnet_exchange exchange;
    bool ended;
} fuzz_request;

typedef struct fuzz_sent {
    linnet_path path;
    size_t size;
    uint8_t octets[SLOT];
} fuzz_sent;

/* One run. */
static struct {
    const uint8_t *at, *end; /* the rest of the input */
    uint64_t now, random;
    linnet_endpoint *endpoint;
    linnet_requests *requests;
    uint8_t *slot;
    fuzz_request request[REQUESTS];
    size_t request_count;
    linnet_exchange deferred[REQUESTS];
    size_t deferred_count;
    fuzz_sent sent[SENT]; /* the last ones */
    size_t sent_count;
    linnet_site site;
    struct linnet_resource stored, core;
    struct linnet_resource *buckets[2];
    uint8_t value[32];
} run;

static uint64_t endpoint_memory[MEMORY / sizeof(uint64_t)];
static uint64_t requests_memory[MEMORY / sizeof(uint64_t)];
static uint64_t echo_memory[64];
static const linnet_resource_config stored_config = {.stored = true, .writable = true, .title = "s"};

static uint8_t take(void) { return run.at < run.end ? *run.at++ : 0; }

static linnet_bytes take_bytes(size_t most)
{
    size_t size = take() % (most + 1);
    linnet_bytes bytes;

    if (size > (size_t)(run.end - run.at))
        size = (size_t)(run.end - run.at);
    bytes = linnet_view(run.at, size);
    run.at += size;
    return bytes;
}

/* Each slot is memory of its own, so that the sanitizer sees whoever writes at the wrong time or place. */
static void drop_slot(void)
{
    free(run.slot);
    run.slot = NULL;
}

static uint8_t *give_slot(void *context, size_t *capacity)
{
    (void)context;
    drop_slot();
    run.random++;
    if (run.random % 61 == 0)
        return NULL;
    run.slot = malloc(SLOT);
    CHECK(run.slot);
    *capacity = SLOT;
    return run.slot;
}

/* RFC 7252 4.1 to 4.3: which codes each type may have. */
static void check_message(linnet_bytes datagram)
{
    linnet_message message;

    CHECK(linnet_message_parse(&message, datagram) == 0);
    CHECK(message.type != LINNET_RST || message.code == LINNET_EMPTY);
    CHECK(message.type != LINNET_ACK || !linnet_code_is_request(message.code));
    CHECK(message.type != LINNET_NON || message.code != LINNET_EMPTY);
}

static void send_slot(void *context, const linnet_path *path, size_t size)
{
    fuzz_sent *sent = &run.sent[run.sent_count++ % SENT];

    (void)context;
    CHECK(run.slot && size <= SLOT && !(path->flags & LINNET_PATH_MULTICAST));
    check_message(linnet_view(run.slot, size));
    sent->path = *path;
    sent->size = size;
    memcpy(sent->octets, run.slot, size);
    drop_slot();
}

static void fill_random(void *context, void *out, size_t size)
{
    uint8_t *at = out;

    (void)context;
    while (size-- > 0) {
        run.random = run.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *at++ = (uint8_t)(run.random >> 56);
    }
}

static void end_request(const linnet_response *response, void *context);

/* Whatever the input says: to one of four peers, in any form. */
static void send_request(void)
{
    fuzz_request *request = &run.request[run.request_count];
    uint8_t choice = take();
    linnet_path path = {.peer = {.port = choice & 3}};
    linnet_outgoing outgoing = {.done = end_request, .context = request};

    if (run.request_count == REQUESTS)
        return;
    outgoing.type = choice & 4 ? LINNET_NON : LINNET_CON;
    outgoing.code = take() & 7;
    outgoing.has_token = choice & 8;
    if (outgoing.has_token)
        outgoing.token = take_bytes(2);
    if (choice & 16)
        outgoing.options = take_bytes(SLOT);
    if (choice & 32)
        outgoing.payload = take_bytes(SLOT);
    outgoing.transmission.nstart = choice >> 6;
    outgoing.deadline = outgoing.payload.size == 1 ? run.now + 3000000 : 0;
    run.request_count++;
    if (linnet_requests_send(run.requests, run.now, &path, &outgoing, &request->exchange) != 0)
        request->ended = true; /* it never began */
}

static void end_request(const linnet_response *response, void *context)
{
    fuzz_request *request = context;

    CHECK(!request->ended);
    request->ended = true;
    if (response->error == 0) /* all of it can be read */
        (void)linnet_options_check(response->message.options), (void)linnet_utf8_valid(response->message.payload);
    if (response->error != LINNET_ECLOSED && response->message.payload.size == 3)
        send_request();
}

/* The message ID says what the handler does. */
static void serve(void *context, linnet_incoming *incoming)
{
    unsigned how = incoming->message->id & 7;

    (void)context;
    CHECK(incoming->capacity <= SLOT);
    if (how == 0 && run.deferred_count < REQUESTS && !incoming->exchange &&
        linnet_endpoint_defer(incoming, &run.deferred[run.deferred_count]) == 0) {
        run.deferred_count++;
        return;
    }
    if (how == 1)
        return;
    if (how == 2)
        send_request();
    if (how >= 5) {
        linnet_site_serve(&run.site, incoming);
        return;
    }
    incoming->size = how == 3 ? incoming->capacity : 2;
    memset(incoming->body, 'x', incoming->size);
    incoming->body[0] = 0xff;
    incoming->code = LINNET_CONTENT;
}

static linnet_path take_path(void)
{
    uint8_t choice = take();
    linnet_path path = {.peer = {.port = choice & 3}, .socket = choice >> 2 & 1};

    path.flags = (choice & 0xf8) == 0xf8 ? LINNET_PATH_MULTICAST : 0;
    return path;
}

/* An answer to what was sent: its path, message ID and token, but what the input says about the rest. */
static void receive_reply(void)
{
    const fuzz_sent *sent = &run.sent[take() % SENT];
    uint8_t datagram[2 * SLOT];
    linnet_bytes token = {sent->octets + LINNET_MESSAGE_HEADER_SIZE, 0};
    size_t head;
    uint8_t type = take() & 3;
    uint8_t code = take();
    linnet_bytes rest;

    if (sent->size < LINNET_MESSAGE_HEADER_SIZE)
        return;
    CHECK(linnet_header_token(linnet_view(sent->octets, sent->size), &token));
    head = linnet_header_size(token.size);
    memcpy(datagram, sent->octets, head);
    datagram[0] = (uint8_t)((datagram[0] & 0xcf) | type << 4);
    datagram[1] = code;
    if (code == LINNET_EMPTY) {
        datagram[0] &= 0xf0;
        head = LINNET_MESSAGE_HEADER_SIZE;
    }
    rest = take_bytes(SLOT);
    memcpy(datagram + head, rest.data, rest.size);
    linnet_endpoint_receive(run.endpoint, run.now, &sent->path, linnet_view(datagram, head + rest.size));
}

static void answer_deferred(void)
{
    uint8_t index = take();

    if (index < run.deferred_count)
        (void)linnet_endpoint_answer(run.endpoint, run.now, run.deferred[index], serve, NULL);
}

static void advance(void)
{
    run.now += (uint64_t)take() << (take() & 31);
    linnet_endpoint_advance(run.endpoint, run.now);
    CHECK(linnet_endpoint_deadline(run.endpoint) > run.now);
    linnet_requests_advance(run.requests, run.now);
}

static void operate(void)
{
    uint8_t index;
    linnet_path path;

    switch (take() % 9) {
    case 0:
    case 1:
        path = take_path();
        linnet_endpoint_receive(run.endpoint, run.now, &path, take_bytes(255));
        break;
    case 2:
        path = take_path();
        linnet_endpoint_receive_truncated(run.endpoint, run.now, &path, take_bytes(32));
        break;
    case 3:
        receive_reply();
        break;
    case 4:
        advance();
        break;
    case 5:
        send_request();
        break;
    case 6:
        index = take();
        if (index < run.request_count)
            (void)linnet_requests_cancel(run.requests, run.request[index].exchange, LINNET_ECANCELLED);
        break;
    case 7:
        answer_deferred();
        break;
    default:
        index = take();
        linnet_endpoint_unreachable(run.endpoint, run.now, &run.sent[index % SENT].path,
                                    linnet_view(run.sent[index % SENT].octets, run.sent[index % SENT].size),
                                    LINNET_EREFUSED);
    }
}

static int open_socket(void *context, uint16_t socket)
{
    (void)context;
    return socket == 1 ? 0 : LINNET_EADDRESS;
}

static void begin(const uint8_t *data, size_t size)
{
    linnet_limits limits = {.exchanges = 4,
                            .answer_log_size = 512,
                            .answer_log_index = 8,
                            .executed_requests = 8,
                            .message_id_spaces = 1,
                            .message_size = SLOT,
                            .token_size = 20,
                            .amplification = size & 1 ? 3 : 0, /* a bit of the input that means nothing else */
                            .proved_peers = 8,
                            .peers = 3};
    linnet_endpoint_config config = {.limits = limits, .serve = serve};
    linnet_echo *echo;
    linnet_requests_config requests = {.limits = limits, .open_socket = open_socket};

    memset(&run, 0, sizeof run);
    memset(endpoint_memory, 0, linnet_endpoint_memory(&limits));
    memset(requests_memory, 0, linnet_requests_memory(&limits));
    run.at = data;
    run.end = data + size;
    run.now = 1000000;
    run.random = 1;
    config.port = (linnet_port){NULL, give_slot, send_slot, fill_random};
    CHECK(linnet_endpoint_init(&run.endpoint, endpoint_memory, MEMORY, &config) == 0);
    memset(echo_memory, 0, sizeof echo_memory);
    CHECK(linnet_echo_init(&echo, echo_memory, sizeof echo_memory, run.endpoint) == 0);
    requests.endpoint = run.endpoint;
    CHECK(linnet_requests_init(&run.requests, requests_memory, MEMORY, &requests) == 0);
    linnet_site_init(&run.site, run.buckets, 2);
    run.stored.value.data = run.value;
    run.stored.value.capacity = sizeof run.value;
    CHECK(linnet_site_add(&run.site, &run.stored, "s", &stored_config) == 0);
    CHECK(linnet_site_add(&run.site, &run.core, LINNET_DISCOVERY_PATH, &linnet_discovery_config) == 0);
}

static void end(void)
{
    linnet_endpoint_clear(run.endpoint, LINNET_ECLOSED);
    for (size_t i = 0; i < run.request_count; i++)
        CHECK(run.request[i].ended);
    CHECK(linnet_requests_pending(run.requests) == 0);
    CHECK(run.endpoint->exchanges.pool.in_use == 0);
    CHECK(run.endpoint->exchanges.small.in_use == 0 && run.endpoint->exchanges.large.in_use == 0);
    CHECK(linnet_endpoint_deadline(run.endpoint) == UINT64_MAX);
    drop_slot();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    begin(data, size);
    while (run.at < run.end) {
        size_t before = run.sent_count;
        operate();
        CHECK(run.sent_count - before <= 16);
    }
    end();
    return 0;
}
