/* Message IDs given out before their requests are sent. A file of its own: few callers have to know them so early. */
#include "engine/endpoint.h"

#include <linnet/error.h>

int linnet_endpoint_reserve_id(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, uint16_t *id)
{
    int32_t next = linnet_transmit_id(endpoint, now, path, false);

    if (next < 0)
        return LINNET_EMESSAGEID;
    *id = (uint16_t)next;
    return 0;
}
