/* What servers and clients share: the clock and the view of their datagrams. */
#ifndef LINNET_LOOP_H
#define LINNET_LOOP_H

#include <linnet/address.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Microseconds of the monotonic clock that all deadlines are in. */
uint64_t linnet_clock(void);

/* For linger_us: a thread that has nothing to do falls asleep at once. */
#define LINNET_NO_LINGER UINT32_MAX
/* The longest linger_us; above it is LINNET_NO_LINGER. */
#define LINNET_LINGER_MAX_US 1000000u

/* Sees each datagram as it is on the wire: `sent` or received. The views live until it returns. A request that it sends
 * itself leaves a moment later. It must not close the server or client. */
typedef void linnet_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram);

#ifdef __cplusplus
}
#endif
#endif
