/* Pre-shared keys in the module (RFC 7252 9.1.3.1): its server and its sessions speak DTLS with each other. */
#include "module_support.h"

#include <stdio.h>

static module_world world;

static int open_world(void **state)
{
    linnet_module_config config = {.psk = linnet_text("secret"), .hint = "who is it?"};
    (void)state;
    module_world_open(&world, &config);
    module_world_open_session(&world); /* sets the handlers; its plain session is not used */
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    module_world_close(&world);
    return 0;
}

static linnet_module_session *open_session(const char *key)
{
    linnet_module_session *session;
    assert_int_equal(
        linnet_module_open_session(world.module, "127.0.0.1", world.port, linnet_text(key), "device", &session), 0);
    assert_int_equal(linnet_module_session_protocol(session), LINNET_MODULE_DTLS);
    return session;
}

static uint16_t get(linnet_module_session *session, const char *path)
{
    uint16_t id;
    linnet_module_request request = REQUEST(.uri_path = path, .token = linnet_text("t"));
    assert_int_equal(linnet_module_send(session, &request, &id), 0);
    return id;
}

static void a_session_with_the_key_is_answered(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "hello", false);
    linnet_module_session *session = open_session("secret");
    (void)state;
    uint16_t id = get(session, "r");
    module_await(&world, 1);
    assert_false(world.events[0].failed);
    assert_int_equal(world.events[0].code, LINNET_CONTENT);
    assert_int_equal(world.events[0].id, id);
    assert_string_equal(world.events[0].payload, "hello");
    linnet_module_session_release(session);
    linnet_module_resource_release(resource);
}

static void a_session_with_another_key_fails_and_says_why(void **state)
{
    linnet_module_session *session = open_session("secrets");
    (void)state;
    uint16_t id = get(session, "r");
    module_await(&world, 1);
    assert_true(world.events[0].failed);
    assert_int_equal(world.events[0].id, id);
    assert_int_equal(world.events[0].reason, LINNET_EKEY);
    linnet_module_session_release(session);
}

/* A server of the module has one key for everybody. */
static void a_session_without_an_identity_has_the_usual_one(void **state)
{
    linnet_module_resource *resource = module_add(&world, "r", "hello", false);
    linnet_module_session *session;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(linnet_module_open_session(world.module, "127.0.0.1", world.port, linnet_text("secret"),
                                                    i ? "" : NULL, &session),
                         0);
        get(session, "r");
        module_await(&world, i + 1);
        assert_false(world.events[i].failed);
        linnet_module_session_release(session);
    }
    linnet_module_resource_release(resource);
}

static void a_session_is_removed_by_its_protocol(void **state)
{
    linnet_module_session *session = open_session("secret");
    (void)state;
    assert_int_equal(linnet_module_remove_session(world.module, "127.0.0.1", world.port, LINNET_MODULE_UDP),
                     LINNET_ENOENT);
    assert_int_equal(linnet_module_remove_session(world.module, "127.0.0.1", world.port, LINNET_MODULE_DTLS), 0);
    linnet_module_session_release(session);
}

static void the_default_port_of_a_session_with_a_key_is_5684(void **state)
{
    linnet_module_session *session;
    (void)state;
    assert_int_equal(linnet_module_open_session(world.module, "127.0.0.1", 0, linnet_text("key"), "me", &session), 0);
    assert_int_equal(linnet_module_session_port(session), 5684);
    linnet_module_session_release(session);
}

/* A server with a key alone hears no plain request, nor a group: what is plain is dropped like any malformed record. */
static void a_plain_request_is_not_heard(void **state)
{
    char uri[64];
    linnet_response response = {0};
    linnet_client_request request = {.method = LINNET_GET, .uri = uri, .timeout_ms = 200};
    (void)state;
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/r", (unsigned)world.port);
    assert_int_equal(linnet_client_call(world.client, &request, &response), LINNET_ETIMEOUT);
    linnet_response_clear(&response);
}

/* Port 5683 of another loopback address, so that a server of this host's is not in the way. */
static void plain_too_is_plain_on_5683_beside_it(void **state)
{
    linnet_module_config config = {
        .address = "127.83.0.1", .psk = linnet_text("secret"), .plain_too = true, .service_discovery = true};
    (void)state;
    module_world_open(&world, &config);
    linnet_module_resource *resource = module_add(&world, "r", "plain", false);
    linnet_client_request request = {.method = LINNET_GET, .uri = "coap://127.83.0.1/r"};
    linnet_exchange exchange;
    world.answered = false;
    request.on_response = module_on_answer;
    request.context = &world;
    assert_int_equal(linnet_client_send(world.client, &request, &exchange), 0);
    while (!world.answered)
        module_turn(&world, 1000);
    assert_int_equal(world.answer.reason, 0);
    assert_string_equal(world.answer.payload, "plain");
    linnet_module_resource_release(resource);
    module_world_close(&world);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_session_with_the_key_is_answered),
        WORLD_TEST(a_session_with_another_key_fails_and_says_why),
        WORLD_TEST(a_session_without_an_identity_has_the_usual_one),
        WORLD_TEST(a_session_is_removed_by_its_protocol),
        WORLD_TEST(the_default_port_of_a_session_with_a_key_is_5684),
        WORLD_TEST(a_plain_request_is_not_heard),
        cmocka_unit_test(plain_too_is_plain_on_5683_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
