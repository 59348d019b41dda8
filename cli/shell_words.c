/* What the shell understands besides the commands of `linnet`: going about, and leaving. */
#include "cli/base.h"
#include "cli/complain.h"
#include "cli/discover.h"
#include "cli/interrupt.h"
#include "cli/shell.h"
#include "cli/terminal.h"
#include "cli/text.h"

#include <stdlib.h>

static bool need_base(void)
{
    if (base_is_set())
        return true;
    complain("no server is open");
    hint("open coap://HOST[:PORT]");
    return false;
}

static bool at_most(int count, char **words, int most)
{
    if (count <= most)
        return true;
    complain("unexpected argument '%s' behind '%s'", words[most], words[0]);
    return false;
}

static int run_open(int count, char **words)
{
    if (!at_most(count, words, 2))
        return EXIT_USAGE;
    if (count < 2) {
        complain("which URI?");
        hint("open coap://HOST[:PORT]");
        return EXIT_USAGE;
    }
    if (complain_uri(words[1]))
        return EXIT_USAGE;
    base_set(words[1]);
    return EXIT_DONE;
}

static int run_cd(int count, char **words)
{
    if (!at_most(count, words, 2) || !need_base())
        return EXIT_USAGE;
    if (count > 1 && strstr(words[1], "://"))
        return run_open(count, words);
    char *path = base_resolve_path(count > 1 ? words[1] : "/");
    char *uri = text_format("%s%s", base_origin(), path);
    bool bad = complain_uri(uri);
    if (!bad)
        base_set(uri);
    free(uri);
    free(path);
    return bad ? EXIT_USAGE : EXIT_DONE;
}

static int run_pwd(int count, char **words)
{
    if (!at_most(count, words, 1) || !need_base())
        return EXIT_USAGE;
    printf("%s%s\n", base_origin(), base_path());
    return EXIT_DONE;
}

static int run_ls(int count, char **words)
{
    if (!at_most(count, words, 2) || !need_base())
        return EXIT_USAGE;
    const linnet_bytes *links = shell_links_again();
    if (!links)
        return interrupted() ? EXIT_INTERRUPTED : EXIT_NO_ANSWER;
    char *below = base_resolve_path(count > 1 ? words[1] : "");
    char *path = text_format("%s%s", below, below[1] ? "/" : "");
    candidates names = shell_links_below(links, path);
    const palette *ink = ink_for(stdout);
    for (size_t i = 0; i < names.count; i++) {
        bool more = strchr(names.list[i], '/') != NULL;
        linnet_bytes name = linnet_text(names.list[i]);
        char *shown = discover_value(name);
        printf("%s%s%s\n", more ? ink->name : "", shown, more ? ink->end : "");
        free(shown);
    }
    candidates_free(&names);
    free(path);
    free(below);
    return EXIT_DONE;
}

static void list_commands(void)
{
    size_t count;
    const palette *ink = ink_for(stdout);
    const command *commands = command_table(&count);
    printf("%srequests and tools:%s\n", ink->strong, ink->end);
    for (size_t i = 0; i < count; i++)
        if (shell_has_command(&commands[i]))
            printf("  %s%-10s%s %s\n", ink->name, commands[i].name, ink->end, commands[i].summary);
    const shell_word *own = shell_words(&count);
    printf("\n%sin the shell:%s\n", ink->strong, ink->end);
    for (size_t i = 0; i < count; i++)
        printf("  %s%-10s%s %s\n", ink->name, own[i].name, ink->end, own[i].summary);
    puts("\nURIs may be paths here: 'get lamp', 'put ../switch -e on', 'observe /time'.\n"
         "'help COMMAND' shows options and examples.");
}

static int run_help(int count, char **words)
{
    if (count < 2) {
        list_commands();
        return EXIT_DONE;
    }
    size_t own_count;
    const shell_word *own = shell_words(&own_count);
    for (size_t i = 0; i < own_count; i++) {
        if (strcmp(own[i].name, words[1]) == 0) {
            printf("usage: %s %s\n\n%s\n", own[i].name, own[i].arguments, own[i].summary);
            return EXIT_DONE;
        }
    }
    const command *found = command_find(words[1]);
    if (found && shell_has_command(found)) {
        options_help(found);
        return EXIT_DONE;
    }
    complain("there is no command '%s'", words[1]);
    return EXIT_USAGE;
}

static int run_exit(int count, char **words)
{
    (void)count, (void)words;
    return SHELL_LEAVE;
}

static const shell_word own_words[] = {
    {"open", "URI", "go to another server", run_open},
    {"cd", "[PATH]", "go to a path; '..' is one up, nothing the top", run_cd},
    {"pwd", "", "show where you are", run_pwd},
    {"ls", "[PATH]", "what is below, as the server's link list says", run_ls},
    {"help", "[COMMAND]", "this text, or what a command does", run_help},
    {"exit", "", "leave, as Ctrl-D does", run_exit},
    {"quit", "", "the same", run_exit},
};

const shell_word *shell_words(size_t *count)
{
    if (count)
        *count = sizeof own_words / sizeof *own_words;
    return own_words;
}
