/*
 * The door to secured sessions: datagrams from peers go in; plaintext with the session that it came by, datagrams to
 * send and a deadline come out. No sockets, no clock: time is a parameter, as in the engine.
 *
 * A linnet_dtls is either a server, for all peers that connect to it, or a client, for all that it connects to.
 */
#ifndef LINNET_SECURITY_DTLS_H
#define LINNET_SECURITY_DTLS_H

#include <linnet/address.h>
#include <linnet/config.h>
#include <linnet/credentials.h>

/* What a datagram is longer than its plaintext, at most: 37 octets, and what a peer wants to have as Connection ID. */
#define LINNET_DTLS_OVERHEAD 293u
/* The largest datagram of a handshake: what passes an IPv6 path of 1280 octets. */
#define LINNET_DTLS_DATAGRAM 1232u

typedef struct linnet_dtls linnet_dtls;

/* Credentials, read and checked once, for any number of handshakes. */
typedef struct linnet_keyring linnet_keyring;

/* Made with one holder. LINNET_ECREDENTIALS: they cannot be read, do not fit together, or say nothing; LINNET_ENOMEM;
 * LINNET_EUNSUPPORTED. `server` chooses which half of them counts. */
int linnet_keyring_open(linnet_keyring **keyring, const linnet_credentials *credentials, bool server);
void linnet_keyring_hold(linnet_keyring *keyring);
void linnet_keyring_release(linnet_keyring *keyring); /* NULL is fine */
/* A hash of them: equal credentials have equal ones. */
uint64_t linnet_keyring_print(const linnet_credentials *credentials);

/* `way` is the path of a datagram as sockets know it: peer.session is 0. `path` is one as the engine knows it: that of
 * the session, which stays the same as long as the session does. */
typedef struct linnet_dtls_config {
    linnet_limits limits;    /* sessions, handshakes */
    linnet_keyring *keyring; /* server: held until linnet_dtls_clear(); NULL: a client */
    void *context;
    void (*send)(void *context, const linnet_path *way, linnet_bytes datagram);
    void (*deliver)(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain);
    /* Client: what came of linnet_dtls_connect(), once; with error 0 `path` is that of the session. */
    void (*connected)(void *context, uint64_t now, void *tag, int error, const linnet_path *path);
    /* A session is no more, other than by linnet_dtls_end(): LINNET_ECLOSED, the peer ended it or a new one took its
     * place; LINNET_EBUSY, it made way. */
    void (*ended)(void *context, uint64_t now, const linnet_path *path, int error);
} linnet_dtls_config;

size_t linnet_dtls_memory(const linnet_limits *limits);
/* As linnet_endpoint_init(). LINNET_ENOMEM. Then linnet_dtls_clear() is due. */
int linnet_dtls_init(linnet_dtls **dtls, void *memory, size_t size, const linnet_dtls_config *config);
/* Ends all sessions with a close_notify alert and all handshakes; nobody is called but `send`. The memory is the
 * caller's again. */
void linnet_dtls_clear(linnet_dtls *dtls);

/* Whether a datagram is DTLS rather than CoAP, where one socket has both (RFC 7983 7). */
static inline bool linnet_dtls_is_one(linnet_bytes datagram)
{
    return datagram.size > 0 && datagram.data[0] >= 20 && datagram.data[0] <= 63;
}

void linnet_dtls_receive(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_bytes datagram);
/* The network says that a datagram to that peer did not arrive: ends a client's handshake with `error`. */
void linnet_dtls_unreachable(linnet_dtls *dtls, uint64_t now, const linnet_path *way, int error);

/* Protects what is to go to a session, at once: writes the datagram to `out`, at most plain.size + LINNET_DTLS_OVERHEAD
 * octets, and its way to *way. 0: there is no such session. `plain` does not overlap. The way is that of the peer's
 * latest record, or of an earlier one while that is not to be trusted (moving.c). */
size_t linnet_dtls_seal(linnet_dtls *dtls, uint32_t session, linnet_bytes plain, uint8_t *out, linnet_path *way);

/* Client: begins a handshake. The peer may have one session or handshake on each socket of ours: LINNET_EEXIST.
 * LINNET_ENOMEM, LINNET_EBUSY. `name` may be NULL. */
int linnet_dtls_connect(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_keyring *keyring,
                        const char *name, void *tag);
/* Whether there is a session or handshake on that way. */
bool linnet_dtls_is_taken(const linnet_dtls *dtls, const linnet_path *way);
/* Ends a session: the peer is told by a close_notify alert. Of one that is no more nothing happens. */
void linnet_dtls_end(linnet_dtls *dtls, uint32_t session);

/* Who the peer is; LINNET_NOT_SECURED when there is no such session. Lives as long as the session. */
linnet_identity linnet_dtls_identity(const linnet_dtls *dtls, uint32_t session);

uint64_t linnet_dtls_deadline(const linnet_dtls *dtls);
void linnet_dtls_advance(linnet_dtls *dtls, uint64_t now);

/* For a restart in order: all sessions as octets, secret ones, in memory of malloc(); they are gone from here, and the
 * peers hear nothing of it. NULL: no memory, and they are still here. What was saved may be restored once, or a
 * sequence number would be used twice. */
uint8_t *linnet_dtls_save(linnet_dtls *dtls, size_t *size);
/* LINNET_EFORMAT: not, or not all of it, what linnet_dtls_save() gave; those before that are restored. */
int linnet_dtls_restore(linnet_dtls *dtls, uint64_t now, linnet_bytes saved);

/* How many there are, for tests and statistics. */
size_t linnet_dtls_sessions(const linnet_dtls *dtls);
size_t linnet_dtls_handshakes(const linnet_dtls *dtls);

#endif
