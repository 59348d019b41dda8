/* "Did you mean ...?": the nearest of some words to one that was mistyped. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include <stddef.h>

/* One of `words`, or NULL when none is near enough to be what was meant. */
const char *suggest(const char *typed, const char *const *words, size_t count);

#endif
