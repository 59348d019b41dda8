/* Answers to group requests: each waits for a random part of the leisure, so that the members of a group do not answer
 * all at once (RFC 7252 8.2). */
#include "engine/endpoint.h"

/* What waits must leave room for what else takes an exchange. */
static bool is_full(const linnet_endpoint *endpoint)
{
    return endpoint->at_leisure >= endpoint->exchanges.pool.limit / 2u + 1u;
}

void linnet_leisure_hold(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, linnet_bytes answer)
{
    linnet_exchanges *exchanges = &endpoint->exchanges;
    linnet_exchange_state *exchange = is_full(endpoint) ? NULL : linnet_exchanges_take(exchanges, answer.size);

    if (!exchange)
        return; /* "the server MAY always ignore the request" (8.2) */
    memcpy(exchange->datagram, answer.data, answer.size);
    exchange->size = (uint16_t)answer.size;
    exchange->path = *path;
    exchange->phase = LINNET_PHASE_LEISURE;
    endpoint->at_leisure++;
    linnet_wheel_set(&exchanges->wheel, &exchange->timer,
                     now + ((endpoint->timing.leisure * (linnet_random(endpoint) >> 16)) >> 16));
}

void linnet_leisure_timer(linnet_endpoint *endpoint, linnet_exchange_state *exchange)
{
    (void)linnet_transmit(endpoint, &exchange->path, linnet_view(exchange->datagram, exchange->size));
    endpoint->at_leisure--;
    linnet_exchanges_give(&endpoint->exchanges, exchange);
}
