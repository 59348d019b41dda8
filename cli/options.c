/* Reads the options of a command with getopt_long and explains what is wrong with them. */
#include "cli/options.h"

#include "cli/command.h"
#include "cli/complain.h"
#include "cli/suggest.h"
#include "cli/terminal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MOST 64 /* rows of the largest table, with room to grow */

static bool is_end(const option_row *row) { return !row->name && !row->help; }

/* The table in the two forms that getopt_long wants. */
static void to_getopt(const option_row *rows, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* tell a missing value from an unknown option */
    for (const option_row *row = rows; !is_end(row); row++) {
        if (!row->name)
            continue;
        *longs++ = (struct option){row->name, row->argument ? required_argument : no_argument, NULL, row->key};
        if (row->key < OPTION_LONG) {
            *shorts++ = (char)row->key;
            if (row->argument)
                *shorts++ = ':';
        }
    }
    *longs = (struct option){0};
    *shorts = 0;
}

static const option_row *row_of(const command *self, int key)
{
    for (const option_row *row = self->options; !is_end(row); row++)
        if (row->name && row->key == key)
            return row;
    return NULL;
}

static void complain_missing_value(const command *self)
{
    const option_row *row = row_of(self, optopt);
    if (!row)
        complain("an option without its value");
    else
        complain("--%s needs a value: --%s %s", row->name, row->name, row->argument);
    hint("'linnet %s --help' lists the options", self->name);
}

static void complain_unknown(const command *self, const char *word)
{
    const char *names[OPTIONS_MOST];
    size_t count = 0;
    for (const option_row *row = self->options; !is_end(row) && count < OPTIONS_MOST; row++)
        if (row->name)
            names[count++] = row->name;
    if (optopt) { /* a letter; it may stand among others in one word, and that word is not passed yet */
        complain("unknown option -%c", optopt);
        hint("'linnet %s --help' lists the options", self->name);
        return;
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    complain("unknown option --%s", name);
    const char *meant = suggest(name, names, count);
    if (meant)
        hint("did you mean --%s?", meant);
    else
        hint("'linnet %s --help' lists the options", self->name);
}

/* What getopt calls '?': no such option, an ambiguous one, or a value for one that takes none. */
static void complain_refused(const command *self, const char *word)
{
    const option_row *row = optopt ? row_of(self, optopt) : NULL;
    if (row && !row->argument)
        complain("--%s takes no value", row->name);
    else
        complain_unknown(self, word);
}

int options_next(const command *self, int argc, char **argv, const char **value, int *status)
{
    struct option longs[OPTIONS_MOST];
    char shorts[2 * OPTIONS_MOST + 2];
    to_getopt(self->options, longs, shorts);
    opterr = 0;
    for (;;) {
        int key = getopt_long(argc, argv, shorts, longs, NULL);
        *value = optarg;
        *status = EXIT_USAGE;
        switch (key) {
        case 'h':
            options_help(self);
            *status = EXIT_DONE;
            return OPTIONS_STOP;
        case OPTION_COLOR:
            if (terminal_set_color(optarg))
                continue;
            complain("--color %s: no such choice", optarg);
            hint("it is auto, always or never");
            return OPTIONS_STOP;
        case ':':
            complain_missing_value(self);
            return OPTIONS_STOP;
        case '?':
            complain_refused(self, argv[optind - 1]);
            return OPTIONS_STOP;
        case -1:
            return OPTIONS_END;
        default:
            return key;
        }
    }
}

bool option_number(const char *option, const char *text, unsigned long least, unsigned long most, unsigned long *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end && errno == 0 && *number >= least && *number <= most)
        return true;
    complain("%s %s: it has to be a number from %lu to %lu", option, text, least, most);
    return false;
}

bool option_seconds(const char *option, const char *text, unsigned *milliseconds)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end != text && !*end && isfinite(seconds) && seconds >= 0.001 && seconds <= 4000000) {
        *milliseconds = (unsigned)(seconds * 1000 + 0.5);
        return true;
    }
    complain("%s %s: it has to be a number of seconds, such as 2 or 0.5", option, text);
    return false;
}

bool option_percent(const char *option, const char *text, unsigned *percent)
{
    unsigned long number;
    char digits[8];
    size_t size = strlen(text);
    if (size && text[size - 1] == '%')
        size--;
    if (size >= sizeof digits) {
        complain("%s %s: it has to be a number from 0 to 100", option, text);
        return false;
    }
    memcpy(digits, text, size);
    digits[size] = 0;
    if (!option_number(option, digits, 0, 100, &number))
        return false;
    *percent = (unsigned)number;
    return true;
}
