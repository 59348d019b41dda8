/* What a handshake has come to: keys, and who the peer is. */
#include "security/handshake.h"

#include "security/suites.h"

#include <gnutls/x509.h>

static void set_cids(const linnet_handshake *handshake, linnet_record_state *state)
{
    const linnet_cids *cids = &handshake->cids;
    if (!cids->agreed)
        return;
    state->read_cid_size = cids->own_size;
    state->write_cid_size = cids->peer_size;
    if (cids->own_size > 0)
        memcpy(state->read_cid_tail, cids->own + 4, LINNET_CID_TAIL);
}

/* The keys that GnuTLS will have, before it has them: RFC 5246 6.3, of a suite with AEAD. */
bool linnet_agreed_derive(const linnet_handshake *handshake, linnet_record_state *state, uint8_t *long_keys)
{
    const linnet_suite_row *suite = linnet_suite_numbered(handshake->suite);
    gnutls_datum_t client, server;
    uint8_t seed[64];
    if (!suite)
        return false;
    *state = (linnet_record_state){.aead = (uint8_t)suite->aead};
    if (linnet_record_is_long(suite->aead))
        state->keys.elsewhere = long_keys;
    uint8_t *keys = linnet_record_is_long(suite->aead) ? long_keys : state->keys.octets;
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[suite->aead];
    gnutls_session_get_random(handshake->tls, &client, &server);
    memcpy(seed, server.data, 32);
    memcpy(seed + 32, client.data, 32);
    /* client_write_key, server_write_key, client_write_IV, server_write_IV: to a server, that is reading first. */
    if (gnutls_prf_raw(handshake->tls, 13, "key expansion", sizeof seed, (const char *)seed,
                       2u * ((size_t)sizes->key + sizes->iv), (char *)keys) != 0)
        return false;
    if (!handshake->keyring->server)
        linnet_record_mirror(state);
    set_cids(handshake, state);
    return true;
}

static uint64_t written_sequence(const linnet_handshake *handshake)
{
    uint8_t number[8];
    uint64_t sequence = 0;
    gnutls_record_get_state(handshake->tls, 0, NULL, NULL, NULL, number);
    for (unsigned i = 2; i < 8; i++)
        sequence = sequence << 8 | number[i];
    return sequence;
}

/* A direction's key and IV, each into its place in the row. */
static bool take_keys(gnutls_session_t tls, bool reading, const linnet_aead_sizes *sizes, uint8_t *keys)
{
    gnutls_datum_t iv, key;
    unsigned direction = reading ? 0 : 1;
    if (gnutls_record_get_state(tls, reading, NULL, &iv, &key, NULL) < 0 || key.size != sizes->key ||
        iv.size != sizes->iv)
        return false;
    memcpy(keys + direction * key.size, key.data, key.size);
    memcpy(keys + 2u * sizes->key + direction * iv.size, iv.data, iv.size);
    return true;
}

bool linnet_handshake_keys(const linnet_handshake *handshake, const linnet_record *finished, linnet_record_state *state,
                           uint8_t *long_keys)
{
    const linnet_suite_row *suite = linnet_suite_of(handshake->tls);
    if (!suite)
        return false;
    bool is_long = linnet_record_is_long(suite->aead);
    *state = (linnet_record_state){.aead = (uint8_t)suite->aead, .write_sequence = written_sequence(handshake)};
    set_cids(handshake, state);
    if (is_long)
        state->keys.elsewhere = long_keys;
    if (finished->epoch == LINNET_RECORD_EPOCH) {
        state->newest = finished->sequence;
        state->seen = 1;
    }
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[suite->aead];
    uint8_t *keys = is_long ? long_keys : state->keys.octets;
    return take_keys(handshake->tls, true, sizes, keys) && take_keys(handshake->tls, false, sizes, keys);
}

static linnet_identity name_psk(const linnet_handshake *handshake, uint8_t *room, size_t capacity)
{
    linnet_bytes name = handshake->keyring->identity;
    gnutls_datum_t given;
    if (handshake->keyring->server && gnutls_psk_server_get_username2(handshake->tls, &given) == 0)
        name = linnet_view(given.data, given.size);
    size_t size = name.size < capacity ? name.size : capacity;
    if (size > 0)
        memcpy(room, name.data, size);
    return (linnet_identity){.security = LINNET_SECURED_PSK, .name = linnet_view(room, size)};
}

static linnet_identity name_certificate(const gnutls_datum_t *peer, uint8_t *room, size_t capacity)
{
    linnet_identity identity = {.security = LINNET_SECURED_CERTIFICATE};
    gnutls_x509_crt_t certificate;
    size_t size = capacity;
    if (gnutls_x509_crt_init(&certificate) < 0)
        return identity;
    if (gnutls_x509_crt_import(certificate, peer, GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_dn(certificate, (char *)room, &size) == 0)
        identity.name = linnet_view(room, size);
    gnutls_x509_crt_deinit(certificate);
    return identity;
}

linnet_identity linnet_handshake_identity(const linnet_handshake *handshake, uint8_t *room, size_t capacity)
{
    const linnet_suite_row *suite = linnet_suite_of(handshake->tls);
    unsigned count = 0;
    if (suite && (suite->exchange == GNUTLS_KX_PSK || suite->exchange == GNUTLS_KX_ECDHE_PSK))
        return name_psk(handshake, room, capacity);
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(handshake->tls, &count);
    if (!peers || count == 0 || handshake->keyring->peer_certificate == LINNET_PEER_UNVERIFIED)
        return (linnet_identity){.security = LINNET_SECURED_ANONYMOUS};
    if (gnutls_certificate_type_get2(handshake->tls, GNUTLS_CTYPE_PEERS) != GNUTLS_CRT_RAWPK)
        return name_certificate(&peers[0], room, capacity);
    size_t size = peers[0].size < capacity ? peers[0].size : 0;
    memcpy(room, peers[0].data, size);
    return (linnet_identity){.security = LINNET_SECURED_RAW_KEY, .name = linnet_view(room, size)};
}

void linnet_handshake_report(const linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    linnet_handshake_failure failure = {
        .peer = handshake->path.peer,
        .server = keyring->server,
        .error = handshake->error,
        .alert = handshake->alert,
        .alert_received = handshake->alert_received,
        .text = handshake->text,
    };
    gnutls_datum_t identity;
    if (!keyring->failed)
        return;
    if (!keyring->server)
        failure.identity = keyring->identity;
    else if (keyring->psk_server && gnutls_psk_server_get_username2(handshake->tls, &identity) == 0)
        failure.identity = linnet_view(identity.data, identity.size);
    keyring->failed(keyring->context, &failure);
}

void linnet_handshake_report_success(const linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    const linnet_cids *cids = &handshake->cids;
    linnet_handshake_success success = {
        .peer = handshake->path.peer,
        .server = keyring->server,
        .connection_id = cids->agreed,
        .suite = handshake->suite,
        .own = linnet_view(cids->own, cids->agreed ? cids->own_size : 0),
        .others = linnet_view(cids->peer, cids->peer_size),
    };
    if (keyring->succeeded)
        keyring->succeeded(keyring->context, &success);
}
