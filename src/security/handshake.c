/* Time is ours: the library's timeouts are set to nothing, so that it sends a flight again whenever it has to wait for
 * more. That is let through when our timer says so, or when the peer repeats itself; else it goes nowhere. */
#include "security/handshake.h"

#include "security/suites.h"
#include "security/verify.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <linnet/error.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_LIMIT_MS 0x7fffffffu /* our own deadline counts */

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

static ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t size)
{
    linnet_handshake *handshake = context;
    size_t wanted = handshake->out_size + size;
    if (is_muted(handshake, linnet_view(data, size)))
        return (ssize_t)size;
    if (wanted > handshake->out_capacity) {
        uint8_t *grown = realloc(handshake->out, 2 * wanted);
        if (!grown)
            return (ssize_t)size; /* lost, as datagrams are; it is sent again later */
        handshake->out = grown;
        handshake->out_capacity = 2 * wanted;
    }
    memcpy(handshake->out + handshake->out_size, data, size);
    if (size >= LINNET_RECORD_HEADER_SIZE)
        number(handshake, handshake->out + handshake->out_size);
    handshake->out_size = wanted;
    return (ssize_t)size;
}

static ssize_t pull(gnutls_transport_ptr_t context, void *data, size_t size)
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

static int pull_timeout(gnutls_transport_ptr_t context, unsigned milliseconds)
{
    (void)milliseconds;
    return ((linnet_handshake *)context)->input.size > 0;
}

/* Server: which key goes with an identity. */
static int find_key(linnet_handshake *handshake, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    const linnet_keyring *keyring = handshake->keyring;
    int size = keyring->look_up ? keyring->look_up(keyring->context, identity, key) : LINNET_ENOENT;
    if (size > 0 && size <= (int)LINNET_PSK_MAX)
        return size;
    if (keyring->psk.size == 0 || (keyring->identity.size > 0 && !linnet_bytes_equal(keyring->identity, identity)))
        return LINNET_ENOENT;
    memcpy(key, keyring->psk.data, keyring->psk.size);
    return (int)keyring->psk.size;
}

/* RFC 4279 2: "If the server does not recognize the PSK identity, it MAY respond with an "unknown_psk_identity" alert
 * message." Identities go in the clear, so hiding which of them are known would hide little and help nobody. */
static int give_key(gnutls_session_t tls, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
    linnet_handshake *handshake = gnutls_session_get_ptr(tls);
    uint8_t octets[LINNET_PSK_MAX];
    int size = find_key(handshake, linnet_view(identity->data, identity->size), octets);
    if (size < 0) {
        linnet_handshake_blame(handshake, LINNET_EIDENTITY, GNUTLS_A_UNKNOWN_PSK_IDENTITY,
                               "there is no key for this identity");
        return -1;
    }
    key->data = gnutls_malloc((size_t)size);
    key->size = (unsigned)size;
    if (key->data)
        memcpy(key->data, octets, (size_t)size);
    gnutls_memset(octets, 0, sizeof octets);
    return key->data ? 0 : -1;
}

static bool is_address(const char *name)
{
    uint8_t ip[16];
    return inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
}

static int set_up_certificates(linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    bool asks = !keyring->server || keyring->has_trust || keyring->trusted_key_count > 0 ||
                keyring->peer_certificate != LINNET_PEER_DEFAULT;
    bool requires = keyring->peer_certificate == LINNET_PEER_DEFAULT;
    int error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_CERTIFICATE, keyring->certificates);
    gnutls_session_set_verify_function(handshake->tls, linnet_verify_peer);
    if (keyring->server && asks)
        gnutls_certificate_server_set_request(handshake->tls, requires ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    /* "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." (RFC 6066 3) */
    if (error == 0 && handshake->name && !is_address(handshake->name))
        error = gnutls_server_name_set(handshake->tls, GNUTLS_NAME_DNS, handshake->name, strlen(handshake->name));
    return error;
}

static int set_up(linnet_handshake *handshake, const gnutls_dtls_prestate_st *prestate)
{
    const linnet_keyring *keyring = handshake->keyring;
    unsigned role = keyring->server ? GNUTLS_SERVER : GNUTLS_CLIENT;
    int error = gnutls_init(&handshake->tls, role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
                                                 GNUTLS_NO_TICKETS | GNUTLS_ENABLE_RAWPK);
    if (error < 0)
        return error;
    gnutls_session_set_ptr(handshake->tls, handshake);
    gnutls_transport_set_ptr(handshake->tls, handshake);
    gnutls_transport_set_push_function(handshake->tls, push);
    gnutls_transport_set_pull_function(handshake->tls, pull);
    gnutls_transport_set_pull_timeout_function(handshake->tls, pull_timeout);
    gnutls_dtls_set_mtu(handshake->tls, LINNET_HANDSHAKE_MTU);
    gnutls_dtls_set_timeouts(handshake->tls, 0, NO_LIMIT_MS);
    error = gnutls_priority_set(handshake->tls, keyring->priority);
    if (error == 0 && keyring->psk_server) {
        gnutls_psk_set_server_credentials_function2(keyring->psk_server, give_key);
        error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_PSK, keyring->psk_server);
    }
    if (error == 0 && keyring->psk_client)
        error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_PSK, keyring->psk_client);
    if (error == 0 && keyring->certificates)
        error = set_up_certificates(handshake);
    if (error == 0 && prestate)
        gnutls_dtls_prestate_set(handshake->tls, (gnutls_dtls_prestate_st *)(uintptr_t)prestate);
    return error;
}

static void fail(linnet_handshake *handshake, int error, int alert, const char *text)
{
    linnet_handshake_blame(handshake, error, alert, text);
    if (handshake->alert >= 0 && !handshake->alert_received)
        gnutls_alert_send(handshake->tls, GNUTLS_AL_FATAL, (gnutls_alert_description_t)handshake->alert);
    handshake->state = LINNET_NOT_SHAKEN;
}

static void fail_received(linnet_handshake *handshake)
{
    gnutls_alert_description_t alert = gnutls_alert_get(handshake->tls);
    const char *name = gnutls_alert_get_name(alert);
    char text[LINNET_HANDSHAKE_TEXT];
    snprintf(text, sizeof text, "the peer ended the handshake with the alert \"%s\"", name ? name : "?");
    handshake->alert_received = true;
    fail(handshake, linnet_alert_error((int)alert), (int)alert, text);
}

/* Whether the server has all that it needs to see that its key is another. Some tell by an alert; some, among them
 * those of OpenSSL and GnuTLS, discard what they cannot open and fall silent, or take leave. */
static bool is_being_checked(const linnet_handshake *handshake)
{
    return !handshake->keyring->server && handshake->keyring->psk.size > 0 &&
           gnutls_handshake_get_last_in(handshake->tls) == GNUTLS_HANDSHAKE_SERVER_HELLO_DONE;
}

/* What an error of the library's says, in our words. */
static void fail_with(linnet_handshake *handshake, int error)
{
    int level, alert = gnutls_error_to_alert(error, &level);
    switch (error) {
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
        fail_received(handshake);
        break;
    case GNUTLS_E_MEMORY_ERROR:
        fail(handshake, LINNET_ENOMEM, GNUTLS_A_INTERNAL_ERROR, "out of memory");
        break;
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
    case GNUTLS_E_NO_COMMON_KEY_SHARE:
    case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
    case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
        fail(handshake, LINNET_ESUITE, alert,
             "there is no cipher suite that both sides offer and have credentials for");
        break;
    case GNUTLS_E_UNEXPECTED_PACKET: /* close_notify, too */
        if (is_being_checked(handshake))
            fail(handshake, LINNET_EKEY, -1, "the server took leave when it had checked the keys: they seem to differ");
        else
            fail(handshake, LINNET_EHANDSHAKE, -1, "the peer broke the handshake off");
        break;
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_CERTIFICATE_REQUIRED:
        fail(handshake, LINNET_ECERTIFICATE, GNUTLS_A_HANDSHAKE_FAILURE, "the peer showed no certificate");
        break;
    case GNUTLS_E_DECRYPTION_FAILED:
    case GNUTLS_E_ERROR_IN_FINISHED_PACKET:
        fail(handshake, LINNET_EKEY, GNUTLS_A_DECRYPT_ERROR, "the keys of the two sides differ");
        break;
    default:
        fail(handshake, LINNET_EHANDSHAKE, alert, gnutls_strerror(error));
    }
}

/* Only suites that were named: GnuTLS would also take a key exchange of one with the cipher of another. */
static void conclude(linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    const linnet_suite_row *suite = linnet_suite_of(handshake->tls);
    if (!suite || !linnet_suite_is_allowed(suite, keyring->suites, keyring->suite_count))
        fail(handshake, LINNET_ESUITE, GNUTLS_A_HANDSHAKE_FAILURE, "the cipher suite is not one of those allowed");
    else
        handshake->state = LINNET_SHAKEN;
}

/* Without memory for it, only the library's own retransmissions are there. */
static void keep_flight(linnet_handshake *handshake)
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
static void repeat_flight(linnet_handshake *handshake)
{
    linnet_bytes rest = linnet_view(handshake->flight, handshake->flight_size);
    linnet_record record;
    while (linnet_record_next(&rest, &record)) {
        handshake->muted = false;
        handshake->in_call = 0;
        push(handshake, record.octets.data, record.octets.size);
    }
}

static void step(linnet_handshake *handshake, uint64_t now, bool may_repeat)
{
    size_t before = handshake->out_size;
    handshake->muted = false;
    handshake->in_call = may_repeat ? 0 : handshake->sent;
    int error = gnutls_handshake(handshake->tls);
    handshake->input = (linnet_bytes){0};
    handshake->muted = false;
    if (handshake->out_size > before) {
        handshake->sent_at = now;
        keep_flight(handshake);
    }
    if (error == 0)
        conclude(handshake);
    else if (gnutls_error_is_fatal(error))
        fail_with(handshake, error);
}

linnet_handshake *linnet_handshake_open(linnet_keyring *keyring, const gnutls_dtls_prestate_st *prestate,
                                        const char *name, uint64_t now)
{
    linnet_handshake *handshake = calloc(1, sizeof *handshake);
    if (!handshake)
        return NULL;
    linnet_keyring_hold(keyring);
    name = keyring->peer_name ? keyring->peer_name : name;
    handshake->keyring = keyring;
    handshake->alert = -1;
    handshake->timeout = LINNET_HANDSHAKE_TIMEOUT_MS * UINT64_C(1000);
    handshake->deadline = now + LINNET_HANDSHAKE_LIMIT_MS * UINT64_C(1000);
    if ((name && !(handshake->name = strdup(name))) || set_up(handshake, prestate) < 0) {
        linnet_handshake_close(handshake);
        return NULL;
    }
    if (!keyring->server)
        step(handshake, now, false);
    return handshake;
}

void linnet_handshake_close(linnet_handshake *handshake)
{
    if (handshake->tls)
        gnutls_deinit(handshake->tls);
    linnet_keyring_release(handshake->keyring);
    free(handshake->name);
    free(handshake->out);
    free(handshake->flight);
    free(handshake);
}

/* The keys that GnuTLS will have, before it has them: RFC 5246 6.3, of a suite with AEAD. */
static bool derive(const linnet_handshake *handshake, linnet_record_state *state, uint8_t *long_keys)
{
    const linnet_suite_row *suite = linnet_suite_of(handshake->tls);
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
    return gnutls_prf_raw(handshake->tls, 13, "key expansion", sizeof seed, (const char *)seed,
                          2u * ((size_t)sizes->key + sizes->iv), (char *)keys) == 0;
}

/* A Finished that does not open with the keys that are to be: the peer has another pre-shared key. The library would
 * wait in silence; RFC 4279 2 has an alert for it, decrypt_error. */
static bool is_of_other_keys(const linnet_handshake *handshake, const linnet_record *record)
{
    linnet_record_state state;
    uint8_t long_keys[LINNET_LONG_KEYS], plain[256];
    size_t size;
    gnutls_handshake_description_t last = gnutls_handshake_get_last_in(handshake->tls);
    if (!handshake->keyring->server || record->type != LINNET_HANDSHAKE || record->epoch != LINNET_RECORD_EPOCH ||
        record->fragment.size > sizeof plain ||
        (last != GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE && last != GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY))
        return false;
    bool differs = derive(handshake, &state, long_keys) &&
                   linnet_record_open(&state, record, plain, &size) == LINNET_RECORD_FORGED;
    gnutls_memset(&state, 0, sizeof state);
    gnutls_memset(long_keys, 0, sizeof long_keys);
    return differs;
}

/* Whether the peer says what it has said before: then it has not heard our answer. */
static bool is_repeated(linnet_handshake *handshake, uint64_t now, const linnet_record *record)
{
    int32_t number = message_number(record->octets);
    if (number < 0)
        return false;
    bool repeated = (uint32_t)number + (is_first_fragment(record->octets) ? 0u : 1u) < handshake->heard;
    if (handshake->heard <= (uint32_t)number)
        handshake->heard = (uint32_t)number + 1u;
    return repeated && now >= handshake->sent_at + LINNET_HANDSHAKE_PAUSE_MS * UINT64_C(1000);
}

void linnet_handshake_receive(linnet_handshake *handshake, uint64_t now, const linnet_record *record)
{
    size_t before = handshake->out_size;
    handshake->input = record->octets;
    step(handshake, now, is_repeated(handshake, now, record));
    if (handshake->state != LINNET_SHAKING)
        return;
    if (handshake->out_size > before) /* a new flight, or the peer did not hear the last one */
        handshake->timeout = LINNET_HANDSHAKE_TIMEOUT_MS * UINT64_C(1000);
    else if (is_of_other_keys(handshake, record))
        fail(handshake, LINNET_EKEY, GNUTLS_A_DECRYPT_ERROR, "the keys of the two sides differ");
}

void linnet_handshake_expire(linnet_handshake *handshake, uint64_t now)
{
    uint64_t most = LINNET_HANDSHAKE_TIMEOUT_MOST_MS * UINT64_C(1000);
    if (now >= handshake->deadline) {
        fail(handshake, LINNET_ETIMEOUT, -1,
             is_being_checked(handshake) ? "the server went silent where it had to check the keys: they may differ"
                                         : "the peer did not go on with the handshake");
        return;
    }
    handshake->timeout = handshake->timeout * 2 < most ? handshake->timeout * 2 : most;
    step(handshake, now, true);
    if (handshake->state == LINNET_SHAKING && handshake->out_size == 0)
        repeat_flight(handshake);
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
