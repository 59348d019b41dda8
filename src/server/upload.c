/* Request bodies in blocks (RFC 7959 2.3, 2.5). A body is put together and given to the handler whole; a resource with
 * `.streaming` gets each block as it comes, and nothing is held. */
#include "server/finish.h"
#include "server/transfer.h"

#include "engine/upload.h"

#define MAX_BODY_SIZE_DEFAULT ((uint32_t)1 << 20)

uint32_t linnet_upload_limit(const linnet_request *request)
{
    const linnet_resource *resource = request->resource;
    const linnet_transfers *transfers = request->site->transfers;
    uint32_t limit = MAX_BODY_SIZE_DEFAULT;

    if (resource && request->handler == linnet_stored_put)
        limit = linnet_stored_limit(resource);
    else if (resource && resource->config->max_body_size)
        limit = resource->config->max_body_size;
    return transfers && limit > transfers->octets_limit ? transfers->octets_limit : limit;
}

static uint32_t announced(const linnet_request *request)
{
    linnet_bytes size;

    return linnet_request_option(request, LINNET_OPTION_SIZE1, 0, &size) ? linnet_option_uint(size) : 0;
}

static bool is_too_large(const linnet_request *request)
{
    const linnet_block *block = &request->incoming->options->block1;
    uint32_t end = (uint32_t)linnet_block_offset(*block) + (uint32_t)request->message->payload.size;
    uint32_t limit;

    if (request->streaming)
        return false;
    limit = linnet_upload_limit(request);
    return end > limit || (block->number == 0 && announced(request) > limit);
}

/* 2.2: each block but the last is exactly as long as its size says. */
static bool has_proper_size(const linnet_request *request)
{
    const linnet_block *block = &request->incoming->options->block1;
    size_t size = request->message->payload.size;

    return block->more ? size == linnet_block_size(*block) : size <= linnet_block_size(*block);
}

/* 2.9.2: "the server has not received the blocks of the request body that it needs to proceed". */
static linnet_code missing(const char **diagnostic)
{
    *diagnostic = "The blocks before this one are missing";
    return LINNET_REQUEST_ENTITY_INCOMPLETE;
}

/* Without a place for bodies only whole ones are taken. */
static linnet_code check_place(const linnet_request *request, const char **diagnostic)
{
    const linnet_block *block = &request->incoming->options->block1;
    const linnet_transfers *transfers = request->site->transfers;

    if (transfers && (request->streaming || transfers->memory.resize))
        return LINNET_EMPTY;
    if (block->number > 0)
        return missing(diagnostic);
    if (block->more) {
        *diagnostic = "Block-wise upload is not supported here";
        return LINNET_REQUEST_ENTITY_TOO_LARGE;
    }
    return LINNET_EMPTY;
}

static uint64_t key_of(const linnet_request *request)
{
    return linnet_transfers_key(request->site->transfers, request->incoming->path, request->incoming->message,
                                LINNET_TRANSFER_REQUEST);
}

static linnet_transfer *find(const linnet_request *request)
{
    return linnet_transfers_find(request->site->transfers, key_of(request), request->incoming->now);
}

/* The condition of the first block (RFC 7959 2.10) holds for the whole: something may have come into being meanwhile.
 * Where the handler runs for each block that would be its own doing. */
static bool has_to_be_none(const linnet_request *request)
{
    const linnet_block *block = &request->incoming->options->block1;
    const linnet_transfer *transfer;

    if (block->number == 0 || block->more || request->streaming || !request->site->transfers)
        return false;
    transfer = find(request);
    return transfer && transfer->only_if_none;
}

linnet_code linnet_upload_check(linnet_request *request, const char **diagnostic)
{
    request->streaming = request->resource && request->resource->config->streaming;
    linnet_code code = check_place(request, diagnostic);

    if (code != LINNET_EMPTY)
        return code;
    if (!has_proper_size(request)) {
        if (request->incoming->options->block1.number > 0 && !find(request))
            return missing(diagnostic); /* nothing that it could belong to */
        *diagnostic = "The payload is not as long as its block";
        return LINNET_BAD_REQUEST;
    }
    if (is_too_large(request))
        return LINNET_REQUEST_ENTITY_TOO_LARGE;
    if (request->incoming->path->flags & LINNET_PATH_MULTICAST && request->incoming->options->block1.more)
        return LINNET_BAD_REQUEST; /* several servers would answer, each in its own way */
    request->only_if_none = has_to_be_none(request);
    return LINNET_EMPTY;
}

static void drop(linnet_request *request)
{
    linnet_transfer *transfer = request->site->transfers ? find(request) : NULL;

    if (transfer)
        linnet_transfers_give(request->site->transfers, transfer);
}

/* The transfer that the block belongs to: a first block starts over, others need what came before. */
static linnet_transfer *open_transfer(linnet_request *request)
{
    linnet_transfers *transfers = request->site->transfers;
    linnet_transfer *transfer;

    if (request->incoming->options->block1.number > 0)
        return find(request);
    drop(request);
    transfer = linnet_transfers_take(transfers, request->incoming->path, key_of(request), request->incoming->now);
    if (transfer) {
        transfer->whole = announced(request);
        transfer->only_if_none = request->incoming->options->has_if_none_match;
    }
    return transfer;
}

/* The last block has come: the body is the payload from now on. */
static void finish_body(linnet_request *request, linnet_transfer *transfer)
{
    linnet_transfers_detach(request->site->transfers, transfer);
    request->upload = transfer;
    transfer->message = *request->message;
    transfer->message.payload = linnet_view(transfer->data, transfer->size);
    request->message = &transfer->message;
}

static linnet_code go_on(linnet_request *request, linnet_transfer *transfer, linnet_upload_verdict verdict)
{
    bool more = request->incoming->options->block1.more;

    if (request->incoming->options->block1.number > 0)
        linnet_transfers_touch(request->site->transfers, transfer, request->incoming->now);
    if (verdict == LINNET_UPLOAD_AGAIN)
        return LINNET_CONTINUE;
    if (!request->streaming && more)
        return LINNET_CONTINUE;
    if (!more && request->streaming)
        linnet_transfers_give(request->site->transfers, transfer);
    else if (!more)
        finish_body(request, transfer);
    return LINNET_EMPTY;
}

linnet_code linnet_upload_take(linnet_request *request, const char **diagnostic)
{
    linnet_transfers *transfers = request->site->transfers;
    const linnet_block *block = &request->incoming->options->block1;
    linnet_bytes payload = request->message->payload;
    uint32_t offset = (uint32_t)linnet_block_offset(*block);
    linnet_upload_verdict verdict = LINNET_UPLOAD_GAP;
    linnet_transfer *transfer;

    if (block->number == 0 && !block->more) {
        drop(request);
        return LINNET_EMPTY; /* whole in its first block */
    }
    transfer = open_transfer(request);
    if (transfer && request->streaming)
        verdict = linnet_upload_pass(transfer, offset, (uint32_t)payload.size);
    else if (transfer)
        verdict = linnet_upload_add(transfers, transfer, offset, payload);
    if (verdict == LINNET_UPLOAD_FULL || (!transfer && block->number == 0)) {
        *diagnostic = "No memory for the body";
        return LINNET_SERVICE_UNAVAILABLE;
    }
    if (verdict == LINNET_UPLOAD_GAP || (verdict == LINNET_UPLOAD_AGAIN && !block->more))
        return missing(diagnostic);
    return go_on(request, transfer, verdict);
}

/* 2.3: the size in the answer is what the server would rather have, and "the client SHOULD use this block size or a
 * smaller one in all further requests in the transfer sequence". A server that cannot send what was sent to it would
 * rather not get it either. */
static uint32_t answering_block(const linnet_incoming *incoming)
{
    linnet_block block = incoming->options->block1;

    while (block.szx > 0 && linnet_block_size(block) > incoming->capacity)
        block.szx--;
    return linnet_block_value(block);
}

void linnet_upload_continue(linnet_reply *reply)
{
    linnet_reply_fail(reply, LINNET_CONTINUE, NULL);
    linnet_reply_put_uint(reply, LINNET_OPTION_BLOCK1, answering_block(reply->incoming));
}

void linnet_upload_answer(linnet_request *request, linnet_reply *reply, linnet_code code)
{
    if (code == LINNET_CONTINUE) {
        linnet_upload_continue(reply);
        return;
    }
    drop(request);
    if (code == LINNET_SERVICE_UNAVAILABLE)
        linnet_reply_put_uint(reply, LINNET_OPTION_MAX_AGE, LINNET_UPLOAD_RETRY_SECONDS);
    /* Section 4: Size1 in a 4.13 is "the maximum size that would have been acceptable". */
    if (code == LINNET_REQUEST_ENTITY_TOO_LARGE && check_place(request, &(const char *){NULL}) == LINNET_EMPTY)
        linnet_reply_put_uint(reply, LINNET_OPTION_SIZE1, linnet_upload_limit(request));
}

void linnet_upload_end(linnet_request *request, const linnet_reply *reply)
{
    if (request->upload) {
        request->message = request->incoming->message;
        linnet_transfers_give(request->site->transfers, request->upload);
        request->upload = NULL;
    }
    if (request->streaming && reply->code != LINNET_CONTINUE && !request->incoming->deferred)
        drop(request);
}
