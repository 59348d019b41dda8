/* sendto() for each, and what to do about datagrams that the system does not take. */
#include "net/outbox.h"

#include <errno.h>
#include <sys/poll.h>

/* Whether to offer it once more. */
static bool is_worth_a_try(linnet_outbox *outbox, int descriptor, int number, unsigned tries)
{
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};
    if (number != EAGAIN && number != ENOBUFS && number != ENOMEM)
        return number == EINTR || tries < LINNET_NET_SEND_TRIES; /* maybe an earlier datagram's error */
    if (outbox->waited)
        return false;
    outbox->waited = true;
    poll(&room, 1, LINNET_NET_SEND_WAIT_MS);
    return true;
}

/* To the protocol a full buffer is congestion, and congestion is loss; a missing route is worth telling at once. */
static bool is_loss(int number)
{
    return number == EAGAIN || number == ENOBUFS || number == ENOMEM || number == EPERM || number == ECONNREFUSED;
}

static void transmit(linnet_outbox *outbox, size_t slot, const linnet_socket *socket)
{
    const linnet_path *path = &outbox->slots[slot].path;
    linnet_bytes datagram = linnet_view(linnet_outbox_slot_at(outbox, slot), outbox->slots[slot].size);
    linnet_sockaddr *name = &outbox->batch.name;
    socklen_t size = linnet_address_to_system(&path->peer, socket->family, name);
    for (unsigned tries = 1; size > 0; tries++) {
        if (sendto(socket->descriptor, datagram.data, datagram.size, 0, &name->any, size) >= 0)
            return;
        if (is_worth_a_try(outbox, socket->descriptor, errno, tries))
            continue;
        if (is_loss(errno))
            return;
        break;
    }
    linnet_outbox_fail(outbox, path, datagram);
}

void linnet_outbox_flush(linnet_outbox *outbox, const linnet_socket *sockets)
{
    outbox->waited = false;
    for (size_t slot = 0; slot < outbox->count; slot++)
        transmit(outbox, slot, &sockets[outbox->slots[slot].path.socket]);
    outbox->count = 0;
}
