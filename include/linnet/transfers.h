/* What a server keeps between the messages of block-wise transfers (RFC 7959): request bodies that come in blocks, and
 * responses to other methods than GET that leave in blocks. A site without it takes whole requests only, and answers
 * in blocks only what it can make again. linnet_server has it. */
#ifndef LINNET_TRANSFERS_H
#define LINNET_TRANSFERS_H

#include <linnet/config.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_transfers linnet_transfers;

typedef struct linnet_transfers_config {
    linnet_transmission transmission; /* a transfer that is idle for EXCHANGE_LIFETIME is dropped */
    linnet_limits limits;             /* uploads, uploads_per_peer and upload_memory of it */
    linnet_memory memory; /* for the bodies; without resize only resources with `.streaming` take bodies in blocks */
    void (*random)(void *context, void *out, size_t size); /* numbers that nobody can guess */
    void *random_context;
} linnet_transfers_config;

/* Octets that it needs besides the bodies, at most. */
size_t linnet_transfers_memory(const linnet_limits *limits);
/* Makes it in `memory`, which the caller owns, has zeroed, and aligned for a pointer and a uint64_t; it is touched only
 * where it is used. Then give it to a site: site.transfers. LINNET_ENOMEM: `size` is below linnet_transfers_memory();
 * LINNET_EINVAL: `random` is missing, or a setting outside its range. */
int linnet_transfers_init(linnet_transfers **transfers, void *memory, size_t size,
                          const linnet_transfers_config *config);
/* Drops all transfers and so releases their bodies. The memory is the caller's again. */
void linnet_transfers_clear(linnet_transfers *transfers);

#ifdef __cplusplus
}
#endif
#endif
