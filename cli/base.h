/* The URI that `linnet shell` stands at, and against which the commands there resolve what is typed. Outside of the
 * shell there is none, and every URI stands for itself. */
#ifndef CLI_BASE_H
#define CLI_BASE_H

#include <stdbool.h>

/* Takes the base, "coap://host/a/b"; NULL: none any more. A URI that linnet_uri_parse() accepts. */
void base_set(const char *uri);
bool base_is_set(void);
/* "coap://host:port", "" when there is none; and "/a/b", at least "/". Both live until the base changes. */
const char *base_origin(void);
const char *base_path(void);

/*
 * What a URI on the command line means: itself when it has a scheme or there is no base; else a path like those of a
 * file system, or "?query" for the current one. NULL (nothing was typed) is the base, or NULL when there is none.
 * Lives until the next call but one.
 */
const char *base_resolve(const char *typed);

/* The same for a path alone: "/a/b" from "../b". To be freed. */
char *base_resolve_path(const char *typed);

#endif
