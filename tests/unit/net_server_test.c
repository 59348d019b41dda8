/* Servers: where they listen, what they copy, who may call them, and what arrives that is too long. */
#include "net_support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_request_is_answered_over_ipv4_and_ipv6(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char uri[64];
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.code, LINNET_CONTENT);
    assert_string_equal(result.payload, "world");

    if (linnet_server_bind(pair.server, "coap://[::1]:0") == 0) {
        linnet_address address;
        assert_int_equal(linnet_server_address(pair.server, 1, &address), 0);
        snprintf(uri, sizeof uri, "coap://[::1]:%u/hello", (unsigned)address.port);
        request = net_get(uri, &result);
        assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
        net_run(&pair);
        assert_string_equal(result.payload, "world");
    }
    net_pair_close(&pair);
}

static void a_server_of_every_address_answers_from_the_one_that_was_asked(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char uri[64], text[LINNET_ADDRESS_TEXT];
    net_pair_open(&pair, NULL);
    linnet_server_close(pair.server);
    assert_int_equal(linnet_server_open(&pair.server, "coap://[::]:0"), 0);
    snprintf(uri, sizeof uri, "coap://127.0.0.77:%u/.well-known/core", (unsigned)net_port(pair.server));
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.code, LINNET_CONTENT);
    assert_string_equal(linnet_address_host_text(&result.path.peer, text), "127.0.0.77");
    assert_string_equal(result.payload, "</.well-known/core>;ct=40");
    net_pair_close(&pair);
}

static void two_servers_do_not_share_one_port(void **state)
{
    (void)state;
    linnet_server *first, *second;
    char uri[64];
    assert_int_equal(linnet_server_open(&first, "coap://127.0.0.1:0"), 0);
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u", (unsigned)net_port(first));
    assert_int_equal(linnet_server_open(&second, uri), LINNET_EADDRESS);
    assert_null(second);
    snprintf(uri, sizeof uri, "coap://[::]:%u", (unsigned)net_port(first));
    assert_int_equal(linnet_server_open(&second, uri), LINNET_EADDRESS);
    linnet_server_close(first);
}

static void a_bad_address_is_told_apart(void **state)
{
    (void)state;
    linnet_server *server;
    assert_int_equal(linnet_server_open(&server, "coap://[::1"), LINNET_EURI);
    assert_int_equal(linnet_server_open(&server, "http://localhost"), LINNET_ESCHEME);
    assert_int_equal(linnet_server_open(&server, "coaps://localhost:0"), LINNET_ECREDENTIALS);
    assert_int_equal(linnet_server_open(&server, "coaps+tcp://localhost:0"), LINNET_ESCHEME);
    assert_int_equal(linnet_server_open(&server, "coap://no-such-host.invalid:0"), LINNET_ERESOLVE);
    assert_int_equal(linnet_server_open(&server, "coap://198.51.100.1:0"), LINNET_EADDRESS);
    assert_null(server);
}

static void all_addresses_of_a_name_are_bound_on_one_port(void **state)
{
    (void)state;
    linnet_server *server;
    linnet_address first, next;
    assert_int_equal(linnet_server_open(&server, "coap://localhost:0"), 0);
    assert_int_equal(linnet_server_address(server, 0, &first), 0);
    assert_int_not_equal(first.port, 0);
    size_t count = 1;
    for (; linnet_server_address(server, count, &next) == 0; count++)
        assert_int_equal(next.port, first.port);
    assert_int_equal(linnet_server_address(server, count, &next), LINNET_ENOENT);
    linnet_server_close(server);
}

static void what_is_added_is_copied(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    char title[] = "Title", name[] = "sz", value[] = "5", path[] = "/a/b", type[] = "one two", first[] = "21";
    linnet_attribute attribute = {name, value};
    linnet_resource_config config = {.title = title,
                                     .resource_type = type,
                                     .attributes = &attribute,
                                     .attribute_count = 1,
                                     .stored = true,
                                     .writable = true,
                                     .value = linnet_text(first)};
    assert_int_equal(linnet_server_add(pair.server, path, &config), 0);
    assert_int_equal(linnet_server_add(pair.server, "a/b", &config), LINNET_EEXIST);
    memset(title, 'x', 5), memset(name, 'x', 2), memset(value, 'x', 1), memset(path, 'x', 4), memset(type, 'x', 7);
    memset(first, 'x', 2), memset(&config, 0, sizeof config), memset(&attribute, 0, sizeof attribute);
    assert_string_equal(linnet_resource_path(linnet_server_find(pair.server, "a/b")), "a/b");
    linnet_client_request request = net_get(net_uri(&pair, ".well-known/core?rt=two"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_non_null(strstr(result.payload, "</a/b>"));
    assert_non_null(strstr(result.payload, "title=\"Title\""));
    assert_non_null(strstr(result.payload, "sz=5"));
    request = net_get(net_uri(&pair, "a/b"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "21");
    net_pair_close(&pair);
}

static void a_stored_value_grows_when_it_is_put(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char large[1000];
    net_pair_open(&pair, NULL);
    memset(large, 'v', sizeof large);
    linnet_resource_config config = {.stored = true, .writable = true};
    assert_int_equal(linnet_server_add(pair.server, "value", &config), 0);
    linnet_client_request request = net_get(net_uri(&pair, "value"), &result);
    request.method = LINNET_PUT;
    request.payload = linnet_view(large, sizeof large);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.code, LINNET_CHANGED);
    assert_int_equal(linnet_resource_value(linnet_server_find(pair.server, "value")).size, sizeof large);
    assert_int_equal(linnet_resource_set(linnet_server_find(pair.server, "value"), linnet_text("small")), 0);
    request = net_get(net_uri(&pair, "value"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "small");
    net_pair_close(&pair);
}

static void remove_itself(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    assert_int_equal(linnet_server_remove(context, "once"), 0);
    linnet_reply_text(reply, "gone");
}

static void a_handler_may_remove_its_own_resource(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_resource_config config = {.get = remove_itself, .context = pair.server};
    assert_int_equal(linnet_server_add(pair.server, "once", &config), 0);
    linnet_client_request request = net_get(net_uri(&pair, "once"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "gone");
    request = net_get(net_uri(&pair, "once"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.code, LINNET_NOT_FOUND);
    assert_int_equal(linnet_server_remove(pair.server, "once"), LINNET_ENOENT);
    net_pair_close(&pair);
}

static void many_resources_are_found_after_the_table_has_grown(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    linnet_server *server;
    char path[32];
    assert_int_equal(linnet_server_open_with(&server, &(linnet_server_config){0}), 0);
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "many/%d", i);
        assert_int_equal(linnet_server_add(server, path, &(linnet_resource_config){.stored = true}), 0);
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "many/%d", i);
        assert_string_equal(linnet_resource_path(linnet_server_find(server, path)), path);
    }
    linnet_server_close(server);
}

static void answer_unknown(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    linnet_reply_text(reply, context);
}

static void what_no_resource_has_may_have_a_handler_too(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_server_close(pair.server);
    linnet_server_config config = {
        .address = "coap://127.0.0.1:0", .unknown = answer_unknown, .unknown_context = (void *)(uintptr_t) "anything"};
    assert_int_equal(linnet_server_open_with(&pair.server, &config), 0);
    linnet_client_request request = net_get(net_uri(&pair, "what/ever"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "anything");
    net_pair_close(&pair);
}

/* Sends raw octets to the server and waits for what comes back. */
static size_t exchange_raw(net_pair *pair, const void *octets, size_t size, uint8_t *answer, size_t capacity)
{
    uint16_t port;
    int descriptor = net_open_silent(&port);
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(net_port(pair->server))};
    ssize_t got = -1;
    assert_int_equal(sendto(descriptor, octets, size, 0, (struct sockaddr *)&name, sizeof name), size);
    while (got < 0) {
        net_turn(pair, 10);
        got = recv(descriptor, answer, capacity, MSG_DONTWAIT);
    }
    close(descriptor);
    return (size_t)got;
}

static void a_datagram_that_is_too_long_is_answered_4_13(void **state)
{
    (void)state;
    net_pair pair;
    uint8_t answer[64];
    linnet_message message;
    net_pair_open(&pair, NULL);
    size_t size = 30000;
    uint8_t *datagram = calloc(1, size);
    static const uint8_t head[] = {0x41, LINNET_POST, 0x12, 0x34, 0x77, 0xb4, 'e', 'c', 'h', 'o', 0xff};
    memcpy(datagram, head, sizeof head);
    size_t got = exchange_raw(&pair, datagram, size, answer, sizeof answer);
    assert_int_equal(linnet_message_parse(&message, linnet_view(answer, got)), 0);
    assert_int_equal(message.code, LINNET_REQUEST_ENTITY_TOO_LARGE);
    assert_int_equal(message.id, 0x1234);
    free(datagram);
    net_pair_close(&pair);
}

static void an_empty_datagram_does_no_harm(void **state)
{
    (void)state;
    net_pair pair;
    uint8_t answer[64];
    uint16_t port;
    net_pair_open(&pair, NULL);
    int descriptor = net_open_silent(&port);
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(net_port(pair.server))};
    assert_int_equal(sendto(descriptor, NULL, 0, 0, (struct sockaddr *)&name, sizeof name), 0);
    close(descriptor);
    static const uint8_t ping[] = {0x40, 0, 0x12, 0x34};
    assert_int_equal(exchange_raw(&pair, ping, sizeof ping, answer, sizeof answer), 4);
    assert_int_equal(answer[0], 0x70);
    net_pair_close(&pair);
}

static void note_and_stop(linnet_server *server, void *context)
{
    *(bool *)context = true;
    linnet_server_stop(server);
}

static void a_posted_function_runs_in_the_loop(void **state)
{
    (void)state;
    linnet_server *server;
    bool called = false;
    assert_int_equal(linnet_server_open(&server, "coap://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_post(server, note_and_stop, &called), 0);
    assert_false(called);
    assert_int_equal(linnet_server_run(server), 0);
    assert_true(called);
    linnet_server_close(server);
}

static void a_function_posted_to_a_server_that_closes_is_not_called(void **state)
{
    (void)state;
    linnet_server *server;
    bool called = false;
    assert_int_equal(linnet_server_open(&server, "coap://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_post(server, note_and_stop, &called), 0);
    linnet_server_close(server);
    assert_false(called);
}

static void a_stop_before_the_run_ends_it_at_once_and_only_once(void **state)
{
    (void)state;
    linnet_server *server;
    bool called = false;
    assert_int_equal(linnet_server_open(&server, "coap://127.0.0.1:0"), 0);
    linnet_server_stop(server);
    assert_int_equal(linnet_server_run(server), 0);
    assert_int_equal(linnet_server_post(server, note_and_stop, &called), 0);
    assert_int_equal(linnet_server_run(server), 0);
    assert_true(called);
    linnet_server_close(server);
}

static void trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    size_t *seen = context;
    assert_true(path->peer.port > 0 && datagram.size >= 4);
    seen[sent]++;
}

static void a_trace_sees_each_datagram(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    size_t seen[2] = {0};
    net_pair_open(&pair, &(linnet_client_config){.trace = trace, .trace_context = seen});
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(seen[0], 1);
    assert_int_equal(seen[1], 1);
    net_pair_close(&pair);
}

/* A trace that asks something itself. */
typedef struct curious {
    net_pair pair;
    net_result result;
    unsigned sent;
} curious;

static void ask_in_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram)
{
    curious *self = context;
    (void)path, (void)datagram;
    self->sent += sent;
    if (!sent || self->sent > 1)
        return;
    linnet_client_request request = net_get(net_uri(&self->pair, "count"), &self->result);
    assert_int_equal(linnet_client_send(self->pair.client, &request, NULL), 0);
}

static void a_request_sent_by_a_trace_does_not_take_the_place_of_what_it_is_shown(void **state)
{
    (void)state;
    curious self = {0};
    net_result first;
    net_pair_open(&self.pair,
                  &(linnet_client_config){.trace = ask_in_trace, .trace_context = &self, .transmission.nstart = 2});
    linnet_client_request request = net_get(net_uri(&self.pair, "hello"), &first);
    assert_int_equal(linnet_client_send(self.pair.client, &request, NULL), 0);
    net_run(&self.pair);
    assert_string_equal(first.payload, "world");
    assert_int_equal(self.sent, 2); /* nothing had to be sent again */
    assert_int_equal(self.result.code, LINNET_CONTENT);
    assert_int_equal(self.pair.counted, 1);
    net_pair_close(&self.pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered_over_ipv4_and_ipv6),
        LINUX_TEST(a_server_of_every_address_answers_from_the_one_that_was_asked),
        cmocka_unit_test(two_servers_do_not_share_one_port),
        cmocka_unit_test(a_bad_address_is_told_apart),
        cmocka_unit_test(all_addresses_of_a_name_are_bound_on_one_port),
        cmocka_unit_test(what_is_added_is_copied),
        cmocka_unit_test(a_stored_value_grows_when_it_is_put),
        cmocka_unit_test(a_handler_may_remove_its_own_resource),
        cmocka_unit_test(many_resources_are_found_after_the_table_has_grown),
        cmocka_unit_test(what_no_resource_has_may_have_a_handler_too),
        cmocka_unit_test(a_datagram_that_is_too_long_is_answered_4_13),
        cmocka_unit_test(an_empty_datagram_does_no_harm),
        cmocka_unit_test(a_posted_function_runs_in_the_loop),
        cmocka_unit_test(a_function_posted_to_a_server_that_closes_is_not_called),
        cmocka_unit_test(a_stop_before_the_run_ends_it_at_once_and_only_once),
        cmocka_unit_test(a_trace_sees_each_datagram),
        cmocka_unit_test(a_request_sent_by_a_trace_does_not_take_the_place_of_what_it_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
