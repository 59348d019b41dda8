/* Coap.init() and Coap.deinit(). */
#include "binding.h"

#include <errno.h>

/* What init() was given; `key` is a new reference or NULL. */
typedef struct init_arguments {
    linnet_module_config config;
    PyObject *key;
} init_arguments;

static int take_numbers(PyObject *port, PyObject *max_resources, PyObject *max_value_size, linnet_module_config *config)
{
    long long port_number = 0, resources = 0, value_size = 0;
    if (number_argument(port, "port", 1, UINT16_MAX, &port_number) != 0 ||
        number_argument(max_resources, "max_resources", 1, UINT32_MAX, &resources) != 0 ||
        number_argument(max_value_size, "max_value_size", 1, UINT32_MAX, &value_size) != 0)
        return -1;
    config->port = (uint16_t)port_number;
    config->max_resources = (uint32_t)resources;
    config->max_value_size = (uint32_t)value_size;
    return 0;
}

static int take_key(PyObject *psk, init_arguments *taken)
{
    if (psk == Py_None && (taken->config.hint || taken->config.plain_too)) {
        PyErr_Format(PyExc_ValueError, "%s needs a psk", taken->config.hint ? "hint" : "plain_too");
        return -1;
    }
    if (psk == Py_None)
        return 0;
    taken->key = key_bytes(psk);
    taken->config.psk = bytes_view(taken->key);
    return taken->key ? 0 : -1;
}

static int take_arguments(PyObject *arguments, PyObject *keywords, init_arguments *taken)
{
    static char *names[] = {"address",        "port",      "service_discovery", "dynamic_resources", "psk", "hint",
                            "create_by_post", "plain_too", "max_resources",     "max_value_size",    NULL};
    linnet_module_config *config = &taken->config;
    PyObject *port = NULL, *psk = Py_None, *max_resources = NULL, *max_value_size = NULL;
    int discovery = 0, dynamic = 0, post = 0, plain = 0;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|z$OppOzppOO:init", names, &config->address, &port,
                                     &discovery, &dynamic, &psk, &config->hint, &post, &plain, &max_resources,
                                     &max_value_size))
        return -1;
    config->service_discovery = discovery;
    config->dynamic_resources = dynamic;
    config->create_by_post = post;
    config->plain_too = plain;
    if (post && !dynamic) {
        PyErr_SetString(PyExc_ValueError, "create_by_post needs dynamic_resources");
        return -1;
    }
    return take_numbers(port, max_resources, max_value_size, config) != 0 ? -1 : take_key(psk, taken);
}

/* Without the interpreter lock. */
static int open_and_connect(linnet_module **module, const linnet_module_config *config)
{
    errno = 0; /* an address in use says so by it */
    int error = linnet_module_open(module, config);
    if (!error)
        handlers_connect(*module);
    return error;
}

static PyObject *open_module(const linnet_module_config *config)
{
    linnet_module *module = NULL;
    int error;
    UNLOCKED(error = open_and_connect(&module, config));
    int reason = errno;
    lifetime_opened(error ? NULL : module);
    errno = reason;
    if (error)
        return raise_error(error, error == LINNET_EUNSUPPORTED   ? "psk"
                                  : error == LINNET_ECREDENTIALS ? "hint"
                                                                 : config->address);
    Py_RETURN_NONE;
}

PyObject *coap_init(PyObject *self, PyObject *arguments, PyObject *keywords)
{
    init_arguments taken = {.key = NULL};
    PyObject *result = NULL;
    (void)self;
    if (take_arguments(arguments, keywords, &taken) == 0 && lifetime_claim() == 0)
        result = open_module(&taken.config);
    Py_XDECREF(taken.key);
    return result;
}

PyObject *coap_deinit(PyObject *self, PyObject *unused)
{
    (void)self, (void)unused;
    if (lifetime_close() != 0)
        return NULL;
    Py_RETURN_NONE;
}
