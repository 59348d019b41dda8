/* The life of a transfer: taken, found by its key, grown, and dropped when it is over, idle, or the oldest. */
#include "engine/transfers.h"

#define OF_ALL(age) LINNET_CONTAINER(age, linnet_transfer, of_all)
#define OF_SHARE(age) LINNET_CONTAINER(age, linnet_transfer, of_share)

/* One network address: of IPv6 that is a /64, which is what a single host has. Ports are free to choose and count for
 * nothing. */
static linnet_share *share_of(const linnet_transfers *transfers, const linnet_path *path)
{
    uint32_t words[4] = {0};
    size_t size = linnet_address_is_ipv4(&path->peer) ? sizeof path->peer.ip : 8u;

    memcpy(words, path->peer.ip, size);
    return &transfers->shares[linnet_hash_words(&transfers->hash_key, words, 4) & transfers->share_mask];
}

static void link_up(linnet_transfers *transfers, linnet_transfer *transfer, uint64_t now)
{
    linnet_ages_add(&transfers->ages, &transfer->of_all);
    linnet_ages_add(&transfer->share->ages, &transfer->of_share);
    transfer->used_at = now;
}

static void unlink_from(linnet_transfers *transfers, linnet_transfer *transfer)
{
    linnet_ages_remove(&transfers->ages, &transfer->of_all);
    linnet_ages_remove(&transfer->share->ages, &transfer->of_share);
}

void linnet_transfers_detach(linnet_transfers *transfers, linnet_transfer *transfer)
{
    linnet_table_remove(&transfers->by_key, &transfer->by_key);
    unlink_from(transfers, transfer);
    transfer->detached = true;
}

void linnet_transfers_give(linnet_transfers *transfers, linnet_transfer *transfer)
{
    if (!transfer->detached)
        linnet_transfers_detach(transfers, transfer);
    if (transfer->data)
        transfers->memory.resize(transfers->memory.context, transfer->data, 0);
    transfers->octets -= transfer->capacity;
    transfers->responses -= transfer->is_response;
    transfer->share->octets -= transfer->capacity;
    transfer->share->count--;
    linnet_pool_give(&transfers->pool, transfer);
}

static void drop_idle(linnet_transfers *transfers, uint64_t now)
{
    while (transfers->ages.oldest) {
        linnet_transfer *oldest = OF_ALL(transfers->ages.oldest);
        if (now < oldest->used_at + transfers->lifetime)
            return;
        linnet_transfers_give(transfers, oldest);
    }
}

linnet_transfer *linnet_transfers_find(linnet_transfers *transfers, uint64_t key, uint64_t now)
{
    linnet_node *node;

    drop_idle(transfers, now);
    node = linnet_table_find(&transfers->by_key, key);
    return node ? LINNET_CONTAINER(node, linnet_transfer, by_key) : NULL;
}

linnet_transfer *linnet_transfers_take(linnet_transfers *transfers, const linnet_path *path, uint64_t key, uint64_t now)
{
    linnet_share *share = share_of(transfers, path);
    linnet_transfer *transfer;

    drop_idle(transfers, now);
    if (share->count >= transfers->share_count && share->ages.oldest)
        linnet_transfers_give(transfers, OF_SHARE(share->ages.oldest));
    if (transfers->pool.in_use == transfers->pool.limit && transfers->ages.oldest)
        linnet_transfers_give(transfers, OF_ALL(transfers->ages.oldest));
    transfer = linnet_pool_take(&transfers->pool);
    if (!transfer)
        return NULL;
    *transfer = (linnet_transfer){.share = share};
    share->count++;
    linnet_table_add(&transfers->by_key, &transfer->by_key, key);
    link_up(transfers, transfer, now);
    return transfer;
}

void linnet_transfers_touch(linnet_transfers *transfers, linnet_transfer *transfer, uint64_t now)
{
    unlink_from(transfers, transfer);
    link_up(transfers, transfer, now);
}

/* Drops one transfer so that another can grow. False: there is no other. */
static bool drop_other(linnet_transfers *transfers, const linnet_transfer *growing)
{
    linnet_age *age = growing->share->ages.oldest;

    if (age == &growing->of_share)
        age = age->newer;
    if (age && growing->share->octets > transfers->share_octets) {
        linnet_transfers_give(transfers, OF_SHARE(age));
        return true;
    }
    age = transfers->ages.oldest;
    if (age == &growing->of_all)
        age = age->newer;
    if (!age)
        return false;
    linnet_transfers_give(transfers, OF_ALL(age));
    return true;
}

static bool exceeds(const linnet_transfers *transfers, const linnet_transfer *transfer, uint32_t capacity)
{
    return transfers->octets - transfer->capacity + capacity > transfers->octets_limit;
}

static bool resize(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t capacity)
{
    uint8_t *data = transfers->memory.resize(transfers->memory.context, transfer->data, capacity);

    if (!data)
        return false;
    transfers->octets += capacity - transfer->capacity;
    transfer->share->octets += capacity - transfer->capacity;
    transfer->data = data;
    transfer->capacity = capacity;
    return true;
}

/* Twice as much each time, so that a long body takes linear time; not more than the peer says it will be, and a peer
 * that says so gets no more than that either: what it announces is not given before it is used. */
static uint32_t generous(const linnet_transfers *transfers, const linnet_transfer *transfer, uint32_t size)
{
    uint32_t wish = transfer->capacity > UINT32_MAX / 2 ? UINT32_MAX : transfer->capacity * 2;

    if (transfer->whole >= size && wish > transfer->whole)
        wish = transfer->whole;
    return wish < size || exceeds(transfers, transfer, wish) ? size : wish;
}

bool linnet_transfers_reserve(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t size)
{
    uint32_t wish;

    if (size <= transfer->capacity)
        return true;
    if (!transfers->memory.resize || size > transfers->octets_limit)
        return false;
    wish = generous(transfers, transfer, size);
    while (exceeds(transfers, transfer, wish))
        if (!drop_other(transfers, transfer))
            return false;
    if (resize(transfers, transfer, wish))
        return true;
    while (!resize(transfers, transfer, size))
        if (!drop_other(transfers, transfer))
            return false;
    return true;
}
