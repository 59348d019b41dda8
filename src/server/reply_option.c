/* Options of a reply, in whatever order they come: those in order are appended, others are woven in. */
#include "server/reply.h"

#include <linnet/error.h>

void linnet_reply_move_payload(linnet_reply *reply)
{
    linnet_incoming *incoming = reply->incoming;

    if (reply->held > 0) {
        size_t at = incoming->capacity - reply->held;
        if (at != reply->at)
            memmove(incoming->body + at, incoming->body + reply->at, reply->held);
        reply->at = at;
    }
}

/* How many octets of options fit before the Content-Format, the marker and the payload. */
static size_t room_for_options(const linnet_reply *reply)
{
    size_t end = reply->held > 0 ? reply->at - 1 : reply->incoming->capacity;
    size_t format = linnet_reply_format_size(reply);

    return end > format ? end - format : 0;
}

bool linnet_reply_reserve(linnet_reply *reply, size_t octets)
{
    linnet_reply_move_payload(reply);
    while (room_for_options(reply) < linnet_reply_options_size(reply) + octets)
        if (!reply->slicing || !reply->slicing->shrink(reply))
            return false;
    return true;
}

/* Writes behind the last option, which is fast, or weaves the option in. */
static int place(linnet_reply *reply, uint16_t number, linnet_bytes value)
{
    linnet_writer *options = &reply->options;
    size_t room = room_for_options(reply);
    size_t size = linnet_reply_options_size(reply);

    reply->weave = linnet_options_insert;
    if (number < options->last_option) {
        int error = linnet_options_insert(options->start, &size, room, number, value);
        options->at = options->start + size;
        return error;
    }
    if (room < size)
        return LINNET_ENOSPC; /* Content-Format alone takes the room */
    if (number - options->last_option <= (int)LINNET_SHORT_OPTION && value.size <= LINNET_SHORT_OPTION &&
        value.size < room - size) {
        linnet_reply_append_short(reply, number, value);
        return 0;
    }
    options->error = 0;
    options->end = options->start + room;
    linnet_writer_option(options, number, value);
    return options->error;
}

int linnet_reply_put(linnet_reply *reply, uint16_t number, linnet_bytes value)
{
    int error;

    if (reply->error)
        return reply->error;
    linnet_reply_move_payload(reply);
    do
        error = place(reply, number, value);
    while (error == LINNET_ENOSPC && reply->slicing && reply->slicing->shrink(reply));
    return error ? linnet_reply_spoil(reply, error == LINNET_ENOSPC ? LINNET_ETOOBIG : error) : 0;
}

int linnet_reply_put_uint(linnet_reply *reply, uint16_t number, uint32_t value)
{
    uint8_t octets[4];

    return linnet_reply_put(reply, number, linnet_view(octets, linnet_option_from_uint(value, octets)));
}

void linnet_reply_remove(linnet_reply *reply, uint16_t number)
{
    linnet_writer *options = &reply->options;
    size_t size = linnet_reply_options_size(reply);
    linnet_option option;

    if (number > options->last_option || linnet_options_remove(options->start, &size, number) == 0)
        return;
    linnet_option_cursor cursor = {.rest = linnet_view(options->start, size)};
    while (linnet_option_next(&cursor, &option))
        ;
    options->at = options->start + size;
    options->last_option = cursor.number;
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
