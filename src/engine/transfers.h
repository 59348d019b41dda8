/*
 * What is kept between two messages of a block-wise transfer with a peer (RFC 7959): the front of a request body that
 * comes in blocks, or a response that a peer fetches in blocks and that cannot be made again.
 *
 * A fixed number of transfers, and a bound for the octets of all of them. Whatever is reached, the transfer that was
 * used longest ago makes way: first one of the same peer where it has more than its share, else of all that were only
 * begun; those that went on make way only among themselves, unless nothing else is left, or they have three fourths of
 * everything. So peers that begin transfers and go away cost no more than the limits, and hinder nobody who goes on
 * with his own. A transfer that is not used for EXCHANGE_LIFETIME is dropped when the next one is looked for.
 */
#ifndef LINNET_ENGINE_TRANSFERS_H
#define LINNET_ENGINE_TRANSFERS_H

#include "engine/ages.h"
#include "engine/hash.h"
#include "engine/pool.h"
#include "engine/table.h"
#include "engine/wheel.h"

#include <linnet/message.h>
#include <linnet/transfers.h>

/* What the peers of one network address have. Addresses that share one by chance share its allowance as well. */
typedef struct linnet_share {
    linnet_ages ages;
    size_t octets;
    uint32_t count;
} linnet_share;

/* Those that were only begun, or those that went on. */
typedef struct linnet_rank {
    linnet_ages ages;
    size_t octets;
    uint32_t count;
} linnet_rank;

typedef struct linnet_transfer {
    linnet_node by_key;
    linnet_age of_rank;
    linnet_age of_share;
    linnet_share *share;
    linnet_rank *rank;
    uint8_t *data;
    uint64_t used_at;
    uint32_t capacity;      /* octets of data; they count against the limit */
    uint32_t size;          /* of the body or payload in it; of a body that flows through: how far it has come */
    uint32_t whole;         /* the size of the whole as the peer announced it, or 0 */
    linnet_message message; /* of a request: the last one, while its body is being used */
    /* Of a response: its options stand behind the payload. */
    int32_t content_format;
    uint16_t options_size;
    linnet_code code;
    bool is_response;
    bool only_if_none;  /* of a request: its first block had If-None-Match */
    bool detached;      /* not to be found any more, and not to be dropped */
    bool is_burst;      /* responses of Q-Block2 that are due to be sent */
    uint32_t etag;      /* of a response that leaves by Q-Block2; 0: none was needed yet */
    linnet_timer timer; /* of Q-Block1 and Q-Block2; on the wheel of those who set it */
} linnet_transfer;

struct linnet_transfers {
    linnet_memory memory;
    linnet_hash_key hash_key;
    linnet_pool pool;
    linnet_table by_key;
    linnet_rank begun;
    linnet_rank going;
    linnet_share *shares;
    uint32_t share_mask;   /* count of shares - 1; the count is a power of two */
    uint32_t share_count;  /* how many transfers one share may have */
    uint32_t share_octets; /* above this its own make way first */
    uint32_t octets_limit;
    uint32_t responses;  /* how many of them are responses */
    linnet_wheel *wheel; /* of the timers; NULL: none is ever set */
    size_t octets;       /* of all */
    uint64_t lifetime;
};

typedef enum linnet_transfer_role {
    LINNET_TRANSFER_REQUEST,
    LINNET_TRANSFER_RESPONSE,
    LINNET_TRANSFER_Q_BODY, /* RFC 9177: a request body by Q-Block1 */
    LINNET_TRANSFER_Q_BURST /* and responses by Q-Block2, until they are sent */
} linnet_transfer_role;

/*
 * Names a transfer: two messages have the same key when they are "matchable" (RFC 9175 1.1): same endpoints, same code,
 * same options but for those of block-wise transfer and elective ones that are no cache key; and the same list of
 * Request-Tags. So another path, query, Content-Format or If-Match is another transfer.
 */
uint64_t linnet_transfers_key(const linnet_transfers *transfers, const linnet_path *path, const linnet_message *request,
                              linnet_transfer_role role);

/* The transfer with that key, or NULL. Drops what has been idle for too long. */
linnet_transfer *linnet_transfers_find(linnet_transfers *transfers, uint64_t key, uint64_t now);
/* A new one without octets; the key is in use by none. NULL: all are detached. */
linnet_transfer *linnet_transfers_take(linnet_transfers *transfers, const linnet_path *path, uint64_t key,
                                       uint64_t now);
/* It went on: now it is the last to make way. */
void linnet_transfers_touch(linnet_transfers *transfers, linnet_transfer *transfer, uint64_t now);
/* Room for `size` octets, old ones kept. False: there is no memory even without all others. */
bool linnet_transfers_reserve(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t size);
/* Takes it out of all orders while its octets are being used; linnet_transfers_give() is still due. */
void linnet_transfers_detach(linnet_transfers *transfers, linnet_transfer *transfer);
/* Ends it and releases its octets. */
void linnet_transfers_give(linnet_transfers *transfers, linnet_transfer *transfer);

#endif
