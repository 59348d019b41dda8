/* One DTLS 1.2 handshake, shaken by GnuTLS: records go in one by one, whole flights come out, and the time is ours. It
 * ends with keys for record.h, and the library's session is released. */
#ifndef LINNET_SECURITY_HANDSHAKE_H
#define LINNET_SECURITY_HANDSHAKE_H

#include "engine/ages.h"
#include "engine/table.h"
#include "engine/wheel.h"
#include "security/keyring.h"
#include "security/record.h"

#include <gnutls/dtls.h>

enum {
    LINNET_HANDSHAKE_MTU = LINNET_DTLS_DATAGRAM,
    /* RFC 6347 4.2.4.1: "an initial timer value of 1 second [...] and double the value at each retransmission, up to
     * no less than the RFC 6298 maximum of 60 seconds". */
    LINNET_HANDSHAKE_TIMEOUT_MS = 1000,
    LINNET_HANDSHAKE_TIMEOUT_MOST_MS = 60000,
    /* A peer that repeats itself has not heard us: it is answered at once, but not more often than this. */
    LINNET_HANDSHAKE_PAUSE_MS = 250,
    /* When it is given up: after five retransmissions. */
    LINNET_HANDSHAKE_LIMIT_MS = 45000,
    LINNET_HANDSHAKE_TEXT = 200,
    LINNET_CID_OWN_MOST = 4 + LINNET_CID_TAIL
};

typedef enum linnet_handshake_state { LINNET_SHAKING, LINNET_SHAKEN, LINNET_NOT_SHAKEN } linnet_handshake_state;

/* Connection IDs of both sides (RFC 9146 3). */
typedef struct linnet_cids {
    bool wanted; /* the extension is offered, or answered */
    bool agreed; /* both sides have it */
    uint8_t own_size;
    uint8_t peer_size;
    uint8_t own[LINNET_CID_OWN_MOST]; /* what the peer writes to us */
    uint8_t peer[LINNET_CID_MOST];    /* what we write to it */
} linnet_cids;

typedef struct linnet_handshake {
    linnet_node by_path;
    linnet_timer timer;
    linnet_age age; /* among all that are under way */
    linnet_path path;
    uint32_t id; /* of the session that it is to be */
    linnet_cids cids;
    uint16_t suite; /* that the ServerHello says; 0: there was none */
    linnet_keyring *keyring;
    gnutls_session_t tls;
    void *tag;                 /* of whoever asked for it */
    char *name;                /* client: the name that the server's certificate has to have; NULL: any */
    uint8_t client_random[32]; /* server: which ClientHello started it */
    uint64_t timeout;          /* microseconds until the flight is sent again */
    uint64_t deadline;
    linnet_bytes input; /* a record that the library has not taken yet */
    uint8_t *out;       /* records that wait to be sent */
    size_t out_size;
    size_t out_capacity;
    uint8_t *flight; /* what was sent last */
    size_t flight_size;
    uint64_t sequence; /* of the next record in the clear */
    bool has_sent;
    linnet_handshake_state state;
    uint32_t sent;    /* 1 + the highest message number that was sent */
    uint32_t heard;   /* the same of what came */
    uint32_t in_call; /* messages below this number are not sent in the call that is going on */
    bool muted;       /* nor is anything else in it */
    uint64_t sent_at; /* when a flight left the last time */
    int error;        /* LINNET_NOT_SHAKEN: why */
    int alert;        /* -1: none */
    bool alert_received;
    char text[LINNET_HANDSHAKE_TEXT];
} linnet_handshake;

/* Starts one with path->peer. A client's first flight is in `out` after it. `prestate` is the server's, of a verified
 * cookie. NULL: no memory. `name` is copied, and may be NULL. */
linnet_handshake *linnet_handshake_open(linnet_keyring *keyring, const gnutls_dtls_prestate_st *prestate,
                                        const linnet_cids *cids, const linnet_path *path, const char *name,
                                        uint64_t now);
void linnet_handshake_close(linnet_handshake *handshake);

/* Gives it one record; what it answers is in `out`. */
void linnet_handshake_receive(linnet_handshake *handshake, uint64_t now, const linnet_record *record);
/* Its timer is due: the flight is in `out` once more, or it has failed. */
void linnet_handshake_expire(linnet_handshake *handshake, uint64_t now);

/* When it is LINNET_SHAKEN: takes the keys out. `long_keys` has room for LINNET_LONG_KEYS and is used where
 * linnet_record_is_long(). `finished` is the record that ended it. False: not a suite of ours. */
bool linnet_handshake_keys(const linnet_handshake *handshake, const linnet_record *finished, linnet_record_state *state,
                           uint8_t *long_keys);
/* The keys that the library will have, before it has them: RFC 5246 6.3, of a suite with AEAD. */
bool linnet_agreed_derive(const linnet_handshake *handshake, linnet_record_state *state, uint8_t *long_keys);
/* Who the peer is. The name is written to `room`, cut where it does not fit. */
linnet_identity linnet_handshake_identity(const linnet_handshake *handshake, uint8_t *room, size_t capacity);

/* Tells keyring->failed or keyring->succeeded, if anybody wants to know. */
void linnet_handshake_report(const linnet_handshake *handshake);
void linnet_handshake_report_success(const linnet_handshake *handshake);

#endif
