/* The client role: a record for each peer that has requests outstanding or waiting. NSTART holds requests back in a
 * queue; a socket whose message IDs are used up makes way for the next. */
#include "engine/endpoint.h"
#include "engine/limits.h"

#include <linnet/error.h>
#include <linnet/requests.h>

/* How long to wait before asking again for a free message ID, microseconds. They come free in segments of 4096. */
#define RETRY_INTERVAL 1000000u

typedef struct request {
    struct request *next; /* in its peer's queue, while it waits */
    struct request *previous;
    struct linnet_requests *requests;
    struct peer *peer;
    linnet_exchange exchange;
    linnet_response_handler *done;
    void *context;
    uint32_t nstart;
    bool queued;
    bool outstanding; /* NSTART counts it */
} request;

typedef struct peer {
    linnet_node node;
    linnet_address address;
    request *first; /* of the queue */
    request *last;
    struct peer *next_starved;
    uint32_t count; /* of all its requests; those that are neither outstanding nor queued are acknowledged */
    uint32_t outstanding;
    uint16_t socket; /* the one that had a message ID last */
    bool starved;    /* waits for a message ID, or for the time */
    bool pumping;
} peer;

struct linnet_requests {
    linnet_requests_config config;
    linnet_limits limits;
    linnet_pool requests;
    linnet_pool peers;
    linnet_table by_address;
    peer *starved;
    uint64_t retry_at;
    uint32_t nstart;
    uint16_t sockets; /* how many are open */
    uint16_t socket;  /* where a new peer starts to look for message IDs */
    bool cancelling;
    bool held; /* nothing that waits is sent any more */
};

static void lay_out(linnet_requests *requests, linnet_arena *arena, const linnet_limits *limits)
{
    uint32_t buckets = linnet_power_of_two(limits->peers, 1);
    void *memory = linnet_arena_take(arena, limits->exchanges, sizeof(request));

    linnet_pool_init(&requests->requests, memory, sizeof(request), limits->exchanges);
    memory = linnet_arena_take(arena, limits->peers, sizeof(peer));
    linnet_pool_init(&requests->peers, memory, sizeof(peer), limits->peers);
    requests->by_address = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
}

size_t linnet_requests_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_requests requests;

    (void)linnet_arena_take(&arena, 1, sizeof requests);
    lay_out(&requests, &arena, &filled);
    return arena.used;
}

int linnet_requests_init(linnet_requests **made, void *memory, size_t size, const linnet_requests_config *config)
{
    linnet_limits limits = linnet_limits_filled(&config->limits);
    linnet_arena arena = {.memory = memory};
    linnet_requests *requests;
    linnet_timing timing;

    *made = NULL;
    if (linnet_timing_set(&timing, &config->transmission, NULL) != 0)
        return LINNET_EINVAL;
    if (size < linnet_requests_memory(&config->limits))
        return LINNET_ENOMEM;
    requests = linnet_arena_take(&arena, 1, sizeof *requests);
    lay_out(requests, &arena, &limits);
    requests->config = *config;
    requests->limits = limits;
    requests->nstart = timing.nstart;
    requests->sockets = 1;
    requests->retry_at = UINT64_MAX;
    *made = requests;
    return 0;
}

static uint64_t peer_key(const linnet_requests *requests, const linnet_address *address)
{
    linnet_path path = {.peer = *address};

    return linnet_hash_peer(&requests->config.endpoint->hash_key, &path, 0);
}

static peer *take_peer(linnet_requests *requests, const linnet_address *address)
{
    uint64_t key = peer_key(requests, address);
    linnet_node *node = linnet_table_find(&requests->by_address, key);
    peer *to;

    if (node)
        return LINNET_CONTAINER(node, peer, node);
    to = linnet_pool_take(&requests->peers);
    if (!to)
        return NULL;
    *to = (peer){.address = *address, .socket = requests->socket};
    linnet_table_add(&requests->by_address, &to->node, key);
    return to;
}

static void give_peer_if_idle(linnet_requests *requests, peer *to)
{
    if (to->count > 0 || to->starved || to->pumping)
        return;
    linnet_table_remove(&requests->by_address, &to->node);
    linnet_pool_give(&requests->peers, to);
}

static void enqueue(request *waiting, bool at_front)
{
    peer *to = waiting->peer;

    waiting->queued = true;
    waiting->previous = at_front ? NULL : to->last;
    waiting->next = at_front ? to->first : NULL;
    *(waiting->previous ? &waiting->previous->next : &to->first) = waiting;
    *(waiting->next ? &waiting->next->previous : &to->last) = waiting;
}

static void dequeue(request *waiting)
{
    peer *to = waiting->peer;

    waiting->queued = false;
    *(waiting->previous ? &waiting->previous->next : &to->first) = waiting->next;
    *(waiting->next ? &waiting->next->previous : &to->last) = waiting->previous;
}

/* One more socket, if the owner has one to give. */
static bool open_socket(linnet_requests *requests)
{
    const linnet_requests_config *config = &requests->config;

    if (!config->open_socket || requests->sockets >= requests->limits.source_ports ||
        config->open_socket(config->context, requests->sockets) != 0)
        return false;
    requests->sockets++;
    return true;
}

/* Launches from the first socket, round from the peer's last, that has a message ID left; opens one more if none has.
 */
static int launch(linnet_requests *requests, uint64_t now, request *ready)
{
    linnet_endpoint *endpoint = requests->config.endpoint;
    peer *to = ready->peer;
    int error = LINNET_EMESSAGEID;

    for (unsigned tried = 0; tried < requests->sockets && error == LINNET_EMESSAGEID; tried++) {
        if (tried > 0)
            to->socket = (uint16_t)(to->socket + 1u < requests->sockets ? to->socket + 1u : 0);
        error = linnet_endpoint_launch(endpoint, now, ready->exchange, to->socket);
    }
    if (error == LINNET_EMESSAGEID && open_socket(requests)) {
        to->socket = (uint16_t)(requests->sockets - 1u);
        error = linnet_endpoint_launch(endpoint, now, ready->exchange, to->socket);
    }
    if (error != 0)
        return error;
    requests->socket = to->socket;
    ready->outstanding = true;
    to->outstanding++;
    return 0;
}

/* Puts the queue off until `when`. */
static void starve(linnet_requests *requests, uint64_t when, peer *to)
{
    if (!to->starved) {
        to->starved = true;
        to->next_starved = requests->starved;
        requests->starved = to;
    }
    if (when < requests->retry_at)
        requests->retry_at = when;
}

/* Sends what NSTART and the message IDs allow now. */
static void pump(linnet_requests *requests, peer *to)
{
    linnet_endpoint *endpoint = requests->config.endpoint;

    if (to->pumping || !to->first || to->outstanding >= to->first->nstart || endpoint->cleared || requests->held)
        return;
    if (requests->cancelling) { /* nobody said what time it is now */
        starve(requests, 0, to);
        return;
    }
    to->pumping = true;
    while (to->first && to->outstanding < to->first->nstart) {
        request *ready = to->first;
        int error;
        dequeue(ready);
        error = launch(requests, endpoint->now, ready);
        if (error == LINNET_EMESSAGEID) {
            enqueue(ready, true);
            starve(requests, endpoint->now + RETRY_INTERVAL, to);
            break;
        }
        if (error != 0)
            (void)linnet_endpoint_cancel(endpoint, ready->exchange, error);
    }
    to->pumping = false;
}

static void released(void *context)
{
    request *sent = context;

    if (!sent->outstanding)
        return;
    sent->outstanding = false;
    sent->peer->outstanding--;
    pump(sent->requests, sent->peer);
}

static void ended(const linnet_response *response, void *context)
{
    request *over = context;
    linnet_requests *requests = over->requests;
    linnet_response_handler *done = over->done;
    void *done_context = over->context;
    peer *to = over->peer;

    if (response->more) { /* a notification: the request stays */
        done(response, done_context);
        return;
    }
    if (over->queued)
        dequeue(over);
    if (over->outstanding)
        to->outstanding--;
    to->count--;
    linnet_pool_give(&requests->requests, over);
    pump(requests, to);
    give_peer_if_idle(requests, to);
    if (done)
        done(response, done_context);
}

/* Prepared, the request is sent or waits its turn. An error takes everything back, without a call of `done`. */
static int start(linnet_requests *requests, uint64_t now, request *fresh)
{
    peer *to = fresh->peer;
    int error = 0;

    if (to->first || to->outstanding >= fresh->nstart) {
        enqueue(fresh, false);
        return 0;
    }
    error = launch(requests, now, fresh);
    if (error == LINNET_EMESSAGEID) {
        enqueue(fresh, false);
        starve(requests, now + RETRY_INTERVAL, to);
        return 0;
    }
    if (error != 0) {
        fresh->done = NULL;
        (void)linnet_endpoint_cancel(requests->config.endpoint, fresh->exchange, error);
    }
    return error;
}

int linnet_requests_send(linnet_requests *requests, uint64_t now, const linnet_path *path,
                         const linnet_outgoing *outgoing, linnet_exchange *exchange)
{
    linnet_outgoing wrapped = *outgoing;
    peer *to = take_peer(requests, &path->peer);
    request *fresh = to ? linnet_pool_take(&requests->requests) : NULL;
    linnet_exchange id;
    int error = LINNET_EBUSY;

    if (fresh) {
        *fresh = (request){.requests = requests, .peer = to, .done = outgoing->done, .context = outgoing->context};
        fresh->nstart = outgoing->transmission.nstart ? outgoing->transmission.nstart : requests->nstart;
        wrapped.done = outgoing->done ? ended : NULL;
        wrapped.released = released;
        wrapped.context = fresh;
        error = linnet_endpoint_prepare(requests->config.endpoint, now, path, &wrapped, &fresh->exchange);
        if (error != 0)
            linnet_pool_give(&requests->requests, fresh);
    }
    if (error != 0) {
        if (to)
            give_peer_if_idle(requests, to);
        return error;
    }
    to->count++;
    id = fresh->exchange;
    error = start(requests, now, fresh);
    if (error == 0 && exchange)
        *exchange = id;
    return error;
}

int linnet_requests_cancel(linnet_requests *requests, linnet_exchange exchange, int error)
{
    bool outer = requests->cancelling;

    requests->cancelling = true;
    error = linnet_endpoint_cancel(requests->config.endpoint, exchange, error);
    requests->cancelling = outer;
    return error;
}

void linnet_requests_hold(linnet_requests *requests) { requests->held = true; }

size_t linnet_requests_pending(const linnet_requests *requests) { return requests->requests.in_use; }

uint64_t linnet_requests_deadline(const linnet_requests *requests) { return requests->retry_at; }

void linnet_requests_advance(linnet_requests *requests, uint64_t now)
{
    peer *starved = requests->starved;

    if (now < requests->retry_at)
        return;
    requests->config.endpoint->now = now;
    requests->starved = NULL;
    requests->retry_at = UINT64_MAX;
    while (starved) {
        peer *to = starved;
        starved = to->next_starved;
        to->starved = false;
        pump(requests, to);
        give_peer_if_idle(requests, to);
    }
}
