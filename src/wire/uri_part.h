/* Path segments and query arguments of a URI: cutting them off and percent-decoding them. */
#ifndef LINNET_WIRE_URI_PART_H
#define LINNET_WIRE_URI_PART_H

#include <linnet/bytes.h>

/* "Uri-Host 1-255, Uri-Path 0-255, Uri-Query 0-255" octets (RFC 7252 table 4). */
enum { LINNET_URI_PART_MAX = 255 };

/* Cuts the next part off `*rest`, still encoded. False at the end, which is a NULL view: so the empty part behind a
 * last separator is told from no part at all. */
bool linnet_uri_split(linnet_bytes *rest, char separator, linnet_bytes *part);

typedef enum linnet_uri_decoded {
    LINNET_URI_DECODED,
    LINNET_URI_TOO_LONG,    /* over LINNET_URI_PART_MAX octets */
    LINNET_URI_BAD_PERCENT, /* a percent sign without two hexadecimal digits */
} linnet_uri_decoded;

/* Percent-decodes a part into `decoded`. */
linnet_uri_decoded linnet_uri_decode(linnet_bytes part, uint8_t decoded[LINNET_URI_PART_MAX], size_t *size);

#endif
