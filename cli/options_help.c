/* Prints the help of one command from its table of options. */
#include "cli/command.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 30

/* The left column: "  -A, --accept FORMAT". Returns its width. */
static int print_names(const option_row *row, const palette *ink)
{
    int width = 0;
    if (row->key < OPTION_LONG)
        width += printf("  %s-%c%s, ", ink->name, row->key, ink->end);
    else
        width += printf("      %s%s", ink->name, ink->end);
    width += printf("%s--%s%s", ink->name, row->name, ink->end);
    width -= 2 * (int)(strlen(ink->name) + strlen(ink->end));
    if (row->argument)
        width += printf(" %s", row->argument);
    return width;
}

static void print_row(const option_row *row, const palette *ink)
{
    int width = print_names(row, ink);
    if (width > HELP_COLUMN - 2) {
        putchar('\n');
        width = 0;
    }
    printf("%*s", HELP_COLUMN - width, "");
    for (const char *at = row->help; *at; at++) {
        putchar(*at);
        if (*at == '\n')
            printf("%*s", HELP_COLUMN, "");
    }
    putchar('\n');
}

void options_help(const command *self)
{
    const palette *ink = ink_for(stdout);
    printf("%susage:%s linnet %s [OPTIONS]%s%s\n\n%s\n", ink->strong, ink->end, self->name, *self->arguments ? " " : "",
           self->arguments, self->about);
    for (const option_row *row = self->options; row->name || row->help; row++) {
        if (row->name)
            print_row(row, ink);
        else
            printf("\n%s%s:%s\n", ink->strong, row->help, ink->end);
    }
    printf("\n%sexamples:%s\n%s", ink->strong, ink->end, self->examples);
}
