/* The cache of a client with sockets, against the demo server: what the server says decides, and on a hit no datagram
 * leaves. */
#include "net_support.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was seen of a request's response. */
typedef struct seen {
    net_result result;
    bool cached;
    uint64_t age_us;
} seen;

typedef struct traced {
    size_t sent;
    bool has_etag; /* the last request */
} traced;

static void trace(void *context, bool is_sent, const linnet_path *path, linnet_bytes datagram)
{
    traced *into = context;
    linnet_message message;
    linnet_bytes value;
    (void)path;
    if (!is_sent)
        return;
    into->sent++;
    assert_int_equal(linnet_message_parse(&message, datagram), 0);
    into->has_etag = linnet_option_get(message.options, LINNET_OPTION_ETAG, 0, &value);
}

static void on_response(const linnet_response *response, void *context)
{
    seen *into = context;
    into->cached = response->cached;
    into->age_us = response->age_us;
    net_on_response(response, &into->result);
}

/* The demo server, and a client with a cache. */
typedef struct bench {
    pid_t server;
    uint16_t port;
    linnet_client *client;
    traced wire;
    char uri[64];
} bench;

/* The command lies in the build tree, two folders up from this test. */
static bool find_command(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size - 16);
    for (unsigned up = 0; up < 3 && length > 0; up++)
        while (length > 0 && path[--length] != '/')
            ;
    if (length <= 0)
        return false;
    memcpy(path + length, "/linnet", 8);
    return access(path, X_OK) == 0;
}

static pid_t start_server(uint16_t port)
{
    char command[4096], address[32];
    if (!find_command(command, sizeof command))
        skip(); /* built without it */
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        freopen("/dev/null", "w", stdout);
        execl(command, "linnet", "serve", "--demo", "--bind", address, (char *)NULL);
        _exit(127);
    }
    assert_true(child > 0);
    return child;
}

static const char *uri_of(bench *on, const char *path)
{
    snprintf(on->uri, sizeof on->uri, "coap://127.0.0.1:%u/%s", (unsigned)on->port, path);
    return on->uri;
}

static void wait_for_server(bench *on)
{
    linnet_response response;
    int error = LINNET_EREFUSED;
    for (unsigned i = 0; error != 0 && i < 1000; i++) {
        error = linnet_get(uri_of(on, ""), &response);
        linnet_response_clear(&response);
        if (error != 0)
            usleep(10000);
    }
    assert_int_equal(error, 0);
}

static void bench_open(bench *on, size_t cache_size)
{
    *on = (bench){.port = net_refused_port()};
    linnet_client_config config = {.trace = trace, .trace_context = &on->wire, .cache_size = cache_size};
    on->server = start_server(on->port);
    wait_for_server(on);
    assert_int_equal(linnet_client_open(&on->client, &config), 0);
}

static void bench_close(bench *on)
{
    linnet_client_close(on->client);
    kill(on->server, SIGKILL);
    assert_int_equal(waitpid(on->server, NULL, 0), on->server);
}

static seen ask(bench *on, linnet_code method, const char *path, const char *payload)
{
    seen into;
    linnet_client_request request = net_get(uri_of(on, path), &into.result);
    request.method = method;
    request.payload = linnet_text(payload);
    request.on_response = on_response;
    request.context = &into;
    assert_int_equal(linnet_client_send(on->client, &request, NULL), 0);
    assert_int_equal(into.result.calls, 0); /* never before it returns */
    while (linnet_client_pending(on->client) > 0)
        assert_int_equal(linnet_client_run(on->client, 1000), 0);
    assert_int_equal(into.result.calls, 1);
    assert_int_equal(into.result.error, 0);
    return into;
}

static void on_a_hit_no_datagram_leaves(void **state)
{
    (void)state;
    bench on;
    bench_open(&on, 65536);
    seen first = ask(&on, LINNET_GET, "time", NULL);
    assert_false(first.cached);
    assert_int_equal(on.wire.sent, 1);
    seen again = ask(&on, LINNET_GET, "time", NULL);
    if (again.cached) { /* unless this machine stood still for as long as the time is fresh */
        assert_int_equal(on.wire.sent, 1);
        assert_string_equal(again.result.payload, first.result.payload);
    }
    for (size_t i = 0; i < 100; i++)
        ask(&on, LINNET_GET, "test", NULL); /* Max-Age is 60 by default */
    assert_true(on.wire.sent <= 4);
    bench_close(&on);
}

static void a_large_body_is_fetched_once(void **state)
{
    (void)state;
    bench on;
    bench_open(&on, 65536);
    seen first = ask(&on, LINNET_GET, "large", NULL);
    size_t sent = on.wire.sent;
    assert_true(sent > 1);
    assert_int_equal(first.result.size, 1536);
    seen again = ask(&on, LINNET_GET, "large", NULL);
    assert_true(again.cached);
    assert_int_equal(on.wire.sent, sent);
    assert_string_equal(again.result.payload, first.result.payload);
    bench_close(&on);
}

static void a_change_is_seen_and_what_did_not_change_is_validated(void **state)
{
    (void)state;
    bench on;
    bench_open(&on, 65536);
    assert_string_equal(ask(&on, LINNET_GET, "validate", NULL).result.payload, "Validate me.\n");
    assert_true(ask(&on, LINNET_GET, "validate", NULL).cached);
    ask(&on, LINNET_PUT, "validate", "Anew.");
    seen after = ask(&on, LINNET_GET, "validate", NULL);
    assert_true(on.wire.has_etag); /* it was kept, and asked whether it is valid still: it was not */
    assert_false(after.cached);
    assert_string_equal(after.result.payload, "Anew.");
    ask(&on, LINNET_PUT, "validate", "Anew."); /* a change, as far as the client knows */
    after = ask(&on, LINNET_GET, "validate", NULL);
    assert_true(on.wire.has_etag);
    assert_int_equal(after.result.code, LINNET_CONTENT);
    assert_string_equal(after.result.payload, "Anew.");
    bench_close(&on);
}

static void without_the_setting_each_request_leaves(void **state)
{
    (void)state;
    bench on;
    bench_open(&on, 0);
    for (size_t i = 0; i < 5; i++)
        assert_false(ask(&on, LINNET_GET, "test", NULL).cached);
    assert_int_equal(on.wire.sent, 5);
    bench_close(&on);
}

static void a_blocking_call_is_answered_from_the_cache_too(void **state)
{
    (void)state;
    bench on;
    bench_open(&on, 65536);
    ask(&on, LINNET_GET, "test", NULL);
    linnet_response response;
    linnet_client_request request = {.method = LINNET_GET, .uri = uri_of(&on, "test")};
    assert_int_equal(linnet_client_call(on.client, &request, &response), 0);
    assert_true(response.cached);
    assert_true(response.message.payload.size > 0);
    assert_int_equal(on.wire.sent, 1);
    linnet_response_clear(&response);
    bench_close(&on);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_a_hit_no_datagram_leaves),
        cmocka_unit_test(a_large_body_is_fetched_once),
        cmocka_unit_test(a_change_is_seen_and_what_did_not_change_is_validated),
        cmocka_unit_test(without_the_setting_each_request_leaves),
        cmocka_unit_test(a_blocking_call_is_answered_from_the_cache_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
