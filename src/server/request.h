/* A request while it is being served: what the engine gave, the resource that its path led to, and the handler that
 * is to run. */
#ifndef LINNET_SERVER_REQUEST_H
#define LINNET_SERVER_REQUEST_H

#include "engine/options.h"

#include <linnet/site.h>

struct linnet_request {
    linnet_incoming *incoming;
    const linnet_message *message; /* the incoming one, or while preconditions are checked a GET made from it */
    linnet_site *site;
    linnet_resource *resource;      /* NULL: none has the path, or it was removed while being served */
    struct linnet_request *outer;   /* what site->serving was before */
    linnet_handler *handler;        /* NULL: none for this method */
    void *context;                  /* for the handler */
    size_t depth;                   /* path segments of a resource with .subtree; else 0 */
    struct linnet_transfer *upload; /* that holds `message` and its body, which came in blocks; or NULL */
    bool streaming;                 /* the payload is a block of a body that flows through */
    bool only_if_none;              /* the first block of the body, of which this is the last, had If-None-Match */
    bool probing;                   /* only to learn the current ETag: no deferring */
    bool automatic_etag;
};

/* Starts serving: while the request is open, linnet_site_remove() clears its `resource`. */
void linnet_request_open(linnet_request *request, linnet_site *site, linnet_incoming *incoming);
void linnet_request_close(linnet_request *request);

/* Finds resource and handler by path and method. LINNET_EMPTY, or the code to answer with. */
linnet_code linnet_request_route(linnet_request *request);

/* The handler of a resource for a method from 1 to 7; NULL: none. */
linnet_handler *linnet_resource_handler(const linnet_resource *resource, linnet_code method);

/* The Content-Format of a stored value until a PUT brings another. */
static inline int32_t linnet_resource_first_format(const linnet_resource_config *config)
{
    return config->no_content_format ? LINNET_NO_FORMAT : config->content_format;
}

/* The resource whose path consists of the first `segments` Uri-Path options of `path`. */
linnet_resource *linnet_site_look_up(const linnet_site *site, uint32_t hash, linnet_option_cursor path,
                                     size_t segments);

/* The next Uri-Path; false behind the last. */
static inline bool linnet_path_next(linnet_option_cursor *path, linnet_bytes *segment)
{
    linnet_option option;

    if (!linnet_option_next(path, &option) || option.number != LINNET_OPTION_URI_PATH)
        return false;
    *segment = option.value;
    return true;
}

/* Whether the method only reads, and its answer is a representation: 2.05, 2.03, in blocks. */
static inline bool linnet_method_reads(linnet_code method) { return method == LINNET_GET || method == LINNET_FETCH; }

#endif
