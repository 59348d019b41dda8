/* Writes a parsed URI into the options of a request (RFC 7252 6.4). */
#include <linnet/uri.h>

#include "wire/ascii.h"
#include "wire/uri_part.h"

static bool is_dot(const uint8_t *segment, size_t size) { return size == 1 && segment[0] == '.'; }

static bool is_dot_dot(const uint8_t *segment, size_t size)
{
    return size == 2 && segment[0] == '.' && segment[1] == '.';
}

/* Whether a ".." further on takes back the segment before `rest` (RFC 3986 5.2.4). */
static bool is_taken_back(linnet_bytes rest)
{
    uint8_t segment[LINNET_URI_PART_MAX];
    size_t size;
    size_t depth = 0;

    while (linnet_uri_next(&rest, '/', segment, &size)) {
        if (is_dot_dot(segment, size)) {
            if (depth-- == 0)
                return true;
        } else if (!is_dot(segment, size)) {
            depth++;
        }
    }
    return false;
}

/* "The value of a Uri-Path Option MUST NOT be "." or ".."" (5.10.1): dot segments are resolved first, and one at the
 * end leaves an empty segment behind, as in "/a/b/.." = "/a/". A path of "/" alone has no option. */
static void write_path(linnet_bytes path, linnet_writer *writer)
{
    uint8_t segment[LINNET_URI_PART_MAX];
    size_t size;
    bool any = false;

    while (!writer->error && linnet_uri_next(&path, '/', segment, &size)) {
        bool is_last = path.data == NULL;
        bool dots = is_dot(segment, size) || is_dot_dot(segment, size);
        if (dots)
            size = 0;
        if (is_last ? size == 0 && !any : dots || is_taken_back(path))
            continue;
        linnet_writer_option(writer, LINNET_OPTION_URI_PATH, linnet_view(segment, size));
        any = true;
    }
}

static void write_query(linnet_bytes query, linnet_writer *writer)
{
    uint8_t argument[LINNET_URI_PART_MAX];
    size_t size;

    while (linnet_uri_next(&query, '&', argument, &size))
        linnet_writer_option(writer, LINNET_OPTION_URI_QUERY, linnet_view(argument, size));
}

static void write_host(linnet_bytes host, linnet_writer *writer)
{
    uint8_t name[LINNET_URI_PART_MAX];
    size_t size;

    if (linnet_uri_decode(host, name, &size) != LINNET_URI_DECODED)
        return; /* cannot be: linnet_uri_parse() decoded it before */
    for (size_t i = 0; i < size; i++)
        name[i] = linnet_ascii_lower(name[i]);
    linnet_writer_option(writer, LINNET_OPTION_URI_HOST, linnet_view(name, size));
}

void linnet_uri_write_options(const linnet_uri *uri, bool with_host, linnet_writer *writer)
{
    if (with_host && !uri->host_is_literal)
        write_host(uri->host, writer);
    write_path(uri->path, writer);
    write_query(uri->query, writer);
}
