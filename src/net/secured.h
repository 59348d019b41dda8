/* Secured sessions on the sockets of a loop: DTLS datagrams are opened before the endpoint sees them, and what it sends
 * to a session is sealed after it wrote it. A loop without them is as it was: it has no linnet_dtls. */
#ifndef LINNET_NET_SECURED_H
#define LINNET_NET_SECURED_H

#include "net/loop.h"
#include "net/session_file.h"
#include "security/dtls.h"

typedef struct linnet_secured_config {
    linnet_limits limits;
    linnet_keyring *keyring;   /* server; NULL: client */
    linnet_session_file *file; /* NULL: sessions end with the loop. It stays the caller's, and is closed later */
    /* As in linnet_dtls_config; may be NULL. `context` is for both. */
    void (*connected)(void *context, uint64_t now, void *tag, int error, const linnet_path *path);
    void (*ended)(void *context, uint64_t now, const linnet_path *path, int error);
    void *context;
} linnet_secured_config;

/* LINNET_ENOMEM, LINNET_EUNSUPPORTED. linnet_secured_close() is due in any case, before the sockets go. */
int linnet_secured_open(linnet_loop *loop, const linnet_secured_config *config);
/* Goes on with the sessions in the file. Before there are any others. */
linnet_dtls_restored linnet_secured_restore(linnet_loop *loop);
void linnet_secured_close(linnet_loop *loop);

/* False: it is nothing secured, and for the endpoint as it is. */
bool linnet_secured_take(linnet_loop *loop, uint64_t now, const linnet_arrival *arrival, linnet_bytes datagram);
/* Seals the slot given last, whose first `size` octets are for the session of `path`. */
void linnet_secured_send(linnet_loop *loop, const linnet_path *path, size_t size);
/* The network's word on a datagram that begins so. False: it was nothing secured. */
bool linnet_secured_unreachable(linnet_loop *loop, const linnet_path *way, linnet_bytes front, int error);

/* A linnet_site.identify; `context` is the loop. */
linnet_identity linnet_secured_identify(void *context, const linnet_path *path);

#endif
