/* The request's body on its way to the server, block by block (RFC 7959 2.3, 2.5, 2.9): which block is next, and what
 * a response means for it. Knows no octets: the owner reads them from wherever the body is. */
#ifndef LINNET_CLIENT_UPLOAD_H
#define LINNET_CLIENT_UPLOAD_H

#include <linnet/block.h>
#include <linnet/code.h>

typedef struct linnet_upload {
    uint64_t offset; /* of the block that is to be sent, or was sent last */
    uint32_t sent;   /* octets of that block */
    uint8_t szx;
    bool more;      /* it is not the last */
    bool blockwise; /* the body takes more than one block, so Block1 is sent */
    bool restarted; /* after a 4.08, which is tried again once */
} linnet_upload;

typedef enum linnet_upload_verdict {
    LINNET_UPLOAD_NEXT,  /* send the block at `offset` */
    LINNET_UPLOAD_FINAL, /* this is the response to the whole request */
    LINNET_UPLOAD_ODD    /* this cannot be a response to that block */
} linnet_upload_verdict;

void linnet_upload_begin(linnet_upload *upload, uint8_t szx);

static inline size_t linnet_upload_block_size(const linnet_upload *upload) { return (size_t)16 << upload->szx; }

/* The owner has read the block at `offset`: `size` octets, and more behind them or not. */
void linnet_upload_sent(linnet_upload *upload, size_t size, bool more);

/* The value of Block1 for what linnet_upload_sent() told; false: the body is one block and goes without the option.
 * *fits: the number of the block is within the option's 20 bits. */
bool linnet_upload_option(const linnet_upload *upload, uint32_t *value, bool *fits);

/* A response to that block; `block1` is the option's value, or NULL where it has none that can be read. */
linnet_upload_verdict linnet_upload_response(linnet_upload *upload, linnet_code code, const linnet_block *block1);

#endif
