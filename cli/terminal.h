/* What is known of the terminal: whether there is one, and the colours to use on it. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* The colours by what they mark; each is an escape sequence, or "" where there is to be no colour. */
typedef struct palette {
    const char *error;
    const char *hint;
    const char *strong; /* headings */
    const char *name;   /* options, keys, paths */
    const char *string;
    const char *number;
    const char *faint; /* offsets, punctuation */
    const char *end;
} palette;

/* "auto", "always" or "never"; false for anything else. */
bool terminal_set_color(const char *when);

/* The colours for what is written to `stream`: NO_COLOR and TERM=dumb are honoured, --color wins over both. */
const palette *ink_for(FILE *stream);

bool terminal_is(FILE *stream);

#endif
