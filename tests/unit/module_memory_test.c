/* Every allocation of a module fails once, and every descriptor: each function says so, nothing is lost or leaked, and
 * the same call then succeeds. */
#include "module_support.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* The call after which so many more succeed; 0: none fails any more. */
static unsigned countdown;
static bool failed;

static bool is_failing(int number)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    errno = number;
    failed = true;
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) { return is_failing(ENOMEM) ? NULL : __real_malloc(size); }

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size) { return is_failing(ENOMEM) ? NULL : __real_calloc(count, size); }

void *__real_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size);
void *__wrap_realloc(void *data, size_t size) { return is_failing(ENOMEM) ? NULL : __real_realloc(data, size); }

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text) { return is_failing(ENOMEM) ? NULL : __real_strdup(text); }

void *__real_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset);
void *__wrap_mmap(void *address, size_t size, int protection, int flags, int descriptor, off_t offset)
{
    return is_failing(ENOMEM) ? MAP_FAILED : __real_mmap(address, size, protection, flags, descriptor, offset);
}

int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_create1(int flags) { return is_failing(EMFILE) ? -1 : __real_epoll_create1(flags); }

int __real_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags);
int __wrap_eventfd(unsigned count, int flags) { return is_failing(ENFILE) ? -1 : __real_eventfd(count, flags); }

int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol)
{
    return is_failing(ENFILE) ? -1 : __real_socket(family, type, protocol);
}

/* Fails once, where it is its turn, and then succeeds. */
static int checked(int error)
{
    if (error == 0)
        return 0;
    assert_true(failed);
    assert_true(error == LINNET_ENOMEM || error == LINNET_ESYSTEM);
    return error;
}

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        if (checked(call) != 0)                                                                                        \
            assert_int_equal(call, 0);                                                                                 \
    } while (0)

typedef struct outcome {
    unsigned ended;
    unsigned failures;
    linnet_code code;
} outcome;

static void on_response(const linnet_module_response *response, void *context)
{
    outcome *all = context;
    all->ended++;
    all->code = response->code;
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    outcome *all = context;
    (void)session, (void)id, (void)token;
    assert_true(failed);
    assert_int_equal(reason, LINNET_ENOMEM);
    all->ended++;
    all->failures++;
}

static void run(linnet_module *module, const outcome *all, unsigned ended)
{
    uint64_t until = linnet_clock() + 5000000;
    while (all->ended < ended) {
        struct pollfd polled = {.fd = linnet_module_descriptor(module), .events = POLLIN};
        uint64_t deadline = linnet_module_deadline(module), now = linnet_clock();
        assert_true(now < until);
        poll(&polled, 1, deadline <= now ? 0 : 20);
        assert_int_equal(linnet_module_process(module), 0);
    }
}

static void use_resources(linnet_module *module)
{
    linnet_module_resource *resource;
    static uint8_t large[3000];
    MUST(linnet_module_add_resource(module, "r", 0, 5, linnet_text("value"), true, &resource));
    assert_true(module_has_value(resource, "value"));
    assert_int_equal(linnet_module_resource_allow(resource, 127, true), 0);
    MUST(linnet_module_resource_attribute(resource, "title", "one"));
    MUST(linnet_module_resource_attribute(resource, "title", "two"));
    MUST(linnet_module_resource_attribute(resource, "rt", "three"));
    MUST(linnet_module_resource_set_value(resource, linnet_view(large, sizeof large)));
    linnet_module_resource_release(resource);
}

/* A request that could not be served for want of memory is asked once more. */
static void ask(linnet_module *module, linnet_module_session *session, outcome *all, linnet_module_request request,
                linnet_code wanted)
{
    bool failed_before = failed;
    for (int tries = 0; tries < 2; tries++) {
        unsigned failures = all->failures;
        MUST(linnet_module_send(session, &request, NULL));
        run(module, all, all->ended + 1);
        if (all->failures == failures && all->code == wanted)
            return;
        assert_true(failed && !failed_before);
        if (all->failures == failures)
            assert_int_equal(LINNET_CODE_CLASS(all->code), 5);
    }
    fail();
}

static void use_sessions(linnet_module *module, uint16_t port, outcome *all)
{
    linnet_module_session *session;
    static uint8_t large[2500];
    linnet_module_request get = {.method = LINNET_MODULE_GET, .uri_path = "r?a=b", .content_format = -1};
    linnet_module_request put = {.method = LINNET_MODULE_PUT, .uri_path = "made/of/blocks", .content_format = 0};
    put.payload = linnet_view(large, sizeof large);
    MUST(linnet_module_open_session(module, "127.0.0.1", port, linnet_text(NULL), NULL, &session));
    ask(module, session, all, get, LINNET_CONTENT);
    ask(module, session, all, put, LINNET_CREATED);
    put.payload = linnet_view(large, 5);
    ask(module, session, all, put, LINNET_CHANGED);
    for (int i = 0; i < 3; i++) /* two wait for the first's token */
        MUST(linnet_module_send(session, &get, NULL));
    run(module, all, all->ended + 3);
    get.observe = true;
    MUST(linnet_module_send(session, &get, NULL)); /* goes down with the module */
    run(module, all, all->ended + 1);
    linnet_module_session_release(session);
}

static bool everything_with_a_failure_at(unsigned index)
{
    outcome all = {0};
    linnet_module *module;
    uint16_t port = net_refused_port();
    linnet_module_config config = {.address = "127.0.0.1", .port = port, .dynamic_resources = true, .no_thread = true};
    failed = false;
    countdown = index;
    MUST(linnet_module_open(&module, &config));
    linnet_module_on_response(module, on_response, &all);
    linnet_module_on_failure(module, on_failure, &all);
    use_resources(module);
    use_sessions(module, port, &all);
    linnet_module_close(module);
    countdown = 0;
    return failed;
}

static void each_allocation_may_fail(void **state)
{
    unsigned index = 1;
    (void)state;
    while (everything_with_a_failure_at(index))
        index++;
    assert_true(index > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
