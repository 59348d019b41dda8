/* What servers have put off by 4.29 (RFC 8516): until when no similar request is to be sent. A few hashes and times in
 * buckets; where there is no room the one that is over soonest is forgotten. */
#ifndef LINNET_CLIENT_BUSY_H
#define LINNET_CLIENT_BUSY_H

#include <stdint.h>

#define LINNET_BUSY_WAYS 4u

typedef struct linnet_put_off {
    uint64_t key;
    uint64_t until; /* 0: free */
} linnet_put_off;

typedef struct linnet_busy {
    linnet_put_off *slots;
    uint32_t count; /* a power of two, at least LINNET_BUSY_WAYS */
} linnet_busy;

/* `key` is a keyed hash. 0: it may be sent. */
uint64_t linnet_busy_until(const linnet_busy *busy, uint64_t key, uint64_t now);
void linnet_busy_note(linnet_busy *busy, uint64_t key, uint64_t until);

#endif
