/* Builds a reply where it will be sent from: the datagram. Errors stick, so a handler may set all it wants in a
 * straight line; what went wrong comes out as 5.00 at the end. */
#include "server/reply.h"

#include <linnet/error.h>

#define PAYLOAD_MARKER 0xffu /* RFC 7252 section 3 */

void linnet_reply_begin(linnet_reply *reply, linnet_request *request)
{
    *reply = (linnet_reply){.request = request, .incoming = request->incoming, .window_size = SIZE_MAX};
    linnet_reply_reset(reply);
}

void linnet_reply_reset(linnet_reply *reply)
{
    linnet_writer_begin_options(&reply->options, reply->incoming->body, reply->incoming->capacity);
    (void)linnet_reply_payload_begin(reply, LINNET_NO_FORMAT);
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

size_t linnet_reply_payload_begin(linnet_reply *reply, int32_t content_format)
{
    size_t capacity = reply->incoming->capacity;

    reply->held = reply->offset = reply->total = 0;
    reply->content_format = content_format;
    reply->at = linnet_reply_options_size(reply) + linnet_reply_format_size(reply) + 1;
    if (reply->at > capacity + 1)
        linnet_reply_spoil(reply, LINNET_ETOOBIG); /* Content-Format itself does not fit */
    return reply->at < capacity ? capacity - reply->at : 0;
}

int linnet_reply_payload_end(linnet_reply *reply, size_t total, size_t offset, size_t held)
{
    reply->total = total;
    reply->offset = offset;
    reply->held = held;
    if (held < total && !reply->slicing)
        linnet_reply_spoil(reply, LINNET_ETOOBIG);
    return reply->error;
}

int linnet_reply_payload(linnet_reply *reply, int32_t content_format, linnet_bytes payload)
{
    if (content_format > UINT16_MAX)
        return linnet_reply_spoil(reply, LINNET_EINVAL);

    size_t room = linnet_reply_payload_begin(reply, content_format);
    size_t offset = 0;
    size_t held = payload.size;
    if (reply->slicing)
        held = reply->slicing->window(reply, payload, room, &offset);
    if (held > room)
        return linnet_reply_spoil(reply, LINNET_ETOOBIG);
    if (held > 0)
        memcpy(reply->incoming->body + reply->at, payload.data + offset, held);
    return linnet_reply_payload_end(reply, payload.size, offset, held);
}

int linnet_reply_text(linnet_reply *reply, const char *text)
{
    return linnet_reply_payload(reply, LINNET_TEXT, linnet_text(text));
}

/* A diagnostic payload is UTF-8 (RFC 7252 5.5.2); what does not fit is left out, in whole characters. */
static void set_diagnostic(linnet_reply *reply, const char *diagnostic)
{
    linnet_bytes text = linnet_text(diagnostic);
    size_t room = linnet_reply_payload_begin(reply, LINNET_NO_FORMAT);

    if (text.size > room)
        for (text.size = room; text.size > 0 && (text.data[text.size] & 0xc0) == 0x80; text.size--)
            ;
    if (text.size > 0)
        memcpy(reply->incoming->body + reply->at, text.data, text.size);
    reply->held = reply->total = text.size;
}

int linnet_reply_error(linnet_reply *reply, linnet_code code, const char *diagnostic)
{
    if (!linnet_code_is_response(code) || linnet_code_is_success(code))
        return linnet_reply_spoil(reply, LINNET_EINVAL);
    reply->code = code;
    set_diagnostic(reply, diagnostic);
    return reply->error;
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
 * "If the preferred Content-Format cannot be returned, then a 4.06 "Not Acceptable" MUST be sent as a response" (RFC
 * 7252 5.10.4).
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
 * if it only has an empty payload or an error response)". A client that says what it does not want, by No-Response,
 * wants all else (RFC 7967 2.1). */
static bool is_useless_to_group(const linnet_reply *reply)
{
    linnet_bytes value;

    return (reply->incoming->path->flags & LINNET_PATH_MULTICAST) &&
           (reply->held == 0 || !linnet_code_is_success(reply->code)) &&
           !linnet_request_option(reply->request, LINNET_OPTION_NO_RESPONSE, 0, &value);
}

/* Adds Content-Format, into the room that was left for it. Returns the size of all options. */
static size_t add_format(linnet_reply *reply)
{
    size_t size = linnet_reply_options_size(reply);
    uint32_t format = (uint32_t)reply->content_format;
    uint8_t octets[2] = {(uint8_t)(format >> 8), (uint8_t)format};

    if (reply->content_format < 0)
        return size;
    size_t skipped = format > UINT8_MAX ? 0 : format > 0 ? 1 : 2;
    linnet_bytes value = linnet_view(octets + skipped, sizeof octets - skipped);
    size += linnet_reply_format_size(reply);
    if (reply->options.last_option <= LINNET_OPTION_CONTENT_FORMAT) {
        linnet_reply_append_short(reply, LINNET_OPTION_CONTENT_FORMAT, value);
        return size;
    }
    size_t woven = linnet_reply_options_size(reply);
    reply->weave(reply->options.start, &woven, size, LINNET_OPTION_CONTENT_FORMAT, value);
    return woven;
}

void linnet_reply_end(linnet_reply *reply)
{
    linnet_incoming *incoming = reply->incoming;

    incoming->size = 0;
    incoming->code = LINNET_EMPTY;
    if (incoming->deferred || is_useless_to_group(reply))
        return;
    size_t size = add_format(reply);
    if (reply->held > 0) {
        incoming->body[size++] = PAYLOAD_MARKER;
        if (reply->at != size)
            memmove(incoming->body + size, incoming->body + reply->at, reply->held);
        size += reply->held;
    }
    incoming->size = size;
    incoming->code = reply->code;
}
