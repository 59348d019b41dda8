/* Servers that want a pause: 4.29 and its Max-Age (RFC 8516). */
#include "client/busy.h"

#include "unit/client_support.h"

static const script busy_for_five = {.code = LINNET_TOO_MANY_REQUESTS, .has_max_age = true, .max_age = 5};
static const script content = {.code = LINNET_CONTENT, .payload = {(const uint8_t *)"value", 5}};
static uint32_t waits_for;

/* Timers are as exact as their wheel. */
#define TICK (SECOND / 50)

/* Until the next datagram leaves. */
static void run_to_next(test_client *client)
{
    size_t sent = client->sent_count;

    while (client->sent_count == sent)
        client_run(client, client->now + TICK);
}

static void on_wait(uint32_t seconds, void *context)
{
    (void)context;
    waits_for = seconds;
}

static linnet_call_request patient(const test_client *client, unsigned seconds)
{
    return (linnet_call_request){.code = LINNET_GET, .busy_until = client->now + seconds * SECOND, .on_wait = on_wait};
}

static void request_that_may_wait_is_sent_again_when_max_age_is_over(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, patient(client, 60), false, &into), 0);
    client_answer(client, busy_for_five);
    assert_int_equal(waits_for, 5);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + 5 * SECOND - 1);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + TICK);
    assert_int_equal(client->sent_count, 2);
    assert_int_equal(into.times, 0);
    client_answer(client, content);
    assert_int_equal(into.times, 1);
    assert_int_equal(into.code, LINNET_CONTENT);
    client_close(client);
    told_free(&into);
}

static void without_max_age_the_pause_is_a_minute(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, patient(client, 100), false, &into), 0);
    client_answer(client, (script){.code = LINNET_TOO_MANY_REQUESTS});
    client_run(client, client->now + 60 * SECOND - 1);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + TICK);
    assert_int_equal(client->sent_count, 2);
    client_close(client);
    told_free(&into);
}

static void pause_that_is_too_long_ends_the_request_at_once(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, with_deadline = {0};
    linnet_call_request request = patient(client, 1000);

    (void)state;
    request.deadline = client->now + 4 * SECOND;
    assert_int_equal(client_ask(client, patient(client, 4), false, &into), 0);
    client_answer(client, busy_for_five);
    assert_int_equal(into.code, LINNET_TOO_MANY_REQUESTS);
    assert_int_equal(into.finals, 1);
    assert_false(into.cached);
    request.code = LINNET_FETCH;
    assert_int_equal(client_ask(client, request, false, &with_deadline), 0);
    client_answer(client, busy_for_five);
    assert_int_equal(with_deadline.finals, 1);
    client_close(client);
    told_free(&into);
    told_free(&with_deadline);
}

static void similar_requests_are_not_sent_before_max_age_is_over(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0}, refused = {0}, waiting = {0}, other = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into), 0);
    client_answer(client, busy_for_five);
    assert_int_equal(into.code, LINNET_TOO_MANY_REQUESTS);
    client->now += 2 * SECOND + 1;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &refused), 0);
    assert_int_equal(refused.times, 0); /* never before linnet_calls_send() returns */
    client_run(client, client->now);
    assert_int_equal(refused.code, LINNET_TOO_MANY_REQUESTS);
    assert_true(refused.cached);
    assert_int_equal(refused.max_age, 3);
    assert_int_equal(client_ask(client, patient(client, 10), false, &waiting), 0);
    assert_int_equal(client->sent_count, 1);
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_FETCH}, false, &other), 0);
    assert_int_equal(client->sent_count, 2); /* another method is another kind */
    client_answer(client, content);
    client_run(client, client->now + 3 * SECOND + TICK);
    assert_int_equal(client->sent_count, 3);
    client_answer(client, content);
    assert_int_equal(waiting.code, LINNET_CONTENT);
    client_close(client);
    told_free(&into), told_free(&refused), told_free(&waiting), told_free(&other);
}

static void one_that_comes_while_others_wait_waits_as_long_as_they(void **state)
{
    test_client *client = client_open(NULL);
    told into[3] = {{0}};

    (void)state;
    assert_int_equal(client_ask(client, patient(client, 60), false, &into[0]), 0);
    client_answer(client, busy_for_five);
    client->now += 2 * SECOND;
    assert_int_equal(client_ask(client, patient(client, 60), false, &into[1]), 0);
    assert_int_equal(waits_for, 3);
    run_to_next(client);
    assert_int_equal(client->sent_count, 2);
    client_answer(client, busy_for_five); /* NSTART has the other behind this one, so it is sent */
    client_answer(client, busy_for_five);
    assert_int_equal(client_ask(client, patient(client, 60), false, &into[2]), 0);
    client_run(client, client->now + 4 * SECOND);
    assert_int_equal(client->sent_count, 3);
    assert_int_equal(linnet_calls_pending(client->calls), 3);
    client_close(client);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(into[i].times, 1);
        told_free(&into[i]);
    }
}

static void max_age_of_nothing_is_a_second_and_of_years_a_day(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, patient(client, 200000), false, &into), 0);
    client_answer(client, (script){.code = LINNET_TOO_MANY_REQUESTS, .has_max_age = true, .max_age = 0});
    assert_int_equal(waits_for, 1);
    client_run(client, client->now + SECOND + TICK);
    assert_int_equal(client->sent_count, 2);
    client_answer(client, (script){.code = LINNET_TOO_MANY_REQUESTS, .has_max_age = true, .max_age = UINT32_MAX});
    assert_int_equal(waits_for, 86400);
    client_close(client);
    told_free(&into);
}

static void block_in_mid_transfer_waits_and_goes_on(void **state)
{
    static uint8_t body[64];
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request request = patient(client, 60);

    (void)state;
    fill_pattern(body, sizeof body, 1);
    request.code = LINNET_PUT;
    request.block_size = 32;
    request.payload = linnet_view(body, sizeof body);
    assert_int_equal(client_ask(client, request, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/32"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/0/32");
    client_answer(client, busy_for_five);
    client_run(client, client->now + 5 * SECOND + TICK);
    assert_int_equal(client->sent_count, 3);
    assert_block(client, LINNET_OPTION_BLOCK1, "1/0/32");
    client_answer(client, (script){.code = LINNET_CHANGED, .block1 = "1/0/32"});
    assert_int_equal(into.code, LINNET_CHANGED);
    client_close(client);
    told_free(&into);
}

static void cancelled_while_it_waits_a_request_ends_once(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, patient(client, 60), false, &into), 0);
    client_answer(client, busy_for_five);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    client_run(client, client->now + 10 * SECOND);
    assert_int_equal(client->sent_count, 1);
    assert_int_equal(into.times, 1);
    client_close(client);
    told_free(&into);
}

static void observation_whose_registration_is_put_off_goes_on_after_the_pause(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request observe = {.code = LINNET_GET, .observe = true};
    size_t sent;

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1});
    run_to_next(client);
    sent = client->sent_count;
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    client_answer(client, (script){.code = LINNET_TOO_MANY_REQUESTS, .has_max_age = true, .max_age = 300});
    assert_int_equal(into.times, 1);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(client->sent_count, sent);
    run_to_next(client);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 2});
    assert_int_equal(into.times, 2);
    assert_int_equal(into.finals, 0);
    client_close(client);
    told_free(&into);
}

static void notification_of_too_many_requests_is_no_end_either(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request observe = {.code = LINNET_GET, .observe = true};
    uint8_t token[8];
    script put_off = {.code = LINNET_TOO_MANY_REQUESTS,
                      .has_max_age = true,
                      .max_age = 300,
                      .separate = true,
                      .type = LINNET_NON,
                      .token = {token, sizeof token}};

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    memcpy(token, client_last(client).token.data, sizeof token);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1});
    client_answer(client, put_off);
    assert_int_equal(into.finals, 0);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(client->sent_count, 1);
    run_to_next(client);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    client_close(client);
    told_free(&into);
}

static void of_more_than_there_is_room_for_the_soonest_over_is_forgotten(void **state)
{
    linnet_put_off slots[LINNET_BUSY_WAYS] = {{0}};
    linnet_busy busy = {slots, LINNET_BUSY_WAYS};

    (void)state;
    for (uint64_t key = 1; key <= LINNET_BUSY_WAYS + 1u; key++)
        linnet_busy_note(&busy, key, key == 3 ? 10 : 100 + key);
    assert_int_equal(linnet_busy_until(&busy, 3, 0), 0);
    assert_int_equal(linnet_busy_until(&busy, 1, 0), 101);
    assert_int_equal(linnet_busy_until(&busy, LINNET_BUSY_WAYS + 1u, 104), 105);
    assert_int_equal(linnet_busy_until(&busy, 1, 101), 0);
    linnet_busy_note(&busy, 2, 500);
    assert_int_equal(linnet_busy_until(&busy, 2, 0), 500);
    assert_int_equal(linnet_busy_until(&busy, 1, 0), 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_that_may_wait_is_sent_again_when_max_age_is_over),
        cmocka_unit_test(without_max_age_the_pause_is_a_minute),
        cmocka_unit_test(pause_that_is_too_long_ends_the_request_at_once),
        cmocka_unit_test(similar_requests_are_not_sent_before_max_age_is_over),
        cmocka_unit_test(one_that_comes_while_others_wait_waits_as_long_as_they),
        cmocka_unit_test(max_age_of_nothing_is_a_second_and_of_years_a_day),
        cmocka_unit_test(block_in_mid_transfer_waits_and_goes_on),
        cmocka_unit_test(cancelled_while_it_waits_a_request_ends_once),
        cmocka_unit_test(observation_whose_registration_is_put_off_goes_on_after_the_pause),
        cmocka_unit_test(notification_of_too_many_requests_is_no_end_either),
        cmocka_unit_test(of_more_than_there_is_room_for_the_soonest_over_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
