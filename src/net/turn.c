/* A turn of a loop: waiting, taking what arrived, time, and sending. */
#include "net/icmp.h"
#include "net/secured.h"

#include <errno.h>
#include <linnet/error.h>

static void take_datagram(linnet_loop *loop, uint64_t now, const linnet_arrival *arrival, linnet_bytes datagram)
{
    if (loop->dtls && linnet_secured_take(loop, now, arrival, datagram))
        return;
    if (loop->watched) {
        if (linnet_loop_loses(loop))
            return;
        if (loop->trace)
            loop->trace(loop->trace_context, false, &arrival->path, datagram);
    }
    if (datagram.size <= loop->receive_size && !arrival->truncated) {
        linnet_endpoint_receive(loop->endpoint, now, &arrival->path, datagram);
        return;
    }
    datagram.size = datagram.size < loop->receive_size ? datagram.size : loop->receive_size;
    linnet_endpoint_receive_truncated(loop->endpoint, now, &arrival->path, datagram);
}

/* A train is cut into its datagrams; a single datagram is a train of one, even when it is empty. */
static void take_arrival(linnet_loop *loop, uint64_t now, const linnet_arrival *arrival)
{
    linnet_bytes rest = arrival->octets;
    do {
        size_t size = rest.size < arrival->cut ? rest.size : arrival->cut;
        take_datagram(loop, now, arrival, linnet_view(rest.data, size));
        rest = linnet_view(rest.data + size, rest.size - size);
    } while (rest.size > 0);
}

/* One batch; returns whether there may be more. The socket is copied, since a handler may open further ones and so
 * move the array. */
static bool take_batch(linnet_loop *loop, uint16_t number)
{
    linnet_socket socket = loop->sockets[number];
    linnet_arrival arrival;
    size_t count = linnet_inbox_receive(&loop->inbox, &socket);
    uint64_t now = linnet_clock();
    loop->came += count;
    loop->answered = loop->answered && count == 0;
    for (size_t i = 0; i < count; i++) {
        if (linnet_inbox_read(&loop->inbox, i, &socket, number, &arrival))
            take_arrival(loop, now, &arrival);
    }
    return count == LINNET_NET_BATCH;
}

static void tell_unreachable(linnet_loop *loop, const linnet_path *path, linnet_bytes front, int error)
{
    if (!loop->dtls || !linnet_secured_unreachable(loop, path, front, error))
        linnet_endpoint_unreachable(loop->endpoint, linnet_clock(), path, front, error);
}

static void take_reports(linnet_loop *loop, uint16_t number)
{
    linnet_icmp_report report;
    linnet_socket socket = loop->sockets[number];
    for (unsigned i = 0; i < LINNET_NET_REPORTS && linnet_icmp_read(&socket, number, &report); i++) {
        if (report.error != 0)
            tell_unreachable(loop, &report.path, linnet_view(report.front, report.size), report.error);
    }
}

static void take_event(linnet_loop *loop, const linnet_poller_event *event)
{
    if (event->name == LINNET_POLLER_RUNG) { /* a letter that comes from now on rings once more */
        linnet_mailbox_open(loop->mailbox);
        return;
    }
    uint16_t number = (uint16_t)event->name;
    if (event->failed)
        take_reports(loop, number);
    if (event->readable) {
        /* A batch that is not full has emptied the socket: no call only to hear so. */
        for (unsigned round = 0; round < LINNET_NET_ROUNDS && take_batch(loop, number); round++)
            continue;
    }
}

uint64_t linnet_loop_deadline(const linnet_loop *loop)
{
    if (loop->outbox.count > 0 || loop->outbox.failure_count > 0)
        return 0;
    uint64_t own = loop->dtls ? linnet_dtls_deadline(loop->dtls) : UINT64_MAX;
    uint64_t due = linnet_endpoint_deadline(loop->endpoint);
    return own < due ? own : due;
}

static void advance(linnet_loop *loop)
{
    uint64_t due = linnet_endpoint_deadline(loop->endpoint);
    uint64_t secured = loop->dtls ? linnet_dtls_deadline(loop->dtls) : UINT64_MAX;
    if (due == UINT64_MAX && secured == UINT64_MAX)
        return;
    uint64_t now = linnet_clock();
    if (due <= now)
        linnet_endpoint_advance(loop->endpoint, now);
    if (secured <= now)
        linnet_dtls_advance(loop->dtls, now);
}

void linnet_loop_flush(linnet_loop *loop)
{
    if (loop->outbox.count == 0)
        return;
    linnet_outbox_flush(&loop->outbox, loop->sockets);
    loop->answered = true;
}

/* One datagram has gone to and fro: the next may be about to come. Where many come at once they find the thread awake,
 * or together are worth waking it. */
bool linnet_loop_lingers(linnet_loop *loop)
{
    return loop->answered && loop->came <= 1 && loop->outbox.count == 0 &&
           linnet_patience_allows(&loop->patience, linnet_clock());
}

/* Looks for events again and again, without falling asleep. */
static int look(linnet_loop *loop, linnet_poller_event *events, uint64_t until)
{
    uint64_t begin = linnet_clock(), now = begin, end = begin + loop->patience.look_us;
    int count = 0;
    end = end < until ? end : until;
    while (count == 0 && now < end) {
        count = linnet_poller_wait(&loop->poller, events, 0);
        now = linnet_clock();
    }
    bool in_time = now < begin + loop->patience.look_us;
    /* What came later came because another thread had this one's processor meanwhile: maybe the peer. */
    if (count > 0 && in_time)
        linnet_patience_paid(&loop->patience);
    else
        linnet_patience_wasted(&loop->patience, begin, now);
    loop->answered = in_time; /* else that was all for what has left */
    return count;
}

static int take_events(linnet_loop *loop, const linnet_poller_event *events, int count)
{
    size_t before = loop->came;
    if (count < 0 && errno != EINTR)
        return LINNET_ESYSTEM;
    loop->came = 0;
    for (int i = 0; i < count; i++)
        take_event(loop, &events[i]);
    if (loop->came == 0)
        loop->came = before;
    advance(loop);
    return 0;
}

int linnet_loop_receive(linnet_loop *loop, uint64_t until)
{
    linnet_poller_event events[LINNET_POLLER_EVENTS];
    linnet_loop_flush(loop);
    uint64_t due = linnet_loop_deadline(loop);
    due = due < until ? due : until;
    int count = due > 0 && linnet_loop_lingers(loop) ? look(loop, events, due) : 0;
    if (count == 0)
        count = linnet_poller_wait(&loop->poller, events, due);
    return take_events(loop, events, count);
}

int linnet_loop_linger(linnet_loop *loop, uint64_t until)
{
    linnet_poller_event events[LINNET_POLLER_EVENTS];
    linnet_loop_flush(loop);
    uint64_t due = linnet_loop_deadline(loop);
    due = due < until ? due : until;
    int count = linnet_poller_wait(&loop->poller, events, 0);
    if (count == 0 && due > 0 && linnet_loop_lingers(loop))
        count = look(loop, events, due);
    return take_events(loop, events, count);
}

/* Only what failed before: a handler that is told of it may send again, and that may fail again. */
static void report_failures(linnet_loop *loop)
{
    linnet_send_failure failure;
    for (size_t left = loop->outbox.failure_count; left > 0 && linnet_outbox_failure(&loop->outbox, &failure); left--)
        tell_unreachable(loop, &failure.path, linnet_view(failure.front, failure.size),
                         failure.path.peer.session != 0 ? LINNET_ECLOSED : LINNET_ENETWORK);
}

void linnet_loop_finish(linnet_loop *loop)
{
    linnet_loop_flush(loop);
    if (loop->outbox.failure_count > 0)
        report_failures(loop);
}

void linnet_loop_wake(linnet_loop *loop) { linnet_poller_ring(&loop->poller); }
