/* Completion: commands first, then options, formats and paths that the server has said it has. */
#include "cli/base.h"
#include "cli/shell.h"
#include "cli/text.h"
#include "cli/words.h"

#include <stdlib.h>

static void add(candidates *found, const char *typed, char *word)
{
    if (strncmp(word, typed, strlen(typed)) != 0) {
        free(word);
        return;
    }
    found->list = memory_resize(found->list, (found->count + 1) * sizeof *found->list);
    found->list[found->count++] = word;
}

static void add_commands(candidates *found, const char *typed)
{
    size_t count;
    const command *commands = command_table(&count);
    for (size_t i = 0; i < count; i++)
        if (shell_has_command(&commands[i]))
            add(found, typed, text_format("%s ", commands[i].name));
    const shell_word *own = shell_words(&count);
    for (size_t i = 0; i < count; i++)
        add(found, typed, text_format("%s ", own[i].name));
}

static void add_options(candidates *found, const char *typed, const char *name)
{
    const command *self = command_find(name);
    if (!self || !shell_has_command(self))
        return;
    for (const option_row *row = self->options; row->name || row->help; row++)
        if (row->name)
            add(found, typed, text_format("--%s ", row->name));
}

/* Whether a name can be typed as it is: no quotes, and nothing that has to be percent-encoded in a URI. */
static bool is_typable(const char *name)
{
    for (; *name; name++)
        if (*name <= ' ' || *name >= 0x7f || strchr("\"'\\#", *name))
            return false;
    return true;
}

/* "seg1/se" is completed from what is below /.../seg1/. */
static void add_paths(candidates *found, const char *typed)
{
    const linnet_bytes *links = shell_links(true);
    if (!links)
        return;
    const char *slash = strrchr(typed, '/');
    int folder_size = slash ? (int)(slash + 1 - typed) : 0;
    char *folder = text_format("%.*s", folder_size, typed);
    char *below = base_resolve_path(folder);
    char *path = text_format("%s%s", below, below[1] ? "/" : "");
    candidates names = shell_links_below(links, path);
    for (size_t i = 0; i < names.count; i++) {
        size_t size = strlen(names.list[i]);
        bool more = size && names.list[i][size - 1] == '/';
        if (!is_typable(names.list[i]))
            continue;
        add(found, typed, text_format("%s%s%s", folder, names.list[i], more ? "" : " "));
    }
    candidates_free(&names);
    free(path);
    free(below);
    free(folder);
}

candidates shell_complete(const char *line, size_t size, size_t *word_start)
{
    candidates found = {0};
    words typed = words_split(line, size);
    const char *word = typed.in_word ? typed.list[typed.count - 1] : "";
    size_t before = typed.count - (typed.in_word ? 1 : 0);
    *word_start = typed.in_word ? typed.started : size;
    if (typed.open) {
        /* in the midst of a quoted word there is nothing to guess */
    } else if (before == 0 || (before == 1 && strcmp(typed.list[0], "help") == 0)) {
        add_commands(&found, word);
    } else if (*word == '-') {
        add_options(&found, word, typed.list[0]);
    } else {
        add_paths(&found, word);
    }
    words_free(&typed);
    return found;
}
