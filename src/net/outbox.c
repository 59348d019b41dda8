/* sendmmsg() from slots that are made once, and what to do about datagrams that the kernel does not take. */
#include "net/outbox.h"

#include "net/gso.h"
#include "net/pktinfo.h"

#include <assert.h>
#include <errno.h>
#include <linnet/error.h>
#include <poll.h>
#include <stdlib.h>

static_assert(LINNET_PKTINFO_CONTROL + LINNET_GSO_CONTROL <= LINNET_OUTBOX_CONTROL, "control messages need room");

int linnet_outbox_open(linnet_outbox *outbox, size_t capacity)
{
    /* Whole cache lines, and no power of two between slots: their starts should not share cache sets. */
    outbox->capacity = (capacity + 63u) / 64u * 64u + 64u;
    outbox->memory = aligned_alloc(64, outbox->capacity * LINNET_NET_BATCH);
    outbox->grouping = true;
    return outbox->memory ? 0 : LINNET_ENOMEM;
}

void linnet_outbox_close(linnet_outbox *outbox)
{
    free(outbox->memory);
    outbox->memory = NULL;
}

static uint8_t *slot_at(linnet_outbox *outbox, size_t index) { return outbox->memory + index * outbox->capacity; }

uint8_t *linnet_outbox_slot(linnet_outbox *outbox) { return slot_at(outbox, outbox->count); }

void linnet_outbox_add(linnet_outbox *outbox, const linnet_path *path, size_t size)
{
    outbox->slots[outbox->count].path = *path;
    outbox->slots[outbox->count].size = size;
    outbox->vectors[outbox->count] = (struct iovec){slot_at(outbox, outbox->count), size};
    outbox->count++;
}

/* Makes message number `index` of `length` slots, which all go the same way. */
static void compose(linnet_outbox *outbox, size_t index, size_t slot, size_t length, const linnet_socket *socket)
{
    struct msghdr *header = &outbox->messages[index].msg_hdr;
    const linnet_path *path = &outbox->slots[slot].path;
    outbox->first_slot[index] = slot;
    header->msg_name = &outbox->names[index];
    header->msg_namelen = linnet_address_to_system(&path->peer, socket->family, &outbox->names[index]);
    header->msg_iov = &outbox->vectors[slot];
    header->msg_iovlen = length;
    header->msg_control = outbox->control[index];
    header->msg_controllen = 0;
    header->msg_flags = 0;
    linnet_pktinfo_append(header, socket, path);
    if (length > 1)
        linnet_gso_append(header, outbox->slots[slot].size);
    if (header->msg_controllen == 0)
        header->msg_control = NULL;
}

void linnet_outbox_fail(linnet_outbox *outbox, const linnet_path *path, linnet_bytes datagram)
{
    if (outbox->failure_count == LINNET_NET_BATCH)
        return;
    size_t place = (outbox->first_failure + outbox->failure_count++) % LINNET_NET_BATCH;
    linnet_send_failure *failure = &outbox->failures[place];
    failure->path = *path;
    failure->size = datagram.size < sizeof failure->front ? datagram.size : sizeof failure->front;
    memcpy(failure->front, datagram.data, failure->size);
}

/* Remembers that the datagrams of a message did not leave. */
static void fail(linnet_outbox *outbox, size_t index)
{
    size_t slot = outbox->first_slot[index];
    linnet_outbox_fail(outbox, &outbox->slots[slot].path, linnet_view(slot_at(outbox, slot), outbox->slots[slot].size));
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
        outbox->grouping = false; /* the way out computes no checksums, so it cannot cut */
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
    size_t at = 0;
    for (unsigned tries = 0; at < count;) {
        int sent = sendmmsg(descriptor, outbox->messages + at, (unsigned)(count - at), 0);
        if (sent > 0) {
            at += (size_t)sent;
            tries = 0;
            continue;
        }
        verdict what = judge(outbox, &outbox->messages[at].msg_hdr, descriptor, errno, ++tries);
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
    return outbox->first_slot[settled];
}

void linnet_outbox_flush(linnet_outbox *outbox, const linnet_socket *sockets)
{
    bool grouping = outbox->grouping;
    outbox->waited = false;
    for (size_t slot = 0; slot < outbox->count;)
        slot = flush_socket(outbox, slot, sockets, &grouping);
    outbox->count = 0;
}

bool linnet_outbox_failure(linnet_outbox *outbox, linnet_send_failure *failure)
{
    if (outbox->failure_count == 0)
        return false;
    *failure = outbox->failures[outbox->first_failure];
    outbox->first_failure = (outbox->first_failure + 1) % LINNET_NET_BATCH;
    outbox->failure_count--;
    return true;
}
