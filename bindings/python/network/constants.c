/* The numbers that Coap has. */
#include "binding.h"

static const struct {
    const char *name;
    long value;
} constants[] = {
    {"REQUEST_GET", LINNET_MODULE_GET},
    {"REQUEST_PUT", LINNET_MODULE_PUT},
    {"REQUEST_POST", LINNET_MODULE_POST},
    {"REQUEST_DELETE", LINNET_MODULE_DELETE},
    {"REQUEST_FETCH", LINNET_MODULE_FETCH},
    {"REQUEST_PATCH", LINNET_MODULE_PATCH},
    {"REQUEST_IPATCH", LINNET_MODULE_IPATCH},
    {"MEDIATYPE_TEXT_PLAIN", 0},
    {"MEDIATYPE_APP_LINK_FORMAT", 40},
    {"MEDIATYPE_APP_XML", 41},
    {"MEDIATYPE_APP_OCTET_STREAM", 42},
    {"MEDIATYPE_APP_RDF_XML", 43},
    {"MEDIATYPE_APP_EXI", 47},
    {"MEDIATYPE_APP_JSON", 50},
    {"MEDIATYPE_APP_CBOR", 60},
    {"PROTOCOL_UDP", LINNET_MODULE_UDP},
    {"PROTOCOL_DTLS", LINNET_MODULE_DTLS},
};

int add_constants(PyObject *coap)
{
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        PyObject *value = PyLong_FromLong(constants[i].value);
        int error = value ? PyObject_SetAttrString(coap, constants[i].name, value) : -1;
        Py_XDECREF(value);
        if (error)
            return -1;
    }
    return 0;
}
