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

typedef struct linnet_py_server {
    PyObject_HEAD linnet_server *server; /* NULL: closed */
    linnet_hook hook;
    PyObject *serve;   /* (object, request, is_notification) -> the answer, or None: it takes time */
    PyObject *spawn;   /* (later, object, request): works on it */
    PyObject *counted; /* (object, number): so many observe it now */
    linnet_route *routes;
    size_t observers; /* of all, when they were last counted */
    uint16_t port;
    bool processing, closing;
    bool count_anew; /* a request for an observation came */
} linnet_py_server;

/* A linnet_handler whose context is a route. */
linnet_handler linnet_route_serve;

/* The answer to a request that is kept: to be given once. */
PyObject *linnet_later_make(linnet_state *state, linnet_py_server *server, linnet_deferred deferred);

/* The options of an answer that are not for a further list: the rest goes to `options`, which has room for as many as
 * `most`. -1 with an exception. */
int linnet_answer_read(linnet_state *state, PyObject *message, linnet_answer *answer, linnet_option *options,
                       size_t most);
#define LINNET_ANSWER_OPTIONS 64u

#endif
