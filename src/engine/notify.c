/* Notifications (RFC 7641 4.2): a subject's representation is passed on to each of its observers, behind a header and
 * token of its own. */
#include "engine/observers.h"

/* How often a subject's observers are looked at for one that has to be confirmed. */
#define WATCH_US UINT64_C(3600000000)
/* What passes for those who had to wait cost at most: one looks at an observer in far less than that. */
#define PASS_US 1u

void linnet_subject_watch(linnet_subject *subject, uint64_t now)
{
    subject->watch = now + WATCH_US;
    linnet_wheel_set(&subject->owner->wheel, &subject->timer, subject->watch);
}

void linnet_subject_due(linnet_subject *subject)
{
    linnet_observers *observers = subject->owner;

    if (subject->is_due)
        return;
    subject->is_due = true;
    subject->next_due = NULL;
    *(observers->last_due ? &observers->last_due->next_due : &observers->first_due) = subject;
    observers->last_due = subject;
}

static linnet_subject *take_due(linnet_observers *observers)
{
    linnet_subject *subject = observers->first_due;

    observers->first_due = subject->next_due;
    if (!observers->first_due)
        observers->last_due = NULL;
    subject->is_due = false;
    return subject;
}

void linnet_subject_end(linnet_subject *subject, linnet_code code, size_t size)
{
    linnet_subject_detach(subject);
    subject->code = code;
    subject->size = (uint16_t)size;
    subject->left = subject->count;
    linnet_subject_due(subject);
}

/* What the pass tells: the newest, but an answer that came deferred is told even if it is older by now, or those who
 * wait for a slow handler would starve. */
static uint32_t version_to_tell(const linnet_subject *subject)
{
    return subject->is_given ? subject->version : subject->observable->version;
}

bool linnet_observer_is_behind(const linnet_observer *observer)
{
    const linnet_subject *subject = observer->subject;

    return !subject->observable || (int32_t)(version_to_tell(subject) - observer->version) > 0;
}

void linnet_observer_part(linnet_observer *observer, linnet_exchange_state *exchange)
{
    if (exchange) {
        exchange->phase = LINNET_PHASE_SEPARATE;
        observer->subject->owner->endpoint->deferred = linnet_deferred_timer;
        observer->exchange = 0;
    }
    linnet_observers_remove(observer);
}

/* Confirmable notifications leave a part of the exchanges to requests and deferred answers: those who observe and are
 * gone hold theirs for long, and there may be a million of them. */
static linnet_exchange_state *take_exchange(linnet_endpoint *endpoint, size_t size)
{
    const linnet_pool *pool = &endpoint->exchanges.pool;

    if (pool->in_use >= pool->limit - pool->limit / LINNET_EXCHANGES_NOT_FOR_NOTIFICATIONS)
        return NULL;
    return linnet_exchanges_take(&endpoint->exchanges, size);
}

/* False: there is no slot. */
static bool notify(linnet_observer *observer, uint64_t now)
{
    linnet_subject *subject = observer->subject;
    linnet_endpoint *endpoint = subject->owner->endpoint;
    const linnet_port *port = &endpoint->config.port;
    size_t size = LINNET_MESSAGE_HEADER_SIZE + observer->token_size + subject->size;
    linnet_exchange_state *exchange = NULL;
    linnet_path path = linnet_observer_path(observer);
    size_t capacity;
    uint8_t *slot = port->slot(port->context, &capacity);

    if (!slot || capacity < size)
        return false;
    if (!subject->observable || linnet_notification_confirms(observer, now))
        exchange = take_exchange(endpoint, size);
    (void)linnet_notification_write(observer, now, exchange ? LINNET_CON : LINNET_NON, slot);
    if (exchange)
        linnet_notification_keep(observer, now, exchange, linnet_view(slot, size));
    if (!subject->observable)
        linnet_observer_part(observer, exchange);
    port->send(port->context, &path, size);
    return true;
}

/* Whether the front of the queue has to be told anything. */
static bool wants(const linnet_observer *observer, uint64_t now)
{
    const linnet_subject *subject = observer->subject;

    return !observer->exchange && (linnet_observer_is_behind(observer) ||
                                   (subject->is_watched && linnet_notification_is_overdue(observer, now)));
}

typedef enum pass_result { PASS_GOES_ON, PASS_IS_DONE, PASS_WAITS, PASS_HAS_NO_SLOT } pass_result;

/* The observer has to wait until `due`; the subject's timer is for the first of all those. */
static void put_off(linnet_subject *subject, uint64_t due)
{
    if (subject->again == 0 || due < subject->again)
        subject->again = due;
}

/* One observer of the pass. One whose confirmable notification is in flight is told when that has ended: there is never
 * more than one outstanding (RFC 7641 4.5.1). */
static pass_result step(linnet_subject *subject, uint64_t now)
{
    linnet_observer *observer = subject->first;
    uint64_t due = now;
    bool wanted;

    if (!observer || subject->left == 0)
        return PASS_IS_DONE;
    wanted = wants(observer, now);
    if (wanted)
        due = linnet_notification_due(observer, now);
    if (due > now)
        put_off(subject, due);
    if (wanted && due <= now) {
        if (!linnet_subject_build(subject, now))
            return PASS_WAITS;
        linnet_observer_to_back(observer);
        if (!notify(observer, now)) {
            linnet_observer_to_front(observer);
            return PASS_HAS_NO_SLOT;
        }
    } else {
        linnet_observer_to_back(observer);
    }
    subject->left--;
    return PASS_GOES_ON;
}

/* Those who had to wait are looked for when the first of them may be told; but a pass looks at all observers, so of
 * many not too often. */
static void come_again(linnet_subject *subject, uint64_t now)
{
    uint64_t soonest = now + (uint64_t)subject->count * PASS_US;
    uint64_t when = subject->again > soonest ? subject->again : soonest;

    if (!linnet_timer_is_set(&subject->timer) || when < subject->timer.when)
        linnet_wheel_set(&subject->owner->wheel, &subject->timer, when);
}

/* The pass is over: with an answer that came deferred and is old by now, another begins. */
static void finish_pass(linnet_subject *subject, uint64_t now)
{
    subject->is_watched = false; /* who had to wait just now is asked in the next hour */
    if (subject->again > 0 && subject->count > 0)
        come_again(subject, now);
    subject->again = 0;
    if (subject->count == 0) {
        if (!subject->is_due) /* else it has another turn, and ends with that */
            linnet_subjects_remove(subject);
        return;
    }
    if (subject->is_given && subject->observable && subject->version != subject->observable->version) {
        subject->left = subject->count;
        linnet_subject_due(subject);
    }
    subject->is_given = false;
}

/* Goes on with the subject whose turn it is. False: no more can be done now. */
static bool advance_subject(linnet_observers *observers, uint64_t now, unsigned *budget)
{
    linnet_subject *subject = take_due(observers);
    pass_result result = PASS_GOES_ON;

    while (*budget > 0 && result == PASS_GOES_ON) {
        result = step(subject, now);
        --*budget;
    }
    if (result == PASS_HAS_NO_SLOT)
        observers->resume = now + LINNET_NOTIFICATIONS_WAIT_US;
    if (result == PASS_IS_DONE)
        finish_pass(subject, now);
    else if (result != PASS_WAITS || subject->asked == 0)
        linnet_subject_due(subject); /* the others have their turn first */
    return result != PASS_HAS_NO_SLOT;
}

/* RFC 7641 4.5: a server "that transmits notifications mostly in non-confirmable messages MUST send a notification in a
 * confirmable message instead of a non-confirmable message at least every 24 hours", also where nothing changes. */
static void start_watch(linnet_subject *subject, uint64_t now)
{
    subject->is_watched = true;
    subject->is_built = false;
    linnet_subject_watch(subject, now);
}

static void start_passes(linnet_observers *observers, uint64_t now)
{
    linnet_timer *timer;

    while ((timer = linnet_wheel_expire(&observers->wheel, now)) != NULL) {
        linnet_subject *subject = LINNET_CONTAINER(timer, linnet_subject, timer);
        if (subject->observable && now >= subject->watch)
            start_watch(subject, now);
        else if (subject->observable)
            linnet_wheel_set(&observers->wheel, &subject->timer, subject->watch);
        subject->left = subject->count;
        linnet_subject_due(subject);
    }
}

void linnet_observers_advance(linnet_observers *observers, uint64_t now)
{
    unsigned budget = LINNET_NOTIFICATIONS_AT_ONCE;

    start_passes(observers, now);
    if (now < observers->resume || observers->endpoint->slot_taken)
        return;
    while (observers->first_due && budget > 0 && now >= observers->resume)
        if (!advance_subject(observers, now, &budget))
            return;
}
