/* What the library does with a reply after the handler: the client's own copy is still good (2.03), its format is
 * another one (4.06), only a block of it was asked for or fits. */
#include "server/finish.h"

#include "server/hash.h"

#define SZX_MAX 6u             /* RFC 7959 2.2: 1024 octets */
#define NUM_MAX 0xfffffu       /* 20 bits */
#define BLOCK_OPTIONS_ROOM 20u /* for ETag, Block2 and Size2 of the library's own, at their longest */

static void remember_hash(linnet_reply *reply, linnet_bytes whole)
{
    reply->hash = linnet_hash_octets(LINNET_HASH_START, whole);
}

void linnet_reply_allow_blocks(linnet_reply *reply)
{
    const linnet_request_options *options = reply->incoming->options;

    if (!linnet_method_reads(reply->request->message->code))
        return;
    reply->slice = remember_hash;
    if (options->has_block2) {
        reply->window_offset = (size_t)linnet_block_offset(options->block2);
        reply->window_size = linnet_block_size(options->block2);
    }
}

bool linnet_reply_find_etag(const linnet_reply *reply, linnet_bytes *etag)
{
    linnet_bytes options = linnet_view(reply->options.start, (size_t)(reply->options.at - reply->options.start));

    return linnet_option_get(options, LINNET_OPTION_ETAG, 0, etag);
}

void linnet_reply_make_etag(linnet_reply *reply)
{
    uint8_t etag[sizeof reply->hash];

    if (reply->held == reply->total)
        remember_hash(reply, linnet_reply_held(reply));
    memcpy(etag, &reply->hash, sizeof etag);
    linnet_reply_put(reply, LINNET_OPTION_ETAG, linnet_view(etag, sizeof etag));
}

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

/* The largest block, no larger than asked, that what is held can fill (RFC 7959 2.4: "The response carries a Block2
 * Option with ... a block size that is the same or smaller"). False: not even the smallest. */
static bool choose_block(const linnet_reply *reply, linnet_block *block)
{
    const linnet_request_options *options = reply->incoming->options;
    size_t rest = reply->total - reply->offset;

    block->szx = options->has_block2 ? options->block2.szx : SZX_MAX;
    while (block->szx > 0 && linnet_block_size(*block) > reply->held && reply->held < rest)
        block->szx--;
    block->number = (uint32_t)(reply->offset >> (block->szx + 4));
    block->more = linnet_block_size(*block) < rest;
    return (!block->more || linnet_block_size(*block) <= reply->held) && block->number <= NUM_MAX;
}

/* Sends a block, where one is asked for or the whole does not fit. */
static void cut_block(linnet_reply *reply)
{
    linnet_block block;

    if (!linnet_reply_reserve(reply, BLOCK_OPTIONS_ROOM) || !choose_block(reply, &block)) {
        linnet_reply_fail(reply, LINNET_INTERNAL_SERVER_ERROR, "No block fits into the message");
        return;
    }
    if (block.more)
        reply->held = linnet_block_size(block);
    linnet_reply_put_uint(reply, LINNET_OPTION_BLOCK2, linnet_block_value(block));
    linnet_reply_remove(reply, LINNET_OPTION_SIZE2);
    if (block.more && block.number == 0)
        linnet_reply_put_uint(reply, LINNET_OPTION_SIZE2, (uint32_t)reply->total);
}

static void finish_representation(linnet_reply *reply)
{
    bool asked = reply->incoming->options->has_block2;
    linnet_bytes etag;

    if (!linnet_reply_is_acceptable(reply)) {
        linnet_reply_fail(reply, LINNET_NOT_ACCEPTABLE, NULL);
        return;
    }
    if (reply->window_offset > 0 && reply->offset == reply->total) {
        linnet_reply_fail(reply, LINNET_BAD_REQUEST, "That block is past the end");
        return;
    }
    if (reply->held < reply->total)
        linnet_reply_reserve(reply, BLOCK_OPTIONS_ROOM);
    /* Blocks of different versions must not be put together (RFC 7959 2.4), so they never go without an ETag. */
    if ((reply->request->automatic_etag || reply->held < reply->total) && !linnet_reply_find_etag(reply, &etag))
        linnet_reply_make_etag(reply);
    if (is_known_to_client(reply)) {
        reply->code = LINNET_VALID;
        linnet_reply_drop_payload(reply);
    } else if (asked || reply->held < reply->total) {
        cut_block(reply);
    }
}

/* A payload that was cut for a 2.05 and then got another code. */
static void finish_other(linnet_reply *reply)
{
    if (reply->held == reply->total)
        return;
    if (linnet_code_is_success(reply->code))
        linnet_reply_fail(reply, LINNET_INTERNAL_SERVER_ERROR, "The response does not fit into one message");
    else if (reply->offset > 0)
        linnet_reply_drop_payload(reply);
}

void linnet_reply_finish(linnet_reply *reply)
{
    const linnet_request_options *options = reply->incoming->options;

    /* RFC 7959 2.3: the response to a block of a request repeats its Block1. */
    if (options->has_block1)
        linnet_reply_put_uint(reply, LINNET_OPTION_BLOCK1, linnet_block_value(options->block1));
    linnet_reply_settle(reply);
    if (reply->code == LINNET_CONTENT && linnet_method_reads(reply->request->message->code))
        finish_representation(reply);
    else
        finish_other(reply);
    linnet_reply_settle(reply);
}
