/* Echo values, who has proved himself by them, and what that means for an answer. */
#include "engine/echo.h"

#include "engine/limits.h"
#include "engine/options.h"

#include <linnet/error.h>

/* A value is the time, in units of 2^10 microseconds, and the hash. Of the time 24 bits are sent, which come round
 * after 4.7 hours; the hash is over all of it, so a value is good in one of those rounds only. */
#define TIME_SHIFT 10u
#define TIME_SIZE 3u
#define TIME_MASK UINT64_C(0xffffff)
#define HASH_SIZE (LINNET_ECHO_SIZE - TIME_SIZE)

/* The word that sets hashes of peers apart from those with message IDs (hash.h). */
#define PEER_WORD UINT32_C(0x20000)

static uint64_t hash_of(const linnet_echo *echo, const linnet_path *path, uint64_t unit)
{
    uint8_t octets[sizeof path->peer + sizeof unit];

    memcpy(octets, &path->peer, sizeof path->peer);
    memcpy(octets + sizeof path->peer, &unit, sizeof unit);
    return linnet_siphash(&echo->key, linnet_view(octets, sizeof octets));
}

static void write_value(const linnet_echo *echo, const linnet_path *path, uint64_t unit,
                        uint8_t value[LINNET_ECHO_SIZE])
{
    uint64_t hash = hash_of(echo, path, unit);

    for (unsigned i = 0; i < TIME_SIZE; i++)
        value[i] = (uint8_t)(unit >> 8u * i);
    for (unsigned i = 0; i < HASH_SIZE; i++)
        value[TIME_SIZE + i] = (uint8_t)(hash >> 8u * i);
}

static void make(const linnet_echo *echo, uint64_t now, const linnet_path *path, uint8_t value[LINNET_ECHO_SIZE])
{
    write_value(echo, path, now >> TIME_SHIFT, value);
}

/* In a time that does not tell where they differ. */
static bool is_equal(const uint8_t *a, const uint8_t *b)
{
    unsigned difference = 0;

    for (unsigned i = 0; i < LINNET_ECHO_SIZE; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

/* Whether the value was given to this peer not longer ago than `lifetime`. */
static bool is_valid(const linnet_echo *echo, const linnet_incoming *incoming, uint64_t lifetime)
{
    linnet_bytes value = incoming->options->echo;
    uint8_t expected[LINNET_ECHO_SIZE];
    uint64_t unit = incoming->now >> TIME_SHIFT;
    uint64_t age;

    if (value.size != LINNET_ECHO_SIZE)
        return false;
    age = (unit - (value.data[0] | (uint64_t)value.data[1] << 8 | (uint64_t)value.data[2] << 16)) & TIME_MASK;
    write_value(echo, incoming->path, unit - age, expected);
    return is_equal(value.data, expected) && age << TIME_SHIFT <= lifetime;
}

static void prove(linnet_echo *echo, uint64_t now, const linnet_path *path)
{
    if (echo->amplification > 0)
        linnet_proofs_add(&echo->proofs, linnet_hash_peer(&echo->endpoint->hash_key, path, PEER_WORD), now);
}

static bool is_proved(const linnet_echo *echo, uint64_t now, const linnet_path *path)
{
    if (path->peer.session != 0)
        return true; /* by the cookie of its handshake (RFC 6347 4.2.1) */
    return linnet_proofs_has(&echo->proofs, linnet_hash_peer(&echo->endpoint->hash_key, path, PEER_WORD), now,
                             echo->proof_lifetime);
}

static bool is_fresh(linnet_echo *echo, const linnet_incoming *incoming, uint64_t lifetime)
{
    return is_valid(echo, incoming, lifetime);
}

/* RFC 9175 2.4: how much may be sent for this request to an address that may be somebody else's. Counted in octets of
 * CoAP: what lies below adds the same to both sides, and so only makes the factor smaller. */
static size_t bound_of(const linnet_echo *echo, const linnet_message *request)
{
    size_t received = linnet_header_size(request->token.size) + request->options.size;

    if (request->payload.size > 0)
        received += 1u + request->payload.size;
    if (echo->amplification >= LINNET_UNPROVED_ANSWER_MAX ||
        received * echo->amplification > LINNET_UNPROVED_ANSWER_MAX)
        return LINNET_UNPROVED_ANSWER_MAX;
    return received * echo->amplification;
}

static bool allows(const linnet_echo *echo, uint64_t now, const linnet_path *path, const linnet_message *request,
                   size_t size)
{
    return echo->amplification == 0 || size <= bound_of(echo, request) || is_proved(echo, now, path);
}

/* 4.01 with an Echo (RFC 9175 2.3), without it where even that is too much: in answer to four octets. Errors towards a
 * group are kept back (RFC 7252 8.2). */
static void challenge(const linnet_echo *echo, linnet_incoming *incoming)
{
    size_t head = linnet_header_size(incoming->message->token.size);

    incoming->size = 0;
    incoming->code = incoming->path->flags & LINNET_PATH_MULTICAST ? LINNET_EMPTY : LINNET_UNAUTHORIZED;
    if (incoming->code == LINNET_EMPTY || incoming->capacity < LINNET_ECHO_OPTION_SIZE ||
        head + LINNET_ECHO_OPTION_SIZE > bound_of(echo, incoming->message))
        return;
    incoming->body[0] = 13u << 4 | LINNET_ECHO_SIZE;
    incoming->body[1] = LINNET_OPTION_ECHO - 13u;
    make(echo, incoming->now, incoming->path, incoming->body + 2);
    incoming->size = LINNET_ECHO_OPTION_SIZE;
}

/* GET and FETCH change nothing (RFC 7252 5.1, RFC 8132 2), so they may run and be refused afterwards. An observation is
 * not begun for an unproved address. */
static bool may_run_unproved(const linnet_incoming *incoming)
{
    linnet_code method = incoming->message->code;

    return (method == LINNET_GET || method == LINNET_FETCH) &&
           !(incoming->options->has_observe && incoming->options->observe == 0);
}

static bool admit(linnet_echo *echo, linnet_incoming *incoming)
{
    if (echo->amplification == 0 || is_proved(echo, incoming->now, incoming->path))
        return true;
    if (is_valid(echo, incoming, echo->echo_lifetime)) {
        prove(echo, incoming->now, incoming->path);
        return true;
    }
    incoming->unproved = true;
    if (may_run_unproved(incoming))
        return true;
    challenge(echo, incoming);
    return false;
}

static void settle(const linnet_echo *echo, linnet_incoming *incoming)
{
    size_t size = linnet_header_size(incoming->message->token.size) + incoming->size;

    if (incoming->must_prove || (incoming->code != LINNET_EMPTY && size > bound_of(echo, incoming->message)))
        challenge(echo, incoming);
}

static const linnet_echoing echoing = {
    .is_fresh = is_fresh, .make = make, .admit = admit, .settle = settle, .allows = allows, .prove = prove};

static void lay_out(linnet_echo *echo, linnet_arena *arena, const linnet_limits *limits)
{
    uint32_t peers = limits->amplification > 0 ? limits->proved_peers : 0;

    linnet_proofs_init(&echo->proofs, linnet_arena_take(arena, peers, sizeof(uint64_t)), peers);
}

size_t linnet_echo_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_echo echo;

    (void)linnet_arena_take(&arena, 1, sizeof echo);
    lay_out(&echo, &arena, &filled);
    return arena.used;
}

int linnet_echo_init(linnet_echo **made, void *memory, size_t size, linnet_endpoint *endpoint)
{
    linnet_limits limits = linnet_limits_filled(&endpoint->config.limits);
    linnet_arena arena = {.memory = memory};
    linnet_echo *echo;

    *made = NULL;
    if (size < linnet_echo_memory(&endpoint->config.limits))
        return LINNET_ENOMEM;
    echo = linnet_arena_take(&arena, 1, sizeof *echo);
    lay_out(echo, &arena, &limits);
    echo->calls = &echoing;
    echo->endpoint = endpoint;
    echo->amplification = limits.amplification;
    echo->echo_lifetime = (uint64_t)limits.echo_lifetime_s * 1000000u;
    echo->proof_lifetime = (uint64_t)limits.proof_lifetime_s * 1000000u;
    endpoint->config.port.random(endpoint->config.port.context, &echo->key, sizeof echo->key);
    endpoint->echo = echo;
    *made = echo;
    return 0;
}
