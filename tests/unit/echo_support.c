#include "echo_support.h"

#include <stdlib.h>

echo_traffic traffic;

static linnet_echo *echo;
static void *echo_memory;
static struct linnet_resource resources[8];
static size_t resource_count;

static size_t size_of(const sent_message *sent)
{
    const linnet_message *message = &sent->message;
    linnet_bytes last = message->payload.size > 0 ? message->payload : message->options;

    if (last.size == 0 && message->code != LINNET_EMPTY)
        return 4 + message->token.size;
    return message->code == LINNET_EMPTY ? 4 : (size_t)(last.data + last.size - sent->octets);
}

static void count_sent(const sent_message *sent)
{
    traffic.out += size_of(sent);
    traffic.answers++;
}

static void get_small(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    traffic.runs++;
    linnet_reply_text(reply, "hi");
}

static void get_large(linnet_request *request, linnet_reply *reply, void *context)
{
    static char text[1001];

    (void)request, (void)context;
    traffic.runs++;
    memset(text, 'x', sizeof text - 1);
    linnet_reply_text(reply, text);
}

static void get_later(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    traffic.runs++;
    (void)linnet_reply_defer(reply, &traffic.deferred);
}

static void run_it(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)reply, (void)context;
    traffic.runs++;
}

static void add(const char *path, const linnet_resource_config *config)
{
    struct linnet_resource *resource = &resources[resource_count++];

    *resource = (struct linnet_resource){0};
    assert_int_equal(linnet_site_add(&server.site, resource, path, config), 0);
}

static void add_all(void)
{
    static const linnet_resource_config fresh = {.get = get_small, .put = run_it, .post = run_it, .fresh_ms = 5000};
    static const linnet_resource_config small = {.get = get_small,
                                                 .post = run_it,
                                                 .put = run_it,
                                                 .del = run_it,
                                                 .fetch = get_small,
                                                 .patch = run_it,
                                                 .ipatch = run_it};
    static const linnet_resource_config large = {.get = get_large,
                                                 .post = get_large,
                                                 .put = get_large,
                                                 .del = get_large,
                                                 .fetch = get_large,
                                                 .patch = get_large,
                                                 .ipatch = get_large};
    static const linnet_resource_config later = {.get = get_later, .post = get_later};
    static const linnet_resource_config count = {.get = get_small, .observable = true, .confirm_every = 1};

    resource_count = 0;
    add("fresh", &fresh);
    add("small", &small);
    add("large", &large);
    add("later", &later);
    add("count", &count);
    add(LINNET_DISCOVERY_PATH, &linnet_discovery_config);
}

void open_echo_server(linnet_limits limits)
{
    size_t size;

    limits.proved_peers = limits.proved_peers ? limits.proved_peers : 64;
    size = linnet_echo_memory(&limits);
    open_server(limits);
    traffic = (echo_traffic){.next_id = 1000};
    server.on_send = count_sent;
    echo_memory = calloc(1, size);
    assert_int_equal(linnet_echo_init(&echo, echo_memory, 1, server.endpoint), LINNET_ENOMEM);
    assert_int_equal(linnet_echo_init(&echo, echo_memory, size, server.endpoint), 0);
    add_all();
}

void close_echo_server(void)
{
    close_server();
    free(echo_memory);
}

static void write_path(linnet_writer *writer, const char *path)
{
    for (const char *end; path && *path; path = *end ? end + 1 : end) {
        end = strchr(path, '/');
        end = end ? end : path + strlen(path);
        linnet_writer_option(writer, LINNET_OPTION_URI_PATH, linnet_view(path, (size_t)(end - path)));
    }
}

void ask_raw(unsigned peer, const echo_request *asked)
{
    linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}};
    uint8_t datagram[1152];
    linnet_writer writer;

    path.peer.port = (uint16_t)(40000 + peer);
    path.peer.ip[14] = (uint8_t)(peer >> 16);
    path.flags = asked->multicast ? LINNET_PATH_MULTICAST : 0;
    linnet_writer_begin(&writer, datagram, sizeof datagram, asked->type, asked->method ? asked->method : LINNET_GET,
                        asked->id ? asked->id : traffic.next_id++, asked->token);
    if (asked->observe)
        linnet_writer_option_uint(&writer, LINNET_OPTION_OBSERVE, (uint32_t)asked->observe - 1);
    write_path(&writer, asked->path);
    if (asked->block2)
        linnet_writer_option_uint(&writer, LINNET_OPTION_BLOCK2, (uint32_t)asked->block2 - 1);
    if (asked->echo.size > 0)
        linnet_writer_option(&writer, LINNET_OPTION_ECHO, asked->echo);
    if (asked->bad_option)
        linnet_writer_option(&writer, 65001, linnet_text("x"));
    linnet_writer_payload(&writer, asked->payload);
    assert_true(linnet_writer_end(&writer) > 0);
    traffic.answers = 0;
    traffic.in += (size_t)linnet_writer_end(&writer);
    linnet_endpoint_receive(server.endpoint, server.now, &path,
                            linnet_view(datagram, (size_t)linnet_writer_end(&writer)));
}

linnet_bytes challenged(void)
{
    linnet_bytes value = {0};

    assert_int_equal(traffic.answers, 1);
    assert_int_equal(server.last.message.code, LINNET_UNAUTHORIZED);
    assert_int_equal(server.last.message.payload.size, 0);
    assert_true(linnet_option_get(server.last.message.options, LINNET_OPTION_ECHO, 0, &value));
    assert_in_range(value.size, 8, 16);
    return value;
}

linnet_bytes keep_echo(linnet_bytes value)
{
    static uint8_t kept[4][40];
    static unsigned next;
    uint8_t *at = kept[next++ % 4];

    memcpy(at, value.data, value.size);
    return linnet_view(at, value.size);
}
