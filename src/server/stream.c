/* Payloads that are read where they are needed: of a large one just the block that is asked for. */
#include "server/reply.h"

#include <linnet/error.h>

#define BLOCK_MAX 1024u /* RFC 7959 2.2 */

/* How many octets to read at most: without a block being asked for, the largest block that fits, unless all fits. */
static size_t wanted(const linnet_reply *reply, size_t room, uint64_t rest)
{
    size_t block = BLOCK_MAX;

    if (!reply->slicing || rest <= room)
        return room;
    if (reply->incoming->options->has_block2)
        return room < reply->window_size ? room : reply->window_size;
    while (block > room)
        block /= 2;
    return block;
}

/* Whether there is an octet at that offset. */
static int peek(linnet_reader *read, void *context, uint64_t offset, size_t *found)
{
    uint8_t octet;

    *found = 0;
    return read(context, offset, &octet, 1, found);
}

static int read_window(linnet_reply *reply, uint64_t size, size_t room, linnet_reader *read, void *context)
{
    bool known = size != LINNET_UNKNOWN_SIZE;
    uint64_t offset = reply->slicing ? reply->window_offset : 0;
    size_t given = 0, beyond = 0;

    if (known && offset > size)
        offset = size;
    size_t want = wanted(reply, room, known ? size - offset : UINT64_MAX);
    if (reply->slicing && want > reply->window_size)
        want = reply->window_size;
    if (known && want > size - offset)
        want = (size_t)(size - offset);
    int error = want > 0 ? read(context, offset, reply->incoming->body + reply->at, want, &given) : 0;
    if (!error && given > want)
        error = LINNET_EINVAL;
    if (!error && !known && given == want)
        error = peek(read, context, offset + given, &beyond);
    if (error)
        return linnet_reply_spoil(reply, error);
    /* One that ends before its size has changed; what it has is what there is. */
    uint64_t total = known && given == want ? size : offset + given + beyond;
    return linnet_reply_payload_end(reply, (size_t)total, (size_t)offset, given);
}

int linnet_reply_stream(linnet_reply *reply, int32_t content_format, uint64_t size, linnet_reader *read, void *context)
{
    if (content_format > UINT16_MAX)
        return linnet_reply_spoil(reply, LINNET_EINVAL);
    if (size != LINNET_UNKNOWN_SIZE && size > SIZE_MAX)
        return linnet_reply_spoil(reply, LINNET_ETOOBIG);
    if (reply->slicing && reply->slicing->gather)
        return reply->slicing->gather(reply, content_format, size, read, context);
    reply->streamed = true;
    reply->sizeless = size == LINNET_UNKNOWN_SIZE;
    return read_window(reply, size, linnet_reply_payload_begin(reply, content_format), read, context);
}
