/* Builds a message, or a bare list of options, into the caller's buffer. The first error sticks in the writer, so a
 * caller writes a whole message in a straight line and asks once, at the end. */
#include <linnet/error.h>
#include <linnet/message.h>

#include "wire/header.h"
#include "wire/option_head.h"

static void append(linnet_writer *writer, linnet_bytes bytes)
{
    if (bytes.size == 0)
        return; /* memcpy from NULL is undefined even for no octets */
    memcpy(writer->at, bytes.data, bytes.size);
    writer->at += bytes.size;
}

/* Whether nothing failed yet and `size` octets more fit; remembers it when they do not. */
static bool has_room(linnet_writer *writer, size_t size)
{
    if (!writer->error && size > (size_t)(writer->end - writer->at))
        writer->error = LINNET_ENOSPC;
    return !writer->error;
}

void linnet_writer_begin_options(linnet_writer *writer, void *buffer, size_t capacity)
{
    *writer = (linnet_writer){.start = buffer, .at = buffer};
    writer->end = capacity ? writer->start + capacity : writer->start;
}

void linnet_writer_begin(linnet_writer *writer, void *buffer, size_t capacity, linnet_type type, linnet_code code,
                         uint16_t id, linnet_bytes token)
{
    linnet_writer_begin_options(writer, buffer, capacity);
    if (token.size > LINNET_TOKEN_LONGEST)
        writer->error = LINNET_EINVAL;
    if (has_room(writer, linnet_header_size(token.size)))
        writer->at += linnet_header_write(writer->at, type, code, id, token);
}

void linnet_writer_option(linnet_writer *writer, uint16_t number, linnet_bytes value)
{
    if (writer->error)
        return;
    if (writer->has_payload || number < writer->last_option) {
        writer->error = LINNET_EORDER;
        return;
    }
    if (value.size > LINNET_EXTENDED_MAX) {
        writer->error = LINNET_EINVAL;
        return;
    }
    uint32_t delta = (uint32_t)number - writer->last_option;
    if (!has_room(writer, linnet_option_head_size(delta, (uint32_t)value.size) + value.size))
        return;

    writer->at = linnet_option_head_write(writer->at, delta, (uint32_t)value.size);
    append(writer, value);
    writer->last_option = number;
}

void linnet_writer_option_uint(linnet_writer *writer, uint16_t number, uint32_t value)
{
    uint8_t octets[4];
    size_t size = linnet_option_from_uint(value, octets);

    linnet_writer_option(writer, number, linnet_view(octets, size));
}

void linnet_writer_options(linnet_writer *writer, linnet_bytes options)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    if (!has_room(writer, options.size))
        return;
    if (writer->has_payload || writer->last_option != 0) {
        writer->error = LINNET_EORDER;
        return;
    }
    while (linnet_option_next(&cursor, &option))
        ;
    if (cursor.rest.size != 0) {
        writer->error = LINNET_EFORMAT;
        return;
    }
    append(writer, options);
    writer->last_option = cursor.number;
}

void linnet_writer_payload(linnet_writer *writer, linnet_bytes payload)
{
    if (payload.size == 0 || writer->error)
        return;
    if (writer->has_payload) {
        writer->error = LINNET_EORDER;
        return;
    }
    /* Compared without adding one to the size, which a caller may give as large as SIZE_MAX. */
    if (payload.size >= (size_t)(writer->end - writer->at)) {
        writer->error = LINNET_ENOSPC;
        return;
    }
    *writer->at++ = LINNET_PAYLOAD_MARKER;
    append(writer, payload);
    writer->has_payload = true;
}

int linnet_writer_end(const linnet_writer *writer)
{
    return writer->error ? writer->error : (int)(writer->at - writer->start);
}
