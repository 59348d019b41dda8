/* Payloads, options and messages as people like to see them. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "cli/terminal.h"

#include <linnet.h>

/* A payload for a terminal, by its Content-Format (LINNET_NO_FORMAT: guessed from the octets); ends with a newline.
 * What is not of the form that the format promises is printed as text or as a hex dump. */
void print_payload(FILE *out, int32_t content_format, linnet_bytes payload, const palette *ink);

/* Its parts. Those that return bool print nothing and return false when `payload` is not of their form. */
void print_text(FILE *out, linnet_bytes payload);
void print_hexdump(FILE *out, linnet_bytes payload, const palette *ink);
bool print_links(FILE *out, linnet_bytes payload, const palette *ink);
bool print_json(FILE *out, linnet_bytes payload, const palette *ink);
bool print_cbor(FILE *out, linnet_bytes payload, const palette *ink);

/* What a Content-Format is to the printer. */
typedef enum payload_kind {
    KIND_TEXT,
    KIND_LINKS,
    KIND_JSON,
    KIND_CBOR,
    KIND_CBOR_SEQUENCE,
    KIND_BINARY,
    KIND_UNKNOWN
} payload_kind;
payload_kind payload_kind_of(int32_t content_format);

/* "Uri-Path", or "Option 65000". To be freed, as the next. */
char *option_label(uint16_t number);
/* The value as its format says: 40 (application/link-format), "text", 0x1f, 0/1/64. */
char *option_value_text(uint16_t number, linnet_bytes value);

/* "40 (application/link-format)", or "65000" where the number is not registered. To be freed. */
char *content_format_text(uint32_t number);

/* "CON", "NON", "ACK", "RST". */
const char *type_text(unsigned type);
/* "GET", "2.05 Content", "Empty", "7.09". To be freed. */
char *code_text(linnet_code code);

/* A message as the figures of RFC 7252 show it; each line starts with `margin`. */
void print_message(FILE *out, const linnet_message *message, const char *margin, const palette *ink);

/* A linnet_trace for clients: each message to standard error as -v asks; `context` is a print_trace_settings. */
typedef struct print_trace_settings {
    unsigned verbosity; /* 0: only remarks on retransmissions; 1: messages; 2: and their octets */
    uint64_t started;   /* linnet_clock() of the first datagram */
    uint32_t last_sent; /* message ID of the request sent last, 65536 or more: none */
    unsigned sent;      /* how often it was sent */
} print_trace_settings;
void print_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram);

#endif
