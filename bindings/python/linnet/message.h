/* A message as Python sees it. What came from the network stays as octets until somebody asks for it. */
#ifndef LINNET_PYTHON_MESSAGE_H
#define LINNET_PYTHON_MESSAGE_H

#include "options.h"

#define LINNET_SMALL_PAYLOAD 64u

/* No attribute of it refers back to it unless a program makes it so: the garbage collector does not know it. */
typedef struct linnet_py_message {
    PyObject_HEAD linnet_option_list options;
    PyObject *payload; /* bytes; NULL: `small`, not yet asked for */
    PyObject *remote;  /* NULL: made from `path` or `base` when it is asked for; or there is none */
    PyObject *base;    /* str "coap://host:port": where it goes to; NULL: not known */
    PyObject *request; /* of a response: what was asked; or NULL */
    PyObject *tuning;  /* TransportTuning or NULL */
    PyObject *claims;  /* of a request over coaps: the names of who sent it, as Remote has them; or NULL */
    PyObject *path_of; /* of a request below a site: its whole Uri-Path, where options have the rest; or NULL */
    linnet_path path;  /* where it came from, with has_path */
    uint16_t local_port;
    int32_t id;   /* Message ID, or -1 */
    int16_t code; /* or -1 */
    int8_t type;  /* or -1 */
    uint8_t token_size;
    uint8_t small_size;
    bool has_path, incoming, multicast;
    uint8_t token[LINNET_TOKEN_MAX];
    uint8_t small[LINNET_SMALL_PAYLOAD];
} linnet_py_message;

/* A message that came: all is copied. A new reference or NULL with an exception. */
PyObject *linnet_message_received(linnet_state *state, const linnet_message *message, const linnet_path *path,
                                  uint16_t local_port);
/* The payload as octets that live as long as the message; -1 with an exception. */
int linnet_message_payload(linnet_py_message *message, linnet_bytes *payload);
/* "coap://host:port" of where it goes to: a new reference, or NULL with an exception. */
PyObject *linnet_message_base(linnet_state *state, linnet_py_message *message);
/* Fills in options and destination from a URI (RFC 7252 6.4). 0, or -1 with an exception. */
int linnet_message_set_uri(linnet_state *state, linnet_py_message *message, PyObject *uri, bool with_host);

#endif
