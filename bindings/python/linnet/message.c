/* The message type: what is asked for is made then and kept. */
#include "message.h"

#include <stddef.h>

#define SELF(object) ((linnet_py_message *)(object))

static PyObject *allocate(PyTypeObject *type)
{
    linnet_py_message *message = linnet_object_new(type);
    if (!message)
        return NULL;
    linnet_option_list_init(&message->options);
    message->code = -1;
    message->type = -1;
    message->id = -1;
    return (PyObject *)message;
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    return allocate(type);
}

/* A chain of them may be longer than the stack is deep. */
static void drop_request(PyObject *request)
{
    while (request && Py_REFCNT(request) == 1) {
        PyObject *further = SELF(request)->request;
        SELF(request)->request = NULL;
        Py_DECREF(request);
        request = further;
    }
    Py_XDECREF(request);
}

static void destroy(PyObject *self)
{
    linnet_py_message *message = SELF(self);
    linnet_option_list_free(&message->options);
    Py_XDECREF(message->payload);
    Py_XDECREF(message->remote);
    Py_XDECREF(message->base);
    Py_XDECREF(message->tuning);
    Py_XDECREF(message->path_of);
    Py_XDECREF(message->claims);
    PyObject *request = message->request;
    linnet_object_free(self);
    drop_request(request);
}

static int take_payload(linnet_py_message *message, linnet_bytes payload)
{
    if (payload.size <= LINNET_SMALL_PAYLOAD) {
        message->small_size = (uint8_t)payload.size;
        if (payload.size > 0)
            memcpy(message->small, payload.data, payload.size);
        return 0;
    }
    message->payload = PyBytes_FromStringAndSize((const char *)payload.data, (Py_ssize_t)payload.size);
    return message->payload ? 0 : -1;
}

/* Tokens of more octets than 8 (RFC 8974) are not shown. */
static void take_token(linnet_py_message *message, linnet_bytes token)
{
    message->token_size = (uint8_t)(token.size <= LINNET_TOKEN_MAX ? token.size : 0);
    if (message->token_size > 0)
        memcpy(message->token, token.data, token.size);
}

static int take_message(linnet_py_message *made, const linnet_message *message)
{
    made->code = message->code;
    made->type = (int8_t)message->type;
    made->id = message->id;
    made->incoming = true;
    take_token(made, message->token);
    return linnet_option_list_set(&made->options, message->options) != 0 ? -1 : take_payload(made, message->payload);
}

PyObject *linnet_message_received(linnet_state *state, const linnet_message *message, const linnet_path *path,
                                  uint16_t local_port)
{
    PyObject *made = allocate((PyTypeObject *)state->Message);
    if (!made)
        return NULL;
    SELF(made)->path = *path;
    SELF(made)->has_path = true;
    SELF(made)->local_port = local_port;
    if (take_message(SELF(made), message) != 0)
        Py_CLEAR(made);
    return made;
}

int linnet_message_payload(linnet_py_message *message, linnet_bytes *payload)
{
    char *octets;
    Py_ssize_t size;
    if (!message->payload) {
        *payload = linnet_view(message->small, message->small_size);
        return 0;
    }
    if (PyBytes_AsStringAndSize(message->payload, &octets, &size) != 0)
        return -1;
    *payload = linnet_view(octets, (size_t)size);
    return 0;
}

PyObject *linnet_message_base(linnet_state *state, linnet_py_message *message)
{
    if (message->base) {
        Py_INCREF(message->base);
        return message->base;
    }
    PyObject *remote = PyObject_GetAttrString((PyObject *)message, "remote");
    PyObject *base = remote && remote != Py_None ? PyObject_GetAttr(remote, state->names.uri_base) : NULL;
    Py_XDECREF(remote);
    if (base && !PyUnicode_Check(base)) {
        Py_CLEAR(base);
        PyErr_SetString(PyExc_TypeError, "uri_base of a remote is a str");
    } else if (!base && !PyErr_Occurred()) {
        linnet_error_raise_kind(state, "no remote", NULL);
    }
    return base;
}

static PyObject *get_code(PyObject *self, void *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    if (SELF(self)->code < 0)
        Py_RETURN_NONE;
    return state ? linnet_state_code(state, (linnet_code)SELF(self)->code) : NULL;
}

/* A whole number from 0 to `most`, or None, which is -1; -2 with an exception. */
static long read_number(PyObject *value, long most, const char *name)
{
    if (!value || value == Py_None)
        return -1;
    PyObject *whole = PyNumber_Index(value);
    long number = whole ? PyLong_AsLong(whole) : -1;
    Py_XDECREF(whole);
    if (PyErr_Occurred())
        return -2;
    if (number >= 0 && number <= most)
        return number;
    PyErr_Format(PyExc_ValueError, "%s is 0 to %ld", name, most);
    return -2;
}

static int set_code(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    long code = read_number(value, UINT8_MAX, "code");
    if (code >= -1)
        SELF(self)->code = (int16_t)code;
    return code >= -1 ? 0 : -1;
}

static PyObject *get_type(PyObject *self, void *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    if (SELF(self)->type < 0)
        Py_RETURN_NONE;
    return state ? linnet_state_mtype(state, (unsigned)SELF(self)->type) : NULL;
}

static int set_type(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    long type = read_number(value, LINNET_RST, "mtype");
    if (type >= -1)
        SELF(self)->type = (int8_t)type;
    return type >= -1 ? 0 : -1;
}

static PyObject *get_id(PyObject *self, void *unused)
{
    (void)unused;
    if (SELF(self)->id < 0)
        Py_RETURN_NONE;
    return PyLong_FromLong(SELF(self)->id);
}

static int set_id(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    long id = read_number(value, UINT16_MAX, "mid");
    if (id >= -1)
        SELF(self)->id = (int32_t)id;
    return id >= -1 ? 0 : -1;
}

static PyObject *get_token(PyObject *self, void *unused)
{
    (void)unused;
    return PyBytes_FromStringAndSize((const char *)SELF(self)->token, SELF(self)->token_size);
}

static int set_token(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    char *octets = NULL;
    Py_ssize_t size = 0;
    if (value && value != Py_None && PyBytes_AsStringAndSize(value, &octets, &size) != 0)
        return -1;
    if ((size_t)size > LINNET_TOKEN_MAX) {
        PyErr_SetString(PyExc_ValueError, "a token has at most 8 octets");
        return -1;
    }
    take_token(SELF(self), linnet_view(octets, (size_t)size));
    return 0;
}

static PyObject *get_payload(PyObject *self, void *unused)
{
    (void)unused;
    linnet_py_message *message = SELF(self);
    if (!message->payload)
        message->payload = PyBytes_FromStringAndSize((const char *)message->small, message->small_size);
    Py_XINCREF(message->payload);
    return message->payload;
}

static int set_payload(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    if (!value || !PyObject_CheckBuffer(value)) {
        PyErr_SetString(PyExc_TypeError, "payload is bytes; of a text take text.encode()");
        return -1;
    }
    PyObject *bytes = PyBytes_FromObject(value), *before = SELF(self)->payload;
    if (!bytes)
        return -1;
    SELF(self)->payload = bytes;
    Py_XDECREF(before);
    return 0;
}

static PyObject *get_options(PyObject *self, void *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    return state ? linnet_options_view(state, self, &SELF(self)->options) : NULL;
}

static int set_options(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    const linnet_option_list *list = state && value ? linnet_options_list(state, value) : NULL;
    if (!list && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "opt cannot be deleted");
    if (!list)
        return -1;
    return list == &SELF(self)->options ? 0
                                        : linnet_option_list_set(&SELF(self)->options, linnet_option_list_view(list));
}

/* As the library's address texts, the local end with the port that is not in the path. */
static PyObject *remote_of_path(linnet_state *state, const linnet_py_message *message)
{
    char peer[LINNET_ADDRESS_TEXT], local[LINNET_ADDRESS_TEXT];
    linnet_address ours = {.port = message->local_port};
    memcpy(ours.ip, message->path.local_ip, sizeof ours.ip);
    return PyObject_CallFunction(state->make_remote, "sisiisO", linnet_address_host_text(&message->path.peer, peer),
                                 (int)message->path.peer.port, linnet_address_host_text(&ours, local),
                                 (int)message->local_port, (int)(message->path.flags & LINNET_PATH_MULTICAST),
                                 message->path.peer.session ? "coaps" : "coap",
                                 message->claims ? message->claims : Py_None);
}

static PyObject *get_remote(PyObject *self, void *unused)
{
    (void)unused;
    linnet_py_message *message = SELF(self);
    linnet_state *state = message->remote ? NULL : linnet_state_of(self);
    if (!message->remote && state && message->has_path)
        message->remote = remote_of_path(state, message);
    else if (!message->remote && state && message->base)
        message->remote = PyObject_CallFunction(state->make_undecided, "O", message->base);
    if (message->remote) {
        Py_INCREF(message->remote);
        return message->remote;
    }
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static int is_group(PyObject *self, PyObject *remote)
{
    linnet_state *state = linnet_state_of(self);
    PyObject *answer = state ? PyObject_GetAttr(remote, state->names.is_multicast) : NULL;
    int group = answer ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return group;
}

static int set_remote(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    linnet_py_message *message = SELF(self);
    PyObject *before = message->remote;
    if (value && value != Py_None && !PyObject_HasAttrString(value, "uri_base")) {
        PyErr_SetString(PyExc_TypeError, "remote is that of another message, or None");
        return -1;
    }
    int group = value && value != Py_None ? is_group(self, value) : 0;
    if (group < 0)
        return -1;
    message->remote = value && value != Py_None ? value : NULL;
    Py_XINCREF(message->remote);
    Py_XDECREF(before);
    Py_CLEAR(message->base);
    message->has_path = false;
    message->multicast = group;
    return 0;
}

static PyObject *get_request(PyObject *self, void *unused)
{
    (void)unused;
    PyObject *request = SELF(self)->request ? SELF(self)->request : Py_None;
    Py_INCREF(request);
    return request;
}

static int set_request(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    PyObject *before = SELF(self)->request;
    bool none = !value || value == Py_None;
    if (!state)
        return -1;
    if (!none && (value == self || !PyObject_TypeCheck(value, state->message_type))) {
        PyErr_SetString(PyExc_TypeError, "request is another Message, or None");
        return -1;
    }
    Py_XINCREF(value);
    SELF(self)->request = none ? NULL : value;
    if (none)
        Py_XDECREF(value);
    Py_XDECREF(before);
    return 0;
}

/* Attributes that are plain objects: a kept one or None. */
static PyObject *get_object(PyObject *self, void *closure)
{
    PyObject *object = *(PyObject **)(void *)((char *)self + *(const size_t *)closure);
    object = object ? object : Py_None;
    Py_INCREF(object);
    return object;
}

static int set_object(PyObject *self, PyObject *value, void *closure)
{
    PyObject **object = (PyObject **)(void *)((char *)self + *(const size_t *)closure), *before = *object;
    *object = value && value != Py_None ? value : NULL;
    Py_XINCREF(*object);
    Py_XDECREF(before);
    return 0;
}

static PyObject *get_tuning(PyObject *self, void *closure)
{
    linnet_state *state = SELF(self)->tuning ? NULL : linnet_state_of(self);
    if (!state)
        return get_object(self, closure);
    Py_INCREF(state->default_tuning);
    return state->default_tuning;
}

static PyObject *get_incoming(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(SELF(self)->incoming);
}

static PyObject *get_multicast(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(SELF(self)->multicast);
}

static PyObject *set_uri(PyObject *self, PyObject *args)
{
    PyObject *uri;
    int with_host = 1;
    linnet_state *state = linnet_state_of(self);
    if (!state || !PyArg_ParseTuple(args, "O|p", &uri, &with_host) ||
        linnet_message_set_uri(state, SELF(self), uri, with_host) != 0)
        return NULL;
    Py_RETURN_NONE;
}

/* A copy of everything but the request that it answers; the remote stays the same. */
static PyObject *duplicate(PyObject *self, PyObject *unused)
{
    (void)unused;
    const linnet_py_message *from = SELF(self);
    PyObject *made = allocate(Py_TYPE(self));
    if (!made)
        return NULL;
    linnet_py_message *to = SELF(made);
    size_t begin = offsetof(linnet_py_message, payload);
    memcpy((char *)to + begin, (const char *)from + begin, sizeof *to - begin);
    to->request = NULL;
    Py_XINCREF(to->payload);
    Py_XINCREF(to->remote);
    Py_XINCREF(to->base);
    Py_XINCREF(to->tuning);
    Py_XINCREF(to->path_of);
    Py_XINCREF(to->claims);
    if (linnet_option_list_set(&to->options, linnet_option_list_view(&from->options)) != 0)
        Py_CLEAR(made);
    return made;
}

static PyObject *encode(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_py_message *message = SELF(self);
    linnet_bytes payload;
    linnet_writer writer;
    if (message->code < 0 || message->type < 0 || message->id < 0)
        return PyErr_Format(PyExc_TypeError, "encode() wants a message with code, mtype and mid");
    if (linnet_message_payload(message, &payload) != 0)
        return NULL;
    size_t capacity = LINNET_MESSAGE_HEADER_SIZE + LINNET_TOKEN_MAX + message->options.size + 1 + payload.size;
    uint8_t *buffer = PyMem_Malloc(capacity);
    if (!buffer)
        return PyErr_NoMemory();
    linnet_writer_begin(&writer, buffer, capacity, (linnet_type)message->type, (linnet_code)message->code,
                        (uint16_t)message->id, linnet_view(message->token, message->token_size));
    linnet_writer_options(&writer, linnet_option_list_view(&message->options));
    linnet_writer_payload(&writer, payload);
    int size = linnet_writer_end(&writer);
    PyObject *encoded = size >= 0 ? PyBytes_FromStringAndSize((const char *)buffer, size)
                                  : PyErr_Format(PyExc_ValueError, "%s", linnet_error_text(size));
    PyMem_Free(buffer);
    return encoded;
}

static PyObject *decode(PyObject *type, PyObject *datagram)
{
    char *octets;
    Py_ssize_t size;
    linnet_message message;
    linnet_state *state = linnet_state_of_type((PyTypeObject *)type);
    if (!state || PyBytes_AsStringAndSize(datagram, &octets, &size) != 0)
        return NULL;
    int error = linnet_message_parse(&message, linnet_view(octets, (size_t)size));
    if (error != 0)
        return linnet_error_raise_kind(state, "datagram", linnet_error_text(error));
    PyObject *made = allocate((PyTypeObject *)type);
    if (made && take_message(SELF(made), &message) != 0)
        Py_CLEAR(made);
    return made;
}

static const size_t tuning_place = offsetof(linnet_py_message, tuning);
static const size_t path_of_place = offsetof(linnet_py_message, path_of);
#define PLACE(name) (void *)(uintptr_t)&name##_place

static int set_tuning(PyObject *self, PyObject *value, void *unused)
{
    (void)unused;
    return set_object(self, value, PLACE(tuning));
}

/* The keywords that are not options, each with what it sets. */
static setter keyword_setter(const linnet_state *state, PyObject *name)
{
    const struct {
        PyObject *name;
        setter set;
    } known[] = {{state->names.code, set_code},   {state->names.payload, set_payload},
                 {state->names.mtype, set_type},  {state->names.mid, set_id},
                 {state->names.token, set_token}, {state->names.transport_tuning, set_tuning}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (name == known[i].name)
            return known[i].set;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (PyUnicode_Compare(name, known[i].name) == 0)
            return known[i].set;
    return NULL;
}

static bool is_uri(const linnet_state *state, PyObject *name)
{
    return name == state->names.uri || PyUnicode_Compare(name, state->names.uri) == 0;
}

/* Options come after the URI, so that they count more. */
static int set_options_by_name(linnet_state *state, PyObject *self, PyObject *keywords)
{
    PyObject *name, *value, *options = linnet_options_view(state, self, &SELF(self)->options);
    Py_ssize_t at = 0;
    int failed = options ? 0 : -1;
    while (failed == 0 && PyDict_Next(keywords, &at, &name, &value))
        if (!is_uri(state, name) && !keyword_setter(state, name))
            failed = PyObject_SetAttr(options, name, value);
    Py_XDECREF(options);
    return failed;
}

static int initialise(PyObject *self, PyObject *args, PyObject *keywords)
{
    linnet_state *state = linnet_state_of(self);
    PyObject *name, *value, *uri = NULL;
    Py_ssize_t at = 0;
    bool options = false;
    if (!state)
        return -1;
    if (PyTuple_Size(args) != 0) {
        PyErr_SetString(PyExc_TypeError, "Message() takes keywords only: code=, uri=, payload=, options by name");
        return -1;
    }
    while (keywords && PyDict_Next(keywords, &at, &name, &value)) {
        setter set = is_uri(state, name) ? NULL : keyword_setter(state, name);
        if (set && set(self, value, NULL) != 0)
            return -1;
        if (!set && is_uri(state, name))
            uri = value;
        else if (!set)
            options = true;
    }
    if (uri && uri != Py_None && linnet_message_set_uri(state, SELF(self), uri, true) != 0)
        return -1;
    return options ? set_options_by_name(state, self, keywords) : 0;
}

static PyGetSetDef attributes[] = {
    {"code", get_code, set_code, "Method or response code, or None.", NULL},
    {"mtype", get_type, set_type, "CON, NON, ACK or RST; None: the library chooses.", NULL},
    {"mid", get_id, set_id, "The Message ID, or None: the library chooses.", NULL},
    {"token", get_token, set_token, "The token; empty: the library chooses.", NULL},
    {"payload", get_payload, set_payload, "The body, as bytes.", NULL},
    {"opt", get_options, set_options, "The options, an Options object.", NULL},
    {"remote", get_remote, set_remote, "Who sent it, or where it goes to; None: not known.", NULL},
    {"request", get_request, set_request, "Of a response: the request that it answers.", NULL},
    {"transport_tuning", get_tuning, set_object, "Transmission parameters of this request.", PLACE(tuning)},
    {"_path_of", get_object, set_object, "The whole Uri-Path where a site has stripped it.", PLACE(path_of)},
    {"_incoming", get_incoming, NULL, "Whether it came from the network.", NULL},
    {"_multicast", get_multicast, NULL, "Whether its URI names a group.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"_set_uri", set_uri, METH_VARARGS, "(uri, with_host): options and destination from a URI."},
    {"_copy", duplicate, METH_NOARGS, "A copy."},
    {"encode", encode, METH_NOARGS, "The message as a datagram."},
    {"decode", decode, METH_O | METH_CLASS, "The message of a datagram."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_new, make},
    {Py_tp_init, initialise},
    {Py_tp_getset, attributes},
    {Py_tp_methods, methods},
    {Py_tp_doc, "A CoAP message."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Message",
    .basicsize = sizeof(linnet_py_message),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

PyTypeObject *linnet_message_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
