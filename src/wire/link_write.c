/* Writes CoRE Link Format (RFC 6690 section 2) through a window: a server produces any block of a long
 * /.well-known/core by writing the whole of it and keeping only the octets asked for. */
#include <linnet/link.h>

#include "wire/ascii.h"

void linnet_link_writer_begin(linnet_link_writer *writer, void *buffer, size_t capacity, uint64_t skip)
{
    *writer = (linnet_link_writer){.buffer = buffer, .capacity = capacity, .skip = skip};
}

/* Counts all of `text`, and stores what falls into the window. */
static void put(linnet_link_writer *writer, const void *text, size_t size)
{
    uint64_t begin = writer->total;
    size_t before = 0; /* octets of `text` that lie before the window */

    writer->total += size;
    if (writer->skip > begin) {
        if (writer->skip - begin >= size)
            return;
        before = (size_t)(writer->skip - begin);
    }
    uint64_t offset = begin + before - writer->skip;
    if (offset >= writer->capacity)
        return;
    size_t room = writer->capacity - (size_t)offset;
    size_t count = size - before < room ? size - before : room;
    if (count)
        memcpy(writer->buffer + offset, (const uint8_t *)text + before, count);
}

void linnet_link_write_raw(linnet_link_writer *writer, linnet_bytes text) { put(writer, text.data, text.size); }

void linnet_link_write(linnet_link_writer *writer, linnet_bytes target)
{
    if (writer->total > 0)
        put(writer, ",", 1);
    put(writer, "<", 1);
    linnet_link_write_raw(writer, target);
    put(writer, ">", 1);
}

/* Numbers stand bare, as in ct=40, sz=12; but the grammar gives "title" and "anchor" no form without quotes. */
static bool needs_quotes(const char *name, linnet_bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (!linnet_ascii_is_digit(value.data[i]))
            return true;
    return value.size == 0 || linnet_ascii_same(name, "title") || linnet_ascii_same(name, "anchor");
}

static void put_quoted(linnet_link_writer *writer, linnet_bytes value)
{
    put(writer, "\"", 1);
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '"' || value.data[i] == '\\')
            put(writer, "\\", 1);
        put(writer, &value.data[i], 1);
    }
    put(writer, "\"", 1);
}

void linnet_link_write_attribute(linnet_link_writer *writer, const char *name, linnet_bytes value, bool has_value)
{
    put(writer, ";", 1);
    put(writer, name, strlen(name));
    if (!has_value)
        return;
    put(writer, "=", 1);
    if (needs_quotes(name, value))
        put_quoted(writer, value);
    else
        linnet_link_write_raw(writer, value);
}

size_t linnet_link_writer_size(const linnet_link_writer *writer)
{
    if (writer->total <= writer->skip)
        return 0;
    uint64_t size = writer->total - writer->skip;
    return size < writer->capacity ? (size_t)size : writer->capacity;
}
