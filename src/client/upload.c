/* Block1 from the client's side. */
#include "client/upload.h"

void linnet_upload_begin(linnet_upload *upload, uint8_t szx) { *upload = (linnet_upload){.szx = szx}; }

void linnet_upload_sent(linnet_upload *upload, size_t size, bool more)
{
    upload->sent = (uint32_t)size;
    upload->more = more;
    if (more)
        upload->blockwise = true;
}

bool linnet_upload_option(const linnet_upload *upload, uint32_t *value, bool *fits)
{
    uint64_t number = upload->offset >> (upload->szx + 4);
    linnet_block block = {.number = (uint32_t)number, .more = upload->more, .szx = upload->szx};

    *fits = number <= LINNET_BLOCK_NUMBER_MAX;
    *value = linnet_block_value(block);
    return upload->blockwise;
}

static linnet_upload_verdict again(linnet_upload *upload, uint8_t szx)
{
    bool restarted = upload->restarted;

    linnet_upload_begin(upload, szx);
    upload->restarted = restarted;
    return LINNET_UPLOAD_NEXT;
}

/* 2.9.3: with Block1 in a 4.13 the server says which size it would have taken: tried again with that, if smaller. */
static linnet_upload_verdict too_large(linnet_upload *upload, const linnet_block *block1)
{
    if (!block1 || block1->szx >= upload->szx)
        return LINNET_UPLOAD_FINAL;
    return again(upload, block1->szx);
}

/* 2.9.2: the server has lost blocks, perhaps to another transfer. Once more from the start, no oftener. */
static linnet_upload_verdict incomplete(linnet_upload *upload)
{
    if (!upload->blockwise || upload->restarted)
        return LINNET_UPLOAD_FINAL;
    upload->restarted = true;
    return again(upload, upload->szx);
}

/* The block was taken. The next begins behind it, in blocks of the size that the server asks for if that is smaller
 * (2.3); `offset` stays a multiple of the size since sizes are powers of two. */
static linnet_upload_verdict taken(linnet_upload *upload, const linnet_block *block1)
{
    uint32_t number = (uint32_t)(upload->offset >> (upload->szx + 4));

    if (block1 && block1->number != number)
        return LINNET_UPLOAD_ODD;
    upload->offset += upload->sent;
    if (block1 && block1->szx < upload->szx)
        upload->szx = block1->szx;
    return LINNET_UPLOAD_NEXT;
}

linnet_upload_verdict linnet_upload_response(linnet_upload *upload, linnet_code code, const linnet_block *block1)
{
    if (code == LINNET_REQUEST_ENTITY_TOO_LARGE)
        return too_large(upload, block1);
    if (code == LINNET_REQUEST_ENTITY_INCOMPLETE)
        return incomplete(upload);
    if (!upload->more) /* 2.31 asks for more where there is no more */
        return code == LINNET_CONTINUE ? LINNET_UPLOAD_ODD : LINNET_UPLOAD_FINAL;
    if (!linnet_code_is_success(code))
        return LINNET_UPLOAD_FINAL;
    /* 2.3: a server that acts on each block by itself says 2.04 with its number. Without Block1 it takes the part for
     * the whole, and that must not look like success. */
    if (code != LINNET_CONTINUE && !block1)
        return LINNET_UPLOAD_ODD;
    return taken(upload, block1);
}
