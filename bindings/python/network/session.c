/* CoapClientSession: a client's end towards one server. */
#include "binding.h"

typedef struct session {
    PyObject_HEAD linnet_module_session *handle; /* counted; its context is this object, which does not count */
    unsigned epoch;
} session;

static PyTypeObject *session_type;

static linnet_module_session *handle_of(PyObject *self)
{
    session *of = (session *)self;
    if (of->epoch == lifetime_epoch())
        return of->handle;
    PyErr_SetString(PyExc_RuntimeError, "this session was opened before fork(): it is the parent process's");
    return NULL;
}

static PyObject *new_object(linnet_module_session *handle)
{
    allocfunc allocate = SLOT_AS(allocfunc, PyType_GetSlot(session_type, Py_tp_alloc));
    session *made = (session *)allocate(session_type, 0);
    if (made) {
        made->handle = handle;
        made->epoch = lifetime_epoch();
        linnet_module_session_set_context(handle, made);
    }
    return (PyObject *)made;
}

/* Only the interpreter lock guards the context: nothing here may release it between looking and setting. */
PyObject *session_object(linnet_module_session *handle)
{
    PyObject *known = linnet_module_session_context(handle);
    PyObject *object = known ? Py_NewRef(known) : new_object(handle);
    if (known || !object)
        linnet_module_session_release(handle); /* which waits for nobody */
    return object;
}

static void deallocate(PyObject *self)
{
    session *of = (session *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (of->epoch == lifetime_epoch()) { /* the parent's locks may be in any state */
        linnet_module_session_set_context(of->handle, NULL);
        linnet_module_session_release(of->handle);
    }
    freefunc release = SLOT_AS(freefunc, PyType_GetSlot(type, Py_tp_free));
    release(self);
    Py_DECREF(type);
}

static PyObject *represent(PyObject *self)
{
    const linnet_module_session *handle = ((session *)self)->handle;
    return PyUnicode_FromFormat("<CoapClientSession '%s' %d>", linnet_module_session_address(handle),
                                (int)linnet_module_session_port(handle));
}

PyObject *session_fail(int error)
{
    if (error == LINNET_ENOENT)
        return PyErr_Format(PyExc_RuntimeError, "no request with that message ID is under way");
    if (error != LINNET_ECLOSED)
        return raise_error(error, NULL);
    return raise_gone("this session is gone: removed, or the module was closed");
}

PyDoc_STRVAR(send_request_text,
             "send_request($self, /, method, *, uri_path=None, content_format=None, payload=None, token=None,\n"
             "             include_options=True)\n--\n\n"
             "Sends a confirmable request and returns its message ID. The response goes to the handler of\n"
             "Coap.register_response_handler().");

static PyObject *send_request(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"method", "uri_path", "content_format", "payload", "token", "include_options", NULL};
    request_arguments request = {.include_options = 1};
    linnet_module_session *handle = handle_of(self);
    if (!handle || !PyArg_ParseTupleAndKeywords(arguments, keywords, "i|$zOOOp:send_request", names, &request.method,
                                                &request.uri_path, &request.content_format, &request.payload,
                                                &request.token, &request.include_options))
        return NULL;
    return request_send(handle, &request);
}

PyDoc_STRVAR(
    observe_text,
    "observe($self, /, uri_path=None, *, method=1, content_format=None, payload=None, token=None)\n--\n\n"
    "Observes a resource (RFC 7641): the response handler is called with its state now and with each new one.\n"
    "Returns the message ID, for cancel(). The method is GET or FETCH.");

static PyObject *observe(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"uri_path", "method", "content_format", "payload", "token", NULL};
    request_arguments request = {.method = LINNET_MODULE_GET, .include_options = 1, .observe = true};
    linnet_module_session *handle = handle_of(self);
    if (!handle ||
        !PyArg_ParseTupleAndKeywords(arguments, keywords, "|z$iOOO:observe", names, &request.uri_path, &request.method,
                                     &request.content_format, &request.payload, &request.token))
        return NULL;
    return request_send(handle, &request);
}

PyDoc_STRVAR(cancel_text,
             "cancel($self, id, /)\n--\n\n"
             "Ends the request or observation with that message ID; no handler is called for it any more.");

static PyObject *cancel(PyObject *self, PyObject *id)
{
    linnet_module_session *handle = handle_of(self);
    long long number = -1;
    if (!handle || number_argument(id, "id", 0, UINT16_MAX, &number) != 0)
        return NULL;
    int error;
    UNLOCKED(error = number < 0 ? LINNET_ENOENT : linnet_module_cancel(handle, (uint16_t)number));
    if (error)
        return session_fail(error);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(get_details_text, "get_details($self, /)\n--\n\n[address, port] of the server.");

static PyObject *get_details(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_module_session *handle = handle_of(self);
    if (!handle)
        return NULL;
    return Py_BuildValue("[si]", linnet_module_session_address(handle), (int)linnet_module_session_port(handle));
}

static PyMethodDef methods[] = {
    {"send_request", WITH_KEYWORDS(send_request), send_request_text},
    {"observe", WITH_KEYWORDS(observe), observe_text},
    {"cancel", cancel, METH_O, cancel_text},
    {"get_details", get_details, METH_NOARGS, get_details_text},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(type_text,
             "A client's end towards one server, made by Coap.new_client_session(). It has a source port of\n"
             "its own.");

int add_session_type(PyObject *module)
{
    PyType_Slot slots[] = {
        {Py_tp_dealloc, SLOT(deallocate)},
        {Py_tp_repr, SLOT(represent)},
        {Py_tp_methods, methods},
        {Py_tp_doc, (char *)type_text},
        {0, NULL},
    };
    PyType_Spec spec = {"network.CoapClientSession", sizeof(session), 0,
                        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, slots};
    session_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
    return session_type ? PyModule_AddType(module, session_type) : -1;
}
