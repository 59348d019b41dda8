/* The life of a transfer: taken, found by its key, grown, and dropped when it is over, idle, or the oldest. */
#include "engine/transfers.h"

#define OF_RANK(age) LINNET_CONTAINER(age, linnet_transfer, of_rank)
#define OF_SHARE(age) LINNET_CONTAINER(age, linnet_transfer, of_share)

/* That of one network address: ports are free to choose and count for nothing. */
static linnet_share *share_of(const linnet_transfers *transfers, const linnet_path *path)
{
    return &transfers->shares[linnet_hash_network(&transfers->hash_key, path) & transfers->share_mask];
}

static void link_up(linnet_transfer *transfer, linnet_rank *rank, uint64_t now)
{
    linnet_ages_add(&rank->ages, &transfer->of_rank);
    linnet_ages_add(&transfer->share->ages, &transfer->of_share);
    rank->octets += transfer->capacity;
    rank->count++;
    transfer->rank = rank;
    transfer->used_at = now;
}

static void unlink_from(linnet_transfer *transfer)
{
    linnet_ages_remove(&transfer->rank->ages, &transfer->of_rank);
    linnet_ages_remove(&transfer->share->ages, &transfer->of_share);
    transfer->rank->octets -= transfer->capacity;
    transfer->rank->count--;
}

void linnet_transfers_detach(linnet_transfers *transfers, linnet_transfer *transfer)
{
    linnet_table_remove(&transfers->by_key, &transfer->by_key);
    unlink_from(transfer);
    if (linnet_timer_is_set(&transfer->timer))
        linnet_wheel_stop(transfers->wheel, &transfer->timer);
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

static void drop_idle_of(linnet_transfers *transfers, const linnet_rank *rank, uint64_t now)
{
    while (rank->ages.oldest && now >= OF_RANK(rank->ages.oldest)->used_at + transfers->lifetime)
        linnet_transfers_give(transfers, OF_RANK(rank->ages.oldest));
}

static void drop_idle(linnet_transfers *transfers, uint64_t now)
{
    drop_idle_of(transfers, &transfers->begun, now);
    drop_idle_of(transfers, &transfers->going, now);
}

/* The oldest but for one, which may be NULL. */
static linnet_transfer *oldest_of(const linnet_rank *rank, const linnet_transfer *but)
{
    linnet_age *age = rank->ages.oldest;

    if (age && OF_RANK(age) == but)
        age = age->newer;
    return age ? OF_RANK(age) : NULL;
}

static uint32_t three_fourths(uint32_t number) { return number - number / 4u; }

/* The next to make way; NULL: there is none but this one. */
static linnet_transfer *find_oldest(const linnet_transfers *transfers, const linnet_transfer *but)
{
    bool too_many = transfers->going.count > three_fourths(transfers->pool.limit) ||
                    transfers->going.octets > three_fourths(transfers->octets_limit);
    const linnet_rank *first = too_many ? &transfers->going : &transfers->begun;
    linnet_transfer *oldest = oldest_of(first, but);

    return oldest ? oldest : oldest_of(too_many ? &transfers->begun : &transfers->going, but);
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
    if (transfers->pool.in_use == transfers->pool.limit && (transfer = find_oldest(transfers, NULL)) != NULL)
        linnet_transfers_give(transfers, transfer);
    transfer = linnet_pool_take(&transfers->pool);
    if (!transfer)
        return NULL;
    *transfer = (linnet_transfer){.share = share};
    share->count++;
    linnet_table_add(&transfers->by_key, &transfer->by_key, key);
    link_up(transfer, &transfers->begun, now);
    return transfer;
}

void linnet_transfers_touch(linnet_transfers *transfers, linnet_transfer *transfer, uint64_t now)
{
    unlink_from(transfer);
    link_up(transfer, &transfers->going, now);
}

/* Drops one transfer so that another can grow. False: there is no other. */
static bool drop_other(linnet_transfers *transfers, const linnet_transfer *growing)
{
    linnet_age *age = growing->share->ages.oldest;
    linnet_transfer *oldest;

    if (age == &growing->of_share)
        age = age->newer;
    if (age && growing->share->octets > transfers->share_octets) {
        linnet_transfers_give(transfers, OF_SHARE(age));
        return true;
    }
    oldest = find_oldest(transfers, growing);
    if (oldest)
        linnet_transfers_give(transfers, oldest);
    return oldest;
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
    transfer->rank->octets += capacity - transfer->capacity;
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
