/* DTLS 1.2 records once the keys are there (RFC 6347 4.1): sealing, opening, and the window against replays. One epoch:
 * sessions are not renegotiated, so it is 1 for good, and what it writes is counted here and nowhere else. */
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

#define LINNET_RECORD_HEADER_SIZE 13u
#define LINNET_RECORD_EPOCH 1u
/* Header, explicit nonce and tag: what a datagram is longer than its plaintext, at most. */
#define LINNET_RECORD_OVERHEAD (LINNET_RECORD_HEADER_SIZE + 8u + LINNET_AEAD_TAG_MAX)
/* "The record sequence number [...] MUST NOT be allowed to wrap" (RFC 6347 4.1): 48 bits. */
#define LINNET_RECORD_SEQUENCES (UINT64_C(1) << 48)
#define LINNET_REPLAY_WINDOW 64u

/* A record as it stands in a datagram. */
typedef struct linnet_record {
    uint8_t type;
    uint16_t epoch;
    uint64_t sequence; /* 48 bits */
    linnet_bytes fragment;
    linnet_bytes octets; /* all of it */
} linnet_record;

/* Takes the record at the front of `rest`. False: what is left is none (RFC 6347 4.1.2.7: it is discarded). */
bool linnet_record_next(linnet_bytes *rest, linnet_record *record);

/* Keys of both directions in one row: read key, write key, read IV, write IV. Those of AES fit in here. */
#define LINNET_SHORT_KEYS 40u
#define LINNET_LONG_KEYS (2u * (LINNET_AEAD_KEY_MAX + LINNET_AEAD_IV_MAX))

/* What one session needs to read and write. */
typedef struct linnet_record_state {
    uint64_t write_sequence; /* of the next record */
    uint64_t newest;         /* the highest sequence number that was authentic */
    uint64_t seen;           /* bit n: `newest` - n was */
    union {
        uint8_t octets[LINNET_SHORT_KEYS];
        uint8_t *elsewhere; /* LINNET_LONG_KEYS octets of the owner's, where `aead` has keys longer than AES-128 */
    } keys;
    uint8_t aead; /* linnet_aead */
} linnet_record_state;

/* Whether that suite's keys have to stand elsewhere. */
static inline bool linnet_record_is_long(linnet_aead aead) { return aead == LINNET_CHACHA20_POLY1305; }

/* Writes a record to `out` and returns its size, at most plain.size + LINNET_RECORD_OVERHEAD; `plain` does not overlap.
 * 0: the sequence numbers are used up, and the session is at its end. */
size_t linnet_record_seal(linnet_record_state *state, uint8_t type, linnet_bytes plain, uint8_t *out);

/* Why a record was not opened. */
enum { LINNET_RECORD_FORGED = -1, LINNET_RECORD_REPLAYED = -2 };

/* Writes the plaintext to `out`, at most record->fragment.size octets, and returns its size. Only then is the record
 * marked as seen. LINNET_RECORD_FORGED: not authentic, or of another epoch; LINNET_RECORD_REPLAYED: it is authentic,
 * and was here before or is too old to know: `out` then holds what it says, `*size` how much. */
int linnet_record_open(linnet_record_state *state, const linnet_record *record, uint8_t *out, size_t *size);

#endif
