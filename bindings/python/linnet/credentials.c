#include "credentials.h"

static int take_octets(PyObject *octets, linnet_bytes *taken)
{
    char *data;
    Py_ssize_t size;
    if (PyBytes_AsStringAndSize(octets, &data, &size) != 0)
        return -1;
    *taken = linnet_view(data, (size_t)size);
    return 0;
}

/* The item of a dict; NULL without an exception: it has none. */
static PyObject *item_of(PyObject *given, const char *name) { return PyDict_GetItemString(given, name); }

static int read_octets(PyObject *given, const char *name, linnet_bytes *taken)
{
    PyObject *item = item_of(given, name);
    return item ? take_octets(item, taken) : 0;
}

static int read_text(PyObject *given, const char *name, const char **taken)
{
    PyObject *item = item_of(given, name);
    if (!item)
        return 0;
    *taken = PyUnicode_AsUTF8AndSize(item, NULL);
    return *taken ? 0 : -1;
}

static int read_truth(PyObject *given, const char *name, bool *taken)
{
    PyObject *item = item_of(given, name);
    int truth = item ? PyObject_IsTrue(item) : 0;
    *taken = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int read_number(PyObject *given, const char *name, linnet_peer_certificate *taken)
{
    PyObject *item = item_of(given, name);
    long number = item ? PyLong_AsLong(item) : 0;
    *taken = (linnet_peer_certificate)number;
    return PyErr_Occurred() ? -1 : 0;
}

/* The items of a tuple, at most `most`; -1 with an exception. */
static Py_ssize_t count_of(PyObject *tuple, const char *name, size_t most)
{
    Py_ssize_t count = tuple ? PyTuple_Size(tuple) : 0;
    if (count <= (Py_ssize_t)most)
        return count;
    PyErr_Format(PyExc_ValueError, "%s: more than %zu", name, most);
    return -1;
}

static int read_trusted_keys(PyObject *given, linnet_py_credentials *read)
{
    PyObject *keys = item_of(given, "trusted_keys");
    Py_ssize_t count = count_of(keys, "trusted_keys", LINNET_PY_TRUSTED_KEYS);
    for (Py_ssize_t i = 0; i < count; i++)
        if (take_octets(PyTuple_GetItem(keys, i), &read->trusted_keys[i]) != 0)
            return -1;
    read->credentials.trusted_keys = read->trusted_keys;
    read->credentials.trusted_key_count = (size_t)(count > 0 ? count : 0);
    return count < 0 ? -1 : 0;
}

static int read_more(PyObject *given, linnet_py_credentials *read)
{
    PyObject *more = item_of(given, "more_certificates"), *certificate, *key;
    Py_ssize_t count = count_of(more, "certificates", LINNET_PY_CERTIFICATES);
    for (Py_ssize_t i = 0; i < count; i++) {
        read->more[i] = (linnet_certificate){.certificate_file = NULL};
        if (!PyArg_ParseTuple(PyTuple_GetItem(more, i), "OO", &certificate, &key) ||
            take_octets(certificate, &read->more[i].certificate) != 0 ||
            take_octets(key, &read->more[i].private_key) != 0)
            return -1;
    }
    read->credentials.more_certificates = read->more;
    read->credentials.more_certificate_count = (size_t)(count > 0 ? count : 0);
    return count < 0 ? -1 : 0;
}

int linnet_py_credentials_read(PyObject *given, linnet_py_credentials *read)
{
    linnet_credentials *to = &read->credentials;
    if (!PyDict_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "as_dtls() gives a dict");
        return -1;
    }
    bool failed = read_octets(given, "psk", &to->psk) != 0 || read_octets(given, "identity", &to->identity) != 0 ||
                  read_octets(given, "certificate", &to->certificate) != 0 ||
                  read_text(given, "certificate_file", &to->certificate_file) != 0 ||
                  read_octets(given, "private_key", &to->private_key) != 0 ||
                  read_text(given, "private_key_file", &to->private_key_file) != 0 ||
                  read_truth(given, "raw_public_key", &to->raw_public_key) != 0 ||
                  read_octets(given, "trusted", &to->trusted) != 0 ||
                  read_text(given, "trusted_file", &to->trusted_file) != 0 ||
                  read_truth(given, "trust_system", &to->trust_system) != 0 ||
                  read_number(given, "peer_certificate", &to->peer_certificate) != 0 ||
                  read_text(given, "peer_name", &to->peer_name) != 0;
    return failed || read_trusted_keys(given, read) != 0 || read_more(given, read) != 0 ? -1 : 0;
}
