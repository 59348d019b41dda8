/* The options of a request as the user wants them, with those woven in that the library owns. */
#ifndef LINNET_CLIENT_WEAVE_H
#define LINNET_CLIENT_WEAVE_H

#include <linnet/message.h>

/* Options to weave in: a request for missing blocks has the most (RFC 9177). Added in rising order of their numbers. */
typedef struct linnet_extras {
    uint8_t count;
    struct {
        uint16_t number;
        linnet_bytes value; /* NULL with a size: the first octets of `octets` */
        uint8_t octets[4];
    } option[16];
} linnet_extras;

void linnet_extras_add(linnet_extras *extras, uint16_t number, linnet_bytes value);
void linnet_extras_add_uint(linnet_extras *extras, uint16_t number, uint32_t value);

/* Both together, encoded, in `buffer`; without extras `options` itself. LINNET_ENOSPC. */
int linnet_weave(linnet_bytes options, const linnet_extras *extras, uint8_t *buffer, size_t capacity,
                 linnet_bytes *woven);

#endif
