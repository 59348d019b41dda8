/* What a peer announces in a handshake: the library makes room for a message as soon as its first fragment says how
 * long it is, up to 16 MB each, so that is looked at before it sees it. */
#ifndef LINNET_SECURITY_MESSAGES_H
#define LINNET_SECURITY_MESSAGES_H

#include "security/record.h"

#include <stdbool.h>

struct linnet_handshake;

enum { LINNET_PEER_MESSAGES = 16 /* of a peer in one handshake; those there are have numbers below 8 */ };

/* Kept for each handshake. */
typedef struct linnet_messages {
    uint32_t room;                            /* octets that may still be announced */
    uint32_t announced[LINNET_PEER_MESSAGES]; /* by number: 1 + the size of that message; 0: it has not begun */
} linnet_messages;

/* What a record's handshake messages are. Only of LINNET_MESSAGES_FIT may the library see it. */
typedef enum linnet_messages_verdict {
    LINNET_MESSAGES_FIT,
    LINNET_MESSAGES_ODD, /* one is not as long as it said before: it is of another handshake, late or false */
    LINNET_MESSAGES_TOO_LARGE
} linnet_messages_verdict;

linnet_messages_verdict linnet_messages_judge(struct linnet_handshake *handshake, const linnet_record *record);

#endif
