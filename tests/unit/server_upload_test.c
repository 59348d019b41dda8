/* Request bodies in blocks (RFC 7959 2.3, 2.5), put together by the library: the handler sees each once, and whole. */
#include "transfer_support.h"

static test_calls calls;
static const linnet_resource_config noting = {.put = note_call, .post = note_call, .context = &calls};
static const linnet_resource_config stored = {
    .stored = true, .writable = true, .content_format = LINNET_OCTET_STREAM, .max_value_size = 70000};
static const linnet_resource_config small = {.put = note_call, .context = &calls, .max_body_size = 100};

static int setup(void **state)
{
    calls = (test_calls){0};
    return open_rig(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, close_rig)
#define PUT(...)                                                                                                       \
    &(test_message) { .method = LINNET_PUT, .path = __VA_ARGS__ }
#define POST(...)                                                                                                      \
    &(test_message) { .method = LINNET_POST, .path = __VA_ARGS__ }

static void assert_noted(linnet_bytes body) { assert_bytes(linnet_view(calls.payload, calls.size), body); }

static void a_body_of_any_size_in_blocks_of_any_size_is_seen_whole_and_once(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 31, 32, 33, 1023, 1024, 1025, 5000, 65536};
    int runs = 0;

    (void)state;
    add("a", &noting);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint8_t szx = 0; szx <= 6; szx++) {
            linnet_bytes body = octets_of(sizes[i], szx);
            const test_answer *answer = upload(POST("a"), body, szx);
            assert_code(answer, 2, 04);
            assert_false(block_in(answer, LINNET_OPTION_BLOCK1).more);
            assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK1).szx, szx);
            assert_int_equal(calls.count, ++runs);
            assert_noted(body);
        }
    }
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_stored_value_is_replaced_at_the_last_block_and_not_before(void **state)
{
    linnet_bytes body = octets_of(3000, 1);
    linnet_resource *resource = add("a", &stored);

    (void)state;
    send_block(PUT("a"), body, 0, 6);
    send_block(PUT("a"), body, 1, 6);
    assert_int_equal(linnet_resource_value(resource).size, 0);
    assert_code(send_block(PUT("a"), body, 2, 6), 2, 04);
    assert_bytes(linnet_resource_value(resource), body);
}

/* Two uploads that differ as the messages do, block by block in turn. */
static void interleave(const test_message *one, const test_message *other)
{
    linnet_bytes first = octets_of(300, 1), second = octets_of(300, 2);
    int before = calls.count;

    for (uint32_t number = 0; number < 4; number++) {
        assert_code(send_block(one, first, number, 2), 2, 31);
        assert_code(send_block(other, second, number, 2), 2, 31);
    }
    assert_code(send_block(one, first, 4, 2), 2, 04);
    assert_noted(first);
    assert_code(send_block(other, second, 4, 2), 2, 04);
    assert_noted(second);
    assert_int_equal(calls.count, before + 2);
}

static void two_interleaved_uploads_never_mix(void **state)
{
    (void)state;
    add("a", &noting);
    add("b", &noting);
    interleave(PUT("a"), PUT("a", .port = 1));
    interleave(PUT("a"), PUT("a", .host = 1));
    interleave(PUT("a"), PUT("a", .local = 1));
    interleave(PUT("a"), PUT("b"));
    interleave(PUT("a"), POST("a"));
    interleave(PUT("a"), PUT("a", WITH(QUERY("x"))));
    interleave(PUT("a", WITH(QUERY("x"), QUERY("y"))), PUT("a", WITH(QUERY("xy"))));
    interleave(PUT("a"), PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "1"))));
    interleave(PUT("a"), PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, ""))));
    interleave(PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "1"))),
               PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "2"))));
    interleave(PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "1"))),
               PUT("a", WITH(OPTION(LINNET_OPTION_REQUEST_TAG, "1"), OPTION(LINNET_OPTION_REQUEST_TAG, "1"))));
}

static void options_that_are_no_cache_key_do_not_tell_uploads_apart(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    add("a", &noting);
    assert_code(send_block(PUT("a", WITH(OPTION(LINNET_OPTION_SIZE1, "\x30"))), body, 0, 0), 2, 31);
    assert_code(send_block(PUT("a"), body, 1, 0), 2, 31);
    assert_code(send_block(PUT("a", WITH(OPTION(LINNET_OPTION_NO_RESPONSE, ""))), body, 2, 0), 2, 04);
    assert_noted(body);
}

static void the_first_block_starts_over(void **state)
{
    linnet_bytes first = octets_of(300, 1), second = octets_of(200, 2);

    (void)state;
    add("a", &noting);
    send_block(PUT("a"), first, 0, 2);
    send_block(PUT("a"), first, 1, 2);
    assert_code(upload(PUT("a"), second, 2), 2, 04);
    assert_noted(second);
    assert_code(send_block(PUT("a"), first, 2, 2), 4, 8);
    /* Also when it is the only one. */
    send_block(PUT("a"), first, 0, 2);
    assert_code(upload(PUT("a"), linnet_text("whole"), 2), 2, 04);
    assert_code(send_block(PUT("a"), first, 1, 2), 4, 8);
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_block_whose_predecessors_are_missing_is_4_08(void **state)
{
    linnet_bytes body = octets_of(300, 1);

    (void)state;
    add("a", &noting);
    assert_code(send_block(PUT("a"), body, 1, 2), 4, 8);
    assert_code(send_block(PUT("a"), body, 4, 2), 4, 8);
    send_block(PUT("a"), body, 0, 2);
    assert_code(send_block(PUT("a"), body, 2, 2), 4, 8);
    assert_code(send_block(PUT("a"), body, 1, 2), 4, 8); /* it has ended */
    assert_int_equal(calls.count, 0);
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_block_that_comes_again_changes_nothing_if_it_is_the_same(void **state)
{
    linnet_bytes body = octets_of(300, 1), other = octets_of(300, 2);

    (void)state;
    add("a", &noting);
    send_block(PUT("a"), body, 0, 2);
    assert_code(send_block(PUT("a"), body, 1, 2), 2, 31);
    assert_code(send_block(PUT("a"), body, 1, 2), 2, 31);
    assert_code(send_block(PUT("a"), body, 2, 2), 2, 31);
    assert_code(send_block(PUT("a"), body, 3, 2), 2, 31);
    assert_code(send_block(PUT("a"), body, 4, 2), 2, 04);
    assert_noted(body);
    send_block(PUT("a"), body, 0, 2);
    send_block(PUT("a"), body, 1, 2);
    assert_code(send_block(PUT("a"), other, 1, 2), 4, 8);
    send_block(PUT("a"), body, 0, 2);
    send_block(PUT("a"), body, 1, 2);
    assert_code(send_block(PUT("a"), body, 0, 3), 2, 31); /* a first one of another size */
    assert_code(send_block(PUT("a"), body, 1, 3), 2, 31);
    assert_code(send_block(PUT("a"), body, 2, 3), 2, 04);
    assert_noted(body);
}

static void a_duplicate_of_a_blocks_message_is_answered_again_but_not_added_again(void **state)
{
    linnet_bytes body = octets_of(100, 1);

    (void)state;
    add("a", &noting);
    send_block(POST("a"), body, 0, 2);
    assert_code(send_block(POST("a", .id = rig.last_id), body, 0, 2), 2, 31);
    assert_code(send_block(POST("a"), body, 1, 2), 2, 04);
    assert_code(send_block(POST("a", .id = rig.last_id), body, 1, 2), 2, 04);
    assert_int_equal(calls.count, 1);
    assert_noted(body);
    assert_code(send_block(POST("a"), body, 1, 2), 4, 8); /* the same block as a new message */
}

static void the_client_may_go_on_with_smaller_blocks(void **state)
{
    linnet_bytes body = octets_of(300, 1);

    (void)state;
    add("a", &noting);
    assert_code(send_block(PUT("a"), body, 0, 3), 2, 31);
    assert_code(send_block(PUT("a"), body, 4, 1), 2, 31);
    assert_code(send_block(PUT("a"), body, 10, 0), 2, 31);
    assert_code(send_block(PUT("a"), body, 11, 0), 2, 31);
    assert_code(send_block(PUT("a"), body, 3, 2), 2, 31);
    assert_code(send_block(PUT("a"), body, 4, 2), 2, 04);
    assert_noted(body);
}

static void a_server_with_small_messages_asks_for_smaller_blocks(void **state)
{
    linnet_bytes body = octets_of(1500, 1);
    const test_answer *answer;

    (void)state;
    reopen_rig(&(linnet_limits){.message_size = 200});
    add("a", &noting);
    answer = send_block(PUT("a"), body, 0, 6);
    assert_code(answer, 2, 31);
    assert_int_equal(block_in(answer, LINNET_OPTION_BLOCK1).szx, 3);
    for (uint32_t number = 8; number < 11; number++)
        assert_code(send_block(PUT("a"), body, number, 3), 2, 31);
    assert_code(send_block(PUT("a"), body, 11, 3), 2, 04);
    assert_noted(body);
    /* A client that begins with the second block of the smaller size repeats what is known. */
    send_block(PUT("a"), body, 0, 6);
    for (uint32_t number = 1; number < 11; number++)
        assert_code(send_block(PUT("a"), body, number, 3), 2, 31);
    assert_code(send_block(PUT("a"), body, 11, 3), 2, 04);
    assert_noted(body);
}

static void the_content_format_must_not_change(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    add("a", &noting);
    send_block(PUT("a", WITH(OPTION(LINNET_OPTION_CONTENT_FORMAT, "\x32"))), body, 0, 0);
    assert_code(send_block(PUT("a", WITH(OPTION(LINNET_OPTION_CONTENT_FORMAT, "\x3c"))), body, 1, 0), 4, 8);
    assert_code(send_block(PUT("a"), body, 1, 0), 4, 8);
    assert_code(upload(PUT("a", WITH(OPTION(LINNET_OPTION_CONTENT_FORMAT, "\x32"))), body, 0), 2, 04);
    assert_int_equal(calls.content_format, LINNET_JSON);
}

static void a_body_that_is_too_large_is_4_13_with_the_limit(void **state)
{
    linnet_bytes body = octets_of(200, 1);
    const test_answer *answer;

    (void)state;
    add("small", &small);
    assert_code(upload(PUT("small"), octets_of(100, 1), 1), 2, 04);
    answer = send_block(PUT("small", WITH(OPTION(LINNET_OPTION_SIZE1, "\x65"))), body, 0, 1);
    assert_code(answer, 4, 13); /* at once, as it says so */
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 100);
    for (uint32_t number = 0; number < 3; number++)
        assert_code(send_block(PUT("small"), body, number, 1), 2, 31);
    answer = send_block(PUT("small"), body, 3, 1);
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 100);
    assert_int_equal(rig.heap.blocks, 0);
    assert_code(send_block(PUT("small"), body, 4, 1), 4, 13);
    assert_code(TELL(.method = LINNET_PUT, .path = "small", BLOCK1(0, false, 4), .payload = body), 4, 13);
    assert_int_equal(calls.count, 1);
}

static void a_value_that_is_too_large_to_be_stored_is_4_13_with_the_limit(void **state)
{
    static const linnet_resource_config bounded = {.stored = true, .writable = true, .max_value_size = 50};
    const test_answer *answer;

    (void)state;
    add("v", &bounded);
    assert_code(send_block(PUT("v"), octets_of(64, 1), 0, 1), 2, 31);
    answer = send_block(PUT("v"), octets_of(64, 1), 1, 1);
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 50);
    assert_code(upload(PUT("v"), octets_of(50, 1), 1), 2, 04);
}

static void what_is_refused_is_refused_at_the_first_block(void **state)
{
    linnet_bytes body = octets_of(48, 1);

    (void)state;
    add("a", &noting);
    add("v", &stored);
    assert_code(send_block(PUT("nowhere"), body, 0, 0), 4, 04);
    assert_code(send_block(&(test_message){.method = LINNET_PATCH, .path = "a"}, body, 0, 0), 4, 05);
    assert_code(send_block(PUT("v", WITH(OPTION(LINNET_OPTION_IF_MATCH, "x"))), body, 0, 0), 4, 12);
    assert_code(send_block(PUT("v", WITH(OPTION(LINNET_OPTION_IF_NONE_MATCH, ""))), body, 0, 0), 4, 12);
    assert_int_equal(rig.heap.calls, 0);
}

static void a_precondition_counts_at_the_end_too(void **state)
{
    linnet_bytes body = octets_of(48, 1);
    linnet_resource *resource = add("v", &stored);
    test_message message = {.method = LINNET_PUT, .path = "v", WITH(OPTION(LINNET_OPTION_IF_MATCH, "\x01"))};

    (void)state;
    assert_code(send_block(&message, body, 0, 0), 2, 31);
    linnet_resource_set(resource, linnet_text("changed"));
    assert_code(send_block(&message, body, 1, 0), 2, 31);
    assert_code(send_block(&message, body, 2, 0), 4, 12);
    assert_text(linnet_resource_value(resource), "changed");
    assert_int_equal(rig.heap.blocks, 0);
}

/* RFC 7959 2.10: it "MUST NOT be used on Block1 requests with NUM != 0". Clients that do are taken all the same. */
static void if_none_match_of_the_first_block_is_for_the_whole_body(void **state)
{
    static const linnet_resource_config created = {.stored = true, .writable = true, .absent = true};
    linnet_bytes body = octets_of(48, 1);
    test_message first = {.method = LINNET_PUT, .path = "n", WITH(OPTION(LINNET_OPTION_IF_NONE_MATCH, ""))};
    test_message next = {.method = LINNET_PUT, .path = "n"};
    linnet_resource *resource = add("n", &created);

    (void)state;
    assert_code(send_block(&first, body, 0, 0), 2, 31);
    assert_code(send_block(&next, body, 1, 0), 2, 31);
    assert_code(send_block(&next, body, 2, 0), 2, 01);
    assert_int_equal(linnet_resource_value(resource).size, 48);
    assert_code(send_block(&first, body, 0, 0), 4, 12);
    drop(resource);
    resource = add("n", &created);
    assert_code(send_block(&first, body, 0, 0), 2, 31);
    assert_code(send_block(&first, body, 1, 0), 2, 31);
    linnet_resource_set(resource, linnet_text("meanwhile"));
    assert_code(send_block(&next, body, 2, 0), 4, 12);
    assert_text(linnet_resource_value(resource), "meanwhile");
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_payload_that_is_not_as_long_as_its_block_is_a_bad_request(void **state)
{
    (void)state;
    add("a", &noting);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK1(0, true, 1), .payload = octets_of(31, 1)), 4, 00);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK1(0, true, 1), .payload = octets_of(33, 1)), 4, 00);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK1(0, false, 1), .payload = octets_of(33, 1)), 4, 00);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK1(0, true, 1)), 4, 00);
    assert_code(TELL(.method = LINNET_PUT, .path = "a", BLOCK1(1, true, 1)), 4, 8); /* of a transfer that is none */
}

static void a_group_is_no_place_for_an_upload(void **state)
{
    (void)state;
    add("a", &noting);
    TELL(.method = LINNET_PUT, .path = "a", .non = true, .multicast = true, BLOCK1(0, true, 0),
         .payload = octets_of(16, 1));
    assert_int_equal(rig.sent, 0);
    assert_int_equal(rig.heap.calls, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_of_any_size_in_blocks_of_any_size_is_seen_whole_and_once),
        TEST(a_stored_value_is_replaced_at_the_last_block_and_not_before),
        TEST(two_interleaved_uploads_never_mix),
        TEST(options_that_are_no_cache_key_do_not_tell_uploads_apart),
        TEST(the_first_block_starts_over),
        TEST(a_block_whose_predecessors_are_missing_is_4_08),
        TEST(a_block_that_comes_again_changes_nothing_if_it_is_the_same),
        TEST(a_duplicate_of_a_blocks_message_is_answered_again_but_not_added_again),
        TEST(the_client_may_go_on_with_smaller_blocks),
        TEST(a_server_with_small_messages_asks_for_smaller_blocks),
        TEST(the_content_format_must_not_change),
        TEST(a_body_that_is_too_large_is_4_13_with_the_limit),
        TEST(a_value_that_is_too_large_to_be_stored_is_4_13_with_the_limit),
        TEST(what_is_refused_is_refused_at_the_first_block),
        TEST(a_precondition_counts_at_the_end_too),
        TEST(if_none_match_of_the_first_block_is_for_the_whole_body),
        TEST(a_payload_that_is_not_as_long_as_its_block_is_a_bad_request),
        TEST(a_group_is_no_place_for_an_upload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
