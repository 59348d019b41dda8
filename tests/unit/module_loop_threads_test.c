/* Who handles what comes: the module's own thread, or those that read in its place. ThreadSanitizer watches. */
#include "module_support.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* A module with its thread on a free port, that speaks to itself, and what its handlers have seen. */
typedef struct own_world {
    linnet_module *module;
    linnet_module_session *session;
    atomic_uint responses;
    atomic_uint failures;
    atomic_bool elsewhere; /* a handler ran in another thread than `expected` */
    pthread_t expected;
    bool expects;
} own_world;

static void on_response(const linnet_module_response *response, void *context)
{
    own_world *own = context;
    (void)response;
    if (own->expects && !pthread_equal(own->expected, pthread_self()))
        atomic_store(&own->elsewhere, true);
    atomic_fetch_add(&own->responses, 1);
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    own_world *own = context;
    (void)session, (void)id, (void)token, (void)reason;
    atomic_fetch_add(&own->failures, 1);
}

static void open_own(own_world *own)
{
    linnet_module_config config = {.address = "127.0.0.1", .dynamic_resources = true};
    int error = LINNET_EADDRESS;
    *own = (own_world){0};
    for (int tries = 0; tries < 20 && error == LINNET_EADDRESS; tries++) {
        config.port = net_refused_port();
        error = linnet_module_open(&own->module, &config);
    }
    assert_int_equal(error, 0);
    linnet_module_on_response(own->module, on_response, own);
    linnet_module_on_failure(own->module, on_failure, own);
    assert_int_equal(
        linnet_module_open_session(own->module, "127.0.0.1", config.port, linnet_text(NULL), NULL, &own->session), 0);
}

static void close_own(own_world *own)
{
    linnet_module_close(own->module);
    linnet_module_session_release(own->session);
}

static void get(own_world *own)
{
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "none", .content_format = -1};
    assert_int_equal(linnet_module_send(own->session, &request, NULL), 0);
}

static void nap(void) { usleep(1000); }

static void await(atomic_uint *counter, unsigned count)
{
    uint64_t until = linnet_clock() + 10000000;
    while (atomic_load(counter) < count) {
        assert_true(linnet_clock() < until);
        nap();
    }
}

static void without_a_reader_all_happens_in_the_background(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    for (unsigned i = 1; i <= 20; i++) {
        get(&own);
        await(&own.responses, i);
    }
    close_own(&own);
}

static void the_descriptor_of_the_server_can_be_polled(void **state)
{
    module_world world;
    (void)state;
    module_world_open(&world, NULL);
    module_world_open_session(&world);
    struct pollfd polled = {.fd = linnet_module_socket(world.module), .events = POLLIN};
    linnet_address address;
    assert_int_equal(linnet_module_address(world.module, &address), 0);
    assert_int_equal(address.port, world.port); /* the firmware bound another one than it was told */
    assert_int_equal(poll(&polled, 1, 0), 0);
    char uri[64];
    net_result result;
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/", (unsigned)world.port);
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(world.client, &request, NULL), 0);
    assert_int_equal(linnet_client_process(world.client), 0);
    assert_int_equal(poll(&polled, 1, 5000), 1);
    assert_int_equal(linnet_module_read(world.module, 0), 0);
    assert_int_equal(poll(&polled, 1, 0), 0);
    assert_int_equal(linnet_module_socket(world.module), polled.fd);
    module_world_close(&world);
}

static void reading_handles_what_comes_in_the_readers_thread(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    own.expected = pthread_self();
    own.expects = true;
    for (unsigned i = 1; i <= 20; i++) {
        get(&own); /* the thread may be quick enough to take the request in between, but this is nobody's handler */
        while (atomic_load(&own.responses) < i && !atomic_load(&own.elsewhere))
            assert_int_equal(linnet_module_read(own.module, 20), 0);
        atomic_store(&own.elsewhere, false);
        atomic_store(&own.responses, i);
    }
    close_own(&own);
}

typedef struct reader {
    linnet_module *module;
    pthread_t thread;
    uint32_t timeout;
    int result;
    atomic_bool over;
    atomic_bool started;
} reader;

static void *read_once(void *context)
{
    reader *own = context;
    atomic_store(&own->started, true);
    own->result = linnet_module_read(own->module, own->timeout);
    atomic_store(&own->over, true);
    linnet_module_release(own->module);
    return NULL;
}

static void start_reader(reader *own, linnet_module *module, uint32_t timeout)
{
    *own = (reader){.module = module, .timeout = timeout};
    linnet_module_retain(module);
    assert_int_equal(pthread_create(&own->thread, NULL, read_once, own), 0);
    while (!atomic_load(&own->started))
        nap();
    for (int i = 0; i < 10; i++) /* most likely it waits now; if not, the test proves less and holds all the same */
        nap();
}

static int join_reader(reader *own)
{
    pthread_join(own->thread, NULL);
    return own->result;
}

static void a_reader_sees_a_session_that_is_made_while_it_waits(void **state)
{
    own_world own;
    reader waiting;
    linnet_module_session *session;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "a", .content_format = -1};
    (void)state;
    open_own(&own);
    start_reader(&waiting, own.module, 0);
    assert_false(atomic_load(&waiting.over));
    assert_int_equal(linnet_module_open_session(own.module, "127.0.0.1", linnet_module_session_port(own.session),
                                                linnet_text(NULL), NULL, &session),
                     0);
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    assert_int_equal(join_reader(&waiting), 0);
    await(&own.responses, 1); /* by whomever: the packet that was read may have been the request */
    linnet_module_session_release(session);
    close_own(&own);
}

/* As a script that polls the socket and then reads, while the module's thread is faster. */
static void a_packet_that_came_before_the_reading_is_not_waited_for(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    uint64_t before = linnet_module_happened(own.module);
    get(&own);
    await(&own.responses, 1);
    assert_int_equal(linnet_module_read(own.module, 0), 0);
    assert_true(linnet_module_happened(own.module) > before);
    close_own(&own);
}

static void two_threads_may_read_at_once(void **state)
{
    own_world own;
    reader readers[2];
    (void)state;
    open_own(&own);
    for (size_t i = 0; i < 2; i++)
        start_reader(&readers[i], own.module, 0);
    get(&own);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(join_reader(&readers[i]), 0);
    await(&own.responses, 1);
    close_own(&own);
}

/* The firmware sent nothing again while read() blocked. */
static void a_reader_that_waits_for_ever_sends_again_what_is_due(void **state)
{
    linnet_module_config config = {.no_thread = true, .transmission.ack_timeout_ms = 10};
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "a", .content_format = -1};
    linnet_module *module;
    linnet_module_session *session;
    uint8_t datagrams[3][256];
    ssize_t sizes[3];
    uint16_t port;
    reader waiting;
    int peer = net_open_silent(&port);
    (void)state;
    assert_int_equal(linnet_module_open(&module, &config), 0);
    assert_int_equal(linnet_module_open_session(module, "127.0.0.1", port, linnet_text(NULL), NULL, &session), 0);
    start_reader(&waiting, module, 0);
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    for (size_t i = 0; i < 3; i++) {
        struct pollfd polled = {.fd = peer, .events = POLLIN};
        assert_int_equal(poll(&polled, 1, 10000), 1);
        sizes[i] = recv(peer, datagrams[i], sizeof datagrams[i], 0);
        assert_int_equal(sizes[i], sizes[0]);
        assert_memory_equal(datagrams[i], datagrams[0], (size_t)sizes[0]);
    }
    assert_false(atomic_load(&waiting.over));
    linnet_module_close(module);
    assert_int_equal(join_reader(&waiting), LINNET_ECLOSED);
    linnet_module_session_release(session);
    close(peer);
}

static void reading_ends_when_the_time_is_over(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    uint64_t start = linnet_clock(), before = linnet_module_happened(own.module);
    assert_int_equal(linnet_module_read(own.module, 30), 0);
    assert_true(linnet_clock() - start >= 30000);
    assert_true(linnet_module_happened(own.module) == before);
    get(&own); /* and the thread has taken over again */
    await(&own.responses, 1);
    close_own(&own);
}

static void waking_ends_the_reading_of_all(void **state)
{
    own_world own;
    reader readers[2];
    (void)state;
    open_own(&own);
    for (size_t i = 0; i < 2; i++)
        start_reader(&readers[i], own.module, 0);
    for (size_t i = 0; i < 2; i++) {
        while (!atomic_load(&readers[i].over)) { /* it may not have begun to wait at the first time */
            linnet_module_wake(own.module);
            nap();
        }
        assert_int_equal(join_reader(&readers[i]), LINNET_ECANCELLED);
    }
    close_own(&own);
}

static void closing_ends_the_reading_of_all(void **state)
{
    own_world own;
    reader readers[2];
    (void)state;
    open_own(&own);
    for (size_t i = 0; i < 2; i++)
        start_reader(&readers[i], own.module, 60000);
    close_own(&own);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(join_reader(&readers[i]), LINNET_ECLOSED);
}

static void on_signal(int number) { (void)number; }

static void a_signal_ends_the_reading_of_the_thread_that_handles_it(void **state)
{
    own_world own;
    reader waiting;
    struct sigaction action = {.sa_handler = on_signal}, before;
    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    open_own(&own);
    start_reader(&waiting, own.module, 0);
    while (!atomic_load(&waiting.over)) {
        pthread_kill(waiting.thread, SIGUSR1);
        nap();
    }
    assert_int_equal(join_reader(&waiting), LINNET_ECANCELLED);
    close_own(&own);
    sigaction(SIGUSR1, &before, NULL);
}

/* An interpreter's lock, as a binding has it: handlers take it, and calls of the module are made without it. */
static pthread_mutex_t interpreter = PTHREAD_MUTEX_INITIALIZER;

static void on_response_interpreted(const linnet_module_response *response, void *context)
{
    own_world *own = context;
    uint16_t id;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "b", .content_format = -1};
    pthread_mutex_lock(&interpreter);
    pthread_mutex_unlock(&interpreter); /* around each call of the module */
    if (atomic_load(&own->responses) < 200)
        linnet_module_send(response->session, &request, &id);
    pthread_mutex_lock(&interpreter);
    atomic_fetch_add(&own->responses, 1);
    pthread_mutex_unlock(&interpreter);
}

static void handlers_may_take_a_lock_that_no_caller_holds(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    linnet_module_resource *resource;
    assert_int_equal(linnet_module_add_resource(own.module, "r", -1, -1, linnet_text("x"), true, &resource), 0);
    linnet_module_on_response(own.module, on_response_interpreted, &own);
    get(&own);
    while (atomic_load(&own.responses) < 200) {
        pthread_mutex_lock(&interpreter);
        pthread_mutex_unlock(&interpreter);
        assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("y")), 0);
        pthread_mutex_lock(&interpreter);
        pthread_mutex_unlock(&interpreter);
    }
    linnet_module_resource_release(resource);
    close_own(&own);
}

static void on_response_closing(const linnet_module_response *response, void *context)
{
    own_world *own = context;
    (void)response;
    linnet_module_close(own->module);
    atomic_fetch_add(&own->responses, 1);
}

static void the_modules_own_thread_may_close_it(void **state)
{
    own_world own;
    (void)state;
    open_own(&own);
    linnet_module_on_response(own.module, on_response_closing, &own);
    linnet_module_retain(own.module);
    get(&own);
    await(&own.responses, 1);
    while (linnet_module_read(own.module, 10) != LINNET_ECLOSED)
        continue;
    linnet_module_release(own.module);
    linnet_module_session_release(own.session);
}

static void on_resource_created(linnet_module_resource *resource, void *context)
{
    own_world *own = context;
    linnet_module_resource_set_value(resource, linnet_text("set"));
    atomic_fetch_add(&own->failures, 1);
}

static void the_last_handles_may_go_in_other_threads_after_the_end(void **state)
{
    own_world own;
    linnet_module_request request = {.method = LINNET_MODULE_PUT, .uri_path = "new", .content_format = -1};
    (void)state;
    open_own(&own);
    linnet_module_on_new_resource(own.module, on_resource_created, &own);
    assert_int_equal(linnet_module_send(own.session, &request, NULL), 0);
    await(&own.responses, 1);
    assert_int_equal(own.failures, 1);
    linnet_module_resource *resource = linnet_module_find_resource(own.module, "new");
    assert_true(module_has_value(resource, "set"));
    linnet_module_close(own.module);
    assert_true(linnet_module_resource_is_gone(resource));
    linnet_module_resource_release(resource);
    linnet_module_session_release(own.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_reader_all_happens_in_the_background),
        cmocka_unit_test(the_descriptor_of_the_server_can_be_polled),
        cmocka_unit_test(reading_handles_what_comes_in_the_readers_thread),
        cmocka_unit_test(a_reader_sees_a_session_that_is_made_while_it_waits),
        cmocka_unit_test(a_packet_that_came_before_the_reading_is_not_waited_for),
        cmocka_unit_test(two_threads_may_read_at_once),
        cmocka_unit_test(a_reader_that_waits_for_ever_sends_again_what_is_due),
        cmocka_unit_test(reading_ends_when_the_time_is_over),
        cmocka_unit_test(waking_ends_the_reading_of_all),
        cmocka_unit_test(closing_ends_the_reading_of_all),
        cmocka_unit_test(a_signal_ends_the_reading_of_the_thread_that_handles_it),
        cmocka_unit_test(handlers_may_take_a_lock_that_no_caller_holds),
        cmocka_unit_test(the_modules_own_thread_may_close_it),
        cmocka_unit_test(the_last_handles_may_go_in_other_threads_after_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
