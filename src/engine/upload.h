/*
 * The server's half of a request body in blocks (RFC 7959 2.3, 2.5): which block may follow which. A block adds to the
 * body only where it ends; one that came before changes nothing; anything else ends the transfer.
 */
#ifndef LINNET_ENGINE_UPLOAD_H
#define LINNET_ENGINE_UPLOAD_H

#include "engine/transfers.h"

typedef enum linnet_upload_verdict {
    LINNET_UPLOAD_NEXT,  /* the body is longer now */
    LINNET_UPLOAD_AGAIN, /* it was here before, the same */
    LINNET_UPLOAD_GAP,   /* blocks before it are missing, or it is not what came before: 4.08 */
    LINNET_UPLOAD_FULL   /* there is no memory for it: 5.03 */
} linnet_upload_verdict;

/* Puts a block to the others. */
linnet_upload_verdict linnet_upload_add(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t offset,
                                        linnet_bytes block);
/* Lets a block pass to somebody who takes it at once: nothing but its end is kept. */
linnet_upload_verdict linnet_upload_pass(linnet_transfer *transfer, uint32_t offset, uint32_t size);

#endif
