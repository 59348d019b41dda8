/* The parts of `linnet shell`. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H

#include "cli/command.h"

#include <linnet/bytes.h>

/* A word that the shell itself understands. */
typedef struct shell_word {
    const char *name, *arguments, *summary;
    int (*run)(int count, char **words); /* an exit_status; words[0] is the name */
} shell_word;

#define SHELL_LEAVE (-1) /* instead of an exit_status: the end of the shell */

/* The shell's own words; `count` may be NULL. */
const shell_word *shell_words(size_t *count);
/* Whether a command of `linnet` can be used in the shell. */
bool shell_has_command(const command *command);
/* Runs one line. An exit_status, or SHELL_LEAVE. `last` is that of the line before. */
int shell_run_line(const char *line, int last);

/* Line editing on a terminal. NULL at its end (Ctrl-D); "" after Ctrl-C. The line lives until the next call. */
void shell_editor_open(void);
const char *shell_editor_read(void);
void shell_editor_close(void);

/* What could stand for the word that ends at the cursor: all that begin like it. */
typedef struct candidates {
    char **list;
    size_t count;
} candidates;
candidates shell_complete(const char *line, size_t size, size_t *word_start);
void candidates_free(candidates *found);

/* The links of /.well-known/core of the base, asked for when they are wanted for the first time, and kept. NULL when
 * there are none; says why unless `quiet`. */
const linnet_bytes *shell_links(bool quiet);
/* The same, asked for anew. */
const linnet_bytes *shell_links_again(void);
/* The names below a path, which ends with a slash: "lamp", or "lamps/" where more is below. In order, each once. */
candidates shell_links_below(const linnet_bytes *links, const char *path);

#endif
