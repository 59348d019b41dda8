/* Plain memory: what is reserved is used up, so limits are to be small where memory is. */
#include "net/reserve.h"

#include <stdlib.h>

void *linnet_reserve(size_t size) { return calloc(1, size); }

void linnet_unreserve(void *memory, size_t size)
{
    (void)size;
    free(memory);
}
