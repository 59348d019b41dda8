/* Resources: what a server offers under a path. */
#ifndef LINNET_RESOURCE_H
#define LINNET_RESOURCE_H

#include <linnet/request.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs in the thread of the server's loop. `context` is the resource's. */
typedef void linnet_handler(linnet_request *request, linnet_reply *reply, void *context);

/* A link attribute for /.well-known/core; `value` NULL writes the name alone. */
typedef struct linnet_attribute {
    const char *name;
    const char *value;
} linnet_attribute;

/*
 * What a resource is. Zero is a good default for each field. A method without handler is answered 4.05, except that a
 * stored value (see below) is served, replaced and removed by the library. Strings and the attribute array are the
 * caller's and must live as long as the resource (linnet_server_add() copies them).
 */
typedef struct linnet_resource_config {
    linnet_handler *get;
    linnet_handler *post;
    linnet_handler *put;
    linnet_handler *del; /* DELETE; `delete` is a word of C++ */
    linnet_handler *fetch;
    linnet_handler *patch;
    linnet_handler *ipatch;
    void *context;

    const char *title;          /* title= (RFC 5988) */
    const char *resource_type;  /* rt=, several separated by spaces (RFC 6690 3.1) */
    const char *interface_type; /* if= (RFC 6690 3.2) */
    const linnet_attribute *attributes;
    size_t attribute_count;
    bool observable; /* clients may observe it (RFC 7641); shown as obs. For them the handler of GET or FETCH is
                      * run once for each change and distinct request, with the path of one of them */
    uint32_t
        confirm_every; /* each n-th notification to an observer is confirmable, in turns; 1: all; 0: 20. Besides the
                        * first, which measures the round-trip time, unless n is above 65535; and at
                        * least one in 24 hours (RFC 7641 4.5) */
    bool streaming;    /* the handler is called for each block of a block-wise request body as it comes; see
                        * linnet_request_offset(). Else once, with the whole body */
    uint32_t max_body_size; /* the largest block-wise request body; 0: 1 MiB. More: 4.13. Streaming has no bound */
    uint32_t fresh_ms; /* a request has to show that it was sent within this time: else 4.01 with an Echo, which clients
                        * that know RFC 9175 return by themselves. 0: not asked; at most 4 hours. Not to groups */
    bool secured_only; /* only over coaps://; else 4.01. See linnet_request_peer() for who may */
    bool hidden;       /* not in /.well-known/core */
    bool subtree;      /* serves every path below its own too; the longest match wins */
    bool list_format;  /* show ct= with content_format even when there is no stored value */
    bool no_content_format; /* content_format is none: a stored value has no Content-Format */
    uint16_t content_format;

    /* A stored value: GET serves it with an ETag that changes with it. */
    bool stored;        /* the library keeps the value; content_format is its Content-Format until a PUT has another */
    bool writable;      /* PUT replaces it (2.04), DELETE removes it (2.02); then PUT creates it again (2.01) */
    bool absent;        /* there is no value at first: GET is 4.04 until a PUT creates it (2.01) */
    linnet_bytes value; /* the first value, copied */
    uint32_t max_age;   /* seconds; 0: no Max-Age option, so 60 (RFC 7252 5.10.5) */
    uint32_t max_value_size; /* the largest value a PUT may store; 0: 65536. More: 4.13 */
    bool no_etag;            /* the stored value is served without ETag */
    bool no_get;             /* nor served at all: GET is 4.05 unless there is a handler. PUT and its like know it */

    bool own_preconditions; /* If-Match and If-None-Match (RFC 7252 5.10.8) are for the handlers to check: the library
                             * runs them whatever these options say. For handlers that answer later */

    bool etag; /* give 2.05 replies of the get handler an ETag made from their content */
} linnet_resource_config;

typedef struct linnet_resource linnet_resource;

/* The library's handlers for stored values. `.stored` and `.writable` choose them already; name them where a handler
 * of yours does something first, or for linnet_site_serve_small(). For resources with `.stored` only. */
void linnet_stored_get(linnet_request *request, linnet_reply *reply, void *context);
void linnet_stored_put(linnet_request *request, linnet_reply *reply, void *context);
void linnet_stored_delete(linnet_request *request, linnet_reply *reply, void *context);

/* Replaces the stored value (LINNET_EINVAL when it stores none, LINNET_ENOMEM, LINNET_ETOOBIG: over 4 GiB); the ETag
 * changes. `value` is copied, and may be a part of the old one. max_value_size is for clients only. Only in the thread
 * of the server's loop; from others: linnet_server_post(). */
int linnet_resource_set(linnet_resource *resource, linnet_bytes value);
/* The representation has changed: those who observe the resource are told (soon, and only of the newest state). Setting
 * a stored value does this by itself. Only in the thread of the server's loop. */
void linnet_resource_changed(linnet_resource *resource);
/* How many observations of it there are. */
size_t linnet_resource_observers(const linnet_resource *resource);
/* The stored value; the view lives until the next change. Empty when there is none. */
linnet_bytes linnet_resource_value(const linnet_resource *resource);
/* "a/b", without the leading slash; lives as long as the resource. */
const char *linnet_resource_path(const linnet_resource *resource);
void *linnet_resource_context(const linnet_resource *resource);

#ifdef __cplusplus
}
#endif
#endif
