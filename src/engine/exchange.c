/* The life of an exchange's memory: taken from the pool, found by id, message ID or token, given back. */
#include "engine/exchange.h"

static bool take_buffer(linnet_exchanges *exchanges, linnet_exchange_state *exchange, size_t size)
{
    linnet_pool *pool = size <= exchanges->small.item_size ? &exchanges->small : &exchanges->large;

    if (size > pool->item_size)
        return false;
    exchange->datagram = linnet_pool_take(pool);
    exchange->capacity = (uint16_t)pool->item_size;
    return exchange->datagram != NULL;
}

static void give_buffer(linnet_exchanges *exchanges, linnet_exchange_state *exchange)
{
    bool is_small = exchange->capacity == exchanges->small.item_size;

    if (exchange->datagram)
        linnet_pool_give(is_small ? &exchanges->small : &exchanges->large, exchange->datagram);
    exchange->datagram = NULL;
}

linnet_exchange_state *linnet_exchanges_take(linnet_exchanges *exchanges, size_t size)
{
    linnet_exchange_state *exchange = linnet_pool_take(&exchanges->pool);
    uint32_t generation, index;

    if (!exchange)
        return NULL;
    generation = exchange->generation + 1u;
    index = (uint32_t)(((uint8_t *)exchange - exchanges->pool.memory) / (ptrdiff_t)exchanges->pool.item_size);
    memset(exchange, 0, sizeof *exchange);
    exchange->generation = generation ? generation : 1u;
    exchange->index = index;
    if (!take_buffer(exchanges, exchange, size)) {
        linnet_pool_give(&exchanges->pool, exchange);
        return NULL;
    }
    return exchange;
}

bool linnet_exchanges_reserve(linnet_exchanges *exchanges, linnet_exchange_state *exchange, size_t size)
{
    if (size <= exchange->capacity)
        return true;
    give_buffer(exchanges, exchange);
    return take_buffer(exchanges, exchange, size);
}

void linnet_exchanges_give(linnet_exchanges *exchanges, linnet_exchange_state *exchange)
{
    linnet_wheel_stop(&exchanges->wheel, &exchange->timer);
    linnet_exchanges_drop_id(exchanges, exchange);
    if (exchange->in_token_table)
        linnet_table_remove(&exchanges->by_token, &exchange->part.client.by_token);
    give_buffer(exchanges, exchange);
    exchange->phase = LINNET_PHASE_FREE;
    linnet_pool_give(&exchanges->pool, exchange);
}

linnet_exchange_state *linnet_exchanges_get(const linnet_exchanges *exchanges, linnet_exchange id)
{
    uint32_t index = (uint32_t)id - 1u; /* id 0 becomes the largest number */
    linnet_exchange_state *exchange;

    if (index >= exchanges->pool.touched)
        return NULL;
    exchange = (linnet_exchange_state *)(void *)(exchanges->pool.memory + index * exchanges->pool.item_size);
    if (exchange->phase == LINNET_PHASE_FREE || exchange->generation != (uint32_t)(id >> 32))
        return NULL;
    return exchange;
}

void linnet_exchanges_add_id(linnet_exchanges *exchanges, linnet_exchange_state *exchange, uint64_t key)
{
    linnet_table_add(&exchanges->by_id, &exchange->by_id, key);
    exchange->in_id_table = true;
}

void linnet_exchanges_add_token(linnet_exchanges *exchanges, linnet_exchange_state *exchange, uint64_t key)
{
    linnet_table_add(&exchanges->by_token, &exchange->part.client.by_token, key);
    exchange->in_token_table = true;
}

linnet_exchange_state *linnet_exchanges_find_id(const linnet_exchanges *exchanges, uint64_t key)
{
    linnet_node *node = linnet_table_find(&exchanges->by_id, key);

    return node ? LINNET_CONTAINER(node, linnet_exchange_state, by_id) : NULL;
}

linnet_exchange_state *linnet_exchanges_find_token(const linnet_exchanges *exchanges, uint64_t key)
{
    linnet_node *node = linnet_table_find(&exchanges->by_token, key);

    return node ? LINNET_CONTAINER(node, linnet_exchange_state, part.client.by_token) : NULL;
}

void linnet_exchanges_drop_id(linnet_exchanges *exchanges, linnet_exchange_state *exchange)
{
    if (exchange->in_id_table)
        linnet_table_remove(&exchanges->by_id, &exchange->by_id);
    exchange->in_id_table = false;
}
