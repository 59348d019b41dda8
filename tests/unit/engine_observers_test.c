/* Observers by the number: which notifications are confirmable, what is in flight, limits, and the work that it takes.
 */
#include "engine/observers.h"
#include "observe_support.h"

static struct linnet_resource resource;
static int served;
static char text[16] = "0";
static linnet_code code;

static void get_text(linnet_request *asked, linnet_reply *reply, void *context)
{
    (void)asked, (void)context;
    served++;
    if (code)
        linnet_reply_error(reply, code, NULL);
    else
        linnet_reply_text(reply, text);
}

static void start(linnet_limits limits, uint32_t confirm_every)
{
    static linnet_resource_config config;

    config = (linnet_resource_config){.get = get_text, .observable = true, .confirm_every = confirm_every};
    open_server(limits);
    memset(&resource, 0, sizeof resource);
    assert_int_equal(linnet_site_add(&server.site, &resource, "r", &config), 0);
    served = 0;
    code = LINNET_EMPTY;
}

static void change(int to)
{
    text[0] = (char)('0' + to / 10);
    text[1] = (char)('0' + to % 10);
    text[2] = '\0';
    linnet_resource_changed(&resource);
}

static size_t exchanges_in_use(void) { return server.endpoint->exchanges.pool.in_use; }

static void acknowledge_last(unsigned peer) { reply_empty(peer, LINNET_ACK, server.last.message.id); }

static void each_nth_notification_is_confirmable(void **state)
{
    (void)state;
    start((linnet_limits){0}, 3);
    observe(1, "r", 7);
    forget_sent();
    for (int i = 1; i <= 9; i++) {
        change(i);
        run_for(SECOND);
        assert_int_equal(server.last.message.type == LINNET_CON, i % 3 == 0);
        if (i % 3 == 0)
            acknowledge_last(1);
        assert_int_equal(exchanges_in_use(), 0); /* an idle observer takes none */
    }
    assert_int_equal(server.sent, 9);
    close_server();
}

static void observers_take_turns_in_being_confirmed(void **state)
{
    (void)state;
    start((linnet_limits){.observers = 40, .exchanges = 64}, 20);
    for (unsigned peer = 0; peer < 40; peer++)
        observe(peer, "r", peer);
    server.acknowledges = true;
    for (int i = 1; i <= 20; i++) {
        forget_sent();
        change(i);
        run_for(0);
        assert_int_equal(server.sent, 40);
        assert_int_equal(server.confirmable, 2);
    }
    close_server();
}

static void only_one_confirmable_notification_is_in_flight(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    forget_sent();
    change(1);
    run_for(0);
    change(2);
    run_for(SECOND);
    assert_int_equal(server.sent, 1);
    assert_int_equal(exchanges_in_use(), 1);
    acknowledge_last(1);
    change(3);
    run_for(0);
    assert_int_equal(server.sent, 2);
    assert_last_text("03");
    acknowledge_last(1);
    run_for(60 * SECOND);
    assert_int_equal(server.sent, 2);
    close_server();
}

/* RFC 7641 4.5.2. */
static void a_newer_state_takes_the_place_of_a_retransmission_and_keeps_its_counter(void **state)
{
    uint64_t waited[5];
    uint16_t first_id;
    int64_t first_observe;

    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    forget_sent();
    change(1);
    run_for(0);
    first_id = server.last.message.id;
    first_observe = server.last.observe;
    change(2);
    for (size_t i = 0; i < 4; i++) {
        uint64_t before = server.now;
        while (server.sent < i + 2)
            run_for(1024);
        waited[i] = server.now - before;
    }
    assert_last_text("02");
    assert_true(server.last.message.id != first_id);
    assert_true(server.last.observe > first_observe);
    assert_in_range(waited[0], 2 * SECOND, 3 * SECOND + 2048);
    for (size_t i = 1; i < 4; i++)
        assert_in_range(waited[i], 2 * waited[i - 1] - 4096, 2 * waited[i - 1] + 4096);
    change(3); /* it will never be told: the next time-out is the last */
    run_for(60 * SECOND);
    assert_int_equal(server.sent, 5);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    assert_int_equal(exchanges_in_use(), 0);
    close_server();
}

static void the_renewed_notification_can_be_acknowledged(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    change(1);
    run_for(0);
    change(2);
    run_for(4 * SECOND);
    assert_last_text("02");
    acknowledge_last(1);
    assert_int_equal(exchanges_in_use(), 0);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    close_server();
}

static void an_error_takes_the_place_of_a_retransmission_too(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    change(1);
    run_for(0);
    code = LINNET_FORBIDDEN;
    change(2);
    run_for(4 * SECOND);
    assert_int_equal(server.last.message.code, LINNET_FORBIDDEN);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_int_equal(linnet_observers_count(server.observers), 0);
    acknowledge_last(1);
    assert_int_equal(exchanges_in_use(), 0);
    assert_int_equal(server.observers->subjects.in_use, 0);
    close_server();
}

static void an_error_follows_the_acknowledgement(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    change(1);
    run_for(0);
    linnet_site_remove(&server.site, &resource);
    run_for(SECOND);
    acknowledge_last(1);
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
    assert_int_equal(linnet_observers_count(server.observers), 0);
    close_server();
}

/* The client may take the old notification for the answer, and the answer may be lost. */
static void registering_again_leaves_the_notification_in_flight(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    change(1);
    run_for(0);
    assert_int_equal(exchanges_in_use(), 1);
    change(2);
    observe(1, "r", 7);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    run_for(4 * SECOND);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_last_text("02");
    acknowledge_last(1);
    forget_sent();
    run_for(200 * SECOND);
    assert_int_equal(server.sent, 0);
    close_server();
}

static void without_a_free_exchange_a_notification_is_non_confirmable(void **state)
{
    (void)state;
    start((linnet_limits){.exchanges = 4}, 1); /* one of them is kept for others */
    for (unsigned peer = 0; peer < 5; peer++)
        observe(peer, "r", peer);
    forget_sent();
    change(1);
    run_for(0);
    assert_int_equal(server.sent, 5);
    assert_int_equal(server.confirmable, 3);
    change(2);
    run_for(0);
    assert_int_equal(server.sent, 7); /* those that wait for an acknowledgement are told after it */
    assert_int_equal(server.confirmable, 3);
    close_server();
}

/* RFC 7641 4.5: "at least every 24 hours". */
static void an_observer_is_confirmed_within_24_hours_though_nothing_changes(void **state)
{
    (void)state;
    start((linnet_limits){0}, 0);
    observe(1, "r", 7);
    forget_sent();
    run_for(20 * HOUR);
    assert_int_equal(server.sent, 0);
    server.acknowledges = true;
    run_for(3 * HOUR);
    assert_int_equal(server.confirmable, 1);
    assert_int_equal(server.sent, 1);
    run_for(23 * HOUR);
    assert_int_equal(server.sent, 2);
    server.acknowledges = false;
    run_for(24 * HOUR);
    assert_int_equal(server.sent, 2 + 5);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void the_first_notification_after_a_day_of_others_is_confirmable(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1000);
    observe(1, "r", 7);
    for (int hour = 1; hour <= 24; hour++) {
        run_for(HOUR);
        if (exchanges_in_use())
            break;
        change(hour);
    }
    assert_int_equal(server.last.message.type, LINNET_CON);
    close_server();
}

static void numbers_follow_the_clock_so_that_a_restart_does_not_go_back(void **state)
{
    int64_t last;

    (void)state;
    start((linnet_limits){0}, 0);
    observe(1, "r", 7);
    for (int i = 0; i < 50; i++) {
        change(i);
        run_for(0);
    }
    last = server.last.observe;
    uint64_t now = server.now;
    close_server();
    start((linnet_limits){0}, 0);
    server.now = now + SECOND;
    observe(1, "r", 7);
    assert_in_range((server.last.observe - last) & 0xffffff, 1, 1 << 23);
    close_server();
}

static void numbers_stay_comparable_within_256_seconds(void **state)
{
    int64_t first;

    (void)state;
    start((linnet_limits){0}, 1000);
    observe(1, "r", 7);
    first = server.last.observe;
    run_for(255 * SECOND);
    change(1);
    run_for(0);
    assert_in_range((server.last.observe - first) & 0xffffff, 1, (1 << 23) - 1);
    close_server();
}

static void numbers_grow_with_each_notification_of_one_instant(void **state)
{
    int64_t before;

    (void)state;
    start((linnet_limits){0}, 1000);
    observe(1, "r", 7);
    for (int i = 0; i < 30; i++) {
        before = server.last.observe;
        change(i);
        run_for(0);
        assert_int_equal((server.last.observe - before) & 0xffffff, 1);
        REQUEST(1, .path = "r", .token = 7);
        assert_int_equal((server.last.observe - before) & 0xffffff, 2);
    }
    close_server();
}

static void at_the_limit_of_observers_a_registration_is_a_plain_request(void **state)
{
    (void)state;
    start((linnet_limits){.observers = 2}, 0);
    observe(1, "r", 7);
    observe(2, "r", 7);
    REQUEST(3, .path = "r", .token = 7);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.observe, -1);
    observe(2, "r", 7); /* again is no more */
    REQUEST(1, .path = "r", .token = 7, .observe = 1);
    observe(3, "r", 7);
    close_server();
}

static void at_the_limit_of_subjects_a_registration_is_a_plain_request(void **state)
{
    (void)state;
    start((linnet_limits){.observed = 1}, 0);
    REQUEST(1, .path = "r", .query = "a", .token = 7);
    assert_true(server.last.observe >= 0);
    REQUEST(2, .path = "r", .query = "b", .token = 7);
    assert_int_equal(server.last.observe, -1);
    REQUEST(2, .path = "r", .query = "a", .token = 7);
    assert_true(server.last.observe >= 0);
    REQUEST(1, .path = "r", .query = "a", .token = 7, .observe = 1);
    REQUEST(2, .path = "r", .query = "a", .token = 7, .observe = 1);
    run_for(0);
    REQUEST(2, .path = "r", .query = "b", .token = 7);
    assert_true(server.last.observe >= 0);
    close_server();
}

static void a_request_too_large_to_keep_is_a_plain_one(void **state)
{
    static char query[100];

    (void)state;
    memset(query, 'q', sizeof query - 1);
    start((linnet_limits){.message_size = 64}, 0);
    REQUEST(1, .path = "r", .query = query, .token = 7);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.observe, -1);
    run_for(0);
    assert_int_equal(server.observers->subjects.in_use, 0);
    close_server();
}

static void without_a_slot_the_pass_waits_and_goes_on(void **state)
{
    (void)state;
    start((linnet_limits){0}, 0);
    observe(1, "r", 7);
    observe(2, "r", 7);
    forget_sent();
    server.no_slots = true;
    change(1);
    run_for(SECOND);
    assert_int_equal(server.sent, 0);
    server.no_slots = false;
    run_for(SECOND);
    assert_int_equal(server.sent, 2);
    assert_int_equal(served, 3);
    close_server();
}

static void closing_leaves_nothing_in_the_resources(void **state)
{
    (void)state;
    start((linnet_limits){0}, 1);
    observe(1, "r", 7);
    change(1);
    run_for(0);
    linnet_endpoint_clear(server.endpoint, LINNET_ECLOSED);
    assert_null(resource.observable.subjects);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    linnet_resource_changed(&resource);
    close_server();
}

#define MANY 100000u

static void many_observers_are_told_in_slices(void **state)
{
    size_t advances = 0;

    (void)state;
    start((linnet_limits){.observers = MANY, .message_id_spaces = 4096, .answer_log_size = 1 << 20}, 0);
    for (unsigned peer = 0; peer < MANY; peer++)
        observe(peer % 25000 + (peer / 25000 << 16), "r", peer);
    assert_int_equal(linnet_resource_observers(&resource), MANY);
    assert_int_equal(served, MANY);
    served = 0;
    forget_sent();
    change(1);
    while (linnet_endpoint_deadline(server.endpoint) <= server.now) {
        size_t before = server.sent;
        linnet_endpoint_advance(server.endpoint, server.now);
        assert_true(server.sent - before <= LINNET_NOTIFICATIONS_AT_ONCE);
        advances++;
    }
    assert_int_equal(served, 1);
    assert_int_equal(server.sent, MANY);
    assert_in_range(advances, MANY / LINNET_NOTIFICATIONS_AT_ONCE, MANY / LINNET_NOTIFICATIONS_AT_ONCE + 2);
    for (unsigned peer = 0; peer < MANY; peer++)
        REQUEST(peer % 25000 + (peer / 25000 << 16), .path = "r", .token = peer, .observe = 1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_change_in_mid_pass_reaches_all_and_starves_none(void **state)
{
    (void)state;
    start((linnet_limits){.observers = 1000, .message_id_spaces = 1024}, 1000);
    for (unsigned peer = 0; peer < 1000; peer++)
        observe(peer, "r", peer);
    forget_sent();
    for (int i = 0; i < 4; i++) { /* each slice of 256 meets a newer state, and goes on with those told longest ago */
        change(i);
        linnet_endpoint_advance(server.endpoint, server.now);
    }
    assert_int_equal(token_of(&server.first), 0);
    assert_in_range(server.sent, 1000, 1024);
    run_for(0);
    assert_int_equal(server.sent, 4 * 256 + 1000 - 256);
    close_server();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_nth_notification_is_confirmable),
        cmocka_unit_test(observers_take_turns_in_being_confirmed),
        cmocka_unit_test(only_one_confirmable_notification_is_in_flight),
        cmocka_unit_test(a_newer_state_takes_the_place_of_a_retransmission_and_keeps_its_counter),
        cmocka_unit_test(the_renewed_notification_can_be_acknowledged),
        cmocka_unit_test(an_error_takes_the_place_of_a_retransmission_too),
        cmocka_unit_test(an_error_follows_the_acknowledgement),
        cmocka_unit_test(registering_again_leaves_the_notification_in_flight),
        cmocka_unit_test(without_a_free_exchange_a_notification_is_non_confirmable),
        cmocka_unit_test(an_observer_is_confirmed_within_24_hours_though_nothing_changes),
        cmocka_unit_test(the_first_notification_after_a_day_of_others_is_confirmable),
        cmocka_unit_test(numbers_follow_the_clock_so_that_a_restart_does_not_go_back),
        cmocka_unit_test(numbers_stay_comparable_within_256_seconds),
        cmocka_unit_test(numbers_grow_with_each_notification_of_one_instant),
        cmocka_unit_test(at_the_limit_of_observers_a_registration_is_a_plain_request),
        cmocka_unit_test(at_the_limit_of_subjects_a_registration_is_a_plain_request),
        cmocka_unit_test(a_request_too_large_to_keep_is_a_plain_one),
        cmocka_unit_test(without_a_slot_the_pass_waits_and_goes_on),
        cmocka_unit_test(closing_leaves_nothing_in_the_resources),
        cmocka_unit_test(many_observers_are_told_in_slices),
        cmocka_unit_test(a_change_in_mid_pass_reaches_all_and_starves_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
