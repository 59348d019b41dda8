/* Uploads in blocks (RFC 7959 2.3, 2.5): until bodies are put together here, only one that is whole in its first
 * block is taken. */
#include "server/finish.h"

linnet_code linnet_block1_check(const linnet_request *request, const char **diagnostic)
{
    const linnet_request_options *options = request->incoming->options;

    /* 2.9.2: "the server has not received the blocks of the request body that it needs to proceed". */
    if (options->block1.number > 0) {
        *diagnostic = "The blocks before this one are missing";
        return LINNET_REQUEST_ENTITY_INCOMPLETE;
    }
    if (options->block1.more) {
        *diagnostic = "Block-wise upload is not supported yet";
        return LINNET_REQUEST_ENTITY_TOO_LARGE;
    }
    return LINNET_EMPTY;
}
