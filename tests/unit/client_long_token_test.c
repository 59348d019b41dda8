/* Tokens of more than 8 octets that a server does not take (RFC 8974 2.2.2). */
#include "unit/client_support.h"

static const uint8_t octets[] = "sixteen octets..";
static const linnet_limits limits = {.token_size = 16};
static const linnet_call_request wish = {
    .code = LINNET_GET, .has_token = true, .token = {octets, 16}, .short_token = true};

static size_t sent_token_size(const test_client *client) { return client_last(client).token.size; }

static void reset(test_client *client)
{
    linnet_message last = client_last(client);
    uint8_t datagram[4] = {0x70, 0, (uint8_t)(last.id >> 8), (uint8_t)last.id};

    client_receive(client, linnet_view(datagram, sizeof datagram));
}

static void content(test_client *client)
{
    linnet_message last = client_last(client);
    uint8_t datagram[32] = {(uint8_t)(0x60 | last.token.size), LINNET_CONTENT, (uint8_t)(last.id >> 8),
                            (uint8_t)last.id};
    size_t head = 4;

    if (last.token.size > 12) {
        datagram[0] = 0x6d;
        datagram[head++] = (uint8_t)(last.token.size - 13);
    }
    memcpy(datagram + head, last.token.data, last.token.size);
    client_receive(client, linnet_view(datagram, head + last.token.size));
}

static void server_that_takes_it_is_asked_once(void **state)
{
    test_client *client = client_open(&limits);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, wish, false, &into), 0);
    assert_int_equal(sent_token_size(client), 16);
    content(client);
    assert_int_equal(into.code, LINNET_CONTENT);
    assert_int_equal(client->sent_count, 1);
    client_close(client);
    told_free(&into);
}

static void after_a_reset_it_goes_on_with_a_short_one_and_remembers_that_for_half_an_hour(void **state)
{
    test_client *client = client_open(&limits);
    told into = {0}, next = {0}, later = {0};

    (void)state;
    assert_int_equal(client_ask(client, wish, false, &into), 0);
    reset(client);
    assert_int_equal(into.times, 0);
    assert_int_equal(client->sent_count, 2);
    assert_int_equal(sent_token_size(client), 8);
    content(client);
    assert_int_equal(into.code, LINNET_CONTENT);
    assert_int_equal(client_ask(client, wish, false, &next), 0);
    assert_int_equal(sent_token_size(client), 8);
    content(client);
    client->now += 1801 * SECOND;
    assert_int_equal(client_ask(client, wish, false, &later), 0);
    assert_int_equal(sent_token_size(client), 16);
    client_close(client);
    told_free(&into), told_free(&next), told_free(&later);
}

static void bad_request_may_mean_the_token_and_is_tried_once_more(void **state)
{
    test_client *client = client_open(&limits);
    told into = {0};
    linnet_message last;
    uint8_t datagram[24] = {0x6d, LINNET_BAD_REQUEST};

    (void)state;
    assert_int_equal(client_ask(client, wish, false, &into), 0);
    last = client_last(client);
    datagram[2] = (uint8_t)(last.id >> 8);
    datagram[3] = (uint8_t)last.id;
    datagram[4] = 16 - 13;
    memcpy(datagram + 5, octets, 16);
    client_receive(client, linnet_view(datagram, 21));
    assert_int_equal(into.times, 0);
    assert_int_equal(sent_token_size(client), 8);
    client_answer(client, (script){.code = LINNET_BAD_REQUEST});
    assert_int_equal(into.code, LINNET_BAD_REQUEST);
    assert_int_equal(client->sent_count, 2);
    client_close(client);
    told_free(&into);
}

static void who_insists_on_the_token_is_told_of_the_reset(void **state)
{
    test_client *client = client_open(&limits);
    told into = {0};
    linnet_call_request insists = wish;

    (void)state;
    insists.short_token = false;
    assert_int_equal(client_ask(client, insists, false, &into), 0);
    reset(client);
    assert_int_equal(into.error, LINNET_ERESET);
    assert_int_equal(client->sent_count, 1);
    client_close(client);
    told_free(&into);
}

static void observation_goes_on_with_the_short_one(void **state)
{
    test_client *client = client_open(&limits);
    told into = {0};
    linnet_call_request observe = wish;
    uint8_t token[8];

    (void)state;
    observe.observe = true;
    assert_int_equal(client_ask(client, observe, false, &into), 0);
    reset(client);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 0);
    memcpy(token, client_last(client).token.data, 8);
    client_answer(client, (script){.code = LINNET_CONTENT, .has_observe = true, .observe = 1});
    assert_int_equal(into.times, 1);
    assert_true(into.has_observe);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into.call, LINNET_ECANCELLED), 0);
    assert_int_equal(client_uint(client, LINNET_OPTION_OBSERVE), 1);
    assert_memory_equal(client_last(client).token.data, token, 8);
    client_close(client);
    told_free(&into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_that_takes_it_is_asked_once),
        cmocka_unit_test(after_a_reset_it_goes_on_with_a_short_one_and_remembers_that_for_half_an_hour),
        cmocka_unit_test(bad_request_may_mean_the_token_and_is_tried_once_more),
        cmocka_unit_test(who_insists_on_the_token_is_told_of_the_reset),
        cmocka_unit_test(observation_goes_on_with_the_short_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
