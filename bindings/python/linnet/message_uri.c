/* From a URI to options and a destination (RFC 7252 6.4). */
#include "message.h"

#include <arpa/inet.h>

static const uint16_t uri_options[] = {LINNET_OPTION_URI_HOST,  LINNET_OPTION_URI_PORT,  LINNET_OPTION_URI_PATH,
                                       LINNET_OPTION_URI_QUERY, LINNET_OPTION_PROXY_URI, LINNET_OPTION_PROXY_SCHEME};

static int refuse(linnet_state *state, const char *kind, const char *detail)
{
    linnet_error_raise_kind(state, kind, detail);
    return -1;
}

/* Whether a literal is a group, so that the request has to be non-confirmable (RFC 7252 8.1). */
static bool is_group(const linnet_uri *uri)
{
    char text[INET6_ADDRSTRLEN + 1];
    uint8_t address[16];
    const uint8_t *zone = memchr(uri->host.data, '%', uri->host.size);
    size_t size = zone ? (size_t)(zone - uri->host.data) : uri->host.size;
    if (!uri->host_is_literal || size >= sizeof text)
        return false;
    memcpy(text, uri->host.data, size);
    text[size] = '\0';
    if (inet_pton(AF_INET, text, address) == 1)
        return (address[0] & 0xf0) == 0xe0;
    return inet_pton(AF_INET6, text, address) == 1 && address[0] == 0xff;
}

/* "scheme://authority" is the front of the text. */
static size_t base_size(const char *text, size_t size)
{
    const char *at = memchr(text, ':', size);
    size_t begin = at ? (size_t)(at - text) + 3 : 0;
    while (begin < size && text[begin] != '/' && text[begin] != '?')
        begin++;
    return begin;
}

static int encode(linnet_option_list *list, const linnet_uri *uri, size_t size, bool with_host)
{
    linnet_writer writer;
    /* A segment takes at most two octets more than its text with the slash. */
    if (linnet_option_list_reserve(list, size * 2 + 8) != 0)
        return -1;
    linnet_writer_begin_options(&writer, list->data, list->capacity);
    linnet_uri_write_options(uri, with_host, &writer);
    int written = linnet_writer_end(&writer);
    if (written < 0) {
        PyErr_SetString(PyExc_ValueError, linnet_error_text(written));
        return -1;
    }
    list->size = (size_t)written;
    return 0;
}

/* Into a list that has other options, each at its place. */
static int merge(linnet_option_list *list, const linnet_uri *uri, size_t size, bool with_host)
{
    linnet_option_list fresh;
    linnet_option option;
    linnet_option_list_init(&fresh);
    int failed = encode(&fresh, uri, size, with_host);
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(&fresh)};
    for (size_t i = 0; failed == 0 && i < sizeof uri_options / sizeof uri_options[0]; i++)
        linnet_option_list_remove(list, uri_options[i]);
    while (failed == 0 && linnet_option_next(&cursor, &option))
        failed = linnet_option_list_add(list, option.number, option.value);
    linnet_option_list_free(&fresh);
    return failed;
}

static int go_to(linnet_py_message *message, PyObject *base, bool multicast)
{
    if (!base)
        return -1;
    Py_CLEAR(message->remote);
    Py_XDECREF(message->base);
    message->base = base;
    message->has_path = false;
    message->multicast = multicast;
    return 0;
}

/* A copy of what came, to be sent on, is a message of its own. */
static void make_outgoing(linnet_py_message *message)
{
    Py_CLEAR(message->path_of);
    if (!message->incoming)
        return;
    message->incoming = false;
    message->token_size = 0;
    message->id = -1;
    message->type = -1;
}

int linnet_message_set_uri(linnet_state *state, linnet_py_message *message, PyObject *text, bool with_host)
{
    linnet_uri uri;
    Py_ssize_t size;
    const char *octets = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &size) : NULL;
    if (!octets) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_TypeError, "uri is a str");
        return -1;
    }
    if (!strstr(octets, ":"))
        return refuse(state, "incomplete", octets);
    linnet_bytes view = linnet_view(octets, (size_t)size);
    int error = linnet_uri_parse(&uri, view);
    if (error == 0 || error == LINNET_ESCHEME)
        make_outgoing(message);
    if (error == LINNET_ESCHEME) { /* for a proxy, as the whole URI */
        Py_CLEAR(message->remote);
        Py_CLEAR(message->base);
        linnet_option_list_remove(&message->options, LINNET_OPTION_PROXY_URI);
        return linnet_option_list_add(&message->options, LINNET_OPTION_PROXY_URI, view);
    }
    if (error != 0)
        return refuse(state, "malformed", linnet_uri_problem(view));
    if (message->options.size == 0 ? encode(&message->options, &uri, (size_t)size, with_host) != 0
                                   : merge(&message->options, &uri, (size_t)size, with_host) != 0)
        return -1;
    Py_ssize_t base = (Py_ssize_t)base_size(octets, (size_t)size);
    return go_to(message, PyUnicode_DecodeUTF8(octets, base, NULL), is_group(&uri));
}
