/* The octets of a body that comes in any order: a place for each block and a bit that says whether it is there. Memory
 * grows with what has come, not with what is announced. */
#include "server/q_block.h"

#define HEAD ((uint32_t)sizeof(linnet_q_body))

static uint32_t block_size(const linnet_q_body *body) { return (uint32_t)16 << body->szx; }

static uint8_t *place_of(const linnet_transfer *transfer, uint32_t number)
{
    return transfer->data + HEAD + (size_t)number * block_size(linnet_q_body_of(transfer));
}

static uint8_t *bits_of(const linnet_transfer *transfer)
{
    return place_of(transfer, linnet_q_body_of(transfer)->room);
}

static uint32_t octets_for(const linnet_q_body *body, uint32_t room)
{
    return HEAD + room * block_size(body) + (room + 7u) / 8u;
}

/* How many blocks so many octets have places for, no more than the body has. */
static uint32_t room_in(const linnet_q_body *body, uint32_t capacity)
{
    uint32_t room = (capacity - HEAD) / block_size(body);

    while (octets_for(body, room) > capacity)
        room--;
    return room < body->last + 1u ? room : body->last + 1u;
}

bool linnet_q_body_has(const linnet_transfer *transfer, uint32_t number)
{
    return number < linnet_q_body_of(transfer)->room &&
           ((unsigned)bits_of(transfer)[number / 8u] >> (number % 8u) & 1u);
}

/* The bits move on behind the new places. */
static bool grow(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t room)
{
    uint32_t old_room = linnet_q_body_of(transfer)->room;
    uint32_t old_bits = (old_room + 7u) / 8u;
    size_t old_place = (size_t)(bits_of(transfer) - transfer->data);
    linnet_q_body *body;

    if (!linnet_transfers_reserve(transfers, transfer, octets_for(linnet_q_body_of(transfer), room)))
        return false;
    body = linnet_q_body_of(transfer);
    body->room = room_in(body, transfer->capacity);
    memmove(bits_of(transfer), transfer->data + old_place, old_bits);
    memset(bits_of(transfer) + old_bits, 0, (body->room + 7u) / 8u - old_bits);
    return true;
}

bool linnet_q_body_put(linnet_transfers *transfers, linnet_transfer *transfer, uint32_t number, linnet_bytes block)
{
    linnet_q_body *body = linnet_q_body_of(transfer);

    if (number >= body->room && !grow(transfers, transfer, number + 1u))
        return false;
    body = linnet_q_body_of(transfer);
    if (block.size > 0)
        memcpy(place_of(transfer, number), block.data, block.size);
    bits_of(transfer)[number / 8u] |= (uint8_t)(1u << (number % 8u));
    body->received++;
    body->high = number > body->high ? number : body->high;
    while (body->low <= body->last && linnet_q_body_has(transfer, body->low))
        body->low++;
    return true;
}

linnet_bytes linnet_q_body_octets(const linnet_transfer *transfer)
{
    return linnet_view(transfer->data + HEAD, linnet_q_body_of(transfer)->size);
}
