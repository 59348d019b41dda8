/* The client role: a linnet_client in an asyncio loop, and the requests that it has under way. */
#ifndef LINNET_PYTHON_CLIENT_H
#define LINNET_PYTHON_CLIENT_H

#include "hook.h"
#include "message.h"

struct linnet_py_request;

typedef struct linnet_py_client {
    PyObject_HEAD linnet_client *client; /* NULL: closed */
    struct linnet_py_request *held;      /* a list: what the client has a reference to */
    linnet_hook hook;
    PyObject *create_future;  /* of the loop; NULL without one */
    size_t watched;           /* requests whose notifications are told to callbacks */
    int handshake_error;      /* of the last handshake that failed, */
    char handshake_text[200]; /* and why it did */
    bool processing;
    bool hastened; /* in this turn */
    bool silent;   /* the garbage collector takes it: there is nobody to tell anything */
    bool closing;  /* shut down from a callback: as soon as that returns */
} linnet_py_client;

/* For linnet_credentials.failed; its context is a client. The requests that waited for it are told next. */
void linnet_client_handshake_failed(void *context, const linnet_handshake_failure *failure);

/* An answer was taken, and the next request to its peer may wait to leave (NSTART): it goes before Python sees to the
 * answer. Of a turn with many answers that is done for the first; what the others let go leaves together. */
void linnet_client_hasten(linnet_py_client *client);
/* Takes answers that have come. */
void linnet_client_look(linnet_py_client *client);
/* A request was made: alone it leaves at once, further ones together when the loop turns. */
void linnet_client_started(linnet_py_client *client);

/*
 * One request, with what has come of it. While it has no answer, the client holds a reference to it; a request
 * that observes is held by its user alone from the first answer on, so that it is cancelled when it is dropped.
 */
typedef struct linnet_py_request {
    PyObject_HEAD linnet_py_client *client; /* NULL: it has ended */
    PyObject *message;
    PyObject *create_future; /* the client's, which may be gone when it is asked for; or NULL */
    PyObject *future;        /* NULL: nobody has asked for it yet */
    PyObject *outcome;       /* the first answer or an exception; NULL: there is none yet */
    PyObject *latest;        /* the newest notification; or NULL */
    PyObject *failure;       /* why there will be no more; or NULL */
    PyObject *observation;   /* a weak reference to an Observation that somebody has; or NULL */
    PyObject *kept;          /* that Observation, where it has to live until the end; or NULL */
    PyObject *responses;     /* a Responses that takes every answer of a group; or NULL */
    linnet_exchange exchange;
    struct linnet_py_request *next, *previous;

    bool failed; /* outcome is an exception */
    bool observe, group;
    bool whole; /* blocks are put together */
    bool held;  /* the client has a reference, and it is in its list */
} linnet_py_request;

/* A linnet_response_handler whose context is a request. */
linnet_response_handler linnet_request_on_response;
/* The exception that is raised is what came of the request. */
void linnet_request_fail(linnet_state *state, linnet_py_request *request);
/* The client has a reference from now on, if it has none. */
void linnet_request_hold(linnet_py_request *request);
/* liblinnet has done with it. It may be gone afterwards. */
void linnet_request_finish(linnet_py_request *request);

/* Sends `message`. What goes wrong is the outcome. `credentials` is asked for keys, by credentials_from_request(),
 * where it goes to coaps://. A new reference, or NULL with an exception. */
PyObject *linnet_request_send(linnet_state *state, linnet_py_client *client, PyObject *message,
                              const linnet_client_request *settings, bool handle_blockwise, PyObject *credentials);

#endif
