/* What the library does with a reply after the handler: the client's own copy is still good (2.03), its format is
 * another one (4.06), only a block of it was asked for or fits. */
#include "server/finish.h"
#include "server/transfer.h"

/* Whether one of the request's ETags is that of the reply (RFC 7252 5.10.6.2). */
static bool is_known_to_client(const linnet_reply *reply)
{
    linnet_bytes current, known;

    if (!reply->incoming->options->has_etag || !linnet_reply_find_etag(reply, &current))
        return false;
    for (size_t i = 0; linnet_request_option(reply->request, LINNET_OPTION_ETAG, i, &known); i++)
        if (linnet_bytes_equal(known, current))
            return true;
    return false;
}

static bool is_cut(const linnet_reply *reply) { return reply->held < reply->total; }

/* The library's own options, at their longest: ETag, Block2, Size2. */
#define OPTIONS_ROOM 20u

static void finish_representation(linnet_reply *reply)
{
    bool in_blocks = is_cut(reply) || reply->incoming->options->has_block2;
    linnet_bytes etag;

    if (!linnet_reply_is_acceptable(reply)) {
        linnet_reply_fail(reply, LINNET_NOT_ACCEPTABLE, NULL);
        return;
    }
    if (linnet_reply_is_past_end(reply)) {
        linnet_reply_fail(reply, LINNET_BAD_REQUEST, "That block is past the end");
        return;
    }
    if (in_blocks)
        (void)linnet_reply_reserve(reply, OPTIONS_ROOM); /* now, since it may make a block of what was whole */
    /* Blocks of different versions must not be put together (RFC 7959 2.4), so they never go without an ETag. */
    if ((reply->request->automatic_etag || is_cut(reply)) && !linnet_reply_find_etag(reply, &etag))
        linnet_reply_make_etag(reply);
    if (is_known_to_client(reply)) {
        reply->code = LINNET_VALID;
        (void)linnet_reply_payload_begin(reply, LINNET_NO_FORMAT);
    } else if (in_blocks || is_cut(reply)) {
        linnet_reply_cut_block(reply);
    }
}

/* What a method that is not run again for each block has done: no ETag is made, since one in such a response would be
 * that of the resource (RFC 7252 5.10.6.1), not of what is in blocks here. */
static void finish_result(linnet_reply *reply)
{
    if (linnet_reply_is_past_end(reply)) {
        linnet_reply_fail(reply, LINNET_BAD_REQUEST, "That block is past the end");
        return;
    }
    if (!is_cut(reply) && !(reply->incoming->options->has_block2 && reply->total > 0))
        return;
    (void)linnet_reply_reserve(reply, OPTIONS_ROOM);
    linnet_reply_cut_block(reply);
}

/* A payload that was cut for a 2.05 and then got another code. */
static void finish_other(linnet_reply *reply)
{
    if (!is_cut(reply))
        return;
    if (linnet_code_is_success(reply->code))
        linnet_reply_fail(reply, LINNET_INTERNAL_SERVER_ERROR, "The response does not fit into one message");
    else if (reply->offset > 0)
        (void)linnet_reply_payload_begin(reply, LINNET_NO_FORMAT);
}

void linnet_reply_finish(linnet_reply *reply)
{
    const linnet_request_options *options = reply->incoming->options;

    /* RFC 7959 2.3: the response to a block of a request repeats its Block1. */
    if (options->has_block1)
        linnet_reply_put_uint(reply, LINNET_OPTION_BLOCK1, linnet_block_value(options->block1));
    linnet_reply_settle(reply);
    if (options->has_block1 && options->block1.more && linnet_code_is_success(reply->code))
        linnet_upload_continue(reply);
    else if (reply->code == LINNET_CONTENT && linnet_method_reads(reply->request->message->code))
        finish_representation(reply);
    else if (reply->slicing && !linnet_method_reads(reply->request->message->code) &&
             linnet_code_is_success(reply->code))
        finish_result(reply);
    else
        finish_other(reply);
    if (reply->error)
        linnet_reply_settle(reply); /* an option of the library's own did not fit */
    if (reply->kept)
        linnet_kept_settle(reply);
}
