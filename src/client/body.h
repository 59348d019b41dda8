/* A response that is put together from blocks: the options of its first block, and the octets of all. */
#ifndef LINNET_CLIENT_BODY_H
#define LINNET_CLIENT_BODY_H

#include <linnet/config.h>
#include <linnet/message.h>

/* Zeroed is empty. */
typedef struct linnet_body {
    uint8_t *data;  /* options, then payload; from linnet_memory */
    size_t options; /* octets */
    size_t size;    /* octets, options included */
    size_t capacity;
} linnet_body;

/* Starts with the options of the first block, but for those that are of the transfer. LINNET_ENOMEM. */
int linnet_body_begin(linnet_body *body, const linnet_memory *memory, linnet_bytes options);
/* The memory doubles when it is full, so the whole costs linear time. LINNET_ENOMEM; LINNET_ETOOBIG: the payload would
 * be above `limit`. */
int linnet_body_append(linnet_body *body, const linnet_memory *memory, linnet_bytes octets, uint64_t limit);
/* Room for a payload of `size` octets, whose content is the caller's to write; nothing was appended yet. LINNET_ENOMEM.
 */
int linnet_body_extend(linnet_body *body, const linnet_memory *memory, size_t size);
/* Frees its memory and makes it empty. */
void linnet_body_clear(linnet_body *body, const linnet_memory *memory);

static inline linnet_bytes linnet_body_options(const linnet_body *body)
{
    return linnet_view(body->data, body->options);
}
static inline linnet_bytes linnet_body_payload(const linnet_body *body)
{
    return linnet_view(body->data ? body->data + body->options : NULL, body->size - body->options);
}

#endif
