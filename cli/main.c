/* `linnet`: finds the command that was asked for and runs it. */
#include "cli/command.h"
#include "cli/complain.h"

#include <errno.h>
#include <fcntl.h>
#include <linnet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int version(void)
{
    printf("linnet %s\n", LINNET_VERSION);
    return EXIT_DONE;
}

static int help(int argc, char **argv)
{
    if (argc < 2) {
        command_overview(false);
        return EXIT_DONE;
    }
    const command *found = command_find(argv[1]);
    if (!found) {
        command_unknown(argv[1]);
        return EXIT_USAGE;
    }
    options_help(found);
    return EXIT_DONE;
}

static bool is_one_of(const char *word, const char *a, const char *b) { return !strcmp(word, a) || !strcmp(word, b); }

static int run(int argc, char **argv)
{
    const char *word = argc ? argv[0] : "";
    if (!*word) {
        command_overview(true);
        return EXIT_USAGE;
    }
    if (is_one_of(word, "--version", "-V"))
        return version();
    if (is_one_of(word, "--help", "-h") || strcmp(word, "help") == 0)
        return help(argc, argv);
    const command *found = command_find(word);
    if (!found) {
        command_unknown(word);
        return EXIT_USAGE;
    }
    complain_as(found->name);
    return found->run(found, argc, argv);
}

/* Where a standard stream was closed, the next socket or file would take its place, and be written to. So something
 * else does, opened the wrong way round: using it fails as using what is closed does. */
static void fill_standard_streams(void)
{
    for (int number = 0; number <= 2; number++)
        if (fcntl(number, F_GETFD) < 0)
            open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY); /* takes the lowest number that is free */
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of writing, reported as such */
    int status = run(argc - 1, argv + 1);
    if (fflush(stdout) != 0 && status == EXIT_DONE) {
        complain("standard output cannot be written: %s", strerror(errno));
        status = EXIT_NO_ANSWER;
    }
    return status;
}
