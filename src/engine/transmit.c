/* Datagrams out: into the slot of the port, and for confirmable messages again until acknowledged (RFC 7252 4.2). */
#include "engine/endpoint.h"
#include "engine/hold.h"
#include "engine/rto.h"

bool linnet_transmit(linnet_endpoint *endpoint, const linnet_path *path, linnet_bytes datagram)
{
    const linnet_port *port = &endpoint->config.port;
    size_t capacity;
    uint8_t *slot;

    if (endpoint->slot_taken)
        return false;
    slot = port->slot(port->context, &capacity);
    if (!slot || capacity < datagram.size)
        return false;
    memcpy(slot, datagram.data, datagram.size);
    port->send(port->context, path, datagram.size);
    return true;
}

bool linnet_endpoint_hold(linnet_endpoint *endpoint, bool held)
{
    bool before = endpoint->slot_taken;

    endpoint->slot_taken = held;
    return before;
}

void linnet_transmit_empty(linnet_endpoint *endpoint, const linnet_path *path, linnet_type type, uint16_t id)
{
    uint8_t datagram[LINNET_MESSAGE_HEADER_SIZE];
    linnet_bytes no_token = {NULL, 0};

    linnet_header_write(datagram, type, LINNET_EMPTY, id, no_token);
    (void)linnet_transmit(endpoint, path, linnet_view(datagram, sizeof datagram));
}

uint32_t linnet_random(linnet_endpoint *endpoint)
{
    uint32_t number;

    endpoint->config.port.random(endpoint->config.port.context, &number, sizeof number);
    return number;
}

int32_t linnet_transmit_id(linnet_endpoint *endpoint, uint64_t now, const linnet_path *path, bool must)
{
    uint64_t key = linnet_hash_peer(&endpoint->hash_key, path, 0);
    uint16_t start = 0;

    /* Peers see where their counter starts, so it says nothing of the hash key. */
    if (!linnet_message_ids_started(&endpoint->ids, key))
        start = (uint16_t)linnet_random(endpoint);
    return linnet_message_ids_next(&endpoint->ids, key, now, endpoint->timing.exchange_lifetime, must, start);
}

uint64_t linnet_transmit_id_free_at(const linnet_endpoint *endpoint, const linnet_path *path)
{
    uint64_t key = linnet_hash_peer(&endpoint->hash_key, path, 0);

    return linnet_message_ids_free_at(&endpoint->ids, key, endpoint->timing.exchange_lifetime);
}

static void send_kept(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    linnet_path back = linnet_path_back(&exchange->path);

    if (endpoint->slot_taken) { /* sent from within a handler: due at once, in the next advance */
        linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, 0);
        return;
    }
    (void)linnet_transmit(endpoint, &back, linnet_view(exchange->datagram, exchange->size));
    exchange->transmissions++;
    linnet_wheel_set(&endpoint->exchanges.wheel, &exchange->timer, now + exchange->timeout);
}

void linnet_transmit_first(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    exchange->transmissions = 0;
    send_kept(endpoint, now, exchange);
}

bool linnet_transmit_again(linnet_endpoint *endpoint, uint64_t now, linnet_exchange_state *exchange)
{
    if (exchange->transmissions > exchange->max_retransmit)
        return false;
    if (exchange->transmissions > 0 && exchange->backoff)
        exchange->timeout = linnet_rto_next(exchange->timeout, exchange->backoff);
    else if (exchange->transmissions > 0)
        exchange->timeout *= 2; /* "binary exponential back-off" */
    send_kept(endpoint, now, exchange);
    return true;
}
