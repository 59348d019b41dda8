/* Clients: how requests end, pings, many at once, and what is refused before anything is sent. */
#include "net_support.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void expect_refusal(net_pair *pair, linnet_client_request request, int error)
{
    linnet_exchange exchange = 0;
    assert_int_equal(linnet_client_send(pair->client, &request, &exchange), error);
    assert_int_equal(linnet_client_pending(pair->client), 0);
}

static void what_cannot_be_a_request_is_refused_at_once(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    uint8_t large[2000] = {0};
    net_pair_open(&pair, NULL);
    linnet_client_request good = net_get("coap://127.0.0.1/a", &result), bad;
    expect_refusal(&pair, (bad = good, bad.uri = NULL, bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.uri = "coap://127.0.0.1:x/", bad), LINNET_EURI);
    expect_refusal(&pair, (bad = good, bad.uri = "coap://[fe80::1]/", bad), LINNET_EURI);
    expect_refusal(&pair, (bad = good, bad.uri = "coap://[fe80::1%25no-such-one]/", bad), LINNET_EURI);
    expect_refusal(&pair, (bad = good, bad.uri = "http://127.0.0.1/", bad), LINNET_ESCHEME);
    expect_refusal(&pair, (bad = good, bad.uri = "coap+tcp://127.0.0.1/", bad), LINNET_ESCHEME);
    expect_refusal(&pair, (bad = good, bad.uri = "coap://224.0.1.187/", bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.method = LINNET_CONTENT, bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.type = LINNET_ACK, bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.block_size = 100, bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.offset = 100, bad), LINNET_EINVAL);
    expect_refusal(&pair, (bad = good, bad.method = LINNET_PUT, bad.observe = true, bad), LINNET_EINVAL);
    linnet_option option = {LINNET_OPTION_ETAG, linnet_view(large, sizeof large)};
    expect_refusal(&pair, (bad = good, bad.options = &option, bad.option_count = 1, bad), LINNET_ETOOBIG);
    assert_int_equal(result.calls, 0);
    net_pair_close(&pair);
}

static void a_refused_port_ends_the_request(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char uri[64];
    net_pair_open(&pair, NULL);
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/a", (unsigned)net_refused_port());
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    assert_int_equal(result.calls, 0);
    net_run(&pair);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.error, LINNET_EREFUSED);
    net_pair_close(&pair);
}

static void many_requests_to_a_refused_port_do_not_harm_the_others(void **state)
{
    (void)state;
    enum { EACH = 40 };
    net_pair pair;
    net_result refused[EACH], good[EACH];
    char uri[64];
    net_pair_open(&pair, &(linnet_client_config){.transmission.nstart = 1000});
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/a", (unsigned)net_refused_port());
    for (size_t i = 0; i < EACH; i++) {
        linnet_client_request bad = net_get(uri, &refused[i]);
        linnet_client_request request = net_get(net_uri(&pair, "hello"), &good[i]);
        assert_int_equal(linnet_client_send(pair.client, &bad, NULL), 0);
        assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    }
    net_run(&pair);
    for (size_t i = 0; i < EACH; i++) {
        assert_int_equal(refused[i].error, LINNET_EREFUSED);
        assert_int_equal(good[i].code, LINNET_CONTENT);
    }
    net_pair_close(&pair);
}

static void what_cannot_be_sent_fails_at_the_next_turn(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, &(linnet_client_config){.local_address = "127.0.0.1:0"});
    linnet_client_request request = net_get("coap://[2001:db8::1]/a", &result); /* from an IPv4 socket */
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    assert_int_equal(result.calls, 0);
    assert_int_equal(linnet_client_deadline(pair.client), 0);
    net_run(&pair);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.error, LINNET_ENETWORK);
    net_pair_close(&pair);
}

static void a_local_address_is_used_or_refused(void **state)
{
    (void)state;
    net_pair pair;
    linnet_client *client;
    uint16_t port;
    char local[64];
    int descriptor = net_open_silent(&port);
    net_pair_open(&pair, &(linnet_client_config){.local_address = ":0"});
    snprintf(local, sizeof local, "127.0.0.1:%u", (unsigned)port);
    assert_int_equal(linnet_client_open(&client, &(linnet_client_config){.local_address = local}), LINNET_EADDRESS);
    assert_int_equal(linnet_client_open(&client, &(linnet_client_config){.local_address = "x"}), LINNET_EADDRESS);
    assert_null(client);
    close(descriptor);
    net_pair_close(&pair);
}

static void a_silent_server_times_out_after_the_time_allowed(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    uint16_t port;
    char uri[64];
    int descriptor = net_open_silent(&port);
    net_pair_open(&pair, NULL);
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/a", (unsigned)port);
    linnet_client_request request = net_get(uri, &result);
    request.timeout_ms = 30;
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.error, LINNET_ETIMEOUT);
    close(descriptor);
    net_pair_close(&pair);
}

static void a_cancelled_request_ends_before_the_cancelling_returns(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    linnet_exchange exchange;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &result);
    assert_int_equal(linnet_client_send(pair.client, &request, &exchange), 0);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), 0);
    assert_int_equal(result.calls, 1);
    assert_int_equal(result.error, LINNET_ECANCELLED);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), LINNET_ENOENT);
    assert_int_equal(linnet_client_cancel(pair.client, 0), LINNET_ENOENT);
    assert_int_equal(linnet_client_cancel(pair.client, UINT64_MAX), LINNET_ENOENT);
    assert_int_equal(linnet_client_pending(pair.client), 0);
    net_pair_close(&pair);
    assert_int_equal(result.calls, 1);
}

static void what_waits_for_nstart_can_be_cancelled_too(void **state)
{
    (void)state;
    net_pair pair;
    net_result first, second;
    linnet_exchange exchange;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &first);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    request = net_get(net_uri(&pair, "hello"), &second);
    assert_int_equal(linnet_client_send(pair.client, &request, &exchange), 0);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), 0);
    net_run(&pair);
    assert_int_equal(second.error, LINNET_ECANCELLED);
    assert_int_equal(first.code, LINNET_CONTENT);
    net_pair_close(&pair);
}

static void closing_ends_every_request_and_takes_no_more(void **state)
{
    (void)state;
    net_pair pair;
    net_result results[3];
    net_pair_open(&pair, NULL);
    for (size_t i = 0; i < 3; i++) {
        linnet_client_request request = net_get(net_uri(&pair, "hello"), &results[i]);
        assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    }
    net_pair_close(&pair);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].calls, 1);
        assert_int_equal(results[i].error, LINNET_ECLOSED);
    }
}

static void the_reset_that_answers_a_ping_is_success(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "path/is/ignored"), &result);
    request.method = LINNET_EMPTY;
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.type, LINNET_RST);
    assert_int_equal(result.code, LINNET_EMPTY);
    net_pair_close(&pair);
}

static void say_options(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    char text[512];
    size_t size = 0;
    linnet_option option;
    linnet_option_cursor cursor = {.rest = linnet_request_message(request)->options};
    while (linnet_option_next(&cursor, &option))
        size += (size_t)snprintf(text + size, sizeof text - size, "%u=%.*s;", (unsigned)option.number,
                                 LINNET_PRINTF(option.value));
    linnet_reply_payload(reply, LINNET_TEXT, linnet_view(text, size));
}

static void options_are_sent_in_order(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    assert_int_equal(linnet_server_add(pair.server, "a/b", &(linnet_resource_config){.post = say_options}), 0);
    linnet_client_request request = net_get(net_uri(&pair, "a/b?x=1&y"), &result);
    linnet_option options[] = {{LINNET_OPTION_URI_QUERY, linnet_text("z")},
                               {65000, linnet_text("end")},
                               {LINNET_OPTION_ETAG, linnet_text("e")}};
    request.method = LINNET_POST;
    request.payload = linnet_text("p");
    request.content_format = 'C';
    request.has_accept = true;
    request.accept = 0;
    request.options = options;
    request.option_count = 3;
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "4=e;11=a;11=b;12=C;15=x=1;15=y;15=z;17=;65000=end;");
    net_pair_close(&pair);
}

static void a_token_of_ones_own_is_used_and_cannot_be_used_twice(void **state)
{
    (void)state;
    net_pair pair;
    net_result first, second;
    net_pair_open(&pair, &(linnet_client_config){.transmission.nstart = 2});
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &first);
    request.has_token = true;
    request.token = linnet_text("mine");
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    request.context = &second;
    second = (net_result){0};
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), LINNET_EEXIST);
    net_run(&pair);
    assert_int_equal(first.code, LINNET_CONTENT);
    assert_int_equal(second.calls, 0);
    net_pair_close(&pair);
}

static void a_non_confirmable_request_is_answered(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &result);
    request.type = LINNET_NON;
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.type, LINNET_NON);
    assert_string_equal(result.payload, "world");
    net_pair_close(&pair);
}

static void three_of_ten_datagrams_may_be_lost_each_way(void **state)
{
    (void)state;
    enum { MANY = 50 };
    net_pair pair;
    net_result results[MANY];
    linnet_client_config config = {.loss_percent = 30,
                                   .transmission = {.ack_timeout_ms = 10, .max_retransmit = 20, .nstart = MANY}};
    net_pair_open(&pair, &config);
    for (size_t i = 0; i < MANY; i++) {
        linnet_client_request request = net_get(net_uri(&pair, "hello"), &results[i]);
        assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    }
    net_run(&pair);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(results[i].code, LINNET_CONTENT);
    net_pair_close(&pair);
}

typedef struct burst {
    size_t answered;
    size_t failed;
    uint8_t ports[8192]; /* a bit for each source port */
    size_t port_count;
} burst;

static void note_answer(const linnet_response *response, void *context)
{
    burst *all = context;
    if (response->error == 0 && response->message.code == LINNET_VALID)
        all->answered++;
    else
        all->failed++;
}

static void say_port(linnet_request *request, linnet_reply *reply, void *context)
{
    burst *all = context;
    unsigned port = linnet_request_path(request)->peer.port;
    if (!(all->ports[port / 8] & 1u << port % 8))
        all->port_count++;
    all->ports[port / 8] |= (uint8_t)(1u << port % 8);
    linnet_reply_code(reply, LINNET_VALID);
}

static void more_requests_than_message_ids_use_further_source_ports(void **state)
{
    (void)state;
    enum { MANY = 140000, AT_ONCE = 500 };
    static burst all;
    net_pair pair;
    net_pair_open(&pair, &(linnet_client_config){.transmission.nstart = AT_ONCE});
    linnet_resource_config config = {.get = say_port, .context = &all};
    assert_int_equal(linnet_server_add(pair.server, "port", &config), 0);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = net_uri(&pair, "port"), .on_response = note_answer, .context = &all};
    for (size_t sent = 0; sent < MANY;) {
        while (sent < MANY && linnet_client_pending(pair.client) < AT_ONCE) {
            assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
            sent++;
        }
        net_turn(&pair, 1000);
    }
    net_run(&pair);
    assert_int_equal(all.answered, MANY);
    assert_true(all.port_count >= 3);
    net_pair_close(&pair);
}

static void an_unknown_host_is_told_as_such(void **state)
{
    (void)state;
    linnet_response response;
    assert_int_equal(linnet_get("coap://no-such-host.invalid/a", &response), LINNET_ERESOLVE);
    assert_int_equal(response.error, LINNET_ERESOLVE);
    linnet_response_clear(&response);
}

static void a_call_returns_errors_of_the_request_itself(void **state)
{
    (void)state;
    linnet_response response;
    assert_int_equal(linnet_get("coap://", &response), LINNET_EURI);
    assert_int_equal(response.error, LINNET_EURI);
    linnet_response_clear(&response);
    linnet_response_clear(&response);
}

static void a_call_that_cannot_wait_returns_the_systems_error(void **state)
{
    (void)state;
    net_pair pair;
    linnet_response response;
    net_pair_open(&pair, NULL);
    linnet_client_request request = {.method = LINNET_GET, .uri = net_uri(&pair, "hello")};
    int other = open("/dev/null", O_RDONLY); /* nothing that could be waited for */
    assert_true(dup2(other, linnet_client_descriptor(pair.client)) >= 0);
    close(other);
    assert_int_equal(linnet_client_call(pair.client, &request, &response), LINNET_ESYSTEM);
    assert_int_equal(response.error, LINNET_ESYSTEM);
    net_pair_close(&pair);
}

static void stop(const linnet_response *response, void *context)
{
    (void)response;
    linnet_client_stop(context);
}

static void a_stop_ends_a_call_early(void **state)
{
    (void)state;
    net_pair pair;
    uint16_t port;
    char silent[64], refused[64];
    linnet_response response;
    int descriptor = net_open_silent(&port);
    net_pair_open(&pair, NULL);
    snprintf(silent, sizeof silent, "coap://127.0.0.1:%u/a", (unsigned)port);
    snprintf(refused, sizeof refused, "coap://127.0.0.1:%u/a", (unsigned)net_refused_port());
    linnet_client_request other = {.method = LINNET_GET, .uri = refused, .on_response = stop, .context = pair.client};
    linnet_client_request request = {.method = LINNET_GET, .uri = silent};
    assert_int_equal(linnet_client_send(pair.client, &other, NULL), 0);
    assert_int_equal(linnet_client_call(pair.client, &request, &response), LINNET_ECANCELLED);
    assert_int_equal(linnet_client_pending(pair.client), 0);
    linnet_response_clear(&response);
    close(descriptor);
    net_pair_close(&pair);
}

static void a_run_without_time_returns_at_once(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get(net_uri(&pair, "hello"), &result);
    assert_int_equal(linnet_client_run(pair.client, 1000), 0);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    assert_int_equal(linnet_client_run(pair.client, 0), 0);
    assert_int_equal(linnet_client_pending(pair.client), 1);
    net_pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_a_request_is_refused_at_once),
        LINUX_TEST(a_refused_port_ends_the_request),
        LINUX_TEST(many_requests_to_a_refused_port_do_not_harm_the_others),
        cmocka_unit_test(what_cannot_be_sent_fails_at_the_next_turn),
        cmocka_unit_test(a_local_address_is_used_or_refused),
        cmocka_unit_test(a_silent_server_times_out_after_the_time_allowed),
        cmocka_unit_test(a_cancelled_request_ends_before_the_cancelling_returns),
        cmocka_unit_test(what_waits_for_nstart_can_be_cancelled_too),
        cmocka_unit_test(closing_ends_every_request_and_takes_no_more),
        cmocka_unit_test(the_reset_that_answers_a_ping_is_success),
        cmocka_unit_test(options_are_sent_in_order),
        cmocka_unit_test(a_token_of_ones_own_is_used_and_cannot_be_used_twice),
        cmocka_unit_test(a_non_confirmable_request_is_answered),
        cmocka_unit_test(three_of_ten_datagrams_may_be_lost_each_way),
        cmocka_unit_test(more_requests_than_message_ids_use_further_source_ports),
        cmocka_unit_test(an_unknown_host_is_told_as_such),
        cmocka_unit_test(a_call_returns_errors_of_the_request_itself),
        LINUX_TEST(a_call_that_cannot_wait_returns_the_systems_error),
        LINUX_TEST(a_stop_ends_a_call_early),
        cmocka_unit_test(a_run_without_time_returns_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
