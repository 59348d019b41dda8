/* The answer of a resource, from a Message to what the library takes. */
#include "server.h"

/* What the library says itself, or only a client may. */
static bool is_ours(uint16_t number)
{
    return number == LINNET_OPTION_OBSERVE || number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2 ||
           number == LINNET_OPTION_NO_RESPONSE || number == LINNET_OPTION_SIZE2;
}

static int take_option(linnet_py_answer *read, linnet_option option)
{
    linnet_answer *answer = &read->answer;
    if (is_ours(option.number))
        return 0;
    if (option.number == LINNET_OPTION_CONTENT_FORMAT) {
        answer->no_content_format = false;
        answer->content_format = (uint16_t)linnet_option_uint(option.value);
    } else if (option.number == LINNET_OPTION_ETAG) {
        answer->etag = option.value;
    } else if (answer->option_count == LINNET_ANSWER_OPTIONS) {
        PyErr_SetString(PyExc_ValueError, "an answer with too many options");
        return -1;
    } else {
        read->options[answer->option_count++] = option;
    }
    return 0;
}

/* Blocks of different versions must not be put together (RFC 7959 2.4), so what goes in blocks has an ETag. */
static int make_etag(linnet_py_answer *read, const linnet_py_message *message)
{
    Py_hash_t hash = PyObject_Hash(message->payload); /* which the bytes remember */
    if (hash == -1 && PyErr_Occurred())
        return -1;
    memcpy(read->etag, &hash, sizeof read->etag);
    read->answer.etag = linnet_view(read->etag, sizeof read->etag);
    return 0;
}

int linnet_answer_read(linnet_state *state, PyObject *object, const linnet_py_message *request, linnet_py_answer *read)
{
    linnet_option option;
    if (!PyObject_TypeCheck(object, state->message_type)) {
        PyErr_SetString(PyExc_TypeError, "an answer is a Message");
        return -1;
    }
    const linnet_py_message *message = (const linnet_py_message *)object;
    linnet_answer *answer = &read->answer;
    *answer = (linnet_answer){.no_content_format = true, .options = read->options};
    answer->code = message->code < 0 ? LINNET_EMPTY : (linnet_code)message->code;
    linnet_option_cursor cursor = {.rest = linnet_option_list_view(&message->options)};
    while (linnet_option_next(&cursor, &option))
        if (take_option(read, option) != 0)
            return -1;
    if (linnet_message_payload((linnet_py_message *)object, &answer->payload) != 0)
        return -1;
    return linnet_py_kept_is_wanted(request, message) && answer->etag.size == 0 ? make_etag(read, message) : 0;
}
