/* The memory of transfers, laid out in what the owner gives. */
#include "engine/limits.h"
#include "engine/timing.h"
#include "engine/transfers.h"

#include <linnet/error.h>

#define UPLOADS 4096u
#define UPLOAD_MEMORY (64u << 20)
#define SHARES 4u /* a peer has a fourth of all */

/* The defaults of config.h. */
static linnet_limits filled(const linnet_limits *given)
{
    linnet_limits limits = *given;

    if (!limits.uploads)
        limits.uploads = UPLOADS;
    if (!limits.upload_memory)
        limits.upload_memory = UPLOAD_MEMORY;
    if (!limits.uploads_per_peer)
        limits.uploads_per_peer = limits.uploads < SHARES ? 1 : limits.uploads / SHARES;
    if (limits.uploads_per_peer > limits.uploads)
        limits.uploads_per_peer = limits.uploads;
    return limits;
}

static void lay_out(linnet_transfers *transfers, linnet_arena *arena, const linnet_limits *limits)
{
    uint32_t buckets = linnet_power_of_two(limits->uploads, 1);

    linnet_pool_init(&transfers->pool, linnet_arena_take(arena, limits->uploads, sizeof(linnet_transfer)),
                     sizeof(linnet_transfer), limits->uploads);
    transfers->by_key = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
    transfers->shares = linnet_arena_take(arena, buckets, sizeof(linnet_share));
    transfers->share_mask = buckets - 1;
    transfers->share_count = limits->uploads_per_peer;
    transfers->octets_limit = limits->upload_memory;
    /* The same part of the octets as of the number. */
    transfers->share_octets = limits->upload_memory / (limits->uploads / limits->uploads_per_peer);
}

size_t linnet_transfers_memory(const linnet_limits *given)
{
    linnet_limits limits = filled(given);
    linnet_transfers transfers;
    linnet_arena arena = {0};

    (void)linnet_arena_take(&arena, 1, sizeof transfers);
    lay_out(&transfers, &arena, &limits);
    return arena.used;
}

int linnet_transfers_init(linnet_transfers **made, void *memory, size_t size, const linnet_transfers_config *config)
{
    linnet_limits limits = filled(&config->limits);
    linnet_arena arena = {.memory = memory};
    linnet_transfers *transfers;
    linnet_timing timing;

    *made = NULL;
    if (!config->random || linnet_timing_set(&timing, &config->transmission, NULL) != 0)
        return LINNET_EINVAL;
    if (size < linnet_transfers_memory(&config->limits))
        return LINNET_ENOMEM;
    transfers = linnet_arena_take(&arena, 1, sizeof *transfers);
    transfers->memory = config->memory;
    transfers->lifetime = timing.exchange_lifetime;
    lay_out(transfers, &arena, &limits);
    config->random(config->random_context, &transfers->hash_key, sizeof transfers->hash_key);
    *made = transfers;
    return 0;
}

void linnet_transfers_clear(linnet_transfers *transfers)
{
    linnet_age *age;

    while ((age = transfers->begun.ages.oldest ? transfers->begun.ages.oldest : transfers->going.ages.oldest) != NULL)
        linnet_transfers_give(transfers, LINNET_CONTAINER(age, linnet_transfer, of_rank));
}
