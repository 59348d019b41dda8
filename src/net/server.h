/* The inside of a linnet_server. Its functions stand in several files: server.c (opening, the loop), server_bind.c
 * (addresses), server_groups.c (multicast), server_resources.c (copies of what is added), server_deferred.c (answers
 * from other threads), server_timers.c (linnet_server_after()), server_transfers.c (memory of block-wise transfers). */
#ifndef LINNET_NET_SERVER_H
#define LINNET_NET_SERVER_H

#include "engine/table.h"
#include "engine/wheel.h"
#include "net/loop.h"

#include <linnet/echo.h>
#include <linnet/q_block.h>
#include <linnet/server.h>
#include <linnet/site.h>
#include <stdatomic.h>

typedef struct linnet_server_timers {
    linnet_wheel wheel;
    struct linnet_server_slot *slots;
    uint32_t count;
    uint32_t capacity;
    uint32_t free; /* 1 + the index of a free slot */
} linnet_server_timers;

struct linnet_server {
    linnet_loop loop; /* its mailbox is also the owner of the site and of deferred handles: it lives longest */
    linnet_site site;
    linnet_path_key path_key;
    linnet_server_timers timers;
    void *observers; /* memory of linnet_observers */
    linnet_observers *observing;
    size_t observers_size;
    void *echo; /* memory of linnet_echo */
    size_t echo_size;
    void *transfers_memory; /* of site.transfers */
    size_t transfers_size;
    linnet_q_block *q_block; /* NULL: switched off */
    void *q_block_memory;
    size_t q_block_size;
    struct linnet_keyring *keyring;           /* NULL: no coaps:// */
    struct linnet_session_file *session_file; /* NULL: none */
    linnet_found_sessions found;
    atomic_bool stopped;
};

/* server_timers.c */
uint64_t linnet_server_timers_deadline(const linnet_server *server);
void linnet_server_timers_run(linnet_server *server);
void linnet_server_timers_free(linnet_server *server);

/* server_transfers.c; closing is due in any case. */
int linnet_server_open_transfers(linnet_server *server, const linnet_server_config *config);
void linnet_server_close_transfers(linnet_server *server);

/* server_resources.c */
void linnet_server_free_resources(linnet_server *server);
/* linnet_site_add() and linnet_site_remove() for a resource whose memory is the caller's, which he takes back before
 * the server closes. He may change *config between requests. */
int linnet_server_attach(linnet_server *server, linnet_resource *resource, const char *path,
                         const linnet_resource_config *config);
void linnet_server_detach(linnet_server *server, linnet_resource *resource);
/* For linnet_site: stored values live in memory of malloc(). */
int linnet_server_resize(void *owner, linnet_value *value, size_t capacity);

#endif
