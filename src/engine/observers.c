/* The memory of observers and subjects, how observers are found, and the queues that they stand in. */
#include "engine/observers.h"

#include "engine/limits.h"

#include <linnet/error.h>

static uint32_t buckets_for(uint32_t count)
{
    uint32_t buckets = 1;

    while (buckets < count && buckets < (uint32_t)1 << 31)
        buckets <<= 1;
    return buckets;
}

static void lay_out_table(linnet_table *table, linnet_arena *arena, uint32_t count)
{
    uint32_t buckets = buckets_for(count);

    *table = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
}

static void lay_out(linnet_observers *observers, linnet_arena *arena, const linnet_limits *limits)
{
    size_t size = sizeof(linnet_subject) + 2 * (size_t)limits->message_size;
    void *memory;

    size = (size + sizeof(uint64_t) - 1u) & ~(sizeof(uint64_t) - 1u);
    memory = linnet_arena_take(arena, limits->observers, sizeof(linnet_observer));
    linnet_pool_init(&observers->pool, memory, sizeof(linnet_observer), limits->observers);
    memory = linnet_arena_take(arena, limits->observed, size);
    linnet_pool_init(&observers->subjects, memory, size, limits->observed);
    lay_out_table(&observers->by_token, arena, limits->observers);
    lay_out_table(&observers->by_id, arena, limits->observers);
    lay_out_table(&observers->by_request, arena, limits->observed);
}

size_t linnet_observers_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_observers observers;

    (void)linnet_arena_take(&arena, 1, sizeof observers);
    lay_out(&observers, &arena, &filled);
    return arena.used;
}

int linnet_observers_init(linnet_observers **made, void *memory, size_t size, linnet_endpoint *endpoint)
{
    linnet_limits limits = linnet_limits_filled(&endpoint->config.limits);
    linnet_arena arena = {.memory = memory};
    linnet_observers *observers;

    *made = NULL;
    if (size < linnet_observers_memory(&endpoint->config.limits))
        return LINNET_ENOMEM;
    observers = linnet_arena_take(&arena, 1, sizeof *observers);
    observers->calls = &linnet_observing_calls;
    observers->endpoint = endpoint;
    lay_out(observers, &arena, &limits);
    endpoint->observers = observers;
    *made = observers;
    return 0;
}

size_t linnet_observers_count(const linnet_observers *observers) { return observers->pool.in_use; }

linnet_observer *linnet_observers_by_token(const linnet_observers *observers, const linnet_path *path,
                                           linnet_bytes token)
{
    linnet_node *node =
        linnet_table_find(&observers->by_token, linnet_hash_token(&observers->endpoint->hash_key, path, token));

    return node ? LINNET_CONTAINER(node, linnet_observer, by_token) : NULL;
}

linnet_observer *linnet_observers_by_id(const linnet_observers *observers, const linnet_path *path, uint16_t id)
{
    linnet_node *node =
        linnet_table_find(&observers->by_id, linnet_hash_peer(&observers->endpoint->hash_key, path, id + 1u));

    return node ? LINNET_CONTAINER(node, linnet_observer, by_id) : NULL;
}

static void read_session(const linnet_observer *observer, linnet_path *path)
{
    memcpy(&path->peer.session, observer->local_ip, sizeof path->peer.session);
    memcpy(&path->flags, observer->local_ip + sizeof path->peer.session, sizeof path->flags);
}

linnet_path linnet_observer_path(const linnet_observer *observer)
{
    linnet_path path = {.peer = {.scope = observer->scope, .port = observer->port}, .socket = observer->socket};

    memcpy(path.peer.ip, observer->ip, sizeof path.peer.ip);
    if (observer->is_secured)
        read_session(observer, &path);
    else
        memcpy(path.local_ip, observer->local_ip, sizeof path.local_ip);
    return path;
}

static void set_path(linnet_observer *observer, const linnet_path *path)
{
    memcpy(observer->ip, path->peer.ip, sizeof observer->ip);
    observer->is_secured = path->peer.session != 0;
    if (observer->is_secured) {
        memcpy(observer->local_ip, &path->peer.session, sizeof path->peer.session);
        memcpy(observer->local_ip + sizeof path->peer.session, &path->flags, sizeof path->flags);
    } else {
        memcpy(observer->local_ip, path->local_ip, sizeof observer->local_ip);
    }
    observer->scope = path->peer.scope;
    observer->port = path->peer.port;
    observer->socket = path->socket;
}

/* The observer of a link, which is not 0. */
static linnet_observer *at_link(const linnet_observers *observers, uint32_t link)
{
    return (linnet_observer *)(void *)observers->pool.memory + (link - 1u);
}

static uint32_t link_to(const linnet_observers *observers, const linnet_observer *observer)
{
    return observer ? (uint32_t)(observer - (linnet_observer *)(void *)observers->pool.memory) + 1u : 0;
}

static void unlink_observer(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;
    linnet_observer *next = observer->next ? at_link(subject->owner, observer->next) : NULL;
    linnet_observer *previous = observer->previous ? at_link(subject->owner, observer->previous) : NULL;

    if (previous)
        previous->next = observer->next;
    else
        subject->first = next;
    if (next)
        next->previous = observer->previous;
    else
        subject->last = previous;
}

static void link_last(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;

    observer->next = 0;
    observer->previous = link_to(subject->owner, subject->last);
    if (subject->last)
        subject->last->next = link_to(subject->owner, observer);
    else
        subject->first = observer;
    subject->last = observer;
}

void linnet_observer_to_back(linnet_observer *observer)
{
    unlink_observer(observer);
    link_last(observer);
}

void linnet_observer_to_front(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;

    unlink_observer(observer);
    observer->previous = 0;
    observer->next = link_to(subject->owner, subject->first);
    if (subject->first)
        subject->first->previous = link_to(subject->owner, observer);
    else
        subject->last = observer;
    subject->first = observer;
}

linnet_observer *linnet_observers_add(linnet_subject *subject, const linnet_path *path, linnet_bytes token)
{
    linnet_observers *observers = subject->owner;
    linnet_observer *observer = linnet_pool_take(&observers->pool);

    if (!observer)
        return NULL;
    memset(observer, 0, sizeof *observer);
    observer->subject = subject;
    set_path(observer, path);
    observer->token_size = token.size & 15u;
    if (token.size > 0)
        memcpy(observer->token, token.data, token.size);
    linnet_table_add(&observers->by_token, &observer->by_token,
                     linnet_hash_token(&observers->endpoint->hash_key, path, token));
    link_last(observer);
    subject->count++;
    subject->observable->observers++;
    return observer;
}

void linnet_observers_remove(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;
    linnet_observers *observers = subject->owner;

    if (observer->exchange)
        linnet_exchanges_give(&observers->endpoint->exchanges, linnet_observer_exchange(observer));
    linnet_table_remove(&observers->by_token, &observer->by_token);
    if (observer->has_id)
        linnet_table_remove(&observers->by_id, &observer->by_id);
    unlink_observer(observer);
    subject->count--;
    if (subject->observable)
        subject->observable->observers--;
    linnet_pool_give(&observers->pool, observer);
    if (subject->count == 0)
        linnet_subject_due(subject);
}

void linnet_observer_set_id(linnet_observer *observer, uint16_t id)
{
    linnet_observers *observers = observer->subject->owner;
    linnet_path path = linnet_observer_path(observer);

    if (observer->has_id)
        linnet_table_remove(&observers->by_id, &observer->by_id);
    linnet_table_add(&observers->by_id, &observer->by_id,
                     linnet_hash_peer(&observers->endpoint->hash_key, &path, id + 1u));
    observer->has_id = true;
}

linnet_exchange_state *linnet_observer_exchange(const linnet_observer *observer)
{
    const linnet_pool *pool = &observer->subject->owner->endpoint->exchanges.pool;

    return (linnet_exchange_state *)(void *)(pool->memory + (observer->exchange - 1u) * pool->item_size);
}
