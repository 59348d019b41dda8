/* The server role: a linnet_server in an asyncio loop, and the resources that Python has under its paths. */
#ifndef LINNET_PYTHON_SERVER_H
#define LINNET_PYTHON_SERVER_H

#include "hook.h"
#include "message.h"

/* A path of the server and the Python object behind it. */
typedef struct linnet_route {
    struct linnet_py_server *server;
    struct linnet_route *next, *previous;
    PyObject *object;
    PyObject *path; /* tuple of its segments */
    linnet_resource *resource;
    size_t observers; /* what the object was told last */
    bool observable;
    bool subtree; /* requests keep the path that is behind that of the route */
} linnet_route;

#define LINNET_KEPT 64u                       /* answers whose blocks are being fetched; the oldest makes way */
#define LINNET_KEPT_OCTETS ((size_t)32 << 20) /* of all of them, the newest aside */

/* An answer that a peer fetches block by block: its resource is not run again for each. */
typedef struct linnet_py_kept {
    PyObject *object; /* the resource; NULL: free */
    PyObject *answer;
    PyObject *request; /* the one that it answered first */
    size_t size;
    uint64_t since;
} linnet_py_kept;

typedef struct linnet_py_server {
    PyObject_HEAD linnet_server *server; /* NULL: closed */
    linnet_hook hook;
    PyObject *serve;   /* (object, request, is_notification) -> the answer, or None: it takes time */
    PyObject *spawn;   /* (later, object, request): works on it */
    PyObject *counted; /* (object, number): so many observe it now */
    PyObject *keys;    /* of coaps://, or NULL: what class _Keys in server.py has */
    linnet_route *routes;
    size_t observers; /* of all, when they were last counted */
    linnet_py_kept kept[LINNET_KEPT];
    size_t kept_octets;
    uint16_t port, secured_port; /* the first of coap://, and of coaps:// */
    bool processing, closing;
    bool count_anew; /* a request for an observation came */
} linnet_py_server;

/* A linnet_handler whose context is a route. */
linnet_handler linnet_route_serve;

/* Of coaps://; the context of both is the server. */
linnet_psk_look_up linnet_py_look_up;
void linnet_py_handshake_failed(void *context, const linnet_handshake_failure *failure);
/* The names of who sent a request over coaps://, a tuple: a new reference, or NULL with an exception. */
PyObject *linnet_py_claims(const linnet_py_server *server, const linnet_request *request);

/* The answer to a request that is kept: to be given once. */
PyObject *linnet_later_make(linnet_state *state, linnet_py_server *server, linnet_deferred deferred, PyObject *object,
                            PyObject *request);

#define LINNET_ANSWER_OPTIONS 64u

/* What a Message says as an answer; views into it. */
typedef struct linnet_py_answer {
    linnet_answer answer;
    linnet_option options[LINNET_ANSWER_OPTIONS];
    uint8_t etag[sizeof(Py_hash_t)];
} linnet_py_answer;

/* -1 with an exception. */
int linnet_answer_read(linnet_state *state, PyObject *message, const linnet_py_message *request,
                       linnet_py_answer *read);

/* Whether an answer goes in blocks, and is kept for those that follow: a 2.05 to a GET. */
bool linnet_py_kept_is_wanted(const linnet_py_message *request, const linnet_py_message *answer);
/* Keeps it where that is so. */
void linnet_py_kept_add(linnet_py_server *server, PyObject *object, const linnet_py_message *request, PyObject *answer);
/* What is kept for a request for a further block: a new reference, or NULL without an exception. */
PyObject *linnet_py_kept_find(linnet_py_server *server, PyObject *object, const linnet_py_message *request);
/* Forgets the answers of a resource; NULL: all. */
void linnet_py_kept_forget(linnet_py_server *server, const PyObject *object);

#endif
