/* Copying octets into one block of memory, one after the other. */
#ifndef LINNET_NET_OCTETS_H
#define LINNET_NET_OCTETS_H

#include <linnet/bytes.h>

/* Copies to `*at`, which moves on; returns the copy. Room is the caller's business. */
static inline linnet_bytes linnet_octets_put(uint8_t **at, linnet_bytes octets)
{
    linnet_bytes copied = linnet_view(*at, octets.size);
    if (octets.size > 0)
        memcpy(*at, octets.data, octets.size);
    *at += octets.size;
    return copied;
}

#endif
