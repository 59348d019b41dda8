/* Coap's functions for resources. */
#include "binding.h"

static linnet_module_resource *add(linnet_module *module, const char *uri, long long media_type, long long max_age,
                                   linnet_bytes value, bool etag)
{
    linnet_module_resource *resource = NULL;
    int error;
    UNLOCKED(error = linnet_module_add_resource(module, uri, (int32_t)media_type, max_age, value, etag, &resource));
    if (error == LINNET_EEXIST)
        PyErr_Format(PyExc_RuntimeError, "there is a resource %s already", uri);
    else if (error)
        raise_error(error, uri);
    return resource;
}

PyObject *coap_add_resource(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"uri", "media_type", "max_age", "value", "etag", NULL};
    const char *uri;
    PyObject *media_type = NULL, *max_age = NULL, *value = NULL;
    int etag = 0;
    long long media_type_number = LINNET_MODULE_UNSET, max_age_number = LINNET_MODULE_UNSET;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s|$OOOp:add_resource", names, &uri, &media_type, &max_age,
                                     &value, &etag) ||
        number_argument(media_type, "media_type", -1, UINT16_MAX, &media_type_number) != 0 ||
        number_argument(max_age, "max_age", -1, UINT32_MAX, &max_age_number) != 0)
        return NULL;
    PyObject *bytes = value ? value_bytes(value) : PyBytes_FromStringAndSize("", 1);
    linnet_module *module = bytes ? lifetime_enter() : NULL;
    linnet_module_resource *resource = NULL;
    if (module) {
        resource = add(module, uri, media_type_number, max_age_number, bytes_view(bytes), etag);
        lifetime_leave();
    }
    Py_XDECREF(bytes);
    return resource ? resource_object(resource) : NULL;
}

PyObject *coap_remove_resource(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"uri", NULL};
    const char *uri;
    linnet_module *module;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:remove_resource", names, &uri) ||
        !(module = lifetime_enter()))
        return NULL;
    int error;
    UNLOCKED(error = linnet_module_remove_resource(module, uri));
    lifetime_leave();
    if (error && error != LINNET_ENOENT)
        return raise_error(error, uri);
    Py_RETURN_NONE;
}

PyObject *coap_get_resource(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    static char *names[] = {"uri", NULL};
    const char *uri;
    linnet_module *module;
    (void)self;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s:get_resource", names, &uri) ||
        !(module = lifetime_enter()))
        return NULL;
    linnet_module_resource *resource;
    UNLOCKED(resource = linnet_module_find_resource(module, uri));
    lifetime_leave();
    if (resource)
        return resource_object(resource);
    Py_RETURN_NONE;
}
