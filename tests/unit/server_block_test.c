/* Block2 (RFC 7959) as a server without state does it: any block at any time, out of a payload given whole. */
#include "server_support.h"

#include <linnet/block.h>

#include <stdlib.h>

#define SIZE 5000
static uint8_t content[SIZE];
static size_t content_size;

static void get_content(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(content, content_size));
}

static const linnet_resource_config config = {.get = get_content, .fetch = get_content, .post = get_content};

static int setup(void **state)
{
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)(i * 7 + i / 256);
    content_size = SIZE;
    return open_site(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_site)

/* A Block2 option for a request. */
static test_option block2(uint32_t number, uint8_t szx)
{
    static uint8_t octets[4];
    size_t size = linnet_option_from_uint(linnet_block_value((linnet_block){.number = number, .szx = szx}), octets);

    return (test_option){.present = true, .number = LINNET_OPTION_BLOCK2, .value = {octets, size}};
}

static linnet_block block_of(const test_answer *answer)
{
    linnet_block block;

    assert_int_equal(linnet_block_parse(&block, option_of(answer, LINNET_OPTION_BLOCK2, 0)), 0);
    return block;
}

static void what_does_not_fit_is_sent_from_its_first_block_on(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &config);
    answer = GET("a");
    assert_code(answer, 2, 05);
    linnet_block block = block_of(answer);
    assert_int_equal(block.number, 0);
    assert_int_equal(block.szx, 6);
    assert_true(block.more);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), SIZE);
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    assert_bytes(answer->payload, linnet_view(content, 1024));
}

/* Fetches all blocks with one method, starting with `first`, and follows the server's size. */
static void fetch_all(linnet_code method, bool ask_first, uint8_t szx, size_t capacity)
{
    static uint8_t got[SIZE + 1024];
    size_t size = 0;
    uint8_t etag[8];
    size_t etag_size = 0;
    linnet_block block = {.more = true, .szx = szx};

    while (block.more) {
        test_request request = {.method = method, .path = "a", .capacity = capacity};
        if (ask_first || size > 0)
            request.options[0] = block2((uint32_t)(size >> (block.szx + 4)), block.szx);
        const test_answer *answer = ask(&request);
        assert_code(answer, 2, 05);
        block = block_of(answer);
        assert_int_equal(linnet_block_offset(block), size);
        assert_true(block.szx <= szx);
        assert_true(block.more ? answer->payload.size == linnet_block_size(block)
                               : answer->payload.size <= linnet_block_size(block));
        assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), size == 0 ? SIZE : -1);
        if (size == 0) {
            etag_size = option_of(answer, LINNET_OPTION_ETAG, 0).size;
            memcpy(etag, option_of(answer, LINNET_OPTION_ETAG, 0).data, etag_size);
        }
        assert_bytes(option_of(answer, LINNET_OPTION_ETAG, 0), linnet_view(etag, etag_size));
        memcpy(got + size, answer->payload.data, answer->payload.size);
        size += answer->payload.size;
    }
    assert_bytes(linnet_view(got, size), linnet_view(content, SIZE));
}

static void blocks_of_every_size_make_the_whole(void **state)
{
    (void)state;
    add("a", &config);
    fetch_all(LINNET_GET, false, 6, 0);
    for (uint8_t szx = 0; szx <= 6; szx++)
        fetch_all(LINNET_GET, true, szx, 0);
    fetch_all(LINNET_FETCH, true, 5, 0);
    fetch_all(LINNET_GET, true, 6, 200);
    fetch_all(LINNET_GET, true, 6, 50);
    fetch_all(LINNET_GET, false, 6, 60);
}

static void each_block_can_be_asked_for_alone(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &config);
    answer = GET("a", WITH(block2(4, 6)));
    assert_bytes(answer->payload, linnet_view(content + 4096, SIZE - 4096));
    assert_false(block_of(answer).more);
    answer = GET("a", WITH(block2(77, 2)));
    assert_bytes(answer->payload, linnet_view(content + 77 * 64, 64));
    assert_true(block_of(answer).more);
}

static void a_block_past_the_end_is_a_bad_request(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &config);
    answer = GET("a", WITH(block2(5, 6)));
    assert_code(answer, 4, 00);
    assert_text(answer->payload, "That block is past the end");
    assert_code(GET("a", WITH(block2(0xfffff, 6))), 4, 00);
    content_size = 4096;
    assert_false(block_of(GET("a", WITH(block2(3, 6)))).more);
    assert_code(GET("a", WITH(block2(4, 6))), 4, 00);
    content_size = 0;
    assert_code(GET("a", WITH(block2(1, 6))), 4, 00);
    answer = GET("a", WITH(block2(0, 6)));
    assert_code(answer, 2, 05);
    assert_int_equal(answer->payload.size, 0);
}

static void what_fits_into_the_block_asked_for_needs_no_etag(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &config);
    content_size = 64;
    answer = GET("a", WITH(block2(0, 2)));
    assert_bytes(answer->payload, linnet_view(content, 64));
    assert_false(block_of(answer).more);
    assert_int_equal(block_of(answer).szx, 2);
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 0);
    assert_int_equal(count_of(answer, LINNET_OPTION_SIZE2), 0);
    content_size = 65;
    answer = GET("a", WITH(block2(0, 2)));
    assert_true(block_of(answer).more);
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
}

static void the_etag_of_a_changed_content_is_another(void **state)
{
    uint8_t etag[4];

    (void)state;
    add("a", &config);
    memcpy(etag, option_of(GET("a", WITH(block2(0, 6))), LINNET_OPTION_ETAG, 0).data, 4);
    content[SIZE - 1] ^= 1;
    assert_memory_not_equal(etag, option_of(GET("a", WITH(block2(1, 6))), LINNET_OPTION_ETAG, 0).data, 4);
}

static void every_size_near_the_datagrams_is_answered_whole_or_in_blocks(void **state)
{
    static const linnet_resource_config with_etag = {.get = get_content, .etag = true};

    (void)state;
    add("a", &config);
    add("e", &with_etag);
    for (content_size = 0; content_size < 150; content_size++) {
        for (size_t capacity = 40; capacity < 150; capacity++) {
            const test_answer *answer = GET("a", .capacity = capacity);
            assert_code(answer, 2, 05);
            if (answer->payload.size < content_size) {
                assert_true(block_of(answer).more);
                assert_int_equal(answer->payload.size, linnet_block_size(block_of(answer)));
                assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
            }
            assert_bytes(answer->payload, linnet_view(content, answer->payload.size));
            answer = GET("e", .capacity = capacity);
            assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
            if (answer->payload.size < content_size)
                assert_true(block_of(answer).more);
            answer = GET("a", WITH(block2(1, 1)), .capacity = capacity);
            if (content_size <= 32)
                assert_code(answer, 4, 00);
            else
                assert_bytes(answer->payload, linnet_view(content + 32, answer->payload.size));
        }
    }
}

static void get_content_first(linnet_request *request, linnet_reply *reply, void *context)
{
    uint8_t path[200];

    get_content(request, reply, context);
    memset(path, 'x', sizeof path);
    linnet_reply_option(reply, LINNET_OPTION_LOCATION_PATH, linnet_view(path, sizeof path));
}

static void options_behind_a_payload_that_filled_the_datagram_make_blocks_smaller(void **state)
{
    static const linnet_resource_config first = {.get = get_content_first};
    const test_answer *answer;

    (void)state;
    add("f", &first);
    content_size = 1130;
    answer = GET("f");
    assert_code(answer, 2, 05);
    assert_int_equal(block_of(answer).szx, 5);
    assert_bytes(answer->payload, linnet_view(content, 512));
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), 1130);
    assert_int_equal(option_of(answer, LINNET_OPTION_LOCATION_PATH, 0).size, 200);
}

static void get_failing(linnet_request *request, linnet_reply *reply, void *context)
{
    get_content(request, reply, context);
    linnet_reply_code(reply, context ? LINNET_CHANGED : LINNET_CONFLICT);
}

static void other_codes_are_not_cut(void **state)
{
    static const linnet_resource_config failing = {.get = get_failing};
    static const linnet_resource_config changed = {.get = get_failing, .context = content};

    (void)state;
    add("a", &config);
    add("failing", &failing);
    add("changed", &changed);
    assert_code(GET("failing"), 4, 9);
    assert_int_equal(GET("failing", WITH(block2(1, 0)))->size, 0);
    assert_code(GET("changed"), 5, 00);
    assert_code(ASK(.method = LINNET_POST, .path = "a"), 5, 00);
    assert_code(GET("nowhere", WITH(block2(1, 0))), 4, 04);
}

static void a_stored_value_has_its_own_etag_in_every_block(void **state)
{
    static const linnet_resource_config stored = {
        .stored = true, .writable = true, .value = {content, SIZE}, .content_format = LINNET_OCTET_STREAM};
    const test_answer *answer;

    (void)state;
    add("a", &stored);
    answer = GET("a", WITH(block2(2, 6)));
    assert_bytes(answer->payload, linnet_view(content + 2048, 1024));
    assert_text(option_of(answer, LINNET_OPTION_ETAG, 0), "\x01");
    assert_code(GET("a", WITH(OPTION(LINNET_OPTION_ETAG, "\x01"), block2(2, 6))), 2, 03);
    fetch_all(LINNET_GET, true, 6, 0);
}

static void block1_and_block2_fit_into_one_answer(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &config);
    for (size_t capacity = 60; capacity < 100; capacity++) {
        answer = ASK(.method = LINNET_FETCH, .path = "a", WITH(block2(0, 6), OPTION(LINNET_OPTION_BLOCK1, "\x06")),
                     .capacity = capacity);
        assert_code(answer, 2, 05);
        assert_int_equal(number_of(answer, LINNET_OPTION_BLOCK1), 6);
        assert_int_equal(answer->payload.size, linnet_block_size(block_of(answer)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_does_not_fit_is_sent_from_its_first_block_on),
        TEST(blocks_of_every_size_make_the_whole),
        TEST(each_block_can_be_asked_for_alone),
        TEST(a_block_past_the_end_is_a_bad_request),
        TEST(what_fits_into_the_block_asked_for_needs_no_etag),
        TEST(the_etag_of_a_changed_content_is_another),
        TEST(every_size_near_the_datagrams_is_answered_whole_or_in_blocks),
        TEST(options_behind_a_payload_that_filled_the_datagram_make_blocks_smaller),
        TEST(other_codes_are_not_cut),
        TEST(a_stored_value_has_its_own_etag_in_every_block),
        TEST(block1_and_block2_fit_into_one_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
