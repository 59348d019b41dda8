/* The inside of a linnet_server. Its functions stand in several files: server.c (opening, the loop), server_bind.c
 * (addresses), server_resources.c (copies of what is added), server_deferred.c (answers from other threads),
 * server_transfers.c (memory of block-wise transfers). */
#ifndef LINNET_NET_SERVER_H
#define LINNET_NET_SERVER_H

#include "net/loop.h"

#include <linnet/server.h>
#include <linnet/site.h>
#include <stdatomic.h>

struct linnet_server {
    linnet_loop loop; /* its mailbox is also the owner of the site and of deferred handles: it lives longest */
    linnet_site site;
    void *transfers_memory; /* of site.transfers */
    size_t transfers_size;
    atomic_bool stopped;
};

/* server_transfers.c; closing is due in any case. */
int linnet_server_open_transfers(linnet_server *server, const linnet_server_config *config);
void linnet_server_close_transfers(linnet_server *server);

/* server_resources.c */
void linnet_server_free_resources(linnet_server *server);
/* For linnet_site: stored values live in memory of malloc(). */
int linnet_server_resize(void *owner, linnet_value *value, size_t capacity);

#endif
