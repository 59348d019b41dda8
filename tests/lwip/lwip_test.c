/* Linnet on lwIP's sockets and none of the kernel's, over lwIP's own loopback, with the limits of ports/small: what an
 * ESP32 has. */
#include "stack.h"

#include <linnet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those four first */
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_US = 10000000, VALUE = 2000 };

static uint16_t next_port = 20000; /* lwIP's ports are this program's alone */

static void on_response(const linnet_module_response *response, void *context)
{
    linnet_module_response *last = context;
    static uint8_t payload[VALUE];
    assert_true(response->payload.size <= sizeof payload);
    if (response->payload.size > 0)
        memcpy(payload, response->payload.data, response->payload.size);
    last->payload = linnet_view(payload, response->payload.size);
    last->notification = response->notification;
    last->code = response->code; /* what the test waits for */
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    linnet_module_response *last = context;
    (void)session, (void)id, (void)token, (void)reason;
    last->code = 1;
}

/* A module that speaks to itself. */
typedef struct own_world {
    linnet_module *module;
    linnet_module_session *session;
    linnet_module_response last;
} own_world;

static void open_own(own_world *own, const char *server, const char *client, bool discovery)
{
    linnet_module_config config = {.address = server,
                                   .port = next_port++,
                                   .dynamic_resources = true,
                                   .no_thread = true,
                                   .service_discovery = discovery};
    linnet_bytes none = {0};
    *own = (own_world){0};
    assert_int_equal(linnet_module_open(&own->module, &config), 0);
    linnet_module_on_response(own->module, on_response, &own->last);
    linnet_module_on_failure(own->module, on_failure, &own->last);
    assert_int_equal(linnet_module_open_session(own->module, client, config.port, none, NULL, &own->session), 0);
}

static void close_own(own_world *own)
{
    linnet_module_close(own->module);
    linnet_module_session_release(own->session);
    assert_int_equal(stack_open_sockets(), 0);
}

static unsigned await(own_world *own)
{
    uint64_t until = linnet_clock() + PATIENCE_US;
    while (own->last.code == 0) {
        assert_true(linnet_clock() < until);
        int error = linnet_module_read(own->module, 100);
        assert_true(error == 0 || error == LINNET_ECANCELLED);
    }
    return own->last.code;
}

static unsigned ask(own_world *own, linnet_module_request request)
{
    request.content_format = LINNET_MODULE_UNSET;
    own->last.code = 0;
    assert_int_equal(linnet_module_send(own->session, &request, NULL), 0);
    return await(own);
}

static void use(own_world *own)
{
    static uint8_t large[VALUE];
    memset(large, 'x', sizeof large);
    assert_int_equal(ask(own, (linnet_module_request){.method = LINNET_MODULE_GET, .uri_path = "r"}), LINNET_NOT_FOUND);
    assert_int_equal(ask(own, (linnet_module_request){.method = LINNET_MODULE_PUT,
                                                      .uri_path = "r",
                                                      .payload = linnet_view(large, sizeof large)}),
                     LINNET_CREATED);
    assert_int_equal(ask(own, (linnet_module_request){.method = LINNET_MODULE_GET, .uri_path = "r"}), LINNET_CONTENT);
    assert_int_equal(own->last.payload.size, sizeof large);
    assert_memory_equal(own->last.payload.data, large, sizeof large);
}

static void a_module_asks_itself_over_ipv4(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, "127.0.0.1", "127.0.0.1", false);
    use(&own);
    assert_int_equal(stack_open_sockets(), 3); /* the server's, the session's, and one to be woken by */
    close_own(&own);
}

static void a_module_asks_itself_over_ipv6(void **state)
{
    own_world own;
    (void)state;
    open_own(&own, "::1", "::1", false);
    use(&own);
    close_own(&own);
}

static void a_server_for_both_families_answers_ipv4_and_ipv6(void **state)
{
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        own_world own;
        open_own(&own, "::", addresses[i], false);
        use(&own);
        close_own(&own);
    }
}

static void an_observation_is_told_of_changes(void **state)
{
    own_world own;
    linnet_module_resource *resource;
    (void)state;
    open_own(&own, "0.0.0.0", "127.0.0.1", false);
    assert_int_equal(linnet_module_add_resource(own.module, "r", 0, 60, linnet_text("one"), true, &resource), 0);
    assert_int_equal(linnet_module_resource_allow(resource, LINNET_MODULE_GET, true), 0);
    assert_int_equal(ask(&own, (linnet_module_request){.method = LINNET_MODULE_GET, .uri_path = "r", .observe = true}),
                     LINNET_CONTENT);
    own.last.code = 0;
    assert_int_equal(linnet_module_resource_set_value(resource, linnet_text("two")), 0);
    assert_int_equal(await(&own), LINNET_CONTENT);
    assert_true(own.last.notification);
    assert_memory_equal(own.last.payload.data, "two", 3);
    linnet_module_resource_release(resource);
    close_own(&own);
}

static void all_groups_are_joined_within_ten_sockets(void **state)
{
    own_world own;
    (void)state;
    next_port = 5683; /* else there are two of each */
    open_own(&own, "::", "127.0.0.1", true);
    use(&own);
    assert_int_equal(stack_open_sockets(), 6);
    next_port = 20500;
    close_own(&own);
}

/* As the thread of MicroPython's module, which is stopped while it waits. */
static void what_waits_is_woken_by_another_thread(void **state)
{
    own_world own;
    linnet_module *module;
    linnet_module_config config = {.address = "127.0.0.1", .port = next_port++};
    (void)state;
    open_own(&own, "127.0.0.1", "127.0.0.1", false);
    assert_int_equal(linnet_module_open(&module, &config), 0); /* with a thread, which waits at once */
    usleep(20000);
    linnet_module_close(module); /* ends it */
    use(&own);
    close_own(&own);
}

static void a_datagram_too_large_is_answered_4_13(void **state)
{
    own_world own;
    static uint8_t large[4096];
    (void)state;
    open_own(&own, "127.0.0.1", "127.0.0.1", false);
    assert_int_equal(ask(&own, (linnet_module_request){.method = LINNET_MODULE_PUT,
                                                       .uri_path = "r",
                                                       .payload = linnet_view(large, sizeof large)}),
                     LINNET_REQUEST_ENTITY_TOO_LARGE);
    use(&own);
    close_own(&own);
}

static void a_port_in_use_is_refused(void **state)
{
    own_world own;
    linnet_module *other;
    linnet_module_config config = {.address = "127.0.0.1", .no_thread = true};
    (void)state;
    open_own(&own, "127.0.0.1", "127.0.0.1", false);
    config.port = (uint16_t)(next_port - 1);
    assert_int_equal(linnet_module_open(&other, &config), LINNET_EADDRESS);
    use(&own);
    close_own(&own);
}

static void request_of_c_clients_and_servers(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "hello");
}

static void *run_server(void *server)
{
    linnet_server_run(server);
    return NULL;
}

static void a_server_and_a_client_without_a_module_speak(void **state)
{
    linnet_server *server;
    linnet_client *client;
    linnet_response response;
    pthread_t thread;
    linnet_resource_config hello = {.get = request_of_c_clients_and_servers};
    char uri[64];
    (void)state;
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u", (unsigned)next_port);
    linnet_limits limits = {.exchanges = 8,
                            .answer_log_size = 2048,
                            .answer_log_index = 32,
                            .executed_requests = 64,
                            .message_id_spaces = 4,
                            .peers = 4,
                            .observers = 4,
                            .observed = 2,
                            .uploads = 4,
                            .proved_peers = 8};
    assert_int_equal(linnet_server_open_with(&server, &(linnet_server_config){.address = uri, .limits = limits}), 0);
    assert_int_equal(linnet_server_add(server, "/hello", &hello), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_server, server), 0);
    assert_int_equal(linnet_client_open(&client, &(linnet_client_config){.limits = limits}), 0);
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/hello", (unsigned)next_port++);
    assert_int_equal(linnet_client_call(client, &(linnet_client_request){.method = LINNET_GET, .uri = uri}, &response),
                     0);
    assert_int_equal(response.message.payload.size, 5);
    linnet_response_clear(&response);
    linnet_client_close(client);
    linnet_server_stop(server);
    pthread_join(thread, NULL);
    linnet_server_close(server);
    assert_int_equal(stack_open_sockets(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_asks_itself_over_ipv4),
        cmocka_unit_test(a_module_asks_itself_over_ipv6),
        cmocka_unit_test(a_server_for_both_families_answers_ipv4_and_ipv6),
        cmocka_unit_test(an_observation_is_told_of_changes),
        cmocka_unit_test(all_groups_are_joined_within_ten_sockets),
        cmocka_unit_test(what_waits_is_woken_by_another_thread),
        cmocka_unit_test(a_datagram_too_large_is_answered_4_13),
        cmocka_unit_test(a_port_in_use_is_refused),
        cmocka_unit_test(a_server_and_a_client_without_a_module_speak),
    };
    stack_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
