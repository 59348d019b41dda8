/* Handlers that are asked for a notification and do other than answer: they defer, remove, change. */
#include "observe_text.h"

static linnet_deferred deferred;
static bool defers;

static void get_later(linnet_request *asked, linnet_reply *reply, void *context)
{
    if (defers)
        assert_int_equal(linnet_reply_defer(reply, &deferred), 0);
    else
        get_text(asked, reply, context);
}

static const linnet_resource_config later = {.get = get_later, .observable = true};

static int answer(const char *with)
{
    return linnet_site_answer(&server.site, server.endpoint, server.now, deferred.exchange,
                              &(linnet_answer){.payload = linnet_text(with)});
}

static void a_deferred_registration_counts_from_its_answer(void **state)
{
    (void)state;
    start(&later);
    defers = true;
    REQUEST(1, .path = "r", .token = 7);
    run_for(SECOND);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    assert_int_equal(answer("slow"), 0);
    assert_int_equal(server.last.message.type, LINNET_CON);
    assert_true(server.last.observe >= 0);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    reply_empty(1, LINNET_RST, server.last.message.id);
    assert_int_equal(linnet_resource_observers(&resource), 0);
    close_server();
}

static void a_change_before_the_deferred_answer_is_told_after_it(void **state)
{
    (void)state;
    start(&later);
    defers = true;
    REQUEST(1, .path = "r", .token = 7);
    change("two");
    assert_int_equal(answer("one"), 0);
    defers = false;
    run_for(SECOND);
    assert_last_text("two");
    close_server();
}

static void a_handler_may_defer_a_notification(void **state)
{
    (void)state;
    start(&later);
    defers = false;
    observe(1, "r", 7);
    observe(2, "r", 8);
    defers = true;
    forget_sent();
    change("two");
    run_for(SECOND);
    change("three"); /* the handler is at work: not asked again yet */
    run_for(SECOND);
    assert_int_equal(server.sent, 0);
    assert_int_equal(answer("two"), 0);
    run_for(SECOND);
    assert_int_equal(server.sent, 2);
    assert_last_text("two");
    assert_int_equal(answer("three"), 0);
    run_for(SECOND);
    assert_int_equal(server.sent, 4);
    assert_last_text("three");
    assert_int_equal(answer("four"), LINNET_ENOENT);
    close_server();
}

static void a_deferred_notification_is_nobodys_when_all_have_left(void **state)
{
    (void)state;
    start(&later);
    defers = false;
    observe(1, "r", 7);
    defers = true;
    change("two");
    run_for(0);
    REQUEST(1, .path = "elsewhere", .token = 7, .observe = -1);
    forget_sent();
    answer("two");
    run_for(SECOND);
    assert_int_equal(server.sent, 0);
    close_server();
}

static void get_later_if_possible(linnet_request *asked, linnet_reply *reply, void *context)
{
    (void)context;
    if (!defers)
        get_text(asked, reply, context);
    else
        (void)linnet_reply_defer(reply, &deferred); /* 5.03 where it fails */
}

static void a_notification_that_cannot_be_deferred_is_tried_again(void **state)
{
    static const linnet_resource_config possibly = {.get = get_later_if_possible, .observable = true};
    linnet_deferred first;
    (void)state;
    start(&possibly);
    close_server();
    open_server((linnet_limits){.exchanges = 1});
    memset(&resource, 0, sizeof resource);
    assert_int_equal(linnet_site_add(&server.site, &resource, "r", &possibly), 0);
    defers = false;
    observe(1, "r", 7);
    defers = true;
    REQUEST(2, .path = "r", .token = 8, .observe = -1); /* takes the only exchange */
    first = deferred;
    change("two");
    run_for(SECOND / 100);
    assert_int_equal(linnet_resource_observers(&resource), 1);
    forget_sent();
    assert_int_equal(linnet_site_answer(&server.site, server.endpoint, server.now, first.exchange, NULL), 0);
    reply_empty(2, LINNET_ACK, server.last.message.id);
    run_for(SECOND);
    assert_int_equal(answer("two"), 0);
    run_for(SECOND);
    assert_last_text("two");
    assert_int_equal(server.last.path.peer.port, 40001);
    close_server();
}

static void get_and_remove(linnet_request *asked, linnet_reply *reply, void *context)
{
    if (++served > 1)
        linnet_site_remove(&server.site, &resource);
    (void)asked, (void)context;
    linnet_reply_text(reply, "one");
}

static void a_handler_may_remove_its_resource_in_a_notification(void **state)
{
    static const linnet_resource_config removing = {.get = get_and_remove, .observable = true};
    (void)state;
    start(&removing);
    observe(1, "r", 7);
    change("two");
    run_for(0);
    assert_int_equal(server.last.message.code, LINNET_NOT_FOUND);
    assert_int_equal(linnet_observers_count(server.observers), 0);
    close_server();
}

static void get_and_change(linnet_request *asked, linnet_reply *reply, void *context)
{
    get_text(asked, reply, context);
    linnet_resource_changed(&resource);
}

static void a_handler_that_changes_its_resource_is_not_asked_for_ever(void **state)
{
    static const linnet_resource_config changing = {.get = get_and_change, .observable = true};
    (void)state;
    start(&changing);
    observe(1, "r", 7);
    run_for(SECOND);
    served = 0;
    forget_sent();
    change("two");
    run_for(SECOND);
    assert_int_equal(served, 1);
    assert_int_equal(server.sent, 1);
    close_server();
}

static bool notifies;

static void get_and_tell(linnet_request *asked, linnet_reply *reply, void *context)
{
    notifies = linnet_request_notifies(asked);
    get_text(asked, reply, context);
}

static void a_handler_can_tell_a_notification_from_a_request(void **state)
{
    static const linnet_resource_config telling = {.get = get_and_tell, .observable = true};
    (void)state;
    start(&telling);
    observe(1, "r", 7);
    assert_int_equal(served, 1);
    assert_false(notifies);
    change("two");
    run_for(SECOND);
    assert_int_equal(served, 2);
    assert_true(notifies);
    close_server();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_deferred_registration_counts_from_its_answer),
        cmocka_unit_test(a_change_before_the_deferred_answer_is_told_after_it),
        cmocka_unit_test(a_handler_may_defer_a_notification),
        cmocka_unit_test(a_deferred_notification_is_nobodys_when_all_have_left),
        cmocka_unit_test(a_notification_that_cannot_be_deferred_is_tried_again),
        cmocka_unit_test(a_handler_may_remove_its_resource_in_a_notification),
        cmocka_unit_test(a_handler_that_changes_its_resource_is_not_asked_for_ever),
        cmocka_unit_test(a_handler_can_tell_a_notification_from_a_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
