/* What the library does around the handler beyond running it: see finish.c and precondition.c. */
#ifndef LINNET_SERVER_FINISH_H
#define LINNET_SERVER_FINISH_H

#include "server/reply.h"

/* After the handler: default code, 5.00, 4.06, 2.03, Block2, Block1. */
void linnet_reply_finish(linnet_reply *reply);

/* slice.c: lets the payload of a 2.05 be a window of the whole: the block that the request asks for, or what fits. */
void linnet_reply_allow_blocks(linnet_reply *reply);
/* Out of a payload that is there whenever it is asked for, or of one that is kept (kept.c). */
extern const linnet_slicing linnet_slicing_plain, linnet_slicing_keeping;
/* Whether the block that was asked for does not exist. */
bool linnet_reply_is_past_end(const linnet_reply *reply);
/* Makes a block of the window. */
void linnet_reply_cut_block(linnet_reply *reply);
/* The ETag that the reply has. The view dies with the next change of the reply. */
bool linnet_reply_find_etag(const linnet_reply *reply, linnet_bytes *etag);
/* Gives it one made from the content. */
void linnet_reply_make_etag(linnet_reply *reply);

/* If-Match and If-None-Match (RFC 7252 5.10.8). LINNET_EMPTY, or the code to answer with. The reply is used, and left
 * empty. */
linnet_code linnet_precondition_check(linnet_request *request, linnet_reply *reply);

/* serve.c: as linnet_request_route(), with the library's own handler where the resource stores a value and has none. */
linnet_code linnet_request_find_handler(linnet_request *request);
/* The library's own handler for a stored value; NULL: the method is not allowed. */
linnet_handler *linnet_stored_handler(const linnet_resource_config *config, linnet_code method);
/* The largest value that a PUT may store. */
uint32_t linnet_stored_limit(const linnet_resource *resource);
/* Whether the resource has a value, and its ETag. */
bool linnet_stored_etag(const linnet_resource *resource, uint8_t etag[4], size_t *size);

#endif
