/* Coap's functions for client sessions. */
#include "binding.h"

/* A counted handle, or NULL with an exception. `key` may be NULL. */
static linnet_module_session *open_session(linnet_module *module, const char *address, uint16_t port, PyObject *key,
                                           const char *identity)
{
    linnet_module_session *session = NULL;
    linnet_bytes psk = bytes_view(key);
    int error;
    UNLOCKED(error = linnet_module_open_session(module, address, port, psk, identity, &session));
    if (error)
        raise_error(error, error == LINNET_EUNSUPPORTED ? "psk" : error == LINNET_ECREDENTIALS ? "identity" : address);
    return session;
}

static PyObject *new_session(const char *address, uint16_t port, PyObject *key, const char *identity)
{
    linnet_module *module = lifetime_enter();
    if (!module)
        return NULL;
    linnet_module_session *session = open_session(module, address, port, key, identity);
    lifetime_leave();
    return session ? session_object(session) : NULL;
}

PyObject *coap_new_client_session(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"address", "port", "psk", "identity", NULL};
    const char *address, *identity = NULL;
    PyObject *port = NULL, *psk = Py_None, *key = NULL;
    long long number = 0;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|O$Oz:new_client_session", names, &address, &port, &psk,
                                     &identity) ||
        number_argument(port, "port", 1, UINT16_MAX, &number) != 0)
        return NULL;
    if (identity && psk == Py_None)
        return PyErr_Format(PyExc_ValueError, "identity is that of a psk, and there is none");
    if (psk != Py_None && !(key = key_bytes(psk)))
        return NULL;
    PyObject *session = new_session(address, (uint16_t)number, key, identity);
    Py_XDECREF(key);
    return session;
}

PyObject *coap_remove_client_session(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"destination", "port", "protocol", NULL};
    const char *destination;
    int protocol = LINNET_MODULE_UDP;
    PyObject *port = NULL;
    long long number = 5683;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|Oi:remove_client_session", names, &destination, &port,
                                     &protocol) ||
        number_argument(port, "port", 1, UINT16_MAX, &number) != 0)
        return NULL;
    linnet_module *module = lifetime_enter();
    if (!module)
        return NULL;
    int error;
    UNLOCKED(error = linnet_module_remove_session(module, destination, (uint16_t)number, protocol));
    lifetime_leave();
    if (error == LINNET_ENOENT)
        return PyErr_Format(PyExc_RuntimeError, "there is no client session to %s, port %lld", destination, number);
    if (error)
        return raise_error(error, destination);
    Py_RETURN_NONE;
}

static linnet_module_session *session_at(linnet_module *module, size_t index)
{
    linnet_module_session *session;
    UNLOCKED(session = linnet_module_session_at(module, index));
    return session;
}

static int append_sessions(linnet_module *module, PyObject *list)
{
    linnet_module_session *session;
    for (size_t index = 0; (session = session_at(module, index)); index++) {
        PyObject *object = session_object(session);
        int error = object ? PyList_Append(list, object) : -1;
        Py_XDECREF(object);
        if (error)
            return -1;
    }
    return 0;
}

PyObject *coap_get_client_sessions(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    linnet_module *module = lifetime_enter();
    if (!module)
        return NULL;
    PyObject *list = PyList_New(0);
    if (list && append_sessions(module, list) != 0)
        Py_CLEAR(list);
    lifetime_leave();
    return list;
}

/* Without the interpreter lock: the first plain session to that address and port; NULL: there is none. */
static linnet_module_session *find_session(linnet_module *module, const char *address, uint16_t port)
{
    linnet_module_session *session;
    for (size_t index = 0; (session = linnet_module_session_at(module, index)); index++) {
        if (linnet_module_session_protocol(session) == LINNET_MODULE_UDP &&
            linnet_module_session_port(session) == port && strcmp(linnet_module_session_address(session), address) == 0)
            return session;
        linnet_module_session_release(session);
    }
    return NULL;
}

static PyObject *send_to(linnet_module *module, const char *host, uint16_t port, const request_arguments *request)
{
    linnet_module_session *session;
    UNLOCKED(session = find_session(module, host, port));
    if (!session && !(session = open_session(module, host, port, NULL, NULL)))
        return NULL;
    PyObject *id = request_send(session, request);
    linnet_module_session_release(session);
    return id;
}

PyObject *coap_send_request(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"uri_host", "method", "uri_port",        "uri_path", "content_format",
                            "payload",  "token",  "include_options", NULL};
    const char *host;
    PyObject *port = NULL;
    long long number = 5683;
    request_arguments request = {.include_options = 1};
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "si|$OzOOOp:send_request", names, &host, &request.method,
                                     &port, &request.uri_path, &request.content_format, &request.payload,
                                     &request.token, &request.include_options) ||
        number_argument(port, "uri_port", 1, UINT16_MAX, &number) != 0)
        return NULL;
    linnet_module *module = lifetime_enter();
    if (!module)
        return NULL;
    PyObject *id = send_to(module, host, (uint16_t)number, &request);
    lifetime_leave();
    return id;
}
