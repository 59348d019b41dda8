/* Request bodies in blocks (RFC 7959 Block1), Size1, Request-Tag, Echo. */
#include "unit/client_support.h"

static uint8_t body[4000];

static linnet_call_request put(size_t size, uint16_t block_size)
{
    fill_pattern(body, sizeof body, 1);
    return (linnet_call_request){.code = LINNET_PUT, .payload = {body, size}, .block_size = block_size};
}

static void assert_payload(const test_client *client, size_t offset, size_t size)
{
    linnet_message last = client_last(client);

    assert_int_equal(last.payload.size, size);
    assert_memory_equal(last.payload.data, body + offset, size);
}

static void body_that_fits_goes_in_one_message_without_block1(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(64, 64), false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK1, "none");
    assert_int_equal(client_uint(client, LINNET_OPTION_SIZE1), ABSENT);
    assert_payload(client, 0, 64);
    client_answer(client, (script){.code = LINNET_CHANGED});
    assert_int_equal(into.code, LINNET_CHANGED);
    assert_int_equal(into.finals, 1);
    told_free(&into);
    client_close(client);
}

static void body_goes_block_by_block_with_size1_in_the_first(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/64");
    assert_int_equal(client_uint(client, LINNET_OPTION_SIZE1), 150);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/1/64");
    assert_int_equal(client_uint(client, LINNET_OPTION_SIZE1), ABSENT);
    assert_payload(client, 64, 64);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "1/1/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "2/0/64");
    assert_payload(client, 128, 22);
    assert_int_equal(into.times, 0);
    client_answer(client, (script){.code = LINNET_CHANGED, .block1 = "2/0/64"});
    assert_int_equal(into.code, LINNET_CHANGED);
    told_free(&into);
    client_close(client);
}

/* RFC 9175 2.3: "Upon receiving any other response with the Echo option, the client SHOULD echo the Echo option value
 * in the next request to the server." */
static void echo_of_a_success_goes_with_the_next_request(void **state)
{
    test_client *client = client_open(NULL);
    told into[3] = {{0}};
    linnet_bytes value;

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into[0]), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .echo = "fresh one"});
    assert_int_equal(into[0].code, LINNET_CONTENT);
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into[1]), 0);
    assert_true(linnet_option_get(client_last(client).options, LINNET_OPTION_ECHO, 0, &value));
    assert_true(linnet_bytes_equal(value, linnet_text("fresh one")));
    client_answer(client, (script){.code = LINNET_UNAUTHORIZED, .echo = "a newer one"}); /* too old by now */
    assert_int_equal(into[1].times, 0);
    assert_true(linnet_option_get(client_last(client).options, LINNET_OPTION_ECHO, 0, &value));
    assert_true(linnet_bytes_equal(value, linnet_text("a newer one")));
    client_answer(client, (script){.code = LINNET_CONTENT});
    assert_int_equal(into[1].code, LINNET_CONTENT);
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into[2]), 0);
    assert_false(linnet_option_get(client_last(client).options, LINNET_OPTION_ECHO, 0, &value));
    client_close(client);
    for (int i = 0; i < 3; i++)
        told_free(&into[i]);
}

/* RFC 7959 2.10. */
static void if_none_match_stands_in_the_first_block_alone(void **state)
{
    static const uint8_t none[] = {0x50}; /* number 5, no value */
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request request = put(150, 64);
    linnet_bytes value;

    (void)state;
    request.options = linnet_view(none, sizeof none);
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_true(linnet_option_get(client_last(client).options, LINNET_OPTION_IF_NONE_MATCH, 0, &value));
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/1/64");
    assert_false(linnet_option_get(client_last(client).options, LINNET_OPTION_IF_NONE_MATCH, 0, &value));
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "1/1/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "2/0/64");
    assert_false(linnet_option_get(client_last(client).options, LINNET_OPTION_IF_NONE_MATCH, 0, &value));
    client_close(client);
    told_free(&into);
}

static void blocks_of_one_upload_have_one_token(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    uint8_t token[8];

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    memcpy(token, client_last(client).token.data, 8);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    assert_true(linnet_bytes_equal(client_last(client).token, linnet_view(token, 8)));
    client_close(client);
    told_free(&into);
}

static void server_that_acts_on_each_block_by_itself_gets_them_all(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(100, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CHANGED, .block1 = "0/0/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/0/64");
    client_answer(client, (script){.code = LINNET_CHANGED, .block1 = "1/0/64"});
    assert_int_equal(into.code, LINNET_CHANGED);
    told_free(&into);
    client_close(client);
}

static void smaller_size_from_the_server_is_used_from_the_next_block_on(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(300, 128), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/32"});
    assert_block(client, LINNET_OPTION_BLOCK1, "4/1/32");
    assert_payload(client, 128, 32);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "4/1/16"}); /* and again in mid-transfer */
    assert_block(client, LINNET_OPTION_BLOCK1, "10/1/16");
    assert_payload(client, 160, 16);
    told_free(&into);
    client_close(client);
    told_free(&into);
}

static void larger_size_from_the_server_is_not_used(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(300, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/512"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/1/64");
    client_close(client);
    told_free(&into);
}

static void too_large_with_a_smaller_size_starts_again_smaller(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(100, 1024), false, &into), 0);
    client_answer(client, (script){.code = LINNET_REQUEST_ENTITY_TOO_LARGE, .block1 = "0/0/32"});
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/32");
    assert_payload(client, 0, 32);
    client_answer(client, (script){.code = LINNET_REQUEST_ENTITY_TOO_LARGE, .block1 = "0/0/32"});
    assert_int_equal(into.code, LINNET_REQUEST_ENTITY_TOO_LARGE);
    client_close(client);
    told_free(&into);
}

static void too_large_without_a_size_is_the_answer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(100, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_REQUEST_ENTITY_TOO_LARGE});
    assert_int_equal(into.code, LINNET_REQUEST_ENTITY_TOO_LARGE);
    client_close(client);
    told_free(&into);
}

static void incomplete_starts_again_once(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    client_answer(client, (script){.code = LINNET_REQUEST_ENTITY_INCOMPLETE});
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/64");
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    client_answer(client, (script){.code = LINNET_REQUEST_ENTITY_INCOMPLETE});
    assert_int_equal(into.code, LINNET_REQUEST_ENTITY_INCOMPLETE);
    client_close(client);
    told_free(&into);
}

static void answer_to_another_block_ends_the_transfer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "1/1/64"});
    assert_int_equal(into.error, LINNET_EFORMAT);
    client_close(client);
    told_free(&into);
}

static void success_for_the_first_part_alone_is_not_success(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CHANGED});
    assert_int_equal(into.error, LINNET_EFORMAT);
    client_close(client);
    told_free(&into);
}

static int read_pattern(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    (void)context;
    *given = offset + size > 150 ? (size_t)(150 - offset) : size;
    memcpy(data, body + offset, *given);
    return 0;
}

static void body_of_unknown_size_is_read_until_it_ends(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(0, 64);
    told into = {0};

    (void)state;
    request.read_body = read_pattern;
    request.body_size = LINNET_UNKNOWN_SIZE;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_SIZE1), ABSENT);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "1/1/64"});
    assert_block(client, LINNET_OPTION_BLOCK1, "2/0/64");
    assert_payload(client, 128, 22);
    client_answer(client, (script){.code = LINNET_CREATED, .block1 = "2/0/64"});
    assert_int_equal(into.code, LINNET_CREATED);
    client_close(client);
    told_free(&into);
}

static int fail_to_read(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    (void)context;
    (void)data;
    *given = size;
    return offset > 0 ? LINNET_ESYSTEM : 0;
}

static void error_of_the_reader_ends_the_transfer_with_that_error(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(0, 64);
    told into = {0};

    (void)state;
    request.read_body = fail_to_read;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    assert_int_equal(into.error, LINNET_ESYSTEM);
    client_close(client);
    told_free(&into);
}

static void uploads_that_overlap_are_told_apart_by_a_request_tag(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(150, 64);
    told first = {0}, second = {0}, third = {0};
    uint32_t tag;

    (void)state;
    request.transmission.nstart = 3;
    assert_int_equal(client_ask(client, request, false, &first), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_REQUEST_TAG), ABSENT);
    assert_int_equal(client_ask(client, request, false, &second), 0);
    tag = client_uint(client, LINNET_OPTION_REQUEST_TAG);
    assert_int_not_equal(tag, ABSENT);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    assert_int_equal(client_uint(client, LINNET_OPTION_REQUEST_TAG), tag);
    assert_int_equal(client_ask(client, request, false, &third), 0);
    assert_int_not_equal(client_uint(client, LINNET_OPTION_REQUEST_TAG), ABSENT);
    assert_int_not_equal(client_uint(client, LINNET_OPTION_REQUEST_TAG), tag);
    client_close(client);
    told_free(&first);
    told_free(&second);
    told_free(&third);
}

static void both_ways_repeats_the_method_without_payload_and_block1(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(100, 64);
    uint8_t answer[200];
    told into = {0};

    (void)state;
    fill_pattern(answer, sizeof answer, 9);
    request.code = LINNET_POST;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    client_answer(client,
                  (script){.code = LINNET_CHANGED, .block1 = "1/0/64", .block2 = "0/1/128", .payload = {answer, 128}});
    assert_int_equal(client_last(client).code, LINNET_POST);
    assert_block(client, LINNET_OPTION_BLOCK1, "none");
    assert_block(client, LINNET_OPTION_BLOCK2, "1/0/128");
    assert_int_equal(client_last(client).payload.size, 0);
    client_answer(client, (script){.code = LINNET_CHANGED, .block2 = "1/0/128", .payload = {answer + 128, 72}});
    assert_int_equal(into.size, 200);
    assert_memory_equal(into.payload, answer, 200);
    client_close(client);
    told_free(&into);
}

static void echo_that_the_server_wants_is_sent_once_and_kept(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_bytes echo;
    linnet_message last;

    (void)state;
    assert_int_equal(client_ask(client, put(100, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_UNAUTHORIZED, .echo = "fresh"});
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/64");
    last = client_last(client);
    assert_true(linnet_option_get(last.options, LINNET_OPTION_ECHO, 0, &echo));
    assert_true(linnet_bytes_equal(echo, linnet_text("fresh")));
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    last = client_last(client);
    assert_true(linnet_option_get(last.options, LINNET_OPTION_ECHO, 0, &echo));
    client_answer(client, (script){.code = LINNET_UNAUTHORIZED, .echo = "later"});
    client_answer(client, (script){.code = LINNET_UNAUTHORIZED, .echo = "again"});
    assert_int_equal(into.code, LINNET_UNAUTHORIZED);
    client_close(client);
    told_free(&into);
}

static void silence_in_mid_transfer_is_a_time_out_that_says_how_far_it_was(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    client_run(client, client->now + 200 * SECOND);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    assert_int_equal(into.code, LINNET_CONTINUE);
    client_close(client);
    told_free(&into);
}

static void reset_in_mid_transfer_ends_it(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    uint8_t reset[4];

    (void)state;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/64"});
    memcpy(reset, (uint8_t[]){0x70, 0, client->sent[2], client->sent[3]}, 4);
    client_receive(client, linnet_view(reset, 4));
    assert_int_equal(into.error, LINNET_ERESET);
    client_close(client);
    told_free(&into);
}

static void block_size_that_does_not_fit_the_message_size_is_made_smaller(void **state)
{
    test_client *client = client_open(&(linnet_limits){.message_size = 200});
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, put(600, 0), false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/128");
    assert_true(client->size <= 200);
    client_close(client);
    told_free(&into);
}

static void long_options_make_the_blocks_smaller(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(1024, 1024);
    uint8_t options[203] = {0xbd, 200 - 13};
    told into = {0};

    (void)state;
    request.options = linnet_view(options, 202);
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/512");
    client_close(client);
    told_free(&into);
}

static void without_memory_a_large_request_is_refused_at_once(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    client->no_memory = true;
    assert_int_equal(client_ask(client, put(150, 64), false, &into), LINNET_ENOMEM);
    assert_int_equal(client_ask(client, put(100, 65), false, &into), LINNET_EINVAL);
    assert_int_equal(client_ask(client, put(100, 64), false, &into), 0);
    client_close(client);
    told_free(&into);
}

static void block_option_of_the_users_own_makes_a_single_exchange(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = put(32, 0);
    told into = {0};

    (void)state;
    request.options = linnet_view("\xd1\x0e\x19", 3); /* Block1 1/1/32 */
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK1, "1/1/32");
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "1/1/32"});
    assert_int_equal(into.code, LINNET_CONTINUE);
    assert_int_equal(into.finals, 1);
    client_close(client);
    told_free(&into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_that_fits_goes_in_one_message_without_block1),
        cmocka_unit_test(body_goes_block_by_block_with_size1_in_the_first),
        cmocka_unit_test(echo_of_a_success_goes_with_the_next_request),
        cmocka_unit_test(if_none_match_stands_in_the_first_block_alone),
        cmocka_unit_test(blocks_of_one_upload_have_one_token),
        cmocka_unit_test(server_that_acts_on_each_block_by_itself_gets_them_all),
        cmocka_unit_test(smaller_size_from_the_server_is_used_from_the_next_block_on),
        cmocka_unit_test(larger_size_from_the_server_is_not_used),
        cmocka_unit_test(too_large_with_a_smaller_size_starts_again_smaller),
        cmocka_unit_test(too_large_without_a_size_is_the_answer),
        cmocka_unit_test(incomplete_starts_again_once),
        cmocka_unit_test(answer_to_another_block_ends_the_transfer),
        cmocka_unit_test(success_for_the_first_part_alone_is_not_success),
        cmocka_unit_test(body_of_unknown_size_is_read_until_it_ends),
        cmocka_unit_test(error_of_the_reader_ends_the_transfer_with_that_error),
        cmocka_unit_test(uploads_that_overlap_are_told_apart_by_a_request_tag),
        cmocka_unit_test(both_ways_repeats_the_method_without_payload_and_block1),
        cmocka_unit_test(echo_that_the_server_wants_is_sent_once_and_kept),
        cmocka_unit_test(silence_in_mid_transfer_is_a_time_out_that_says_how_far_it_was),
        cmocka_unit_test(reset_in_mid_transfer_ends_it),
        cmocka_unit_test(block_size_that_does_not_fit_the_message_size_is_made_smaller),
        cmocka_unit_test(long_options_make_the_blocks_smaller),
        cmocka_unit_test(without_memory_a_large_request_is_refused_at_once),
        cmocka_unit_test(block_option_of_the_users_own_makes_a_single_exchange),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
