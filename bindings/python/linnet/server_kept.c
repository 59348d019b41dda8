/*
 * Answers that go block by block (RFC 7959): what a GET gave is kept while the same peer asks for further blocks of the
 * same, so that a resource runs once for a transfer, and all its blocks are of one version. Bounded in number, size and
 * time; a transfer whose answer is gone runs the resource again, and its ETag tells whether that is still the same.
 */
#include "server.h"

#define LIFETIME_US UINT64_C(247000000) /* EXCHANGE_LIFETIME, RFC 7252 4.8.2 */
#define ONE_MESSAGE 1024u

static bool asks_for_more(const linnet_py_message *request)
{
    linnet_block block;
    linnet_bytes value;
    return linnet_option_get(linnet_option_list_view(&request->options), LINNET_OPTION_BLOCK2, 0, &value) &&
           linnet_block_parse(&block, value) == 0 && block.number > 0;
}

bool linnet_py_kept_is_wanted(const linnet_py_message *request, const linnet_py_message *answer)
{
    char *octets;
    Py_ssize_t size = 0;
    if (request->code != LINNET_GET || answer->code != LINNET_CONTENT || !answer->payload)
        return false;
    return PyBytes_AsStringAndSize(answer->payload, &octets, &size) == 0 && (size_t)size > ONE_MESSAGE;
}

/* Options that may differ between requests for blocks of the same. */
static bool is_beside(uint16_t number)
{
    return number == LINNET_OPTION_BLOCK2 || number == LINNET_OPTION_OBSERVE || number == LINNET_OPTION_SIZE2 ||
           number == LINNET_OPTION_ETAG || number == LINNET_OPTION_ECHO;
}

static bool next_of(linnet_option_cursor *cursor, linnet_option *option)
{
    while (linnet_option_next(cursor, option))
        if (!is_beside(option->number))
            return true;
    return false;
}

static bool is_same_request(const linnet_py_message *one, const linnet_py_message *other)
{
    linnet_option_cursor first = {.rest = linnet_option_list_view(&one->options)};
    linnet_option_cursor second = {.rest = linnet_option_list_view(&other->options)};
    linnet_option a, b;
    if (one->code != other->code || !linnet_address_equal(&one->path.peer, &other->path.peer))
        return false;
    while (next_of(&first, &a))
        if (!next_of(&second, &b) || a.number != b.number || !linnet_bytes_equal(a.value, b.value))
            return false;
    return !next_of(&second, &b);
}

static void forget(linnet_py_server *server, linnet_py_kept *kept)
{
    linnet_py_kept old = *kept;
    *kept = (linnet_py_kept){0};
    server->kept_octets -= old.size;
    Py_XDECREF(old.object);
    Py_XDECREF(old.answer);
    Py_XDECREF(old.request);
}

static linnet_py_kept *find(linnet_py_server *server, const PyObject *object, const linnet_py_message *request)
{
    for (linnet_py_kept *kept = server->kept; kept < server->kept + LINNET_KEPT; kept++)
        if (kept->object == object && is_same_request((const linnet_py_message *)kept->request, request))
            return kept;
    return NULL;
}

/* The oldest of those that are there; NULL: there is none. */
static linnet_py_kept *oldest_used(linnet_py_server *server)
{
    linnet_py_kept *found = NULL;
    for (linnet_py_kept *kept = server->kept; kept < server->kept + LINNET_KEPT; kept++)
        if (kept->object && (!found || kept->since < found->since))
            found = kept;
    return found;
}

static linnet_py_kept *free_place(linnet_py_server *server)
{
    for (linnet_py_kept *kept = server->kept; kept < server->kept + LINNET_KEPT; kept++)
        if (!kept->object)
            return kept;
    return oldest_used(server);
}

static void make_room(linnet_py_server *server, uint64_t now)
{
    linnet_py_kept *old;
    while ((old = oldest_used(server)) && (server->kept_octets > LINNET_KEPT_OCTETS || now - old->since > LIFETIME_US))
        forget(server, old);
}

void linnet_py_kept_add(linnet_py_server *server, PyObject *object, const linnet_py_message *request, PyObject *answer)
{
    if (!server->server || !linnet_py_kept_is_wanted(request, (const linnet_py_message *)answer))
        return;
    uint64_t now = linnet_clock();
    make_room(server, now);
    linnet_py_kept *kept = find(server, object, request);
    kept = kept ? kept : free_place(server);
    forget(server, kept);
    Py_INCREF(object);
    Py_INCREF(answer);
    PyObject *asked = (PyObject *)(uintptr_t)request;
    Py_INCREF(asked);
    *kept = (linnet_py_kept){object, answer, asked, (size_t)PyBytes_Size(((linnet_py_message *)answer)->payload), now};
    server->kept_octets += kept->size;
}

PyObject *linnet_py_kept_find(linnet_py_server *server, PyObject *object, const linnet_py_message *request)
{
    if (request->code != LINNET_GET || !asks_for_more(request))
        return NULL;
    linnet_py_kept *kept = find(server, object, request);
    if (!kept || linnet_clock() - kept->since > LIFETIME_US)
        return NULL;
    Py_INCREF(kept->answer);
    return kept->answer;
}

void linnet_py_kept_forget(linnet_py_server *server, const PyObject *object)
{
    for (linnet_py_kept *kept = server->kept; kept < server->kept + LINNET_KEPT; kept++)
        if (kept->object && (!object || kept->object == object))
            forget(server, kept);
}
