/* The inside of a linnet_dtls. Its functions stand in several files: dtls.c (what a datagram is for), sessions.c (those
 * that are set up), shaking.c (those that will be), moving.c (whose
 * address changes), saving.c (over a restart), cookie.c (what comes before any memory
 * is spent). */
#ifndef LINNET_SECURITY_SESSIONS_H
#define LINNET_SECURITY_SESSIONS_H

#include "engine/hash.h"
#include "engine/pool.h"
#include "security/dtls.h"
#include "security/handshake.h"

enum {
    LINNET_NAME_ROOM = 512,        /* octets of a peer's name that are kept */
    LINNET_FLIGHT_KEPT_MS = 60000, /* how long a last flight may be asked for again */
    LINNET_FLIGHT_PAUSE_MS = 250,  /* and how often */
    LINNET_FLIGHT_MOST = 8,        /* and how many times */
    LINNET_EVICTION_LOOKS = 64,    /* at sessions, for one to make way */
    LINNET_MOVE_FACTOR = 3,        /* how many times what it sent a new address gets until it has shown that it hears */
    LINNET_MOVE_REPEATS = 4,       /* of one question: MAX_RETRANSMIT of RFC 7252 4.8 */
    LINNET_MOVE_PAUSE_MS = 1000,   /* how often it is asked whether it does */
    LINNET_CID_STANDARD = 6,       /* octets of the Connection IDs that a server gives */
    LINNET_CID_OWN_LEAST = 4,      /* a session's number; up to LINNET_CID_OWN_MOST */
    LINNET_RECORD_ROOM = 16384 + 64 /* octets of the longest plaintext (RFC 5246 6.2.1), and some */
};

/* What was sent last in a handshake, as it was: until the peer shows that it has it, it may be asked for again. The
 * same octets are sent, so no sequence number is used twice for different ones. */
typedef struct linnet_last_flight {
    linnet_timer timer; /* when it is forgotten */
    struct linnet_session *session;
    uint64_t resent_at;
    unsigned resent;
    size_t size;
    uint8_t octets[];
} linnet_last_flight;

/* Where the peer of a session is now, when that is not where it was at first. */
typedef struct linnet_move {
    linnet_timer timer; /* when it is asked whether it hears us there */
    struct linnet_session *session;
    linnet_path way;
    linnet_path proved; /* the last way that it was known to hear us on */
    uint64_t asked_at;  /* 0: it was not yet */
    uint32_t credit;    /* octets that may go to `way` until it is proved */
    uint8_t question[2];
    uint8_t repeated; /* how often it was asked again */
    bool has_asked;   /* `question` waits for its answer */
    bool is_proved;
} linnet_move;

/* What is read seldom, in one block. */
typedef struct linnet_session_more {
    linnet_move *move;          /* where session.moved */
    linnet_last_flight *flight; /* NULL: forgotten */
    linnet_security security;
    uint16_t name_size;
    uint8_t octets[]; /* the peer's Connection ID; its name; LINNET_LONG_KEYS, where they are needed */
} linnet_session_more;

typedef struct linnet_session {
    linnet_node by_path;
    linnet_node by_id;
    linnet_path path; /* as it began, and as the engine knows it; peer.session is its number */
    linnet_record_state record;
    linnet_session_more *more;
    bool in_use;
    bool moved;
    bool recent; /* something authentic came since the hand of the clock passed (see sessions.c) */
} linnet_session;

/* What is written to it begins with that; record.write_cid_size octets. */
static inline const uint8_t *linnet_session_cid(const linnet_session *session) { return session->more->octets; }

static inline linnet_bytes linnet_session_name(const linnet_session *session)
{
    return linnet_view(session->more->octets + session->record.write_cid_size, session->more->name_size);
}

_Static_assert(sizeof(void *) > 8 || sizeof(linnet_session) <= 168, "a million sessions fit into 168 MB");

/* All of one, at its worst but for its name and the peer's Connection ID: with its places in the tables, and moved. */
_Static_assert(sizeof(void *) > 8 || sizeof(linnet_session) + sizeof(linnet_session_more) + sizeof(linnet_move) +
                                             2 * 2 * sizeof(linnet_node *) + LINNET_LONG_KEYS <=
                                         512,
               "a session that has moved is below 512 octets");

struct linnet_dtls {
    linnet_dtls_config config;
    linnet_hash_key hash_key;
    linnet_pool pool;
    linnet_pool moves;
    linnet_table by_path; /* sessions that are found by their path, the last that came to it */
    linnet_table by_id;
    linnet_table shaking; /* handshakes, by path */
    linnet_ages ages;     /* of handshakes */
    size_t handshakes;
    size_t handshake_limit;
    linnet_wheel wheel;     /* of handshakes */
    linnet_wheel flights;   /* of last flights */
    linnet_wheel questions; /* of moves */
    uint64_t now;           /* when something came the last time */
    uint32_t next_id;
    uint8_t cid_size; /* of the Connection IDs that we give; 0: none */
    bool has_cids;    /* the extension is offered, or answered */
    uint32_t hand;
    uint8_t cookie_key[32];
    uint8_t *plain; /* LINNET_RECORD_ROOM octets */
};

/* By what a path is found. A server's includes our address; a client lets the system choose that. */
uint64_t linnet_dtls_key(const linnet_dtls *dtls, const linnet_path *way);

/* sessions.c */
linnet_session *linnet_session_find(const linnet_dtls *dtls, uint32_t id);
linnet_session *linnet_session_on(const linnet_dtls *dtls, const linnet_path *way);
linnet_session *linnet_session_called(const linnet_dtls *dtls, linnet_bytes cid);
/* A number that no session has; after 2^32 sessions they begin anew. */
uint32_t linnet_session_number(linnet_dtls *dtls);
/* Makes one of a handshake that is shaken; the one that was on that way before is at its end. NULL: no memory. */
linnet_session *linnet_session_make(linnet_dtls *dtls, uint64_t now, const linnet_handshake *handshake,
                                    const linnet_record *finished);
/* Opens a record of its that came by `way`, and does what it says. False: it is not authentic. */
bool linnet_session_receive(linnet_dtls *dtls, uint64_t now, linnet_session *session, const linnet_path *way,
                            const linnet_record *record);
void linnet_session_forget_flight(linnet_dtls *dtls, linnet_session *session);
/* One that was saved (saving.c); path->peer.session is the number that it had. Without memory for it there is none. */
void linnet_session_restore(linnet_dtls *dtls, uint64_t now, const linnet_path *path, const linnet_record_state *record,
                            linnet_bytes keys, linnet_bytes cid, linnet_identity who);
/* Without a word to anybody. */
void linnet_session_take_down(linnet_dtls *dtls, linnet_session *session);
/* Sends an alert and takes it down; `error` is told to config.ended unless it is 0. */
void linnet_session_close(linnet_dtls *dtls, uint64_t now, linnet_session *session, int error);

/* The one way to linnet_record_seal() for a session. */
static inline size_t linnet_session_seal(linnet_session *session, uint8_t type, linnet_bytes plain, uint8_t *out)
{
    return linnet_record_seal(&session->record, linnet_session_cid(session), type, plain, out);
}

/* moving.c. All of a session that has moved, but for linnet_move_note() and those that say so. */

/* An authentic record of a server's session came by `way`. */
void linnet_move_note(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, const linnet_record *record);
/* Where a datagram of that size is to go, which counts it. */
linnet_path linnet_move_way(linnet_dtls *dtls, linnet_session *session, size_t size);
/* Asks, if it is still to be known. */
void linnet_move_ask(linnet_dtls *dtls, uint64_t now, linnet_move *move);
/* Whether this is the answer, and for nobody else. */
bool linnet_move_is_answer(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, linnet_bytes plain);
/* The last way that the peer was known to hear us on; of any session. */
const linnet_path *linnet_move_home(const linnet_session *session);
void linnet_move_forget(linnet_dtls *dtls, linnet_session *session); /* of any session */

/* Where a datagram of that size for a session is to go. */
static inline linnet_path linnet_session_way(linnet_dtls *dtls, linnet_session *session, size_t size)
{
    if (session->moved)
        return linnet_move_way(dtls, session, size);
    linnet_path way = session->path;
    way.peer.session = 0;
    return way;
}

/* shaking.c */
linnet_handshake *linnet_shaking_on(const linnet_dtls *dtls, const linnet_path *way);
/* Begins one; the oldest makes way where there are too many. */
linnet_handshake *linnet_shaking_begin(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_keyring *keyring,
                                       const gnutls_dtls_prestate_st *prestate, const char *name, void *tag);
/* Gives it a record, sends what it says, and makes a session of it when it is done. */
void linnet_shaking_receive(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, const linnet_record *record);
void linnet_shaking_expire(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake);
/* Ends it without a word to the peer. */
void linnet_shaking_drop(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, int error);
void linnet_shaking_clear(linnet_dtls *dtls);

/* cookie.c: a ClientHello without a good cookie is answered with one, and nothing is kept (RFC 6347 4.2.1). */
bool linnet_cookie_is_hello(const linnet_record *record);
/* Where in it the client's random number is. */
const uint8_t *linnet_cookie_random(const linnet_record *record);
bool linnet_cookie_check(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record,
                         gnutls_dtls_prestate_st *prestate);
void linnet_cookie_send(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record);

#endif
