/* Freshness where a resource asks for it (RFC 9175 2.3): "/fresh" wants requests that are at most 5 seconds old. */
#include "echo_support.h"

#include "engine/echo.h"

#define PUT_FRESH .method = LINNET_PUT, .path = "fresh", .token = linnet_text("tk")

static int open_plain(void **state)
{
    (void)state;
    open_echo_server((linnet_limits){0});
    return 0;
}

static int close_it(void **state)
{
    (void)state;
    close_echo_server();
    return 0;
}

static void assert_done(linnet_code code, int runs)
{
    assert_int_equal(traffic.answers, 1);
    assert_int_equal(server.last.message.code, code);
    assert_int_equal(traffic.runs, runs);
}

static void a_request_without_an_echo_is_not_run(void **state)
{
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    assert_int_equal(traffic.runs, 0);
    ASK(1, PUT_FRESH, .echo = value);
    assert_done(LINNET_CHANGED, 1);
    assert_false(linnet_option_get(server.last.message.options, LINNET_OPTION_ECHO, 0, &value));
}

static void other_resources_ask_for_none(void **state)
{
    (void)state;
    ASK(1, .path = "small");
    assert_done(LINNET_CONTENT, 1);
    ASK(1, .path = "large");
    assert_done(LINNET_CONTENT, 2);
    ASK(1, .method = LINNET_POST, .path = "small");
    assert_done(LINNET_CHANGED, 3);
    ASK(1, .path = "small", .echo = linnet_text("of another server"));
    assert_done(LINNET_CONTENT, 4);
}

static void every_method_that_a_resource_has_is_asked_for_and_no_other(void **state)
{
    (void)state;
    ASK(1, .path = "fresh");
    (void)challenged();
    ASK(1, .method = LINNET_POST, .path = "fresh");
    (void)challenged();
    ASK(1, .method = LINNET_DELETE, .path = "fresh");
    assert_done(LINNET_METHOD_NOT_ALLOWED, 0);
}

static void a_request_that_was_held_is_not_run(void **state)
{
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    run_for(4900000);
    ASK(1, PUT_FRESH, .echo = value);
    assert_done(LINNET_CHANGED, 1);
    run_for(200000);
    ASK(1, PUT_FRESH, .echo = value);
    value = keep_echo(challenged());
    assert_int_equal(traffic.runs, 1);
    ASK(1, PUT_FRESH, .echo = value);
    assert_done(LINNET_CHANGED, 2);
}

/* The same octets again: as long as the message ID is remembered it is a duplicate, later it is not fresh. */
static void a_request_that_is_replayed_is_not_run_again(void **state)
{
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    ASK(1, PUT_FRESH, .echo = value, .id = 77);
    assert_done(LINNET_CHANGED, 1);
    ASK(1, PUT_FRESH, .echo = value, .id = 77);
    assert_done(LINNET_CHANGED, 1);
    run_for(300 * SECOND);
    ASK(1, PUT_FRESH, .echo = value, .id = 77);
    (void)challenged();
    assert_int_equal(traffic.runs, 1);
}

static void an_echo_is_good_for_the_peer_that_got_it_only(void **state)
{
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    ASK(2, PUT_FRESH, .echo = value); /* another port */
    (void)challenged();
    ASK(1u << 16 | 1u, PUT_FRESH, .echo = value); /* another address */
    (void)challenged();
    assert_int_equal(traffic.runs, 0);
}

static void an_echo_with_any_bit_changed_is_none(void **state)
{
    uint8_t octets[40];
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = challenged();
    memcpy(octets, value.data, value.size);
    value = linnet_view(octets, value.size);
    for (size_t bit = 0; bit < 8 * value.size; bit++) {
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ASK(1, PUT_FRESH, .echo = value);
        (void)challenged();
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 1; size <= 40; size++) {
        ASK(1, PUT_FRESH, .echo = linnet_view(octets, size));
        assert_int_equal(traffic.runs, size == value.size);
        traffic.runs = 0;
    }
}

static void an_echo_of_before_a_restart_is_none(void **state)
{
    linnet_bytes value;
    uint64_t now = server.now;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    close_echo_server();
    open_echo_server((linnet_limits){0});
    server.now = now;
    ASK(1, PUT_FRESH, .echo = value);
    assert_done(LINNET_CHANGED, 1); /* random numbers of tests are the same each time */
    close_echo_server();
    open_echo_server((linnet_limits){.exchanges = 17});
    server.now = now;
    server.endpoint->echo->key.word[0]++;
    ASK(1, PUT_FRESH, .echo = value);
    (void)challenged();
}

/* Of the time 24 bits are in a value. */
static void an_echo_is_not_fresh_again_when_its_time_comes_round(void **state)
{
    linnet_bytes value;

    (void)state;
    ASK(1, PUT_FRESH);
    value = keep_echo(challenged());
    server.now += UINT64_C(1) << 34;
    ASK(1, PUT_FRESH, .echo = value);
    (void)challenged();
    assert_int_equal(traffic.runs, 0);
}

static void without_echo_nothing_is_fresh(void **state)
{
    linnet_bytes value;

    (void)state;
    server.endpoint->echo = NULL;
    ASK(1, PUT_FRESH);
    assert_done(LINNET_UNAUTHORIZED, 0);
    assert_false(linnet_option_get(server.last.message.options, LINNET_OPTION_ECHO, 0, &value));
    server.endpoint->config.serve = linnet_site_serve_small;
    ASK(1, PUT_FRESH);
    assert_done(LINNET_UNAUTHORIZED, 0);
}

static void a_group_is_not_told(void **state)
{
    (void)state;
    ASK(1, .type = LINNET_NON, .path = "fresh", .multicast = true);
    assert_int_equal(traffic.answers, 0);
    assert_int_equal(traffic.runs, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_request_without_an_echo_is_not_run, open_plain, close_it),
        cmocka_unit_test_setup_teardown(other_resources_ask_for_none, open_plain, close_it),
        cmocka_unit_test_setup_teardown(every_method_that_a_resource_has_is_asked_for_and_no_other, open_plain,
                                        close_it),
        cmocka_unit_test_setup_teardown(a_request_that_was_held_is_not_run, open_plain, close_it),
        cmocka_unit_test_setup_teardown(a_request_that_is_replayed_is_not_run_again, open_plain, close_it),
        cmocka_unit_test_setup_teardown(an_echo_is_good_for_the_peer_that_got_it_only, open_plain, close_it),
        cmocka_unit_test_setup_teardown(an_echo_with_any_bit_changed_is_none, open_plain, close_it),
        cmocka_unit_test_setup_teardown(an_echo_of_before_a_restart_is_none, open_plain, close_it),
        cmocka_unit_test_setup_teardown(an_echo_is_not_fresh_again_when_its_time_comes_round, open_plain, close_it),
        cmocka_unit_test_setup_teardown(without_echo_nothing_is_fresh, open_plain, close_it),
        cmocka_unit_test_setup_teardown(a_group_is_not_told, open_plain, close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
