#include "net/tunnels.h"

#include <linnet/error.h>
#include <stdlib.h>

typedef struct linnet_tunnel {
    linnet_node by_destination;
    linnet_node by_session; /* when it is open */
    struct linnet_tunnel *next;
    struct linnet_tunnel **link; /* what points to this one */
    linnet_tunnels *owner;
    linnet_waiter waiters; /* the ring's head */
    linnet_waiter riders;  /* likewise: requests that went by it */
    linnet_path path;      /* of the session */
    bool is_open;
} linnet_tunnel;

static uint64_t key_of(const linnet_tunnels *tunnels, const linnet_destination *to)
{
    const linnet_hash_key *key = &tunnels->hash_key;
    linnet_path path = {.peer = to->peer};
    uint64_t hash = linnet_hash_peer(key, &path, 0);
    hash = linnet_hash_chain(key, hash, 0, linnet_view(&to->print, sizeof to->print));
    return linnet_hash_chain(key, hash, 1, linnet_text(to->name));
}

static void take_out(linnet_tunnel *tunnel)
{
    linnet_tunnels *owner = tunnel->owner;
    linnet_table_remove(&owner->by_destination, &tunnel->by_destination);
    if (tunnel->is_open)
        linnet_table_remove(&owner->by_session, &tunnel->by_session);
    *tunnel->link = tunnel->next;
    if (tunnel->next)
        tunnel->next->link = tunnel->link;
}

/* Tells all in the ring, which is nobody's when they are told: whoever is told may ask again. */
static void tell(linnet_waiter *head, int error)
{
    while (head->next != head) {
        linnet_waiter *waiter = head->next;
        linnet_resolver_forget(waiter);
        waiter->done(waiter, error, NULL, 0);
    }
}

static void move_all(linnet_waiter *from, linnet_waiter *to)
{
    *to = (linnet_waiter){.next = to, .previous = to};
    if (from->next == from)
        return;
    *to = *from;
    to->next->previous = to->previous->next = to;
    from->next = from->previous = from;
}

static void drop(linnet_tunnel *tunnel, int error)
{
    linnet_waiter waiting, riding;
    move_all(&tunnel->waiters, &waiting);
    move_all(&tunnel->riders, &riding);
    take_out(tunnel);
    free(tunnel);
    tell(&waiting, error);
    tell(&riding, LINNET_ECLOSED);
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    linnet_tunnels *tunnels = context;
    linnet_tunnel *tunnel = tag;
    linnet_waiter waiting;
    (void)now;
    if (error != 0) {
        drop(tunnel, error);
        return;
    }
    tunnel->path = *path;
    tunnel->is_open = true;
    linnet_table_add(&tunnels->by_session, &tunnel->by_session, path->peer.session);
    move_all(&tunnel->waiters, &waiting);
    tell(&waiting, 0);
}

static linnet_tunnel *find_session(const linnet_tunnels *tunnels, uint32_t session)
{
    linnet_node *node = tunnels->by_session.buckets ? linnet_table_find(&tunnels->by_session, session) : NULL;
    return node ? LINNET_CONTAINER(node, linnet_tunnel, by_session) : NULL;
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    linnet_tunnel *tunnel = find_session(context, path->peer.session);
    (void)now;
    if (tunnel)
        drop(tunnel, error);
}

static linnet_table make_table(void)
{
    return (linnet_table){calloc(LINNET_TUNNEL_BUCKETS, sizeof(linnet_node *)), LINNET_TUNNEL_BUCKETS - 1u};
}

static void free_tables(linnet_tunnels *tunnels)
{
    free(tunnels->by_destination.buckets);
    free(tunnels->by_session.buckets);
    tunnels->by_destination.buckets = tunnels->by_session.buckets = NULL;
}

/* Made when they are first needed: most clients are plain. */
static int start(linnet_tunnels *tunnels)
{
    linnet_secured_config config = {
        .limits = tunnels->limits, .connected = connected, .ended = ended, .context = tunnels};
    if (tunnels->by_destination.buckets)
        return 0;
    tunnels->by_destination = make_table();
    tunnels->by_session = make_table();
    linnet_random_fill(&tunnels->loop->random, &tunnels->hash_key, sizeof tunnels->hash_key);
    int error = tunnels->by_destination.buckets && tunnels->by_session.buckets
                    ? linnet_secured_open(tunnels->loop, &config)
                    : LINNET_ENOMEM;
    if (error != 0) {
        linnet_secured_close(tunnels->loop);
        free_tables(tunnels);
    }
    return error;
}

int linnet_tunnels_open(linnet_tunnels *tunnels, const linnet_credentials *credentials)
{
    tunnels->deadline = UINT64_MAX;
    tunnels->resting.next = tunnels->resting.previous = &tunnels->resting;
    if (!credentials)
        return 0;
    int error = linnet_keyring_print(credentials, &tunnels->print);
    return error ? error : linnet_keyring_open(&tunnels->keyring, credentials, false);
}

void linnet_tunnels_stop(linnet_tunnels *tunnels, int error)
{
    for (linnet_tunnel *tunnel = tunnels->first, *next; tunnel; tunnel = next) {
        next = tunnel->next;
        drop(tunnel, error);
    }
    if (tunnels->resting.next)
        tell(&tunnels->resting, error);
}

void linnet_tunnels_close(linnet_tunnels *tunnels)
{
    for (size_t i = 0; i < LINNET_KEYRINGS; i++)
        linnet_keyring_release(tunnels->known[i].keyring);
    linnet_keyring_release(tunnels->keyring);
    tunnels->keyring = NULL;
    free_tables(tunnels);
}

int linnet_tunnels_choose(linnet_tunnels *tunnels, const linnet_credentials *credentials,
                          linnet_destination *destination)
{
    if (!credentials) {
        destination->keyring = tunnels->keyring;
        destination->print = tunnels->print;
        return tunnels->keyring ? 0 : LINNET_ECREDENTIALS;
    }
    int error = linnet_keyring_print(credentials, &destination->print);
    if (error != 0)
        return error;
    for (size_t i = 0; i < LINNET_KEYRINGS; i++) {
        if (tunnels->known[i].keyring && tunnels->known[i].print == destination->print) {
            destination->keyring = tunnels->known[i].keyring;
            return 0;
        }
    }
    error = linnet_keyring_open(&destination->keyring, credentials, false);
    if (error != 0)
        return error;
    linnet_known_keyring *place = &tunnels->known[tunnels->next_known++ % LINNET_KEYRINGS];
    linnet_keyring_release(place->keyring);
    *place = (linnet_known_keyring){destination->print, destination->keyring};
    return 0;
}

/* A socket of ours that has no session with that peer yet: to it, that would be the same endpoint. */
static int find_socket(linnet_tunnels *tunnels, const linnet_address *peer)
{
    linnet_path way = {.peer = *peer};
    for (size_t i = 0; i < tunnels->loop->socket_count; i++) {
        way.socket = (uint16_t)i;
        if (!linnet_dtls_is_taken(tunnels->loop->dtls, &way))
            return (int)i;
    }
    return tunnels->add_socket(tunnels->context);
}

static int connect_tunnel(linnet_tunnels *tunnels, uint64_t now, const linnet_destination *to, linnet_waiter *waiter)
{
    int socket = find_socket(tunnels, &to->peer);
    linnet_tunnel *tunnel = socket >= 0 ? calloc(1, sizeof *tunnel) : NULL;
    if (!tunnel)
        return socket < 0 ? socket : LINNET_ENOMEM;
    linnet_path way = {.peer = to->peer, .socket = (uint16_t)socket};
    int error = linnet_dtls_connect(tunnels->loop->dtls, now, &way, to->keyring, to->name, tunnel);
    if (error != 0) {
        free(tunnel);
        return error;
    }
    tunnel->owner = tunnels;
    tunnel->waiters.next = tunnel->waiters.previous = &tunnel->waiters;
    tunnel->riders.next = tunnel->riders.previous = &tunnel->riders;
    tunnel->next = tunnels->first;
    tunnel->link = &tunnels->first;
    if (tunnel->next)
        tunnel->next->link = &tunnel->next;
    tunnels->first = tunnel;
    linnet_table_add(&tunnels->by_destination, &tunnel->by_destination, key_of(tunnels, to));
    linnet_waiter_add(&tunnel->waiters, waiter);
    return 0;
}

int linnet_tunnels_ask(linnet_tunnels *tunnels, uint64_t now, const linnet_destination *to, linnet_waiter *waiter,
                       linnet_path *path)
{
    int error = start(tunnels);
    if (error != 0)
        return error;
    linnet_node *node = linnet_table_find(&tunnels->by_destination, key_of(tunnels, to));
    linnet_tunnel *tunnel = node ? LINNET_CONTAINER(node, linnet_tunnel, by_destination) : NULL;
    if (tunnel && tunnel->is_open) {
        *path = tunnel->path;
        return 1;
    }
    if (tunnel)
        linnet_waiter_add(&tunnel->waiters, waiter);
    else
        error = connect_tunnel(tunnels, now, to, waiter);
    if (error == 0 && waiter->deadline < tunnels->deadline)
        tunnels->deadline = waiter->deadline;
    return error;
}

void linnet_tunnels_ride(const linnet_tunnels *tunnels, uint32_t session, linnet_waiter *rider)
{
    linnet_tunnel *tunnel = find_session(tunnels, session);
    if (tunnel)
        linnet_waiter_add(&tunnel->riders, rider);
}

void linnet_tunnels_doubt(linnet_tunnels *tunnels, uint32_t session)
{
    linnet_tunnel *tunnel = find_session(tunnels, session);
    if (!tunnel)
        return;
    linnet_dtls_end(tunnels->loop->dtls, session);
    drop(tunnel, LINNET_ECLOSED);
}

static void expect(linnet_tunnels *tunnels, uint64_t when)
{
    if (when < tunnels->deadline)
        tunnels->deadline = when;
}

void linnet_tunnels_rest(linnet_tunnels *tunnels, linnet_waiter *waiter)
{
    linnet_waiter_add(&tunnels->resting, waiter);
    expect(tunnels, waiter->deadline);
}

void linnet_tunnels_advance(linnet_tunnels *tunnels, uint64_t now)
{
    linnet_waiter late = {.next = &late, .previous = &late};
    if (now < tunnels->deadline)
        return;
    tunnels->deadline = linnet_waiters_move(&tunnels->resting, &late, now);
    for (linnet_tunnel *tunnel = tunnels->first; tunnel; tunnel = tunnel->next)
        expect(tunnels, linnet_waiters_move(&tunnel->waiters, &late, now));
    tell(&late, LINNET_ETIMEOUT);
}
