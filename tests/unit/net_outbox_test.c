/* Sockets and the outbox: trains, and one datagram that cannot be sent among others that can. */
#include "net_support.h"

#include "net/gso.h"
#include "net/outbox.h"

#include <sys/resource.h>
#include <sys/socket.h>

static linnet_path path_to(const char *address)
{
    linnet_path path = {0};
    assert_true(linnet_address_from_text(&path.peer, address, 0));
    return path;
}

static void a_train_is_of_one_way_and_one_size_but_for_its_end(void **state)
{
    (void)state;
    linnet_outgoing_slot slots[100];
    for (size_t i = 0; i < 100; i++)
        slots[i] = (linnet_outgoing_slot){path_to("127.0.0.1:5"), 100};
    assert_int_equal(linnet_gso_train(slots, 5), 5);
    slots[3].size = 60;
    assert_int_equal(linnet_gso_train(slots, 5), 4); /* the shorter one is the last */
    slots[2].size = 101;
    assert_int_equal(linnet_gso_train(slots, 5), 2);
    slots[1].path.peer.port = 6;
    assert_int_equal(linnet_gso_train(slots, 5), 1);
    for (size_t i = 0; i < 100; i++)
        slots[i] = (linnet_outgoing_slot){path_to("127.0.0.1:5"), 1200};
    assert_true(linnet_gso_train(slots, 100) * 1200 <= 65507);
    slots[0].size = slots[1].size = 1400; /* a path may be too narrow for it */
    assert_int_equal(linnet_gso_train(slots, 2), 1);
}

static void put(linnet_outbox *outbox, const linnet_path *path, char letter, size_t size)
{
    assert_false(linnet_outbox_full(outbox));
    memset(linnet_outbox_slot(outbox), letter, size);
    linnet_outbox_add(outbox, path, size);
}

static void one_datagram_that_cannot_be_sent_does_not_stop_the_others(void **state)
{
    (void)state;
    static linnet_outbox outbox;
    linnet_socket socket;
    linnet_send_failure failure;
    uint16_t port;
    char text[32];
    int descriptor = net_open_silent(&port);
    linnet_path good = path_to("127.0.0.1:0"), bad = path_to("[2001:db8::1]:5683"), any = path_to("127.0.0.1:0");
    good.peer.port = port;
    assert_int_equal(linnet_outbox_open(&outbox, 1152), 0);
    assert_int_equal(linnet_socket_open(&socket, &any.peer), 0);
    put(&outbox, &good, 'a', 10);
    put(&outbox, &good, 'b', 10);
    put(&outbox, &bad, 'x', 20);
    put(&outbox, &good, 'c', 10);
    linnet_outbox_flush(&outbox, &socket);
    for (char letter = 'a'; letter <= 'c'; letter++) {
        assert_int_equal(recv(descriptor, text, sizeof text, MSG_DONTWAIT), 10);
        assert_int_equal(text[0], letter);
    }
    assert_true(linnet_outbox_failure(&outbox, &failure));
    assert_true(linnet_address_equal(&failure.path.peer, &bad.peer));
    assert_int_equal(failure.size, sizeof failure.front);
    assert_int_equal(failure.front[0], 'x');
    assert_false(linnet_outbox_failure(&outbox, &failure));
    linnet_socket_close(&socket);
    linnet_outbox_close(&outbox);
}

static void more_failures_than_there_is_room_for_count_as_loss(void **state)
{
    (void)state;
    static linnet_outbox outbox;
    linnet_socket socket;
    linnet_send_failure failure;
    linnet_path bad = path_to("[2001:db8::1]:5683"), any = path_to("127.0.0.1:0");
    size_t failures = 0;
    assert_int_equal(linnet_outbox_open(&outbox, 1152), 0);
    assert_int_equal(linnet_socket_open(&socket, &any.peer), 0);
    for (int round = 0; round < 3; round++) {
        while (!linnet_outbox_full(&outbox))
            put(&outbox, &bad, 'x', (size_t)(4 + outbox.count));
        linnet_outbox_flush(&outbox, &socket);
    }
    while (linnet_outbox_failure(&outbox, &failure))
        failures++;
    assert_int_equal(failures, LINNET_NET_BATCH);
    linnet_socket_close(&socket);
    linnet_outbox_close(&outbox);
}

static void the_limit_of_open_files_is_raised_when_it_is_reached(void **state)
{
    (void)state;
    enum { MANY = 40 };
    linnet_socket sockets[MANY];
    struct rlimit before, low;
    linnet_path any = path_to("127.0.0.1:0");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = (struct rlimit){.rlim_cur = 20, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(linnet_socket_open(&sockets[i], &any.peer), 0);
    for (size_t i = 0; i < MANY; i++)
        linnet_socket_close(&sockets[i]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_train_is_of_one_way_and_one_size_but_for_its_end),
        cmocka_unit_test(one_datagram_that_cannot_be_sent_does_not_stop_the_others),
        cmocka_unit_test(more_failures_than_there_is_room_for_count_as_loss),
        LINUX_TEST(the_limit_of_open_files_is_raised_when_it_is_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
