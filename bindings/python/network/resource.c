/* CoapResource: a resource of the server. */
#include "binding.h"

static PyObject *represent(PyObject *self)
{
    return PyUnicode_FromFormat("<CoapResource '/%s'>", linnet_module_resource_uri(handle_peek(self)));
}

static PyObject *fail(int error, const char *subject)
{
    if (error != LINNET_ECLOSED)
        return raise_error(error, subject);
    return raise_gone("this resource is gone: removed, deleted by a client, or the module was closed");
}

static PyObject *none_or_error(int error, const char *subject)
{
    if (error)
        return fail(error, subject);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(add_attribute_text, "add_attribute($self, /, name, value)\n--\n\n"
                                 "Adds an attribute of the link in /.well-known/core; the same name again replaces.");

static PyObject *add_attribute(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"name", "value", NULL};
    const char *name, *value;
    linnet_module_resource *handle = handle_of(self);
    if (!handle || !PyArg_ParseTupleAndKeywords(arguments, keywords, "ss:add_attribute", names, &name, &value))
        return NULL;
    int error;
    UNLOCKED(error = linnet_module_resource_attribute(handle, name, value));
    return none_or_error(error, error == LINNET_EINVAL ? name : NULL);
}

PyDoc_STRVAR(callback_text,
             "callback($self, /, operation, enable)\n--\n\n"
             "Enables or disables methods: Coap.REQUEST_GET | Coap.REQUEST_PUT ... A method that is off\n"
             "is answered with 4.05.");

static PyObject *callback(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"operation", "enable", NULL};
    int operation, enable, error;
    linnet_module_resource *handle = handle_of(self);
    if (!handle || !PyArg_ParseTupleAndKeywords(arguments, keywords, "ip:callback", names, &operation, &enable))
        return NULL;
    UNLOCKED(error = linnet_module_resource_allow(handle, (unsigned)operation, enable));
    return none_or_error(error, error == LINNET_EINVAL ? "operation" : NULL);
}

/* The value may change between two looks at it: then its room is made anew. */
static PyObject *get_value(linnet_module_resource *handle)
{
    size_t size = 64, room;
    do {
        room = size;
        PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)room);
        if (!bytes)
            return NULL;
        char *octets = PyBytes_AsString(bytes);
        int error;
        UNLOCKED(error = linnet_module_resource_value(handle, octets, room, &size));
        PyObject *value = error || size > room ? NULL : PyBytes_FromStringAndSize(octets, (Py_ssize_t)size);
        Py_DECREF(bytes);
        if (error)
            return fail(error, NULL);
        if (value || PyErr_Occurred())
            return value;
    } while (size > room);
    return NULL;
}

static PyObject *set_value(linnet_module_resource *handle, PyObject *value)
{
    PyObject *bytes = value_bytes(value);
    if (!bytes)
        return NULL;
    linnet_bytes view = bytes_view(bytes);
    int error;
    UNLOCKED(error = linnet_module_resource_set_value(handle, view));
    Py_DECREF(bytes);
    return none_or_error(error, NULL);
}

PyDoc_STRVAR(value_text,
             "value($self, /, value=...)\n--\n\n"
             "Without an argument the value, as bytes. With one the value becomes that: a str in UTF-8,\n"
             "bytes or another buffer, a bool, an int (little-endian, in the fewest octets, at least one).\n"
             "Those who observe the resource are told.");

static PyObject *value(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"value", NULL};
    PyObject *new_value = NULL;
    linnet_module_resource *handle = handle_of(self);
    if (!handle || !PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:value", names, &new_value))
        return NULL;
    return new_value ? set_value(handle, new_value) : get_value(handle);
}

PyDoc_STRVAR(get_details_text, "get_details($self, /)\n--\n\n"
                               "[uri, mediatype, max_age, etag, etag_value]; -1 is \"none\", etag a bool.");

static PyObject *get_details(PyObject *self, PyObject *unused)
{
    (void)unused;
    linnet_module_resource *handle = handle_of(self);
    if (!handle)
        return NULL;
    linnet_module_details details;
    int error;
    UNLOCKED(error = linnet_module_resource_details(handle, &details));
    if (error)
        return fail(error, NULL);
    return Py_BuildValue("[siLOi]", linnet_module_resource_uri(handle), (int)details.media_type,
                         (long long)details.max_age, details.etag ? Py_True : Py_False, (int)details.etag_value);
}

PyDoc_STRVAR(set_details_text, "set_details($self, /, *, mediatype=None, max_age=None, etag=None)\n--\n\n"
                               "Sets what is given; the rest stays. -1 is \"none\".");

static int details_arguments(PyObject *arguments, PyObject *keywords, linnet_module_details *details, unsigned *which)
{
    static char *names[] = {"mediatype", "max_age", "etag", NULL};
    PyObject *media_type = Py_None, *max_age = Py_None, *etag = Py_None;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$OOO:set_details", names, &media_type, &max_age, &etag))
        return -1;
    long long media_type_number = LINNET_MODULE_UNSET, max_age_number = LINNET_MODULE_UNSET;
    int is_true = etag == Py_None ? 0 : PyObject_IsTrue(etag);
    if (is_true < 0 || number_argument(media_type, "mediatype", -1, UINT16_MAX, &media_type_number) != 0 ||
        number_argument(max_age, "max_age", -1, UINT32_MAX, &max_age_number) != 0)
        return -1;
    *details = (linnet_module_details){(int32_t)media_type_number, max_age_number, is_true, 0};
    *which = (media_type == Py_None ? 0u : LINNET_MODULE_SET_MEDIA_TYPE) |
             (max_age == Py_None ? 0u : LINNET_MODULE_SET_MAX_AGE) | (etag == Py_None ? 0u : LINNET_MODULE_SET_ETAG);
    return 0;
}

static PyObject *set_details(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    linnet_module_resource *handle = handle_of(self);
    linnet_module_details details;
    unsigned which;
    if (!handle || details_arguments(arguments, keywords, &details, &which) != 0)
        return NULL;
    int error;
    UNLOCKED(error = linnet_module_resource_set_details(handle, which, &details));
    return none_or_error(error, NULL);
}

static PyMethodDef methods[] = {
    {"add_attribute", WITH_KEYWORDS(add_attribute), add_attribute_text},
    {"callback", WITH_KEYWORDS(callback), callback_text},
    {"value", WITH_KEYWORDS(value), value_text},
    {"get_details", get_details, METH_NOARGS, get_details_text},
    {"set_details", WITH_KEYWORDS(set_details), set_details_text},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(type_text,
             "A resource of the server, made by Coap.add_resource(). When the resource is gone - removed, or\n"
             "deleted by a client - its functions raise RuntimeError.");

static void *context_of(const void *handle) { return linnet_module_resource_context(handle); }
static void set_context(void *handle, void *context) { linnet_module_resource_set_context(handle, context); }
static void release(void *handle) { linnet_module_resource_release(handle); }

static handle_kind kind = {
    .name = "network.CoapResource",
    .text = type_text,
    .made = "resource was added",
    .methods = methods,
    .represent = represent,
    .context = context_of,
    .set_context = set_context,
    .release = release,
};

PyObject *resource_object(linnet_module_resource *handle) { return handle_object(&kind, handle); }

int add_resource_type(PyObject *module) { return add_handle_type(module, &kind); }
