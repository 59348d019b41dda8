/* Line editing, history and the Tab key, with libedit. The history is kept in $XDG_STATE_HOME/linnet/history, readable
 * by its owner only, since lines may hold secrets. */
#include "cli/base.h"
#include "cli/interrupt.h"
#include "cli/shell.h"
#include "cli/text.h"

#include <histedit.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#define HISTORY_MOST 1000

static struct {
    EditLine *edit;
    History *history;
    char *history_file; /* NULL: there is no place for it */
    char *prompt;
} editor;

static char *prompt(EditLine *edit)
{
    (void)edit;
    free(editor.prompt);
    editor.prompt = text_format("%s%s> ", base_is_set() ? base_origin() : "linnet", base_is_set() ? base_path() : "");
    return editor.prompt;
}

/* Waits for a key. A Ctrl-C that came before the wait ends it as well: outside of it the signal is held back. */
static bool wait_for_key(void)
{
    sigset_t held, before;
    fd_set input;
    int ready = 0;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, &before);
    while (!interrupted() && ready <= 0) {
        FD_ZERO(&input);
        FD_SET(STDIN_FILENO, &input);
        ready = pselect(STDIN_FILENO + 1, &input, NULL, NULL, NULL, &before); /* -1: the window's size, perhaps */
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !interrupted();
}

/* One character of the terminal. libedit's own function does not end when Ctrl-C is pressed. */
static int read_character(EditLine *edit, wchar_t *character)
{
    mbstate_t state = {0};
    (void)edit;
    while (wait_for_key()) {
        char octet;
        ssize_t got = read(STDIN_FILENO, &octet, 1);
        if (got <= 0)
            return (int)got;
        if (!octet)
            return 0; /* what the terminal makes of a Ctrl-D that was typed while a command ran */
        size_t size = mbrtowc(character, &octet, 1, &state);
        if (size == (size_t)-1)
            *character = L'?';
        if (size != (size_t)-2)
            return 1;
    }
    return -1;
}

static size_t common_length(const candidates *found)
{
    size_t length = strlen(found->list[0]);
    for (size_t i = 1; i < found->count; i++)
        for (size_t j = 0; j < length; j++)
            if (found->list[i][j] != found->list[0][j])
                length = j;
    return length;
}

static void list_candidates(const candidates *found)
{
    size_t column = 0;
    putchar('\n');
    for (size_t i = 0; i < found->count; i++) {
        int width = printf("%s  ", found->list[i]);
        column += width > 0 ? (size_t)width : 0;
        if (column > 60 || i + 1 == found->count) {
            putchar('\n');
            column = 0;
        }
    }
    fflush(stdout);
}

static unsigned char complete(EditLine *edit, int key)
{
    (void)key;
    const LineInfo *line = el_line(edit);
    size_t size = (size_t)(line->cursor - line->buffer), start;
    candidates found = shell_complete(line->buffer, size, &start);
    unsigned char result = CC_REFRESH_BEEP;
    if (found.count) {
        size_t length = common_length(&found), typed = size - start;
        if (length > typed) {
            char *rest = text_format("%.*s", (int)(length - typed), found.list[0] + typed);
            el_insertstr(edit, rest);
            free(rest);
            result = CC_REFRESH;
        } else {
            list_candidates(&found);
            result = CC_REDISPLAY;
        }
    }
    candidates_free(&found);
    interrupt_forget(); /* Ctrl-C ended the question for paths, if anything */
    return result;
}

/* Makes the folders of the history file. */
static char *find_history_file(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *file = NULL;
    if (state && *state == '/')
        file = text_format("%s/linnet/history", state);
    else if (home && *home == '/')
        file = text_format("%s/.local/state/linnet/history", home);
    for (char *at = file ? strchr(file + 1, '/') : NULL; at; at = strchr(at + 1, '/')) {
        *at = 0;
        mkdir(file, 0700);
        *at = '/';
    }
    return file;
}

void shell_editor_open(void)
{
    HistEvent event;
    setlocale(LC_CTYPE, "");
    editor.edit = el_init("linnet", stdin, stdout, stderr);
    editor.history = history_init();
    if (!editor.edit || !editor.history)
        out_of_memory();
    history(editor.history, &event, H_SETSIZE, HISTORY_MOST);
    history(editor.history, &event, H_SETUNIQUE, 1);
    editor.history_file = find_history_file();
    if (editor.history_file)
        history(editor.history, &event, H_LOAD, editor.history_file);
    el_set(editor.edit, EL_PROMPT, prompt);
    el_set(editor.edit, EL_EDITOR, "emacs");
    el_set(editor.edit, EL_HIST, history, editor.history);
    el_set(editor.edit, EL_GETCFN, read_character);
    /* The wide form keeps the names as they are; the other one makes copies that it never frees. */
    el_wset(editor.edit, EL_ADDFN, L"linnet-complete", L"completes a word", complete);
    el_set(editor.edit, EL_BIND, "^I", "linnet-complete", NULL);
    el_set(editor.edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(editor.edit, NULL); /* ~/.editrc */
}

static void keep(const char *line)
{
    HistEvent event;
    if (line[strspn(line, " \t\n")] == 0)
        return;
    history(editor.history, &event, H_ENTER, line);
    if (!editor.history_file)
        return;
    mode_t before = umask(077);
    history(editor.history, &event, H_SAVE, editor.history_file);
    umask(before);
}

const char *shell_editor_read(void)
{
    int size;
    const char *line = el_gets(editor.edit, &size);
    if (line && size > 0) {
        keep(line);
        return line;
    }
    if (!interrupted())
        return NULL;
    interrupt_forget();
    el_reset(editor.edit);
    puts("^C");
    return "";
}

void shell_editor_close(void)
{
    el_end(editor.edit);
    history_end(editor.history);
    free(editor.history_file);
    free(editor.prompt);
}
