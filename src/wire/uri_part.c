/* Cuts path and query of a URI into their parts and percent-decodes these: what stands in one Uri-Path or Uri-Query
 * option each (RFC 7252 6.4). */
#include "wire/uri_part.h"

#include <linnet/uri.h>

#include "wire/ascii.h"

bool linnet_uri_split(linnet_bytes *rest, char separator, linnet_bytes *part)
{
    if (!rest->data)
        return false;

    size_t size = 0;
    while (size < rest->size && rest->data[size] != (uint8_t)separator)
        size++;
    *part = linnet_view(rest->data, size);
    if (size < rest->size)
        *rest = linnet_view(rest->data + size + 1, rest->size - size - 1);
    else
        *rest = linnet_view(NULL, 0);
    return true;
}

linnet_uri_decoded linnet_uri_decode(linnet_bytes part, uint8_t decoded[LINNET_URI_PART_MAX], size_t *size)
{
    size_t count = 0;

    for (size_t i = 0; i < part.size; i++) {
        uint8_t c = part.data[i];
        if (c == '%') {
            int high = i + 1 < part.size ? linnet_ascii_hex(part.data[i + 1]) : -1;
            int low = i + 2 < part.size ? linnet_ascii_hex(part.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return LINNET_URI_BAD_PERCENT;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (count == LINNET_URI_PART_MAX)
            return LINNET_URI_TOO_LONG;
        decoded[count++] = c;
    }
    *size = count;
    return LINNET_URI_DECODED;
}

bool linnet_uri_next(linnet_bytes *rest, char separator, uint8_t decoded[255], size_t *size)
{
    linnet_bytes part;

    return linnet_uri_split(rest, separator, &part) && linnet_uri_decode(part, decoded, size) == LINNET_URI_DECODED;
}
