/* The links that `linnet discover` shows. */
#ifndef CLI_DISCOVER_H
#define CLI_DISCOVER_H

#include "cli/terminal.h"

#include <linnet.h>

/* A table with one line for each link, and only the columns that have something in them. */
void discover_table(FILE *out, linnet_bytes links, const palette *ink);
/* An array with one object for each link; `server`, where it is not NULL, says in each whose link it is, and the array
 * is a line. */
void discover_json(FILE *out, linnet_bytes links, const char *server, const palette *ink);
/* Links with absolute targets, which say whose they are. To be freed. */
char *discover_absolute(linnet_bytes links, const char *server);

/* An attribute's value without escapes, "" where it has none; NULL when the link has no such attribute. To be freed. */
char *discover_attribute(const linnet_link *link, const char *name);
/* A value with its escapes resolved. To be freed. */
char *discover_value(linnet_bytes value);
/* "40 60" as "link-format cbor". To be freed. */
char *discover_formats(const char *numbers);

#endif
