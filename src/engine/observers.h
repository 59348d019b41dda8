/*
 * The observers that this endpoint notifies (RFC 7641 4).
 *
 * Observers whose requests are the same form a subject: one kept request, one representation, one queue of observers. A
 * notification is a pass over that queue: the observer at its front is told and goes to its end, until all were looked
 * at. So a pass can stop anywhere and go on later, a change in mid-pass only makes it longer, and those told longest
 * ago come first.
 *
 * observers.c has memory and look-up, observe.c registration and its end, notify.c building and sending,
 * notify_confirm.c what becomes of confirmable notifications, notify_pace.c how fast they may follow each other. Other
 * files reach all that through the pointers in linnet_observing only, so that it is not linked where it is not used.
 */
#ifndef LINNET_ENGINE_OBSERVERS_H
#define LINNET_ENGINE_OBSERVERS_H

#include "engine/endpoint.h"

#include <linnet/observers.h>

/* Notifications sent, or observers passed over, in one call of linnet_endpoint_advance(): the loop's other work waits
 * no longer than this takes. */
#define LINNET_NOTIFICATIONS_AT_ONCE 256u

/* One n-th of limits.exchanges is never used for notifications, which are non-confirmable then. */
#define LINNET_EXCHANGES_NOT_FOR_NOTIFICATIONS 4u

/* Where the port had no slot, or the handler no memory to answer later: when to try again. */
#define LINNET_NOTIFICATIONS_WAIT_US 10000u

/* Units of linnet_observer.confirmed: 2^23 microseconds, 8 seconds. They come round after six days. */
#define LINNET_CONFIRMED_SHIFT 23u

/* For linnet_observing.accept: the response does not tell, being a 2.03. */
#define LINNET_UNKNOWN_FORMAT INT32_MIN

/* There may be a million: links are indices into the pool, and the path is without what is always 0 here. */
typedef struct linnet_observer {
    linnet_node by_token; /* key: linnet_hash_token(path, token) */
    linnet_node by_id;    /* key: linnet_hash_peer(path, message ID of the last notification) */
    struct linnet_subject *subject;
    uint32_t next; /* 1 + index of the next one in the subject's queue; 0: none */
    uint32_t previous;
    uint8_t ip[16];
    uint8_t local_ip[16]; /* of a secured one: the session, which knows the way, and the path's flags, in front */
    uint32_t scope;
    uint16_t port;
    uint16_t socket;
    uint8_t token[LINNET_TOKEN_MAX];
    uint32_t exchange;    /* 1 + index of that of the confirmable notification in flight; 0: none is */
    uint32_t version;     /* of the observable: what it was told of last */
    uint16_t confirmed;   /* when it last showed that it is there */
    uint16_t unconfirmed; /* notifications since it was its turn to have a confirmable one */
    uint16_t told;        /* when it was told last by a non-confirmable one; see notify_pace.c, as for the next */
    uint8_t round_trip;   /* 0: not known */
    uint8_t token_size : 4;
    uint8_t is_secured : 1;
    bool has_id : 1;
} linnet_observer;

/* With a bucket of each of its two tables. */
_Static_assert(sizeof(void *) > 8 || sizeof(linnet_observer) + 2 * sizeof(void *) <= 128,
               "a million observers fit into 128 MB");

/* Behind it in memory: the kept request, then the representation. */
typedef struct linnet_subject {
    linnet_node by_request;
    linnet_timer timer; /* begins another pass: for `watch`, or for those who had to wait */
    linnet_observers *owner;
    linnet_observable *observable; /* NULL: it has ended, and what is left are last notifications */
    struct linnet_subject *next;   /* of the observable */
    struct linnet_subject *previous;
    struct linnet_subject *next_due; /* in the queue of those with something to send */
    linnet_observer *first;
    linnet_observer *last;
    uint64_t notified;     /* the Observe value of the representation, before it is cut to 24 bits */
    uint64_t given;        /* the highest one that a registration was answered with */
    uint64_t told;         /* when somebody was told last by a non-confirmable notification */
    uint64_t watch;        /* when to look for observers that need a confirmable one */
    uint64_t again;        /* when the first of those that the pass had to put off may be told; 0: there are none */
    linnet_exchange asked; /* a deferred answer that will be the next representation */
    uint32_t count;
    uint32_t left;          /* observers from the front on that the pass has yet to look at */
    uint32_t version;       /* of the observable: what the representation is of */
    uint32_t asked_version; /* what `asked` will be of */
    int32_t content_format; /* LINNET_NO_FORMAT: none; see has_format */
    uint16_t request_size;
    uint16_t size; /* of the representation: options and payload, encoded */
    linnet_code code;
    bool has_format;
    bool is_built;   /* the representation may be sent while its version is the observable's */
    bool is_given;   /* it came deferred: to be sent even if there is a newer one to ask for */
    bool is_due;     /* in the queue */
    bool is_watched; /* the pass looks for observers that have to be confirmed, too */
} linnet_subject;

/* What others call. */
typedef struct linnet_observing {
    /* Server layer, before and after the handler; see observe.c. */
    bool (*offer)(linnet_incoming *incoming, const linnet_observable *observable);
    bool (*accept)(linnet_incoming *incoming, linnet_observable *observable, int32_t content_format);
    void (*forget)(const linnet_incoming *incoming);
    void (*changed)(linnet_observable *observable);
    void (*gone)(linnet_observable *observable);
    /* Engine: the registration was answered with this message ID of ours; a message with it was refused. */
    void (*answered)(linnet_observers *observers, linnet_observer *observer, uint16_t id);
    void (*refused)(linnet_observers *observers, const linnet_path *path, uint16_t id);
    /* Of the exchange of a confirmable notification: its ACK came, its timer expired. */
    void (*acknowledged)(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange);
    void (*timer)(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange);
    /* The handler that is asked for a representation defers; later it answers. */
    int (*defer)(linnet_incoming *incoming, linnet_exchange *id);
    void (*answer)(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange, linnet_serve *serve,
                   void *context);
    uint64_t (*deadline)(const linnet_observers *observers);
    void (*advance)(linnet_observers *observers, uint64_t now);
    void (*clear)(linnet_observers *observers);
} linnet_observing;

struct linnet_observers {
    const linnet_observing *calls;
    linnet_endpoint *endpoint;
    linnet_pool pool;
    linnet_pool subjects;
    linnet_table by_token;
    linnet_table by_id;
    linnet_table by_request;
    linnet_wheel wheel;
    linnet_subject *first_due; /* subjects with something to send, in the order in which they take turns */
    linnet_subject *last_due;
    uint64_t resume; /* the port had no slot: when to go on */
    uint64_t floor;  /* above each Observe value of subjects that are no more */
};

/* Unless there are none. */
static inline void linnet_observers_refused(const linnet_endpoint *endpoint, const linnet_path *path, uint16_t id)
{
    if (endpoint->observers)
        endpoint->observers->calls->refused(endpoint->observers, path, id);
}

/* observe.c */

/* The Observe value for the next representation: above all that were given before. */
uint64_t linnet_subject_sequence(const linnet_subject *subject, uint64_t now);
extern const linnet_observing linnet_observing_calls;

/* observers.c */

linnet_observer *linnet_observers_by_token(const linnet_observers *observers, const linnet_path *path,
                                           linnet_bytes token);
linnet_observer *linnet_observers_by_id(const linnet_observers *observers, const linnet_path *path, uint16_t id);
/* NULL: there is no room. It is its subject's last in the queue. */
linnet_observer *linnet_observers_add(linnet_subject *subject, const linnet_path *path, linnet_bytes token);
/* With the exchange of its notification in flight. Its subject stays, to be dropped by the next advance. */
void linnet_observers_remove(linnet_observer *observer);
/* The message ID by which a Reset would name it. */
void linnet_observer_set_id(linnet_observer *observer, uint16_t id);
linnet_exchange_state *linnet_observer_exchange(const linnet_observer *observer);
linnet_path linnet_observer_path(const linnet_observer *observer);
void linnet_observer_to_front(linnet_observer *observer);
void linnet_observer_to_back(linnet_observer *observer);

/* subjects.c */

/* A keyed hash of what makes requests the same: method, options and payload, but not how the answer travels. */
uint64_t linnet_subject_key(const linnet_observers *observers, const linnet_message *request);
linnet_subject *linnet_subjects_find(const linnet_observers *observers, uint64_t key);
/* Keeps the request. NULL: there is no room. */
linnet_subject *linnet_subjects_add(linnet_observers *observers, linnet_observable *observable, uint64_t key,
                                    const linnet_message *request);
/* It has no observers. */
void linnet_subjects_remove(linnet_subject *subject);
/* Not found any more by requests and changes: what is left are its observers, to be told of the end. */
void linnet_subject_detach(linnet_subject *subject);
static inline uint8_t *linnet_subject_request(linnet_subject *subject) { return (uint8_t *)(subject + 1); }
/* The representation: what stands behind header and token. */
static inline uint8_t *linnet_subject_body(linnet_subject *subject)
{
    return (uint8_t *)(subject + 1) + subject->owner->endpoint->message_size;
}

/* notify.c */

/* Something is to be sent; the next advance does. */
void linnet_subject_due(linnet_subject *subject);
/* Ends it: each observer gets this code, with the subject's representation as it stands, as its last notification. */
void linnet_subject_end(linnet_subject *subject, linnet_code code, size_t size);
/* Whether the observer has not been told of what is to be told now. */
bool linnet_observer_is_behind(const linnet_observer *observer);
/* Has its observers looked at from time to time, for the confirmable notification that each gets in 24 hours. */
void linnet_subject_watch(linnet_subject *subject, uint64_t now);
void linnet_observers_advance(linnet_observers *observers, uint64_t now);

/* RFC 7641 4.2: a response that is an error is the last notification. It is confirmable, so that the client learns of
 * it, as far as there is memory for that: the exchange stays until it is acknowledged, without the observer. */
void linnet_observer_part(linnet_observer *observer, linnet_exchange_state *exchange);

/* notify_pace.c */

/* When the observer may be told: `now`, or later. */
uint64_t linnet_notification_due(const linnet_observer *observer, uint64_t now);
/* Whether the next notification should be confirmable, so that the observer's round-trip time gets known. */
bool linnet_notification_measures(const linnet_observer *observer);
/* It was sent a non-confirmable notification; it need not wait; it has acknowledged after `round_trip` microseconds. */
void linnet_observer_told(linnet_observer *observer, uint64_t now);
void linnet_observer_is_free(linnet_observer *observer, uint64_t now);
void linnet_observer_measured(linnet_observer *observer, uint64_t round_trip);

/* represent.c */

/* Makes sure that the representation is the newest. False: it cannot be had now. */
bool linnet_subject_build(linnet_subject *subject, uint64_t now);
/* The calls of linnet_observing. */
int linnet_subject_defer(linnet_incoming *incoming, linnet_exchange *id);
void linnet_subject_answer(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange,
                           linnet_serve *serve, void *context);

/* notify_confirm.c */

/* Writes the notification, with another message ID, and returns its size. The observer is told. */
size_t linnet_notification_write(linnet_observer *observer, uint64_t now, linnet_type type, uint8_t *datagram);
/* Whether the next one has to be confirmable, and whether there has to be one. */
bool linnet_notification_is_overdue(const linnet_observer *observer, uint64_t now);
bool linnet_notification_confirms(const linnet_observer *observer, uint64_t now);
/* It has shown that it is there. */
void linnet_observer_confirmed(linnet_observer *observer, uint64_t now);
/* Keeps what was written until it is acknowledged. */
void linnet_notification_keep(linnet_observer *observer, uint64_t now, linnet_exchange_state *exchange,
                              linnet_bytes datagram);
void linnet_notification_acknowledged(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange);
void linnet_notification_timer(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange);

#endif
