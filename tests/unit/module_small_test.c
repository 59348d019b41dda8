/* What a module takes of a small device's memory, with the limits of ports/small; and that it stays within them. In
 * other builds this is shown as skipped. */
#include "module_support.h"

#include <stdio.h>

#if defined(LINNET_SMALL) && defined(__SANITIZE_ADDRESS__)
size_t __sanitizer_get_current_allocated_bytes(void);
static size_t taken(void) { return __sanitizer_get_current_allocated_bytes(); }
#define SMALL_TEST(test) cmocka_unit_test(test)
#else
static size_t taken(void) { return 0; }
#define SMALL_TEST(test)                                                                                               \
    {                                                                                                                  \
#test, ((void)(test), is_elsewhere), NULL, NULL, NULL                                                          \
    }
static void is_elsewhere(void **state)
{
    (void)state;
    skip();
}
#endif

/* Octets of malloc(), which is what linnet_reserve() hands out there, on a machine whose pointers are twice as long as
 * those of the device. */
enum { SERVER = 29000, SESSION = 29000, RESOURCES = 16, REQUESTS = 4, VALUE = 2048 };

typedef struct small_world {
    linnet_module *module;
    linnet_module_session *session; /* to the module's own server */
    unsigned answers[8];            /* of each class */
    unsigned ended;
} small_world;

static void on_response(const linnet_module_response *response, void *context)
{
    small_world *world = context;
    world->answers[response->code >> 5]++;
    world->ended++;
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    small_world *world = context;
    (void)session, (void)id, (void)token, (void)reason;
    world->ended++;
}

static void open_module(small_world *world, linnet_module_config *config)
{
    int error = LINNET_EADDRESS;
    *world = (small_world){0};
    config->address = "127.0.0.1";
    config->no_thread = true;
    for (int tries = 0; tries < 20 && error == LINNET_EADDRESS; tries++) {
        config->port = net_refused_port();
        error = linnet_module_open(&world->module, config);
    }
    assert_int_equal(error, 0);
    linnet_module_on_response(world->module, on_response, world);
    linnet_module_on_failure(world->module, on_failure, world);
}

static void open_session(small_world *world, const linnet_module_config *config)
{
    linnet_bytes none = {0};
    assert_int_equal(linnet_module_open_session(world->module, "127.0.0.1", config->port, none, NULL, &world->session),
                     0);
}

static void close_all(small_world *world)
{
    linnet_module_close(world->module);
    linnet_module_session_release(world->session);
}

static void await(small_world *world, unsigned count)
{
    uint64_t until = linnet_clock() + 10000000;
    while (world->ended < count) {
        assert_true(linnet_clock() < until);
        (void)linnet_module_read(world->module, 100);
    }
}

static int ask(small_world *world, unsigned method, const char *path, size_t size)
{
    static uint8_t octets[VALUE + 1];
    return linnet_module_send(
        world->session,
        &METHOD(method, .uri_path = path, .payload = linnet_view(octets, size), .token = linnet_text(path)), NULL);
}

static void a_server_with_a_session_takes_less_than_60_kilobytes(void **state)
{
    small_world world;
    linnet_module_config config = {.dynamic_resources = true};
    size_t before = taken();
    (void)state;
    open_module(&world, &config);
    size_t server = taken() - before;
    open_session(&world, &config);
    assert_int_equal(ask(&world, LINNET_MODULE_GET, "none", 0), 0);
    await(&world, 1);
    size_t session = taken() - before - server;
    print_message("a server: %zu octets, a session: %zu\n", server, session);
    assert_in_range(server, 1, SERVER);
    assert_in_range(session, 1, SESSION);
    close_all(&world);
    assert_int_equal(taken(), before);
}

static void the_limits_of_resources_values_and_requests_are_told(void **state)
{
    small_world world;
    linnet_module_config config = {.dynamic_resources = true};
    char path[8];
    unsigned asked = 0;
    (void)state;
    open_module(&world, &config);
    open_session(&world, &config);
    for (; asked < RESOURCES; asked++) {
        snprintf(path, sizeof path, "r%u", asked);
        assert_int_equal(ask(&world, LINNET_MODULE_PUT, path, 1), 0);
        await(&world, asked + 1);
    }
    assert_int_equal(world.answers[2], RESOURCES);
    assert_int_equal(ask(&world, LINNET_MODULE_PUT, "more", 1), 0); /* 5.03 */
    await(&world, ++asked);
    assert_int_equal(world.answers[5], 1);
    assert_int_equal(ask(&world, LINNET_MODULE_PUT, "r0", VALUE), 0); /* in blocks */
    await(&world, ++asked);
    assert_int_equal(world.answers[2], RESOURCES + 1);
    assert_int_equal(ask(&world, LINNET_MODULE_PUT, "r1", VALUE + 1), 0); /* 4.13 */
    await(&world, ++asked);
    assert_int_equal(world.answers[4], 1);
    for (unsigned i = 0; i < REQUESTS; i++)
        assert_int_equal(ask(&world, LINNET_MODULE_GET, "r0", 0), 0);
    assert_int_equal(ask(&world, LINNET_MODULE_GET, "r0", 0), LINNET_EBUSY);
    await(&world, asked + REQUESTS);
    assert_int_equal(world.answers[2], RESOURCES + 1 + REQUESTS);
    close_all(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SMALL_TEST(a_server_with_a_session_takes_less_than_60_kilobytes),
        SMALL_TEST(the_limits_of_resources_values_and_requests_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
