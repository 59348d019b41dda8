/* CoRE Link Format (RFC 6690): written with a window, parsed in place, filtered by query. */
#ifndef LINNET_LINK_H
#define LINNET_LINK_H

#include <linnet/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One attribute as it stands in the text. */
typedef struct linnet_link_attribute {
    linnet_bytes name;
    linnet_bytes value; /* without the quotes, escapes still in place */
    bool has_value;     /* false for "obs" */
    bool quoted;
} linnet_link_attribute;

/* One link: its target and its attributes, still encoded. Views into the text. */
typedef struct linnet_link {
    linnet_bytes target;     /* between < and > */
    linnet_bytes attributes; /* ";rt=\"a b\";ct=40" */
} linnet_link;

/* Takes the next link off `*rest`. 1: one was read, 0: the end, LINNET_EFORMAT: not link format. */
int linnet_link_next(linnet_bytes *rest, linnet_link *link);

/* Takes the next attribute off `*rest`, which starts as link->attributes. 1, 0 or LINNET_EFORMAT likewise. */
int linnet_link_attribute_next(linnet_bytes *rest, linnet_link_attribute *attribute);

/*
 * RFC 6690 4.1: whether a link passes one filter, the decoded Uri-Query argument "name=value". "href" compares the
 * target; "rt", "if", "rel" and "rev" compare each of their space-separated values; a value that ends in '*' matches
 * as a prefix. An argument without '=' asks that the attribute is there; an empty one passes all. Quotes around the
 * value are taken off.
 */
bool linnet_link_matches(const linnet_link *link, linnet_bytes argument);

/*
 * Writes links through a window, so that any part of a long list can be produced without holding the whole:
 * octets before `skip` and after `capacity` are counted but not stored.
 */
typedef struct linnet_link_writer {
    uint8_t *buffer;
    size_t capacity;
    uint64_t skip;  /* octets of the whole that come before the window */
    uint64_t total; /* octets of the whole so far */
} linnet_link_writer;

void linnet_link_writer_begin(linnet_link_writer *writer, void *buffer, size_t capacity, uint64_t skip);
/* Starts a link, with a comma before all but the first. `target` is percent-encoded by the caller. */
void linnet_link_write(linnet_link_writer *writer, linnet_bytes target);
/* Adds an attribute to the link begun last. The value is quoted, with '"' and '\' escaped, unless it is a number
 * ("ct=40", "sz=12") of an attribute that may stand bare. `has_value` false: the name alone. */
void linnet_link_write_attribute(linnet_link_writer *writer, const char *name, linnet_bytes value, bool has_value);
/* Appends text that is link format already: the attributes of another link. */
void linnet_link_write_raw(linnet_link_writer *writer, linnet_bytes text);
/* How many octets of the window are filled. */
size_t linnet_link_writer_size(const linnet_link_writer *writer);

#ifdef __cplusplus
}
#endif
#endif
