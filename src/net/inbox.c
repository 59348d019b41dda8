/* recvmmsg() into places that are made once. */
#include "net/inbox.h"

#include "net/gso.h"
#include "net/pktinfo.h"
#include "net/reserve.h"

#include <errno.h>
#include <linnet/error.h>

/* Places 64 KiB apart would all start in the same sets of the processor's caches, so each is a little further. */
enum { STRIDE = LINNET_NET_BUFFER_SIZE + 192, MEMORY = STRIDE * LINNET_NET_BATCH };

int linnet_inbox_open(linnet_inbox *inbox)
{
    /* Address space only: of each place mostly the first page is ever touched. */
    inbox->memory = linnet_reserve(MEMORY);
    if (!inbox->memory)
        return LINNET_ENOMEM;
    for (size_t i = 0; i < LINNET_NET_BATCH; i++) {
        inbox->vectors[i] = (struct iovec){inbox->memory + i * STRIDE, LINNET_NET_BUFFER_SIZE};
        inbox->messages[i].msg_hdr = (struct msghdr){.msg_name = &inbox->names[i],
                                                     .msg_namelen = sizeof inbox->names[i],
                                                     .msg_iov = &inbox->vectors[i],
                                                     .msg_iovlen = 1,
                                                     .msg_control = inbox->control[i],
                                                     .msg_controllen = LINNET_INBOX_CONTROL};
    }
    return 0;
}

void linnet_inbox_close(linnet_inbox *inbox)
{
    linnet_unreserve(inbox->memory, MEMORY);
    inbox->memory = NULL;
}

size_t linnet_inbox_receive(linnet_inbox *inbox, const linnet_socket *socket)
{
    int count;
    do
        count = recvmmsg(socket->descriptor, inbox->messages, LINNET_NET_BATCH, 0, NULL);
    while (count < 0 && errno == EINTR);
    return count > 0 ? (size_t)count : 0; /* an error is an ICMP report's echo, or comes again */
}

bool linnet_inbox_read(linnet_inbox *inbox, size_t index, const linnet_socket *socket, uint16_t number,
                       linnet_arrival *arrival)
{
    struct msghdr *header = &inbox->messages[index].msg_hdr;
    bool useful = linnet_address_from_system(&arrival->path.peer, &inbox->names[index]);
    arrival->path.socket = socket->group ? socket->answers : number;
    arrival->path.flags = socket->group ? LINNET_PATH_MULTICAST : 0;
    memcpy(arrival->path.local_ip, socket->local.ip, 16);
    arrival->octets = linnet_view(inbox->vectors[index].iov_base, inbox->messages[index].msg_len);
    arrival->cut = arrival->octets.size;
    arrival->truncated = (header->msg_flags & MSG_TRUNC) != 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        size_t cut = linnet_gso_received(control);
        if (cut > 0)
            arrival->cut = cut;
        else
            linnet_pktinfo_read(control, &arrival->path);
    }
    header->msg_namelen = sizeof inbox->names[index];
    header->msg_controllen = LINNET_INBOX_CONTROL;
    return useful;
}
