/* How fast a client sends: PROBING_RATE towards a silent peer (RFC 7252 4.7), and timeouts that follow the round-trip
 * time (CoCoA), each through calls. */
#include "client/probing.h"
#include "unit/client_support.h"

static const linnet_call_request non = {.code = LINNET_GET, .type = LINNET_NON};
static const linnet_call_request quick = {.code = LINNET_GET, .type = LINNET_NON, .transmission = {.nstart = 4}};
static const linnet_call_request con = {.code = LINNET_GET};

/* Header, token, marker: what a request without options is taken for. At 1 octet a second, so many seconds. */
enum { OCTETS = 13 };

static void answer(test_client *client)
{
    client_answer(client, (script){.code = LINNET_CONTENT, .separate = true, .type = LINNET_NON});
}

static void a_debt_is_paid_in_time(void **state)
{
    linnet_probing probing = {0};

    (void)state;
    linnet_probing_sent(&probing, 10 * SECOND, 20, 1);
    assert_false(linnet_probing_holds(&probing, 10 * SECOND)); /* it may answer yet */
    linnet_probing_unanswered(&probing);
    assert_true(linnet_probing_holds(&probing, 30 * SECOND - 1));
    assert_false(linnet_probing_holds(&probing, 30 * SECOND));
    linnet_probing_sent(&probing, 15 * SECOND, 20, 10);
    assert_int_equal(probing.until, 32 * SECOND);
    linnet_probing_sent(&probing, 15 * SECOND, 1152, 3);
    assert_int_equal(probing.until, 32 * SECOND + 384 * SECOND);
    linnet_probing_sent(&probing, 15 * SECOND, 1152, UINT32_MAX);
    assert_int_equal(probing.until, 416 * SECOND);
    linnet_probing_heard(&probing);
    assert_false(linnet_probing_holds(&probing, 0));
}

static void a_silent_peer_is_sent_one_octet_a_second(void **state)
{
    test_client *client = client_open(NULL);
    told into[10] = {{0}};
    uint64_t start = client->now;

    (void)state;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(client_ask(client, non, false, &into[i]), 0);
    for (unsigned second = 0; second < 100; second++) {
        client_run(client, start + second * SECOND + SECOND / 100);
        assert_int_equal(client->sent_count, 1 + second / OCTETS);
    }
    client_close(client);
    for (size_t i = 0; i < 10; i++)
        told_free(&into[i]);
}

static void an_answer_lets_the_others_go(void **state)
{
    test_client *client = client_open(NULL);
    told into[6] = {{0}};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(client_ask(client, quick, false, &into[i]), 0);
    assert_int_equal(client->sent_count, 4); /* what NSTART allows is not held back */
    client_run(client, client->now + 10 * SECOND);
    assert_int_equal(client->sent_count, 4);
    answer(client); /* late, but an answer */
    assert_int_equal(into[3].finals, 1);
    assert_int_equal(client->sent_count, 6);
    client_close(client);
    for (size_t i = 0; i < 6; i++)
        told_free(&into[i]);
}

static void a_peer_that_answers_is_not_slowed_down(void **state)
{
    test_client *client = client_open(NULL);

    (void)state;
    for (size_t i = 0; i < 50; i++) {
        told into = {0};
        assert_int_equal(client_ask(client, non, false, &into), 0);
        assert_int_equal(client->sent_count, i + 1);
        answer(client);
        assert_int_equal(into.finals, 1);
        told_free(&into);
    }
    client_close(client);
}

static void a_debt_outlives_its_request(void **state)
{
    test_client *client = client_open(NULL);
    told first = {0}, second = {0};
    linnet_call_request hasty = non;

    (void)state;
    hasty.deadline = client->now + SECOND;
    assert_int_equal(client_ask(client, hasty, false, &first), 0);
    client_run(client, client->now + SECOND);
    client_run(client, client->now + SECOND / 100);
    assert_int_equal(first.error, LINNET_ETIMEOUT);
    assert_int_equal(client_ask(client, non, false, &second), 0);
    assert_int_equal(client->sent_count, 1);
    client_run(client, client->now + OCTETS * SECOND);
    assert_int_equal(client->sent_count, 2);
    client_close(client);
    told_free(&first);
    told_free(&second);
}

static void a_confirmable_request_does_not_wait_behind_held_ones(void **state)
{
    test_client *client = client_open(NULL);
    told into[3] = {{0}};

    (void)state;
    assert_int_equal(client_ask(client, non, false, &into[0]), 0);
    assert_int_equal(client_ask(client, non, false, &into[1]), 0);
    assert_int_equal(client_ask(client, con, false, &into[2]), 0);
    client_run(client, client->now + 4 * SECOND); /* NSTART */
    assert_int_equal(client->sent_count, 2);
    assert_int_equal(client_last(client).type, LINNET_CON);
    client_answer(client, (script){.code = LINNET_CONTENT}); /* the peer is not silent any more */
    assert_int_equal(client->sent_count, 3);
    client_close(client);
    for (size_t i = 0; i < 3; i++)
        told_free(&into[i]);
}

static void the_rate_is_a_setting(void **state)
{
    test_client *client = client_open(NULL);
    told into[15] = {{0}};
    linnet_call_request any = non;

    (void)state;
    any.transmission.probing_rate = LINNET_ANY_RATE;
    for (size_t i = 0; i < 15; i++)
        assert_int_equal(client_ask(client, any, false, &into[i]), 0);
    client_run(client, client->now + 61 * SECOND); /* held for its first timeout each, 2 to 3 s, by NSTART alone */
    assert_int_equal(client->sent_count, 15);
    client_close(client);
    for (size_t i = 0; i < 15; i++)
        told_free(&into[i]);
}

static void cancelled_and_timed_out_ones_leave_the_queue(void **state)
{
    test_client *client = client_open(NULL);
    told into[5] = {{0}};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(client_ask(client, non, false, &into[i]), 0);
    client_run(client, client->now + 5 * SECOND);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into[1].call, LINNET_ECANCELLED), 0);
    assert_int_equal(linnet_calls_cancel(client->calls, client->now, into[3].call, LINNET_ECANCELLED), 0);
    client_run(client, client->now + 400 * SECOND);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(into[i].finals, 1);
    assert_int_equal(client->sent_count, 3);
    client_close(client);
    for (size_t i = 0; i < 5; i++)
        told_free(&into[i]);
}

/* One request that is answered after `delay`. Returns how many datagrams it took. */
static size_t exchange(test_client *client, linnet_call_request request, uint64_t delay)
{
    size_t before = client->sent_count;
    told into = {0};

    assert_int_equal(client_ask(client, request, false, &into), 0);
    client_run(client, client->now + delay);
    client_answer(client, (script){.code = LINNET_CONTENT});
    assert_int_equal(into.finals, 1);
    assert_int_equal(into.error, 0);
    told_free(&into);
    return client->sent_count - before;
}

static void requests_one_after_the_other_learn_the_round_trip_time(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request cocoa = con, fixed = con;
    size_t sent = 0;

    (void)state;
    cocoa.transmission.cocoa = true;
    for (size_t i = 0; i < 10; i++)
        exchange(client, cocoa, 5 * SECOND);
    for (size_t i = 0; i < 20; i++)
        sent += exchange(client, cocoa, 5 * SECOND);
    assert_int_equal(sent, 20); /* no retransmission */
    assert_true(exchange(client, con, 5 * SECOND) > 1);
    fixed.transmission = (linnet_transmission){.cocoa = true, .ack_timeout_ms = 1000};
    assert_true(exchange(client, fixed, 5 * SECOND) > 2);
    client_close(client);
}

static void a_quick_path_is_tried_again_sooner(void **state)
{
    test_client *client = client_open(NULL);
    linnet_call_request cocoa = con;
    told into = {0};

    (void)state;
    cocoa.transmission.cocoa = true;
    for (size_t i = 0; i < 40; i++)
        exchange(client, cocoa, 20000);
    size_t before = client->sent_count;
    assert_int_equal(client_ask(client, cocoa, false, &into), 0);
    client_run(client, client->now + SECOND / 2);
    assert_true(client->sent_count > before + 1);
    client_run(client, client->now + 300 * SECOND);
    assert_int_equal(into.error, LINNET_ETIMEOUT);
    assert_int_equal(client->sent_count, before + 5); /* MAX_RETRANSMIT is what it was */
    client_close(client);
    told_free(&into);
}

static void count_end(const linnet_response *response, void *context)
{
    assert_int_equal(response->error, LINNET_ETIMEOUT);
    ++*(unsigned *)context;
}

static void of_many_silent_peers_the_one_idle_for_the_longest_is_forgotten(void **state)
{
    test_client *client = client_open(NULL); /* eight peers */
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 192, 0, 2, 1}, .port = 5683}};
    unsigned ended = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) { /* each leaves a debt behind, and no limit is reached all the same */
        linnet_call_request request = non;
        linnet_call call;
        path.peer.port = (uint16_t)(1000 + i);
        request.deadline = client->now + SECOND / 4;
        request.on_response = count_end;
        request.context = &ended;
        assert_int_equal(linnet_calls_send(client->calls, client->now, &path, &request, &call), 0);
        client_run(client, client->now + SECOND / 2);
        assert_int_equal(ended, i + 1);
    }
    assert_int_equal(client->sent_count, 40);
    client_run(client, client->now + 20 * SECOND);
    assert_true(linnet_calls_deadline(client->calls) == UINT64_MAX); /* all debts are paid, all records gone */
    client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_debt_is_paid_in_time),
        cmocka_unit_test(a_silent_peer_is_sent_one_octet_a_second),
        cmocka_unit_test(an_answer_lets_the_others_go),
        cmocka_unit_test(a_peer_that_answers_is_not_slowed_down),
        cmocka_unit_test(a_debt_outlives_its_request),
        cmocka_unit_test(a_confirmable_request_does_not_wait_behind_held_ones),
        cmocka_unit_test(the_rate_is_a_setting),
        cmocka_unit_test(cancelled_and_timed_out_ones_leave_the_queue),
        cmocka_unit_test(requests_one_after_the_other_learn_the_round_trip_time),
        cmocka_unit_test(a_quick_path_is_tried_again_sooner),
        cmocka_unit_test(of_many_silent_peers_the_one_idle_for_the_longest_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
