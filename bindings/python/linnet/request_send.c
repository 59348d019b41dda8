/* From a message to a request of liblinnet. */
#include "client.h"
#include "credentials.h"

/* What a message says of Block1 or Block2 is a wish for the size of blocks, where they go by themselves. */
static bool is_size_wish(const linnet_option *option, bool handle_blockwise, uint16_t *block_size)
{
    linnet_block block;
    if ((option->number != LINNET_OPTION_BLOCK1 && option->number != LINNET_OPTION_BLOCK2) || !handle_blockwise ||
        linnet_block_parse(&block, option->value) != 0 || block.number > 0 || block.more)
        return false;
    *block_size = (uint16_t)linnet_block_size(block);
    return true;
}

#define OPTIONS_MOST 128u

static int read_options(linnet_py_request *self, const linnet_py_message *message, linnet_option *options,
                        linnet_client_request *request, bool handle_blockwise)
{
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(&message->options)};
    linnet_option option;
    request->options = options;
    while (linnet_option_next(&cursor, &option)) {
        if (option.number == LINNET_OPTION_OBSERVE && linnet_option_uint(option.value) == 0)
            request->observe = self->observe = true;
        else if (is_size_wish(&option, handle_blockwise, &request->block_size))
            continue;
        else if (request->option_count == OPTIONS_MOST)
            return LINNET_ETOOBIG;
        else
            options[request->option_count++] = option;
    }
    return 0;
}

/* 0, or -1 with an exception. */
static int read_tuning(linnet_state *state, const linnet_py_message *message, linnet_client_request *request)
{
    linnet_transmission *sent = &request->transmission;
    int reliable = 1;
    if (!message->tuning || message->tuning == state->default_tuning)
        return 0;
    PyObject *values = PyObject_CallFunctionObjArgs(state->transmission_of, message->tuning, NULL);
    int read = values && PyArg_ParseTuple(values, "(IIIIII)p", &sent->ack_timeout_ms, &sent->ack_random_percent,
                                          &sent->max_retransmit, &sent->nstart, &sent->max_latency_ms,
                                          &sent->probing_rate, &reliable);
    Py_XDECREF(values);
    if (!reliable && message->type < 0)
        request->type = LINNET_NON;
    return read ? 0 : -1;
}

static int launch(linnet_py_request *self, const linnet_py_message *message, const linnet_client_request *settings,
                  bool handle_blockwise, const char *base)
{
    linnet_option options[OPTIONS_MOST];
    linnet_client_request request = *settings;
    linnet_py_client *client = self->client;
    int error = client->client ? read_options(self, message, options, &request, handle_blockwise) : LINNET_ECLOSED;
    if (error != 0)
        return error;
    request.method = (linnet_code)message->code;
    request.uri = base;
    request.has_token = message->token_size > 0 && !message->incoming;
    request.token = linnet_view(message->token, message->token_size);
    request.on_response = linnet_request_on_response;
    request.context = self;
    error = linnet_client_send(client->client, &request, &self->exchange);
    if (error == 0)
        linnet_client_started(client);
    return error;
}

static int refuse(linnet_state *state, const char *kind)
{
    linnet_error_raise_kind(state, kind, NULL);
    return -1;
}

/* What can be seen to be wrong without liblinnet. 0, or -1 with an exception. */
static int check(linnet_state *state, const linnet_py_message *message, linnet_client_request *request)
{
    if (message->code < 0 || LINNET_CODE_CLASS((unsigned)message->code) != 0)
        return refuse(state, "no method");
    request->type = message->type == LINNET_NON || (message->type < 0 && message->multicast) ? LINNET_NON : LINNET_CON;
    if (read_tuning(state, message, request) != 0)
        return -1;
    return message->multicast && request->type == LINNET_CON ? refuse(state, "con to group") : 0;
}

/* {"identity": ..., "psk": ...} from what as_dtls_psk() gives. */
static PyObject *read_psk(PyObject *found)
{
    PyObject *pair = PyObject_CallMethod(found, "as_dtls_psk", NULL), *identity, *psk, *keys = NULL;
    if (pair && !PyTuple_Check(pair))
        PyErr_SetString(PyExc_TypeError, "as_dtls_psk() gives a tuple of identity and key");
    else if (pair && PyArg_ParseTuple(pair, "OO", &identity, &psk))
        keys = Py_BuildValue("{sOsO}", "identity", identity, "psk", psk);
    Py_XDECREF(pair);
    return keys;
}

/* What a request goes with: a dict that has to outlive `read`; NULL with an exception. */
static PyObject *find_keys(PyObject *map, PyObject *message, linnet_py_credentials *read)
{
    PyObject *found = PyObject_CallMethod(map, "credentials_from_request", "O", message);
    PyObject *way = found ? PyObject_GetAttrString(found, "as_dtls") : NULL;
    if (found && !way)
        PyErr_Clear(); /* a pre-shared key */
    PyObject *keys = way ? PyObject_CallNoArgs(way) : found ? read_psk(found) : NULL;
    Py_XDECREF(way);
    Py_XDECREF(found);
    if (keys && linnet_py_credentials_read(keys, read) != 0)
        Py_CLEAR(keys);
    return keys;
}

static void raise_unsent(linnet_state *state, int error, const char *base)
{
    char text[400];
    PyOS_snprintf(text, sizeof text, "the credentials for %.300s cannot be read, or do not fit together", base);
    linnet_error_raise(state, error, error == LINNET_ECREDENTIALS ? text : base);
}

/* With keys where the URI is one of coaps://. 0, or -1 with the exception that is the outcome. */
static int launch_with_keys(linnet_state *state, linnet_py_request *self, linnet_client_request *request,
                            bool handle_blockwise, const char *base, PyObject *map)
{
    linnet_py_credentials read; /* its arrays are large, and seldom used */
    linnet_py_message *message = (linnet_py_message *)self->message;
    bool secured = PyOS_strnicmp(base, "coaps:", 6) == 0;
    read.credentials = (linnet_credentials){.failed = linnet_client_handshake_failed, .context = self->client};
    PyObject *keys = secured ? find_keys(map, self->message, &read) : NULL;
    /* The payload's view is taken last: the map may be anybody's class, and change the message. */
    if ((secured && !keys) || linnet_message_payload(message, &request->payload) != 0) {
        Py_XDECREF(keys);
        return -1;
    }
    request->credentials = secured ? &read.credentials : NULL;
    int error = launch(self, message, request, handle_blockwise, base);
    request->credentials = NULL;
    Py_XDECREF(keys);
    if (error != 0)
        raise_unsent(state, error, base);
    return error != 0 ? -1 : 0;
}

/* 0, or -1 with the exception that is the outcome. */
static int start(linnet_state *state, linnet_py_request *self, linnet_client_request *request, bool handle_blockwise,
                 PyObject *credentials)
{
    linnet_py_message *message = (linnet_py_message *)self->message;
    if (check(state, message, request) != 0)
        return -1;
    self->group = message->multicast;
    PyObject *base = linnet_message_base(state, message);
    const char *text = base ? linnet_py_text(base) : NULL;
    int failed = text ? launch_with_keys(state, self, request, handle_blockwise, text, credentials) : -1;
    Py_XDECREF(base);
    return failed;
}

PyObject *linnet_request_send(linnet_state *state, linnet_py_client *client, PyObject *message,
                              const linnet_client_request *settings, bool handle_blockwise, PyObject *credentials)
{
    linnet_client_request request = *settings;
    linnet_client_look(client);
    linnet_py_request *self = linnet_object_new((PyTypeObject *)state->Request);
    if (!self)
        return NULL;
    Py_INCREF(message);
    Py_INCREF((PyObject *)client);
    self->message = message;
    self->client = client;
    linnet_request_hold(self);
    self->create_future = client->create_future;
    Py_XINCREF(self->create_future);
    self->whole = handle_blockwise;
    if (start(state, self, &request, handle_blockwise, credentials) != 0) {
        linnet_request_fail(state, self);
        linnet_request_finish(self);
    }
    return (PyObject *)self;
}
