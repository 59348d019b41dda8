/* recvmsg() into places that are made once. */
#include "net/inbox.h"

#include "net/pktinfo.h"

#include <errno.h>
#include <linnet/error.h>
#include <stdlib.h>

static uint8_t *octets_of(const linnet_inbox *inbox, size_t index)
{
    return inbox->memory + index * LINNET_NET_BUFFER_SIZE;
}

int linnet_inbox_open(linnet_inbox *inbox)
{
    inbox->memory = malloc((size_t)LINNET_NET_BUFFER_SIZE * LINNET_NET_BATCH);
    return inbox->memory ? 0 : LINNET_ENOMEM;
}

void linnet_inbox_close(linnet_inbox *inbox)
{
    free(inbox->memory);
    inbox->memory = NULL;
}

static bool is_to_group(struct msghdr *header)
{
    linnet_path path = {0};
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control))
        linnet_pktinfo_read(control, &path);
    return (path.flags & LINNET_PATH_MULTICAST) != 0;
}

static bool receive(linnet_inbox *inbox, size_t index, int descriptor)
{
    alignas(struct cmsghdr) uint8_t control[LINNET_INBOX_CONTROL];
    struct linnet_inbox_place *place = &inbox->places[index];
    struct iovec vector = {octets_of(inbox, index), LINNET_NET_BUFFER_SIZE};
    struct msghdr header = {.msg_name = &place->name,
                            .msg_namelen = sizeof place->name,
                            .msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    ssize_t size;
    do
        size = recvmsg(descriptor, &header, 0);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        return false;
    place->size = (size_t)size;
    place->truncated = (header.msg_flags & MSG_TRUNC) != 0;
    place->group = is_to_group(&header);
    return true;
}

size_t linnet_inbox_receive(linnet_inbox *inbox, const linnet_socket *socket)
{
    size_t count = 0;
    while (count < LINNET_NET_BATCH && receive(inbox, count, socket->descriptor))
        count++;
    return count;
}

bool linnet_inbox_read(linnet_inbox *inbox, size_t index, const linnet_socket *socket, uint16_t number,
                       linnet_arrival *arrival)
{
    const struct linnet_inbox_place *place = &inbox->places[index];
    arrival->path.socket = socket->group ? socket->answers : number;
    arrival->path.flags = socket->group || place->group ? LINNET_PATH_MULTICAST : 0;
    memcpy(arrival->path.local_ip, socket->local.ip, 16);
    arrival->octets = linnet_view(octets_of(inbox, index), place->size);
    arrival->cut = place->size;
    arrival->truncated = place->truncated;
    return linnet_address_from_system(&arrival->path.peer, &place->name);
}
