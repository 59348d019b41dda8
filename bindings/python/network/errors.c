/* The library's errors as Python's exceptions. */
#include "binding.h"

#include <errno.h>

static PyObject *type_of(int error)
{
    switch (error) {
    case LINNET_EINVAL:
    case LINNET_ETOOBIG:
    case LINNET_EURI:
    case LINNET_EADDRESS:
    case LINNET_ERESOLVE:
    case LINNET_ECREDENTIALS:
        return PyExc_ValueError;
    case LINNET_ECLOSED:
    case LINNET_EEXIST:
    case LINNET_ENOENT:
    case LINNET_EBUSY:
    case LINNET_EMESSAGEID:
        return PyExc_RuntimeError;
    case LINNET_EUNSUPPORTED:
        return PyExc_NotImplementedError;
    case LINNET_ENOMEM:
        return PyExc_MemoryError;
    default:
        return PyExc_OSError;
    }
}

PyObject *raise_gone(const char *text)
{
    lifetime_park_at_exit();
    PyErr_SetString(PyExc_RuntimeError, text);
    return NULL;
}

PyObject *raise_error(int error, const char *subject)
{
    int reason = errno;
    /* An address that another program has is no bad address. */
    bool is_systems =
        error == LINNET_ESYSTEM || (error == LINNET_EADDRESS && (reason == EADDRINUSE || reason == EACCES));
    if (is_systems && reason != 0) {
        errno = reason;
        return subject ? PyErr_SetFromErrnoWithFilename(PyExc_OSError, subject) : PyErr_SetFromErrno(PyExc_OSError);
    }
    if (subject)
        return PyErr_Format(type_of(error), "%s: %s", subject, linnet_error_text(error));
    PyErr_SetString(type_of(error), linnet_error_text(error));
    return NULL;
}
