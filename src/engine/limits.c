/* Defaults of the limits: those of config.h, for a server of today. */
#include "engine/limits.h"

#include "engine/answers.h"
#include "engine/executed.h"
#include "engine/proofs.h"

#include <linnet/message.h>

/* A cache line; where there are none, a uint64_t. */
#define ALIGNMENT (sizeof(void *) < sizeof(uint64_t) ? sizeof(uint64_t) : 64u)
#define LEAST_PUT_OFF 4u               /* a bucket, see client/busy.h */
#define MOST_ITEMS ((uint32_t)1 << 31) /* for each there is a bucket, and those are a power of two */

static uint32_t pick(uint32_t given, uint32_t standard) { return given ? given : standard; }

uint32_t linnet_power_of_two(uint32_t number, uint32_t least)
{
    uint32_t power = least;

    while (power < number && power < (uint32_t)1 << 31)
        power <<= 1;
    return power;
}

linnet_limits linnet_limits_filled(const linnet_limits *given)
{
    linnet_limits limits = *given;

    limits.exchanges = pick(given->exchanges, 65536);
    limits.answer_log_size = linnet_power_of_two(pick(given->answer_log_size, 64u << 20), LINNET_ANSWERS_MIN_SIZE);
    limits.answer_log_index = linnet_power_of_two(pick(given->answer_log_index, 1u << 20), LINNET_ANSWERS_WAYS);
    limits.executed_requests = linnet_power_of_two(pick(given->executed_requests, 1u << 20), LINNET_EXECUTED_WORDS);
    limits.message_id_spaces = linnet_power_of_two(pick(given->message_id_spaces, 4096), 1);
    limits.message_size = pick(given->message_size, LINNET_MESSAGE_SIZE_DEFAULT);
    limits.token_size = pick(given->token_size, LINNET_TOKEN_MAX);
    if (limits.token_size > limits.message_size / 2u)
        limits.token_size = limits.message_size / 2u;
    limits.peers = pick(given->peers, 65536);
    limits.put_off = linnet_power_of_two(pick(given->put_off, 64), LEAST_PUT_OFF);
    limits.sessions = pick(given->sessions, 1048576);
    limits.handshakes = pick(given->handshakes, 1024);
    limits.handshake_size = pick(given->handshake_size, 16384);
    limits.observers = pick(given->observers, 1u << 20);
    limits.observed = pick(given->observed, 4096);
    limits.source_ports = pick(given->source_ports, 512);
    limits.proved_peers = linnet_power_of_two(pick(given->proved_peers, 65536), LINNET_PROOFS_WAYS);
    limits.proof_lifetime_s = pick(given->proof_lifetime_s, 3600);
    limits.echo_lifetime_s = pick(given->echo_lifetime_s, 300);
    if (limits.exchanges > MOST_ITEMS)
        limits.exchanges = MOST_ITEMS;
    if (limits.peers > MOST_ITEMS)
        limits.peers = MOST_ITEMS;
    if (limits.source_ports > UINT16_MAX)
        limits.source_ports = UINT16_MAX;
    return limits;
}

void *linnet_arena_take(linnet_arena *arena, size_t count, size_t item_size)
{
    void *part = arena->memory ? arena->memory + arena->used : NULL;

    arena->used += (count * item_size + ALIGNMENT - 1u) & ~(ALIGNMENT - 1u);
    return part;
}
