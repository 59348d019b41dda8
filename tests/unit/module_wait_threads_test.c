/* A thread that must not run handlers tells another when there is something to do, as the MicroPython module has it;
 * and a soft reset, which ends threads wherever they are. ThreadSanitizer watches. */
#include "module_support.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* A module that speaks to itself: one thread waits, the test's thread works. */
typedef struct own_world {
    linnet_module *module;
    linnet_module_session *session;
    pthread_t waiter;
    atomic_bool due;
    atomic_uint times; /* that it was due */
    atomic_bool closing;
    atomic_int ended; /* what the last wait returned */
    unsigned responses;
    unsigned failures;
    uint16_t port;
} own_world;

static void nap(void) { usleep(1000); }

static void *wait_again_and_again(void *context)
{
    own_world *own = context;
    int error;
    while ((error = linnet_module_wait(own->module)) == 0) {
        atomic_fetch_add(&own->times, 1);
        atomic_store(&own->due, true);
        while (atomic_load(&own->due) && !atomic_load(&own->closing))
            nap();
    }
    atomic_store(&own->ended, error);
    return NULL;
}

static void on_response(const linnet_module_response *response, void *context)
{
    own_world *own = context;
    assert_int_equal(response->code, LINNET_NOT_FOUND);
    own->responses++;
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    own_world *own = context;
    (void)session, (void)id, (void)token;
    assert_int_equal(reason, LINNET_ETIMEOUT);
    own->failures++;
}

static void open_own(own_world *own, const linnet_module_config *wanted)
{
    linnet_module_config config = *wanted;
    int error = LINNET_EADDRESS;
    config.no_thread = true;
    *own = (own_world){0};
    for (int tries = 0; tries < 20 && error == LINNET_EADDRESS; tries++) {
        config.port = own->port = net_refused_port();
        error = linnet_module_open(&own->module, &config);
    }
    assert_int_equal(error, 0);
    linnet_module_on_response(own->module, on_response, own);
    linnet_module_on_failure(own->module, on_failure, own);
    assert_int_equal(
        linnet_module_open_session(own->module, "127.0.0.1", own->port, linnet_text(NULL), NULL, &own->session), 0);
}

static void start_waiter(own_world *own)
{
    assert_int_equal(pthread_create(&own->waiter, NULL, wait_again_and_again, own), 0);
}

static void close_own(own_world *own)
{
    linnet_module_retain(own->module);
    atomic_store(&own->closing, true);
    linnet_module_close(own->module);
    pthread_join(own->waiter, NULL);
    assert_int_equal(atomic_load(&own->ended), LINNET_ECLOSED);
    linnet_module_session_release(own->session);
    linnet_module_release(own->module);
}

static void get(own_world *own)
{
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "none", .content_format = -1};
    assert_int_equal(linnet_module_send(own->session, &request, NULL), 0);
}

/* Works when it is told to, until `*counter` is that much. */
static void work_until(own_world *own, const unsigned *counter, unsigned count)
{
    uint64_t until = linnet_clock() + 10000000;
    while (*counter < count) {
        assert_true(linnet_clock() < until);
        if (atomic_load(&own->due)) {
            assert_int_equal(linnet_module_process(own->module), 0);
            atomic_store(&own->due, false);
        }
        nap();
    }
}

static void one_thread_waits_and_another_does_all_there_is_to_do(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    start_waiter(&own);
    for (unsigned round = 1; round <= 20; round++) {
        get(&own);
        work_until(&own, &own.responses, round);
    }
    close_own(&own);
}

static void who_waits_handles_nothing(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    start_waiter(&own);
    get(&own);
    while (!atomic_load(&own.due))
        nap();
    usleep(20000);
    assert_int_equal(own.responses, 0);
    assert_int_equal(atomic_load(&own.times), 1);
    work_until(&own, &own.responses, 1);
    close_own(&own);
}

/* Nothing comes: retransmissions and the end of the request are deadlines. */
static void deadlines_are_told_too(void **state)
{
    own_world own;
    linnet_module_session *session;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .content_format = -1};
    uint16_t silent_port;
    int silent = net_open_silent(&silent_port);
    (void)state;
    open_own(&own, &(linnet_module_config){
                       .address = "127.0.0.1",
                       .transmission = {.ack_timeout_ms = 20, .ack_random_percent = 100, .max_retransmit = 1}});
    assert_int_equal(
        linnet_module_open_session(own.module, "127.0.0.1", silent_port, linnet_text(NULL), NULL, &session), 0);
    start_waiter(&own);
    assert_int_equal(linnet_module_send(session, &request, NULL), 0);
    work_until(&own, &own.failures, 1);
    linnet_module_session_release(session);
    close_own(&own);
    close(silent);
}

static void who_waits_makes_way_for_those_who_read(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    start_waiter(&own);
    for (unsigned round = 1; round <= 20; round++) {
        get(&own);
        atomic_store(&own.due, false);
        for (int tries = 0; own.responses < round && tries < 10; tries++)
            assert_int_equal(linnet_module_read(own.module, 5000), 0);
        assert_int_equal(own.responses, round);
    }
    close_own(&own);
}

/* A program may end after that. */
static void what_was_sent_has_left_when_processing_returns_though_another_waits(void **state)
{
    own_world own;
    linnet_module_session *session;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .content_format = -1};
    uint16_t port;
    uint8_t octets[64];
    int peer = net_open_silent(&port);
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    assert_int_equal(linnet_module_open_session(own.module, "127.0.0.1", port, linnet_text(NULL), NULL, &session), 0);
    start_waiter(&own);
    for (int round = 0; round < 20; round++) {
        uint16_t id;
        usleep(500); /* let it wait */
        assert_int_equal(linnet_module_send(session, &request, &id), 0);
        assert_int_equal(linnet_module_process(own.module), 0);
        atomic_store(&own.due, false);
        assert_true(recv(peer, octets, sizeof octets, MSG_DONTWAIT) > 0);
        assert_int_equal(linnet_module_cancel(session, id), 0);
    }
    linnet_module_session_release(session);
    close_own(&own);
    close(peer);
}

static void wait_inside(const linnet_module_response *response, void *context)
{
    own_world *own = context;
    (void)response;
    own->failures = linnet_module_wait(own->module) == LINNET_EBUSY;
    own->responses++;
}

static void inside_a_handler_nobody_waits(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    linnet_module_on_response(own.module, wait_inside, &own);
    start_waiter(&own);
    get(&own);
    work_until(&own, &own.responses, 1);
    assert_int_equal(own.failures, 1);
    close_own(&own);
}

/* A socket that is closed while somebody polls it keeps its port. */
static void a_module_that_is_closed_while_another_waits_has_left_its_port(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        own_world own;
        linnet_module *again;
        open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
        linnet_module_config config = {.address = "127.0.0.1", .port = own.port, .no_thread = true};
        start_waiter(&own);
        usleep(500);
        linnet_module_retain(own.module);
        atomic_store(&own.closing, true);
        linnet_module_close(own.module);
        assert_int_equal(linnet_module_open(&again, &config), 0);
        linnet_module_close(again);
        pthread_join(own.waiter, NULL);
        linnet_module_session_release(own.session);
        linnet_module_release(own.module);
    }
}

static unsigned open_files(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* lwIP has ten, and the program wants some of them. */
static void a_server_and_a_session_have_three_sockets(void **state)
{
#ifdef LINNET_POSIX_NET
    own_world own;
    unsigned before = open_files();
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    start_waiter(&own);
    get(&own);
    work_until(&own, &own.responses, 1);
    assert_int_equal(open_files(), before + 3);
    close_own(&own);
    assert_int_equal(open_files(), before);
#else /* epoll has descriptors of its own */
    (void)state;
    (void)open_files;
    skip();
#endif
}

/* A thread that is ended as vTaskDelete() does it: nothing is unwound, nothing unlocked. */
static atomic_bool is_inside;
static linnet_module_resource *volatile lost; /* what the dead thread has counted is never given back */

static void never_return(linnet_module_resource *resource, void *context)
{
    (void)context;
    lost = resource ? resource : lost;
    atomic_store(&is_inside, true);
    for (;;)
        pause();
}

static void never_return_either(const linnet_module_response *response, void *context)
{
    (void)response;
    never_return(NULL, context);
}

static void *read_for_ever(void *context)
{
    own_world *own = context;
    while (linnet_module_read(own->module, 0) == 0)
        continue;
    return NULL;
}

static own_world doomed[2];

static void abandon_while_a_handler_runs(own_world *own, const linnet_module_request *request)
{
    pthread_t reader;
    unsigned before = open_files();
    atomic_store(&is_inside, false);
    open_own(own, &(linnet_module_config){.address = "127.0.0.1", .dynamic_resources = true});
    linnet_module_on_new_resource(own->module, never_return, NULL);
    linnet_module_on_response(own->module, never_return_either, NULL);
    start_waiter(own);
    assert_int_equal(linnet_module_send(own->session, request, NULL), 0);
    assert_int_equal(pthread_create(&reader, NULL, read_for_ever, own), 0);
    while (!atomic_load(&is_inside))
        nap();
    pthread_cancel(reader);
    pthread_join(reader, NULL);

    atomic_store(&own->closing, true);
    linnet_module_abandon(own->module);
    pthread_join(own->waiter, NULL);
    assert_int_equal(atomic_load(&own->ended), LINNET_ECLOSED);
    linnet_module_session_release(own->session);
    assert_int_equal(open_files(), before);

    linnet_module *again; /* the port is free */
    linnet_module_config config = {.address = "127.0.0.1", .port = own->port, .no_thread = true};
    assert_int_equal(linnet_module_open(&again, &config), 0);
    linnet_module_close(again);
}

static void a_module_is_abandoned_whose_server_a_dead_thread_was_in(void **state)
{
    (void)state;
    linnet_module_request put = {.method = LINNET_MODULE_PUT, .uri_path = "new", .content_format = -1};
    abandon_while_a_handler_runs(&doomed[0], &put);
}

static void a_module_is_abandoned_whose_session_a_dead_thread_was_in(void **state)
{
    (void)state;
    linnet_module_request ask = {.method = LINNET_MODULE_GET, .uri_path = "none", .content_format = -1};
    abandon_while_a_handler_runs(&doomed[1], &ask);
}

static void a_module_that_nobody_uses_is_abandoned_like_closed(void **state)
{
    own_world own;
    unsigned before = open_files();
    (void)state;
    open_own(&own, &(linnet_module_config){.address = "127.0.0.1"});
    start_waiter(&own);
    get(&own);
    atomic_store(&own.closing, true);
    linnet_module_abandon(own.module);
    pthread_join(own.waiter, NULL);
    linnet_module_session_release(own.session);
    assert_int_equal(open_files(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_waits_and_another_does_all_there_is_to_do),
        cmocka_unit_test(who_waits_handles_nothing),
        cmocka_unit_test(deadlines_are_told_too),
        cmocka_unit_test(who_waits_makes_way_for_those_who_read),
        cmocka_unit_test(what_was_sent_has_left_when_processing_returns_though_another_waits),
        cmocka_unit_test(inside_a_handler_nobody_waits),
        cmocka_unit_test(a_module_that_is_closed_while_another_waits_has_left_its_port),
        cmocka_unit_test(a_server_and_a_session_have_three_sockets),
        cmocka_unit_test(a_module_that_nobody_uses_is_abandoned_like_closed),
        cmocka_unit_test(a_module_is_abandoned_whose_server_a_dead_thread_was_in),
        cmocka_unit_test(a_module_is_abandoned_whose_session_a_dead_thread_was_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
