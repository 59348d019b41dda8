/*
 * Observation in the server role (RFC 7641): who observes what, and the notifications. A site behind an endpoint
 * without observers answers registrations as plain requests, and a device that never calls linnet_observers_init()
 * links nothing of it.
 */
#ifndef LINNET_OBSERVERS_H
#define LINNET_OBSERVERS_H

#include <linnet/endpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What can be observed; each resource has one. Zeroed is unobserved. The members are the library's. */
typedef struct linnet_observable {
    struct linnet_subject *subjects; /* the distinct requests that observe it */
    size_t observers;                /* all of them together */
    uint32_t version;                /* counts changes */
    uint32_t confirm_every;          /* linnet_resource_config.confirm_every, filled in */
    bool asked;                      /* its handler runs for a notification: what it changes is part of that */
    bool is_personal;                /* its handlers ask who it is: sessions share no representation */
} linnet_observable;

typedef struct linnet_observers linnet_observers;

/* Octets of memory for limits.observers and limits.observed, at most. */
size_t linnet_observers_memory(const linnet_limits *limits);
/* As linnet_endpoint_init(), with the endpoint's limits; from now on the endpoint's `serve` may register observers, and
 * linnet_endpoint_advance() sends notifications. LINNET_ENOMEM. The memory is free after linnet_endpoint_clear(). */
int linnet_observers_init(linnet_observers **observers, void *memory, size_t size, linnet_endpoint *endpoint);
/* How many there are. */
size_t linnet_observers_count(const linnet_observers *observers);

#ifdef __cplusplus
}
#endif
#endif
