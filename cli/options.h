/* Options of a command as one table, from which both parsing and `--help` are made, so that they cannot disagree. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

struct command;

/* One option, or with `name` NULL the heading of those that follow. The table ends with a row of zeros. */
typedef struct option_row {
    int key;              /* the short letter, or a number from OPTION_LONG on where there is none */
    const char *name;     /* "content-format" */
    const char *argument; /* what help calls its value, "FORMAT"; NULL: it has none */
    const char *help;     /* newlines continue it in the same column */
} option_row;

#define OPTION_LONG 256 /* the first key of options without a short letter */

/* Keys that every command shares. */
enum { OPTION_COLOR = 1000 };

/* The last rows of every table. */
#define OPTION_ROWS_COMMON                                                                                             \
    {0, NULL, NULL, "as in every command"},                                                                            \
        {OPTION_COLOR, "color", "WHEN", "auto, always or never (auto: on a terminal, unless NO_COLOR\nis set)"},       \
        {'h', "help", NULL, "this text"},                                                                              \
    {                                                                                                                  \
        0, NULL, NULL, NULL                                                                                            \
    }

/* What options_next() returns besides keys. */
enum {
    OPTIONS_END = -1,  /* the arguments behind the options start at argv[optind] */
    OPTIONS_STOP = -2, /* *status is how to end: help was shown, or a complaint printed */
};

/* The next option of the command line, with its value in *value (NULL without one). It deals with the options that
 * every command has. Arguments may stand before, between and behind options. */
int options_next(const struct command *command, int argc, char **argv, const char **value, int *status);

/* The whole help of a command to standard output. */
void options_help(const struct command *command);

/* Numbers of options. False after a complaint that names the option. */
bool option_number(const char *option, const char *text, unsigned long least, unsigned long most,
                   unsigned long *number);
/* Seconds, "2" or "0.5", as milliseconds from 1 on. */
bool option_seconds(const char *option, const char *text, unsigned *milliseconds);
/* "30" or "30%". */
bool option_percent(const char *option, const char *text, unsigned *percent);

#endif
