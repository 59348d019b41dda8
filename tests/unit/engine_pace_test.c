/* Congestion control for notifications (RFC 7641 4.5.1): none follows a non-confirmable one within a round trip, or 3
 * seconds. */
#include "engine/observers.h"
#include "observe_support.h"

#define NEVER 1000000000u
#define MILLISECOND UINT64_C(1000)

static struct linnet_resource resource;
static char text[16];
static unsigned served;

static void get_text(linnet_request *asked, linnet_reply *reply, void *context)
{
    (void)asked, (void)context;
    served++;
    linnet_reply_text(reply, text);
}

static void start_with(linnet_limits limits, uint32_t interval_ms, uint32_t confirm_every)
{
    static linnet_resource_config config;

    config = (linnet_resource_config){.get = get_text, .observable = true, .confirm_every = confirm_every};
    open_paced_server(limits, interval_ms);
    memset(&resource, 0, sizeof resource);
    assert_int_equal(linnet_site_add(&server.site, &resource, "r", &config), 0);
    served = 0;
    strcpy(text, "00");
}

static void start(uint32_t confirm_every) { start_with((linnet_limits){0}, 0, confirm_every); }

static void change(unsigned to)
{
    text[0] = (char)('0' + to / 10 % 10);
    text[1] = (char)('0' + to % 10);
    linnet_resource_changed(&resource);
}

/* Changes so often, each `gap`, and counts what is sent in that time. */
static void change_often(unsigned times, uint64_t gap)
{
    forget_sent();
    for (unsigned i = 1; i <= times; i++) {
        change(i);
        run_for(gap);
    }
}

static void no_two_non_confirmable_ones_within_three_seconds(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 7);
    change_often(60, SECOND / 2);
    assert_in_range(server.sent, 9, 10);
    assert_int_equal(server.confirmable, 0);
    close_server();
}

static void last_state_is_told_when_the_time_has_passed(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 7);
    change_often(9, 10 * MILLISECOND);
    assert_int_equal(server.sent, 1);
    assert_last_text("01");
    run_for(2800 * MILLISECOND);
    assert_int_equal(server.sent, 1);
    run_for(SECOND / 2);
    assert_int_equal(server.sent, 2);
    assert_last_text("09");
    assert_int_equal(served, 3); /* the registration and two: what nobody can be told is not asked for */
    run_for(60 * SECOND);
    assert_int_equal(server.sent, 2);
    close_server();
}

static void slow_resource_is_told_at_once_and_the_first_time_confirmable(void **state)
{
    (void)state;
    start(20);
    observe(1, "r", 7);
    server.acknowledges = true;
    forget_sent();
    for (unsigned i = 1; i < 18; i++) {
        change(i);
        run_for(0);
        assert_int_equal(server.sent, i);
        assert_int_equal(server.confirmable, 1);
        run_for(10 * SECOND);
    }
    close_server();
}

static void observers_measured_at_once_take_turns_afterwards(void **state)
{
    (void)state;
    start_with((linnet_limits){.observers = 40, .exchanges = 64}, 0, 20);
    for (unsigned peer = 0; peer < 40; peer++)
        observe(peer, "r", peer);
    server.acknowledges = true;
    for (unsigned i = 1; i <= 21; i++) {
        forget_sent();
        change(i);
        run_for(SECOND);
        assert_int_equal(server.sent, 40);
        assert_in_range(server.confirmable, i == 1 ? 40 : 0, i == 1 ? 40 : 2);
    }
    close_server();
}

/* Until something is sent. */
static void run_to_next(void)
{
    size_t before = server.sent;

    while (server.sent == before)
        run_for(MILLISECOND);
}

/* Answers what is confirmable in flight after `round_trip`. */
static void acknowledge_after(uint64_t round_trip)
{
    run_for(round_trip);
    assert_int_equal(server.last.message.type, LINNET_CON);
    reply_empty(1, LINNET_ACK, server.last.message.id);
}

static void quick_resource_is_told_at_the_pace_of_the_path(void **state)
{
    (void)state;
    start(50);
    observe(1, "r", 7);
    change(1);
    run_to_next();
    acknowledge_after(200 * MILLISECOND);
    change_often(40, 50 * MILLISECOND); /* 2 s */
    assert_in_range(server.sent, 8, 11);
    assert_int_equal(server.confirmable, 0);
    close_server();
}

static void round_trip_below_a_tick_leaves_a_notification_each_few_milliseconds(void **state)
{
    (void)state;
    start(60000);
    observe(1, "r", 7);
    change(1);
    run_to_next();
    acknowledge_after(0);
    change_often(50, 10 * MILLISECOND);
    assert_int_equal(server.sent, 50);
    change_often(1000, MILLISECOND / 10);
    assert_in_range(server.sent, 30, 101);
    close_server();
}

static void round_trip_of_what_was_sent_again_is_not_known(void **state)
{
    (void)state;
    start(50);
    observe(1, "r", 7);
    change(1);
    run_for(4 * SECOND);
    acknowledge_after(0); /* to which of the two? */
    change(2);
    run_to_next();
    assert_int_equal(server.last.message.type, LINNET_CON);
    close_server();
}

static void observers_wait_each_for_itself(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 1);
    change(1);
    run_for(SECOND);
    observe(2, "r", 2);
    forget_sent();
    change(2);
    run_for(0);
    assert_int_equal(server.sent, 1);
    assert_int_equal(token_of(&server.last), 2);
    run_for(2100 * MILLISECOND);
    assert_int_equal(server.sent, 2);
    assert_int_equal(token_of(&server.last), 1);
    assert_last_text("02");
    close_server();
}

static void end_of_the_resource_waits_too_and_comes(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 1);
    change(1);
    run_for(SECOND);
    forget_sent();
    linnet_site_remove(&server.site, &resource);
    run_for(SECOND);
    assert_int_equal(server.sent, 0);
    run_for(2 * SECOND);
    assert_int_equal(server.sent, 1);
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
    assert_int_equal(server.last.message.type, LINNET_CON);
    close_server();
}

static void who_leaves_while_waiting_is_not_told(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 1);
    change(1);
    run_for(0);
    change(2);
    run_for(SECOND);
    REQUEST(1, .path = "r", .token = 1, .observe = 1);
    forget_sent();
    run_for(10 * SECOND);
    assert_int_equal(server.sent, 0);
    assert_int_equal(linnet_observers_count(server.observers), 0);
    close_server();
}

static void long_silence_is_never_taken_for_a_wait(void **state)
{
    (void)state;
    start(NEVER);
    observe(1, "r", 1);
    server.acknowledges = true; /* one of each day is confirmable */
    for (unsigned i = 0; i < 400; i++) {
        forget_sent();
        change(i);
        run_for(0);
        assert_int_equal(server.sent, 1);
        run_for((31 + i) * SECOND + i * 997 * MILLISECOND);
    }
    close_server();
}

static void observer_has_still_its_128_octets(void **state)
{
    (void)state;
    if (sizeof(void *) == 8)
        assert_int_equal(sizeof(linnet_observer), 112);
}

static void interval_is_a_setting(void **state)
{
    (void)state;
    start_with((linnet_limits){0}, 100, NEVER);
    observe(1, "r", 7);
    change_often(100, 10 * MILLISECOND);
    assert_in_range(server.sent, 9, 11);
    close_server();
    start_with((linnet_limits){0}, LINNET_ANY_RATE, NEVER);
    observe(1, "r", 7);
    change_often(100, 1);
    assert_int_equal(server.sent, 100);
    close_server();
}

/* What a pass for those who wait costs does not depend on how many changes there are meanwhile. */
static void everybody_gets_the_last_of_many_states(void **state)
{
    enum { OBSERVERS = 600 };
    static unsigned told;

    (void)state;
    start_with((linnet_limits){.observers = OBSERVERS, .exchanges = 16}, 0, 20);
    for (unsigned peer = 0; peer < OBSERVERS; peer++)
        observe(peer, "r", peer);
    server.acknowledges = true;
    change_often(99, 70 * MILLISECOND);
    run_for(10 * SECOND);
    told = 0;
    for (const linnet_observer *observer = (const linnet_observer *)(void *)server.observers->pool.memory;
         told < OBSERVERS; observer++, told++)
        assert_int_equal(observer->version, resource.observable.version);
    close_server();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_non_confirmable_ones_within_three_seconds),
        cmocka_unit_test(last_state_is_told_when_the_time_has_passed),
        cmocka_unit_test(slow_resource_is_told_at_once_and_the_first_time_confirmable),
        cmocka_unit_test(observers_measured_at_once_take_turns_afterwards),
        cmocka_unit_test(quick_resource_is_told_at_the_pace_of_the_path),
        cmocka_unit_test(round_trip_below_a_tick_leaves_a_notification_each_few_milliseconds),
        cmocka_unit_test(round_trip_of_what_was_sent_again_is_not_known),
        cmocka_unit_test(observers_wait_each_for_itself),
        cmocka_unit_test(end_of_the_resource_waits_too_and_comes),
        cmocka_unit_test(who_leaves_while_waiting_is_not_told),
        cmocka_unit_test(long_silence_is_never_taken_for_a_wait),
        cmocka_unit_test(observer_has_still_its_128_octets),
        cmocka_unit_test(interval_is_a_setting),
        cmocka_unit_test(everybody_gets_the_last_of_many_states),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
