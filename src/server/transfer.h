/* Requests and responses that take several messages (RFC 7959), as the steps of serve.c see them: upload.c puts bodies
 * together, kept.c keeps what must not be made again. Both need site->transfers, and say so where there is none. */
#ifndef LINNET_SERVER_TRANSFER_H
#define LINNET_SERVER_TRANSFER_H

#include "server/reply.h"

#define LINNET_UPLOAD_RETRY_SECONDS 10u /* when memory may be free again */

/* upload.c: the largest body that is taken. */
uint32_t linnet_upload_limit(const linnet_request *request);
/* Whether a message with Block1 makes sense by itself; nothing is kept yet. LINNET_EMPTY, or the code to
 * answer with. */
linnet_code linnet_upload_check(linnet_request *request, const char **diagnostic);
/* Takes its block. LINNET_EMPTY: the handler is to run, and request->message has the payload for it; LINNET_CONTINUE:
 * there is more to come; else the error. */
linnet_code linnet_upload_take(linnet_request *request, const char **diagnostic);
/* Gives the answer with that code, which is no handler's, what belongs to it: Block1, Size1, Max-Age. An error ends the
 * transfer. */
void linnet_upload_answer(linnet_request *request, linnet_reply *reply, linnet_code code);
/* 2.31 in place of a handler's success, since more is to come. */
void linnet_upload_continue(linnet_reply *reply);
/* The handler has returned: the body goes. */
void linnet_upload_end(linnet_request *request, const linnet_reply *reply);
/* A block in the middle: nothing but blocks is looked at there. */
static inline bool linnet_upload_is_inside(const linnet_request_options *options)
{
    return options->has_block1 && options->block1.number > 0 && options->block1.more;
}

/* The body came in blocks, so a request for more of the response does not have it. */
static inline bool linnet_body_is_put_together(const linnet_request_options *options)
{
    return options->has_block1 || options->q_body;
}

/* kept.c: a request for a further block of a response that was kept gets a handler that gives it. LINNET_EMPTY, or the
 * code to answer with. */
linnet_code linnet_kept_find(linnet_request *request, const char **diagnostic);
bool linnet_kept_is_found(const linnet_request *request);
/* Whether the reply is to be kept where it does not fit; one that was kept for the same request goes. False: it can be
 * made again, or there is no place. */
bool linnet_kept_allow(linnet_reply *reply);
/* The reply is finished: what was kept of it gets its options too, or is not needed. */
void linnet_kept_settle(linnet_reply *reply);

/* deliver.c: gives the finished reply to the engine in the form that the request asks for. */
void linnet_reply_deliver(linnet_reply *reply);
/* problem.c: makes a problem detail of a diagnostic payload (RFC 9290). */
void linnet_reply_explain(linnet_reply *reply);

#endif
