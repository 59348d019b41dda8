/* What goes in and out of the library: one record in at a time, whole flights out, each record in the clear numbered by
 * us, and nothing repeated that was not asked for. */
#include "security/flight.h"

#include "security/cid.h"

#include <errno.h>
#include <stdlib.h>

#define NUMBER_AT (LINNET_RECORD_HEADER_SIZE + 4u) /* message_seq, then fragment_offset (RFC 6347 4.2.2) */
#define OFFSET_AT (LINNET_RECORD_HEADER_SIZE + 6u)

/* The number of the handshake message in a record; -1: it is none, or enciphered. */
static int32_t message_number(linnet_bytes octets)
{
    const uint8_t *at = octets.data;
    if (octets.size <= OFFSET_AT + 3 || at[0] != LINNET_HANDSHAKE || (at[3] | at[4]) != 0)
        return -1;
    return at[NUMBER_AT] << 8 | at[NUMBER_AT + 1];
}

static bool is_first_fragment(linnet_bytes octets)
{
    return (octets.data[OFFSET_AT] | octets.data[OFFSET_AT + 1] | octets.data[OFFSET_AT + 2]) == 0;
}

/* Whether this record is a flight's that has left before, and is not to leave again in this call. */
static bool is_muted(linnet_handshake *handshake, linnet_bytes octets)
{
    int32_t number = message_number(octets);
    if (handshake->muted || number < 0)
        return handshake->muted;
    handshake->muted = (uint32_t)number + (is_first_fragment(octets) ? 0u : 1u) < handshake->in_call;
    handshake->in_call = (uint32_t)number + 1u;
    if (handshake->sent < handshake->in_call)
        handshake->sent = handshake->in_call;
    return handshake->muted;
}

static uint64_t sequence_of(const uint8_t *record)
{
    uint64_t sequence = 0;
    for (unsigned i = 5; i < 11; i++)
        sequence = sequence << 8 | record[i];
    return sequence;
}

/* Records in the clear are counted here, not by the library, since some of them it does not know of. It says where to
 * begin: a server with the number of the hello. */
static void number(linnet_handshake *handshake, uint8_t *record)
{
    if ((record[3] | record[4]) != 0)
        return;
    if (!handshake->has_sent)
        handshake->sequence = sequence_of(record);
    handshake->has_sent = true;
    for (unsigned i = 0; i < 6; i++)
        record[10 - i] = (uint8_t)(handshake->sequence >> 8u * i);
    handshake->sequence++;
}

static void add(linnet_handshake *handshake, linnet_bytes octets)
{
    size_t wanted = handshake->out_size + octets.size;
    if (octets.size < LINNET_RECORD_HEADER_SIZE || is_muted(handshake, octets))
        return;
    if (wanted > handshake->out_capacity) {
        uint8_t *grown = realloc(handshake->out, 2 * wanted);
        if (!grown)
            return; /* lost, as datagrams are; it is sent again later */
        handshake->out = grown;
        handshake->out_capacity = 2 * wanted;
    }
    memcpy(handshake->out + handshake->out_size, octets.data, octets.size);
    number(handshake, handshake->out + handshake->out_size);
    handshake->out_size = wanted;
}

ssize_t linnet_flight_push(gnutls_transport_ptr_t context, const void *data, size_t size)
{
    linnet_handshake *handshake = context;
    linnet_bytes octets = linnet_view(data, size);
    uint8_t room[LINNET_WRAPPED_MOST];
    if (linnet_cid_wraps(handshake, octets))
        octets = linnet_cid_wrap(handshake, octets, room);
    add(handshake, octets);
    return (ssize_t)size;
}

ssize_t linnet_flight_pull(gnutls_transport_ptr_t context, void *data, size_t size)
{
    linnet_handshake *handshake = context;
    linnet_bytes input = handshake->input;
    handshake->input = (linnet_bytes){0};
    if (input.size == 0) {
        gnutls_transport_set_errno(handshake->tls, EAGAIN);
        return -1;
    }
    size = input.size < size ? input.size : size;
    memcpy(data, input.data, size);
    return (ssize_t)size;
}

int linnet_flight_is_there(gnutls_transport_ptr_t context, unsigned milliseconds)
{
    (void)milliseconds;
    return ((linnet_handshake *)context)->input.size > 0;
}

/* Without memory for it, only the library's own retransmissions are there. */
void linnet_flight_keep(linnet_handshake *handshake)
{
    uint8_t *copy = realloc(handshake->flight, handshake->out_size);
    if (!copy)
        return;
    memcpy(copy, handshake->out, handshake->out_size);
    handshake->flight = copy;
    handshake->flight_size = handshake->out_size;
}

/* As soon as one message of the peer's flight is there the library takes its own for received, and sends it no more.
 * But then a peer that never sends by itself is waited for in vain: RFC 6347 4.2.4 repeats until all of the flight has
 * come. What is enciphered goes as it was. */
void linnet_flight_repeat(linnet_handshake *handshake)
{
    linnet_bytes rest = linnet_view(handshake->flight, handshake->flight_size);
    linnet_record record;
    while (linnet_record_next(&rest, handshake->cids.peer_size, &record)) {
        handshake->muted = false;
        handshake->in_call = 0;
        add(handshake, record.octets);
    }
}

/* Whether the peer says what it has said before: then it has not heard our answer. */
bool linnet_flight_is_repeated(linnet_handshake *handshake, uint64_t now, const linnet_record *record)
{
    int32_t number = message_number(record->octets);
    if (number < 0)
        return false;
    bool repeated = (uint32_t)number + (is_first_fragment(record->octets) ? 0u : 1u) < handshake->heard;
    if (handshake->heard <= (uint32_t)number)
        handshake->heard = (uint32_t)number + 1u;
    return repeated && now >= handshake->sent_at + LINNET_HANDSHAKE_PAUSE_MS * UINT64_C(1000);
}
