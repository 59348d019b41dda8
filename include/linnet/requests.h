/*
 * The client role without I/O: requests to many peers over one endpoint. Holds back what NSTART does not allow yet
 * (RFC 7252 4.7) and moves on to a further source port when the message IDs of one are used up (4.4).
 */
#ifndef LINNET_REQUESTS_H
#define LINNET_REQUESTS_H

#include <linnet/endpoint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_requests linnet_requests;

typedef struct linnet_requests_config {
    linnet_endpoint *endpoint;
    linnet_limits limits;
    linnet_transmission transmission; /* for nstart */
    /* Makes sure that socket number `socket` exists; called before a number is used for the first time, in rising
     * order from 1 (0 exists). 0, or an error: no more sockets, requests then wait for message IDs. NULL: one socket.
     */
    int (*open_socket)(void *context, uint16_t socket);
    void *context;
} linnet_requests_config;

size_t linnet_requests_memory(const linnet_limits *limits);
/* As linnet_endpoint_init(). */
int linnet_requests_init(linnet_requests **requests, void *memory, size_t size, const linnet_requests_config *config);

/* Sends or queues a request to path->peer; path->socket is chosen here. Errors as linnet_endpoint_prepare(), and
 * LINNET_EBUSY when limits.peers or limits.exchanges is reached. */
int linnet_requests_send(linnet_requests *requests, uint64_t now, const linnet_path *path,
                         const linnet_outgoing *outgoing, linnet_exchange *exchange);
/* As linnet_endpoint_cancel(); also for a request that is still queued. */
int linnet_requests_cancel(linnet_requests *requests, linnet_exchange exchange, int error);

/* From now on nothing that waits is sent: before everything is cancelled, which would make way for it. */
void linnet_requests_hold(linnet_requests *requests);

/* Requests that have not ended, queued ones included. */
size_t linnet_requests_pending(const linnet_requests *requests);

/* When linnet_requests_advance() has to be called at the latest, besides the endpoint's own deadline. */
uint64_t linnet_requests_deadline(const linnet_requests *requests);
void linnet_requests_advance(linnet_requests *requests, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif
