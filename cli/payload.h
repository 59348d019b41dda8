/* What a request carries: octets in memory, or a file that is read block by block while it is sent. */
#ifndef CLI_PAYLOAD_H
#define CLI_PAYLOAD_H

#include <linnet.h>

typedef struct payload_source {
    linnet_bytes memory; /* to be freed */
    int file;            /* open when is_file; then `memory` is empty */
    bool is_file;
    bool is_given;    /* there was a --payload, an empty one perhaps */
    uint64_t size;    /* octets of either */
    const char *name; /* for complaints; the caller's */
} payload_source;

/* Opens TEXT, @FILE or @-. False after a complaint. What can only be read once (a pipe) is read whole. */
bool payload_open(payload_source *source, const char *argument);
bool payload_open_file(payload_source *source, const char *name);
void payload_close(payload_source *source);

/* As a linnet_reader: the part at `offset`. */
int payload_read(const payload_source *source, uint64_t offset, uint8_t *data, size_t size, size_t *given);

#endif
