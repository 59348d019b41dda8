/* Requests that want no response of some classes: No-Response (RFC 7967). */
#include "unit/client_support.h"

/* Timers are as exact as their wheel. */
#define TICK (SECOND / 50)
#define WAIT (5 * SECOND)

static const script changed = {.code = LINNET_CHANGED};
static const script not_found = {.code = LINNET_NOT_FOUND};

static linnet_call_request quiet(uint8_t classes, linnet_type type)
{
    return (linnet_call_request){.code = LINNET_PUT,
                                 .type = type,
                                 .payload = linnet_text("21.5"),
                                 .no_response = classes,
                                 .no_response_wait = WAIT};
}

static void acknowledge(test_client *client)
{
    uint16_t id = client_last(client).id;
    const uint8_t ack[4] = {0x60, 0, (uint8_t)(id >> 8), (uint8_t)id};

    client_receive(client, linnet_view(ack, sizeof ack));
    client_run(client, client->now + TICK);
}

static void option_says_which_classes_are_not_wanted(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_SUCCESS | LINNET_NO_SERVER_ERROR, LINNET_CON), false, &into),
                     0);
    assert_int_equal(client_uint(client, LINNET_OPTION_NO_RESPONSE), 18);
    client_close(client);
    told_free(&into);
}

static void request_that_wants_no_response_ends_with_its_acknowledgement(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.error = -1};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_RESPONSE, LINNET_CON), false, &into), 0);
    client_run(client, client->now + SECOND);
    assert_int_equal(into.times, 0);
    acknowledge(client);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, 0);
    assert_int_equal(into.code, LINNET_EMPTY);
    client_close(client);
    assert_int_equal(into.times, 1);
    told_free(&into);
}

static void unacknowledged_request_is_repeated_and_times_out(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_RESPONSE, LINNET_CON), false, &into), 0);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(client->sent_count, 5);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    client_close(client);
    told_free(&into);
}

static void non_confirmable_one_ends_when_the_next_may_be_sent(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.error = -1};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_RESPONSE, LINNET_NON), false, &into), 0);
    client_run(client, client->now + SECOND);
    assert_int_equal(into.times, 0);
    client_run(client, client->now + 3 * SECOND);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, 0);
    assert_int_equal(into.code, LINNET_EMPTY);
    assert_int_equal(client->sent_count, 1);
    client_close(client);
    told_free(&into);
}

static void who_wants_to_hear_of_errors_waits_for_them(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.error = -1};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_SUCCESS, LINNET_CON), false, &into), 0);
    acknowledge(client);
    client_run(client, client->now + WAIT - SECOND);
    assert_int_equal(into.times, 0);
    client_run(client, client->now + SECOND);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, 0);
    assert_int_equal(into.code, LINNET_EMPTY);
    client_close(client);
    told_free(&into);
}

static void error_that_comes_in_time_is_the_answer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_message request;
    script late = not_found;

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_SUCCESS, LINNET_CON), false, &into), 0);
    request = client_last(client);
    acknowledge(client);
    late.separate = true;
    late.type = LINNET_CON;
    client_answer_to(client, request.token, request.id, late);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.code, LINNET_NOT_FOUND);
    client_run(client, client->now + 2 * WAIT);
    assert_int_equal(into.times, 1);
    client_close(client);
    told_free(&into);
}

static void response_of_a_server_that_does_not_know_the_option_is_the_answer(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, quiet(LINNET_NO_RESPONSE, LINNET_CON), false, &into), 0);
    client_answer(client, changed);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.code, LINNET_CHANGED);
    client_close(client);
    told_free(&into);
}

static void all_blocks_but_the_last_are_answered(void **state)
{
    test_client *client = client_open(NULL);
    told into = {.error = -1};
    static uint8_t body[40];
    linnet_call_request request = quiet(LINNET_NO_RESPONSE, LINNET_CON);

    (void)state;
    request.payload = linnet_view(body, sizeof body);
    request.block_size = 32;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_NO_RESPONSE), ABSENT);
    client_answer(client, (script){.code = LINNET_CONTINUE, .block1 = "0/1/32"});
    assert_block(client, LINNET_OPTION_BLOCK1, "1/0/32");
    assert_int_equal(client_uint(client, LINNET_OPTION_NO_RESPONSE), LINNET_NO_RESPONSE);
    acknowledge(client);
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.code, LINNET_EMPTY);
    client_close(client);
    told_free(&into);
}

static void observation_and_unknown_classes_are_refused(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request request = {.code = LINNET_GET, .observe = true, .no_response = LINNET_NO_SUCCESS};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), LINNET_EINVAL);
    assert_int_equal(client_ask(client, quiet(1, LINNET_CON), false, &into), LINNET_EINVAL);
    assert_int_equal(into.times, 0);
    client_close(client);
    told_free(&into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(option_says_which_classes_are_not_wanted),
        cmocka_unit_test(request_that_wants_no_response_ends_with_its_acknowledgement),
        cmocka_unit_test(unacknowledged_request_is_repeated_and_times_out),
        cmocka_unit_test(non_confirmable_one_ends_when_the_next_may_be_sent),
        cmocka_unit_test(who_wants_to_hear_of_errors_waits_for_them),
        cmocka_unit_test(error_that_comes_in_time_is_the_answer),
        cmocka_unit_test(response_of_a_server_that_does_not_know_the_option_is_the_answer),
        cmocka_unit_test(all_blocks_but_the_last_are_answered),
        cmocka_unit_test(observation_and_unknown_classes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
