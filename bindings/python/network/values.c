/* Python values as octets and numbers. */
#include "binding.h"

enum { LONGEST_TOKEN = 8 };

PyObject *call_method(PyObject *object, const char *name, PyObject *first, PyObject *second)
{
    PyObject *interned = PyUnicode_InternFromString(name);
    PyObject *result = interned ? PyObject_CallMethodObjArgs(object, interned, first, second, NULL) : NULL;
    Py_XDECREF(interned);
    return result;
}

/* In the fewest octets, but at least one. */
static PyObject *bytes_of_small(unsigned long long number, bool is_big_endian)
{
    char octets[sizeof number];
    size_t size = 1;
    while (size < sizeof number && number >> 8 * size != 0)
        size++;
    for (size_t i = 0; i < size; i++)
        octets[is_big_endian ? size - 1 - i : i] = (char)(number >> 8 * i & 0xff);
    return PyBytes_FromStringAndSize(octets, (Py_ssize_t)size);
}

/* Of one that no C type holds. */
static PyObject *bytes_of_large(PyObject *number, bool is_big_endian)
{
    PyObject *bits = call_method(number, "bit_length", NULL, NULL);
    size_t size = bits ? (PyLong_AsSize_t(bits) + 7) / 8 : 0;
    PyObject *order = PyUnicode_InternFromString(is_big_endian ? "big" : "little");
    PyObject *length = PyErr_Occurred() ? NULL : PyLong_FromSize_t(size);
    PyObject *bytes = bits && order && length ? call_method(number, "to_bytes", length, order) : NULL;
    Py_XDECREF(length);
    Py_XDECREF(order);
    Py_XDECREF(bits);
    return bytes;
}

static PyObject *bytes_of_number(PyObject *number, bool is_big_endian)
{
    int overflow;
    long long small = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow > 0)
        return bytes_of_large(number, is_big_endian);
    if (overflow == 0 && small >= 0)
        return bytes_of_small((unsigned long long)small, is_big_endian);
    PyErr_SetString(PyExc_ValueError, "a negative number has no octets");
    return NULL;
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
        return bytes_of_number(value, false);
    PyObject *bytes = bytes_of_text_or_buffer(value);
    return bytes ? bytes : raise_type("a value is a str, bytes, another buffer, a bool or an int", value);
}

PyObject *token_bytes(PyObject *token)
{
    PyObject *bytes = PyLong_Check(token) ? bytes_of_number(token, true) : bytes_of_text_or_buffer(token);
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
    if (PyBytes_Size(bytes) > 0 && PyBytes_Size(bytes) <= (Py_ssize_t)LINNET_PSK_MAX)
        return bytes;
    PyErr_Format(PyExc_ValueError, "psk has 1 to %d octets, not %zd", (int)LINNET_PSK_MAX, PyBytes_Size(bytes));
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
