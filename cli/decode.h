/* What the parts of `linnet decode` share. */
#ifndef CLI_DECODE_H
#define CLI_DECODE_H

#include "cli/explain.h"

#include <linnet.h>

#define DECODE_PORTS_MOST 16

typedef struct decode {
    bool json, summary;
    uint16_t ports[DECODE_PORTS_MOST];
    size_t port_count;
    size_t messages;  /* explained so far */
    size_t malformed; /* of these */
} decode;

/* Where and when a captured message was seen. */
typedef struct decode_place {
    unsigned long packet; /* its number in the capture, from 1; 0: not from a capture */
    double seconds;       /* since the first packet */
    linnet_address from, to;
} decode_place;

/* Explains one message to standard output; `place` may be NULL. */
void decode_message(decode *decode, linnet_bytes datagram, const decode_place *place);
void decode_message_json(const explanation *explanation, const decode_place *place);

/* Whether the octets start as a capture file does. */
bool capture_recognise(linnet_bytes content);
/* Explains every CoAP message of a capture; false after a complaint that names it. */
bool capture_read(decode *decode, const char *name, linnet_bytes content);

/* Finds the UDP payload within a captured packet of that link type (libpcap's DLT_...). False when there is none. */
bool capture_dissect(int link_type, linnet_bytes packet, decode_place *place, linnet_bytes *payload);

#endif
