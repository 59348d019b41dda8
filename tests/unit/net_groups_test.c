/* Groups over real sockets, on the loopback; tests/interop/test_groups.py has more hosts than one. */
#include "net_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SERVERS = 2 };

typedef struct world {
    linnet_server *servers[SERVERS];
    linnet_client *client;
    size_t counted[SERVERS];
    uint16_t port; /* of the group, and of the first server */
    unsigned answers;
    unsigned ends;
    int error;
    linnet_path from[8];
} world;

static void count(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    ++*(size_t *)context;
    linnet_reply_text(reply, "here");
}

static void open_server(world *all, unsigned index, const char *address)
{
    linnet_server_config config = {.address = address, .transmission.leisure_ms = 20};
    assert_int_equal(linnet_server_open_with(&all->servers[index], &config), 0);
    linnet_resource_config resource = {.get = count, .context = &all->counted[index]};
    assert_int_equal(linnet_server_add(all->servers[index], "count", &resource), 0);
}

static int join(const world *all, unsigned index, const char *host)
{
    char text[64];
    snprintf(text, sizeof text, "%s:%u", host, (unsigned)all->port);
    return linnet_server_join(all->servers[index], text);
}

static void open_world(world *all, const char *first, const char *second)
{
    linnet_client_config config = {.multicast_interface = "lo", .transmission.group_wait_ms = 200};
    *all = (world){0};
    open_server(all, 0, first);
    all->port = net_port(all->servers[0]);
    if (second)
        open_server(all, 1, second);
    assert_int_equal(linnet_client_open(&all->client, &config), 0);
}

static void close_world(world *all)
{
    linnet_client_close(all->client);
    for (unsigned i = 0; i < SERVERS; i++)
        linnet_server_close(all->servers[i]);
}

static void on_response(const linnet_response *response, void *context)
{
    world *all = context;
    if (response->more)
        all->from[all->answers++ % 8] = response->path;
    all->ends += !response->more;
    all->error = response->error;
}

static void turn(world *all)
{
    struct pollfd ready[] = {{.fd = linnet_client_descriptor(all->client), .events = POLLIN},
                             {.fd = linnet_server_descriptor(all->servers[0]), .events = POLLIN}};
    poll(ready, 2, 1);
    assert_int_equal(linnet_client_process(all->client), 0);
    for (unsigned i = 0; i < SERVERS; i++)
        if (all->servers[i])
            assert_int_equal(linnet_server_process(all->servers[i]), 0);
}

/* Asks the group and waits for the end; how it was sent is returned. */
static int ask(world *all, const char *host)
{
    char uri[80];
    linnet_client_request request = {
        .method = LINNET_GET, .uri = uri, .type = LINNET_NON, .on_response = on_response, .context = all};
    snprintf(uri, sizeof uri, "coap://%s:%u/count", host, (unsigned)all->port);
    all->answers = all->ends = 0;
    int error = linnet_client_send(all->client, &request, NULL);
    while (error == 0 && linnet_client_pending(all->client) > 0)
        turn(all);
    return error;
}

static void every_server_of_a_host_that_has_joined_is_heard(void **state)
{
    (void)state;
    world all;
    char texts[2][LINNET_ADDRESS_TEXT];
    open_world(&all, "coap://127.0.0.1:0", "coap://127.0.0.2:0");
    assert_int_equal(join(&all, 0, "224.0.1.187%lo"), 0);
    assert_int_equal(join(&all, 1, "224.0.1.187%lo"), 0);
    assert_int_equal(ask(&all, "224.0.1.187"), 0);
    assert_int_equal(all.answers, 2);
    assert_int_equal(all.ends, 1);
    assert_int_equal(all.error, LINNET_ETIMEOUT);
    assert_int_equal(all.counted[0] + all.counted[1], 2);
    for (unsigned i = 0; i < 2; i++) /* from where each can be asked alone */
        linnet_address_text(&all.from[i].peer, texts[i]);
    assert_string_not_equal(texts[0], texts[1]);
    for (unsigned i = 0; i < 2; i++) {
        linnet_address own;
        char text[LINNET_ADDRESS_TEXT];
        assert_int_equal(linnet_server_address(all.servers[i], 0, &own), 0);
        linnet_address_text(&own, text);
        assert_true(strcmp(text, texts[0]) == 0 || strcmp(text, texts[1]) == 0);
    }
    close_world(&all);
}

static void a_server_of_every_address_hears_a_group_once(void **state)
{
    (void)state;
    world all;
    linnet_server *second;
    char uri[64];
    open_world(&all, "coap://[::]:0", NULL);
    assert_int_equal(join(&all, 0, "224.0.1.187%lo"), 0);
    assert_int_equal(ask(&all, "224.0.1.187"), 0);
    assert_int_equal(all.answers, 1);
    assert_int_equal(all.counted[0], 1);
    assert_int_equal(all.from[0].peer.port, all.port);
    snprintf(uri, sizeof uri, "coap://[::]:%u", (unsigned)all.port);
    assert_int_equal(linnet_server_open(&second, uri), LINNET_EADDRESS); /* its own port is still its own */
    close_world(&all);
}

static void a_server_that_has_not_joined_hears_nothing_whoever_else_has(void **state)
{
    (void)state;
    world all;
    struct ip_mreqn membership = {.imr_multiaddr.s_addr = inet_addr("224.0.1.187"), .imr_ifindex = 1};
    int other = socket(AF_INET, SOCK_DGRAM, 0);
    open_world(&all, "coap://[::]:0", "coap://127.0.0.2:0");
    assert_int_equal(setsockopt(other, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof membership), 0);
    assert_int_equal(ask(&all, "224.0.1.187"), 0);
    assert_int_equal(all.answers, 0);
    assert_int_equal(all.ends, 1);
    assert_int_equal(all.counted[0], 0);
    close(other);
    close_world(&all);
}

static void groups_of_ipv6_are_joined_by_interface(void **state)
{
    (void)state;
    world all;
    open_world(&all, "coap://[::]:0", NULL);
    int error = join(&all, 0, "[ff02::fd%lo]");
    if (error == 0 && ask(&all, "[ff02::fd%25lo]") == 0 && all.error == LINNET_ETIMEOUT) {
        assert_int_equal(all.answers, 1);
        assert_int_equal(all.counted[0], 1);
    } /* else there is no IPv6, or no route for multicast on the loopback */
    close_world(&all);
}

static void what_is_no_group_is_refused(void **state)
{
    (void)state;
    world all;
    linnet_address address;
    linnet_client *client;
    open_world(&all, "coap://127.0.0.1:0", NULL);
    static const char *const bad[] = {"",     "192.0.2.1", "[::1]",        "224.0.1.187%no-such", "224.0.1.187:x",
                                      "name", "[ff02::fd", "224.0.1.187:0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(linnet_server_join(all.servers[0], bad[i]), LINNET_EADDRESS);
    assert_int_equal(join(&all, 0, "224.0.1.187%lo"), 0);
    assert_int_equal(join(&all, 0, "224.0.1.187%1"), LINNET_EEXIST); /* the loopback's number */
    assert_int_equal(linnet_server_address(all.servers[0], 0, &address), 0);
    assert_int_equal(linnet_server_address(all.servers[0], 1, &address), LINNET_ENOENT); /* a group is none */
    linnet_client_config config = {.multicast_interface = "no-such"};
    assert_int_equal(linnet_client_open(&client, &config), LINNET_EADDRESS);
    close_world(&all);
}

static void *serve(void *server)
{
    linnet_server_run(server);
    return NULL;
}

static void a_blocking_call_returns_the_first_answer(void **state)
{
    (void)state;
    world all;
    linnet_response response;
    char uri[80];
    open_world(&all, "coap://127.0.0.1:0", NULL);
    assert_int_equal(join(&all, 0, "224.0.1.187%lo"), 0);
    snprintf(uri, sizeof uri, "coap://224.0.1.187:%u/count", (unsigned)all.port);
    linnet_client_request request = {.method = LINNET_GET, .uri = uri, .type = LINNET_NON};
    assert_int_equal(linnet_client_call(all.client, &request, &response), LINNET_ETIMEOUT); /* nobody serves */
    linnet_response_clear(&response);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, all.servers[0]), 0);
    request.timeout_ms = 60000;
    assert_int_equal(linnet_client_call(all.client, &request, &response), 0);
    assert_int_equal(response.message.payload.size, 4);
    assert_false(response.more);
    assert_int_equal(linnet_client_pending(all.client), 0);
    linnet_response_clear(&response);
    linnet_server_stop(all.servers[0]);
    pthread_join(thread, NULL);
    close_world(&all);
}

static void a_group_call_may_be_ended_when_enough_have_answered(void **state)
{
    (void)state;
    world all;
    linnet_exchange exchange;
    char uri[80];
    open_world(&all, "coap://127.0.0.1:0", NULL);
    assert_int_equal(join(&all, 0, "224.0.1.187%lo"), 0);
    snprintf(uri, sizeof uri, "coap://224.0.1.187:%u/count", (unsigned)all.port);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = uri, .type = LINNET_NON, .on_response = on_response, .context = &all};
    request.timeout_ms = 60000;
    assert_int_equal(linnet_client_send(all.client, &request, &exchange), 0);
    while (all.answers == 0)
        turn(&all);
    assert_int_equal(linnet_client_cancel(all.client, exchange), 0);
    assert_int_equal(all.ends, 1);
    assert_int_equal(all.error, LINNET_ECANCELLED);
    close_world(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_server_of_a_host_that_has_joined_is_heard),
        cmocka_unit_test(a_server_of_every_address_hears_a_group_once),
        cmocka_unit_test(a_server_that_has_not_joined_hears_nothing_whoever_else_has),
        cmocka_unit_test(groups_of_ipv6_are_joined_by_interface),
        cmocka_unit_test(what_is_no_group_is_refused),
        cmocka_unit_test(a_blocking_call_returns_the_first_answer),
        cmocka_unit_test(a_group_call_may_be_ended_when_enough_have_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
