/* A request from Python's arguments. */
#include "binding.h"

/* New references in `payload` and `token`, NULL where nothing was given. */
static int convert(const request_arguments *arguments, PyObject **payload, PyObject **token, long long *content_format)
{
    if (number_argument(arguments->content_format, "content_format", -1, UINT16_MAX, content_format) != 0)
        return -1;
    if (arguments->payload && arguments->payload != Py_None && !(*payload = value_bytes(arguments->payload)))
        return -1;
    if (arguments->token && arguments->token != Py_None && !(*token = token_bytes(arguments->token)))
        return -1;
    return 0;
}

static PyObject *send_converted(linnet_module_session *session, const linnet_module_request *request)
{
    uint16_t id = 0;
    int error;
    UNLOCKED(error = linnet_module_send(session, request, &id));
    return error ? session_fail(error) : PyLong_FromLong(id);
}

PyObject *request_send(linnet_module_session *session, const request_arguments *arguments)
{
    PyObject *payload = NULL, *token = NULL, *id = NULL;
    long long content_format = LINNET_MODULE_UNSET;
    if (convert(arguments, &payload, &token, &content_format) == 0) {
        linnet_module_request request = {
            .method = (unsigned)arguments->method,
            .uri_path = arguments->uri_path,
            .content_format = (int32_t)content_format,
            .payload = bytes_view(payload),
            .token = bytes_view(token),
            .no_options = !arguments->include_options,
            .observe = arguments->observe,
        };
        id = send_converted(session, &request);
    }
    Py_XDECREF(payload);
    Py_XDECREF(token);
    return id;
}
