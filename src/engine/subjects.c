/* Subjects: the distinct requests that are observed, each kept as it was so that it can be served again. */
#include "engine/observers.h"

/* Requests that differ only in these are the same to the handler: Observe itself, what says how the answer travels,
 * and the validators, since a notification is never a 2.03. Max-Age and its like are no options of requests. */
static bool is_left_out(uint16_t number)
{
    return number == LINNET_OPTION_OBSERVE || number == LINNET_OPTION_ETAG || number == LINNET_OPTION_BLOCK1 ||
           linnet_option_is_no_cache_key(number);
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
    linnet_wheel_stop(&subject->owner->wheel, &subject->timer);
    linnet_pool_give(&subject->owner->subjects, subject);
}
