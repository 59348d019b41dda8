/* From a request to Python and back: the handler of every route, answers that come later. */
#include "server.h"

typedef struct later {
    PyObject_HEAD linnet_py_server *server;
    PyObject *object;  /* the resource */
    PyObject *request; /* the message that is to be answered */
    linnet_deferred deferred;
    bool used;
} later;

static void reply_with(linnet_state *state, linnet_reply *reply, PyObject *message, const linnet_py_message *request)
{
    linnet_py_answer read;
    if (linnet_answer_read(state, message, request, &read) != 0) {
        linnet_reply_error(reply, LINNET_INTERNAL_SERVER_ERROR, NULL);
        return;
    }
    const linnet_answer answer = read.answer;
    if (answer.code != LINNET_EMPTY)
        linnet_reply_code(reply, answer.code);
    if (answer.etag.size > 0)
        linnet_reply_etag(reply, answer.etag);
    for (size_t i = 0; i < answer.option_count; i++)
        linnet_reply_option(reply, read.options[i].number, read.options[i].value);
    if (answer.payload.size > 0)
        linnet_reply_payload(reply, answer.no_content_format ? LINNET_NO_FORMAT : answer.content_format,
                             answer.payload);
}

static void defer(linnet_state *state, linnet_py_server *server, linnet_reply *reply, PyObject *object,
                  PyObject *request)
{
    linnet_deferred deferred;
    if (linnet_reply_defer(reply, &deferred) != 0)
        return; /* the client is told to try again */
    PyObject *answer = linnet_later_make(state, server, deferred, object, request);
    PyObject *spawned = answer ? PyObject_CallFunctionObjArgs(server->spawn, answer, object, request, NULL) : NULL;
    Py_XDECREF(spawned);
    Py_XDECREF(answer);
}

static size_t length_of(PyObject *tuple) { return (size_t)PyTuple_Size(tuple); }

/* The resource sees of the path what is behind its own; the whole is kept aside. 0, or -1 with an exception. */
static int strip_path(const linnet_route *route, linnet_py_message *message)
{
    linnet_option_list whole;
    linnet_option option;
    Py_INCREF(route->path);
    message->path_of = route->path;
    if (!route->subtree) {
        linnet_option_list_remove(&message->options, LINNET_OPTION_URI_PATH);
        return 0;
    }
    PyObject *options = PyObject_GetAttrString((PyObject *)message, "opt");
    PyObject *all = options ? PyObject_GetAttrString(options, "uri_path") : NULL;
    Py_XDECREF(options);
    if (!all)
        return -1;
    Py_DECREF(message->path_of);
    message->path_of = all;
    linnet_option_list_init(&whole);
    int failed = linnet_option_list_set(&whole, linnet_option_list_view(&message->options));
    linnet_option_list_remove(&message->options, LINNET_OPTION_URI_PATH);
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(&whole)};
    for (size_t before = length_of(route->path); failed == 0 && linnet_option_next(&cursor, &option);)
        if (option.number == LINNET_OPTION_URI_PATH && (before == 0 || before-- == 0))
            failed = linnet_option_list_add(&message->options, option.number, option.value);
    linnet_option_list_free(&whole);
    return failed;
}

static PyObject *make_request(linnet_state *state, const linnet_route *route, const linnet_request *request)
{
    const linnet_path *path = linnet_request_path(request);
    const linnet_py_server *server = route->server;
    bool secured = path->peer.session != 0;
    PyObject *made = linnet_message_received(state, linnet_request_message(request), path,
                                             secured ? server->secured_port : server->port);
    linnet_py_message *message = (linnet_py_message *)made;
    if (made &&
        (strip_path(route, message) != 0 || (secured && !(message->claims = linnet_py_claims(server, request)))))
        Py_CLEAR(made);
    return made;
}

/* Further blocks of an answer do not run the resource again. */
static bool serve_kept(linnet_state *state, linnet_py_server *server, PyObject *object,
                       const linnet_py_message *message, linnet_reply *reply)
{
    PyObject *kept = linnet_py_kept_find(server, object, message);
    if (kept)
        reply_with(state, reply, kept, message);
    Py_XDECREF(kept);
    return kept;
}

static void serve(linnet_state *state, linnet_py_server *server, PyObject *object, PyObject *message,
                  bool is_notification, linnet_reply *reply)
{
    if (!is_notification && serve_kept(state, server, object, (linnet_py_message *)message, reply))
        return;
    PyObject *result =
        PyObject_CallFunctionObjArgs(server->serve, object, message, is_notification ? Py_True : Py_False, NULL);
    if (!result)
        linnet_reply_error(reply, LINNET_INTERNAL_SERVER_ERROR, NULL);
    else if (PyObject_TypeCheck(result, state->message_type)) {
        linnet_py_kept_add(server, object, (linnet_py_message *)message, result);
        reply_with(state, reply, result, (linnet_py_message *)message);
    } else
        defer(state, server, reply, object, message);
    Py_XDECREF(result);
}

/* The handler may remove its own resource, and with it the route; so may what the garbage collector ends meanwhile. */
void linnet_route_serve(linnet_request *request, linnet_reply *reply, void *context)
{
    const linnet_route route = *(const linnet_route *)context;
    linnet_py_server *server = route.server;
    PyObject *object = route.object;
    linnet_state *state = linnet_state_of((PyObject *)server);
    linnet_bytes observe;
    Py_INCREF((PyObject *)server);
    Py_INCREF(object);
    Py_INCREF(route.path);
    server->count_anew |= linnet_request_option(request, LINNET_OPTION_OBSERVE, 0, &observe);
    PyObject *message = state ? make_request(state, &route, request) : NULL;
    if (message)
        serve(state, server, object, message, linnet_request_notifies(request), reply);
    else
        linnet_reply_error(reply, LINNET_INTERNAL_SERVER_ERROR, NULL);
    linnet_unraisable(object);
    Py_XDECREF(message);
    Py_DECREF(route.path);
    Py_DECREF(object);
    Py_DECREF((PyObject *)server);
}

PyObject *linnet_later_make(linnet_state *state, linnet_py_server *server, linnet_deferred deferred, PyObject *object,
                            PyObject *request)
{
    later *made = linnet_object_new(state->later_type);
    if (!made) {
        linnet_deferred_drop(deferred);
        return NULL;
    }
    Py_INCREF((PyObject *)server);
    Py_INCREF(object);
    Py_INCREF(request);
    made->server = server;
    made->object = object;
    made->request = request;
    made->deferred = deferred;
    return (PyObject *)made;
}

static PyObject *give(PyObject *object, PyObject *message)
{
    later *self = (later *)object;
    linnet_py_answer read;
    linnet_state *state = linnet_state_of(object);
    if (!state)
        return NULL;
    if (self->used)
        return PyErr_Format(PyExc_RuntimeError, "the request has been answered");
    if (linnet_answer_read(state, message, (linnet_py_message *)self->request, &read) != 0)
        return NULL;
    self->used = true;
    self->server->count_anew = true;
    linnet_py_kept_add(self->server, self->object, (linnet_py_message *)self->request, message);
    int error = linnet_deferred_answer(self->deferred, &read.answer);
    if (error != 0 && error != LINNET_ECLOSED)
        return linnet_error_raise(state, error, NULL);
    Py_RETURN_NONE;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    const later *self = (later *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)self->server);
    Py_VISIT(self->object);
    return 0;
}

static void destroy(PyObject *object)
{
    later *self = (later *)object;
    linnet_aside aside = linnet_put_aside();
    PyObject_GC_UnTrack(object);
    if (!self->used && self->server)
        linnet_deferred_drop(self->deferred);
    Py_XDECREF((PyObject *)self->server);
    Py_XDECREF(self->object);
    Py_XDECREF(self->request);
    linnet_object_free(object);
    linnet_put_back(aside);
}

static PyMethodDef methods[] = {
    {"answer", give, METH_O, "Answers the request with a Message."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_traverse, traverse},
    {Py_tp_methods, methods},
    {Py_tp_doc, "The answer to a request, to be given later. Dropped, the client is told 5.03."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Later",
    .basicsize = sizeof(later),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *linnet_later_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
