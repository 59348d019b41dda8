/* Options as Python sees them, msg.opt: attributes by name, values converted as the registry says. Nothing is
 * converted before it is asked for. */
#include "options.h"

typedef struct options_view {
    PyObject_HEAD PyObject *owner; /* whose list it is; NULL: its own */
    linnet_option_list *list;
    linnet_option_list own;
} options_view;

typedef enum shape { SINGLE, ITEMS, PRESENCE } shape;

typedef struct attribute {
    uint16_t number;
    uint8_t shape;
} attribute;

static bool is_content_format(uint16_t number)
{
    return number == LINNET_OPTION_CONTENT_FORMAT || number == LINNET_OPTION_ACCEPT;
}

static linnet_option_format format_of(uint16_t number)
{
    const linnet_option_definition *definition = linnet_option_find(number);
    return definition ? (linnet_option_format)definition->format : LINNET_FORMAT_OPAQUE;
}

static PyObject *block_to_python(linnet_state *state, linnet_bytes value)
{
    uint32_t packed = linnet_option_uint(value);
    PyObject *more = packed & 8u ? Py_True : Py_False;
    return PyObject_CallFunction(state->Block, "IOI", packed >> 4, more, packed & 7u);
}

static PyObject *to_python(linnet_state *state, uint16_t number, linnet_bytes value)
{
    switch (format_of(number)) {
    case LINNET_FORMAT_STRING:
        return PyUnicode_DecodeUTF8((const char *)value.data, (Py_ssize_t)value.size, "replace");
    case LINNET_FORMAT_UINT:
        if (is_content_format(number))
            return PyObject_CallFunction(state->ContentFormat, "I", linnet_option_uint(value));
        return PyLong_FromUnsignedLong(linnet_option_uint(value));
    case LINNET_FORMAT_BLOCK:
        return block_to_python(state, value);
    case LINNET_FORMAT_EMPTY:
    case LINNET_FORMAT_OPAQUE:
        break;
    }
    return PyBytes_FromStringAndSize((const char *)value.data, (Py_ssize_t)value.size);
}

static int add_text(linnet_option_list *list, uint16_t number, PyObject *value)
{
    Py_ssize_t size;
    const char *text = PyUnicode_Check(value) ? PyUnicode_AsUTF8AndSize(value, &size) : NULL;
    if (!text) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "%s is text: a str is wanted", linnet_option_name(number));
        return -1;
    }
    return linnet_option_list_add(list, number, linnet_view(text, (size_t)size));
}

static int add_octets(linnet_option_list *list, uint16_t number, PyObject *value)
{
    char *octets;
    Py_ssize_t size;
    PyObject *bytes = PyUnicode_Check(value) || PyLong_Check(value) ? NULL : PyBytes_FromObject(value);
    if (!bytes) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "option %d is a byte string: bytes are wanted", (int)number);
        return -1;
    }
    int failed = PyBytes_AsStringAndSize(bytes, &octets, &size);
    if (failed == 0)
        failed = linnet_option_list_add(list, number, linnet_view(octets, (size_t)size));
    Py_DECREF(bytes);
    return failed;
}

static int add_uint(linnet_option_list *list, uint16_t number, long long value)
{
    uint8_t octets[4];
    if (value < 0 || value > UINT32_MAX) {
        PyErr_Format(PyExc_ValueError, "%s is a number of at most 32 bits", linnet_option_name(number));
        return -1;
    }
    return linnet_option_list_add(list, number, linnet_view(octets, linnet_option_from_uint((uint32_t)value, octets)));
}

static int add_number(linnet_option_list *list, uint16_t number, PyObject *value)
{
    PyObject *whole = PyNumber_Index(value);
    int overflow = 0;
    long long converted = whole ? PyLong_AsLongLongAndOverflow(whole, &overflow) : 0;
    Py_XDECREF(whole);
    return PyErr_Occurred() ? -1 : add_uint(list, number, overflow != 0 ? -1 : converted);
}

/* From (number, more, size exponent), as BlockwiseTuple is. */
static int add_block(linnet_option_list *list, uint16_t number, PyObject *value)
{
    unsigned long block, exponent;
    int more;
    PyObject *tuple = PySequence_Tuple(value);
    bool read = tuple && PyArg_ParseTuple(tuple, "kpk", &block, &more, &exponent);
    Py_XDECREF(tuple);
    if (!read)
        return -1;
    if (block > LINNET_BLOCK_NUMBER_MAX || exponent > 7) {
        PyErr_SetString(PyExc_ValueError, "a block number has 20 bits, and the size exponent is at most 7");
        return -1;
    }
    return add_uint(list, number, (long long)(block << 4 | (more ? 8u : 0u) | exponent));
}

static int add_value(linnet_option_list *list, uint16_t number, PyObject *value)
{
    switch (format_of(number)) {
    case LINNET_FORMAT_STRING:
        return add_text(list, number, value);
    case LINNET_FORMAT_UINT:
        return add_number(list, number, value);
    case LINNET_FORMAT_BLOCK:
        return add_block(list, number, value);
    case LINNET_FORMAT_EMPTY:
    case LINNET_FORMAT_OPAQUE:
        break;
    }
    return add_octets(list, number, value);
}

static PyObject *get_items(linnet_state *state, const linnet_option_list *list, uint16_t number)
{
    linnet_option_cursor all = {.rest = linnet_option_list_view(list)}, cursor = all;
    linnet_option option;
    Py_ssize_t count = 0;
    while (linnet_option_next(&all, &option))
        count += option.number == number;
    PyObject *items = PyTuple_New(count);
    for (Py_ssize_t i = 0; items && i < count && linnet_option_next(&cursor, &option);) {
        if (option.number != number)
            continue;
        PyObject *item = to_python(state, number, option.value);
        if (!item || PyTuple_SetItem(items, i++, item) != 0)
            Py_CLEAR(items);
    }
    return items;
}

static PyObject *get_attribute(PyObject *self, void *closure)
{
    const options_view *view = (options_view *)self;
    const attribute *named = closure;
    linnet_bytes value;
    linnet_state *state = linnet_state_of(self);
    if (!state)
        return NULL;
    if (named->shape == ITEMS)
        return get_items(state, view->list, named->number);
    bool there = linnet_option_get(linnet_option_list_view(view->list), named->number, 0, &value);
    if (named->shape == PRESENCE)
        return PyBool_FromLong(there);
    if (!there)
        Py_RETURN_NONE;
    return to_python(state, named->number, value);
}

static int add_items(linnet_option_list *list, uint16_t number, PyObject *values)
{
    if (PyUnicode_Check(values) || PyBytes_Check(values)) {
        PyErr_Format(PyExc_TypeError, "%s takes a list or a tuple of values", linnet_option_name(number));
        return -1;
    }
    PyObject *iterator = PyObject_GetIter(values), *value;
    int failed = iterator ? 0 : -1;
    while (failed == 0 && (value = PyIter_Next(iterator))) {
        failed = add_value(list, number, value);
        Py_DECREF(value);
    }
    Py_XDECREF(iterator);
    return failed != 0 || PyErr_Occurred() ? -1 : 0;
}

static int put(linnet_option_list *list, const attribute *named, PyObject *value)
{
    if (named->shape == ITEMS)
        return add_items(list, named->number, value);
    if (named->shape == SINGLE)
        return add_value(list, named->number, value);
    int present = PyObject_IsTrue(value);
    return present > 0 ? linnet_option_list_add(list, named->number, linnet_view(NULL, 0)) : present;
}

/* All or nothing: a value that cannot be converted leaves what was there. */
static int set_attribute(PyObject *self, PyObject *value, void *closure)
{
    const options_view *view = (options_view *)self;
    const attribute *named = closure;
    linnet_option_list changed;
    if (!value || value == Py_None) {
        linnet_option_list_remove(view->list, named->number);
        return 0;
    }
    linnet_option_list_init(&changed);
    int failed = linnet_option_list_set(&changed, linnet_option_list_view(view->list));
    if (failed == 0) {
        linnet_option_list_remove(&changed, named->number);
        failed = put(&changed, named, value);
    }
    if (failed == 0)
        failed = linnet_option_list_set(view->list, linnet_option_list_view(&changed));
    linnet_option_list_free(&changed);
    return failed;
}

static PyObject *pairs(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_state *state = linnet_state_of(self);
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(((options_view *)self)->list)};
    linnet_option option;
    PyObject *list = state ? PyList_New(0) : NULL;
    while (list && linnet_option_next(&cursor, &option)) {
        PyObject *value = to_python(state, option.number, option.value);
        PyObject *pair = value ? Py_BuildValue("(iN)", (int)option.number, value) : NULL;
        if (!pair || PyList_Append(list, pair) != 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

static int read_number(PyObject *object, uint16_t *number)
{
    long given = PyLong_AsLong(object);
    if (given == -1 && PyErr_Occurred())
        return -1;
    if (given < 0 || given > UINT16_MAX) {
        PyErr_SetString(PyExc_ValueError, "option numbers are 0 to 65535");
        return -1;
    }
    *number = (uint16_t)given;
    return 0;
}

static PyObject *add(PyObject *self, PyObject *args)
{
    PyObject *given, *value;
    uint16_t number;
    if (!PyArg_ParseTuple(args, "OO", &given, &value) || read_number(given, &number) != 0)
        return NULL;
    if (PyBytes_Check(value) ? add_octets(((options_view *)self)->list, number, value) != 0
                             : add_value(((options_view *)self)->list, number, value) != 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *remove_all(PyObject *self, PyObject *given)
{
    uint16_t number;
    if (read_number(given, &number) != 0)
        return NULL;
    linnet_option_list_remove(((options_view *)self)->list, number);
    Py_RETURN_NONE;
}

static PyObject *encode(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_bytes octets = linnet_option_list_view(((options_view *)self)->list);
    return PyBytes_FromStringAndSize((const char *)octets.data, (Py_ssize_t)octets.size);
}

static PyObject *kinds(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(((options_view *)self)->list)};
    linnet_option option;
    long count = 0;
    for (long last = -1; linnet_option_next(&cursor, &option); last = option.number)
        count += option.number != last;
    return PyLong_FromLong(count);
}

static void destroy(PyObject *self)
{
    options_view *view = (options_view *)self;
    linnet_option_list_free(&view->own);
    Py_XDECREF(view->owner);
    linnet_object_free(self);
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    (void)args, (void)keywords;
    options_view *view = linnet_object_new(type);
    if (!view)
        return NULL;
    linnet_option_list_init(&view->own);
    view->list = &view->own;
    return (PyObject *)view;
}

PyObject *linnet_options_view(linnet_state *state, PyObject *owner, linnet_option_list *list)
{
    options_view *view = (options_view *)make((PyTypeObject *)state->Options, NULL, NULL);
    if (!view)
        return NULL;
    Py_INCREF(owner);
    view->owner = owner;
    view->list = list;
    return (PyObject *)view;
}

linnet_option_list *linnet_options_list(linnet_state *state, PyObject *options)
{
    if (PyObject_TypeCheck(options, state->options_type))
        return ((options_view *)options)->list;
    PyErr_SetString(PyExc_TypeError, "Options are wanted");
    return NULL;
}

#define ATTRIBUTE(name, number, shape, text)                                                                           \
    {                                                                                                                  \
        name, get_attribute, set_attribute, text, &(attribute) { number, shape }                                       \
    }

static PyGetSetDef attributes[] = {
    ATTRIBUTE("if_match", LINNET_OPTION_IF_MATCH, ITEMS, "If-Match: a tuple of ETags (RFC 7252 5.10.8.1)."),
    ATTRIBUTE("uri_host", LINNET_OPTION_URI_HOST, SINGLE, "Uri-Host."),
    ATTRIBUTE("etag", LINNET_OPTION_ETAG, SINGLE, "The ETag of a response."),
    ATTRIBUTE("etags", LINNET_OPTION_ETAG, ITEMS, "The ETags of a request."),
    ATTRIBUTE("if_none_match", LINNET_OPTION_IF_NONE_MATCH, PRESENCE, "If-None-Match: True or False."),
    ATTRIBUTE("observe", LINNET_OPTION_OBSERVE, SINGLE, "Observe: 0 registers (RFC 7641)."),
    ATTRIBUTE("uri_port", LINNET_OPTION_URI_PORT, SINGLE, "Uri-Port."),
    ATTRIBUTE("location_path", LINNET_OPTION_LOCATION_PATH, ITEMS, "Location-Path: a tuple of segments."),
    ATTRIBUTE("oscore", LINNET_OPTION_OSCORE, SINGLE, "OSCORE (RFC 8613)."),
    ATTRIBUTE("uri_path", LINNET_OPTION_URI_PATH, ITEMS, "Uri-Path: a tuple of segments."),
    ATTRIBUTE("content_format", LINNET_OPTION_CONTENT_FORMAT, SINGLE, "Content-Format."),
    ATTRIBUTE("max_age", LINNET_OPTION_MAX_AGE, SINGLE, "Max-Age in seconds."),
    ATTRIBUTE("uri_query", LINNET_OPTION_URI_QUERY, ITEMS, "Uri-Query: a tuple of arguments."),
    ATTRIBUTE("hop_limit", LINNET_OPTION_HOP_LIMIT, SINGLE, "Hop-Limit (RFC 8768)."),
    ATTRIBUTE("accept", LINNET_OPTION_ACCEPT, SINGLE, "Accept."),
    ATTRIBUTE("location_query", LINNET_OPTION_LOCATION_QUERY, ITEMS, "Location-Query: a tuple of arguments."),
    ATTRIBUTE("edhoc", LINNET_OPTION_EDHOC, PRESENCE, "EDHOC (RFC 9668)."),
    ATTRIBUTE("block2", LINNET_OPTION_BLOCK2, SINGLE, "Block2: (number, more, size exponent)."),
    ATTRIBUTE("block1", LINNET_OPTION_BLOCK1, SINGLE, "Block1: (number, more, size exponent)."),
    ATTRIBUTE("size2", LINNET_OPTION_SIZE2, SINGLE, "Size2: octets of the whole response."),
    ATTRIBUTE("proxy_uri", LINNET_OPTION_PROXY_URI, SINGLE, "Proxy-Uri."),
    ATTRIBUTE("proxy_scheme", LINNET_OPTION_PROXY_SCHEME, SINGLE, "Proxy-Scheme."),
    ATTRIBUTE("size1", LINNET_OPTION_SIZE1, SINGLE, "Size1: octets of the whole request."),
    ATTRIBUTE("echo", LINNET_OPTION_ECHO, SINGLE, "Echo (RFC 9175)."),
    ATTRIBUTE("no_response", LINNET_OPTION_NO_RESPONSE, SINGLE, "No-Response (RFC 7967)."),
    ATTRIBUTE("request_tag", LINNET_OPTION_REQUEST_TAG, ITEMS, "Request-Tag (RFC 9175): a tuple."),
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"_pairs", pairs, METH_NOARGS, "Each option as (number, value), in order."},
    {"_add", add, METH_VARARGS, "Adds (number, value)."},
    {"_remove", remove_all, METH_O, "Removes all options with that number."},
    {"_kinds", kinds, METH_NOARGS, "How many different numbers there are."},
    {"encode", encode, METH_NOARGS, "The options as they go over the wire."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, destroy},
    {Py_tp_new, make},
    {Py_tp_getset, attributes},
    {Py_tp_methods, methods},
    {Py_tp_doc, "The options of a message."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "linnet._linnet.Options",
    .basicsize = sizeof(options_view),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

PyTypeObject *linnet_options_type_make(PyObject *module)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}
