/* class Coap: a namespace of static functions over the one open module. */
#include "binding.h"

/* The longest wait, some 290 years: beyond it the clock would wrap. */
#define LONGEST_WAIT_MS (INT64_MAX / 1000000)

static PyObject *coap_socket(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    linnet_module *module = lifetime_enter();
    if (!module)
        return NULL;
    PyObject *object = socket_object(module);
    lifetime_leave();
    return object;
}

static PyObject *set_handler(int which, PyObject *handler)
{
    if (!lifetime_enter())
        return NULL;
    int error = handlers_set(which, handler);
    lifetime_leave();
    if (error)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *coap_register_response_handler(PyObject *self, PyObject *handler)
{
    (void)self;
    return set_handler(ON_RESPONSE, handler);
}

static PyObject *coap_register_failure_handler(PyObject *self, PyObject *handler)
{
    (void)self;
    return set_handler(ON_FAILURE, handler);
}

static PyObject *coap_register_new_resource_handler(PyObject *self, PyObject *handler)
{
    (void)self;
    return set_handler(ON_NEW_RESOURCE, handler);
}

/* Signals are handled in the main thread, and most of them interrupt the wait; some come in the moment before it, or
 * while another thread polls for this one. So a wait has an end, after which signals are looked for. */
#define LONGEST_SLICE_MS 500

static uint64_t slice(uint64_t deadline)
{
    uint64_t now = linnet_clock();
    uint64_t left = now < deadline ? (deadline - now) / 1000 + 1 : 0;
    return left < LONGEST_SLICE_MS ? left : LONGEST_SLICE_MS;
}

/* What a wait has come to: LINNET_ECANCELLED for a signal, LINNET_ETIMEOUT for the end of a slice without a packet. A
 * packet may have come before the wait - then it is over at once - or at its very end. */
static int read_slice(linnet_module *module, uint64_t milliseconds)
{
    uint64_t end = linnet_clock() + milliseconds * 1000, before = linnet_module_happened(module);
    int error = linnet_module_read(module, (uint32_t)milliseconds);
    bool is_over = linnet_clock() >= end && linnet_module_happened(module) == before;
    return error == 0 && is_over ? LINNET_ETIMEOUT : error;
}

/* -1 with the exception of a signal's handler, or with one that a handler of responses left to read(). */
static int read_once(linnet_module *module, uint64_t milliseconds, int *error)
{
    reader mine;
    handlers_begin_reading(&mine);
    UNLOCKED(*error = read_slice(module, milliseconds));
    return handlers_end_reading(&mine) != 0 ? -1 : PyErr_CheckSignals();
}

/* Until a packet was handled, the time is over or the module is closed. 0 milliseconds: no limit. */
static int read_until(linnet_module *module, long long milliseconds)
{
    uint64_t deadline = milliseconds == 0 ? UINT64_MAX : linnet_clock() + (uint64_t)milliseconds * 1000;
    int error = LINNET_ETIMEOUT;
    uint64_t wait;
    while ((error == LINNET_ETIMEOUT || error == LINNET_ECANCELLED) && (wait = slice(deadline)) > 0 &&
           !lifetime_is_closing())
        if (read_once(module, wait, &error) != 0)
            return -1;
    if (error == 0 || error == LINNET_ETIMEOUT || error == LINNET_ECANCELLED || error == LINNET_ECLOSED)
        return 0;
    raise_error(error, NULL);
    return -1;
}

static PyObject *coap_read(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"timeout", NULL};
    PyObject *timeout = NULL;
    long long milliseconds = 0;
    linnet_module *module;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:read", names, &timeout) ||
        number_argument(timeout, "timeout", 0, LONGEST_WAIT_MS, &milliseconds) != 0 || !(module = lifetime_enter()))
        return NULL;
    int result = -1;
    if (handlers_is_inside())
        PyErr_SetString(PyExc_RuntimeError, "read() inside a handler would wait for its own end");
    else
        result = read_until(module, milliseconds);
    lifetime_leave();
    if (result != 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    init_text,
    "init(address=None, *, port=None, service_discovery=False, dynamic_resources=False, psk=None, hint=None,\n"
    "     create_by_post=False, plain_too=False, max_resources=None, max_value_size=None)\n--\n\n"
    "Opens the module: a server at an address of this host, or without one a client only. Default port 5683;\n"
    "with psk, the key of every client, DTLS alone, on 5684, and plain UDP on 5683 only with plain_too. A hint\n"
    "helps clients to choose their key. dynamic_resources lets PUT create resources, create_by_post POST too;\n"
    "clients may create max_resources (1000) and set values of up to max_value_size octets (65536).");

PyDoc_STRVAR(deinit_text,
             "deinit()\n--\n\n"
             "Closes everything; init() may be called again. From inside a handler it takes effect when the\n"
             "handler has returned.");

PyDoc_STRVAR(socket_text, "socket()\n--\n\nThe server's UDP socket, the same object each time, for uselect or select.");

PyDoc_STRVAR(register_response_handler_text,
             "register_response_handler(callback, /)\n--\n\n"
             "callback(code, id_param, type_param, token, payload) is called for every response, and replaces the one\n"
             "before; None: nothing is called.");

PyDoc_STRVAR(
    register_failure_handler_text,
    "register_failure_handler(callback, /)\n--\n\n"
    "callback(id_param, token, reason) is called for a request that ends without a response: reset, time-out,\n"
    "network error. The reason says which, in words.");

PyDoc_STRVAR(register_new_resource_handler_text,
             "register_new_resource_handler(callback, /)\n--\n\n"
             "callback(resource) is called when a client has created a resource, before it is answered.");

PyDoc_STRVAR(
    new_client_session_text,
    "new_client_session(address, port=None, *, psk=None, identity=None)\n--\n\n"
    "Opens a CoapClientSession to an IPv4 or IPv6 address or a name. Default port 5683. With psk DTLS,\n"
    "by default at port 5684: identity is what the server finds the key by; without one it is \"Client_identity\", "
    "for\n"
    "servers that have one key for everybody. A wrong key is told to the failure handler of the first request.");

PyDoc_STRVAR(remove_client_session_text, "remove_client_session(destination, port=5683, protocol=1)\n--\n\n"
                                         "Ends the first session to that address; RuntimeError: there is none.");

PyDoc_STRVAR(get_client_sessions_text, "get_client_sessions()\n--\n\nAll client sessions, in the order of creation.");

PyDoc_STRVAR(send_request_text,
             "send_request(uri_host, method, *, uri_port=5683, uri_path=None, content_format=None, payload=None,\n"
             "             token=None, include_options=True)\n--\n\n"
             "As CoapClientSession.send_request(), with the first session to that host and port; opened if need be.");

PyDoc_STRVAR(add_resource_text,
             "add_resource(uri, *, media_type=-1, max_age=-1, value=0, etag=False)\n--\n\n"
             "Adds a resource and returns it, a CoapResource. No method is enabled at first: CoapResource.callback().");

PyDoc_STRVAR(remove_resource_text, "remove_resource(uri)\n--\n\nRemoves a resource, if there is one of that path.");

PyDoc_STRVAR(get_resource_text, "get_resource(uri)\n--\n\n"
                                "The CoapResource of that path, the same object each time; None: there is none.");

PyDoc_STRVAR(read_text,
             "read(timeout=0)\n--\n\n"
             "Waits until a packet has come, at most `timeout` milliseconds (0: without limit), and handles\n"
             "all that is there, in this thread. Optional: without it the module does so in the background.");

static PyMethodDef methods[] = {
    {"init", WITH_KEYWORDS(coap_init) | METH_STATIC, init_text},
    {"deinit", coap_deinit, METH_STATIC | METH_NOARGS, deinit_text},
    {"socket", coap_socket, METH_STATIC | METH_NOARGS, socket_text},
    {"read", WITH_KEYWORDS(coap_read) | METH_STATIC, read_text},
    {"add_resource", WITH_KEYWORDS(coap_add_resource) | METH_STATIC, add_resource_text},
    {"remove_resource", WITH_KEYWORDS(coap_remove_resource) | METH_STATIC, remove_resource_text},
    {"get_resource", WITH_KEYWORDS(coap_get_resource) | METH_STATIC, get_resource_text},
    {"register_response_handler", coap_register_response_handler, METH_STATIC | METH_O, register_response_handler_text},
    {"register_failure_handler", coap_register_failure_handler, METH_STATIC | METH_O, register_failure_handler_text},
    {"register_new_resource_handler", coap_register_new_resource_handler, METH_STATIC | METH_O,
     register_new_resource_handler_text},
    {"send_request", WITH_KEYWORDS(coap_send_request) | METH_STATIC, send_request_text},
    {"new_client_session", WITH_KEYWORDS(coap_new_client_session) | METH_STATIC, new_client_session_text},
    {"remove_client_session", WITH_KEYWORDS(coap_remove_client_session) | METH_STATIC, remove_client_session_text},
    {"get_client_sessions", coap_get_client_sessions, METH_STATIC | METH_NOARGS, get_client_sessions_text},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(type_text,
             "CoAP server and client of this process. It works in the background from init() on: read() is\n"
             "optional, and handlers run one at a time, in a thread that is in read() or in the module's own.");

int add_coap_type(PyObject *module)
{
    PyType_Slot slots[] = {{Py_tp_methods, methods}, {Py_tp_doc, (char *)type_text}, {0, NULL}};
    PyType_Spec spec = {"network.Coap", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                        slots};
    PyObject *type = PyType_FromModuleAndSpec(module, &spec, NULL);
    int error = type && add_constants(type) == 0 ? PyModule_AddType(module, (PyTypeObject *)type) : -1;
    Py_XDECREF(type);
    return error;
}
