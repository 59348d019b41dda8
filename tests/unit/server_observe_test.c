/* Observation as a client sees it (RFC 7641): registration, notifications, and each way in which it ends. */
#include "observe_text.h"

#include <linnet/block.h>

static struct linnet_resource other;

static const linnet_resource_config config = {.get = get_text, .fetch = get_text, .observable = true};
static const linnet_resource_config confirmed = {.get = get_text, .observable = true, .confirm_every = 1};
static const linnet_resource_config plain = {.get = get_text};

static void a_registration_is_answered_with_a_sequence_number(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    assert_last_text("one");
    assert_int_equal(linnet_resource_observers(&resource), 1);
    close_server();
}

static void a_change_is_told_with_a_higher_number_and_the_token(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    int64_t before = server.last.observe;
    change("two");
    run_for(0);
    assert_int_equal(token_of(&server.last), 7);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.message.type, LINNET_NON);
    assert_int_equal(server.last.path.peer.port, 40001);
    assert_in_range(server.last.observe, before + 1, before + 10);
    assert_last_text("two");
    close_server();
}

static void the_representation_is_built_once_for_all_observers(void **state)
{
    (void)state;
    start(&config);
    for (unsigned peer = 0; peer < 8; peer++)
        observe(peer, "r", peer);
    served = 0;
    forget_sent();
    change("two");
    run_for(0);
    assert_int_equal(served, 1);
    assert_int_equal(server.sent, 8);
    assert_int_equal(server.first.observe, server.last.observe);
    close_server();
}

static void changes_between_two_advances_are_told_once_with_the_newest(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    forget_sent();
    change("two");
    change("three");
    run_for(SECOND);
    assert_int_equal(server.sent, 1);
    assert_last_text("three");
    close_server();
}

static void the_same_token_replaces_the_registration(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    int64_t before = server.last.observe;
    observe(1, "r", 7);
    assert_true(server.last.observe > before || server.last.observe == before);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    observe(1, "r", 8);
    observe(2, "r", 7);
    assert_int_equal(linnet_resource_observers(&resource), 3);
    close_server();
}

static void observe_1_ends_it_and_is_answered_without_observe(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    REQUEST(1, .path = "r", .token = 7, .observe = 1);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    forget_sent();
    change("two");
    run_for(SECOND);
    assert_int_equal(server.sent, 0);
    close_server();
}

static void another_value_of_observe_is_ignored(void **state)
{
    (void)state;
    start(&config);
    REQUEST(1, .path = "r", .token = 7, .observe = 2);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_get_with_another_token_ends_nothing_and_with_the_same_it_does(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    REQUEST(1, .path = "r", .token = 8, .observe = -1); /* TD_COAP_OBS_10 */
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    REQUEST(1, .path = "r", .token = 7, .observe = -1, .block2 = 1 + (1 << 4 | 6)); /* the rest of a notification */
    assert_int_equal(linnet_resource_observers(&resource), 1);
    REQUEST(1, .path = "elsewhere", .token = 7, .observe = -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void what_is_not_observable_is_answered_without_observe(void **state)
{
    (void)state;
    start(&plain);
    REQUEST(1, .path = "r", .token = 7);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_int_equal(server.last.observe, -1);
    REQUEST(1, .path = "r", .token = 7, .type = LINNET_NON, .multicast = true);
    assert_int_equal(server.last.observe, -1);
    close_server();
}

static void an_error_is_answered_without_observe(void **state)
{
    (void)state;
    start(&config);
    code = LINNET_FORBIDDEN;
    REQUEST(1, .path = "r", .token = 7);
    assert_int_equal(server.last.message.code, LINNET_FORBIDDEN);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void an_error_in_a_registration_ends_what_the_token_observed(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    code = LINNET_FORBIDDEN;
    REQUEST(1, .path = "r", .token = 7);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_reset_to_a_non_confirmable_notification_ends_it(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    change("two");
    run_for(0);
    reply_empty(2, LINNET_RST, server.last.message.id); /* from somebody else */
    assert_int_equal(linnet_resource_observers(&resource), 1);
    reply_empty(1, LINNET_RST, server.last.message.id);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_reset_to_a_confirmable_notification_ends_it(void **state)
{
    (void)state;
    start(&confirmed);
    observe(1, "r", 7);
    change("two");
    run_for(0);
    assert_int_equal(server.last.message.type, LINNET_CON);
    reply_empty(1, LINNET_RST, server.last.message.id);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    forget_sent();
    run_for(200 * SECOND);
    assert_int_equal(server.sent, 0);
    close_server();
}

static void a_reset_to_the_response_to_a_non_confirmable_registration_ends_it(void **state)
{
    (void)state;
    start(&config);
    REQUEST(1, .path = "r", .token = 7, .type = LINNET_NON);
    assert_int_equal(server.last.message.type, LINNET_NON);
    assert_true(server.last.observe >= 0);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    reply_empty(1, LINNET_RST, server.last.message.id);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_reset_ends_it_also_when_another_response_came_later(void **state)
{
    (void)state;
    start(&confirmed);
    observe(1, "r", 7);
    change("two");
    run_for(0);
    uint16_t id = server.last.message.id;
    REQUEST(1, .path = "r", .token = 7, .type = LINNET_NON);
    assert_true(server.last.observe >= 0);
    reply_empty(1, LINNET_RST, id);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    run_for(100 * SECOND);
    close_server();
}

static void an_unreachable_port_ends_it(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    change("two");
    run_for(0);
    linnet_endpoint_unreachable(server.endpoint, server.now, &server.last.path,
                                linnet_view(server.last.octets, sizeof server.last.octets), LINNET_EREFUSED);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void an_error_of_the_handler_is_the_last_notification(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    observe(2, "r", 8);
    forget_sent();
    code = LINNET_SERVICE_UNAVAILABLE;
    change("");
    run_for(0);
    assert_int_equal(server.sent, 2);
    assert_int_equal(server.last.message.code, LINNET_SERVICE_UNAVAILABLE);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    reply_empty(1, LINNET_ACK, server.first.message.id);
    reply_empty(2, LINNET_ACK, server.last.message.id);
    forget_sent();
    code = LINNET_EMPTY;
    change("two");
    run_for(200 * SECOND);
    assert_int_equal(server.sent, 0);
    close_server();
}

static void a_removed_resource_is_told_as_4_04(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    linnet_site_remove(&server.site, &resource);
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_observers_count(server.observers), 0);
    forget_sent();
    run_for(100 * SECOND);
    assert_int_equal(server.sent, 4); /* it is kept until it is acknowledged */
    close_server();
}

static void a_changed_content_format_is_told_as_4_06(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    format = LINNET_JSON;
    change("{}");
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_NOT_ACCEPTABLE);
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    observe(1, "r", 7);
    change("[]");
    run_for(0);
    assert_last_text("[]");
    close_server();
}

static void a_registration_in_a_new_format_ends_those_in_the_old(void **state)
{
    (void)state;
    start(&config);
    observe(1, "r", 7);
    format = LINNET_JSON;
    observe(2, "r", 8);
    run_for(0);
    assert_int_equal(server.last.path.peer.port, 40001);
    assert_int_equal(server.last.message.code, LINNET_NOT_ACCEPTABLE);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    close_server();
}

static void stored_values_tell_of_each_change(void **state)
{
    static uint8_t room[16];
    static const linnet_resource_config stored = {
        .stored = true, .writable = true, .observable = true, .value = {(const uint8_t *)"one", 3}};
    (void)state;
    start(&config);
    memset(&other, 0, sizeof other);
    other.value = (linnet_value){.data = room, .capacity = sizeof room};
    assert_int_equal(linnet_site_add(&server.site, &other, "s", &stored), 0);
    observe(1, "s", 7);
    assert_int_equal(linnet_resource_set(&other, linnet_text("two")), 0);
    run_for(0);
    assert_last_text("two");
    REQUEST(2, .path = "s", .token = 9, .observe = -1, .method = LINNET_PUT, .payload = "three");
    run_for(0);
    assert_last_text("three");
    assert_true(server.last.observe >= 0);
    REQUEST(2, .path = "s", .token = 9, .observe = -1, .method = LINNET_DELETE);
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND); /* TD_COAP_OBS_07 */
    assert_int_equal(server.last.path.peer.port, 40001);
    close_server();
}

static void fetch_is_observed_by_its_payload(void **state)
{
    (void)state;
    start(&config);
    REQUEST(1, .path = "r", .token = 1, .method = LINNET_FETCH, .payload = "a");
    assert_true(server.last.observe >= 0);
    REQUEST(2, .path = "r", .token = 2, .method = LINNET_FETCH, .payload = "a");
    REQUEST(3, .path = "r", .token = 3, .method = LINNET_FETCH, .payload = "b");
    assert_int_equal(linnet_resource_observers(&resource), 3);
    served = 0;
    change("two");
    run_for(0);
    assert_int_equal(served, 2);
    close_server();
}

static void an_etag_in_the_registration_makes_no_2_03_of_notifications(void **state)
{
    static const linnet_resource_config stored = {
        .stored = true, .observable = true, .value = {(const uint8_t *)"one", 3}};
    (void)state;
    start(&config);
    memset(&other, 0, sizeof other);
    assert_int_equal(linnet_site_add(&server.site, &other, "s", &stored), 0);
    REQUEST(1, .path = "s", .token = 7, .etag = "\x01");
    assert_int_equal(server.last.message.code, LINNET_VALID);
    assert_true(server.last.observe >= 0);
    linnet_resource_changed(&other);
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_CONTENT);
    assert_last_text("one");
    close_server();
}

static const char large[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void a_notification_is_one_block_of_the_size_that_was_asked_for(void **state)
{
    linnet_bytes value;
    linnet_block block;

    (void)state;
    start(&config);
    text = large;
    REQUEST(1, .path = "r", .token = 7, .block2 = 1 + 1); /* 0/0/32 */
    assert_true(server.last.observe >= 0);
    change(large + 1);
    run_for(0);
    assert_int_equal(server.last.message.payload.size, 32);
    assert_true(linnet_option_get(server.last.message.options, LINNET_OPTION_BLOCK2, 0, &value));
    assert_int_equal(linnet_block_parse(&block, value), 0);
    assert_true(block.number == 0 && block.more && linnet_block_size(block) == 32);
    assert_true(linnet_option_get(server.last.message.options, LINNET_OPTION_ETAG, 0, &value));
    REQUEST(1, .path = "r", .token = 8, .block2 = 1 + (1 << 4 | 1)); /* Observe with a later block means nothing */
    assert_int_equal(server.last.observe, -1);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    close_server();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_is_answered_with_a_sequence_number),
        cmocka_unit_test(a_change_is_told_with_a_higher_number_and_the_token),
        cmocka_unit_test(the_representation_is_built_once_for_all_observers),
        cmocka_unit_test(changes_between_two_advances_are_told_once_with_the_newest),
        cmocka_unit_test(the_same_token_replaces_the_registration),
        cmocka_unit_test(observe_1_ends_it_and_is_answered_without_observe),
        cmocka_unit_test(another_value_of_observe_is_ignored),
        cmocka_unit_test(a_get_with_another_token_ends_nothing_and_with_the_same_it_does),
        cmocka_unit_test(what_is_not_observable_is_answered_without_observe),
        cmocka_unit_test(an_error_is_answered_without_observe),
        cmocka_unit_test(an_error_in_a_registration_ends_what_the_token_observed),
        cmocka_unit_test(a_reset_to_a_non_confirmable_notification_ends_it),
        cmocka_unit_test(a_reset_to_a_confirmable_notification_ends_it),
        cmocka_unit_test(a_reset_to_the_response_to_a_non_confirmable_registration_ends_it),
        cmocka_unit_test(a_reset_ends_it_also_when_another_response_came_later),
        cmocka_unit_test(an_unreachable_port_ends_it),
        cmocka_unit_test(an_error_of_the_handler_is_the_last_notification),
        cmocka_unit_test(a_removed_resource_is_told_as_4_04),
        cmocka_unit_test(a_changed_content_format_is_told_as_4_06),
        cmocka_unit_test(a_registration_in_a_new_format_ends_those_in_the_old),
        cmocka_unit_test(stored_values_tell_of_each_change),
        cmocka_unit_test(fetch_is_observed_by_its_payload),
        cmocka_unit_test(an_etag_in_the_registration_makes_no_2_03_of_notifications),
        cmocka_unit_test(a_notification_is_one_block_of_the_size_that_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
