/* The character classes of RFC 3986 that CoAP URIs are made of. Parsing asks them what may stand in a component,
 * composing what must be percent-encoded: one definition keeps the two each other's inverse. */
#ifndef LINNET_WIRE_URI_CHARS_H
#define LINNET_WIRE_URI_CHARS_H

#include "wire/ascii.h"

static inline bool linnet_uri_is_unreserved(uint8_t c)
{
    return linnet_ascii_is_letter(c) || linnet_ascii_is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static inline bool linnet_uri_is_sub_delim(uint8_t c)
{
    switch (c) {
    case '!':
    case '$':
    case '&':
    case '\'':
    case '(':
    case ')':
    case '*':
    case '+':
    case ',':
    case ';':
    case '=':
        return true;
    default:
        return false;
    }
}

/* reg-name = *( unreserved / pct-encoded / sub-delims ) */
static inline bool linnet_uri_is_name(uint8_t c) { return linnet_uri_is_unreserved(c) || linnet_uri_is_sub_delim(c); }

/* pchar = unreserved / pct-encoded / sub-delims / ":" / "@" */
static inline bool linnet_uri_is_segment(uint8_t c) { return linnet_uri_is_name(c) || c == ':' || c == '@'; }

/* path = *( "/" *pchar ) */
static inline bool linnet_uri_is_path(uint8_t c) { return linnet_uri_is_segment(c) || c == '/'; }

/* query = *( pchar / "/" / "?" ) */
static inline bool linnet_uri_is_query(uint8_t c) { return linnet_uri_is_path(c) || c == '?'; }

/* An argument of a query: the ampersand separates arguments, so in one it is encoded (RFC 7252 6.5 step 8). */
static inline bool linnet_uri_is_argument(uint8_t c) { return linnet_uri_is_query(c) && c != '&'; }

#endif
