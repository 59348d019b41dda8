/* CoapClientSession: a client's end towards one server. */
#include "binding.h"

static PyObject *represent(PyObject *self)
{
    const linnet_module_session *handle = handle_peek(self);
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

static void *context_of(const void *handle) { return linnet_module_session_context(handle); }
static void set_context(void *handle, void *context) { linnet_module_session_set_context(handle, context); }
static void release(void *handle) { linnet_module_session_release(handle); }

static handle_kind kind = {
    .name = "network.CoapClientSession",
    .text = type_text,
    .made = "session was opened",
    .methods = methods,
    .represent = represent,
    .context = context_of,
    .set_context = set_context,
    .release = release,
};

PyObject *session_object(linnet_module_session *handle) { return handle_object(&kind, handle); }

int add_session_type(PyObject *module) { return add_handle_type(module, &kind); }
