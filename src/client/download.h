/* The response's body on its way to the client, block by block (RFC 7959 2.2, 2.4): which block is next, and whether
 * what came is that one. Knows no octets: the owner puts them wherever the body goes. */
#ifndef LINNET_CLIENT_DOWNLOAD_H
#define LINNET_CLIENT_DOWNLOAD_H

#include <linnet/block.h>
#include <linnet/message.h>

#define LINNET_ETAG_MAX 8u

typedef struct linnet_download {
    uint64_t start;    /* where the wanted part begins */
    uint64_t next;     /* the octet that comes next */
    uint32_t restarts; /* how often a body that had changed was begun again */
    uint8_t szx;
    bool bound; /* szx was asked for: the server may not go above it */
    bool begun; /* a first block came: code and ETag are those of it */
    linnet_code code;
    uint8_t etag_size;
    uint8_t etag[LINNET_ETAG_MAX];
} linnet_download;

typedef enum linnet_download_verdict {
    LINNET_DOWNLOAD_WHOLE, /* a response without Block2: all there is */
    LINNET_DOWNLOAD_PART,  /* the block that was due; more follow: ask for the one at `next` */
    LINNET_DOWNLOAD_LAST,  /* the block that was due, and the last */
    LINNET_DOWNLOAD_AGAIN, /* another representation: forget what came, ask for the one at `next`,
                            * unless `restarts` says that it was so too often */
    LINNET_DOWNLOAD_ODD    /* a gap, an overlap, a size that nobody asked for */
} linnet_download_verdict;

/* `bound`: the request asks for this size (early negotiation); else the server chooses one up to it. */
void linnet_download_begin(linnet_download *download, uint64_t start, uint8_t szx, bool bound);

/* A response to the request for the block at `next`. Where it is PART, LAST or WHOLE, its payload is for *offset. */
linnet_download_verdict linnet_download_response(linnet_download *download, const linnet_message *response,
                                                 uint64_t *offset);

/* The value of Block2 that asks for the block at `next`; false: its number is past the option's 20 bits. */
bool linnet_download_option(const linnet_download *download, uint32_t *value);

/* Reads a Block option. False: there is none, or its value is none. */
bool linnet_block_of(const linnet_message *message, uint16_t number, linnet_block *block);

#endif
