/* The credit for looking at sockets instead of falling asleep: what it allows, and what it costs at most. */
#include "net/patience.h"

#include "net/settings.h"
#include "net_support.h"

#include <stdio.h>
#include <unistd.h>

enum { LOOK = 50, SECOND = 1000000 };

static void looking_is_allowed_from_the_start_and_as_long_as_it_pays(void **state)
{
    (void)state;
    linnet_patience patience;
    linnet_patience_init(&patience, LOOK, 1000);
    for (int i = 0; i < 10000; i++) {
        assert_true(linnet_patience_allows(&patience, 1000));
        linnet_patience_paid(&patience);
    }
}

/* Looks whenever it may, each time in vain; returns for how long in all. */
static uint64_t look_in_vain(linnet_patience *patience, uint64_t from, uint64_t until, uint64_t gap)
{
    uint64_t spent = 0;
    for (uint64_t now = from; now < until; now += gap)
        if (linnet_patience_allows(patience, now)) {
            linnet_patience_wasted(patience, now, now + LOOK);
            spent += LOOK;
        }
    return spent;
}

static void looking_in_vain_takes_a_share_of_the_time_and_the_first_credit(void **state)
{
    (void)state;
    linnet_patience patience;
    linnet_patience_init(&patience, LOOK, SECOND);
    assert_int_equal(look_in_vain(&patience, SECOND, SECOND + 1000, LOOK), LINNET_NET_CREDIT * LOOK);
    assert_in_range(look_in_vain(&patience, SECOND + 1000, 11 * SECOND, 77), 9 * SECOND / LINNET_NET_SHARE,
                    10 * SECOND / LINNET_NET_SHARE);
}

static void after_a_long_time_there_is_no_more_credit_than_at_first(void **state)
{
    (void)state;
    linnet_patience patience;
    linnet_patience_init(&patience, LOOK, 0);
    (void)look_in_vain(&patience, 0, SECOND, LOOK);
    uint64_t later = (uint64_t)SECOND * SECOND;
    assert_int_equal(look_in_vain(&patience, later, later + 1000, LOOK), LINNET_NET_CREDIT * LOOK);
}

static void two_looks_that_paid_are_worth_one_in_vain(void **state)
{
    (void)state;
    linnet_patience patience;
    linnet_patience_init(&patience, LOOK, 0);
    (void)look_in_vain(&patience, 0, 1000, LOOK);
    for (int i = 0; i < 100; i++) {
        linnet_patience_paid(&patience);
        linnet_patience_paid(&patience);
        assert_int_equal(look_in_vain(&patience, 1000, 1000 + 10 * LOOK, LOOK), LOOK);
    }
}

static void a_setting_of_its_own_counts_and_none_is_none(void **state)
{
    (void)state;
    linnet_patience patience;
    linnet_patience_init(&patience, 7, 0);
    assert_int_equal(patience.look_us, 7);
    assert_true(linnet_patience_allows(&patience, 0));
    linnet_patience_init(&patience, LINNET_LINGER_MAX_US, 0);
    assert_true(linnet_patience_allows(&patience, 0));
    linnet_patience_init(&patience, LINNET_LINGER_MAX_US + 1, 0);
    assert_false(linnet_patience_allows(&patience, SECOND));
    linnet_patience_init(&patience, LINNET_NO_LINGER, 0);
    assert_false(linnet_patience_allows(&patience, SECOND));
}

static void send(linnet_client *client, const char *uri, net_result *result)
{
    linnet_client_request request = net_get(uri, result);
    assert_int_equal(linnet_client_send(client, &request, NULL), 0);
    linnet_client_flush(client);
}

static void a_client_lingers_for_an_answer_once(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    uint16_t port;
    char uri[64];
    int silent = net_open_silent(&port);
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/", (unsigned)port);
    net_pair_open(&pair, &(linnet_client_config){.linger_us = LOOK});
    assert_false(linnet_client_lingers(pair.client));
    send(pair.client, uri, &result);
    assert_true(linnet_client_lingers(pair.client));
    assert_int_equal(linnet_client_linger(pair.client), 0); /* may end early: a timer is set for the first time */
    if (linnet_client_lingers(pair.client))
        assert_int_equal(linnet_client_linger(pair.client), 0);
    assert_false(linnet_client_lingers(pair.client));
    assert_int_equal(linnet_client_pending(pair.client), 1);
    net_pair_close(&pair);
    close(silent);
}

static void what_comes_while_it_lingers_is_handled(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    send(pair.client, net_uri(&pair, "hello"), &result);
    assert_int_equal(linnet_server_process(pair.server), 0);
    assert_true(linnet_server_lingers(pair.server));
    assert_int_equal(linnet_client_linger(pair.client), 0);
    assert_int_equal(result.calls, 1);
    assert_string_equal(result.payload, "world");
    assert_false(linnet_client_lingers(pair.client));
    assert_int_equal(linnet_server_linger(pair.server), 0);
    assert_false(linnet_server_lingers(pair.server));
    net_pair_close(&pair);
}

static void who_wants_no_lingering_has_none(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, &(linnet_client_config){.linger_us = LINNET_NO_LINGER});
    send(pair.client, net_uri(&pair, "hello"), &result);
    assert_false(linnet_client_lingers(pair.client));
    assert_int_equal(linnet_client_linger(pair.client), 0);
    assert_int_equal(result.calls, 0);
    net_run(&pair);
    assert_int_equal(result.calls, 1);
    net_pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looking_is_allowed_from_the_start_and_as_long_as_it_pays),
        cmocka_unit_test(looking_in_vain_takes_a_share_of_the_time_and_the_first_credit),
        cmocka_unit_test(after_a_long_time_there_is_no_more_credit_than_at_first),
        cmocka_unit_test(two_looks_that_paid_are_worth_one_in_vain),
        cmocka_unit_test(a_setting_of_its_own_counts_and_none_is_none),
        cmocka_unit_test(a_client_lingers_for_an_answer_once),
        LINUX_TEST(what_comes_while_it_lingers_is_handled),
        cmocka_unit_test(who_wants_no_lingering_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
