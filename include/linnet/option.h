/* Options (RFC 7252 3.1, 5.4, 5.10): numbers, what the registry says of each, reading them from a message. */
#ifndef LINNET_OPTION_H
#define LINNET_OPTION_H

#include <linnet/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    LINNET_OPTION_IF_MATCH = 1,
    LINNET_OPTION_URI_HOST = 3,
    LINNET_OPTION_ETAG = 4,
    LINNET_OPTION_IF_NONE_MATCH = 5,
    LINNET_OPTION_OBSERVE = 6,
    LINNET_OPTION_URI_PORT = 7,
    LINNET_OPTION_LOCATION_PATH = 8,
    LINNET_OPTION_OSCORE = 9,
    LINNET_OPTION_URI_PATH = 11,
    LINNET_OPTION_CONTENT_FORMAT = 12,
    LINNET_OPTION_MAX_AGE = 14,
    LINNET_OPTION_URI_QUERY = 15,
    LINNET_OPTION_HOP_LIMIT = 16,
    LINNET_OPTION_ACCEPT = 17,
    LINNET_OPTION_Q_BLOCK1 = 19,
    LINNET_OPTION_LOCATION_QUERY = 20,
    LINNET_OPTION_EDHOC = 21,
    LINNET_OPTION_BLOCK2 = 23,
    LINNET_OPTION_BLOCK1 = 27,
    LINNET_OPTION_SIZE2 = 28,
    LINNET_OPTION_Q_BLOCK2 = 31,
    LINNET_OPTION_PROXY_URI = 35,
    LINNET_OPTION_PROXY_SCHEME = 39,
    LINNET_OPTION_SIZE1 = 60,
    LINNET_OPTION_PROXY_CRI = 235,
    LINNET_OPTION_PROXY_SCHEME_NUMBER = 239,
    LINNET_OPTION_ECHO = 252,
    LINNET_OPTION_NO_RESPONSE = 258,
    LINNET_OPTION_REQUEST_TAG = 292,
    LINNET_OPTION_OCF_ACCEPT_VERSION = 2049, /* OCF-Accept-Content-Format-Version */
    LINNET_OPTION_OCF_VERSION = 2053,        /* OCF-Content-Format-Version */
    LINNET_OPTION_SCP82_PARAMS = 2055,       /* GlobalPlatform GPC SPE 207 */
    LINNET_OPTION_ADMIN_PROTOCOL = 2056      /* X-Admin-Protocol, GSMA SGP.32 */
};

/* The bits that an option's number carries (RFC 7252 5.4.6). */
static inline bool linnet_option_is_critical(uint16_t number) { return number & 1; }
static inline bool linnet_option_is_unsafe(uint16_t number) { return number & 2; }
/* Meaningful only for options that are safe to forward. */
static inline bool linnet_option_is_no_cache_key(uint16_t number) { return (number & 0x1e) == 0x1c; }

typedef enum linnet_option_format {
    LINNET_FORMAT_EMPTY,
    LINNET_FORMAT_OPAQUE,
    LINNET_FORMAT_UINT,
    LINNET_FORMAT_STRING, /* UTF-8 */
    LINNET_FORMAT_BLOCK   /* a uint that packs NUM, M and SZX (RFC 7959 2.2) */
} linnet_option_format;

/* What the registry says of one option. Lengths in octets, both inclusive. */
typedef struct linnet_option_definition {
    uint16_t number;
    uint16_t min_size;
    uint16_t max_size;
    uint8_t format; /* linnet_option_format */
    bool repeatable;
} linnet_option_definition;

/* The definition of `number`, or NULL when the registry has none. Static. */
const linnet_option_definition *linnet_option_find(uint16_t number);

/* "Uri-Path" for 11; NULL when the registry has none. Static. Kept apart from the definitions so that a
 * microcontroller that never prints a name does not carry them. */
const char *linnet_option_name(uint16_t number);

/* The number of a registered name in any case, or -1. */
int linnet_option_by_name(const char *name);

/* One option of a message; `value` points into the datagram and dies with it. */
typedef struct linnet_option {
    uint16_t number;
    linnet_bytes value;
} linnet_option;

/* Walks encoded options in the order of the message. Start: {.rest = message.options}. */
typedef struct linnet_option_cursor {
    linnet_bytes rest;
    uint16_t number; /* of the option given last */
} linnet_option_cursor;

/* Gives the next option; false at the end. On options that linnet_message_parse() accepted it cannot fail; on
 * other octets it ends where they stop making sense, and linnet_options_check() tells. */
bool linnet_option_next(linnet_option_cursor *cursor, linnet_option *option);

/* Whether these octets are well-formed options to their end. */
bool linnet_options_check(linnet_bytes options);

/* Finds the `index`-th (from 0) option with that number. False when there are not so many. */
bool linnet_option_get(linnet_bytes options, uint16_t number, size_t index, linnet_bytes *value);

/* The same for the first one, as a recipient is to heed it: one whose length the registry does not allow is as if it
 * were not there (RFC 7252 5.4.3, 5.4.1). For elective options: a critical one makes the recipient refuse the message.
 */
bool linnet_option_heed(linnet_bytes options, uint16_t number, linnet_bytes *value);
/* Likewise its value as a number; *value stays as it is where there is none. */
bool linnet_option_heed_uint(linnet_bytes options, uint16_t number, uint32_t *value);

/* The value of a uint option (RFC 7252 3.2); octets beyond the last four must be zero-extended values, so
 * `value.size` is at most 4 for every option of the registry; of a longer value the last four octets count. */
uint32_t linnet_option_uint(linnet_bytes value);

/* Writes `number` in the fewest octets into `out`; returns how many, 0 to 4. */
size_t linnet_option_from_uint(uint32_t number, uint8_t out[4]);

#ifdef __cplusplus
}
#endif
#endif
