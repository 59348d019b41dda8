#include "observe_support.h"

#include <stdlib.h>

observe_server server;

static uint8_t *slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = sizeof server.slot;
    return server.no_slots ? NULL : server.slot;
}

static void keep(sent_message *sent, const linnet_path *path, size_t size)
{
    linnet_bytes value;

    memcpy(sent->octets, server.slot, size);
    sent->path = *path;
    assert_int_equal(linnet_message_parse(&sent->message, linnet_view(sent->octets, size)), 0);
    sent->observe = -1;
    if (linnet_option_get(sent->message.options, LINNET_OPTION_OBSERVE, 0, &value))
        sent->observe = linnet_option_uint(value);
}

static void send(void *context, const linnet_path *path, size_t size)
{
    (void)context;
    assert_in_range(size, 4, sizeof server.slot);
    keep(&server.last, path, size);
    if (server.sent++ == 0)
        keep(&server.first, path, size);
    server.confirmable += server.last.message.type == LINNET_CON;
    if (server.acknowledges && server.last.message.type == LINNET_CON && server.unacknowledged_count < 64) {
        server.unacknowledged[server.unacknowledged_count] = *path;
        server.unacknowledged_ids[server.unacknowledged_count++] = server.last.message.id;
    }
    if (server.on_send)
        server.on_send(&server.last);
    memset(server.slot, 0xee, sizeof server.slot);
}

static void fill_random(void *context, void *out, size_t size)
{
    uint8_t *at = out;

    (void)context;
    while (size-- > 0) {
        server.random = server.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *at++ = (uint8_t)(server.random >> 56);
    }
}

static uint32_t pick(uint32_t given, uint32_t standard) { return given ? given : standard; }

void open_server(linnet_limits limits) { open_paced_server(limits, LINNET_ANY_RATE); }

void open_paced_server(linnet_limits limits, uint32_t interval_ms)
{
    memset(&server, 0, sizeof server);
    server.now = 240 * HOUR;
    server.random = 42;
    limits.exchanges = pick(limits.exchanges, 16);
    limits.answer_log_size = pick(limits.answer_log_size, 65536);
    limits.answer_log_index = pick(limits.answer_log_index, 64);
    limits.executed_requests = pick(limits.executed_requests, 64);
    limits.message_id_spaces = pick(limits.message_id_spaces, 64);
    limits.observers = pick(limits.observers, 8);
    limits.observed = pick(limits.observed, 4);
    linnet_site_init(&server.site, server.buckets, 16);
    linnet_endpoint_config config = {.limits = limits,
                                     .port = {.slot = slot, .send = send, .random = fill_random},
                                     .transmission = {.notify_interval_ms = interval_ms},
                                     .serve = linnet_site_serve,
                                     .serve_context = &server.site};
    size_t size = linnet_endpoint_memory(&limits);
    server.memory = calloc(1, size);
    assert_int_equal(linnet_endpoint_init(&server.endpoint, server.memory, size, &config), 0);
    size = linnet_observers_memory(&limits);
    server.observers_memory = calloc(1, size);
    assert_int_equal(linnet_observers_init(&server.observers, server.observers_memory, size - 1, server.endpoint),
                     LINNET_ENOMEM);
    assert_int_equal(linnet_observers_init(&server.observers, server.observers_memory, size, server.endpoint), 0);
}

void close_server(void)
{
    linnet_endpoint_clear(server.endpoint, LINNET_ECLOSED);
    free(server.observers_memory);
    free(server.memory);
    while (server.site.first)
        linnet_site_remove(&server.site, server.site.first);
}

static linnet_path path_of(unsigned peer)
{
    linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}};

    path.peer.port = (uint16_t)(40000 + peer);
    path.peer.ip[14] = (uint8_t)(peer >> 16);
    return path;
}

static void put_options(linnet_writer *writer, const observe_request *asked)
{
    if (asked->etag)
        linnet_writer_option(writer, LINNET_OPTION_ETAG, linnet_text(asked->etag));
    if (asked->observe >= 0)
        linnet_writer_option_uint(writer, LINNET_OPTION_OBSERVE, (uint32_t)asked->observe);
    linnet_writer_option(writer, LINNET_OPTION_URI_PATH, linnet_text(asked->path));
    if (asked->query)
        linnet_writer_option(writer, LINNET_OPTION_URI_QUERY, linnet_text(asked->query));
    if (asked->block2)
        linnet_writer_option_uint(writer, LINNET_OPTION_BLOCK2, (uint32_t)asked->block2 - 1);
    if (asked->payload)
        linnet_writer_payload(writer, linnet_text(asked->payload));
}

void request(unsigned peer, const observe_request *asked)
{
    uint8_t datagram[256];
    linnet_writer writer;
    linnet_path path = path_of(peer);

    if (asked->multicast)
        path.flags = LINNET_PATH_MULTICAST;
    linnet_writer_begin(&writer, datagram, sizeof datagram, asked->type, asked->method ? asked->method : LINNET_GET,
                        server.next_id++, linnet_view(&asked->token, sizeof asked->token));
    put_options(&writer, asked);
    assert_true(linnet_writer_end(&writer) > 0);
    linnet_endpoint_receive(server.endpoint, server.now, &path,
                            linnet_view(datagram, (size_t)linnet_writer_end(&writer)));
}

void observe(unsigned peer, const char *path, uint32_t token)
{
    REQUEST(peer, .path = path, .token = token);
    assert_int_equal(server.last.message.type, LINNET_ACK);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_true(server.last.observe >= 0);
}

void reply_empty(unsigned peer, linnet_type type, uint16_t id)
{
    uint8_t datagram[4] = {(uint8_t)(1u << 6 | (unsigned)type << 4), 0, (uint8_t)(id >> 8), (uint8_t)id};
    linnet_path path = path_of(peer);

    linnet_endpoint_receive(server.endpoint, server.now, &path, linnet_view(datagram, sizeof datagram));
}

static void acknowledge_all(void)
{
    while (server.unacknowledged_count > 0) {
        uint16_t id = server.unacknowledged_ids[--server.unacknowledged_count];
        uint8_t datagram[4] = {1u << 6 | LINNET_ACK << 4, 0, (uint8_t)(id >> 8), (uint8_t)id};
        linnet_endpoint_receive(server.endpoint, server.now, &server.unacknowledged[server.unacknowledged_count],
                                linnet_view(datagram, sizeof datagram));
    }
}

void run_for(uint64_t microseconds)
{
    uint64_t until = server.now + microseconds;

    for (uint64_t due; (due = linnet_endpoint_deadline(server.endpoint)) <= until;) {
        server.now = due > server.now ? due : server.now;
        linnet_endpoint_advance(server.endpoint, server.now);
        acknowledge_all();
    }
    server.now = until;
    linnet_endpoint_advance(server.endpoint, server.now);
    acknowledge_all();
}

void forget_sent(void) { server.sent = server.confirmable = 0; }

void assert_last_text(const char *text)
{
    linnet_bytes payload = server.last.message.payload;

    assert_int_equal(payload.size, strlen(text));
    assert_memory_equal(payload.data, text, payload.size);
}

uint32_t token_of(const sent_message *sent)
{
    uint32_t token;

    assert_int_equal(sent->message.token.size, sizeof token);
    memcpy(&token, sent->message.token.data, sizeof token);
    return token;
}
