/* Registration and its end (RFC 7641 4.1, 4.2): the server layer offers an observation before it runs the handler, and
 * accepts or forgets it by what the handler answered. */
#include "engine/observers.h"
#include "engine/options.h"

/* Observe values follow the clock, so that those of a server that has restarted are not older to a client than those
 * before: one in 2^5 microseconds is 8 million in 256 seconds, just below the 2^23 that RFC 7641 4.4 allows. */
#define SEQUENCE_SHIFT 5u

static uint64_t sequence_after(uint64_t last, uint64_t now)
{
    return last < now >> SEQUENCE_SHIFT ? now >> SEQUENCE_SHIFT : last + 1u;
}

uint64_t linnet_subject_sequence(const linnet_subject *subject, uint64_t now)
{
    return sequence_after(subject->given > subject->notified ? subject->given : subject->notified, now);
}

static bool is_room(const linnet_observers *observers, const linnet_incoming *incoming, const linnet_subject *subject)
{
    if (!subject && observers->subjects.in_use == observers->subjects.limit)
        return false;
    return observers->pool.in_use < observers->pool.limit ||
           linnet_observers_by_token(observers, incoming->path, incoming->message->token);
}

/* Where the representation depends on who asks, each session has a subject of its own. */
static uint64_t personal_key(uint64_t key, const linnet_incoming *incoming, const linnet_observable *observable)
{
    return observable->is_personal ? key ^ (uint64_t)incoming->path->peer.session << 1 : key;
}

/* Those who share a representation: all who are not secured, all who are; and all who take no more than so many octets.
 */
static uint64_t way_key(const linnet_path *path)
{
    return (uint64_t)(path->flags & LINNET_PATH_LIMIT) << 40 | (path->peer.session != 0);
}

/* Whether the request could be registered; then incoming->sequence is for its response. Registrations do not count the
 * values up, or their number would let them outrun the clock: the next notification has a higher one. */
static bool offer(linnet_incoming *incoming, const linnet_observable *observable)
{
    const linnet_observers *observers = incoming->endpoint->observers;
    uint64_t key = linnet_subject_key(observers, incoming->message) ^ way_key(incoming->path);
    const linnet_subject *subject = linnet_subjects_find(observers, personal_key(key, incoming, observable));

    if (incoming->message->token.size > LINNET_TOKEN_MAX || !is_room(observers, incoming, subject))
        return false;
    if (!incoming->exchange)
        incoming->version = observable->version;
    incoming->subject_key = key;
    incoming->sequence = sequence_after(subject ? subject->notified : observers->floor, incoming->now);
    return true;
}

/* How long ago the observer was heard of is counted from here; the counters of a subject's observers start apart, so
 * that they do not all turn confirmable in the same notification. */
static void start_observer(linnet_observer *observer, uint64_t now)
{
    const linnet_observers *observers = observer->subject->owner;
    uint32_t index = (uint32_t)(observer - (linnet_observer *)(void *)observers->pool.memory);
    uint32_t every = observer->subject->observable->confirm_every;

    if (every > 1)
        observer->unconfirmed = (uint16_t)(index % every);
    linnet_observer_is_free(observer, now);
}

/* A client's view of one subject has one Content-Format (RFC 7641 4.2). Where the resource has another by now, those
 * who observe the old one have come to their end, and this request starts a new one. */
static linnet_subject *subject_for(linnet_incoming *incoming, linnet_observable *observable, int32_t content_format)
{
    linnet_observers *observers = incoming->endpoint->observers;
    uint64_t key = personal_key(incoming->subject_key, incoming, observable);
    linnet_subject *subject = linnet_subjects_find(observers, key);

    if (subject && subject->has_format && content_format != LINNET_UNKNOWN_FORMAT &&
        subject->content_format != content_format) {
        linnet_subject_end(subject, LINNET_NOT_ACCEPTABLE, 0);
        subject = NULL;
    }
    if (!subject) {
        subject = linnet_subjects_add(observers, observable, key, incoming->message);
        if (!subject)
            return NULL;
        subject->version = observable->version;
        linnet_subject_watch(subject, incoming->now);
    }
    if (content_format != LINNET_UNKNOWN_FORMAT) {
        subject->has_format = true;
        subject->content_format = content_format;
    }
    return subject;
}

/* RFC 7641 4.1: if "an entry with a matching endpoint/token pair is already present in the list", the server "MUST NOT
 * add a new entry but MUST replace or update the existing one". NULL: there is no memory. */
static linnet_observer *observer_for(linnet_subject *subject, const linnet_incoming *incoming)
{
    linnet_observer *observer = linnet_observers_by_token(subject->owner, incoming->path, incoming->message->token);

    if (observer && observer->subject == subject)
        return observer;
    if (observer)
        linnet_observers_remove(observer);
    observer = linnet_observers_add(subject, incoming->path, incoming->message->token);
    if (observer)
        start_observer(observer, incoming->now);
    return observer;
}

/* With the response the client has the state of incoming->version, once it arrives. A confirmable notification in
 * flight stays so: what the client takes for the answer may be an older notification, on its way with the same token.
 */
static void tell_by_response(linnet_observer *observer, const linnet_incoming *incoming)
{
    linnet_subject *subject = observer->subject;

    linnet_observer_confirmed(observer, incoming->now);
    if (!observer->exchange)
        observer->version = incoming->version;
    if (subject->given < incoming->sequence)
        subject->given = incoming->sequence;
    if (incoming->version != subject->observable->version) { /* the answer is older: it came deferred */
        subject->left = subject->count;
        linnet_subject_due(subject);
    }
}

static bool accept(linnet_incoming *incoming, linnet_observable *observable, int32_t content_format)
{
    linnet_subject *subject = subject_for(incoming, observable, content_format);

    if (!subject)
        return false;
    incoming->observer = observer_for(subject, incoming);
    if (incoming->observer)
        tell_by_response(incoming->observer, incoming);
    else
        linnet_subject_due(subject); /* it may be without observers */
    return incoming->observer != NULL;
}

/* A request that is answered without Observe ends what was observed by its token (RFC 7641 3.6, 4.1): Observe 1, an
 * error, a token that serves another purpose now. But not one for a further block of a notification. */
static void forget(const linnet_incoming *incoming)
{
    linnet_observers *observers = incoming->endpoint->observers;
    linnet_observer *observer;

    if (observers->pool.in_use == 0 || (incoming->options->has_block2 && incoming->options->block2.number > 0))
        return;
    observer = linnet_observers_by_token(observers, incoming->path, incoming->message->token);
    if (observer)
        linnet_observers_remove(observer);
}

static void changed(linnet_observable *observable)
{
    for (linnet_subject *subject = observable->subjects; subject; subject = subject->next) {
        subject->left = subject->count;
        linnet_subject_due(subject);
    }
}

/* RFC 7641 4.2: of a resource that is no more, the observers are told by an error response, such as 4.04, and are
 * removed. */
static void gone(linnet_observable *observable)
{
    while (observable->subjects)
        linnet_subject_end(observable->subjects, LINNET_NOT_FOUND, 0);
}

static void answered(linnet_observers *observers, linnet_observer *observer, uint16_t id)
{
    (void)observers;
    linnet_observer_set_id(observer, id);
}

/* RFC 7641 3.6, 4.2: a Reset - here also the network's "port unreachable" - to a notification ends it. */
static void refused(linnet_observers *observers, const linnet_path *path, uint16_t id)
{
    const linnet_endpoint *endpoint = observers->endpoint;
    const linnet_exchange_state *exchange =
        linnet_exchanges_find_id(&endpoint->exchanges, linnet_hash_peer(&endpoint->hash_key, path, id + 1u));
    linnet_observer *observer = linnet_observers_by_id(observers, path, id);

    if (exchange && exchange->phase == LINNET_PHASE_NOTIFYING)
        observer = exchange->part.server.of.observer; /* who may have been sent something else since */
    if (observer)
        linnet_observers_remove(observer);
}

static uint64_t deadline(const linnet_observers *observers)
{
    uint64_t timers = linnet_wheel_deadline(&observers->wheel);
    uint64_t now = observers->endpoint->now;
    uint64_t due = UINT64_MAX;

    if (observers->first_due)
        due = observers->resume > now ? observers->resume : now;
    return timers < due ? timers : due;
}

/* The resources outlive the endpoint: nothing of them points here any more. */
static void clear(linnet_observers *observers)
{
    for (uint32_t i = 0; i < observers->subjects.touched; i++) {
        linnet_subject *subject =
            (linnet_subject *)(void *)(observers->subjects.memory + i * observers->subjects.item_size);
        if (subject->observable)
            linnet_subject_detach(subject);
    }
    observers->endpoint->observers = NULL;
}

const linnet_observing linnet_observing_calls = {
    .offer = offer,
    .accept = accept,
    .forget = forget,
    .changed = changed,
    .gone = gone,
    .answered = answered,
    .refused = refused,
    .acknowledged = linnet_notification_acknowledged,
    .timer = linnet_notification_timer,
    .defer = linnet_subject_defer,
    .answer = linnet_subject_answer,
    .deadline = deadline,
    .advance = linnet_observers_advance,
    .clear = clear,
};
