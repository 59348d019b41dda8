/* Which datagrams can leave together. */
#include "net/gso.h"

#include "net/settings.h"

/* All datagrams of a train have the size of the first; the last may be shorter. */
size_t linnet_gso_train(const linnet_outgoing_slot *slots, size_t count)
{
    size_t size = slots[0].size;
    size_t total = size;
    size_t length = 1;
    if (size > LINNET_NET_GROUP_DATAGRAM)
        return 1;
    while (length < count && slots[length].size <= size && total + size <= LINNET_NET_GROUP_SIZE &&
           memcmp(&slots[length].path, &slots[0].path, sizeof slots[0].path) == 0) {
        total += slots[length].size;
        if (slots[length++].size < size)
            break;
    }
    return length;
}
