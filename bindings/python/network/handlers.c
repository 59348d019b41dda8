/* Calls from the library into Python: they come from the module's own thread or from one that is in Coap.read(). */
#include "binding.h"

static PyObject *handlers[HANDLERS];
static _Thread_local unsigned depth;         /* of handlers that the thread is in */
static _Thread_local reader *current_reader; /* NULL: the thread is not in Coap.read() */

int handlers_set(int which, PyObject *handler)
{
    if (handler != Py_None && !PyCallable_Check(handler)) {
        PyErr_Format(PyExc_TypeError, "a handler can be called; %R can not", handler);
        return -1;
    }
    PyObject *before = handlers[which];
    handlers[which] = handler == Py_None ? NULL : Py_NewRef(handler);
    Py_XDECREF(before);
    return 0;
}

void handlers_clear(void)
{
    for (int which = 0; which < HANDLERS; which++)
        handlers_set(which, Py_None);
}

bool handlers_is_inside(void) { return depth > 0; }

void handlers_begin_reading(reader *mine)
{
    *mine = (reader){.outer = current_reader};
    current_reader = mine;
}

int handlers_end_reading(reader *mine)
{
    current_reader = mine->outer;
    if (!mine->type)
        return 0;
    PyErr_Restore(mine->type, mine->value, mine->traceback);
    return -1;
}

/* An error is printed. KeyboardInterrupt and SystemExit are no errors: they end Coap.read(), if there is one. */
static void take_exception(PyObject *handler)
{
    if (!current_reader || current_reader->type || PyErr_ExceptionMatches(PyExc_Exception))
        PyErr_WriteUnraisable(handler);
    else
        PyErr_Fetch(&current_reader->type, &current_reader->value, &current_reader->traceback);
}

/* Takes the reference to the arguments, which are NULL with an exception where memory ran out. */
static void call(PyObject *handler, PyObject *arguments)
{
    depth++;
    PyObject *result = arguments ? PyObject_CallObject(handler, arguments) : NULL;
    depth--;
    if (!result)
        take_exception(handler);
    Py_XDECREF(result);
    Py_XDECREF(arguments);
    Py_DECREF(handler);
}

/* A new reference, since the handler may put another one in its place; NULL: there is none. */
static PyObject *handler_of(int which) { return Py_XNewRef(handlers[which]); }

static PyObject *bytes_object(linnet_bytes bytes)
{
    return PyBytes_FromStringAndSize((const char *)bytes.data, (Py_ssize_t)bytes.size);
}

static void tell_response(const linnet_module_response *response, void *context)
{
    (void)context;
    PyGILState_STATE lock = PyGILState_Ensure();
    PyObject *handler = handler_of(ON_RESPONSE);
    if (handler)
        call(handler, Py_BuildValue("(iiiNN)", (int)response->code, (int)response->id, (int)response->type,
                                    bytes_object(response->token), bytes_object(response->payload)));
    PyGILState_Release(lock);
}

static void tell_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    (void)session, (void)context;
    PyGILState_STATE lock = PyGILState_Ensure();
    PyObject *handler = handler_of(ON_FAILURE);
    if (handler)
        call(handler, Py_BuildValue("(iNs)", (int)id, bytes_object(token), linnet_error_text(reason)));
    PyGILState_Release(lock);
}

static void tell_new_resource(linnet_module_resource *resource, void *context)
{
    (void)context;
    PyGILState_STATE lock = PyGILState_Ensure();
    PyObject *handler = handler_of(ON_NEW_RESOURCE);
    if (handler) {
        linnet_module_resource_retain(resource);
        PyObject *object = resource_object(resource);
        call(handler, object ? Py_BuildValue("(N)", object) : NULL);
    }
    PyGILState_Release(lock);
}

void handlers_connect(linnet_module *module)
{
    linnet_module_on_response(module, tell_response, NULL);
    linnet_module_on_failure(module, tell_failure, NULL);
    linnet_module_on_new_resource(module, tell_new_resource, NULL);
}
