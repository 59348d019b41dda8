/* An endpoint's memory and its timers. */
#include "engine/endpoint.h"

#include "engine/limits.h"
#include "engine/observers.h"

#include <linnet/error.h>

/* A datagram's size must fit the fields that keep it; 16 is header, token and marker with a little to say. */
#define SMALLEST_MESSAGE 16u
#define LARGEST_MESSAGE 65507u

/* Lays the parts of an endpoint out in the arena, which may be without memory to add up only. */
static void lay_out(linnet_endpoint *endpoint, linnet_arena *arena, const linnet_limits *limits)
{
    linnet_exchanges *exchanges = &endpoint->exchanges;
    size_t small = limits->message_size < LINNET_SMALL_DATAGRAM ? limits->message_size : LINNET_SMALL_DATAGRAM;
    size_t small_size = (small + sizeof(void *) - 1u) & ~(sizeof(void *) - 1u);
    size_t large_size = (limits->message_size + sizeof(void *) - 1u) & ~(sizeof(void *) - 1u);
    uint32_t large_count = large_size > small_size ? limits->exchanges : 0;
    uint32_t buckets = linnet_power_of_two(limits->exchanges, 1);
    void *memory;

    memory = linnet_arena_take(arena, limits->exchanges, sizeof(linnet_exchange_state));
    linnet_pool_init(&exchanges->pool, memory, sizeof(linnet_exchange_state), limits->exchanges);
    memory = linnet_arena_take(arena, limits->exchanges, small_size);
    linnet_pool_init(&exchanges->small, memory, small_size, limits->exchanges);
    memory = linnet_arena_take(arena, large_count, large_size);
    linnet_pool_init(&exchanges->large, memory, large_size, large_count);
    exchanges->by_id = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
    exchanges->by_token = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1};
    memory = linnet_arena_take(arena, limits->answer_log_size, 1);
    linnet_answers_init(&endpoint->answers, memory, limits->answer_log_size,
                        linnet_arena_take(arena, limits->answer_log_index, sizeof(uint64_t)), limits->answer_log_index);
    linnet_executed_init(
        &endpoint->executed, linnet_arena_take(arena, limits->executed_requests, sizeof(uint64_t)),
        limits->executed_requests,
        linnet_arena_take(arena, linnet_executed_shares(limits->executed_requests), sizeof(linnet_executed_share)));
    endpoint->ids = (linnet_message_ids){linnet_arena_take(arena, limits->message_id_spaces, sizeof(linnet_id_space)),
                                         limits->message_id_spaces - 1};
    endpoint->message_size = limits->message_size;
    endpoint->token_size = limits->token_size;
}

size_t linnet_endpoint_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_endpoint endpoint;

    (void)linnet_arena_take(&arena, 1, sizeof endpoint);
    lay_out(&endpoint, &arena, &filled);
    return arena.used;
}

int linnet_endpoint_init(linnet_endpoint **made, void *memory, size_t size, const linnet_endpoint_config *config)
{
    linnet_limits limits = linnet_limits_filled(&config->limits);
    linnet_arena arena = {.memory = memory};
    linnet_endpoint *endpoint;

    *made = NULL;
    if (limits.message_size < SMALLEST_MESSAGE || limits.message_size > LARGEST_MESSAGE || !config->port.slot ||
        !config->port.send || !config->port.random)
        return LINNET_EINVAL;
    if (size < linnet_endpoint_memory(&config->limits))
        return LINNET_ENOMEM;
    endpoint = linnet_arena_take(&arena, 1, sizeof *endpoint);
    if (linnet_timing_set(&endpoint->timing, &config->transmission, NULL) != 0)
        return LINNET_EINVAL;
    endpoint->config = *config;
    lay_out(endpoint, &arena, &limits);
    config->port.random(config->port.context, &endpoint->hash_key, sizeof endpoint->hash_key);
    *made = endpoint;
    return 0;
}

void linnet_endpoint_clear(linnet_endpoint *endpoint, int error)
{
    linnet_exchanges *exchanges = &endpoint->exchanges;

    endpoint->cleared = true;
    if (endpoint->observers)
        endpoint->observers->calls->clear(endpoint->observers);
    for (uint32_t i = 0; i < exchanges->pool.touched; i++) {
        linnet_exchange_state *exchange =
            (linnet_exchange_state *)(void *)(exchanges->pool.memory + i * exchanges->pool.item_size);
        if (exchange->phase == LINNET_PHASE_FREE)
            continue;
        if (linnet_exchange_is_client(exchange))
            endpoint->outgoing->end(endpoint, exchange->part.client.started, exchange, error, NULL, NULL);
        else
            linnet_exchanges_give(exchanges, exchange);
    }
}

uint64_t linnet_endpoint_deadline(const linnet_endpoint *endpoint)
{
    uint64_t deadline = linnet_wheel_deadline(&endpoint->exchanges.wheel);
    uint64_t other = endpoint->observers ? endpoint->observers->calls->deadline(endpoint->observers) : UINT64_MAX;

    return deadline < other ? deadline : other;
}

void linnet_endpoint_advance(linnet_endpoint *endpoint, uint64_t now)
{
    linnet_timer *timer;

    endpoint->now = now;
    while ((timer = linnet_wheel_expire(&endpoint->exchanges.wheel, now)) != NULL) {
        linnet_exchange_state *exchange = LINNET_CONTAINER(timer, linnet_exchange_state, timer);
        if (linnet_exchange_is_client(exchange))
            endpoint->outgoing->timer(endpoint, now, exchange);
        else if (exchange->phase == LINNET_PHASE_NOTIFYING)
            endpoint->observers->calls->timer(endpoint->observers, now, exchange);
        else if (exchange->phase == LINNET_PHASE_LEISURE)
            linnet_leisure_timer(endpoint, exchange);
        else
            endpoint->deferred(endpoint, now, exchange);
    }
    if (endpoint->observers)
        endpoint->observers->calls->advance(endpoint->observers, now);
}
