/* The memory of observers and subjects, how they are found, and the queues that they stand in. */
#include "engine/observers.h"

#include "engine/limits.h"

#include <linnet/error.h>

/* Requests that differ only in these are the same to the handler: Observe itself, what says how the answer travels,
 * and the validators, since a notification is never a 2.03. Max-Age and its like are no options of requests. */
static bool is_left_out(uint16_t number)
{
    return number == LINNET_OPTION_OBSERVE || number == LINNET_OPTION_ETAG || number == LINNET_OPTION_BLOCK1 ||
           linnet_option_is_no_cache_key(number);
}

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

static void unlink_observer(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;

    *(observer->previous ? &observer->previous->next : &subject->first) = observer->next;
    *(observer->next ? &observer->next->previous : &subject->last) = observer->previous;
}

static void link_last(linnet_observer *observer)
{
    linnet_subject *subject = observer->subject;

    observer->next = NULL;
    observer->previous = subject->last;
    *(subject->last ? &subject->last->next : &subject->first) = observer;
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
    observer->previous = NULL;
    observer->next = subject->first;
    *(subject->first ? &subject->first->previous : &subject->last) = observer;
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
    observer->path = *path;
    observer->token_size = (uint8_t)token.size;
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

    if (observer->has_id)
        linnet_table_remove(&observers->by_id, &observer->by_id);
    linnet_table_add(&observers->by_id, &observer->by_id,
                     linnet_hash_peer(&observers->endpoint->hash_key, &observer->path, id + 1u));
    observer->has_id = true;
}

linnet_exchange_state *linnet_observer_exchange(const linnet_observer *observer)
{
    const linnet_pool *pool = &observer->subject->owner->endpoint->exchanges.pool;

    return (linnet_exchange_state *)(void *)(pool->memory + (observer->exchange - 1u) * pool->item_size);
}

/* Goes on from `hash` with the octets of one part of a request. */
static uint64_t absorb(const linnet_hash_key *key, uint64_t hash, uint32_t part, linnet_bytes octets)
{
    size_t offset = 0;

    do {
        uint32_t words[LINNET_HASH_WORDS] = {(uint32_t)hash, (uint32_t)(hash >> 32), part, (uint32_t)octets.size};
        size_t room = sizeof words - 4 * sizeof *words;
        size_t size = octets.size - offset < room ? octets.size - offset : room;
        if (size > 0)
            memcpy(words + 4, octets.data + offset, size);
        hash = linnet_hash_words(key, words, LINNET_HASH_WORDS);
        offset += size;
    } while (offset < octets.size);
    return hash;
}

uint64_t linnet_subject_key(const linnet_observers *observers, const linnet_message *request)
{
    const linnet_hash_key *key = &observers->endpoint->hash_key;
    linnet_option_cursor cursor = {.rest = request->options};
    uint64_t hash = request->code;
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        if (!is_left_out(option.number))
            hash = absorb(key, hash, option.number, option.value);
    return absorb(key, hash, UINT32_MAX, request->payload);
}

linnet_subject *linnet_subjects_find(const linnet_observers *observers, uint64_t key)
{
    linnet_node *node = linnet_table_find(&observers->by_request, key);

    return node ? LINNET_CONTAINER(node, linnet_subject, by_request) : NULL;
}

/* The request as it will be served again: nobody's, so without token and message ID. False: it is too large. */
static bool keep_request(linnet_subject *subject, const linnet_message *request)
{
    linnet_option_cursor cursor = {.rest = request->options};
    linnet_bytes no_token = {NULL, 0};
    linnet_writer writer;
    linnet_option option;

    linnet_writer_begin(&writer, linnet_subject_request(subject), subject->owner->endpoint->message_size, LINNET_NON,
                        request->code, 0, no_token);
    while (linnet_option_next(&cursor, &option))
        if (!is_left_out(option.number))
            linnet_writer_option(&writer, option.number, option.value);
    linnet_writer_payload(&writer, request->payload);
    if (linnet_writer_end(&writer) < 0)
        return false;
    subject->request_size = (uint16_t)linnet_writer_end(&writer);
    return true;
}

linnet_subject *linnet_subjects_add(linnet_observers *observers, linnet_observable *observable, uint64_t key,
                                    const linnet_message *request)
{
    linnet_subject *subject = linnet_pool_take(&observers->subjects);

    if (!subject)
        return NULL;
    memset(subject, 0, sizeof *subject);
    subject->owner = observers;
    if (!keep_request(subject, request)) {
        linnet_pool_give(&observers->subjects, subject);
        return NULL;
    }
    subject->observable = observable;
    subject->next = observable->subjects;
    if (subject->next)
        subject->next->previous = subject;
    observable->subjects = subject;
    subject->notified = observers->floor;
    subject->given = observers->floor;
    linnet_table_add(&observers->by_request, &subject->by_request, key);
    return subject;
}

void linnet_subject_detach(linnet_subject *subject)
{
    linnet_observers *observers = subject->owner;
    linnet_exchange_state *asked = linnet_exchanges_get(&observers->endpoint->exchanges, subject->asked);

    if (!subject->observable)
        return;
    if (asked)
        linnet_exchanges_give(&observers->endpoint->exchanges, asked);
    subject->asked = 0;
    subject->observable->observers -= subject->count;
    *(subject->previous ? &subject->previous->next : &subject->observable->subjects) = subject->next;
    if (subject->next)
        subject->next->previous = subject->previous;
    subject->observable = NULL;
    linnet_table_remove(&observers->by_request, &subject->by_request);
    linnet_wheel_stop(&observers->wheel, &subject->timer);
    if (subject->given > observers->floor)
        observers->floor = subject->given;
    if (subject->notified > observers->floor)
        observers->floor = subject->notified;
}

void linnet_subjects_remove(linnet_subject *subject)
{
    linnet_subject_detach(subject);
    linnet_pool_give(&subject->owner->subjects, subject);
}
