/* linnet shell: the commands of `linnet` at a prompt, with a server and a path that they start from. */
#include "cli/shell.h"

#include "cli/base.h"
#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/suggest.h"
#include "cli/terminal.h"
#include "cli/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const option_row shell_options[] = {OPTION_ROWS_COMMON};

/* `serve` would keep the prompt for itself. */
bool shell_has_command(const command *self) { return self->run != serve_run && self->run != shell_run; }

static int run_command(const command *self, int count, char **arguments)
{
    complain_as(self->name);
    optind = 0; /* glibc: read a new command line */
    int status = self->run(self, count, arguments);
    complain_as("shell");
    if (fflush(stdout) != 0 && status == EXIT_DONE) {
        complain("standard output cannot be written: %s", strerror(errno));
        status = EXIT_NO_ANSWER;
    }
    clearerr(stdout);
    return status;
}

static void complain_unknown(const char *name)
{
    const char *names[64];
    size_t commands, own, known = 0;
    const command *table = command_table(&commands);
    const shell_word *mine = shell_words(&own);
    for (size_t i = 0; i < commands && known < 32; i++)
        if (shell_has_command(&table[i]))
            names[known++] = table[i].name;
    for (size_t i = 0; i < own; i++)
        names[known++] = mine[i].name;
    complain("unknown command '%s'", name);
    const char *meant = suggest(name, names, known);
    if (meant)
        hint("did you mean '%s'?", meant);
    else
        hint("'help' lists the commands");
}

static int run_words(words *line)
{
    size_t count;
    const shell_word *own = shell_words(&count);
    const char *name = line->list[0];
    for (size_t i = 0; i < count; i++)
        if (strcmp(own[i].name, name) == 0)
            return own[i].run((int)line->count, line->list);
    const command *found = command_find(name);
    if (found && shell_has_command(found))
        return run_command(found, (int)line->count, line->list);
    complain_unknown(name);
    return EXIT_USAGE;
}

int shell_run_line(const char *line, int last)
{
    words typed = words_split(line, strlen(line));
    int status = last;
    if (typed.open) {
        complain("the line ends within %s", typed.open == '\\' ? "an escape" : "quotes");
        status = EXIT_USAGE;
    } else if (typed.count) {
        /* getopt moves the words about; their memory is the list's all the same */
        status = run_words(&typed);
    }
    words_free(&typed);
    return status;
}

/* At a terminal. */
static int converse(void)
{
    const char *line;
    int status = EXIT_DONE, result;
    interrupt_spare_process();
    shell_editor_open();
    while ((line = shell_editor_read())) {
        result = shell_run_line(line, status);
        interrupt_forget();
        if (result == SHELL_LEAVE)
            break;
        status = result;
        if (status == EXIT_INTERRUPTED)
            putchar('\n'); /* behind the ^C that the terminal shows */
    }
    if (!line)
        putchar('\n');
    shell_editor_close();
    return status;
}

/* From a pipe or a file: a script. */
static int run_script(void)
{
    char *line = NULL;
    size_t capacity = 0;
    int status = EXIT_DONE, result = EXIT_DONE;
    while (result != SHELL_LEAVE && !interrupted() && getline(&line, &capacity, stdin) >= 0) {
        result = shell_run_line(line, status);
        if (result != SHELL_LEAVE)
            status = result;
    }
    free(line);
    return interrupted() ? EXIT_INTERRUPTED : status;
}

int shell_run(const command *self, int argc, char **argv)
{
    const char *value;
    int status;
    if (options_next(self, argc, argv, &value, &status) == OPTIONS_STOP)
        return status;
    if (argc - optind > 1) {
        complain("unexpected argument '%s' behind the URI", argv[optind + 1]);
        hint("linnet shell coap://HOST[:PORT]");
        return EXIT_USAGE;
    }
    if (argc > optind) {
        if (complain_uri(argv[optind]))
            return EXIT_USAGE;
        base_set(argv[optind]);
    }
    status = terminal_is(stdin) && terminal_is(stdout) ? converse() : run_script();
    base_set(NULL);
    return status;
}
