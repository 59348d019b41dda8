/* Says in words what is wrong with the text of a URI, for a person who typed it. */
#include "wire/uri_fault.h"

static const char *const sentences[LINNET_URI_FAULTS] = {
    [LINNET_URI_GOOD] = "",
    [LINNET_URI_UNKNOWN_SCHEME] = "the scheme is none of coap, coaps, coap+tcp, coaps+tcp, coap+ws, coaps+ws",
    [LINNET_URI_HAS_FRAGMENT] = "a CoAP URI has no fragment ('#')",
    [LINNET_URI_HAS_USER] = "a CoAP URI has no user information ('@')",
    [LINNET_URI_NO_HOST] = "the host is missing",
    [LINNET_URI_BAD_HOST] = "the host holds a character that has to be percent-encoded",
    [LINNET_URI_BAD_LITERAL] = "there is no valid IPv6 address between the brackets",
    [LINNET_URI_BAD_PORT] = "the port is not a number from 0 to 65535",
    [LINNET_URI_BAD_CHARACTER] = "the path or query holds a character that has to be percent-encoded",
    [LINNET_URI_PERCENT] = "a percent sign is not followed by two hexadecimal digits",
    [LINNET_URI_LONG] = "the host, a path segment or a query argument is longer than 255 octets",
    [LINNET_URI_NOT_UTF8] = "the host, a path segment or a query argument is not UTF-8 text",
};

const char *linnet_uri_problem(linnet_bytes text)
{
    linnet_uri uri;

    return sentences[linnet_uri_take_apart(&uri, text)];
}
