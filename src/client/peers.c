/* Records of peers: found by address, kept as long as there is use for them. */
#include "client/peers.h"

static void unlink_idle(linnet_peers *peers, linnet_peer *peer)
{
    if (!peer->idle)
        return;
    peer->idle = false;
    *(peer->newer ? &peer->newer->older : &peers->newest_idle) = peer->older;
    *(peer->older ? &peer->older->newer : &peers->oldest_idle) = peer->newer;
}

static void link_idle(linnet_peers *peers, linnet_peer *peer)
{
    peer->idle = true;
    peer->newer = NULL;
    peer->older = peers->newest_idle;
    *(peers->newest_idle ? &peers->newest_idle->newer : &peers->oldest_idle) = peer;
    peers->newest_idle = peer;
}

static void release(linnet_peers *peers, linnet_peer *peer)
{
    unlink_idle(peers, peer);
    linnet_wheel_stop(&peers->wheel, &peer->timer);
    linnet_table_remove(&peers->by_address, &peer->node);
    linnet_pool_give(&peers->pool, peer);
}

linnet_peer *linnet_peers_take(linnet_peers *peers, const linnet_endpoint *endpoint, const linnet_address *address,
                               uint16_t socket)
{
    linnet_path path = {.peer = *address};
    uint64_t key = linnet_hash_peer(&endpoint->hash_key, &path, 0);
    linnet_node *node = linnet_table_find(&peers->by_address, key);
    linnet_peer *peer;

    if (node) {
        peer = LINNET_CONTAINER(node, linnet_peer, node);
        unlink_idle(peers, peer);
        return peer;
    }
    if (peers->pool.in_use == peers->pool.limit && peers->oldest_idle)
        release(peers, peers->oldest_idle);
    peer = linnet_pool_take(&peers->pool);
    if (!peer)
        return NULL;
    *peer = (linnet_peer){.address = *address, .socket = socket};
    linnet_table_add(&peers->by_address, &peer->node, key);
    return peer;
}

void linnet_peers_give(linnet_peers *peers, linnet_peer *peer, uint64_t now)
{
    bool owes = linnet_probing_holds(&peer->probing, now);

    if (peer->count > 0 || peer->starved || peer->pumping || peer->idle)
        return;
    if (!owes && peer->rto.overall == 0 && peer->q_block == LINNET_PEER_Q_UNKNOWN) {
        release(peers, peer);
        return;
    }
    link_idle(peers, peer);
    if (owes)
        linnet_wheel_set(&peers->wheel, &peer->timer, peer->probing.until);
}

void linnet_queue_add(linnet_queue *queue, linnet_waiting_request *request, bool at_front)
{
    request->queue = queue;
    request->previous = at_front ? NULL : queue->last;
    request->next = at_front ? queue->first : NULL;
    *(request->previous ? &request->previous->next : &queue->first) = request;
    *(request->next ? &request->next->previous : &queue->last) = request;
}

void linnet_queue_remove(linnet_waiting_request *request)
{
    linnet_queue *queue = request->queue;

    request->queue = NULL;
    *(request->previous ? &request->previous->next : &queue->first) = request->next;
    *(request->next ? &request->next->previous : &queue->last) = request->previous;
}

/* Behind the debt, or behind another that waits for it. */
static bool is_held(const linnet_peer *peer, const linnet_waiting_request *request, uint64_t now)
{
    return request->probes && (peer->held.first || linnet_probing_holds(&peer->probing, now));
}

bool linnet_peer_is_busy(const linnet_peer *peer, const linnet_waiting_request *request, uint64_t now)
{
    return peer->waiting.first || peer->outstanding >= request->nstart || is_held(peer, request, now);
}

linnet_waiting_request *linnet_peer_next(linnet_peers *peers, linnet_peer *peer, uint64_t now)
{
    linnet_waiting_request *first = peer->held.first;

    if (first && !linnet_probing_holds(&peer->probing, now) && peer->outstanding < first->nstart)
        return first;
    while ((first = peer->waiting.first) != NULL && is_held(peer, first, now)) {
        linnet_queue_remove(first);
        linnet_queue_add(&peer->held, first, false);
    }
    if (peer->held.first && linnet_probing_holds(&peer->probing, now))
        linnet_wheel_set(&peers->wheel, &peer->timer, peer->probing.until);
    return first && peer->outstanding < first->nstart ? first : NULL;
}
