/* One CoAP message as a datagram carries it (RFC 7252 section 3): parsing in place, building into a buffer. */
#ifndef LINNET_MESSAGE_H
#define LINNET_MESSAGE_H

#include <linnet/bytes.h>
#include <linnet/code.h>
#include <linnet/option.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum linnet_type {
    LINNET_CON = 0, /* confirmable */
    LINNET_NON = 1, /* non-confirmable */
    LINNET_ACK = 2, /* acknowledgement */
    LINNET_RST = 3  /* reset */
} linnet_type;

#define LINNET_TOKEN_MAX 8u         /* RFC 7252 section 3; longer ones are for both sides to agree on (RFC 8974) */
#define LINNET_TOKEN_LONGEST 65804u /* RFC 8974 2.1 */
#define LINNET_MESSAGE_HEADER_SIZE 4u
#define LINNET_MESSAGE_SIZE_DEFAULT 1152u /* RFC 7252 4.6: what to assume a path carries */

/* A parsed message. Every view points into the datagram and dies with it. */
typedef struct linnet_message {
    linnet_bytes token;
    linnet_bytes options; /* still encoded: read them with a linnet_option_cursor */
    linnet_bytes payload; /* size 0 when there is none */
    uint16_t id;          /* Message ID */
    linnet_code code;
    uint8_t type; /* linnet_type */
} linnet_message;

/*
 * Parses a whole datagram. Checks all that RFC 7252 section 3 calls a message format error, the encoding of each
 * option included, so that walking the options afterwards cannot fail. Tokens of more than LINNET_TOKEN_MAX octets are
 * none (RFC 8974): an endpoint decides what it takes (linnet_limits.token_size).
 *
 * LINNET_EVERSION: not version 1, to be ignored. LINNET_EFORMAT: format error; when `datagram` has at least four
 * octets `type`, `code` and `id` are set all the same, so that a Reset can be sent; with fewer, `*message` is zero
 * and nothing can be answered - linnet_message_has_id() tells.
 */
int linnet_message_parse(linnet_message *message, linnet_bytes datagram);

/* Whether a datagram is long enough for its Message ID to be read. */
static inline bool linnet_message_has_id(linnet_bytes datagram) { return datagram.size >= LINNET_MESSAGE_HEADER_SIZE; }

/* The payload as a diagnostic text is safe to print only after this: valid UTF-8 (RFC 3629), no NUL. */
bool linnet_utf8_valid(linnet_bytes text);

/*
 * Builds one message into the caller's buffer. The first error sticks and makes the calls after it do nothing, so
 * only linnet_writer_end() has to be checked. The buffer stays the caller's; the writer owns nothing.
 */
typedef struct linnet_writer {
    uint8_t *start;
    uint8_t *at;
    uint8_t *end;
    uint16_t last_option;
    bool has_payload;
    int error;
} linnet_writer;

/* Starts with header and token. LINNET_EINVAL for a token over LINNET_TOKEN_LONGEST octets. */
void linnet_writer_begin(linnet_writer *writer, void *buffer, size_t capacity, linnet_type type, linnet_code code,
                         uint16_t id, linnet_bytes token);

/* Starts a bare list of options: no header, no token. For options that are kept apart from a message. */
void linnet_writer_begin_options(linnet_writer *writer, void *buffer, size_t capacity);

/* Appends an option; numbers must not fall (LINNET_EORDER). LINNET_ENOSPC when it does not fit. */
void linnet_writer_option(linnet_writer *writer, uint16_t number, linnet_bytes value);
void linnet_writer_option_uint(linnet_writer *writer, uint16_t number, uint32_t value);

/* Appends options that are encoded already, from the start of a list; only where no option was written before
 * (LINNET_EORDER). LINNET_EFORMAT when they are malformed. */
void linnet_writer_options(linnet_writer *writer, linnet_bytes options);

/* Appends marker and payload; nothing at all for an empty payload. */
void linnet_writer_payload(linnet_writer *writer, linnet_bytes payload);

/* The size of what was built, or the first error. */
int linnet_writer_end(const linnet_writer *writer);

/*
 * Inserts one option at its place into encoded options, behind those with the same number.
 * `options` has `*size` octets of `capacity`; grows `*size`. `value` lies outside of them. LINNET_ENOSPC,
 * LINNET_EFORMAT (malformed options) and LINNET_EINVAL (a value too long for any option) leave all as it was.
 * The cost is one walk over these options: for the few cases where options come out of order.
 */
int linnet_options_insert(uint8_t *options, size_t *size, size_t capacity, uint16_t number, linnet_bytes value);

/* Removes every option with that number; the same cost. Returns how many it removed. */
int linnet_options_remove(uint8_t *options, size_t *size, uint16_t number);

#ifdef __cplusplus
}
#endif
#endif
