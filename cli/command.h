/* The commands of `linnet`: their table, and how each ends. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

#include <stddef.h>

/* How the process ends; README and `linnet help` tell users the same. */
enum exit_status {
    EXIT_DONE = 0,           /* a response of class 2, or the job is done */
    EXIT_ERROR_RESPONSE = 1, /* a response of class 4 or 5; a malformed message for `decode` */
    EXIT_USAGE = 2,          /* the command line cannot be understood */
    EXIT_NO_ANSWER = 3,      /* no answer, Reset, network error, or the output could not be written */
    EXIT_INTERRUPTED = 130   /* Ctrl-C */
};

typedef struct command {
    const char *name;
    const char *summary;                                           /* half a line for the overview */
    const char *arguments;                                         /* behind the options in the synopsis: "URI" */
    const char *about;                                             /* a paragraph or two for its help */
    const option_row *options;                                     /* ends with a row of zeros */
    const char *examples;                                          /* whole lines, indented by two */
    int (*run)(const struct command *self, int argc, char **argv); /* an exit_status; argv[0] is the command's name */
} command;

/* All commands in the order of the overview; `count` may be NULL. */
const command *command_table(size_t *count);

/* NULL when there is none of that name. */
const command *command_find(const char *name);

/* The overview of every command, to standard output or standard error. */
void command_overview(bool to_error);

/* Says that there is no command `name`, with the one that may have been meant, and the list. */
void command_unknown(const char *name);

/* The commands themselves, one file each. */
extern const option_row request_options[], observe_options[], ping_options[], discover_options[], decode_options[],
    serve_options[], shell_options[], bench_options[];
int request_run(const command *self, int argc, char **argv);
int observe_run(const command *self, int argc, char **argv);
int ping_run(const command *self, int argc, char **argv);
int discover_run(const command *self, int argc, char **argv);
int decode_run(const command *self, int argc, char **argv);
int bench_run(const command *self, int argc, char **argv);
int shell_run(const command *self, int argc, char **argv);
int serve_run(const command *self, int argc, char **argv);

#endif
