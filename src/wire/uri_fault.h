/* What can be wrong with the text of a URI. Parsing gives one of these; the sentences for people live in
 * uri_problem.c, so that only a program that prints them carries them. */
#ifndef LINNET_WIRE_URI_FAULT_H
#define LINNET_WIRE_URI_FAULT_H

#include <linnet/uri.h>

typedef enum linnet_uri_fault {
    LINNET_URI_GOOD,
    LINNET_URI_UNKNOWN_SCHEME,
    LINNET_URI_HAS_FRAGMENT,
    LINNET_URI_HAS_USER,
    LINNET_URI_NO_HOST,
    LINNET_URI_BAD_HOST,
    LINNET_URI_BAD_LITERAL,
    LINNET_URI_BAD_PORT,
    LINNET_URI_BAD_CHARACTER,
    LINNET_URI_PERCENT,
    LINNET_URI_LONG,
    LINNET_URI_NOT_UTF8,
    LINNET_URI_FAULTS
} linnet_uri_fault;

/* The whole of linnet_uri_parse(), with the exact fault. */
linnet_uri_fault linnet_uri_take_apart(linnet_uri *uri, linnet_bytes text);

#endif
