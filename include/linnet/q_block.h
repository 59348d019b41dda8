/*
 * Q-Block1 and Q-Block2 in the server role (RFC 9177): large bodies over links that lose much, as sets of
 * non-confirmable messages with only what is lost repeated. linnet_server has it, linnet_server_config.no_q_block
 * leaves it out; a device that never calls linnet_q_block_init() links nothing of it, and refuses the options, 4.02.
 *
 * A body by Q-Block1 is put together and given to the handler whole, once, also where the resource has `.streaming`. A
 * response by Q-Block2 is cut from what the handler says, as that by Block2 is. One request makes at most MAX_PAYLOADS
 * datagrams leave; what is behind them the client asks for. An address that has to prove itself (echo.h) gets none of
 * it before it has. With Observe the request is answered as a plain one.
 */
#ifndef LINNET_Q_BLOCK_H
#define LINNET_Q_BLOCK_H

#include <linnet/endpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_q_block linnet_q_block;

/* Octets of memory that it needs. */
size_t linnet_q_block_memory(const linnet_limits *limits);
/*
 * As linnet_endpoint_init(), for an endpoint whose `serve` is linnet_site_serve, with a site that has transfers: bodies
 * count among those (limits.uploads, uploads_per_peer, upload_memory). LINNET_ENOMEM; LINNET_EINVAL: a setting is
 * outside its range, the endpoint serves otherwise, or the site's transfers have no memory. The memory is free after
 * linnet_endpoint_clear() and linnet_transfers_clear().
 */
int linnet_q_block_init(linnet_q_block **q_block, void *memory, size_t size, linnet_endpoint *endpoint,
                        const linnet_q_transmission *settings);

/* When linnet_q_block_advance() has to be called at the latest, besides the endpoint's own deadline. 0: at once. */
uint64_t linnet_q_block_deadline(const linnet_q_block *q_block);
/* Sends what is due: the further blocks of responses, requests for missing ones. Not from a handler. */
void linnet_q_block_advance(linnet_q_block *q_block, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
