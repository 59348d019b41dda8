/* Calls with a cache: RFC 7252 5.6 rule by rule. "Sent" counts datagrams, so that an answer without network shows. */
#include "unit/client_support.h"

#include <stdio.h>

enum { CACHE = 16384 };

typedef struct asked {
    linnet_code code;
    const char *path;
    uint16_t number; /* of one option more; 0: none */
    const char *value;
    const char *payload;
} asked;

static uint8_t encoded[8][200];
static unsigned turn;

static linnet_call_request request_for(asked what)
{
    linnet_call_request request = {.code = what.code ? what.code : LINNET_GET};
    uint8_t *options = encoded[turn++ % 8];
    size_t size = 0;
    const char *path = what.path ? what.path : "a";

    assert_int_equal(linnet_options_insert(options, &size, 200, LINNET_OPTION_URI_PATH, linnet_text(path)), 0);
    if (what.number)
        assert_int_equal(linnet_options_insert(options, &size, 200, what.number, linnet_text(what.value)), 0);
    request.options = linnet_view(options, size);
    request.payload = linnet_text(what.payload);
    return request;
}

/* Asks, and lets what is due happen. Returns how many datagrams left. */
static size_t ask(test_client *client, asked what, told *into)
{
    size_t before = client->sent_count;

    told_free(into);
    *into = (told){0};
    assert_int_equal(client_ask(client, request_for(what), false, into), 0);
    assert_int_equal(into->times, 0); /* never before it returns */
    client_run(client, client->now);
    return client->sent_count - before;
}

static void answer_text(test_client *client, script answer, const char *payload)
{
    answer.code = answer.code ? answer.code : LINNET_CONTENT;
    answer.payload = linnet_text(payload);
    client_answer(client, answer);
}

static void fetch(test_client *client, asked what, script answer, const char *payload)
{
    told into = {0};

    assert_int_equal(ask(client, what, &into), 1);
    answer_text(client, answer, payload);
    assert_int_equal(into.finals, 1);
    assert_false(into.cached);
    told_free(&into);
}

static void assert_hit(test_client *client, asked what, const char *payload)
{
    told into = {0};
    size_t pending = linnet_calls_pending(client->calls);

    assert_int_equal(ask(client, what, &into), 0);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, 0);
    assert_true(into.cached);
    assert_int_equal(into.size, strlen(payload));
    assert_memory_equal(into.payload, payload, into.size);
    assert_int_equal(linnet_calls_pending(client->calls), pending);
    told_free(&into);
}

static void assert_miss(test_client *client, asked what)
{
    told into = {0};

    assert_int_equal(ask(client, what, &into), 1);
    assert_int_equal(into.times, 0);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    told_free(&into);
}

static void a_response_is_given_again_while_it_is_fresh(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    asked a = {0};
    told into = {0};

    (void)state;
    fetch(client, a, (script){0}, "one");
    client_run(client, client->now + 59 * SECOND);
    assert_int_equal(ask(client, a, &into), 0);
    assert_true(into.cached);
    assert_int_equal(into.code, LINNET_CONTENT);
    assert_int_equal(into.age_us, 59 * SECOND);
    assert_int_equal(into.content_format, 42);
    assert_memory_equal(into.payload, "one", 3);
    client_run(client, client->now + SECOND); /* Max-Age is 60 where it is not given (5.10.5) */
    assert_miss(client, a);
    fetch(client, a, (script){.has_max_age = true, .max_age = 0}, "two");
    assert_miss(client, a);
    fetch(client, a, (script){.has_max_age = true, .max_age = 1000000}, "three");
    client_run(client, client->now + 999999 * SECOND);
    assert_hit(client, a, "three");
    told_free(&into);
    client_close(client);
}

static void without_a_cache_nothing_is_kept(void **state)
{
    test_client *client = client_open(NULL);

    (void)state;
    fetch(client, (asked){0}, (script){0}, "one");
    assert_miss(client, (asked){0});
    client_close(client);
}

static void what_is_part_of_the_key_makes_another_request(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);

    (void)state;
    fetch(client, (asked){0}, (script){0}, "one");
    assert_miss(client, (asked){.path = "b"});
    assert_miss(client, (asked){.number = LINNET_OPTION_URI_QUERY, .value = "x"});
    assert_miss(client, (asked){.number = LINNET_OPTION_ACCEPT, .value = "2"});
    assert_miss(client, (asked){.number = LINNET_OPTION_URI_HOST, .value = "x"});
    assert_miss(client, (asked){.number = 2056, .value = "x"});
    assert_miss(client, (asked){.number = 65002, .value = "x"});       /* unsafe */
    assert_hit(client, (asked){.number = 65020, .value = "x"}, "one"); /* NoCacheKey (5.4.2) */
    assert_hit(client, (asked){.number = LINNET_OPTION_SIZE1}, "one");
    assert_hit(client, (asked){0}, "one");
    client_close(client);
}

static void the_payload_of_a_fetch_is_part_of_its_key(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    asked x = {.code = LINNET_FETCH, .payload = "x"}, y = {.code = LINNET_FETCH, .payload = "y"};

    (void)state;
    fetch(client, x, (script){0}, "of x");
    assert_miss(client, y);
    assert_miss(client, (asked){0}); /* nor is a GET a FETCH */
    fetch(client, y, (script){0}, "of y");
    assert_hit(client, x, "of x");
    assert_hit(client, y, "of y");
    client_close(client);
}

static void options_of_the_user_go_past_the_cache(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    const uint16_t numbers[] = {LINNET_OPTION_ETAG, LINNET_OPTION_IF_MATCH, LINNET_OPTION_BLOCK2,
                                LINNET_OPTION_NO_RESPONSE, LINNET_OPTION_ECHO};
    told into = {0};

    (void)state;
    fetch(client, (asked){0}, (script){.etag = "e1"}, "one");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_miss(client, (asked){.number = numbers[i], .value = "1"});
    assert_int_equal(client_ask(client, request_for((asked){0}), true, &into), 0); /* a sink takes part by part */
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT);
    answer_text(client, (script){0}, "two");
    assert_int_equal(into.blocks, 1);
    assert_hit(client, (asked){0}, "one");
    told_free(&into);
    client_close(client);
}

static void a_stale_response_is_validated_by_its_etag(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    told into = {0};
    linnet_bytes etag;

    (void)state;
    fetch(client, (asked){0}, (script){.etag = "e1", .has_max_age = true, .max_age = 5}, "one");
    client_run(client, client->now + 5 * SECOND);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    assert_true(linnet_option_get(client_last(client).options, LINNET_OPTION_ETAG, 0, &etag));
    assert_true(linnet_bytes_equal(etag, linnet_text("e1")));
    client_answer(client, (script){.code = LINNET_VALID, .etag = "e1", .has_max_age = true, .max_age = 20});
    assert_int_equal(into.code, LINNET_CONTENT);
    assert_true(into.cached);
    assert_int_equal(into.age_us, 0);
    assert_int_equal(into.max_age, 20); /* updated (5.9.1.3), the rest is what was stored */
    assert_int_equal(into.content_format, 42);
    assert_memory_equal(into.payload, "one", 3);
    client_run(client, client->now + 19 * SECOND);
    assert_hit(client, (asked){0}, "one");
    client_run(client, client->now + SECOND);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    client_answer(client, (script){.code = LINNET_VALID, .etag = "e1"}); /* implicitly 60 */
    assert_int_equal(into.max_age, ABSENT);
    client_run(client, client->now + 59 * SECOND);
    assert_hit(client, (asked){0}, "one");
    client_run(client, client->now + SECOND);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    answer_text(client, (script){.etag = "e2"}, "two");
    assert_false(into.cached);
    assert_hit(client, (asked){0}, "two");
    told_free(&into);
    client_close(client);
}

static void a_confirmation_of_something_else_is_asked_for_as_a_whole(void **state)
{
    test_client *client = client_open_with_cache(NULL, 1000); /* room for one */
    asked a = {0};
    told into = {0};

    (void)state;
    fetch(client, a, (script){.etag = "e1", .has_max_age = true}, "one");
    assert_int_equal(ask(client, a, &into), 1);
    client_answer(client, (script){.code = LINNET_VALID, .etag = "e9"});
    assert_int_equal(into.times, 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT);
    answer_text(client, (script){.etag = "e2", .has_max_age = true}, "two");
    assert_memory_equal(into.payload, "two", 3);
    assert_int_equal(ask(client, a, &into), 1);
    uint16_t id = client_last(client).id;
    uint8_t token[8];
    memcpy(token, client_last(client).token.data, 8);
    client_answer_to(client, linnet_view(token, 8), id, (script){.code = LINNET_VALID, .etag = "e2"});
    assert_true(into.cached);
    assert_int_equal(into.finals, 1);
    told_free(&into);
    client_close(client);
}

/* Its last block alone would mean nothing to a server that has put the payload together and answered. */
static void a_fetch_in_blocks_that_was_not_confirmed_begins_again_with_its_first_block(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    char large[1501];
    asked what = {.code = LINNET_FETCH, .payload = large};
    told into = {0};

    (void)state;
    memset(large, 'q', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    for (unsigned round = 0; round < 2; round++) {
        assert_int_equal(ask(client, what, &into), 1);
        assert_block(client, LINNET_OPTION_BLOCK1, "0/1/1024");
        client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/1024"});
        assert_block(client, LINNET_OPTION_BLOCK1, "1/0/1024");
        if (round == 0)
            answer_text(client, (script){.block1 = "1/0/1024", .etag = "e1", .has_max_age = true}, "one");
    }
    client_answer(client, (script){.code = LINNET_VALID, .block1 = "1/0/1024", .etag = "e9"});
    assert_int_equal(into.times, 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT);
    assert_block(client, LINNET_OPTION_BLOCK1, "0/1/1024");
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/1024"});
    answer_text(client, (script){.block1 = "1/0/1024"}, "two");
    assert_int_equal(into.finals, 1);
    assert_memory_equal(into.payload, "two", 3);
    told_free(&into);
    client_close(client);
}

static void what_was_evicted_while_it_was_validated_is_asked_for_again(void **state)
{
    linnet_limits limits = {0};
    test_client *client = client_open_with_cache(&limits, 136 * 6);
    told into = {0}, other = {0};
    char large[400];
    uint8_t token[8];
    uint16_t id;
    linnet_call_request request = request_for((asked){.path = "b"});

    (void)state;
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    fetch(client, (asked){0}, (script){.etag = "e1", .has_max_age = true}, "one");
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    memcpy(token, client_last(client).token.data, 8);
    id = client_last(client).id;
    request.transmission.nstart = 2;
    assert_int_equal(client_ask(client, request, false, &other), 0);
    answer_text(client, (script){0}, large);
    client_answer_to(client, linnet_view(token, 8), id, (script){.code = LINNET_VALID, .etag = "e1"});
    assert_int_equal(into.times, 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT);
    answer_text(client, (script){0}, "one again");
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.size, 9);
    told_free(&into);
    told_free(&other);
    client_close(client);
}

static void errors_are_kept_for_their_max_age_and_not_validated(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    asked a = {0};

    (void)state;
    fetch(client, a, (script){.code = LINNET_NOT_FOUND, .has_max_age = true, .max_age = 7}, "no");
    assert_hit(client, a, "no");
    client_run(client, client->now + 7 * SECOND);
    fetch(client, a, (script){.code = LINNET_SERVICE_UNAVAILABLE, .etag = "e1", .has_max_age = true, .max_age = 3}, "");
    assert_hit(client, a, "");
    client_run(client, client->now + 3 * SECOND);
    told into = {0};
    assert_int_equal(ask(client, a, &into), 1);
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT);
    answer_text(client, (script){.code = LINNET_REQUEST_ENTITY_TOO_LARGE}, "");
    assert_miss(client, a); /* of one exchange only */
    told_free(&into);
    client_close(client);
}

static void a_change_makes_what_is_kept_stale(void **state)
{
    const linnet_code methods[] = {LINNET_POST, LINNET_PUT, LINNET_DELETE, LINNET_PATCH, LINNET_IPATCH};
    const linnet_code codes[] = {LINNET_CHANGED, LINNET_CREATED, LINNET_DELETED};
    test_client *client = client_open_with_cache(NULL, CACHE);

    (void)state;
    for (size_t i = 0; i < 15; i++) {
        fetch(client, (asked){0}, (script){.has_max_age = true, .max_age = 500}, "one");
        fetch(client, (asked){.number = LINNET_OPTION_ACCEPT, .value = "2"}, (script){0}, "one");
        fetch(client, (asked){.path = "b"}, (script){0}, "other");
        fetch(client, (asked){.code = methods[i % 5]}, (script){.code = codes[i / 5]}, "");
        assert_miss(client, (asked){0});
        assert_miss(client, (asked){.number = LINNET_OPTION_ACCEPT, .value = "2"});
        assert_hit(client, (asked){.path = "b"}, "other");
        client_run(client, client->now + 60 * SECOND);
    }
    client_close(client);
}

static void a_change_that_failed_changes_nothing_but_one_without_answer_may_have(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    told into = {0};

    (void)state;
    fetch(client, (asked){0}, (script){.has_max_age = true, .max_age = 5000}, "one");
    fetch(client, (asked){.code = LINNET_PUT}, (script){.code = LINNET_FORBIDDEN}, "");
    assert_hit(client, (asked){0}, "one");
    assert_int_equal(ask(client, (asked){.code = LINNET_PUT}, &into), 1);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    assert_miss(client, (asked){0});
    told_free(&into);
    client_close(client);
}

static void a_created_resource_is_stale_at_its_location(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);

    (void)state;
    fetch(client, (asked){.path = "new"}, (script){.code = LINNET_NOT_FOUND}, "");
    assert_hit(client, (asked){.path = "new"}, "");
    fetch(client, (asked){.code = LINNET_POST, .path = "list"}, (script){.code = LINNET_CREATED, .location = "new"},
          "");
    assert_miss(client, (asked){.path = "new"});
    client_close(client);
}

static void a_response_that_a_change_has_overtaken_is_not_fresh(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    told into = {0};
    uint8_t token[8];
    uint16_t id;
    linnet_call_request put = request_for((asked){.code = LINNET_PUT});
    told done = {0};

    (void)state;
    put.transmission.nstart = 2;
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    memcpy(token, client_last(client).token.data, 8);
    id = client_last(client).id;
    assert_int_equal(client_ask(client, put, false, &done), 0);
    client_answer(client, (script){.code = LINNET_CHANGED});
    assert_int_equal(done.finals, 1);
    client_answer_to(client, linnet_view(token, 8), id,
                     (script){.code = LINNET_CONTENT, .payload = linnet_text("old")});
    assert_int_equal(into.finals, 1);
    assert_miss(client, (asked){0});
    told_free(&into);
    told_free(&done);
    client_close(client);
}

static void bodies_in_blocks_are_kept_as_a_whole(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    static uint8_t body[300];
    told into = {0};

    (void)state;
    fill_pattern(body, sizeof body, 3);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "0/1/256", .payload = {body, 256}});
    client_run(client, client->now + 20 * SECOND); /* its age counts from the first block */
    client_answer(client, (script){.code = LINNET_CONTENT, .block2 = "1/0/256", .payload = {body + 256, 44}});
    assert_int_equal(into.size, 300);
    assert_int_equal(ask(client, (asked){0}, &into), 0);
    assert_true(into.cached);
    assert_int_equal(into.age_us, 20 * SECOND);
    assert_int_equal(into.size, 300);
    assert_memory_equal(into.payload, body, 300);
    client_run(client, client->now + 40 * SECOND);
    assert_miss(client, (asked){0});
    told_free(&into);
    client_close(client);
}

static void a_large_body_that_was_confirmed_is_not_fetched_again(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    static uint8_t body[300];
    told into = {0};

    (void)state;
    fill_pattern(body, sizeof body, 3);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    client_answer(client, (script){.code = LINNET_CONTENT, .etag = "e", .block2 = "0/1/256", .payload = {body, 256}});
    assert_int_equal(client_uint(client, LINNET_OPTION_ETAG), ABSENT); /* not in requests for further blocks */
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .etag = "e", .block2 = "1/0/256", .payload = {body + 256, 44}});
    client_run(client, client->now + 60 * SECOND);
    assert_int_equal(ask(client, (asked){0}, &into), 1);
    client_answer(client, (script){.code = LINNET_VALID, .etag = "e"});
    assert_true(into.cached);
    assert_memory_equal(into.payload, body, 300);
    told_free(&into);
    client_close(client);
}

static void notifications_keep_a_response_fresh(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    linnet_call_request request = request_for((asked){0});
    told into = {0};
    uint8_t token[8];

    (void)state;
    request.observe = true;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    memcpy(token, client_last(client).token.data, 8);
    answer_text(client, (script){.has_observe = true, .observe = 1}, "one");
    assert_hit(client, (asked){0}, "one");
    client_run(client, client->now + 50 * SECOND);
    client_answer_to(client, linnet_view(token, 8), 0,
                     (script){.code = LINNET_CONTENT,
                              .separate = true,
                              .type = LINNET_NON,
                              .has_observe = true,
                              .observe = 2,
                              .payload = linnet_text("two")});
    assert_int_equal(into.times, 2);
    client_run(client, client->now + 50 * SECOND);
    told hit = {0};
    assert_int_equal(ask(client, (asked){0}, &hit), 0);
    assert_memory_equal(hit.payload, "two", 3);
    assert_false(hit.has_observe);
    told_free(&hit);
    client_close(client);
    told_free(&into);
}

static void a_hit_can_be_cancelled_and_cleared(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);
    told first = {0}, second = {0};

    (void)state;
    fetch(client, (asked){0}, (script){0}, "one");
    assert_int_equal(client_ask(client, request_for((asked){0}), false, &first), 0);
    assert_true(linnet_calls_deadline(client->calls) <= client->now);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, first.call, LINNET_ECANCELLED), 0);
    assert_int_equal(first.error, LINNET_ECANCELLED);
    assert_int_equal(client_ask(client, request_for((asked){0}), false, &second), 0);
    client_close(client);
    assert_int_equal(second.error, LINNET_ECLOSED);
    told_free(&first);
    told_free(&second);
}

static void without_memory_for_a_copy_the_server_is_asked(void **state)
{
    test_client *client = client_open_with_cache(NULL, CACHE);

    (void)state;
    fetch(client, (asked){0}, (script){0}, "one");
    client->no_memory = true;
    assert_miss(client, (asked){0});
    client->no_memory = false;
    assert_hit(client, (asked){0}, "one");
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_given_again_while_it_is_fresh),
        cmocka_unit_test(without_a_cache_nothing_is_kept),
        cmocka_unit_test(what_is_part_of_the_key_makes_another_request),
        cmocka_unit_test(the_payload_of_a_fetch_is_part_of_its_key),
        cmocka_unit_test(options_of_the_user_go_past_the_cache),
        cmocka_unit_test(a_stale_response_is_validated_by_its_etag),
        cmocka_unit_test(a_confirmation_of_something_else_is_asked_for_as_a_whole),
        cmocka_unit_test(a_fetch_in_blocks_that_was_not_confirmed_begins_again_with_its_first_block),
        cmocka_unit_test(what_was_evicted_while_it_was_validated_is_asked_for_again),
        cmocka_unit_test(errors_are_kept_for_their_max_age_and_not_validated),
        cmocka_unit_test(a_change_makes_what_is_kept_stale),
        cmocka_unit_test(a_change_that_failed_changes_nothing_but_one_without_answer_may_have),
        cmocka_unit_test(a_created_resource_is_stale_at_its_location),
        cmocka_unit_test(a_response_that_a_change_has_overtaken_is_not_fresh),
        cmocka_unit_test(bodies_in_blocks_are_kept_as_a_whole),
        cmocka_unit_test(a_large_body_that_was_confirmed_is_not_fetched_again),
        cmocka_unit_test(notifications_keep_a_response_fresh),
        cmocka_unit_test(a_hit_can_be_cancelled_and_cleared),
        cmocka_unit_test(without_memory_for_a_copy_the_server_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
