/* Block2 from the client's side. */
#include "client/download.h"

bool linnet_block_of(const linnet_message *message, uint16_t number, linnet_block *block)
{
    linnet_bytes value;

    return linnet_option_get(message->options, number, 0, &value) && linnet_block_parse(block, value) == 0;
}

void linnet_download_begin(linnet_download *download, uint64_t start, uint8_t szx, bool bound)
{
    *download = (linnet_download){.start = start, .next = start, .szx = szx, .bound = bound};
}

bool linnet_download_option(const linnet_download *download, uint32_t *value)
{
    uint64_t number = download->next >> (download->szx + 4);
    linnet_block block = {.number = (uint32_t)number, .szx = download->szx};

    *value = linnet_block_value(block);
    return number <= LINNET_BLOCK_NUMBER_MAX;
}

static linnet_bytes etag_of(const linnet_message *response)
{
    linnet_bytes value = {NULL, 0};

    (void)linnet_option_heed(response->options, LINNET_OPTION_ETAG, &value); /* LINNET_ETAG_MAX octets at most */
    return value;
}

static void remember(linnet_download *download, const linnet_message *response)
{
    linnet_bytes etag = etag_of(response);

    download->begun = true;
    download->code = response->code;
    download->etag_size = (uint8_t)etag.size;
    if (etag.size > 0)
        memcpy(download->etag, etag.data, etag.size);
}

/* 2.4: blocks with another ETag are of another representation. */
static bool is_same(const linnet_download *download, const linnet_message *response)
{
    return linnet_bytes_equal(linnet_view(download->etag, download->etag_size), etag_of(response));
}

static linnet_download_verdict again(linnet_download *download)
{
    download->restarts++;
    download->begun = false;
    download->next = download->start;
    return LINNET_DOWNLOAD_AGAIN;
}

/* Without Block2. An error ends what was under way; else the body has become small enough for one message, and is the
 * new one as a whole. */
static linnet_download_verdict whole(linnet_download *download, const linnet_message *response, uint64_t *offset)
{
    *offset = 0;
    if (!linnet_code_is_success(response->code))
        return LINNET_DOWNLOAD_WHOLE;
    if (download->start > 0)
        return LINNET_DOWNLOAD_ODD;
    return LINNET_DOWNLOAD_WHOLE;
}

/* 2.2: a block with more behind it is full, the last may be shorter. */
static bool is_due(const linnet_download *download, const linnet_block *block, size_t size)
{
    if (linnet_block_offset(*block) != download->next)
        return false;
    if (block->szx > download->szx && (download->bound || download->begun))
        return false;
    return block->more ? size == linnet_block_size(*block) : size <= linnet_block_size(*block);
}

/* Of one response, all blocks have one code. Where the ETag shows that it is one all the same, the first code counts:
 * node-coap 1.5 says 2.04 with the first block and 2.05 with the others. */
static bool is_same_response(const linnet_download *download, const linnet_message *response)
{
    return linnet_code_is_success(download->code) && linnet_code_is_success(response->code) && download->etag_size > 0;
}

linnet_download_verdict linnet_download_response(linnet_download *download, const linnet_message *response,
                                                 uint64_t *offset)
{
    linnet_block block;

    if (!linnet_block_of(response, LINNET_OPTION_BLOCK2, &block))
        return whole(download, response, offset);
    if (download->begun && response->code != download->code && !is_same_response(download, response))
        return linnet_code_is_success(response->code) ? LINNET_DOWNLOAD_ODD : LINNET_DOWNLOAD_WHOLE;
    if (download->begun && !is_same(download, response))
        return again(download);
    if (!is_due(download, &block, response->payload.size))
        return LINNET_DOWNLOAD_ODD;
    if (!download->begun)
        remember(download, response);
    *offset = download->next;
    download->szx = block.szx;
    download->next += response->payload.size;
    return block.more ? LINNET_DOWNLOAD_PART : LINNET_DOWNLOAD_LAST;
}
