#include "transfer_support.h"

#include <linnet/endpoint.h>

#include <stdlib.h>

test_rig rig;

static struct {
    void *endpoint_memory, *transfers_memory;
    uint8_t slot[2000];
    uint8_t sent[2000];
    size_t sent_size;
    uint64_t random;
} inside;

/* Each block has its size before it. */
static void *heap_resize(void *context, void *data, size_t size)
{
    test_heap *heap = context;
    size_t *old = data ? (size_t *)data - 2 : NULL;
    size_t old_size = old ? *old : 0;

    if (size == 0) {
        assert_non_null(old);
        heap->octets -= old_size;
        heap->blocks--;
        free(old);
        return NULL;
    }
    heap->calls++;
    if (heap->fails_at && (heap->calls == heap->fails_at || (heap->fails_on && heap->calls > heap->fails_at)))
        return NULL;
    size_t *made = malloc(2 * sizeof *made + size); /* always another place */
    assert_non_null(made);
    *made = size;
    if (old)
        memcpy(made + 2, data, old_size < size ? old_size : size);
    free(old);
    heap->blocks += !old;
    heap->octets += size - old_size;
    heap->most = heap->octets > heap->most ? heap->octets : heap->most;
    return made + 2;
}

static uint8_t *give_slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = sizeof inside.slot;
    return inside.slot;
}

static void take_slot(void *context, const linnet_path *path, size_t size)
{
    (void)context, (void)path;
    memcpy(inside.sent, inside.slot, size);
    memcpy(rig.last_datagram, inside.slot, sizeof rig.last_datagram);
    memset(inside.slot, 0xee, sizeof inside.slot);
    inside.sent_size = size;
    rig.sent++;
}

static void give_random(void *context, void *out, size_t size)
{
    (void)context;
    for (uint8_t *at = out; size-- > 0; at++) {
        inside.random = inside.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *at = (uint8_t)(inside.random >> 56);
    }
}

static void open_with(const linnet_limits *limits)
{
    linnet_limits all = {.exchanges = 16,
                         .answer_log_size = 1 << 16,
                         .answer_log_index = 64,
                         .executed_requests = 1 << 16,
                         .message_id_spaces = 4};
    all.uploads = limits->uploads;
    all.uploads_per_peer = limits->uploads_per_peer;
    all.upload_memory = limits->upload_memory;
    all.message_size = limits->message_size;
    linnet_endpoint_config config = {.limits = all,
                                     .port = {NULL, give_slot, take_slot, give_random},
                                     .serve = linnet_site_serve,
                                     .explain = linnet_explain_refusal,
                                     .serve_context = &site};
    linnet_transfers_config settings = {.limits = all, .memory = {heap_resize, &rig.heap}, .random = give_random};
    size_t size = linnet_endpoint_memory(&all);

    rig = (test_rig){.now = SECOND};
    inside.endpoint_memory = calloc(1, size);
    assert_int_equal(linnet_endpoint_init(&rig.endpoint, inside.endpoint_memory, size, &config), 0);
    size = linnet_transfers_memory(&all);
    inside.transfers_memory = calloc(1, size);
    assert_int_equal(linnet_transfers_init(&rig.transfers, inside.transfers_memory, size, &settings), 0);
    site.transfers = rig.transfers;
}

static void close_all(void)
{
    linnet_transfers_clear(rig.transfers);
    assert_int_equal(rig.heap.blocks, 0);
    assert_int_equal(rig.heap.octets, 0);
    free(inside.transfers_memory);
    free(inside.endpoint_memory);
}

int open_rig(void **state)
{
    open_site(state);
    open_with(&(linnet_limits){0});
    return 0;
}

int close_rig(void **state)
{
    close_all();
    return close_site(state);
}

void reopen_rig(const linnet_limits *limits)
{
    close_all();
    open_with(limits);
}

static void write_block(linnet_writer *writer, uint16_t number, linnet_block block)
{
    linnet_writer_option_uint(writer, number, linnet_block_value(block));
}

static void write_path(linnet_writer *writer, const char *path)
{
    for (const char *end; path && *path; path = *end ? end + 1 : end) {
        end = path + strcspn(path, "/");
        linnet_writer_option(writer, LINNET_OPTION_URI_PATH, linnet_view(path, (size_t)(end - path)));
    }
}

static void write_options(linnet_writer *writer, const test_option **option, uint16_t below)
{
    for (; (*option)->present && (*option)->number < below; ++*option)
        linnet_writer_option(writer, (*option)->number, (*option)->value);
}

static size_t build(const test_message *message, uint8_t *datagram, size_t capacity)
{
    const test_option *option = message->options;
    linnet_writer writer;

    rig.last_id = message->id ? message->id : (uint16_t)(rig.last_id + 1u);
    linnet_writer_begin(&writer, datagram, capacity, message->non ? LINNET_NON : LINNET_CON, message->method,
                        rig.last_id, linnet_text("tk"));
    write_options(&writer, &option, LINNET_OPTION_URI_PATH);
    write_path(&writer, message->path);
    write_options(&writer, &option, LINNET_OPTION_BLOCK2);
    if (message->has_block2)
        write_block(&writer, LINNET_OPTION_BLOCK2, message->block2);
    write_options(&writer, &option, LINNET_OPTION_BLOCK1);
    if (message->has_block1)
        write_block(&writer, LINNET_OPTION_BLOCK1, message->block1);
    write_options(&writer, &option, UINT16_MAX);
    linnet_writer_payload(&writer, message->payload);
    assert_true(linnet_writer_end(&writer) > 0);
    return (size_t)linnet_writer_end(&writer);
}

static linnet_path path_of(const test_message *message)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 10}}, .local_ip = {[10] = 0xff, 0xff, 192, 0, 2}};

    path.peer.ip[13] = (uint8_t)(message->host >> 16);
    path.peer.ip[14] = (uint8_t)(message->host >> 8);
    path.peer.ip[15] = (uint8_t)message->host;
    path.peer.port = (uint16_t)(40000 + message->port);
    path.local_ip[15] = message->local;
    path.flags = message->multicast ? LINNET_PATH_MULTICAST : 0;
    return path;
}

const test_answer *last_answer(void)
{
    static test_answer answer;
    linnet_message parsed;

    answer = (test_answer){0};
    if (rig.sent == 0)
        return &answer;
    rig.first_byte = inside.sent[0];
    assert_int_equal(linnet_message_parse(&parsed, linnet_view(inside.sent, inside.sent_size)), 0);
    answer.code = parsed.code;
    answer.options = parsed.options;
    answer.payload = parsed.payload;
    answer.size = inside.sent_size;
    return &answer;
}

const test_answer *tell(const test_message *message)
{
    static uint8_t buffer[70000];
    linnet_path path = path_of(message);
    size_t size = build(message, buffer, sizeof buffer);
    uint8_t *datagram = malloc(size); /* exactly as large */

    assert_non_null(datagram);
    memcpy(datagram, buffer, size);
    rig.sent = 0;
    linnet_endpoint_receive(rig.endpoint, rig.now, &path, linnet_view(datagram, size));
    free(datagram);
    assert_null(site.serving);
    assert_true(rig.sent <= 1);
    return last_answer();
}

#define SOURCE_SIZE 70000u

linnet_bytes octets_of(size_t size, uint8_t seed)
{
    static uint8_t sources[8][SOURCE_SIZE];
    uint8_t *source = sources[seed % 8];

    assert_true(size <= SOURCE_SIZE);
    for (size_t i = 0; i < size; i++)
        source[i] = (uint8_t)(i * 7 + i / 256 + seed * 31u);
    return linnet_view(source, size);
}

const test_answer *send_block(const test_message *message, linnet_bytes body, uint32_t number, uint8_t szx)
{
    test_message one = *message;
    size_t size = (size_t)16 << szx, start = number * size;

    assert_true(start <= body.size);
    one.has_block1 = true;
    one.block1 = (linnet_block){number, start + size < body.size, szx};
    one.payload = linnet_view(body.data + start, one.block1.more ? size : body.size - start);
    return tell(&one);
}

const test_answer *upload(const test_message *message, linnet_bytes body, uint8_t szx)
{
    for (uint32_t number = 0;; number++) {
        bool more = ((size_t)number + 1) << (szx + 4) < body.size;
        const test_answer *answer = send_block(message, body, number, szx);
        if (!more)
            return answer;
        assert_code(answer, 2, 31);
        assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK1).number, number);
        assert_true(block_in(answer, LINNET_OPTION_BLOCK1).more);
        assert_int_equal(answer->payload.size, 0);
    }
}

linnet_block block_in(const test_answer *answer, uint16_t number)
{
    linnet_block block;

    assert_int_equal(linnet_block_parse(&block, option_of(answer, number, 0)), 0);
    return block;
}

void note_call(linnet_request *request, linnet_reply *reply, void *context)
{
    test_calls *calls = context;
    linnet_bytes payload = linnet_request_payload(request);

    (void)reply;
    calls->count++;
    calls->size = payload.size;
    calls->content_format = linnet_request_content_format(request);
    assert_true(payload.size <= sizeof calls->payload);
    if (payload.size > 0)
        memcpy(calls->payload, payload.data, payload.size);
}
