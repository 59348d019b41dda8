/* Location-Path and Location-Query from a relative URI (RFC 7252 5.10.7), as for what a POST made. */
#include "server/reply.h"

#include "wire/uri_part.h"

#include <linnet/error.h>

static void put_parts(linnet_reply *reply, uint16_t number, linnet_bytes text, char separator)
{
    uint8_t decoded[LINNET_URI_PART_MAX];
    linnet_bytes part;
    size_t size;

    linnet_reply_remove(reply, number);
    if (text.size == 0)
        return;
    while (linnet_uri_split(&text, separator, &part)) {
        if (linnet_uri_decode(part, decoded, &size) != LINNET_URI_DECODED)
            linnet_reply_spoil(reply, LINNET_EURI);
        else
            linnet_reply_put(reply, number, linnet_view(decoded, size));
    }
}

int linnet_reply_location(linnet_reply *reply, const char *location)
{
    linnet_bytes path = linnet_text(*location == '/' ? location + 1 : location);
    linnet_bytes query = linnet_view(NULL, 0);

    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] != '?')
            continue;
        query = linnet_view(path.data + i + 1, path.size - i - 1);
        path.size = i;
    }
    put_parts(reply, LINNET_OPTION_LOCATION_PATH, path, '/');
    put_parts(reply, LINNET_OPTION_LOCATION_QUERY, query, '&');
    return reply->error;
}
