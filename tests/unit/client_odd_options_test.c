/* Elective options of a wrong length in responses: such an option is "treated like an unrecognized option" (RFC 7252
 * 5.4.3), and "unrecognized options of class "elective" MUST be silently ignored" (5.4.1). */
#include "unit/client_support.h"

#define OPTIONS_MOST 4

typedef struct odd_answer {
    linnet_code code;
    linnet_option options[OPTIONS_MOST]; /* in order; a number of 0 ends them */
    const char *payload;
} odd_answer;

#define OPTION(number, octets)                                                                                         \
    {                                                                                                                  \
        number, { (const uint8_t *)(octets), sizeof(octets) - 1 }                                                      \
    }

static void answer(test_client *client, odd_answer given)
{
    linnet_message last = client_last(client);
    uint8_t datagram[200];
    linnet_writer writer;

    linnet_writer_begin(&writer, datagram, sizeof datagram, LINNET_ACK, given.code, last.id, last.token);
    for (unsigned i = 0; i < OPTIONS_MOST && given.options[i].number; i++)
        linnet_writer_option(&writer, given.options[i].number, given.options[i].value);
    linnet_writer_payload(&writer, linnet_text(given.payload ? given.payload : ""));
    assert_true(linnet_writer_end(&writer) > 0);
    client_receive(client, linnet_view(datagram, (size_t)linnet_writer_end(&writer)));
}

/* Sends a request, and says whether its handler was told `error` and `code` of that answer. */
static bool ends_with(linnet_call_request request, odd_answer given, int error, linnet_code code)
{
    test_client *client = client_open(NULL);
    told into = {0};
    bool is_so;

    assert_int_equal(client_ask(client, request, false, &into), 0);
    answer(client, given);
    is_so = into.finals == 1 && into.error == error && into.code == code;
    client_close(client);
    told_free(&into);
    return is_so;
}

static void observe_of_four_octets_is_none(void **state)
{
    linnet_call_request request = {.code = LINNET_GET, .observe = true};
    odd_answer given = {LINNET_CONTENT, {OPTION(LINNET_OPTION_OBSERVE, "\1\2\3\4")}, "value"};

    (void)state;
    assert_true(ends_with(request, given, 0, LINNET_CONTENT));
}

static void size2_of_five_octets_does_not_make_a_body_too_large(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into), 0);
    answer(client,
           (odd_answer){LINNET_CONTENT,
                        {OPTION(LINNET_OPTION_BLOCK2, "\x08"), OPTION(LINNET_OPTION_SIZE2, "\xff\xff\xff\xff\xff")},
                        "sixteen octets.."});
    assert_int_equal(into.times, 0);
    answer(client, (odd_answer){LINNET_CONTENT, {OPTION(LINNET_OPTION_BLOCK2, "\x10")}, "and an end"});
    assert_int_equal(into.error, 0);
    assert_int_equal(into.size, 26);
    client_close(client);
    told_free(&into);
}

/* Two ETags of nine octets that differ: neither is one, so nothing says that the representation has changed. */
static void etag_of_nine_octets_does_not_start_a_transfer_again(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &into), 0);
    answer(client, (odd_answer){LINNET_CONTENT,
                                {OPTION(LINNET_OPTION_ETAG, "123456789"), OPTION(LINNET_OPTION_BLOCK2, "\x08")},
                                "sixteen octets.."});
    answer(client, (odd_answer){LINNET_CONTENT,
                                {OPTION(LINNET_OPTION_ETAG, "abcdefghi"), OPTION(LINNET_OPTION_BLOCK2, "\x10")},
                                "and an end"});
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.size, 26);
    client_close(client);
    told_free(&into);
}

/* The default counts, a minute. */
static void max_age_of_five_octets_is_no_pause_of_its_own(void **state)
{
    static const odd_answer busy = {LINNET_TOO_MANY_REQUESTS, {OPTION(LINNET_OPTION_MAX_AGE, "\0\0\0\0\5")}, NULL};
    test_client *client = client_open(NULL);
    told into = {0};
    linnet_call_request request = {.code = LINNET_GET, .busy_until = client->now + 100 * SECOND};

    (void)state;
    assert_int_equal(client_ask(client, request, false, &into), 0);
    answer(client, busy);
    client_run(client, client->now + 59 * SECOND);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + 2 * SECOND);
    assert_int_equal(client->sent_count, 2);
    client_close(client);
    told_free(&into);
}

static void max_age_of_five_octets_keeps_nothing_in_the_cache_for_years(void **state)
{
    test_client *client = client_open_with_cache(NULL, 4096);
    told first = {0}, second = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &first), 0);
    answer(client, (odd_answer){LINNET_CONTENT, {OPTION(LINNET_OPTION_MAX_AGE, "\0\xff\xff\xff\xff")}, "value"});
    client_run(client, client->now + 61 * SECOND);
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET}, false, &second), 0);
    client_run(client, client->now + SECOND);
    assert_int_equal(client->sent_count, 2);
    assert_int_equal(second.times, 0);
    client_close(client);
    told_free(&first);
    told_free(&second);
}

static void renewal_of_an_observation_does_not_wait_for_a_max_age_of_five_octets(void **state)
{
    test_client *client = client_open(NULL);
    told into = {0};

    (void)state;
    assert_int_equal(client_ask(client, (linnet_call_request){.code = LINNET_GET, .observe = true}, false, &into), 0);
    answer(client, (odd_answer){LINNET_CONTENT,
                                {OPTION(LINNET_OPTION_OBSERVE, "\1"), OPTION(LINNET_OPTION_MAX_AGE, "\0\1\0\0\0")},
                                "value"});
    client_run(client, client->now + 64 * SECOND);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + 12 * SECOND); /* a minute, and 5 to 15 seconds more */
    assert_in_range(client->sent_count, 2, 4);
    client_close(client);
    told_free(&into);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(observe_of_four_octets_is_none),
        cmocka_unit_test(size2_of_five_octets_does_not_make_a_body_too_large),
        cmocka_unit_test(etag_of_nine_octets_does_not_start_a_transfer_again),
        cmocka_unit_test(max_age_of_five_octets_is_no_pause_of_its_own),
        cmocka_unit_test(max_age_of_five_octets_keeps_nothing_in_the_cache_for_years),
        cmocka_unit_test(renewal_of_an_observation_does_not_wait_for_a_max_age_of_five_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
