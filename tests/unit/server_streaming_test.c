/* Bodies that flow: `.streaming` resources take them block by block, linnet_reply_stream() reads them so. */
#include "transfer_support.h"

/* A handler that takes blocks as they come. */
static struct {
    int count;
    uint64_t offset; /* of the last call */
    bool more;
    size_t size;
    uint8_t body[70000];
    linnet_code fail; /* to answer with, from `fail_at` on */
    uint64_t fail_at;
    bool improper;
} taken;

static void take_block(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes payload = linnet_request_payload(request);

    (void)context;
    taken.count++;
    taken.offset = linnet_request_offset(request);
    taken.more = linnet_request_more(request);
    taken.size = taken.offset + payload.size;
    assert_true(taken.size <= sizeof taken.body);
    if (payload.size > 0)
        memcpy(taken.body + taken.offset, payload.data, payload.size);
    if (taken.fail && taken.offset >= taken.fail_at)
        linnet_reply_error(reply, taken.fail, "no more");
    else if (taken.improper)
        linnet_reply_code(reply, LINNET_GET);
    else
        linnet_reply_code(reply, LINNET_CREATED);
}

static const linnet_resource_config streaming = {.streaming = true, .put = take_block, .post = take_block};

static int setup(void **state)
{
    memset(&taken, 0, sizeof taken);
    return open_rig(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_rig)
#define PUT(...)                                                                                                       \
    &(test_message) { .method = LINNET_PUT, .path = __VA_ARGS__ }

static void a_streaming_handler_gets_each_block_in_order_and_nothing_is_held(void **state)
{
    linnet_bytes body = octets_of(5000, 1);

    (void)state;
    add("s", &streaming);
    assert_code(upload(PUT("s"), body, 6), 2, 01);
    assert_int_equal(taken.count, 5);
    assert_bytes(linnet_view(taken.body, taken.size), body);
    assert_int_equal(taken.offset, 4096);
    assert_false(taken.more);
    assert_int_equal(rig.heap.calls, 0);
    assert_code(upload(PUT("s"), linnet_text("short"), 6), 2, 01);
    assert_int_equal(taken.offset, 0);
}

static void without_blocks_the_offset_is_0_and_no_more_follows(void **state)
{
    (void)state;
    add("s", &streaming);
    assert_code(TELL(.method = LINNET_PUT, .path = "s", .payload = linnet_text("x")), 2, 01);
    assert_int_equal(taken.offset, 0);
    assert_false(taken.more);
    assert_int_equal(taken.count, 1);
}

static void a_streaming_transfer_has_no_gaps(void **state)
{
    linnet_bytes body = octets_of(300, 1);

    (void)state;
    add("s", &streaming);
    assert_code(send_block(PUT("s"), body, 1, 2), 4, 8);
    assert_int_equal(taken.count, 0);
    send_block(PUT("s"), body, 0, 2);
    assert_true(taken.more);
    assert_code(send_block(PUT("s"), body, 2, 2), 4, 8);
    assert_code(send_block(PUT("s"), body, 1, 2), 4, 8);
    assert_int_equal(taken.count, 1);
}

static void a_streamed_block_that_comes_again_is_not_taken_again(void **state)
{
    linnet_bytes body = octets_of(300, 1);

    (void)state;
    add("s", &streaming);
    send_block(PUT("s"), body, 0, 2);
    send_block(PUT("s"), body, 1, 2);
    assert_code(send_block(PUT("s"), body, 1, 2), 2, 31);
    assert_int_equal(taken.count, 2);
    for (uint32_t number = 2; number < 4; number++)
        assert_code(send_block(PUT("s"), body, number, 2), 2, 31);
    assert_code(send_block(PUT("s"), body, 4, 2), 2, 01);
    assert_bytes(linnet_view(taken.body, taken.size), body);
}

static void an_error_of_a_streaming_handler_ends_the_transfer(void **state)
{
    linnet_bytes body = octets_of(300, 1);
    const test_answer *answer;

    (void)state;
    add("s", &streaming);
    taken.fail = LINNET_UNPROCESSABLE_ENTITY;
    taken.fail_at = 64;
    assert_code(send_block(PUT("s"), body, 0, 2), 2, 31);
    answer = send_block(PUT("s"), body, 1, 2);
    assert_code(answer, 4, 22);
    assert_text(answer->payload, "no more");
    assert_code(send_block(PUT("s"), body, 2, 2), 4, 8);
    taken.fail = LINNET_EMPTY;
    taken.improper = true;
    assert_code(send_block(PUT("s"), body, 0, 2), 5, 00);
    assert_code(send_block(PUT("s"), body, 1, 2), 4, 8);
    assert_int_equal(taken.count, 3);
}

static void two_streams_never_mix(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    add("s", &streaming);
    assert_code(send_block(PUT("s"), body, 0, 0), 2, 31);
    assert_code(send_block(PUT("s", .port = 1), body, 0, 0), 2, 31);
    assert_code(send_block(PUT("s", .port = 1), body, 1, 0), 2, 31);
    assert_code(send_block(PUT("s"), body, 1, 0), 2, 31);
    assert_int_equal(taken.offset, 16);
}

/* What a reader was asked for. */
static struct {
    linnet_bytes body;
    size_t asked; /* octets in all */
    uint64_t size;
    int error;
    int runs; /* of the handler */
    bool etag;
} source;

static int read_source(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    assert_ptr_equal(context, &source);
    source.asked += size;
    if (source.error)
        return source.error;
    *given = offset >= source.body.size         ? 0
             : size < source.body.size - offset ? size
                                                : (size_t)(source.body.size - offset);
    if (*given > 0)
        memcpy(data, source.body.data + offset, *given);
    return 0;
}

static void give_stream(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    source.runs++;
    if (source.etag)
        linnet_reply_etag(reply, linnet_text("e"));
    linnet_reply_stream(reply, LINNET_OCTET_STREAM, source.size, read_source, &source);
}

static const linnet_resource_config streamed = {.get = give_stream, .post = give_stream, .etag = true};

static void begin_source(size_t size, bool known)
{
    memset(&source, 0, sizeof source);
    source.body = octets_of(size, 3);
    source.size = known ? size : LINNET_UNKNOWN_SIZE;
}

/* Reads it block by block; the first request asks for none where szx is 7. */
static void fetch(linnet_code method, uint8_t szx)
{
    static uint8_t got[70000];
    size_t size = 0;
    linnet_block block = {.more = true, .szx = szx == 7 ? 6 : szx};

    while (block.more) {
        test_message message = {.method = method, .path = "s", .has_block2 = szx < 7 || size > 0};
        message.block2 = (linnet_block){(uint32_t)(size >> (block.szx + 4)), false, block.szx};
        source.asked = 0;
        const test_answer *answer = tell(&message);
        assert_int_equal(LINNET_CODE_CLASS(answer->code), 2);
        assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_OCTET_STREAM);
        if (method == LINNET_GET)
            assert_true(source.asked <= 1024 + 1);
        if (answer->payload.size > 0)
            memcpy(got + size, answer->payload.data, answer->payload.size);
        size += answer->payload.size;
        if (count_of(answer, LINNET_OPTION_BLOCK2) == 0)
            break;
        assert_int_equal(count_of(answer, LINNET_OPTION_SIZE2),
                         source.size != LINNET_UNKNOWN_SIZE && size == answer->payload.size && size < source.body.size);
        block = block_in(answer, LINNET_OPTION_BLOCK2);
    }
    assert_bytes(linnet_view(got, size), source.body);
}

static void a_stream_of_any_size_is_read_block_by_block(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 1023, 1024, 1025, 2048, 2049, 5000};

    (void)state;
    add("s", &streamed);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (uint8_t szx = 0; szx <= 7; szx++)
            for (int known = 0; known < 2; known++) {
                begin_source(sizes[i], known);
                fetch(LINNET_GET, szx);
            }
    assert_int_equal(rig.heap.calls, 0);
}

static void a_stream_that_answers_a_post_is_read_once(void **state)
{
    static const size_t sizes[] = {0, 1, 1024, 1025, 3000, 20000};

    (void)state;
    add("s", &streamed);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int known = 0; known < 2; known++) {
            begin_source(sizes[i], known);
            source.size = known ? sizes[i] : LINNET_UNKNOWN_SIZE;
            test_answer first = *TELL(.method = LINNET_POST, .path = "s");
            assert_code(&first, 2, 04);
            assert_int_equal(source.runs, 1);
            if (count_of(&first, LINNET_OPTION_BLOCK2) == 0)
                continue;
            for (uint32_t number = 1; number * 1024 < sizes[i]; number++) {
                const test_answer *answer = TELL(.method = LINNET_POST, .path = "s", BLOCK2(number, 6));
                size_t rest = sizes[i] - number * 1024;
                assert_bytes(answer->payload, linnet_view(source.body.data + number * 1024, rest < 1024 ? rest : 1024));
            }
            assert_int_equal(source.runs, 1);
        }
}

static void a_stream_whose_reader_fails_is_5_00(void **state)
{
    (void)state;
    add("s", &streamed);
    begin_source(5000, true);
    source.error = LINNET_ECLOSED;
    assert_code(TELL(.method = LINNET_GET, .path = "s"), 5, 00);
    assert_code(TELL(.method = LINNET_POST, .path = "s"), 5, 00);
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_block_past_the_end_of_a_stream_is_a_bad_request(void **state)
{
    (void)state;
    add("s", &streamed);
    for (int known = 0; known < 2; known++) {
        begin_source(2048, known);
        assert_code(TELL(.method = LINNET_GET, .path = "s", BLOCK2(2, 6)), 4, 00);
        assert_code(TELL(.method = LINNET_GET, .path = "s", BLOCK2(0xfffff, 6)), 4, 00);
    }
}

static void a_stream_has_the_etag_of_its_owner_or_none(void **state)
{
    const test_answer *answer;

    (void)state;
    add("s", &streamed);
    begin_source(5000, true);
    assert_int_equal(count_of(TELL(.method = LINNET_GET, .path = "s"), LINNET_OPTION_ETAG), 0);
    source.etag = true;
    assert_int_equal(count_of(TELL(.method = LINNET_GET, .path = "s"), LINNET_OPTION_ETAG), 1);
    answer = TELL(.method = LINNET_GET, .path = "s", WITH(OPTION(LINNET_OPTION_ETAG, "e")));
    assert_code(answer, 2, 03);
    assert_int_equal(answer->payload.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_streaming_handler_gets_each_block_in_order_and_nothing_is_held),
        TEST(without_blocks_the_offset_is_0_and_no_more_follows),
        TEST(a_streaming_transfer_has_no_gaps),
        TEST(a_streamed_block_that_comes_again_is_not_taken_again),
        TEST(an_error_of_a_streaming_handler_ends_the_transfer),
        TEST(two_streams_never_mix),
        TEST(a_stream_of_any_size_is_read_block_by_block),
        TEST(a_stream_that_answers_a_post_is_read_once),
        TEST(a_stream_whose_reader_fails_is_5_00),
        TEST(a_block_past_the_end_of_a_stream_is_a_bad_request),
        TEST(a_stream_has_the_etag_of_its_owner_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
