/* The client role: a record for each peer that has requests outstanding or waiting. NSTART holds requests back in a
 * queue; a socket whose message IDs are used up makes way for the next. */
#include "client/peers.h"

#include <linnet/error.h>

#define PROBING_RATE 1u /* RFC 7252 4.8 */

typedef linnet_waiting_request request;
typedef linnet_peer peer;

struct linnet_requests {
    linnet_requests_config config;
    linnet_limits limits;
    linnet_pool requests;
    linnet_peers peers;
    peer *starved;
    uint64_t retry_at;
    uint32_t nstart;
    uint32_t initial_timeout; /* ACK_TIMEOUT, microseconds: of peers whose round-trip time is not known */
    uint16_t sockets;         /* how many are open */
    uint16_t socket;          /* where a new peer starts to look for message IDs */
    bool cancelling;
    bool held; /* nothing that waits is sent any more */
};

static void lay_out(linnet_requests *requests, linnet_arena *arena, const linnet_limits *limits)
{
    uint32_t buckets = linnet_power_of_two(limits->peers, 1);
    void *memory = linnet_arena_take(arena, limits->exchanges, sizeof(request));

    linnet_pool_init(&requests->requests, memory, sizeof(request), limits->exchanges);
    memory = linnet_arena_take(arena, limits->peers, sizeof(peer));
    linnet_pool_init(&requests->peers.pool, memory, sizeof(peer), limits->peers);
    requests->peers.by_address = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
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
    requests->initial_timeout = (uint32_t)timing.ack_timeout;
    requests->sockets = 1;
    requests->retry_at = UINT64_MAX;
    *made = requests;
    return 0;
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

/* How long to wait for an acknowledgement is known, where the peer has answered before. */
static void set_timeout(linnet_requests *requests, uint64_t now, const request *ready)
{
    linnet_endpoint *endpoint = requests->config.endpoint;
    uint32_t timeout;

    if (!ready->cocoa)
        return;
    timeout =
        linnet_rto_at(&ready->peer->rto, now, linnet_rto_initial(requests->initial_timeout, ready->peer->outstanding));
    linnet_outgoing_set_timeout(endpoint, ready->exchange, linnet_rto_dithered(timeout, linnet_random(endpoint)),
                                linnet_rto_backoff(timeout));
}

static int launched(uint64_t now, request *ready, int error)
{
    if (error != 0)
        return error;
    ready->outstanding = true;
    ready->peer->outstanding++;
    if (ready->probes)
        linnet_probing_sent(&ready->peer->probing, now, ready->octets, ready->probing_rate);
    return 0;
}

/* Launches from the first socket, round from the peer's last, that has a message ID left; opens one more if none has.
 */
static int launch(linnet_requests *requests, uint64_t now, request *ready)
{
    linnet_endpoint *endpoint = requests->config.endpoint;
    peer *to = ready->peer;
    int error = LINNET_EMESSAGEID;

    set_timeout(requests, now, ready);
    if (to->address.session != 0) /* a session is where it was set up */
        return launched(now, ready, linnet_endpoint_launch(endpoint, now, ready->exchange, to->socket));
    for (unsigned tried = 0; tried < requests->sockets && error == LINNET_EMESSAGEID; tried++) {
        if (tried > 0)
            to->socket = (uint16_t)(to->socket + 1u < requests->sockets ? to->socket + 1u : 0);
        error = linnet_endpoint_launch(endpoint, now, ready->exchange, to->socket);
    }
    if (error == LINNET_EMESSAGEID && open_socket(requests)) {
        to->socket = (uint16_t)(requests->sockets - 1u);
        error = linnet_endpoint_launch(endpoint, now, ready->exchange, to->socket);
    }
    if (error == 0)
        requests->socket = to->socket;
    return launched(now, ready, error);
}

/* When one of the sockets has a message ID for that peer again. Others may take it: then the queue waits once more. */
static uint64_t id_free_at(const linnet_requests *requests, const peer *to)
{
    uint64_t soonest = UINT64_MAX;

    for (uint16_t socket = 0; socket < requests->sockets; socket++) {
        linnet_path path = {.peer = to->address, .socket = socket};
        uint64_t when = linnet_transmit_id_free_at(requests->config.endpoint, &path);
        soonest = when < soonest ? when : soonest;
    }
    return soonest;
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

/* Sends what NSTART, PROBING_RATE and the message IDs allow now. */
static void pump(linnet_requests *requests, peer *to)
{
    linnet_endpoint *endpoint = requests->config.endpoint;
    request *ready;

    if (to->pumping || endpoint->cleared || requests->held || (!to->waiting.first && !to->held.first))
        return;
    if (requests->cancelling) { /* nobody said what time it is now */
        starve(requests, 0, to);
        return;
    }
    to->pumping = true;
    while ((ready = linnet_peer_next(&requests->peers, to, endpoint->now)) != NULL) {
        linnet_queue *queue = ready->queue;
        int error;
        linnet_queue_remove(ready);
        error = launch(requests, endpoint->now, ready);
        if (error == LINNET_EMESSAGEID) {
            linnet_queue_add(queue, ready, true);
            starve(requests, id_free_at(requests, to), to);
            break;
        }
        if (error != 0)
            (void)linnet_endpoint_cancel(endpoint, ready->exchange, error);
    }
    to->pumping = false;
}

static void measured(linnet_requests *requests, const request *of, uint64_t round_trip, uint32_t retransmissions)
{
    if (of->cocoa && of->outstanding)
        linnet_rto_measured(&of->peer->rto, requests->config.endpoint->now, requests->initial_timeout, round_trip,
                            retransmissions);
}

/* NSTART counts it no longer: it is acknowledged; or non-confirmable, and no answer is expected any more. */
static void released(void *context)
{
    request *sent = context;
    linnet_endpoint *endpoint = sent->requests->config.endpoint;
    const linnet_exchange_state *exchange = linnet_exchanges_get(&endpoint->exchanges, sent->exchange);

    if (!sent->outstanding)
        return;
    if (sent->probes)
        linnet_probing_unanswered(&sent->peer->probing);
    else if (exchange && exchange->phase == LINNET_PHASE_AWAITING && endpoint->now > exchange->part.client.started)
        measured(sent->requests, sent, endpoint->now - exchange->part.client.started, exchange->transmissions - 1u);
    sent->outstanding = false;
    sent->peer->outstanding--;
    if (sent->released)
        sent->released(sent->context);
    pump(sent->requests, sent->peer);
}

/* Whatever it was, the peer has said something. */
static bool is_answer(const linnet_response *response)
{
    return response->error == 0 || response->error == LINNET_ERESET || response->error == LINNET_EOPTION ||
           response->error == LINNET_ETOOBIG;
}

static void learn(const request *from, const linnet_response *response)
{
    if (is_answer(response))
        linnet_probing_heard(&from->peer->probing);
    else if (from->probes && !from->queue)
        linnet_probing_unanswered(&from->peer->probing);
    if (response->error == 0 && response->message.type == LINNET_ACK)
        measured(from->requests, from, response->round_trip_us, response->retransmissions);
}

static void ended(const linnet_response *response, void *context)
{
    request *over = context;
    linnet_requests *requests = over->requests;
    linnet_response_handler *done = over->done;
    void *done_context = over->context;
    peer *to = over->peer;

    learn(over, response);
    if (response->more) { /* a notification: the request stays */
        done(response, done_context);
        return;
    }
    if (over->queue)
        linnet_queue_remove(over);
    if (over->outstanding)
        to->outstanding--;
    to->count--;
    linnet_pool_give(&requests->requests, over);
    pump(requests, to);
    linnet_peers_give(&requests->peers, to, requests->config.endpoint->now);
    if (done)
        done(response, done_context);
}

/* Prepared, the request is sent or waits its turn. An error takes everything back, without a call of `done`. */
static int start(linnet_requests *requests, uint64_t now, request *fresh)
{
    peer *to = fresh->peer;
    int error = 0;

    if (linnet_peer_is_busy(to, fresh, now)) {
        linnet_queue_add(&to->waiting, fresh, false);
        (void)linnet_peer_next(&requests->peers, to, now); /* so that the timer is set */
        return 0;
    }
    error = launch(requests, now, fresh);
    if (error == LINNET_EMESSAGEID) {
        linnet_queue_add(&to->waiting, fresh, false);
        starve(requests, id_free_at(requests, to), to);
        return 0;
    }
    if (error != 0) {
        fresh->done = NULL;
        (void)linnet_endpoint_cancel(requests->config.endpoint, fresh->exchange, error);
    }
    return error;
}

static void fill(request *fresh, const linnet_requests *requests, const linnet_path *path,
                 const linnet_outgoing *outgoing)
{
    const linnet_transmission *own = &outgoing->transmission, *common = &requests->config.transmission;

    fresh->done = outgoing->done;
    fresh->released = outgoing->released;
    fresh->context = outgoing->context;
    fresh->nstart = own->nstart ? own->nstart : requests->nstart;
    fresh->octets = (uint32_t)(LINNET_MESSAGE_HEADER_SIZE + LINNET_TOKEN_MAX + 1u + outgoing->options.size +
                               outgoing->payload.size);
    fresh->probing_rate = own->probing_rate ? own->probing_rate : common->probing_rate;
    fresh->probing_rate = fresh->probing_rate ? fresh->probing_rate : PROBING_RATE;
    /* To a group goes one request for the answers of many, none of which comes from the group's address. */
    fresh->probes = outgoing->type == LINNET_NON && !linnet_address_is_multicast(&path->peer);
    /* Who sets a timeout for one request wants that. */
    fresh->cocoa = outgoing->type == LINNET_CON && (own->cocoa || common->cocoa) && !own->ack_timeout_ms;
}

int linnet_requests_send(linnet_requests *requests, uint64_t now, const linnet_path *path,
                         const linnet_outgoing *outgoing, linnet_exchange *exchange)
{
    linnet_outgoing wrapped = *outgoing;
    peer *to = linnet_peers_take(&requests->peers, requests->config.endpoint, &path->peer,
                                 path->peer.session != 0 ? path->socket : requests->socket);
    request *fresh = to ? linnet_pool_take(&requests->requests) : NULL;
    linnet_exchange id;
    int error = LINNET_EBUSY;

    if (fresh) {
        *fresh = (request){.requests = requests, .peer = to};
        fill(fresh, requests, path, outgoing);
        wrapped.done = outgoing->done ? ended : NULL;
        wrapped.released = released;
        wrapped.context = fresh;
        error = linnet_endpoint_prepare(requests->config.endpoint, now, path, &wrapped, &fresh->exchange);
        if (error != 0)
            linnet_pool_give(&requests->requests, fresh);
    }
    if (error != 0) {
        if (to)
            linnet_peers_give(&requests->peers, to, now);
        return error;
    }
    to->count++;
    id = fresh->exchange;
    error = start(requests, now, fresh);
    if (error == 0 && exchange)
        *exchange = id;
    return error;
}

linnet_peer *linnet_requests_take_peer(linnet_requests *requests, const linnet_address *address)
{
    peer *to = linnet_peers_take(&requests->peers, requests->config.endpoint, address, requests->socket);

    if (to)
        to->count++;
    return to;
}

void linnet_requests_give_peer(linnet_requests *requests, linnet_peer *to)
{
    to->count--;
    linnet_peers_give(&requests->peers, to, requests->config.endpoint->now);
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

uint64_t linnet_requests_deadline(const linnet_requests *requests)
{
    uint64_t paid = linnet_wheel_deadline(&requests->peers.wheel);

    return paid < requests->retry_at ? paid : requests->retry_at;
}

static void retry_starved(linnet_requests *requests, uint64_t now)
{
    peer *starved = requests->starved;

    requests->starved = NULL;
    requests->retry_at = UINT64_MAX;
    while (starved) {
        peer *to = starved;
        starved = to->next_starved;
        to->starved = false;
        pump(requests, to);
        linnet_peers_give(&requests->peers, to, now);
    }
}

/* The debt to a silent peer is paid: the next request goes, or the record, where there is none. */
static void debt_paid(linnet_requests *requests, peer *to, uint64_t now)
{
    if (to->idle)
        to = linnet_peers_take(&requests->peers, requests->config.endpoint, &to->address, 0);
    pump(requests, to);
    linnet_peers_give(&requests->peers, to, now);
}

void linnet_requests_advance(linnet_requests *requests, uint64_t now)
{
    linnet_timer *timer;

    requests->config.endpoint->now = now;
    if (now >= requests->retry_at)
        retry_starved(requests, now);
    while ((timer = linnet_wheel_expire(&requests->peers.wheel, now)) != NULL)
        debt_paid(requests, LINNET_CONTAINER(timer, peer, timer), now);
}
