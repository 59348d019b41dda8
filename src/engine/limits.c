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

/* What stands for a 0. Those of transfers are in transfers_init.c. */
static const linnet_limits standard = {
    .exchanges = 65536,
    .answer_log_size = 64u << 20,
    .answer_log_index = 1u << 20,
    .executed_requests = 1u << 20,
    .message_id_spaces = 4096,
    .message_size = LINNET_MESSAGE_SIZE_DEFAULT,
    .token_size = LINNET_TOKEN_MAX,
    .peers = 65536,
    .put_off = 64,
    .body_restarts = 4,
    .sessions = 1048576,
    .handshakes = 1024,
    .handshake_size = 16384,
    .observers = 1u << 20,
    .observed = 4096,
    .source_ports = 512,
    .proved_peers = 65536,
    .proof_lifetime_s = 3600,
    .echo_lifetime_s = 300,
};

_Static_assert(sizeof(linnet_limits) % sizeof(uint32_t) == 0, "every limit is a uint32_t");

uint32_t linnet_power_of_two(uint32_t number, uint32_t least)
{
    uint32_t power = least;

    while (power < number && power < (uint32_t)1 << 31)
        power <<= 1;
    return power;
}

linnet_limits linnet_limits_filled(const linnet_limits *given)
{
    linnet_limits limits = standard;
    uint32_t number; /* every limit is one */

    for (size_t at = 0; at < sizeof limits; at += sizeof number) {
        memcpy(&number, (const uint8_t *)given + at, sizeof number);
        if (number)
            memcpy((uint8_t *)&limits + at, &number, sizeof number);
    }
    limits.answer_log_size = linnet_power_of_two(limits.answer_log_size, LINNET_ANSWERS_MIN_SIZE);
    limits.answer_log_index = linnet_power_of_two(limits.answer_log_index, LINNET_ANSWERS_WAYS);
    limits.executed_requests = linnet_power_of_two(limits.executed_requests, LINNET_EXECUTED_WORDS);
    limits.message_id_spaces = linnet_power_of_two(limits.message_id_spaces, 1);
    limits.put_off = linnet_power_of_two(limits.put_off, LEAST_PUT_OFF);
    limits.proved_peers = linnet_power_of_two(limits.proved_peers, LINNET_PROOFS_WAYS);
    if (limits.token_size > limits.message_size / 2u)
        limits.token_size = limits.message_size / 2u;
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
