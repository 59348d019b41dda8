/*
 * The Echo option in the server role (RFC 9175 2). Nothing is kept for a value given out: it is the time, and a keyed
 * hash over it and the peer's address, so it proves by itself that it was given to that peer then.
 *
 * With a bound on amplification a peer is told little until it has proved its address: it has returned an Echo, or
 * answered a message of ours. Each datagram of one that has not pays for its own answer; what would cost more than
 * that - later answers, notifications, running what is not safe - is not begun before. So nothing is counted for a
 * peer.
 *
 * Other files reach this through the pointers in linnet_echoing only, so that it is not linked where it is not used.
 */
#ifndef LINNET_ENGINE_ECHO_H
#define LINNET_ENGINE_ECHO_H

#include "engine/endpoint.h"
#include "engine/proofs.h"
#include "engine/siphash.h"

#include <linnet/echo.h>

#define LINNET_ECHO_SIZE 10u
/* The option as the only one: its head is two octets. */
#define LINNET_ECHO_OPTION_SIZE (2u + LINNET_ECHO_SIZE)

/* The most that goes to an unproved address in one answer, however much it sent. */
#define LINNET_UNPROVED_ANSWER_MAX 136u

typedef struct linnet_echoing {
    /* Whether the request has an Echo that was given to this peer within the last `lifetime` microseconds. */
    bool (*is_fresh)(linnet_echo *echo, const linnet_incoming *incoming, uint64_t lifetime);
    void (*make)(const linnet_echo *echo, uint64_t now, const linnet_path *path, uint8_t value[LINNET_ECHO_SIZE]);
    /* Before a request is run. False: it must not be, and `incoming` has the answer: 4.01 with Echo. */
    bool (*admit)(linnet_echo *echo, linnet_incoming *incoming);
    /* After it was run, where incoming->unproved: an answer that is too much becomes a 4.01 with Echo. */
    void (*settle)(const linnet_echo *echo, linnet_incoming *incoming);
    /* Whether an answer of `size` octets may go to the sender of this request. */
    bool (*allows)(const linnet_echo *echo, uint64_t now, const linnet_path *path, const linnet_message *request,
                   size_t size);
    /* The peer has answered a message of ours. */
    void (*prove)(linnet_echo *echo, uint64_t now, const linnet_path *path);
} linnet_echoing;

struct linnet_echo {
    const linnet_echoing *calls;
    const linnet_endpoint *endpoint;
    linnet_sip_key key;
    linnet_proofs proofs;
    uint64_t echo_lifetime; /* microseconds */
    uint64_t proof_lifetime;
    uint32_t amplification; /* 0: no bound, and no proofs */
};

static inline bool linnet_echo_allows(const linnet_endpoint *endpoint, uint64_t now, const linnet_path *path,
                                      const linnet_message *request, size_t size)
{
    return !endpoint->echo || endpoint->echo->calls->allows(endpoint->echo, now, path, request, size);
}

static inline void linnet_echo_prove(const linnet_endpoint *endpoint, uint64_t now, const linnet_path *path)
{
    if (endpoint->echo)
        endpoint->echo->calls->prove(endpoint->echo, now, path);
}

#endif
