/* Python values as octets and numbers. */
#include "binding.h"

enum { LONGEST_TOKEN = 8 };

static int refuse_negative(PyObject *number)
{
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow < 0 || (overflow == 0 && value < 0)) {
        PyErr_Clear();
        PyErr_SetString(PyExc_ValueError, "a negative number has no octets");
        return -1;
    }
    return 0;
}

/* In the fewest octets, but at least one. */
static PyObject *bytes_of_number(PyObject *number, const char *order)
{
    if (refuse_negative(number) != 0)
        return NULL;
    PyObject *length = PyObject_CallMethod(number, "bit_length", NULL);
    if (!length)
        return NULL;
    Py_ssize_t bits = PyLong_AsSsize_t(length);
    Py_DECREF(length);
    if (bits == -1 && PyErr_Occurred())
        return NULL;
    Py_ssize_t size = (bits + 7) / 8;
    return PyObject_CallMethod(number, "to_bytes", "ns", size > 0 ? size : 1, order);
}

/* NULL without an exception: it is neither text nor a buffer. */
static PyObject *bytes_of_text_or_buffer(PyObject *object)
{
    if (PyUnicode_Check(object))
        return PyUnicode_AsUTF8String(object);
    return PyObject_CheckBuffer(object) ? PyBytes_FromObject(object) : NULL;
}

static PyObject *raise_type(const char *what, PyObject *object)
{
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "%s, not %R", what, Py_TYPE(object));
    return NULL;
}

PyObject *value_bytes(PyObject *value)
{
    if (PyLong_Check(value))
        return bytes_of_number(value, "little");
    PyObject *bytes = bytes_of_text_or_buffer(value);
    return bytes ? bytes : raise_type("a value is a str, bytes, another buffer, a bool or an int", value);
}

PyObject *token_bytes(PyObject *token)
{
    PyObject *bytes = PyLong_Check(token) ? bytes_of_number(token, "big") : bytes_of_text_or_buffer(token);
    if (!bytes)
        return raise_type("a token is a str, bytes or an int", token);
    if (PyBytes_Size(bytes) <= LONGEST_TOKEN)
        return bytes;
    PyErr_Format(PyExc_ValueError, "a token has at most %d octets, not %zd", LONGEST_TOKEN, PyBytes_Size(bytes));
    Py_DECREF(bytes);
    return NULL;
}

PyObject *key_bytes(PyObject *key)
{
    PyObject *bytes = bytes_of_text_or_buffer(key);
    if (!bytes)
        return raise_type("psk is a str or bytes", key);
    if (PyBytes_Size(bytes) > 0)
        return bytes;
    PyErr_SetString(PyExc_ValueError, "psk is empty");
    Py_DECREF(bytes);
    return NULL;
}

linnet_bytes bytes_view(PyObject *bytes)
{
    if (!bytes)
        return linnet_view(NULL, 0);
    return linnet_view(PyBytes_AsString(bytes), (size_t)PyBytes_Size(bytes));
}

int number_argument(PyObject *object, const char *name, long long least, long long most, long long *number)
{
    if (!object || object == Py_None)
        return 0;
    if (!PyLong_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s is an int, not %R", name, Py_TYPE(object));
        return -1;
    }
    int overflow;
    long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow == 0 && value >= least && value <= most) {
        *number = value;
        return 0;
    }
    PyErr_Format(PyExc_ValueError, "%s is from %lld to %lld, not %R", name, least, most, object);
    return -1;
}
