/* Confirmable notifications (RFC 7641 4.5): which are, and what follows when they are acknowledged or time out. Only
 * while one is in flight its observer has an exchange. */
#include "engine/observers.h"

/* When an observer that was not heard of has to be asked, so early that the watch, which looks every hour, asks within
 * 24 hours, also where it has to pass one over: 21 hours. */
#define OVERDUE ((uint16_t)(UINT64_C(21) * 3600u * 1000000u >> LINNET_CONFIRMED_SHIFT))

static uint16_t unit_of(uint64_t now) { return (uint16_t)(now >> LINNET_CONFIRMED_SHIFT); }

bool linnet_notification_is_overdue(const linnet_observer *observer, uint64_t now)
{
    return (uint16_t)(unit_of(now) - observer->confirmed) >= OVERDUE;
}

static bool is_its_turn(const linnet_observer *observer)
{
    const linnet_observable *observable = observer->subject->observable;

    return observable && observer->unconfirmed + 1u >= observable->confirm_every;
}

bool linnet_notification_confirms(const linnet_observer *observer, uint64_t now)
{
    return is_its_turn(observer) || linnet_notification_is_overdue(observer, now) ||
           linnet_notification_measures(observer);
}

/* Where there was no exchange to ask it, it stays overdue, and does not come round. */
static void note_unconfirmed(linnet_observer *observer, uint64_t now)
{
    if (linnet_notification_is_overdue(observer, now))
        observer->confirmed = (uint16_t)(unit_of(now) - OVERDUE);
    linnet_observer_told(observer, now);
}

void linnet_observer_confirmed(linnet_observer *observer, uint64_t now) { observer->confirmed = unit_of(now); }

size_t linnet_notification_write(linnet_observer *observer, uint64_t now, linnet_type type, uint8_t *datagram)
{
    linnet_subject *subject = observer->subject;
    linnet_endpoint *endpoint = subject->owner->endpoint;
    linnet_path path = linnet_observer_path(observer);
    uint16_t id = (uint16_t)linnet_transmit_id(endpoint, now, &path, true);
    size_t head =
        linnet_header_write(datagram, type, subject->code, id, linnet_view(observer->token, observer->token_size));

    memcpy(datagram + head, linnet_subject_body(subject), subject->size);
    observer->version = subject->version;
    /* Those that are confirmable out of turn, to be measured, are all so in the same notification: their turns stay. */
    if (type == LINNET_CON && is_its_turn(observer))
        observer->unconfirmed = 0;
    else if (observer->unconfirmed < UINT16_MAX)
        observer->unconfirmed++;
    if (type != LINNET_CON)
        note_unconfirmed(observer, now);
    linnet_observer_set_id(observer, id);
    return head + subject->size;
}

static uint16_t id_of(const linnet_exchange_state *exchange)
{
    return (uint16_t)(exchange->datagram[2] << 8 | exchange->datagram[3]);
}

/* So that its acknowledgement finds it. */
static void add_id(linnet_endpoint *endpoint, linnet_exchange_state *exchange)
{
    linnet_exchanges_add_id(&endpoint->exchanges, exchange,
                            linnet_hash_peer(&endpoint->hash_key, &exchange->path, id_of(exchange) + 1u));
}

void linnet_notification_keep(linnet_observer *observer, uint64_t now, linnet_exchange_state *exchange,
                              linnet_bytes datagram)
{
    linnet_endpoint *endpoint = observer->subject->owner->endpoint;

    memcpy(exchange->datagram, datagram.data, datagram.size);
    exchange->size = (uint16_t)datagram.size;
    exchange->path = linnet_observer_path(observer);
    exchange->phase = LINNET_PHASE_NOTIFYING;
    exchange->part.server.of.observer = observer;
    exchange->max_retransmit = (uint8_t)endpoint->timing.max_retransmit;
    exchange->timeout = linnet_timing_first(&endpoint->timing, linnet_random(endpoint));
    exchange->transmissions = 1;
    observer->exchange = exchange->index + 1u;
    add_id(endpoint, exchange);
    linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, now + exchange->timeout);
}

/* Next in the pass, in which there may be nobody else. */
static void tell_next(linnet_observer *observer)
{
    linnet_observer_to_front(observer);
    observer->subject->left++;
    linnet_subject_due(observer->subject);
}

void linnet_notification_acknowledged(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange)
{
    linnet_observer *observer = exchange->part.server.of.observer;
    uint64_t sent = exchange->timer.when - exchange->timeout;

    if (exchange->transmissions == 1) /* else nobody knows which of them it acknowledges */
        linnet_observer_measured(observer, now > sent ? now - sent : 0);
    linnet_exchanges_give(&observers->endpoint->exchanges, exchange);
    observer->exchange = 0;
    linnet_observer_confirmed(observer, now);
    linnet_observer_is_free(observer, now);
    if (linnet_observer_is_behind(observer))
        tell_next(observer);
}

/* RFC 7641 4.5.2: there is a newer state than the notification that has timed out, so that is sent in its place: a new
 * message, but the old one's retransmission counter and timeout. False: there is no memory to do so. */
static bool renew(linnet_observer *observer, uint64_t now, linnet_exchange_state *exchange)
{
    linnet_subject *subject = observer->subject;
    linnet_endpoint *endpoint = subject->owner->endpoint;
    size_t size = LINNET_MESSAGE_HEADER_SIZE + observer->token_size + subject->size;

    if (!linnet_exchanges_reserve(&endpoint->exchanges, exchange, size))
        return false;
    linnet_exchanges_drop_id(&endpoint->exchanges, exchange);
    exchange->size = (uint16_t)linnet_notification_write(observer, now, LINNET_CON, exchange->datagram);
    add_id(endpoint, exchange);
    return true;
}

/* RFC 7641 4.5, 4.5.2: when the last attempt to deliver it has timed out, the client is taken to be gone. */
void linnet_notification_timer(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange)
{
    linnet_observer *observer = exchange->part.server.of.observer;
    linnet_subject *subject = observer->subject;

    if (exchange->transmissions > exchange->max_retransmit) {
        linnet_observers_remove(observer);
        return;
    }
    if (linnet_observer_is_behind(observer) && linnet_subject_build(subject, now) && !renew(observer, now, exchange)) {
        linnet_exchanges_give(&observers->endpoint->exchanges, exchange);
        observer->exchange = 0;
        tell_next(observer);
        return;
    }
    (void)linnet_transmit_again(observers->endpoint, now, exchange);
    if (!subject->observable) /* so it was renewed, with the last notification */
        linnet_observer_part(observer, exchange);
}
