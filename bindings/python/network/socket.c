/* The server's socket, for uselect and select. */
#include "binding.h"

#include <fcntl.h>
#include <unistd.h>

static PyObject *known;

/* socket.socket(fileno=descriptor): Python finds family and type by itself. Takes the descriptor. */
static PyObject *wrap(int descriptor)
{
    PyObject *module = PyImport_ImportModule("socket");
    PyObject *name = PyUnicode_InternFromString("socket");
    PyObject *type = module && name ? PyObject_GetAttr(module, name) : NULL;
    PyObject *arguments = PyTuple_New(0), *keywords = Py_BuildValue("{s:i}", "fileno", descriptor);
    PyObject *made = type && arguments && keywords ? PyObject_Call(type, arguments, keywords) : NULL;
    Py_XDECREF(keywords);
    Py_XDECREF(arguments);
    Py_XDECREF(type);
    Py_XDECREF(name);
    Py_XDECREF(module);
    if (!made)
        close(descriptor);
    return made;
}

/* A duplicate, so that closing it takes nothing from the module. */
PyObject *socket_object(linnet_module *module)
{
    if (known)
        return Py_NewRef(known);
    int descriptor = linnet_module_socket(module);
    if (descriptor < 0) {
        PyErr_SetString(PyExc_RuntimeError, "there is no socket: Coap.init() was called without an address");
        return NULL;
    }
    int duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    PyObject *made = wrap(duplicate);
    if (known) { /* another thread was faster */
        Py_XDECREF(made);
        return Py_NewRef(known);
    }
    known = Py_XNewRef(made);
    return made;
}

void socket_forget(void)
{
    PyObject *socket = known;
    known = NULL;
    if (!socket)
        return;
    PyObject *result = call_method(socket, "close", NULL, NULL);
    if (!result)
        PyErr_WriteUnraisable(socket);
    Py_XDECREF(result);
    Py_DECREF(socket);
}
