/* sendmmsg(), and what to do about datagrams that the kernel does not take. */
#include "net/outbox.h"

#include "net/gso.h"
#include "net/pktinfo.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

static_assert(LINNET_PKTINFO_CONTROL + LINNET_GSO_CONTROL <= LINNET_OUTBOX_CONTROL, "control messages need room");

/* Makes message number `index` of `length` slots, which all go the same way. */
static void compose(linnet_outbox *outbox, size_t index, size_t slot, size_t length, const linnet_socket *socket)
{
    linnet_outbox_batch *batch = &outbox->batch;
    struct msghdr *header = &batch->messages[index].msg_hdr;
    const linnet_path *path = &outbox->slots[slot].path;
    batch->first_slot[index] = slot;
    for (size_t i = slot; i < slot + length; i++)
        batch->vectors[i] = (struct iovec){linnet_outbox_slot_at(outbox, i), outbox->slots[i].size};
    header->msg_name = &batch->names[index];
    header->msg_namelen = linnet_address_to_system(&path->peer, socket->family, &batch->names[index]);
    header->msg_iov = &batch->vectors[slot];
    header->msg_iovlen = length;
    header->msg_control = batch->control[index];
    header->msg_controllen = 0;
    header->msg_flags = 0;
    linnet_pktinfo_append(header, socket, path);
    if (length > 1)
        linnet_gso_append(header, outbox->slots[slot].size);
    if (header->msg_controllen == 0)
        header->msg_control = NULL;
}

/* Remembers that the datagrams of a message did not leave. */
static void fail(linnet_outbox *outbox, size_t index)
{
    size_t slot = outbox->batch.first_slot[index];
    linnet_bytes datagram = linnet_view(linnet_outbox_slot_at(outbox, slot), outbox->slots[slot].size);
    linnet_outbox_fail(outbox, &outbox->slots[slot].path, datagram);
}

typedef enum verdict { AGAIN, DROP, FAIL, UNGROUP } verdict;

/* What to do with the message that sendmmsg() stopped at. `tries` counts for this message alone. */
static verdict judge(linnet_outbox *outbox, const struct msghdr *header, int descriptor, int number, unsigned tries)
{
    if (number == EINTR)
        return AGAIN;
    if (number == EAGAIN || number == ENOBUFS || number == ENOMEM) {
        struct pollfd room = {.fd = descriptor, .events = POLLOUT};
        if (outbox->waited)
            return DROP; /* to the protocol this is congestion, and congestion is loss */
        outbox->waited = true;
        poll(&room, 1, LINNET_NET_SEND_WAIT_MS);
        return AGAIN;
    }
    if (number == EIO && header->msg_iovlen > 1) {
        outbox->batch.ungrouped = true; /* the way out computes no checksums, so it cannot cut */
        return UNGROUP;
    }
    if (tries < LINNET_NET_SEND_TRIES)
        return AGAIN; /* maybe an earlier datagram's error: being told of it has cleared it */
    if (header->msg_iovlen > 1)
        return UNGROUP;
    /* A firewall's verdict may change before the retransmission; a missing route is worth telling at once. */
    return number == EPERM || number == ECONNREFUSED ? DROP : FAIL;
}

/* Sends `count` composed messages; returns how many of them are settled. Fewer than `count`: the next one has to be
 * taken apart. */
static size_t transmit(linnet_outbox *outbox, size_t count, int descriptor)
{
    struct mmsghdr *messages = outbox->batch.messages;
    size_t at = 0;
    for (unsigned tries = 0; at < count;) {
        int sent = sendmmsg(descriptor, messages + at, (unsigned)(count - at), 0);
        if (sent > 0) {
            at += (size_t)sent;
            tries = 0;
            continue;
        }
        verdict what = judge(outbox, &messages[at].msg_hdr, descriptor, errno, ++tries);
        if (what == UNGROUP)
            return at;
        if (what == FAIL)
            fail(outbox, at);
        if (what != AGAIN) {
            at++;
            tries = 0;
        }
    }
    return at;
}

/* Sends from slot `first` on, as far as one socket serves; returns the first slot that is left. */
static size_t flush_socket(linnet_outbox *outbox, size_t first, const linnet_socket *sockets, bool *grouping)
{
    uint16_t number = outbox->slots[first].path.socket;
    const linnet_socket *socket = &sockets[number];
    size_t end = first + 1, count = 0;
    while (end < outbox->count && outbox->slots[end].path.socket == number)
        end++;
    for (size_t slot = first; slot < end; count++) {
        size_t length = *grouping && socket->segments ? linnet_gso_train(outbox->slots + slot, end - slot) : 1;
        compose(outbox, count, slot, length, socket);
        slot += length;
    }
    size_t settled = transmit(outbox, count, socket->descriptor);
    if (settled == count)
        return end;
    *grouping = false;
    return outbox->batch.first_slot[settled];
}

void linnet_outbox_flush(linnet_outbox *outbox, const linnet_socket *sockets)
{
    bool grouping = !outbox->batch.ungrouped;
    outbox->waited = false;
    for (size_t slot = 0; slot < outbox->count;)
        slot = flush_socket(outbox, slot, sockets, &grouping);
    outbox->count = 0;
}
