/* Threads hammer one module: values, requests, reading, sessions that come and go, resources that are removed while
 * their handles live. ThreadSanitizer watches. LINNET_SOAK_MS says for how long; half a second is enough for a try. */
#include "module_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct hammered {
    linnet_module *module;
    linnet_module_session *session;
    uint16_t port;
    uint64_t until;
    atomic_uint responses;
    atomic_uint created;
    atomic_uint wrong;
} hammered;

static void on_response(const linnet_module_response *response, void *context)
{
    hammered *all = context;
    linnet_module_request request = {.method = LINNET_MODULE_GET, .uri_path = "value", .content_format = -1};
    unsigned count = atomic_fetch_add(&all->responses, 1);
    if (response->session == all->session && count % 8 == 0)
        linnet_module_send(response->session, &request, NULL); /* a callback that calls the module */
}

static void on_resource(linnet_module_resource *resource, void *context)
{
    hammered *all = context;
    linnet_module_details details = {.max_age = 5, .etag = true};
    atomic_fetch_add(&all->created, 1);
    linnet_module_resource_set_details(resource, LINNET_MODULE_SET_MAX_AGE | LINNET_MODULE_SET_ETAG, &details);
    linnet_module_resource_attribute(resource, "title", "made");
}

static bool goes_on(const hammered *all) { return linnet_clock() < all->until; }

/* A value is whole, or the wrong ones are counted: nobody sees half of a change. */
static void *change_values(void *context)
{
    hammered *all = context;
    linnet_module_resource *resource = linnet_module_find_resource(all->module, "value");
    char value[512], seen[512];
    for (unsigned i = 0; goes_on(all); i++) {
        size_t size;
        memset(value, 'a' + (int)(i % 26), sizeof value);
        linnet_module_resource_set_value(resource, linnet_view(value, 1 + i % sizeof value));
        if (linnet_module_resource_value(resource, seen, sizeof seen, &size) != 0 || size == 0)
            atomic_fetch_add(&all->wrong, 1);
        for (size_t at = 1; at < size; at++)
            if (seen[at] != seen[0])
                atomic_fetch_add(&all->wrong, 1);
    }
    linnet_module_resource_release(resource);
    return NULL;
}

static void *send_requests(void *context)
{
    hammered *all = context;
    static const unsigned methods[] = {LINNET_MODULE_GET, LINNET_MODULE_PUT, LINNET_MODULE_POST};
    for (unsigned i = 0; goes_on(all); i++) {
        uint8_t token[2] = {(uint8_t)(i % 5), 7};
        linnet_module_request request = {.method = methods[i % 3],
                                         .uri_path = i % 7 ? "value" : ".well-known/core",
                                         .content_format = -1,
                                         .payload = linnet_text(i % 3 ? "bbbb" : NULL),
                                         .token = linnet_view(token, i % 3)};
        uint16_t id;
        int error = linnet_module_send(all->session, &request, &id);
        if (error == LINNET_EBUSY)
            linnet_module_read(all->module, 1);
        else if (error != 0)
            atomic_fetch_add(&all->wrong, 1);
        else if (i % 11 == 0)
            linnet_module_cancel(all->session, id);
    }
    return NULL;
}

static void *read_packets(void *context)
{
    hammered *all = context;
    while (goes_on(all))
        if (linnet_module_read(all->module, 5) != 0)
            atomic_fetch_add(&all->wrong, 1);
    return NULL;
}

static void *open_and_remove_sessions(void *context)
{
    hammered *all = context;
    while (goes_on(all)) {
        linnet_module_session *session;
        linnet_module_request request = {
            .method = LINNET_MODULE_GET, .uri_path = "value", .content_format = -1, .observe = true};
        if (linnet_module_open_session(all->module, "localhost", all->port, linnet_text(NULL), NULL, &session) != 0) {
            atomic_fetch_add(&all->wrong, 1);
            continue;
        }
        linnet_module_send(session, &request, NULL);
        linnet_module_read(all->module, 2);
        linnet_module_remove_session(all->module, "localhost", all->port, LINNET_MODULE_UDP);
        linnet_module_session_release(session);
    }
    return NULL;
}

/* Created by a PUT, removed by the program or by a DELETE, while a handle lives. */
static void *create_and_remove_resources(void *context)
{
    hammered *all = context;
    for (unsigned i = 0; goes_on(all); i++) {
        linnet_module_request request = {.method = i % 2 ? LINNET_MODULE_DELETE : LINNET_MODULE_PUT,
                                         .uri_path = "made/here",
                                         .content_format = -1,
                                         .token = linnet_text("made"),
                                         .payload = linnet_text(i % 2 ? NULL : "x")};
        linnet_module_resource *resource = linnet_module_find_resource(all->module, "made/here");
        linnet_module_send(all->session, &request, NULL);
        if (resource) {
            linnet_module_resource_set_value(resource, linnet_text("y"));
            if (i % 3 == 0)
                linnet_module_remove_resource(all->module, "made/here");
            linnet_module_resource_attribute(resource, "rt", "z");
            linnet_module_resource_is_gone(resource);
            linnet_module_resource_release(resource);
        }
        linnet_module_read(all->module, 1);
    }
    return NULL;
}

static uint64_t duration(void)
{
    const char *text = getenv("LINNET_SOAK_MS");
    return (text ? strtoull(text, NULL, 10) : 500) * 1000;
}

static void open_hammered(hammered *all)
{
    linnet_module_config config = {.address = "127.0.0.1", .dynamic_resources = true};
    linnet_module_resource *resource;
    int error = LINNET_EADDRESS;
    for (int tries = 0; tries < 20 && error == LINNET_EADDRESS; tries++) {
        config.port = all->port = net_refused_port();
        error = linnet_module_open(&all->module, &config);
    }
    assert_int_equal(error, 0);
    linnet_module_on_response(all->module, on_response, all);
    linnet_module_on_new_resource(all->module, on_resource, all);
    assert_int_equal(linnet_module_add_resource(all->module, "value", 0, -1, linnet_text("aaaa"), true, &resource), 0);
    assert_int_equal(linnet_module_resource_allow(resource, 7, true), 0);
    linnet_module_resource_release(resource);
    assert_int_equal(
        linnet_module_open_session(all->module, "127.0.0.1", all->port, linnet_text(NULL), NULL, &all->session), 0);
    all->until = linnet_clock() + duration();
}

static void threads_that_do_everything_at_once_harm_nobody(void **state)
{
    static void *(*const all_of_them[])(void *) = {change_values, send_requests, read_packets, open_and_remove_sessions,
                                                   create_and_remove_resources};
    enum { THREADS = sizeof all_of_them / sizeof all_of_them[0] };
    hammered all = {0};
    pthread_t threads[THREADS];
    (void)state;
    open_hammered(&all);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, all_of_them[i], &all), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(all.wrong, 0);
    assert_true(all.responses > 0);
    assert_true(all.created > 0);
    linnet_module_close(all.module);
    linnet_module_session_release(all.session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_do_everything_at_once_harm_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
