/* Block2 of RFC 7959 without state: any block of a representation is cut out of it whenever it is asked for, and a
 * representation that does not fit is sent from its first block on. An ETag lets the client see when it changed. */
#include "server/finish.h"
#include "server/hash.h"
#include "server/transfer.h"

#define SZX_MAX 6u       /* 2.2: 1024 octets */
#define SIZE_MIN 16u     /* 2.2: SZX 0 */
#define NUM_MAX 0xfffffu /* 2.2: 20 bits */
#define OPTIONS_ROOM 11u /* for Block2 and Size2, at their longest */

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static uint32_t hash(linnet_bytes whole) { return linnet_hash_octets(LINNET_HASH_START, whole); }

/* Only these are sent in blocks: what a GET or FETCH is for, and what another method has done. */
static bool is_cuttable(const linnet_reply *reply)
{
    if (reply->code == LINNET_EMPTY || reply->code == LINNET_CONTENT)
        return true;
    return linnet_code_is_success(reply->code) && !linnet_method_reads(reply->request->message->code);
}

static size_t window(linnet_reply *reply, linnet_bytes payload, size_t room, size_t *offset)
{
    linnet_bytes etag;

    reply->streamed = reply->sizeless = false;
    if (!is_cuttable(reply))
        return payload.size;
    *offset = smaller(reply->window_offset, payload.size);
    size_t held = smaller(payload.size - *offset, smaller(room, reply->window_size));

    /* What has an ETag needs none made from it, and a long body would be read from end to end for each block. */
    if (held < payload.size && linnet_method_reads(reply->request->message->code) &&
        !linnet_reply_find_etag(reply, &etag))
        reply->hash = hash(payload);
    return held;
}

/* The front of the window, a power of two of octets. */
static bool shrink(linnet_reply *reply)
{
    size_t size = SIZE_MIN;

    if (reply->held <= SIZE_MIN)
        return false;
    if (reply->held == reply->total)
        reply->hash = hash(linnet_reply_held(reply));
    while (size * 2 < reply->held)
        size *= 2;
    reply->held = size;
    linnet_reply_move_payload(reply);
    return true;
}

const linnet_slicing linnet_slicing_plain = {.window = window, .shrink = shrink};

void linnet_reply_allow_blocks(linnet_reply *reply)
{
    const linnet_request_options *options = reply->incoming->options;
    bool reads = linnet_method_reads(reply->request->message->code);

    if ((!reads || linnet_body_is_put_together(options)) && linnet_kept_allow(reply))
        reply->slicing = &linnet_slicing_keeping;
    else if (reads || linnet_kept_is_found(reply->request))
        reply->slicing = &linnet_slicing_plain;
    else
        return;
    if (options->has_block2) {
        reply->window_offset = (size_t)linnet_block_offset(options->block2);
        reply->window_size = linnet_block_size(options->block2);
    }
}

bool linnet_reply_find_etag(const linnet_reply *reply, linnet_bytes *etag)
{
    linnet_bytes options = linnet_view(reply->options.start, linnet_reply_options_size(reply));

    return linnet_option_get(options, LINNET_OPTION_ETAG, 0, etag);
}

void linnet_reply_make_etag(linnet_reply *reply)
{
    uint8_t etag[sizeof reply->hash];

    if (reply->streamed && reply->held < reply->total)
        return; /* its owner gives one where it can change */
    if (reply->held == reply->total)
        reply->hash = hash(linnet_reply_held(reply));
    memcpy(etag, &reply->hash, sizeof etag);
    linnet_reply_put(reply, LINNET_OPTION_ETAG, linnet_view(etag, sizeof etag));
}

bool linnet_reply_is_past_end(const linnet_reply *reply)
{
    return reply->window_offset > 0 && reply->offset == reply->total;
}

/* The largest block, no larger than asked, that what is held can fill: a server may answer with smaller blocks, from
 * the same octet on (2.4). False: not even the smallest. */
static bool choose_block(const linnet_reply *reply, linnet_block *block)
{
    const linnet_request_options *options = reply->incoming->options;
    size_t rest = reply->total - reply->offset;

    block->szx = options->has_block2 ? options->block2.szx : SZX_MAX;
    while (block->szx > 0 && linnet_block_size(*block) > reply->held && reply->held < rest)
        block->szx--;
    block->number = (uint32_t)(reply->offset >> (block->szx + 4));
    block->more = linnet_block_size(*block) < rest;
    return block->number <= NUM_MAX && smaller(linnet_block_size(*block), rest) <= reply->held;
}

/* Section 4: "In a request, ... to ask the server to provide a size estimate along with the usual response". */
static bool asks_for_size(const linnet_reply *reply)
{
    linnet_bytes value;

    return linnet_request_option(reply->request, LINNET_OPTION_SIZE2, 0, &value);
}

void linnet_reply_cut_block(linnet_reply *reply)
{
    linnet_block block;

    if (!linnet_reply_reserve(reply, OPTIONS_ROOM) || !choose_block(reply, &block)) {
        linnet_reply_fail(reply, LINNET_INTERNAL_SERVER_ERROR, "No block fits into the message");
        return;
    }
    if (block.more)
        reply->held = linnet_block_size(block);
    linnet_reply_put_uint(reply, LINNET_OPTION_BLOCK2, linnet_block_value(block));
    linnet_reply_remove(reply, LINNET_OPTION_SIZE2);
    if (block.more && !reply->sizeless && (block.number == 0 || asks_for_size(reply)))
        linnet_reply_put_uint(reply, LINNET_OPTION_SIZE2, (uint32_t)reply->total);
}
