/* Observation around the handler (RFC 7641): whether its answer is given as a notification or registers an observer. */
#ifndef LINNET_SERVER_OBSERVE_H
#define LINNET_SERVER_OBSERVE_H

#include "engine/observers.h"
#include "server/reply.h"

/* Before the handler runs: makes the reply a notification where it may become one. Returns whether it did. */
bool linnet_observe_begin(linnet_request *request, linnet_reply *reply);
/* When the reply is finished: registers the observer, or makes a plain response of it, and ends what it ends. */
void linnet_observe_end(linnet_request *request, linnet_reply *reply, bool begun);

/* The resource is being removed; it has observers. They are told 4.04. */
static inline void linnet_observable_gone(linnet_observable *observable)
{
    observable->subjects->owner->calls->gone(observable);
}

#endif
