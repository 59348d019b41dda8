/* One pass over the line. */
#include "cli/words.h"

#include "cli/text.h"

#include <stdlib.h>

static void begin(words *self, char *word, size_t at)
{
    self->list = memory_resize(self->list, (self->count + 2) * sizeof *self->list);
    self->list[self->count++] = word;
    self->list[self->count] = NULL;
    self->in_word = true;
    self->started = at;
}

/* Whether a backslash keeps its meaning before this letter: within double quotes only before some. */
static bool is_escapable(char quote, char letter) { return quote != '"' || letter == '"' || letter == '\\'; }

/* Copies the word that starts at line[at] to `out`; returns where it ends. */
static size_t copy_word(words *self, const char *line, size_t size, size_t at, char *out)
{
    char quote = 0;
    for (; at < size && (quote || !strchr(" \t\r\n", line[at])); at++) {
        if (quote ? line[at] == quote : line[at] == '"' || line[at] == '\'')
            quote = quote ? 0 : line[at];
        else if (line[at] == '\\' && quote != '\'' && at + 1 < size && is_escapable(quote, line[at + 1]))
            *out++ = line[++at];
        else if (line[at] == '\\' && quote != '\'' && at + 1 == size)
            self->open = '\\';
        else
            *out++ = line[at];
    }
    *out = 0;
    if (quote)
        self->open = quote;
    return at;
}

words words_split(const char *line, size_t size)
{
    words self = {.list = memory_get(sizeof *self.list)};
    self.list[0] = NULL;
    for (size_t at = 0; at < size;) {
        if (strchr(" \t\r\n", line[at])) {
            self.in_word = false;
            at++;
            continue;
        }
        if (line[at] == '#') {
            self.in_word = false;
            break;
        }
        char *word = memory_get(size - at + 1);
        begin(&self, word, at);
        at = copy_word(&self, line, size, at, word);
    }
    return self;
}

void words_free(words *self)
{
    for (size_t i = 0; i < self->count; i++)
        free(self->list[i]);
    free(self->list);
    *self = (words){0};
}
