#include "security/cid.h"

#include <gnutls/crypto.h>

#define CONNECTION_ID 54 /* IANA, a TLS extension */

/* RFC 9146 3: "struct { opaque cid<0..2^8-1>; } ConnectionId". In a ServerHello as in a ClientHello it is what its
 * sender wants to be called. */
static int take_extension(gnutls_session_t tls, const unsigned char *data, size_t size)
{
    linnet_handshake *handshake = gnutls_session_get_ptr(tls);
    linnet_cids *cids = &handshake->cids;
    if (size < 1 || data[0] != size - 1)
        return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
    cids->agreed = true;
    cids->peer_size = data[0];
    memcpy(cids->peer, data + 1, data[0]);
    return 0;
}

/* GnuTLS calls it in a server only when the client has sent the extension. */
static int give_extension(gnutls_session_t tls, gnutls_buffer_t buffer)
{
    const linnet_handshake *handshake = gnutls_session_get_ptr(tls);
    const linnet_cids *cids = &handshake->cids;
    uint8_t octets[1 + LINNET_CID_OWN_MOST];
    octets[0] = cids->own_size;
    memcpy(octets + 1, cids->own, cids->own_size);
    int error = gnutls_buffer_append_data(buffer, octets, 1u + cids->own_size);
    return error < 0 ? error : 1 + cids->own_size;
}

/* "When a DTLS session is resumed or renegotiated, the "connection_id" extension is negotiated afresh": those that are
 * mandatory GnuTLS looks at then, too. */
int linnet_cid_set_up(linnet_handshake *handshake)
{
    if (!handshake->cids.wanted)
        return 0;
    return gnutls_session_ext_register(
        handshake->tls, "Connection ID", CONNECTION_ID, GNUTLS_EXT_MANDATORY, take_extension, give_extension, NULL,
        NULL, NULL, GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_TLS12_SERVER_HELLO | GNUTLS_EXT_FLAG_DTLS);
}

bool linnet_cid_is_right(const linnet_handshake *handshake, const linnet_record *record)
{
    const linnet_cids *cids = &handshake->cids;
    bool has_one = record->type == LINNET_TLS12_CID, enciphered = record->epoch > 0;
    if (has_one != (enciphered && cids->agreed && cids->own_size > 0))
        return false;
    return !has_one || linnet_bytes_equal(linnet_record_cid(record), linnet_view(cids->own, cids->own_size));
}

bool linnet_cid_wraps(const linnet_handshake *handshake, linnet_bytes octets)
{
    return handshake->cids.agreed && handshake->cids.peer_size > 0 && octets.size >= LINNET_RECORD_HEADER_SIZE &&
           (octets.data[3] | octets.data[4]) != 0;
}

/* Opens a record and seals what is in it in the other form, with the same keys and under the same number: `outwards` as
 * we write, from what the library wrote; else as the peer would have, had it no ID. Of what comes in, nothing but what
 * belongs to a handshake. */
static size_t seal_anew(linnet_record_state *state, const linnet_record *record, bool outwards, const uint8_t *cid,
                        uint8_t *room)
{
    uint8_t plain[LINNET_WRAPPED_PLAIN];
    linnet_inner inner = {0, 0};
    uint8_t with_cid = outwards ? state->write_cid_size : 0;
    if (record->fragment.size > sizeof plain)
        return 0;
    if (outwards) { /* what we wrote is read as the peer does, and as if no ID were asked for */
        linnet_record_mirror(state);
        state->read_cid_size = 0;
    }
    bool opened = linnet_record_open(state, record, plain, &inner) != LINNET_RECORD_FORGED;
    linnet_record_mirror(state);
    state->write_cid_size = with_cid;
    state->write_sequence = record->sequence;
    bool fits = outwards || inner.type == LINNET_HANDSHAKE || inner.type == LINNET_ALERT;
    size_t size = opened && fits ? linnet_record_seal(state, cid, inner.type, linnet_view(plain, inner.size), room) : 0;
    gnutls_memset(plain, 0, sizeof plain);
    return size;
}

static linnet_bytes seal_with_derived(const linnet_handshake *handshake, const linnet_record *record, bool outwards,
                                      uint8_t *room)
{
    linnet_record_state state;
    uint8_t long_keys[LINNET_LONG_KEYS];
    size_t size = 0;
    if (linnet_agreed_derive(handshake, &state, long_keys))
        size = seal_anew(&state, record, outwards, handshake->cids.peer, room);
    gnutls_memset(&state, 0, sizeof state);
    gnutls_memset(long_keys, 0, sizeof long_keys);
    return linnet_view(room, size);
}

linnet_bytes linnet_cid_wrap(const linnet_handshake *handshake, linnet_bytes octets, uint8_t *room)
{
    linnet_bytes rest = octets;
    linnet_record record;
    if (!linnet_record_next(&rest, 0, &record) || rest.size > 0)
        return (linnet_bytes){0};
    return seal_with_derived(handshake, &record, true, room);
}

linnet_bytes linnet_cid_unwrap(const linnet_handshake *handshake, const linnet_record *record, uint8_t *room)
{
    return seal_with_derived(handshake, record, false, room);
}
