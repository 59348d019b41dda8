/* Offsets, not block numbers, are compared: the size of the blocks may change on the way (RFC 7959 2.3). */
#include "engine/upload.h"

static bool is_known(const linnet_transfer *transfer, uint32_t offset, linnet_bytes block)
{
    return block.size > 0 && offset < transfer->size && block.size <= transfer->size - offset &&
           memcmp(transfer->data + offset, block.data, block.size) == 0;
}

linnet_upload_verdict linnet_upload_add(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t offset,
                                        linnet_bytes block)
{
    if (is_known(transfer, offset, block))
        return LINNET_UPLOAD_AGAIN;
    if (offset != transfer->size)
        return LINNET_UPLOAD_GAP;
    if (!linnet_transfers_reserve(transfers, transfer, offset + (uint32_t)block.size))
        return LINNET_UPLOAD_FULL;
    if (block.size > 0)
        memcpy(transfer->data + offset, block.data, block.size);
    transfer->size += (uint32_t)block.size;
    return LINNET_UPLOAD_NEXT;
}

linnet_upload_verdict linnet_upload_pass(linnet_transfer *transfer, uint32_t offset, uint32_t size)
{
    if (offset == transfer->size) {
        transfer->size += size;
        return LINNET_UPLOAD_NEXT;
    }
    /* What it held is not known any more; that it ends where the last one did has to do. */
    return size > 0 && offset + size == transfer->size ? LINNET_UPLOAD_AGAIN : LINNET_UPLOAD_GAP;
}
