/* Pre-shared keys of a server (RFC 7252 9.1.3.1): Python is asked for them, and told of handshakes that fail. */
#include "server.h"

static PyObject *octets_of(linnet_bytes bytes)
{
    return PyBytes_FromStringAndSize((const char *)bytes.data, (Py_ssize_t)bytes.size);
}

/* What a method of `keys` says of an identity. */
static PyObject *ask(const linnet_py_server *server, const char *method, linnet_bytes identity)
{
    PyObject *name = octets_of(identity);
    PyObject *said = name ? PyObject_CallMethod(server->keys, method, "O", name) : NULL;
    Py_XDECREF(name);
    return said;
}

static int copy_key(PyObject *said, uint8_t key[LINNET_PSK_MAX])
{
    char *octets;
    Py_ssize_t size;
    if (said == Py_None)
        return LINNET_ENOENT;
    if (PyBytes_AsStringAndSize(said, &octets, &size) != 0)
        return LINNET_ENOENT;
    if (size == 0 || (size_t)size > LINNET_PSK_MAX) {
        PyErr_Format(PyExc_ValueError, "a pre-shared key has 1 to %d octets", (int)LINNET_PSK_MAX);
        return LINNET_ENOENT;
    }
    memcpy(key, octets, (size_t)size);
    return (int)size;
}

int linnet_py_look_up(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    const linnet_py_server *server = context;
    PyObject *said = ask(server, "look_up", identity);
    int size = said ? copy_key(said, key) : LINNET_ENOENT;
    linnet_unraisable(server->keys);
    Py_XDECREF(said);
    return size;
}

void linnet_py_handshake_failed(void *context, const linnet_handshake_failure *failure)
{
    const linnet_py_server *server = context;
    char peer[LINNET_ADDRESS_TEXT];
    PyObject *name = octets_of(failure->identity);
    PyObject *told =
        name ? PyObject_CallMethod(server->keys, "failed", "sisO", linnet_address_text(&failure->peer, peer),
                                   failure->error, failure->text, name)
             : NULL;
    linnet_unraisable(server->keys);
    Py_XDECREF(name);
    Py_XDECREF(told);
}

PyObject *linnet_py_claims(const linnet_py_server *server, const linnet_request *request)
{
    const linnet_identity peer = linnet_request_peer(request);
    if (!server->keys)
        return PyTuple_New(0);
    switch (peer.security) {
    case LINNET_SECURED_PSK:
        return ask(server, "claims", peer.name);
    case LINNET_SECURED_CERTIFICATE:
        return ask(server, "claims_of_certificate", peer.name);
    case LINNET_SECURED_RAW_KEY:
        return ask(server, "claims_of_raw_key", peer.name);
    default:
        return PyTuple_New(0);
    }
}
