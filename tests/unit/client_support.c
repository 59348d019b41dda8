/* See client_support.h. */
#include "unit/client_support.h"

#include <stdio.h>

static uint8_t *slot(void *context, size_t *capacity)
{
    test_client *client = context;

    *capacity = sizeof client->slot;
    return client->slot;
}

static void send_slot(void *context, const linnet_path *path, size_t size)
{
    test_client *client = context;
    uint8_t copy[1500];

    (void)path;
    assert_in_range(size, 4, sizeof client->slot);
    memcpy(copy, client->slot, size);
    memset(client->slot, 0xee, sizeof client->slot);
    if (copy[1] != LINNET_EMPTY || size > 4 || client->wire == NULL) {
        memcpy(client->sent, copy, size);
        client->size = size;
    }
    client->sent_count++;
    if (client->wire)
        client->wire(client, linnet_view(copy, size), client->wire_context);
}

static void random_octets(void *context, void *out, size_t size)
{
    test_client *client = context;
    uint8_t *at = out;

    while (size-- > 0) {
        client->random = client->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *at++ = (uint8_t)(client->random >> 56);
    }
}

static void *resize(void *context, void *data, size_t size)
{
    test_client *client = context;

    if (size > 0 && (client->no_memory || ++client->resizes == client->fail_resize))
        return NULL;
    client->held += data ? 0 : 1;
    client->held -= size ? 0 : 1;
    if (size == 0) {
        free(data);
        return NULL;
    }
    return realloc(data, size);
}

test_client *client_open(const linnet_limits *given) { return client_open_with_cache(given, 0); }

test_client *client_open_with_cache(const linnet_limits *given, size_t cache_size)
{
    test_client *client = calloc(1, sizeof *client);
    linnet_limits limits = given ? *given : (linnet_limits){0};

    limits.exchanges = limits.exchanges ? limits.exchanges : 16;
    limits.answer_log_size = 4096;
    limits.answer_log_index = 64;
    limits.executed_requests = 64;
    limits.message_id_spaces = 4;
    limits.peers = 8;
    client->now = 1000 * SECOND;
    client->random = 42;
    client->next_id = 1;
    linnet_endpoint_config endpoint = {.limits = limits, .port = {client, slot, send_slot, random_octets}};
    client->memory[0] = calloc(1, linnet_endpoint_memory(&limits));
    assert_int_equal(
        linnet_endpoint_init(&client->endpoint, client->memory[0], linnet_endpoint_memory(&limits), &endpoint), 0);
    linnet_calls_config calls = {.endpoint = client->endpoint, .limits = limits, .memory = {resize, client}};
    client->memory[2] = cache_size ? malloc(cache_size) : NULL; /* not zeroed, and of this size exactly */
    calls.cache_memory = client->memory[2];
    calls.cache_size = cache_size;
    client->memory[1] = calloc(1, linnet_calls_memory(&limits));
    assert_int_equal(linnet_calls_init(&client->calls, client->memory[1], linnet_calls_memory(&limits), &calls), 0);
    return client;
}

void client_close(test_client *client)
{
    linnet_calls_clear(client->calls, client->now, LINNET_ECLOSED);
    linnet_endpoint_clear(client->endpoint, LINNET_ECLOSED);
    assert_int_equal(linnet_calls_pending(client->calls), 0);
    assert_int_equal(client->held, 0);
    free(client->memory[0]);
    free(client->memory[1]);
    free(client->memory[2]);
    free(client);
}

static void on_response(const linnet_response *response, void *context)
{
    told *into = context;
    linnet_bytes value;

    assert_int_equal(into->finals, 0);
    into->times++;
    into->finals += !response->more;
    into->error = response->error;
    into->code = response->message.code;
    into->has_observe = response->has_observe;
    into->observe = response->observe;
    into->cached = response->cached;
    into->age_us = response->age_us;
    into->max_age = ABSENT;
    if (response->error == 0 && linnet_option_get(response->message.options, LINNET_OPTION_MAX_AGE, 0, &value))
        into->max_age = linnet_option_uint(value);
    into->content_format = ABSENT;
    if (response->error == 0 && linnet_option_get(response->message.options, LINNET_OPTION_CONTENT_FORMAT, 0, &value))
        into->content_format = linnet_option_uint(value);
    if (into->cancel_in_response && response->more)
        assert_int_equal(linnet_calls_cancel(into->client->calls, into->client->now, into->call, LINNET_ECANCELLED), 0);
    if (into->ask_in_response) {
        struct told *other = into->ask_in_response;
        into->ask_in_response = NULL;
        assert_int_equal(client_ask(into->client, (linnet_call_request){.code = LINNET_GET}, false, other), 0);
    }
    free(into->payload);
    into->size = response->message.payload.size;
    into->payload = malloc(into->size + 1);
    if (into->size > 0)
        memcpy(into->payload, response->message.payload.data, into->size);
}

static int on_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    told *into = context;

    (void)response;
    if (offset == 0)
        into->block_octets = 0;
    assert_int_equal(into->block_octets, offset);
    into->blocks++;
    into->block_octets += octets.size;
    if (into->cancel_in_block)
        assert_int_equal(linnet_calls_cancel(into->client->calls, into->client->now, into->call, LINNET_ECANCELLED), 0);
    return into->refuse_block;
}

static linnet_path path_to_server(void)
{
    linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, .port = 5683}};

    return path;
}

int client_ask(test_client *client, linnet_call_request request, bool sink, told *into)
{
    linnet_path path = path_to_server();

    into->client = client;
    request.on_response = on_response;
    request.on_block = sink ? on_block : NULL;
    request.context = into;
    return linnet_calls_send(client->calls, client->now, &path, &request, &into->call);
}

void told_free(told *into)
{
    free(into->payload);
    into->payload = NULL;
}

linnet_message client_last(const test_client *client)
{
    linnet_message message;

    assert_int_equal(linnet_message_parse(&message, linnet_view(client->sent, client->size)), 0);
    return message;
}

uint32_t client_uint(const test_client *client, uint16_t number)
{
    linnet_message message = client_last(client);
    linnet_bytes value;

    return linnet_option_get(message.options, number, 0, &value) ? linnet_option_uint(value) : ABSENT;
}

void assert_block(const test_client *client, uint16_t number, const char *wanted)
{
    linnet_message message = client_last(client);
    linnet_bytes value;
    linnet_block block;
    char text[40] = "none";

    if (linnet_option_get(message.options, number, 0, &value)) {
        assert_int_equal(linnet_block_parse(&block, value), 0);
        snprintf(text, sizeof text, "%u/%d/%u", (unsigned)block.number, block.more, (unsigned)linnet_block_size(block));
    }
    assert_string_equal(text, wanted);
}

static uint32_t block_from(const char *text)
{
    unsigned number, more, size;
    linnet_block block = {0};

    assert_int_equal(sscanf(text, "%u/%u/%u", &number, &more, &size), 3);
    block.number = number;
    block.more = more != 0;
    while ((16u << block.szx) < size)
        block.szx++;
    return linnet_block_value(block);
}

static void write_options(linnet_writer *writer, const script *answer)
{
    if (answer->etag)
        linnet_writer_option(writer, LINNET_OPTION_ETAG, linnet_text(answer->etag));
    if (answer->has_observe)
        linnet_writer_option_uint(writer, LINNET_OPTION_OBSERVE, answer->observe);
    if (answer->location)
        linnet_writer_option(writer, LINNET_OPTION_LOCATION_PATH, linnet_text(answer->location));
    if (answer->code == LINNET_CONTENT)
        linnet_writer_option_uint(writer, LINNET_OPTION_CONTENT_FORMAT, 42);
    if (answer->has_max_age)
        linnet_writer_option_uint(writer, LINNET_OPTION_MAX_AGE, answer->max_age);
    if (answer->block2)
        linnet_writer_option_uint(writer, LINNET_OPTION_BLOCK2, block_from(answer->block2));
    if (answer->block1)
        linnet_writer_option_uint(writer, LINNET_OPTION_BLOCK1, block_from(answer->block1));
    if (answer->size2)
        linnet_writer_option_uint(writer, LINNET_OPTION_SIZE2, answer->size2);
    if (answer->echo)
        linnet_writer_option(writer, LINNET_OPTION_ECHO, linnet_text(answer->echo));
    linnet_writer_payload(writer, answer->payload);
}

void client_receive(test_client *client, linnet_bytes datagram)
{
    linnet_path path = path_to_server();

    linnet_endpoint_receive(client->endpoint, client->now, &path, datagram);
}

void client_answer_to(test_client *client, linnet_bytes token, uint16_t id, script answer)
{
    uint8_t datagram[1400];
    uint8_t *exact; /* so that the sanitizer sees what reads past the end or too late */
    linnet_writer writer;
    int size;

    linnet_writer_begin(&writer, datagram, sizeof datagram, answer.separate ? answer.type : LINNET_ACK, answer.code,
                        answer.separate ? client->next_id++ : id, token);
    write_options(&writer, &answer);
    size = linnet_writer_end(&writer);
    assert_true(size > 0);
    exact = malloc((size_t)size);
    memcpy(exact, datagram, (size_t)size);
    client_receive(client, linnet_view(exact, (size_t)size));
    free(exact);
}

void client_answer(test_client *client, script answer)
{
    linnet_message last = client_last(client);
    uint8_t token[LINNET_TOKEN_MAX];

    if (answer.token.data)
        last.token = answer.token;
    memcpy(token, last.token.data, last.token.size);
    client_answer_to(client, linnet_view(token, last.token.size), last.id, answer);
}

void client_run(test_client *client, uint64_t until)
{
    for (;;) {
        uint64_t calls = linnet_calls_deadline(client->calls);
        uint64_t deadline = linnet_endpoint_deadline(client->endpoint);
        deadline = calls < deadline ? calls : deadline;
        if (deadline > until)
            break;
        client->now = deadline > client->now ? deadline : client->now;
        linnet_endpoint_advance(client->endpoint, client->now);
        linnet_calls_advance(client->calls, client->now);
    }
    client->now = until;
}

void fill_pattern(uint8_t *octets, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(i * 7u + (i >> 8) * 13u + seed * 31u);
}
