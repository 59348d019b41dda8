/* DTLS 1.2 records once the keys are there (RFC 6347 4.1), also with a Connection ID (RFC 9146): sealing, opening, and
 * the window against replays. One epoch: sessions are not renegotiated, so it is 1 for good, and what it writes is
 * counted here and nowhere else. */
#ifndef LINNET_SECURITY_RECORD_H
#define LINNET_SECURITY_RECORD_H

#include "security/aead.h"

enum linnet_content {
    LINNET_CHANGE_CIPHER_SPEC = 20,
    LINNET_ALERT = 21,
    LINNET_HANDSHAKE = 22,
    LINNET_APPLICATION_DATA = 23,
    LINNET_TLS12_CID = 25 /* RFC 9146 */
};

#define LINNET_RECORD_HEADER_SIZE 13u /* without a Connection ID */
#define LINNET_RECORD_CID_AT 11u
#define LINNET_RECORD_EPOCH 1u
#define LINNET_CID_MOST 255u /* octets of a Connection ID (RFC 9146 3) */
/* Header, explicit nonce and tag, Connection ID and the octet that says the type: what a datagram is longer than its
 * plaintext, at most. */
#define LINNET_RECORD_OVERHEAD (LINNET_RECORD_HEADER_SIZE + 8u + LINNET_AEAD_TAG_MAX + LINNET_CID_MOST + 1u)
/* "The record sequence number [...] MUST NOT be allowed to wrap" (RFC 6347 4.1): 48 bits. */
#define LINNET_RECORD_SEQUENCES (UINT64_C(1) << 48)
#define LINNET_REPLAY_WINDOW 64u

/* A record as it stands in a datagram. */
typedef struct linnet_record {
    uint8_t type;
    uint8_t cid_size; /* of LINNET_TLS12_CID; else 0 */
    uint16_t epoch;
    uint64_t sequence; /* 48 bits */
    linnet_bytes fragment;
    linnet_bytes octets; /* all of it */
} linnet_record;

/* Takes the record at the front of `rest`. A Connection ID does not say how long it is: it has `cid_size` octets.
 * False: what is left is none (RFC 6347 4.1.2.7: it is discarded). */
bool linnet_record_next(linnet_bytes *rest, size_t cid_size, linnet_record *record);

static inline linnet_bytes linnet_record_cid(const linnet_record *record)
{
    return linnet_view(record->octets.data + LINNET_RECORD_CID_AT, record->cid_size);
}

/* Keys of both directions in one row: read key, write key, read IV, write IV. Those of AES fit in here. */
#define LINNET_SHORT_KEYS 40u
#define LINNET_LONG_KEYS (2u * (LINNET_AEAD_KEY_MAX + LINNET_AEAD_IV_MAX))

#define LINNET_CID_TAIL 4u

/* What one session needs to read and write. */
typedef struct linnet_record_state {
    uint64_t write_sequence; /* of the next record */
    uint64_t newest;         /* the highest sequence number that was authentic */
    uint64_t seen;           /* bit n: `newest` - n was */
    union {
        uint8_t octets[LINNET_SHORT_KEYS];
        uint8_t *elsewhere; /* LINNET_LONG_KEYS octets of the owner's, where `aead` has keys longer than AES-128 */
    } keys;
    uint8_t aead;                           /* linnet_aead */
    uint8_t read_cid_size;                  /* 0: what comes has no Connection ID */
    uint8_t write_cid_size;                 /* likewise what goes */
    uint8_t read_cid_tail[LINNET_CID_TAIL]; /* the owner's (sessions.h) */
} linnet_record_state;

/* Whether that suite's keys have to stand elsewhere. */
static inline bool linnet_record_is_long(linnet_aead aead) { return aead == LINNET_CHACHA20_POLY1305; }

/* Writes a record to `out` and returns its size, at most plain.size + LINNET_RECORD_OVERHEAD; `plain` does not overlap.
 * `cid` are state->write_cid_size octets. 0: the sequence numbers are used up, and the session is at its end. */
size_t linnet_record_seal(linnet_record_state *state, const uint8_t *cid, uint8_t type, linnet_bytes plain,
                          uint8_t *out);

/* How much longer than its plaintext a record of theirs is. */
static inline size_t linnet_record_growth(const linnet_record_state *state)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    size_t cid = state->write_cid_size ? state->write_cid_size + 1u : 0;
    return LINNET_RECORD_HEADER_SIZE + sizes->explicit_nonce + sizes->tag + cid;
}

/* Why a record was not opened. */
enum { LINNET_RECORD_FORGED = -1, LINNET_RECORD_REPLAYED = -2 };

/* What is in a record. */
typedef struct linnet_inner {
    uint8_t type; /* the real one */
    size_t size;
} linnet_inner;

/* Writes the plaintext to `out`, at most record->fragment.size octets, and what it is to *inner. Only then is the
 * record marked as seen. Whether its Connection ID is the right one, the caller knows. LINNET_RECORD_FORGED: not
 * authentic, of another epoch, or with a Connection ID where there is none or without; LINNET_RECORD_REPLAYED: it is
 * authentic, and was here before or is too old to know. */
int linnet_record_open(linnet_record_state *state, const linnet_record *record, uint8_t *out, linnet_inner *inner);

/* Whether it was neither here before nor is too old to know. */
bool linnet_record_is_new(const linnet_record_state *state, uint64_t sequence);

/* Exchanges what is read with and what is written with, to be the peer. */
void linnet_record_mirror(linnet_record_state *state);

#endif
