/*
 * Message IDs to give out: none again towards the same peer within EXCHANGE_LIFETIME (RFC 7252 4.4).
 *
 * A fixed number of counters stands for all peers: a peer's keyed hash picks its counter. Peers that share one only
 * use it up sooner; there is nothing to keep for each peer and nothing to look up.
 */
#ifndef LINNET_ENGINE_MESSAGE_IDS_H
#define LINNET_ENGINE_MESSAGE_IDS_H

#include <stdbool.h>
#include <stdint.h>

#define LINNET_ID_SEGMENTS 16u

/* One counter. The 65536 numbers are 16 segments, each with the second in which it was used last. */
typedef struct linnet_id_space {
    uint32_t used[LINNET_ID_SEGMENTS]; /* 0: never */
    uint16_t next;
    bool started;
    bool forced; /* `next` is in a segment that was not free when it was entered */
} linnet_id_space;

typedef struct linnet_message_ids {
    linnet_id_space *spaces;
    uint32_t mask; /* count - 1; the count is a power of two */
} linnet_message_ids;

/* Whether a peer with this key had an ID before. If not, its counter starts at the next one's `start`. */
bool linnet_message_ids_started(const linnet_message_ids *ids, uint64_t key);

/* The next ID for the peer with this key, or -1 when all were used within `lifetime` microseconds. With `must` one is
 * given even then. A counter starts at `start`, which the caller makes random (RFC 7252 4.4). */
int32_t linnet_message_ids_next(linnet_message_ids *ids, uint64_t key, uint64_t now, uint64_t lifetime, bool must,
                                uint16_t start);

/* An ID that was given out earlier is being used only now: its lifetime starts once more. */
void linnet_message_ids_used(linnet_message_ids *ids, uint64_t key, uint64_t now, uint16_t id);

/* When an ID will be free again for that peer, after -1. */
uint64_t linnet_message_ids_free_at(const linnet_message_ids *ids, uint64_t key, uint64_t lifetime);

#endif
