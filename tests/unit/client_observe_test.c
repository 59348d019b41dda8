/* Observations from the client's side (RFC 7641). */
#include "client/observation.h"

#include "unit/client_support.h"

static uint8_t body[400];
static const linnet_call_request observe = {.code = LINNET_GET, .observe = true};

static linnet_bytes part(size_t offset, size_t size, unsigned seed)
{
    fill_pattern(body, sizeof body, seed);
    return linnet_view(body + offset, size);
}

/* The token of the observation that was registered with the datagram sent last. */
static uint8_t token[8];

static linnet_bytes the_token(void) { return linnet_view(token, sizeof token); }

static void remember_token(const test_client *client) { memcpy(token, client_last(client).token.data, 8); }

static test_client *registered(told *into)
{
    test_client *client = client_open(NULL);

    assert_int_equal(client_ask(client, observe, false, into), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    remember_token(client);
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 10, .payload = linnet_text("one")});
    assert_int_equal(into->times, 1);
    return client;
}

static void notify(test_client *client, linnet_type type, uint32_t sequence, const char *text)
{
    client_answer(client, (script){.code = LINNET_CONTENT,
                                   .separate = true,
                                   .type = type,
                                   .has_observe = true,
                                   .observe = sequence,
                                   .token = the_token(),
                                   .payload = linnet_text(text)});
}

/* The front of a body whose further blocks have to be fetched. */
static void notify_first_block(test_client *client, const char *etag)
{
    client_answer(client, (script){.code = LINNET_CONTENT,
                                   .separate = true,
                                   .type = LINNET_NON,
                                   .has_observe = true,
                                   .observe = 11,
                                   .block2 = "0/1/64",
                                   .etag = etag,
                                   .token = the_token(),
                                   .payload = part(0, 64, 1)});
}

static void assert_told(const told *into, int times, const char *text)
{
    assert_int_equal(into->times, times);
    assert_int_equal(into->error, 0);
    assert_int_equal(into->size, strlen(text));
    assert_memory_equal(into->payload, text, strlen(text));
}

static void close_all(test_client *client, told *into)
{
    client_close(client);
    assert_int_equal(into->finals, 1);
    told_free(into);
}

static void notifications_come_until_the_user_cancels_and_the_server_is_told(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    assert_true(into.has_observe);
    assert_int_equal(into.finals, 0);
    notify(client, LINNET_NON, 11, "two");
    assert_told(&into, 2, "two");
    assert_int_equal(into.observe, 11);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    assert_int_equal(into.error, LINNET_ECANCELLED);
    assert_int_equal(linnet_calls_pending(client->calls), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    assert_true(linnet_bytes_equal(client_last(client).token, the_token()));
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = linnet_text("two")});
    assert_int_equal(into.times, 3);
    close_all(client, &into);
}

static void confirmable_notification_is_acknowledged_and_its_duplicate_again(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    uint8_t ack[4];

    (void)state;
    notify(client, LINNET_CON, 11, "two");
    assert_told(&into, 2, "two");
    memcpy(ack, client->sent, 4);
    assert_int_equal(client->size, 4);
    assert_int_equal(ack[0], 0x60);
    client->next_id--;
    client->sent[0] = 0x70;
    notify(client, LINNET_CON, 11, "two");
    assert_memory_equal(client->sent, ack, 4);
    assert_int_equal(into.times, 2);
    close_all(client, &into);
}

static void out_of_date_notifications_never_reach_the_user(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    notify(client, LINNET_NON, 13, "three");
    notify(client, LINNET_NON, 12, "two");
    notify(client, LINNET_NON, 13, "three");
    assert_told(&into, 2, "three");
    client->now += 129 * SECOND;
    notify(client, LINNET_NON, 1, "restarted");
    assert_told(&into, 3, "restarted");
    close_all(client, &into);
}

static void order_of_the_numbers_is_that_of_the_rfc(void **state)
{
    linnet_observation observation = {0};

    (void)state;
    assert_true(linnet_observation_is_newer(&observation, 0, 0));
    linnet_observation_take(&observation, 0xfffffe, 0);
    assert_true(linnet_observation_is_newer(&observation, 0xffffff, 1));
    assert_true(linnet_observation_is_newer(&observation, 3, 1));
    assert_false(linnet_observation_is_newer(&observation, 0xfffffe, 1));
    assert_false(linnet_observation_is_newer(&observation, 0xfffffd, 1));
    linnet_observation_take(&observation, 0, 0);
    assert_true(linnet_observation_is_newer(&observation, 0x7fffff, 1));
    assert_false(linnet_observation_is_newer(&observation, 0x800000, 1));
    assert_false(linnet_observation_is_newer(&observation, 0x800000, 128 * SECOND));
    assert_true(linnet_observation_is_newer(&observation, 0x800000, 128 * SECOND + 1));
}

static void answer_without_observe_is_a_plain_response(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = linnet_text("one")});
    assert_told(&into, 1, "one");
    assert_false(into.has_observe);
    close_all(client, &into);
}

static void error_response_ends_the_observation(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    size_t sent = client->sent_count;

    (void)state;
    client_answer(client,
                  (script){.code = LINNET_NOT_FOUND, .separate = true, .type = LINNET_NON, .token = the_token()});
    assert_int_equal(into.code, LINNET_NOT_FOUND);
    assert_int_equal(into.finals, 1);
    assert_int_equal(client->sent_count, sent); /* nothing to take back */
    close_all(client, &into);
}

static void registers_again_after_max_age_and_some_slack(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    size_t sent = client->sent_count;

    (void)state;
    client_run(client, client->now + 60 * SECOND + 5 * SECOND - 1);
    assert_int_equal(client->sent_count, sent);
    client_run(client, client->now + 10 * SECOND + 2000);
    assert_true(client->sent_count > sent);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    assert_true(linnet_bytes_equal(client_last(client).token, the_token()));
    /* The server was restarted and counts from the start: its answer is the newest all the same. */
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 2, .payload = linnet_text("new")});
    assert_told(&into, 2, "new");
    notify(client, LINNET_NON, 3, "newer");
    assert_told(&into, 3, "newer");
    close_all(client, &into);
}

static void max_age_of_the_notification_counts(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    size_t sent;

    (void)state;
    client_answer(client, (script){.code = LINNET_CONTENT,
                                   .separate = true,
                                   .type = LINNET_NON,
                                   .has_observe = true,
                                   .observe = 11,
                                   .has_max_age = true,
                                   .max_age = 1000,
                                   .token = the_token()});
    sent = client->sent_count;
    client_run(client, client->now + 1004 * SECOND);
    assert_int_equal(client->sent_count, sent);
    client_run(client, client->now + 12 * SECOND);
    assert_int_not_equal(client->sent_count, sent);
    close_all(client, &into);
}

static void notification_while_registering_again_is_still_taken(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    client_run(client, client->now + 76 * SECOND);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    notify(client, LINNET_NON, 11, "two");
    assert_told(&into, 2, "two");
    notify(client, LINNET_NON, 12, "three");
    assert_told(&into, 3, "three");
    close_all(client, &into);
}

static void answer_to_a_registration_that_was_overtaken_is_out_of_date(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    uint16_t id;

    (void)state;
    client_run(client, client->now + 76 * SECOND);
    id = client_last(client).id;
    notify(client, LINNET_NON, 12, "three");
    client_answer_to(
        client, the_token(), id,
        (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 11, .payload = linnet_text("two")});
    assert_told(&into, 2, "three");
    close_all(client, &into);
}

static void silent_server_is_asked_again_and_again_and_the_observation_goes_on(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    size_t sent;

    (void)state;
    client_run(client, client->now + 3000 * SECOND);
    assert_int_equal(into.times, 1);
    for (sent = client->sent_count; client->sent_count == sent;)
        client_run(client, client->now + SECOND);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1, .payload = linnet_text("back")});
    assert_int_equal(into.finals, 0);
    assert_told(&into, 2, "back");
    close_all(client, &into);
}

static void first_registration_that_times_out_is_an_error(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    close_all(client, &into);
}

static void rest_of_a_large_notification_is_fetched(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    notify_first_block(client, "a");
    assert_int_equal(into.times, 1);
    assert_block(client, LINNET_OPTION_BLOCK2, "1/0/64");
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), ABSENT);
    assert_false(linnet_bytes_equal(client_last(client).token, the_token()));
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .block2 = "1/0/64", .etag = "a", .payload = part(64, 20, 1)});
    assert_int_equal(into.times, 2);
    assert_int_equal(into.size, 84);
    assert_memory_equal(into.payload, body, 84);
    assert_int_equal(into.observe, 11);
    assert_int_equal(into.finals, 0);
    close_all(client, &into);
}

static void newer_notification_while_fetching_wins(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    notify_first_block(client, NULL);
    notify(client, LINNET_NON, 12, "small");
    assert_told(&into, 2, "small");
    client_run(client, client->now + 20 * SECOND);
    assert_told(&into, 2, "small");
    close_all(client, &into);
}

static void fetch_that_fails_registers_again(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    notify_first_block(client, NULL);
    client_run(client, client->now + 120 * SECOND);
    assert_int_equal(into.finals, 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    client_answer(client,
                  (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 12, .payload = linnet_text("x")});
    assert_told(&into, 2, "x");
    close_all(client, &into);
}

static void notification_after_the_end_gets_a_reset_confirmable_or_not(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    client_answer(client, (script){.code = LINNET_CONTENT});
    notify(client, LINNET_NON, 20, "late");
    assert_int_equal(client->size, 4);
    assert_int_equal(client->sent[0], 0x70);
    client->sent[0] = 0x40;
    close_all(client, &into);
}

static void notification_that_crosses_the_farewell_does_not_undo_it(void **state)
{
    told into = {0};
    test_client *client = registered(&into);
    size_t sent;

    (void)state;
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    sent = client->sent_count;
    notify(client, LINNET_NON, 20, "crossing");
    assert_int_equal(client->sent_count, sent + 1);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    assert_int_equal(into.times, 2);
    close_all(client, &into);
}

static void handler_may_ask_from_inside(void **state)
{
    told into = {0}, other = {0}, another = {0};
    test_client *client = registered(&into);

    (void)state;
    into.ask_in_response = &other;
    notify(client, LINNET_NON, 11, "two");
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), ABSENT);
    other.ask_in_response = &another;
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = linnet_text("x")});
    client_answer(client, (script){.code = LINNET_CONTENT, .payload = linnet_text("y")});
    assert_told(&other, 1, "x");
    assert_told(&another, 1, "y");
    close_all(client, &into);
    told_free(&other);
    told_free(&another);
}

static void handler_may_cancel_from_inside(void **state)
{
    told into = {0};
    test_client *client = registered(&into);

    (void)state;
    into.cancel_in_response = true;
    notify(client, LINNET_NON, 11, "two");
    assert_int_equal(into.finals, 1);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    close_all(client, &into);
}

static void cancelled_while_fetching_and_while_registering_ends_once(void **state)
{
    told into = {0}, early = {0};
    test_client *client = registered(&into);

    (void)state;
    notify_first_block(client, NULL);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    assert_int_equal(into.finals, 1);
    client_answer(client, (script){.code = LINNET_CONTENT});
    assert_int_equal(client_ask(client, observe, false, &early), 0);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, early.call, LINNET_ECANCELLED), 0);
    assert_int_equal(early.finals, 1);
    close_all(client, &into);
    told_free(&early);
}

static void closing_takes_every_observation_back_with_one_datagram(void **state)
{
    told into = {0}, other = {0};
    test_client *client = registered(&into);
    linnet_message last;
    size_t sent;

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &other), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1});
    sent = client->sent_count;
    linnet_calls_clear(client->calls, client->now, LINNET_ECLOSED);
    assert_int_equal(client->sent_count, sent + 2);
    last = client_last(client);
    assert_int_equal(last.type, LINNET_NON);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    assert_int_equal(into.error, LINNET_ECLOSED);
    assert_int_equal(other.error, LINNET_ECLOSED);
    close_all(client, &into);
    told_free(&other);
}

static void closing_sends_nothing_that_was_waiting(void **state)
{
    told into = {0}, waiting[3] = {{0}, {0}, {0}};
    test_client *client = registered(&into);
    size_t sent;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &waiting[i]), 0);
    sent = client->sent_count;
    linnet_calls_clear(client->calls, client->now, LINNET_ECLOSED);
    assert_int_equal(client->sent_count, sent + 1);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(waiting[i].error, LINNET_ECLOSED);
        told_free(&waiting[i]);
    }
    close_all(client, &into);
}

static void separate_response_confirms_too(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};
    uint8_t ack[4];

    (void)state;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    remember_token(client);
    memcpy(ack, (uint8_t[]){0x60, 0, client->sent[2], client->sent[3]}, 4);
    client_receive(client, linnet_view(ack, 4));
    notify(client, LINNET_CON, 5, "one");
    assert_told(&into, 1, "one");
    notify(client, LINNET_CON, 6, "two");
    assert_told(&into, 2, "two");
    close_all(client, &into);
}

static void observation_does_not_hold_up_other_requests(void **state)
{
    told into = {0}, other = {0};
    test_client *client = registered(&into);
    size_t sent = client->sent_count;

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &other), 0);
    assert_int_equal(client->sent_count, sent + 1); /* NSTART is 1, and nothing is outstanding */
    close_all(client, &into);
    told_free(&other);
}

static void token_of_another_observation_is_refused(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request request = {.code = LINNET_GET, .observe = true, .has_token = true, .token = linnet_text("t")};
    told into = {0}, other = {0};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1});
    assert_int_equal(client_ask(client, request, false, &other), LINNET_EEXIST);
    client_run(client, client->now + 76 * SECOND); /* its own may be registered again */
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 2});
    assert_int_equal(into.times, 2);
    close_all(client, &into);
}

static void only_what_can_be_observed_is_accepted(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_PUT, .observe = true}, false, &into),
                     LINNET_EINVAL);
    assert_int_equal(
        client_ask(client, (linnet_call_request){.code = LINNET_GET, .observe = true, .offset = 1024}, false, &into),
        LINNET_EINVAL);
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notifications_come_until_the_user_cancels_and_the_server_is_told),
        cmocka_unit_test(confirmable_notification_is_acknowledged_and_its_duplicate_again),
        cmocka_unit_test(out_of_date_notifications_never_reach_the_user),
        cmocka_unit_test(order_of_the_numbers_is_that_of_the_rfc),
        cmocka_unit_test(answer_without_observe_is_a_plain_response),
        cmocka_unit_test(error_response_ends_the_observation),
        cmocka_unit_test(registers_again_after_max_age_and_some_slack),
        cmocka_unit_test(max_age_of_the_notification_counts),
        cmocka_unit_test(notification_while_registering_again_is_still_taken),
        cmocka_unit_test(answer_to_a_registration_that_was_overtaken_is_out_of_date),
        cmocka_unit_test(silent_server_is_asked_again_and_again_and_the_observation_goes_on),
        cmocka_unit_test(first_registration_that_times_out_is_an_error),
        cmocka_unit_test(rest_of_a_large_notification_is_fetched),
        cmocka_unit_test(newer_notification_while_fetching_wins),
        cmocka_unit_test(fetch_that_fails_registers_again),
        cmocka_unit_test(notification_after_the_end_gets_a_reset_confirmable_or_not),
        cmocka_unit_test(notification_that_crosses_the_farewell_does_not_undo_it),
        cmocka_unit_test(handler_may_ask_from_inside),
        cmocka_unit_test(handler_may_cancel_from_inside),
        cmocka_unit_test(cancelled_while_fetching_and_while_registering_ends_once),
        cmocka_unit_test(closing_takes_every_observation_back_with_one_datagram),
        cmocka_unit_test(closing_sends_nothing_that_was_waiting),
        cmocka_unit_test(separate_response_confirms_too),
        cmocka_unit_test(observation_does_not_hold_up_other_requests),
        cmocka_unit_test(token_of_another_observation_is_refused),
        cmocka_unit_test(only_what_can_be_observed_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
