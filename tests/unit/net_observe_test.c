/* A server with sockets that is observed: by a plain socket, with a change from a timer, from a handler and from
 * another thread's letter; and linnet_server_after() itself. */
#include "net_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned calls;

static void get_calls(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(&calls, sizeof calls));
}

static const linnet_resource_config config = {.get = get_calls, .observable = true};

/* A GET with Observe 0 to /r, with that token. */
static int open_observer(const linnet_server *server, uint8_t token)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(net_port(server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const uint8_t datagram[] = {0x41, 1, 0, token, token, 0x60, 0x51, 'r'};
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(descriptor, datagram, sizeof datagram, 0), sizeof datagram);
    return descriptor;
}

/* Turns the server's loop until something arrives; the number that it carries. */
static unsigned await(linnet_server *server, int descriptor)
{
    uint8_t datagram[64];
    ssize_t size;
    unsigned number;
    uint64_t until = linnet_clock() + 5000000;
    while ((size = recv(descriptor, datagram, sizeof datagram, MSG_DONTWAIT)) < 0) {
        struct pollfd polled = {.fd = linnet_server_descriptor(server), .events = POLLIN};
        uint64_t due = linnet_server_deadline(server), now = linnet_clock();
        assert_true(now < until);
        poll(&polled, 1, due <= now ? 0 : due - now < 20000 ? (int)((due - now) / 1000 + 1) : 20);
        assert_int_equal(linnet_server_process(server), 0);
    }
    assert_true(size > (ssize_t)sizeof number && datagram[1] == LINNET_CONTENT);
    memcpy(&number, datagram + size - sizeof number, sizeof number);
    return number;
}

static void count(linnet_server *server, void *context)
{
    calls++;
    if (context)
        linnet_resource_changed(linnet_server_find(server, context));
}

static linnet_server *open_server(void)
{
    linnet_server *server;
    calls = 0;
    assert_int_equal(linnet_server_open(&server, "coap://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_add(server, "r", &config), 0);
    return server;
}

static void a_timer_and_a_letter_tell_those_who_observe(void **state)
{
    (void)state;
    linnet_server *server = open_server();
    int first = open_observer(server, 1), second = open_observer(server, 2);
    assert_int_equal(await(server, first), 0);
    assert_int_equal(await(server, second), 0);
    assert_int_equal(linnet_resource_observers(linnet_server_find(server, "r")), 2);
    assert_int_equal(linnet_server_observers(server), 2);
    assert_int_equal(linnet_server_after(server, 5, count, "r", NULL), 0);
    assert_int_equal(await(server, first), 1);
    assert_int_equal(await(server, second), 1);
    assert_int_equal(linnet_server_post(server, count, "r"), 0);
    assert_int_equal(await(server, first), 2);
    assert_int_equal(await(server, second), 2);
    close(first);
    close(second);
    linnet_server_close(server);
}

static void a_closed_socket_ends_the_observation(void **state)
{
    (void)state;
    linnet_server *server = open_server();
    int first = open_observer(server, 1), second = open_observer(server, 2);
    assert_int_equal(await(server, first), 0);
    assert_int_equal(await(server, second), 0);
    close(first);
    for (unsigned i = 1; i <= 10 && linnet_resource_observers(linnet_server_find(server, "r")) > 1; i++) {
        count(server, "r");
        assert_int_equal(await(server, second), i);
        usleep(1000); /* the ICMP message */
    }
    assert_int_equal(linnet_resource_observers(linnet_server_find(server, "r")), 1);
    assert_int_equal(linnet_server_observers(server), 1);
    close(second);
    linnet_server_close(server);
}

static void removing_a_resource_tells_and_closing_a_server_does_not_mind(void **state)
{
    (void)state;
    uint8_t datagram[64];
    linnet_server *server = open_server();
    int first = open_observer(server, 1);
    assert_int_equal(await(server, first), 0);
    assert_int_equal(linnet_server_remove(server, "r"), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(linnet_server_process(server), 0);
    assert_int_equal(recv(first, datagram, sizeof datagram, 0), 5);
    assert_int_equal(datagram[1], LINNET_NOT_FOUND);
    assert_int_equal(linnet_server_add(server, "r", &config), 0);
    int second = open_observer(server, 2);
    assert_int_equal(await(server, second), 0);
    close(first);
    close(second);
    linnet_server_close(server);
}

static void stop(linnet_server *server, void *context)
{
    count(server, context);
    linnet_server_stop(server);
}

static void timers_run_in_order_once_and_can_be_cancelled(void **state)
{
    (void)state;
    uint64_t first, second, third;
    linnet_server *server = open_server();
    uint64_t begin = linnet_clock();
    assert_int_equal(linnet_server_after(server, 30, stop, NULL, &first), 0);
    assert_int_equal(linnet_server_after(server, 10, count, NULL, &second), 0);
    assert_int_equal(linnet_server_after(server, 1, count, NULL, &third), 0);
    assert_int_equal(linnet_server_cancel(server, third), 0);
    assert_int_equal(linnet_server_cancel(server, third), LINNET_ENOENT);
    assert_int_equal(linnet_server_cancel(server, 0), LINNET_ENOENT);
    assert_int_equal(linnet_server_run(server), 0);
    assert_in_range(linnet_clock() - begin, 30000, 5000000);
    assert_int_equal(calls, 2);
    assert_int_equal(linnet_server_cancel(server, second), LINNET_ENOENT);
    for (unsigned i = 0; i < 100; i++) /* some are left when it closes */
        assert_int_equal(linnet_server_after(server, 100000 + i, count, NULL, &third), 0);
    assert_int_equal(linnet_server_cancel(server, second), LINNET_ENOENT);
    linnet_server_close(server);
}

static void again(linnet_server *server, void *context)
{
    if (++calls == 5)
        linnet_server_stop(server);
    else
        assert_int_equal(linnet_server_after(server, 0, again, context, NULL), 0);
}

static void a_timer_may_set_the_next_even_at_once(void **state)
{
    (void)state;
    linnet_server *server = open_server();
    assert_int_equal(linnet_server_after(server, 0, again, NULL, NULL), 0);
    assert_int_equal(linnet_server_run(server), 0);
    assert_int_equal(calls, 5);
    linnet_server_close(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_and_a_letter_tell_those_who_observe),
        LINUX_TEST(a_closed_socket_ends_the_observation),
        cmocka_unit_test(removing_a_resource_tells_and_closing_a_server_does_not_mind),
        cmocka_unit_test(timers_run_in_order_once_and_can_be_cancelled),
        cmocka_unit_test(a_timer_may_set_the_next_even_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
