/* A turn of a node's loop: waiting, taking what arrived, time, and sending. */
#include "net/icmp.h"
#include "net/node.h"

#include <errno.h>
#include <linnet/error.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static void take_datagram(linnet_node *node, uint64_t now, const linnet_arrival *arrival, linnet_bytes datagram)
{
    if (node->watched) {
        if (linnet_node_loses(node))
            return;
        if (node->trace)
            node->trace(node->trace_context, false, &arrival->path, datagram);
    }
    if (datagram.size <= node->receive_size && !arrival->truncated) {
        linnet_endpoint_receive(node->endpoint, now, &arrival->path, datagram);
        return;
    }
    datagram.size = datagram.size < node->receive_size ? datagram.size : node->receive_size;
    linnet_endpoint_receive_truncated(node->endpoint, now, &arrival->path, datagram);
}

/* A train is cut into its datagrams; a single datagram is a train of one, even when it is empty. */
static void take_arrival(linnet_node *node, uint64_t now, const linnet_arrival *arrival)
{
    linnet_bytes rest = arrival->octets;
    do {
        size_t size = rest.size < arrival->cut ? rest.size : arrival->cut;
        take_datagram(node, now, arrival, linnet_view(rest.data, size));
        rest = linnet_view(rest.data + size, rest.size - size);
    } while (rest.size > 0);
}

/* One batch; returns whether there may be more. The socket is copied, since a handler may open further ones and so
 * move the array. */
static bool take_batch(linnet_node *node, uint16_t number)
{
    linnet_socket socket = node->sockets[number];
    linnet_arrival arrival;
    size_t count = linnet_inbox_receive(&node->inbox, &socket);
    uint64_t now = linnet_clock();
    for (size_t i = 0; i < count; i++) {
        if (linnet_inbox_read(&node->inbox, i, &socket, number, &arrival))
            take_arrival(node, now, &arrival);
    }
    return count == LINNET_NET_BATCH;
}

static void take_reports(linnet_node *node, uint16_t number)
{
    linnet_icmp_report report;
    linnet_socket socket = node->sockets[number];
    for (unsigned i = 0; i < LINNET_NET_REPORTS && linnet_icmp_read(&socket, number, &report); i++) {
        if (report.error != 0)
            linnet_endpoint_unreachable(node->endpoint, linnet_clock(), &report.path,
                                        linnet_view(report.front, report.size), report.error);
    }
}

static void take_letters(linnet_node *node)
{
    uint64_t count;
    /* First the descriptor, then the box: a letter that comes between the two wakes the loop once more. */
    if (read(node->wake, &count, sizeof count) == sizeof count)
        linnet_mailbox_open(node->mailbox);
}

static void take_event(linnet_node *node, const struct epoll_event *event)
{
    if (event->data.u32 == UINT32_MAX) {
        take_letters(node);
        return;
    }
    uint16_t number = (uint16_t)event->data.u32;
    if (event->events & EPOLLERR)
        take_reports(node, number);
    if (event->events & EPOLLIN) {
        /* A batch that is not full has emptied the socket: no call only to hear so. */
        for (unsigned round = 0; round < LINNET_NET_ROUNDS && take_batch(node, number); round++)
            continue;
    }
}

/* epoll_wait() in milliseconds, rounded up: waking too early would only mean to wait again. */
static int wait_coarsely(linnet_node *node, struct epoll_event *events, uint64_t microseconds)
{
    uint64_t milliseconds = microseconds / 1000 + (microseconds % 1000 != 0);
    return epoll_wait(node->epoll, events, LINNET_NET_BATCH, milliseconds < 3600000 ? (int)milliseconds : 3600000);
}

static int wait(linnet_node *node, struct epoll_event *events, uint64_t until)
{
    uint64_t now = until == UINT64_MAX || until == 0 ? 0 : linnet_clock();
    uint64_t left = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(left / 1000000), .tv_nsec = (long)(left % 1000000 * 1000)};
    if (node->coarse || left == 0)
        return wait_coarsely(node, events, left);
    int count = epoll_pwait2(node->epoll, events, LINNET_NET_BATCH, until == UINT64_MAX ? NULL : &time, NULL);
    if (count >= 0 || errno == EINTR)
        return count;
    node->coarse = true; /* Linux before 5.11, or a sandbox that does not know the call */
    return wait_coarsely(node, events, left);
}

uint64_t linnet_node_deadline(const linnet_node *node)
{
    if (node->outbox.count > 0 || node->outbox.failure_count > 0)
        return 0;
    return linnet_endpoint_deadline(node->endpoint);
}

int linnet_node_receive(linnet_node *node, uint64_t until)
{
    struct epoll_event events[LINNET_NET_BATCH];
    if (node->outbox.count > 0)
        linnet_outbox_flush(&node->outbox, node->sockets);
    uint64_t due = linnet_node_deadline(node);
    int count = wait(node, events, due < until ? due : until);
    if (count < 0 && errno != EINTR)
        return LINNET_ESYSTEM;
    for (int i = 0; i < count; i++)
        take_event(node, &events[i]);
    due = linnet_endpoint_deadline(node->endpoint);
    if (due != UINT64_MAX) {
        uint64_t now = linnet_clock();
        if (due <= now)
            linnet_endpoint_advance(node->endpoint, now);
    }
    return 0;
}

/* Only what failed before: a handler that is told of it may send again, and that may fail again. */
static void report_failures(linnet_node *node)
{
    linnet_send_failure failure;
    for (size_t left = node->outbox.failure_count; left > 0 && linnet_outbox_failure(&node->outbox, &failure); left--)
        linnet_endpoint_unreachable(node->endpoint, linnet_clock(), &failure.path,
                                    linnet_view(failure.front, failure.size), LINNET_ENETWORK);
}

void linnet_node_finish(linnet_node *node)
{
    if (node->outbox.count > 0)
        linnet_outbox_flush(&node->outbox, node->sockets);
    if (node->outbox.failure_count > 0)
        report_failures(node);
}

void linnet_node_wake(linnet_node *node)
{
    static const uint64_t one = 1;
    int number = errno; /* a signal handler must leave it as it was */
    if (write(node->wake, &one, sizeof one) < 0)
        errno = 0; /* the counter is at its end, so the loop is awake */
    errno = number;
}
