/* Large responses to what must not run twice: kept, and given block by block (RFC 7959 2.7, 3.3). */
#include "transfer_support.h"

#define SIZE 5000

static struct {
    int count;
    size_t size;         /* of the response */
    size_t request_size; /* of the last request's payload */
    linnet_code code;
    bool defer;
    linnet_deferred deferred;
} ran;

static void run(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    ran.count++;
    ran.request_size = linnet_request_payload(request).size;
    if (ran.defer) {
        linnet_reply_defer(reply, &ran.deferred);
        return;
    }
    if (ran.code)
        linnet_reply_code(reply, ran.code);
    linnet_reply_location(reply, "made/1");
    linnet_reply_payload(reply, LINNET_CBOR, octets_of(ran.size, (uint8_t)ran.count));
}

static const linnet_resource_config running = {.post = run, .put = run, .fetch = run, .get = run, .del = run};

static int setup(void **state)
{
    memset(&ran, 0, sizeof ran);
    ran.size = SIZE;
    return open_rig(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_rig)
#define POST(...) TELL(.method = LINNET_POST, .path = __VA_ARGS__)

static linnet_bytes part(linnet_bytes whole, size_t start, size_t size)
{
    return linnet_view(whole.data + start, whole.size - start < size ? whole.size - start : size);
}

static void a_post_runs_once_however_many_blocks_its_answer_takes(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &running);
    for (uint8_t code = LINNET_CREATED; code <= LINNET_CONTENT;
         code = code == LINNET_CREATED ? LINNET_CHANGED : code + 1) {
        ran.code = code;
        ran.count = 0;
        answer = POST("a", .payload = linnet_text("x"));
        assert_int_equal(answer->code, code);
        assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), SIZE);
        assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 0);
        assert_true(block_in(answer, LINNET_OPTION_BLOCK2).more);
        for (uint32_t number = 1; number < 5; number++) {
            answer = POST("a", BLOCK2(number, 6));
            assert_int_equal(answer->code, code);
            assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_CBOR);
            assert_int_equal(count_of(answer, LINNET_OPTION_LOCATION_PATH), 2);
            assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK2).number, number);
            assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK2).more, number < 4);
            assert_bytes(answer->payload, part(octets_of(SIZE, 1), number * 1024, 1024));
        }
        assert_int_equal(ran.count, 1);
    }
}

static void a_client_may_ask_for_its_blocks_in_any_size_and_order(void **state)
{
    (void)state;
    add("a", &running);
    assert_int_equal(POST("a", BLOCK2(0, 2))->payload.size, 64);
    assert_bytes(POST("a", BLOCK2(70, 2))->payload, part(octets_of(SIZE, 1), 70 * 64, 64));
    assert_bytes(POST("a", BLOCK2(1, 6))->payload, part(octets_of(SIZE, 1), 1024, 1024));
    assert_bytes(POST("a", BLOCK2(3, 0))->payload, part(octets_of(SIZE, 1), 48, 16));
    assert_code(POST("a", BLOCK2(5, 6)), 4, 00);
    assert_int_equal(ran.count, 1);
}

static void what_fits_is_not_kept(void **state)
{
    (void)state;
    add("a", &running);
    ran.size = 1000;
    assert_int_equal(count_of(POST("a"), LINNET_OPTION_BLOCK2), 0);
    assert_int_equal(rig.heap.calls, 0);
    assert_false(block_in(POST("a", BLOCK2(0, 6)), LINNET_OPTION_BLOCK2).more);
    ran.size = 0;
    assert_int_equal(count_of(POST("a", BLOCK2(0, 6)), LINNET_OPTION_BLOCK2), 0);
    assert_int_equal(rig.heap.calls, 0);
}

static void a_response_that_is_not_kept_is_4_08_and_the_handler_does_not_run(void **state)
{
    (void)state;
    add("a", &running);
    assert_code(POST("a", BLOCK2(1, 6)), 4, 8);
    assert_int_equal(ran.count, 0);
    assert_code(POST("a"), 2, 04);
    assert_code(POST("a", .port = 1, BLOCK2(1, 6)), 4, 8);
    assert_code(POST("a", WITH(QUERY("x")), BLOCK2(1, 6)), 4, 8);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK2(1, 6)), 4, 8);
    assert_code(POST("a", BLOCK2(1, 6)), 2, 04);
    rig.now += EXCHANGE_LIFETIME;
    assert_code(POST("a", BLOCK2(1, 6)), 4, 8);
    assert_int_equal(ran.count, 1);
    assert_int_equal(rig.heap.blocks, 0);
}

static void the_next_request_like_it_replaces_the_response(void **state)
{
    (void)state;
    add("a", &running);
    assert_code(POST("a"), 2, 04);
    assert_code(POST("a"), 2, 04);
    assert_int_equal(rig.heap.blocks, 1);
    assert_bytes(POST("a", BLOCK2(1, 6))->payload, part(octets_of(SIZE, 2), 1024, 1024));
    ran.size = 10;
    assert_code(POST("a"), 2, 04);
    assert_int_equal(rig.heap.blocks, 0);
    assert_code(POST("a", BLOCK2(1, 6)), 4, 8);
}

static void a_get_runs_again_for_each_block(void **state)
{
    (void)state;
    add("a", &running);
    assert_code(TELL(.method = LINNET_GET, .path = "a", BLOCK2(1, 6)), 2, 05);
    assert_code(TELL(.method = LINNET_GET, .path = "a", BLOCK2(2, 6)), 2, 05);
    assert_code(TELL(.method = LINNET_FETCH, .path = "a", BLOCK2(1, 6), .payload = linnet_text("x")), 2, 05);
    assert_int_equal(ran.count, 3);
    assert_int_equal(rig.heap.calls, 0);
}

/* ETSI TD_COAP_BLOCK_05. */
static void a_post_in_blocks_is_answered_in_blocks(void **state)
{
    test_message post = {.method = LINNET_POST, .path = "a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "t"))};
    const test_answer *answer;

    (void)state;
    add("a", &running);
    answer = upload(&post, octets_of(3000, 5), 4);
    assert_code(answer, 2, 04);
    assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK1).number, 11);
    assert_false(block_in(answer, LINNET_OPTION_BLOCK1).more);
    assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK2).number, 0);
    assert_true(block_in(answer, LINNET_OPTION_BLOCK2).more);
    assert_int_equal(ran.request_size, 3000);
    post.has_block2 = true;
    for (uint32_t number = 1; number < 5; number++) {
        post.block2 = (linnet_block){number, false, 6};
        answer = tell(&post);
        assert_code(answer, 2, 04);
        assert_int_equal(count_of(answer, LINNET_OPTION_BLOCK1), 0);
        assert_bytes(answer->payload, part(octets_of(SIZE, 1), number * 1024, 1024));
    }
    assert_int_equal(ran.count, 1);
}

static void a_fetch_whose_body_came_in_blocks_is_kept_too(void **state)
{
    test_message fetch = {.method = LINNET_FETCH, .path = "a", BLOCK2(0, 4)};
    const test_answer *answer;

    (void)state;
    add("a", &running);
    answer = upload(&fetch, octets_of(300, 5), 4); /* early negotiation of both sizes */
    assert_code(answer, 2, 05);
    assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK2).szx, 4);
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    fetch.block2.number = 3;
    answer = tell(&fetch);
    assert_bytes(answer->payload, part(octets_of(SIZE, 1), 3 * 256, 256));
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    assert_int_equal(ran.count, 1);
}

static void an_answer_that_comes_later_is_kept_as_well(void **state)
{
    linnet_answer given = {.code = LINNET_CREATED, .content_format = LINNET_CBOR, .payload = octets_of(SIZE, 1)};

    (void)state;
    add("a", &running);
    ran.defer = true;
    assert_int_equal(POST("a")->code, LINNET_EMPTY);
    assert_int_equal(linnet_site_answer(&site, rig.endpoint, rig.now, ran.deferred.exchange, &given), 0);
    assert_bytes(POST("a", BLOCK2(4, 6))->payload, part(octets_of(SIZE, 1), 4096, 1024));
    assert_int_equal(ran.count, 1);
}

static void an_error_is_not_kept(void **state)
{
    (void)state;
    add("a", &running);
    ran.code = LINNET_CONFLICT;
    ran.size = 800;
    assert_code(POST("a"), 4, 9);
    ran.size = SIZE;
    assert_code(POST("a"), 5, 00);
    assert_int_equal(rig.heap.blocks, 0);
}

static void without_memory_a_large_answer_is_5_00(void **state)
{
    (void)state;
    add("a", &running);
    rig.heap.fails_at = 1;
    rig.heap.fails_on = true;
    assert_code(POST("a"), 5, 00);
    reopen_rig(&(linnet_limits){.upload_memory = SIZE});
    assert_code(POST("a"), 5, 00);
    assert_int_equal(rig.heap.blocks, 0);
}

static void whichever_allocation_fails_an_answer_is_whole_or_an_error(void **state)
{
    bool failed = true;

    (void)state;
    add("a", &running);
    for (size_t n = 1; failed; n++) {
        rig.heap.calls = 0;
        rig.heap.fails_at = n;
        rig.heap.fails_on = n % 2;
        ran.count = 0;
        linnet_code code = upload(&(test_message){.method = LINNET_POST, .path = "a"}, octets_of(1000, 1), 6)->code;
        failed = rig.heap.calls >= n;
        assert_int_equal(ran.count, 1);
        if (code == LINNET_CHANGED)
            assert_bytes(POST("a", BLOCK2(4, 6))->payload, part(octets_of(SIZE, 1), 4096, 1024));
        else
            assert_int_equal(code, LINNET_INTERNAL_SERVER_ERROR);
        linnet_transfers_clear(rig.transfers);
        assert_int_equal(rig.heap.blocks, 0);
    }
}

static void an_upload_that_is_answered_later_has_its_block1_in_the_answer(void **state)
{
    linnet_answer given = {.code = LINNET_CREATED};
    test_message post = {.method = LINNET_POST, .path = "a", .non = true};

    (void)state;
    add("a", &running);
    ran.defer = true;
    assert_int_equal(upload(&post, octets_of(3000, 1), 6)->code, LINNET_EMPTY);
    assert_int_equal(ran.request_size, 3000);
    assert_int_equal(rig.heap.blocks, 0);
    assert_int_equal(linnet_site_answer(&site, rig.endpoint, rig.now, ran.deferred.exchange, &given), 0);
    const test_answer *answer = last_answer();
    assert_code(answer, 2, 01);
    assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK1).number, 2);
    assert_false(block_in(answer, LINNET_OPTION_BLOCK1).more);
}

static void precondition_of_what_has_run_is_not_asked_again(void **state)
{
    (void)state;
    add("a", &running);
    assert_code(POST("a", WITH(OPTION(LINNET_OPTION_IF_MATCH, ""))), 2, 04);
    int before = ran.count; /* the get handler too, to learn the ETag */
    assert_code(POST("a", WITH(OPTION(LINNET_OPTION_IF_MATCH, "")), BLOCK2(1, 6)), 2, 04);
    assert_int_equal(ran.count, before);
}

static void a_size_that_is_asked_for_is_given_with_any_block(void **state)
{
    (void)state;
    add("a", &running);
    assert_int_equal(number_of(TELL(.method = LINNET_GET, .path = "a", BLOCK2(1, 6)), LINNET_OPTION_SIZE2), -1);
    assert_int_equal(
        number_of(TELL(.method = LINNET_GET, .path = "a", BLOCK2(1, 6), WITH(OPTION(LINNET_OPTION_SIZE2, ""))),
                  LINNET_OPTION_SIZE2),
        SIZE);
}

static void every_capacity_gives_blocks_that_make_the_whole(void **state)
{
    (void)state;
    add("a", &running);
    for (uint32_t size = 80; size < 140; size++) {
        reopen_rig(&(linnet_limits){.message_size = size});
        uint8_t got[SIZE + 1024];
        size_t held = 0;
        linnet_block block = {.more = true, .szx = 6};
        ran.count = 0;
        while (block.more) {
            const test_answer *answer = POST("a", BLOCK2((uint32_t)(held >> (block.szx + 4)), block.szx));
            assert_code(answer, 2, 04);
            block = block_in(answer, LINNET_OPTION_BLOCK2);
            assert_int_equal(linnet_block_offset(block), held);
            memcpy(got + held, answer->payload.data, answer->payload.size);
            held += answer->payload.size;
        }
        assert_bytes(linnet_view(got, held), octets_of(SIZE, 1));
        assert_int_equal(ran.count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_post_runs_once_however_many_blocks_its_answer_takes),
        TEST(a_client_may_ask_for_its_blocks_in_any_size_and_order),
        TEST(what_fits_is_not_kept),
        TEST(a_response_that_is_not_kept_is_4_08_and_the_handler_does_not_run),
        TEST(the_next_request_like_it_replaces_the_response),
        TEST(a_get_runs_again_for_each_block),
        TEST(a_post_in_blocks_is_answered_in_blocks),
        TEST(a_fetch_whose_body_came_in_blocks_is_kept_too),
        TEST(an_answer_that_comes_later_is_kept_as_well),
        TEST(an_error_is_not_kept),
        TEST(without_memory_a_large_answer_is_5_00),
        TEST(whichever_allocation_fails_an_answer_is_whole_or_an_error),
        TEST(an_upload_that_is_answered_later_has_its_block1_in_the_answer),
        TEST(precondition_of_what_has_run_is_not_asked_again),
        TEST(a_size_that_is_asked_for_is_given_with_any_block),
        TEST(every_capacity_gives_blocks_that_make_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
