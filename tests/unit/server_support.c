#include "server_support.h"

#include <stdlib.h>

#define BUCKETS 16

linnet_site site;
static struct linnet_resource *buckets[BUCKETS];

static int resize(void *context, linnet_value *value, size_t capacity)
{
    assert_ptr_equal(context, site.owner);
    if (capacity == 0) {
        free(value->data);
        *value = (linnet_value){0};
        return 0;
    }
    /* Always moved, so that a pointer to the old place is found out. */
    uint8_t *data = malloc(capacity);
    assert_non_null(data);
    if (value->size > 0)
        memcpy(data, value->data, value->size);
    free(value->data);
    value->data = data;
    value->capacity = (uint32_t)capacity;
    return 0;
}

int open_site(void **state)
{
    (void)state;
    memset(buckets, 0, sizeof buckets);
    linnet_site_init(&site, buckets, BUCKETS);
    site.resize = resize;
    site.owner = &site;
    return 0;
}

int close_site(void **state)
{
    (void)state;
    while (site.first)
        drop(site.first);
    assert_int_equal(site.count, 0);
    assert_int_equal(site.subtrees, 0);
    for (size_t i = 0; i < site.bucket_count; i++)
        assert_null(site.buckets[i]);
    return 0;
}

linnet_resource *add(const char *path, const linnet_resource_config *config)
{
    linnet_resource *resource = calloc(1, sizeof *resource);

    assert_non_null(resource);
    assert_int_equal(linnet_site_add(&site, resource, path, config), 0);
    return resource;
}

void drop(linnet_resource *resource)
{
    linnet_site_remove(&site, resource);
    free(resource);
}

static void write_path(linnet_writer *writer, const char *path)
{
    if (!path || !*path)
        return;
    for (const char *end;; path = end + 1) {
        end = strchr(path, '/');
        linnet_writer_option(writer, LINNET_OPTION_URI_PATH,
                             linnet_view(path, end ? (size_t)(end - path) : strlen(path)));
        if (!end)
            return;
    }
}

static size_t build(const test_request *request, uint8_t *datagram, size_t capacity)
{
    linnet_writer writer;
    const test_option *option = request->options;

    linnet_writer_begin(&writer, datagram, capacity, LINNET_CON, request->method, 0x1234, linnet_text("token"));
    for (; option->present && option->number < LINNET_OPTION_URI_PATH; option++)
        linnet_writer_option(&writer, option->number, option->value);
    write_path(&writer, request->path);
    for (; option->present; option++)
        linnet_writer_option(&writer, option->number, option->value);
    linnet_writer_payload(&writer, request->payload);
    assert_true(linnet_writer_end(&writer) > 0);
    return (size_t)linnet_writer_end(&writer);
}

/* Reads the answer as its client would. */
static void read_answer(test_answer *answer)
{
    uint8_t datagram[4 + BODY_SIZE] = {0x60, answer->code, 0x12, 0x34};
    linnet_message message;

    memcpy(datagram + 4, answer->body, answer->size);
    assert_int_equal(linnet_message_parse(&message, linnet_view(datagram, 4 + answer->size)), 0);
    answer->options = linnet_view(answer->body, message.options.size);
    answer->payload = linnet_view(answer->body + answer->size - message.payload.size, message.payload.size);
}

const test_answer *ask(const test_request *request)
{
    static test_answer answer;
    static uint8_t buffer[65536];
    size_t size = build(request, buffer, sizeof buffer);
    size_t capacity = request->capacity ? request->capacity : BODY_SIZE;
    /* Exactly as large as they are, so that one octet too far is seen. */
    uint8_t *datagram = malloc(size);
    uint8_t *body = malloc(capacity);
    linnet_path path = {.flags = request->multicast ? LINNET_PATH_MULTICAST : 0};
    linnet_request_options options;
    linnet_message message;

    assert_true(datagram && body && capacity <= BODY_SIZE);
    memcpy(datagram, buffer, size);
    assert_int_equal(linnet_message_parse(&message, linnet_view(datagram, size)), 0);
    assert_int_equal(linnet_request_options_read(&options, &message), LINNET_EMPTY);
    linnet_incoming incoming = {
        .path = &path, .message = &message, .options = &options, .body = body, .capacity = capacity};
    (request->serve ? request->serve : linnet_site_serve)(&site, &incoming);
    assert_null(site.serving);
    assert_true(incoming.size <= capacity);

    answer = (test_answer){.code = incoming.code, .size = incoming.size};
    memcpy(answer.body, body, incoming.size);
    if (answer.code != LINNET_EMPTY)
        read_answer(&answer);
    else
        assert_int_equal(answer.size, 0);
    free(body);
    free(datagram);
    return &answer;
}

linnet_bytes option_of(const test_answer *answer, uint16_t number, size_t index)
{
    linnet_bytes value = {0};

    assert_true(linnet_option_get(answer->options, number, index, &value));
    return value;
}

int64_t number_of(const test_answer *answer, uint16_t number)
{
    linnet_bytes value;

    return linnet_option_get(answer->options, number, 0, &value) ? (int64_t)linnet_option_uint(value) : -1;
}

size_t count_of(const test_answer *answer, uint16_t number)
{
    linnet_bytes value;
    size_t count = 0;

    while (linnet_option_get(answer->options, number, count, &value))
        count++;
    return count;
}

void assert_bytes(linnet_bytes bytes, linnet_bytes expected)
{
    assert_int_equal(bytes.size, expected.size);
    if (bytes.size > 0)
        assert_memory_equal(bytes.data, expected.data, bytes.size);
}

void assert_text(linnet_bytes bytes, const char *text) { assert_bytes(bytes, linnet_text(text)); }
