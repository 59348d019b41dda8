/* An observation from the client's side (RFC 7641): which notification is newer, and when to register again. */
#ifndef LINNET_CLIENT_OBSERVATION_H
#define LINNET_CLIENT_OBSERVATION_H

#include <linnet/message.h>

typedef struct linnet_observation {
    uint64_t arrived;  /* when the newest notification came */
    uint32_t sequence; /* its number, 24 bits */
    bool any;          /* one has come */
    uint8_t failures;  /* registrations in a row that failed */
} linnet_observation;

/* Whether a notification that arrives at `now` is newer than those before it (3.4). */
bool linnet_observation_is_newer(const linnet_observation *observation, uint32_t sequence, uint64_t now);
/* It is, or it is the response to a registration of ours: from here on it is the newest. */
void linnet_observation_take(linnet_observation *observation, uint32_t sequence, uint64_t now);

/* What is added to such times, so that not all clients of a server come at once (3.3.1). `random`: 32 bits. */
uint64_t linnet_observation_slack(uint32_t random);
/* When to register again after a notification with these options, if no other comes (3.3.1). */
uint64_t linnet_observation_renewal(linnet_bytes options, uint64_t now, uint32_t random);
/* When to try again after a registration has failed: later each time. */
uint64_t linnet_observation_retry(linnet_observation *observation, uint64_t now, uint32_t random);

#endif
