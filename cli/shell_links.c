/* What the server at the base has, as its link list says: for `ls` and for completion. */
#include "cli/base.h"
#include "cli/complain.h"
#include "cli/interrupt.h"
#include "cli/shell.h"
#include "cli/text.h"

#include <linnet.h>
#include <stdlib.h>

#define QUIET_MS 2000 /* somebody pressed Tab, and waits */
#define LOUD_MS 10000

static struct {
    char *origin; /* whose links these are; NULL: none yet */
    linnet_response response;
} known;

static int ask(const char *uri, unsigned timeout_ms)
{
    linnet_client *client;
    linnet_client_request request = {.method = LINNET_GET, .uri = uri, .timeout_ms = timeout_ms};
    int error = linnet_client_open(&client, NULL);
    if (error)
        return error;
    interrupt_watch_client(client);
    error = linnet_client_call(client, &request, &known.response);
    interrupt_watch_client(NULL);
    linnet_client_close(client);
    return error;
}

static void forget(void)
{
    free(known.origin);
    known.origin = NULL;
    linnet_response_clear(&known.response);
}

static const linnet_bytes *fetch(bool quiet)
{
    forget();
    char *uri = text_format("%s/.well-known/core", base_origin());
    uint64_t started = linnet_clock();
    int error = ask(uri, quiet ? QUIET_MS : LOUD_MS);
    bool success = !error && linnet_code_is_success(known.response.message.code);
    if (error && !quiet && !interrupted())
        complain_request(error, uri, 0, (double)(linnet_clock() - started) / 1e6);
    else if (!error && !success && !quiet)
        complain("%s has no list of its resources", base_origin());
    free(uri);
    if (!success)
        linnet_response_clear(&known.response);
    else
        known.origin = text_format("%s", base_origin());
    return success ? &known.response.message.payload : NULL;
}

const linnet_bytes *shell_links(bool quiet)
{
    if (!base_is_set())
        return NULL;
    if (known.origin && strcmp(known.origin, base_origin()) == 0)
        return &known.response.message.payload;
    return fetch(quiet);
}

const linnet_bytes *shell_links_again(void) { return base_is_set() ? fetch(false) : NULL; }

/* The part of a target that names what is right below `path`: "lamps/" of "/house/lamps/1" for "/house/". */
static char *name_below(linnet_bytes target, const char *path)
{
    size_t size = strlen(path);
    const char *text = (const char *)target.data;
    if (target.size <= size || memcmp(text, path, size) != 0)
        return NULL;
    text += size;
    size = target.size - size;
    const char *slash = memchr(text, '/', size);
    return text_format("%.*s", (int)(slash ? slash + 1 - text : (long)size), text);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

candidates shell_links_below(const linnet_bytes *links, const char *path)
{
    candidates found = {0};
    linnet_link link;
    size_t kept = 0;
    linnet_bytes rest = *links;
    while (linnet_link_next(&rest, &link) == 1) {
        char *name = name_below(link.target, path);
        if (!name)
            continue;
        found.list = memory_resize(found.list, (found.count + 1) * sizeof *found.list);
        found.list[found.count++] = name;
    }
    if (found.count)
        qsort(found.list, found.count, sizeof *found.list, compare);
    for (size_t i = 0; i < found.count; i++) {
        if (kept && strcmp(found.list[kept - 1], found.list[i]) == 0)
            free(found.list[i]);
        else
            found.list[kept++] = found.list[i];
    }
    found.count = kept;
    return found;
}

void candidates_free(candidates *found)
{
    for (size_t i = 0; i < found->count; i++)
        free(found->list[i]);
    free(found->list);
    *found = (candidates){0};
}
