/* Builds a reply where it will be sent from: the datagram. Errors stick, so a handler may set all it wants in a
 * straight line; what went wrong comes out as 5.00 at the end. */
#include "server/reply.h"

#include <linnet/error.h>

#define BLOCK_SIZE_MIN 16u /* RFC 7959 2.2: SZX 0 */

static size_t options_size(const linnet_reply *reply) { return (size_t)(reply->options.at - reply->options.start); }

void linnet_reply_begin(linnet_reply *reply, linnet_request *request)
{
    *reply = (linnet_reply){.request = request, .incoming = request->incoming, .window_size = SIZE_MAX};
    linnet_reply_reset(reply);
}

void linnet_reply_reset(linnet_reply *reply)
{
    linnet_writer_begin_options(&reply->options, reply->incoming->body, reply->incoming->capacity);
    reply->at = reply->held = reply->offset = reply->total = 0;
    reply->content_format = LINNET_NO_FORMAT;
    reply->error = 0;
    reply->code = LINNET_EMPTY;
}

int linnet_reply_spoil(linnet_reply *reply, int error)
{
    if (!reply->error)
        reply->error = error;
    return reply->error;
}

int linnet_reply_code(linnet_reply *reply, linnet_code code)
{
    if (!linnet_code_is_response(code))
        return linnet_reply_spoil(reply, LINNET_EINVAL);
    reply->code = code;
    return reply->error;
}

/* Moves the payload to the end of the body, so that options have all the room before it. */
static void move_payload_away(linnet_reply *reply)
{
    size_t at = reply->incoming->capacity - reply->held;

    if (reply->held == 0)
        return;
    if (at != reply->at)
        memmove(reply->incoming->body + at, reply->incoming->body + reply->at, reply->held);
    reply->at = at;
    reply->options.end = reply->incoming->body + at - 1; /* the payload marker */
}

/* Holds less of a payload that may be sent in blocks: the front of the window, a power of two of octets. */
static bool shrink(linnet_reply *reply)
{
    size_t size = BLOCK_SIZE_MIN;

    if (!reply->slice || reply->held <= BLOCK_SIZE_MIN)
        return false;
    if (reply->held == reply->total)
        reply->slice(reply, linnet_reply_held(reply));
    while (size * 2 < reply->held)
        size *= 2;
    reply->held = size;
    move_payload_away(reply);
    return true;
}

bool linnet_reply_reserve(linnet_reply *reply, size_t octets)
{
    move_payload_away(reply);
    while ((size_t)(reply->options.end - reply->options.at) < octets)
        if (!shrink(reply))
            return false;
    return true;
}

/* Writes behind the last option, which is fast, or weaves the option in. */
static int place(linnet_writer *options, uint16_t number, linnet_bytes value)
{
    if (number >= options->last_option) {
        options->error = 0;
        linnet_writer_option(options, number, value);
        return options->error;
    }
    size_t size = (size_t)(options->at - options->start);
    int error = linnet_options_insert(options->start, &size, (size_t)(options->end - options->start), number, value);
    options->at = options->start + size;
    return error;
}

int linnet_reply_put(linnet_reply *reply, uint16_t number, linnet_bytes value)
{
    int error;

    if (reply->error)
        return reply->error;
    move_payload_away(reply);
    do
        error = place(&reply->options, number, value);
    while (error == LINNET_ENOSPC && shrink(reply));
    if (error)
        linnet_reply_spoil(reply, error == LINNET_ENOSPC ? LINNET_ETOOBIG : error);
    return error;
}

int linnet_reply_put_uint(linnet_reply *reply, uint16_t number, uint32_t value)
{
    uint8_t octets[4];

    return linnet_reply_put(reply, number, linnet_view(octets, linnet_option_from_uint(value, octets)));
}

void linnet_reply_remove(linnet_reply *reply, uint16_t number)
{
    linnet_writer *options = &reply->options;
    size_t size = options_size(reply);

    if (number > options->last_option || linnet_options_remove(options->start, &size, number) == 0)
        return;
    linnet_option_cursor cursor = {.rest = linnet_view(options->start, size)};
    linnet_option option;
    while (linnet_option_next(&cursor, &option))
        ;
    options->at = options->start + size;
    options->last_option = cursor.number;
}

void linnet_reply_drop_payload(linnet_reply *reply)
{
    linnet_reply_remove(reply, LINNET_OPTION_CONTENT_FORMAT);
    reply->options.end = reply->options.start + reply->incoming->capacity;
    reply->at = reply->held = reply->offset = reply->total = 0;
    reply->content_format = LINNET_NO_FORMAT;
}

size_t linnet_reply_payload_begin(linnet_reply *reply, int32_t content_format)
{
    linnet_reply_drop_payload(reply);
    if (content_format > UINT16_MAX)
        linnet_reply_spoil(reply, LINNET_EINVAL);
    if (content_format >= 0)
        linnet_reply_put_uint(reply, LINNET_OPTION_CONTENT_FORMAT, (uint32_t)content_format);
    reply->content_format = content_format;
    reply->at = options_size(reply) + 1;
    if (reply->error || reply->at >= reply->incoming->capacity)
        return 0;
    return reply->incoming->capacity - reply->at;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Only a 2.05 is sent in blocks, so only its payload may be held in part. */
static bool is_sliceable(const linnet_reply *reply)
{
    return reply->slice && (reply->code == LINNET_EMPTY || reply->code == LINNET_CONTENT);
}

int linnet_reply_payload_end(linnet_reply *reply, size_t total, size_t held)
{
    reply->total = total;
    reply->held = held;
    if (is_sliceable(reply))
        reply->offset = smaller(reply->window_offset, total);
    else if (held < total)
        linnet_reply_spoil(reply, LINNET_ETOOBIG);
    return reply->error;
}

int linnet_reply_payload(linnet_reply *reply, int32_t content_format, linnet_bytes payload)
{
    size_t room = linnet_reply_payload_begin(reply, content_format);

    if (reply->error)
        return reply->error;
    size_t offset = 0;
    size_t held = payload.size;
    if (is_sliceable(reply)) {
        offset = smaller(reply->window_offset, payload.size);
        held = smaller(payload.size - offset, smaller(room, reply->window_size));
        if (held < payload.size)
            reply->slice(reply, payload);
    }
    if (held > room)
        return linnet_reply_spoil(reply, LINNET_ETOOBIG);
    if (held > 0)
        memcpy(reply->incoming->body + reply->at, payload.data + offset, held);
    return linnet_reply_payload_end(reply, payload.size, held);
}

int linnet_reply_text(linnet_reply *reply, const char *text)
{
    return linnet_reply_payload(reply, LINNET_TEXT, linnet_text(text));
}

/* "The diagnostic payload ... is encoded as UTF-8" (RFC 7252 5.5.2); what does not fit is left out, whole characters.
 */
static void set_diagnostic(linnet_reply *reply, const char *diagnostic)
{
    linnet_bytes text = linnet_text(diagnostic);
    size_t room = linnet_reply_payload_begin(reply, LINNET_NO_FORMAT);

    if (text.size > room)
        for (text.size = room; text.size > 0 && (text.data[text.size] & 0xc0) == 0x80; text.size--)
            ;
    reply->held = reply->total = text.size;
    if (text.size > 0)
        memcpy(reply->incoming->body + reply->at, text.data, text.size);
}

int linnet_reply_error(linnet_reply *reply, linnet_code code, const char *diagnostic)
{
    if (!linnet_code_is_response(code) || linnet_code_is_success(code))
        return linnet_reply_spoil(reply, LINNET_EINVAL);
    reply->code = code;
    set_diagnostic(reply, diagnostic);
    return reply->error;
}

int linnet_reply_option(linnet_reply *reply, uint16_t number, linnet_bytes value)
{
    linnet_option option = {number, value};
    bool known = linnet_option_find(number);

    if (number == LINNET_OPTION_CONTENT_FORMAT || number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2)
        return linnet_reply_spoil(reply, LINNET_EINVAL);
    if (known && !linnet_option_is_proper(&option, false))
        return linnet_reply_spoil(reply, LINNET_EOPTION);
    /* The last call counts where a response may have one such option only. */
    if (number == LINNET_OPTION_ETAG || (known && !linnet_option_is_proper(&option, true)))
        linnet_reply_remove(reply, number);
    return linnet_reply_put(reply, number, value);
}

int linnet_reply_option_uint(linnet_reply *reply, uint16_t number, uint32_t value)
{
    uint8_t octets[4];

    return linnet_reply_option(reply, number, linnet_view(octets, linnet_option_from_uint(value, octets)));
}

int linnet_reply_etag(linnet_reply *reply, linnet_bytes etag)
{
    return linnet_reply_option(reply, LINNET_OPTION_ETAG, etag);
}

int linnet_reply_max_age(linnet_reply *reply, uint32_t seconds)
{
    return linnet_reply_option_uint(reply, LINNET_OPTION_MAX_AGE, seconds);
}

void linnet_reply_fail(linnet_reply *reply, linnet_code code, const char *diagnostic)
{
    linnet_reply_reset(reply);
    reply->code = code;
    set_diagnostic(reply, diagnostic);
}

void linnet_reply_settle(linnet_reply *reply)
{
    linnet_code method = reply->request->message->code;

    if (reply->error)
        linnet_reply_fail(reply, LINNET_INTERNAL_SERVER_ERROR,
                          reply->error == LINNET_ETOOBIG ? "The response does not fit into one message"
                                                         : "The resource made an improper response");
    else if (reply->code == LINNET_EMPTY)
        reply->code = linnet_method_reads(method) ? LINNET_CONTENT
                      : method == LINNET_DELETE   ? LINNET_DELETED
                                                  : LINNET_CHANGED;
}

/*
 * "If the preferred Content-Format cannot be returned, then a 4.06 (Not Acceptable) MUST be sent" (RFC 7252 5.10.4).
 * A payload without Content-Format is not known to be what was preferred, so it is not acceptable either; an empty
 * reply without one has nothing that could have a wrong format. Only replies of safe methods are refused: the others
 * have had their effect.
 */
bool linnet_reply_is_acceptable(const linnet_reply *reply)
{
    int32_t accept = reply->incoming->options->accept;

    return accept < 0 || reply->code != LINNET_CONTENT || !linnet_method_reads(reply->request->message->code) ||
           reply->content_format == accept || (reply->content_format < 0 && reply->total == 0);
}

/* RFC 7252 8.2: to a multicast request a server need not answer "if it doesn't have anything useful to respond (e.g.,
 * if it only has an empty payload or an error response)". */
static bool is_useless_to_group(const linnet_reply *reply)
{
    return (reply->incoming->path->flags & LINNET_PATH_MULTICAST) &&
           (reply->held == 0 || !linnet_code_is_success(reply->code));
}

void linnet_reply_end(linnet_reply *reply)
{
    linnet_incoming *incoming = reply->incoming;
    size_t size = options_size(reply);

    if (incoming->deferred || is_useless_to_group(reply)) {
        incoming->size = 0;
        incoming->code = LINNET_EMPTY;
        return;
    }
    if (reply->held > 0) {
        incoming->body[size++] = 0xff; /* the payload marker (RFC 7252 section 3) */
        if (reply->at != size)
            memmove(incoming->body + size, incoming->body + reply->at, reply->held);
        size += reply->held;
    }
    incoming->size = size;
    incoming->code = reply->code;
}
