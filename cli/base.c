/* Paths of CoAP resources, walked like those of files. */
#include "cli/base.h"

#include "cli/text.h"

#include <stdlib.h>

static struct {
    char *origin, *path; /* path without a slash at its end, except "/" */
    char *results[2];    /* of base_resolve() */
    unsigned next;
} base;

/* Adds the segments of text[0..size) to `path`, which has room; "." and ".." mean what they mean everywhere. */
static void walk(char *path, const char *text, size_t size)
{
    const char *end = text + size;
    while (text < end) {
        size_t length = strcspn(text, "/");
        if (length > (size_t)(end - text))
            length = (size_t)(end - text);
        if (length == 2 && memcmp(text, "..", 2) == 0) {
            char *last = strrchr(path, '/');
            *(last ? last : path) = 0;
        } else if (length && !(length == 1 && *text == '.')) {
            sprintf(path + strlen(path), "/%.*s", (int)length, text);
        }
        text += length + (text + length < end);
    }
}

char *base_resolve_path(const char *typed)
{
    size_t size = strcspn(typed, "?");
    const char *start = *typed == '/' ? "/" : base_path();
    char *path = memory_get(strlen(start) + size + 3);
    *path = 0;
    walk(path, start, strlen(start));
    walk(path, typed, size);
    if (!*path)
        memcpy(path, "/", sizeof "/");
    return path;
}

void base_set(const char *uri)
{
    free(base.origin);
    free(base.path);
    base.origin = base.path = NULL;
    if (!uri)
        return;
    const char *scheme = strstr(uri, "://");
    const char *host = scheme ? scheme + 3 : uri;
    size_t size = strcspn(host, "/?");
    base.origin =
        scheme ? text_format("%.*s", (int)(host - uri + (int)size), uri) : text_format("coap://%.*s", (int)size, host);
    base.path = text_format("/");
    char *path = base_resolve_path(host[size] == '/' ? host + size : "/");
    free(base.path);
    base.path = path;
}

bool base_is_set(void) { return base.origin != NULL; }

const char *base_origin(void) { return base.origin ? base.origin : ""; }

const char *base_path(void) { return base.path ? base.path : "/"; }

const char *base_resolve(const char *typed)
{
    if (!base.origin || (typed && strstr(typed, "://")))
        return typed;
    if (!typed)
        typed = "";
    char *path = base_resolve_path(typed);
    size_t path_size = strcspn(typed, "?");
    bool slash = path_size > 1 && typed[path_size - 1] == '/' && path[1]; /* "a/" is another resource than "a" */
    char **result = &base.results[base.next++ % 2];
    free(*result);
    *result = text_format("%s%s%s%s", base.origin, path, slash ? "/" : "", typed + path_size);
    free(path);
    return *result;
}
