/* Splits a line of the shell into words, with the quotes and backslashes that people know from sh; nothing is expanded.
 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct words {
    char **list; /* `count` words and a NULL */
    size_t count;
    char open;      /* the quote that was not closed, or '\\' at the end; 0: all is complete */
    bool in_word;   /* the line ends within its last word */
    size_t started; /* where that word starts in the line */
} words;

/* A word that starts with '#' starts a comment. */
words words_split(const char *line, size_t size);
void words_free(words *words);

#endif
