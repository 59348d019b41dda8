/* Decides on colours: --color, then NO_COLOR (https://no-color.org), then whether it is a terminal. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
static int color_mode;

static const palette with_color = {
    .error = "\033[1;31m",
    .hint = "\033[36m",
    .strong = "\033[1m",
    .name = "\033[34m",
    .string = "\033[32m",
    .number = "\033[35m",
    .faint = "\033[2m",
    .end = "\033[0m",
};

static const palette without_color = {"", "", "", "", "", "", "", ""};

bool terminal_set_color(const char *when)
{
    static const char *const modes[] = {"auto", "always", "never"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(when, modes[i]) == 0) {
            color_mode = i;
            return true;
        }
    }
    return false;
}

bool terminal_is(FILE *stream)
{
    int descriptor = fileno(stream);
    return descriptor >= 0 && isatty(descriptor);
}

const palette *ink_for(FILE *stream)
{
    if (color_mode != COLOR_AUTO)
        return color_mode == COLOR_ALWAYS ? &with_color : &without_color;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if ((no_color && *no_color) || (term && strcmp(term, "dumb") == 0))
        return &without_color;
    return terminal_is(stream) ? &with_color : &without_color;
}
