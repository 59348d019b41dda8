/* Response bodies in blocks (RFC 7959 Block2): put together, or handed on part by part. */
#include "unit/client_support.h"

#include <stdio.h>

static uint8_t body[4000];
static const linnet_call_request get = {.code = LINNET_GET};

static linnet_bytes part(size_t offset, size_t size)
{
    fill_pattern(body, sizeof body, 1);
    return linnet_view(body + offset, size);
}

static void assert_body(const told *into, size_t size)
{
    assert_int_equal(into->error, 0);
    assert_int_equal(into->finals, 1);
    assert_int_equal(into->code, LINNET_CONTENT);
    assert_int_equal(into->size, size);
    assert_memory_equal(into->payload, body, size);
}

static void block(test_client *client, const char *block2, linnet_bytes payload)
{
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = block2, .payload = payload});
}

static void late_negotiation_goes_on_with_the_size_of_the_server(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK2, "none");
    block(client, "0/1/64", part(0, 64));
    assert_block(client, LINNET_OPTION_BLOCK2, "1/0/64");
    block(client, "1/1/64", part(64, 64));
    assert_int_equal(into.times, 0);
    block(client, "2/0/64", part(128, 10));
    assert_body(&into, 138);
    assert_int_equal(into.content_format, 42);
    client_close(client);
    told_free(&into);
}

static void early_negotiation_asks_for_its_size(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET, .block_size = 64}, false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK2, "0/0/64");
    block(client, "0/1/32", part(0, 32)); /* less than that is the server's right */
    assert_block(client, LINNET_OPTION_BLOCK2, "1/0/32");
    block(client, "1/0/32", part(32, 32));
    assert_body(&into, 64);
    client_close(client);
    told_free(&into);
}

static void more_than_was_asked_for_is_refused(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET, .block_size = 64}, false, &into), 0);
    block(client, "0/1/128", part(0, 128));
    assert_int_equal(into.error, LINNET_EFORMAT);
    client_close(client);
    told_free(&into);
}

static void size_may_become_smaller_in_mid_transfer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    block(client, "0/1/128", part(0, 128));
    block(client, "4/1/32", part(128, 32));
    assert_block(client, LINNET_OPTION_BLOCK2, "5/0/32");
    block(client, "5/0/32", part(160, 1));
    assert_body(&into, 161);
    client_close(client);
    told_free(&into);
}

static void refuse(const char *block2, size_t size)
{
    test_client *client = client_open(NULL);
    told into = {0};

    assert_int_equal(client_ask(client, get, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    block(client, block2, part(0, size));
    assert_int_equal(into.error, LINNET_EFORMAT);
    assert_int_equal(into.finals, 1);
    client_close(client);
    told_free(&into);
}

static void gaps_overlaps_and_wrong_sizes_end_the_transfer(void **state)
{
    (void)state;
    refuse("2/1/64", 64); /* a gap */
    refuse("0/1/64", 64); /* again the first */
    refuse("1/1/32", 32); /* an overlap, in smaller blocks */
    refuse("1/1/64", 63); /* more behind it, but not full */
    refuse("1/1/64", 65);
    refuse("1/0/64", 65);
    refuse("0/1/128", 128); /* larger than before */
}

static void change_in_mid_transfer_starts_again(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "0/1/64", .etag = "a", .payload = part(64, 64)});
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "1/1/64", .etag = "b", .payload = part(64, 64)});
    assert_block(client, LINNET_OPTION_BLOCK2, "0/0/64");
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "0/1/64", .etag = "b", .payload = part(0, 64)});
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "1/0/64", .etag = "b", .payload = part(64, 4)});
    assert_body(&into, 68);
    client_close(client);
    told_free(&into);
}

static void what_changes_without_end_is_given_up(void **state)
{
    static const char *const etags[] = {"a", "b"};
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    for (unsigned i = 0; into.times == 0 && i < 100; i++) {
        uint32_t value = client_uint(client, LINNET_OPTION_BLOCK2);
        bool is_first = value == ABSENT || value >> 4 == 0;
        client_answer(client, (script){.code = LINNET_CONTENT,
                                       .block2 = is_first ? "0/1/64" : "1/1/64",
                                       .etag = etags[!is_first],
                                       .payload = part(0, 64)});
    }
    assert_int_equal(into.error, LINNET_ECHANGED);
    client_close(client);
    told_free(&into);
}

static void how_often_a_changing_body_is_begun_again_is_a_limit(void **state)
{
    static const char etags[] = "abcdefgh";
    linnet_limits limits = {.body_restarts = 6};

    (void)state;
    for (unsigned changes = 6; changes <= 7; changes++) {
        test_client *client = client_open(&limits);
        told into = {0};
        char etag[2] = "";
        assert_int_equal(client_ask(client, get, false, &into), 0);
        for (unsigned i = 0; i <= changes; i++) {
            etag[0] = etags[i];
            client_answer(client,
                          (script){.code = LINNET_CONTENT, .block2 = "0/1/64", .etag = etag, .payload = part(0, 64)});
            if (i < changes) {
                etag[0] = etags[i + 1];
                client_answer(
                    client,
                    (script){.code = LINNET_CONTENT, .block2 = "1/1/64", .etag = etag, .payload = part(64, 64)});
            }
        }
        assert_int_equal(into.error, changes > 6 ? LINNET_ECHANGED : 0);
        assert_int_equal(into.finals, changes > 6);
        client_close(client);
        told_free(&into);
    }
}

static void body_that_became_small_in_mid_transfer_is_the_whole(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    block(client, "0/1/64", part(64, 64));
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = part(0, 5)});
    assert_body(&into, 5);
    client_close(client);
    told_free(&into);
}

static void error_in_mid_transfer_is_the_answer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    client_answer(client, (script){.code = LINNET_NOT_FOUND, .payload = linnet_text("gone")});
    assert_int_equal(into.code, LINNET_NOT_FOUND);
    assert_int_equal(into.size, 4);
    client_close(client);
    told_free(&into);
}

static void code_that_changes_is_odd_unless_the_etag_shows_that_it_is_one_response(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, other = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CHANGED, .block2 = "0/1/64", .etag = "a", .payload = part(0, 64)});
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "1/0/64", .etag = "a", .payload = part(64, 4)});
    assert_int_equal(into.code, LINNET_CHANGED);
    assert_int_equal(into.size, 68);
    assert_int_equal(client_ask(client, get, false, &other), 0);
    client_answer(client, (script){.code = LINNET_CHANGED, .block2 = "0/1/64", .payload = part(0, 64)});
    block(client, "1/0/64", part(64, 4));
    assert_int_equal(other.error, LINNET_EFORMAT);
    client_close(client);
    told_free(&into);
    told_free(&other);
}

static void part_of_a_body_is_fetched_from_its_offset_on(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .block_size = 64, .offset = 128};
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_block(client, LINNET_OPTION_BLOCK2, "2/0/64");
    block(client, "2/1/64", part(0, 64));
    block(client, "3/0/64", part(64, 3));
    assert_body(&into, 67);
    request.offset = 100;
    assert_int_equal(client_ask(client, request, false, &into), LINNET_EINVAL);
    client_close(client);
    told_free(&into);
}

static void offset_past_what_block_numbers_can_say_is_too_big(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .block_size = 16, .offset = (uint64_t)16 << 20};
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), LINNET_ETOOBIG);
    client_close(client);
}

static void body_above_its_limit_is_refused(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .max_body_size = 100};
    told into = {0}, known = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    block(client, "1/1/64", part(64, 64));
    assert_int_equal(into.error, LINNET_ETOOBIG);
    assert_int_equal(client_ask(client, request, false, &known), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "0/1/64", .size2 = 101, .payload = part(0, 64)});
    assert_int_equal(known.error, LINNET_ETOOBIG); /* known at once from Size2 */
    client_close(client);
    told_free(&into);
    told_free(&known);
}

static void sink_takes_the_parts_and_no_memory_is_held(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    client->no_memory = true;
    assert_int_equal(client_ask(client, get, true, &into), 0);
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(into.blocks, 1);
    block(client, "1/0/64", part(64, 10));
    assert_int_equal(into.blocks, 2);
    assert_int_equal(into.block_octets, 74);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.size, 0);
    client_close(client);
    told_free(&into);
}

static void sink_takes_a_small_response_too_but_no_error(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, missing = {0};

    (void)state;
    assert_int_equal(client_ask(client, get, true, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = part(0, 9)});
    assert_int_equal(into.block_octets, 9);
    assert_int_equal(client_ask(client, get, true, &missing), 0);
    client_answer(client, (script){.code = LINNET_NOT_FOUND, .payload = part(0, 9)});
    assert_int_equal(missing.blocks, 0);
    assert_int_equal(missing.size, 9);
    client_close(client);
    told_free(&into);
    told_free(&missing);
}

static void error_of_the_sink_ends_the_transfer_with_that_error(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.refuse_block = LINNET_ESYSTEM};
    size_t sent;

    (void)state;
    assert_int_equal(client_ask(client, get, true, &into), 0);
    sent = client->sent_count;
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(into.error, LINNET_ESYSTEM);
    assert_int_equal(client->sent_count, sent);
    client_close(client);
    told_free(&into);
}

static void sink_may_cancel(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.cancel_in_block = true};

    (void)state;
    assert_int_equal(client_ask(client, get, true, &into), 0);
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(into.error, LINNET_ECANCELLED);
    assert_int_equal(into.finals, 1);
    client_close(client);
    told_free(&into);
}

static void without_memory_blocks_end_with_that_error_but_one_block_is_fine(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, small = {0};

    (void)state;
    client->no_memory = true;
    assert_int_equal(client_ask(client, get, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(into.error, LINNET_ENOMEM);
    assert_int_equal(client_ask(client, get, false, &small), 0);
    block(client, "0/0/64", part(0, 64));
    assert_body(&small, 64);
    client_close(client);
    told_free(&into);
    told_free(&small);
}

/* A request that needs memory, and a response that needs more and more. */
static told run_with_failing_memory(unsigned nth)
{
    test_client *client = client_open(NULL);
    static uint8_t payload[500];
    linnet_call_request request = {.code = LINNET_POST, .payload = {payload, sizeof payload}};
    told into = {0};
    char text[32];

    client->fail_resize = nth;
    into.error = client_ask(client, request, false, &into);
    for (unsigned i = 0; i < 20 && into.error == 0 && into.finals == 0; i++) {
        snprintf(text, sizeof text, "%u/%d/512", i, i < 19);
        block(client, text, part(0, 512));
    }
    client_close(client); /* checks that all was given back */
    told_free(&into);
    return into;
}

static void any_allocation_may_fail(void **state)
{
    unsigned nth = 1;
    told into;

    (void)state;
    while ((into = run_with_failing_memory(nth)).error != 0) {
        assert_int_equal(into.error, LINNET_ENOMEM);
        nth++;
    }
    assert_int_equal(into.size, 20 * 512);
    assert_true(nth > 4);
}

static void cancelled_or_closed_in_mid_transfer_ends_once(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, closed = {0};
    linnet_call_request request = {.code = LINNET_GET, .transmission = {.nstart = 2}};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), LINNET_ENOENT);
    assert_int_equal(into.error, LINNET_ECANCELLED);
    assert_int_equal(client_ask(client, request, false, &closed), 0);
    block(client, "0/1/64", part(0, 64));
    client_close(client);
    assert_int_equal(closed.error, LINNET_ECLOSED);
    told_free(&into);
    told_free(&closed);
}

static void time_allowed_counts_for_the_whole_and_not_for_each_block(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .deadline = client->now + 10 * SECOND};
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    client->now += 4 * SECOND;
    block(client, "0/1/64", part(0, 64));
    client->now += 4 * SECOND;
    block(client, "1/1/64", part(64, 64));
    assert_int_equal(into.times, 0);
    client_run(client, client->now + 4 * SECOND);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    client_close(client);
    told_free(&into);
}

static void fetch_repeats_its_payload_for_each_block(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_FETCH, .payload = linnet_text("what")};
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(client_last(client).code, LINNET_FETCH);
    assert_true(linnet_bytes_equal(client_last(client).payload, linnet_text("what")));
    assert_block(client, LINNET_OPTION_BLOCK2, "1/0/64");
    assert_block(client, LINNET_OPTION_BLOCK1, "none");
    client_close(client);
    told_free(&into);
}

static void token_of_the_users_own_is_for_the_first_exchange(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .has_token = true, .token = linnet_text("tok")};
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_true(linnet_bytes_equal(client_last(client).token, linnet_text("tok")));
    block(client, "0/1/64", part(0, 64));
    assert_int_equal(client_last(client).token.size, 8);
    client_close(client);
    told_free(&into);
}

static void large_body_comes_in_linear_time(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .max_body_size = 8u << 20};
    told into = {0};
    static uint8_t zeros[1024];
    char text[32];

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    for (unsigned i = 0; i < 8192; i++) {
        snprintf(text, sizeof text, "%u/%d/1024", i, i < 8191);
        client->now += SECOND / 100;
        block(client, text, linnet_view(zeros, sizeof zeros));
        linnet_endpoint_advance(client->endpoint, client->now);
    }
    assert_int_equal(into.error, 0);
    assert_int_equal(into.size, 8u << 20);
    client_close(client);
    told_free(&into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_negotiation_goes_on_with_the_size_of_the_server),
        cmocka_unit_test(early_negotiation_asks_for_its_size),
        cmocka_unit_test(more_than_was_asked_for_is_refused),
        cmocka_unit_test(size_may_become_smaller_in_mid_transfer),
        cmocka_unit_test(gaps_overlaps_and_wrong_sizes_end_the_transfer),
        cmocka_unit_test(change_in_mid_transfer_starts_again),
        cmocka_unit_test(what_changes_without_end_is_given_up),
        cmocka_unit_test(how_often_a_changing_body_is_begun_again_is_a_limit),
        cmocka_unit_test(body_that_became_small_in_mid_transfer_is_the_whole),
        cmocka_unit_test(error_in_mid_transfer_is_the_answer),
        cmocka_unit_test(code_that_changes_is_odd_unless_the_etag_shows_that_it_is_one_response),
        cmocka_unit_test(part_of_a_body_is_fetched_from_its_offset_on),
        cmocka_unit_test(offset_past_what_block_numbers_can_say_is_too_big),
        cmocka_unit_test(body_above_its_limit_is_refused),
        cmocka_unit_test(sink_takes_the_parts_and_no_memory_is_held),
        cmocka_unit_test(sink_takes_a_small_response_too_but_no_error),
        cmocka_unit_test(error_of_the_sink_ends_the_transfer_with_that_error),
        cmocka_unit_test(sink_may_cancel),
        cmocka_unit_test(without_memory_blocks_end_with_that_error_but_one_block_is_fine),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(cancelled_or_closed_in_mid_transfer_ends_once),
        cmocka_unit_test(time_allowed_counts_for_the_whole_and_not_for_each_block),
        cmocka_unit_test(fetch_repeats_its_payload_for_each_block),
        cmocka_unit_test(token_of_the_users_own_is_for_the_first_exchange),
        cmocka_unit_test(large_body_comes_in_linear_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
