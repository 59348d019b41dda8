/* What ends a request before its response, observations, and handlers that call the module: none of it harms anybody.
 */
#include "module_support.h"

#include <sys/socket.h>

static module_world world;

static int open_world(void **state)
{
    (void)state;
    module_world_open(&world, NULL);
    module_world_open_session(&world);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    module_world_close(&world);
    return 0;
}

static int try_to_send(linnet_module_request request, uint16_t *id)
{
    return linnet_module_send(world.session, &request, id);
}

static void a_cancelled_request_reaches_no_handler_and_makes_way_for_the_next(void **state)
{
    uint16_t first = module_send(&world, REQUEST(.uri_path = "a")),
             second = module_send(&world, REQUEST(.uri_path = "b"));
    uint16_t third = module_send(&world, REQUEST(.uri_path = "c"));
    (void)state;
    module_peer_receive(&world);
    assert_int_equal(linnet_module_cancel(world.session, second), 0); /* never sent */
    assert_int_equal(linnet_module_cancel(world.session, first), 0);
    assert_int_equal(linnet_module_cancel(world.session, first), LINNET_ENOENT);
    module_peer_receive(&world);
    assert_int_equal(module_peer_id(&world), third);
    module_peer_answer(&world, LINNET_CONTENT, "c");
    module_await(&world, 1);
    assert_int_equal(world.event_count, 1);
    assert_int_equal(world.events[0].id, third);
}

/* A notification from the socket, by the token of the last request there. */
static void notify(const linnet_message *registration, linnet_type type, uint16_t id, uint32_t sequence,
                   const char *payload)
{
    uint8_t datagram[128];
    linnet_writer writer;
    linnet_writer_begin(&writer, datagram, sizeof datagram, type, LINNET_CONTENT, id, registration->token);
    linnet_writer_option_uint(&writer, LINNET_OPTION_OBSERVE, sequence);
    linnet_writer_payload(&writer, linnet_text(payload));
    int size = linnet_writer_end(&writer);
    assert_true(size > 0);
    module_peer_send(&world, datagram, (size_t)size);
}

static void an_observation_tells_each_notification_until_it_is_cancelled(void **state)
{
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .observe = true));
    uint8_t registration[sizeof world.last.octets];
    (void)state;
    module_peer_receive(&world);
    memcpy(registration, world.last.octets, world.last.size);
    linnet_message message;
    assert_int_equal(linnet_message_parse(&message, linnet_view(registration, world.last.size)), 0);
    assert_true(message.token.size > 0); /* notifications are told from all else by it */
    notify(&message, LINNET_ACK, id, 1, "one");
    notify(&message, LINNET_NON, 0x4001, 2, "two");
    module_await(&world, 2);
    assert_true(world.events[1].notification);
    assert_int_equal(world.events[1].id, id);
    assert_int_equal(world.events[1].type, LINNET_NON);
    assert_int_equal(world.events[1].token_size, 0); /* as in the request */
    assert_string_equal(world.events[1].payload, "two");

    uint16_t plain = module_send(&world, REQUEST(.uri_path = "b")); /* does not wait for it */
    module_peer_receive(&world);
    assert_int_equal(module_peer_id(&world), plain);
    module_peer_answer(&world, LINNET_CONTENT, "b");
    module_await(&world, 3);
    assert_int_equal(linnet_module_cancel(world.session, id), 0);
    module_peer_receive(&world);
    linnet_message farewell = module_peer_message(&world);
    linnet_bytes observe;
    assert_true(linnet_option_get(farewell.options, LINNET_OPTION_OBSERVE, 0, &observe));
    assert_int_equal(linnet_option_uint(observe), 1);
    assert_true(linnet_bytes_equal(farewell.token, message.token));
    notify(&message, LINNET_NON, 0x4002, 3, "three");
    module_peer_hears(&world, 20); /* the farewell once more */
    assert_int_equal(world.event_count, 3);
}

static void the_token_of_an_observation_is_not_used_twice(void **state)
{
    (void)state;
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .observe = true, .token = linnet_text("o")));
    assert_int_equal(try_to_send(REQUEST(.uri_path = "b", .token = linnet_text("o")), NULL), LINNET_EEXIST);
    assert_int_equal(linnet_module_cancel(world.session, id), 0);
    assert_int_equal(try_to_send(REQUEST(.uri_path = "b", .token = linnet_text("o")), NULL), 0);
}

/* What the handlers below do, once. */
enum action { NOTHING, REMOVE, CLOSE, SEND, CANCEL, READ };
static struct {
    enum action act;
    unsigned calls;
    uint16_t id;
} inside;

static void act_inside(void)
{
    linnet_module_request request = REQUEST(.uri_path = "inside");
    linnet_module_session *session;
    inside.calls++;
    switch (inside.act) {
    case REMOVE:
        assert_int_equal(linnet_module_remove_session(world.module, "127.0.0.1", world.peer_port, LINNET_MODULE_UDP),
                         0);
        assert_int_equal(linnet_module_send(world.session, &request, NULL), LINNET_ECLOSED);
        break;
    case CLOSE:
        linnet_module_close(world.module);
        assert_int_equal(linnet_module_send(world.session, &request, NULL), LINNET_ECLOSED);
        break;
    case SEND:
        assert_int_equal(linnet_module_send(world.session, &request, &inside.id), 0);
        assert_int_equal(
            linnet_module_open_session(world.module, "127.0.0.1", world.peer_port, linnet_text(NULL), NULL, &session),
            0);
        linnet_module_session_release(session);
        break;
    case CANCEL:
        assert_int_equal(linnet_module_cancel(world.session, inside.id), 0);
        break;
    case READ:
        assert_int_equal(linnet_module_read(world.module, 1), LINNET_EBUSY);
        break;
    case NOTHING:
        break;
    }
    inside.act = NOTHING;
}

static void on_response(const linnet_module_response *response, void *context)
{
    (void)response, (void)context;
    act_inside();
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)session, (void)id, (void)token, (void)reason, (void)context;
    act_inside();
}

static void prepare_to_act(enum action act)
{
    inside.act = act;
    inside.calls = 0;
    linnet_module_on_response(world.module, on_response, NULL);
    linnet_module_on_failure(world.module, on_failure, NULL);
}

static void await_calls(unsigned count)
{
    uint64_t until = linnet_clock() + 5000000;
    while (inside.calls < count) {
        assert_true(linnet_clock() < until);
        module_turn(&world, 100);
    }
}

static void a_handler_may_send_open_and_must_not_read(void **state)
{
    (void)state;
    prepare_to_act(SEND);
    module_send(&world, REQUEST(.uri_path = "a"));
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_CONTENT, "x");
    module_peer_receive(&world);
    assert_int_equal(module_peer_id(&world), inside.id);
    inside.act = READ;
    module_peer_answer(&world, LINNET_CONTENT, "x");
    await_calls(2);
}

/* Its other requests - in flight, waiting for NSTART, waiting for their token - end without a call. */
static void a_handler_may_remove_its_own_session(void **state)
{
    (void)state;
    prepare_to_act(REMOVE);
    module_send(&world, REQUEST(.uri_path = "a"));
    module_send(&world, REQUEST(.uri_path = "b"));
    module_send(&world, REQUEST(.uri_path = "c", .token = linnet_text("c")));
    module_send(&world, REQUEST(.uri_path = "d", .observe = true));
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_CONTENT, "x");
    module_peer_answer(&world, LINNET_CONTENT, "again");
    await_calls(1);
    module_turn(&world, 10);
    assert_int_equal(inside.calls, 1);
    assert_null(linnet_module_session_at(world.module, 0));
}

static void a_handler_may_cancel_the_request_that_it_is_told_of(void **state)
{
    (void)state;
    prepare_to_act(CANCEL);
    inside.id = module_send(&world, REQUEST(.uri_path = "a", .observe = true));
    module_peer_receive(&world);
    linnet_message message = module_peer_message(&world);
    notify(&message, LINNET_ACK, inside.id, 1, "one");
    await_calls(1);
    module_peer_receive(&world); /* the farewell */
    assert_int_equal(linnet_module_cancel(world.session, inside.id), LINNET_ENOENT);
}

static void a_handler_may_close_the_module(void **state)
{
    (void)state;
    prepare_to_act(CLOSE);
    linnet_module_retain(world.module);
    module_send(&world, REQUEST(.uri_path = "a"));
    module_send(&world, REQUEST(.uri_path = "b"));
    module_peer_receive(&world);
    module_peer_answer(&world, LINNET_CONTENT, "x");
    assert_int_equal(linnet_module_read(world.module, 5000), 0);
    assert_int_equal(inside.calls, 1);
    assert_int_equal(linnet_module_process(world.module), LINNET_ECLOSED);
    linnet_module_release(world.module);
    world.module = NULL;
}

/* The second cannot be sent when its turn comes: a failure tells so, from within linnet_module_cancel(). */
static void a_failure_told_by_cancelling_may_close_the_module(void **state)
{
    static char path[1300];
    (void)state;
    for (size_t i = 0; i < sizeof path - 1; i++)
        path[i] = i % 100 == 99 ? '/' : 'x';
    prepare_to_act(CLOSE);
    uint16_t first = module_send(&world, REQUEST(.uri_path = "a"));
    module_send(&world, REQUEST(.uri_path = path)); /* more than a message holds */
    linnet_module_retain(world.module);
    assert_int_equal(linnet_module_cancel(world.session, first), 0);
    assert_int_equal(inside.calls, 1);
    assert_int_equal(linnet_module_process(world.module), LINNET_ECLOSED);
    linnet_module_release(world.module);
    world.module = NULL;
}

static void a_failure_told_by_cancelling_may_remove_the_session(void **state)
{
    static char path[1300];
    (void)state;
    for (size_t i = 0; i < sizeof path - 1; i++)
        path[i] = i % 100 == 99 ? '/' : 'x';
    prepare_to_act(REMOVE);
    uint16_t first = module_send(&world, REQUEST(.uri_path = "a"));
    module_send(&world, REQUEST(.uri_path = path));
    module_send(&world, REQUEST(.uri_path = "c"));
    assert_int_equal(linnet_module_cancel(world.session, first), 0);
    assert_int_equal(inside.calls, 1);
    assert_null(linnet_module_session_at(world.module, 0));
}

static void closing_calls_no_handler_and_takes_observations_back(void **state)
{
    (void)state;
    uint16_t id = module_send(&world, REQUEST(.uri_path = "a", .observe = true));
    module_peer_receive(&world);
    linnet_message message = module_peer_message(&world);
    notify(&message, LINNET_ACK, id, 1, "one");
    module_await(&world, 1);
    module_send(&world, REQUEST(.uri_path = "b"));
    module_peer_receive(&world);
    linnet_module_close(world.module);
    world.module = NULL;
    assert_int_equal(world.event_count, 1);
    ssize_t size = recv(world.peer, world.last.octets, sizeof world.last.octets, 0);
    assert_true(size > 0);
    world.last.size = (size_t)size;
    linnet_bytes observe;
    message = module_peer_message(&world);
    assert_true(linnet_option_get(message.options, LINNET_OPTION_OBSERVE, 0, &observe));
    assert_int_equal(linnet_option_uint(observe), 1);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_cancelled_request_reaches_no_handler_and_makes_way_for_the_next),
        WORLD_TEST(an_observation_tells_each_notification_until_it_is_cancelled),
        WORLD_TEST(the_token_of_an_observation_is_not_used_twice),
        WORLD_TEST(a_handler_may_send_open_and_must_not_read),
        WORLD_TEST(a_handler_may_remove_its_own_session),
        WORLD_TEST(a_handler_may_cancel_the_request_that_it_is_told_of),
        WORLD_TEST(a_handler_may_close_the_module),
        WORLD_TEST(a_failure_told_by_cancelling_may_close_the_module),
        WORLD_TEST(a_failure_told_by_cancelling_may_remove_the_session),
        WORLD_TEST(closing_calls_no_handler_and_takes_observations_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
