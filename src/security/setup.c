/* How the library is told what a handshake is to be. */
#include "security/setup.h"

#include "security/cid.h"
#include "security/flight.h"
#include "security/server_name.h"
#include "security/verify.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <linnet/error.h>

#define RECORD_SIZE_LIMIT 28    /* IANA, a TLS extension */
#define NO_LIMIT_MS 0x7fffffffu /* our own deadline counts */

int linnet_keyring_find_key(const linnet_keyring *keyring, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
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
    int size = linnet_keyring_find_key(handshake->keyring, linnet_view(identity->data, identity->size), octets);
    if (size < 0) {
        linnet_handshake_blame(handshake, LINNET_EIDENTITY, GNUTLS_A_UNKNOWN_PSK_IDENTITY,
                               "there is no key for this identity");
        return -1;
    }
    handshake->key_print = linnet_keyring_brief(linnet_view(octets, (size_t)size));
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

static bool asks_for_certificate(const linnet_keyring *keyring)
{
    return !keyring->server || keyring->has_trust || keyring->trusted_key_count > 0 ||
           keyring->peer_certificate != LINNET_PEER_DEFAULT;
}

static uint16_t admission_by_key(const linnet_keyring *keyring, linnet_bytes identity)
{
    uint8_t key[LINNET_PSK_MAX];
    int size = keyring->psk_server ? linnet_keyring_find_key(keyring, identity, key) : LINNET_ENOENT;
    uint16_t print = size > 0 ? linnet_keyring_brief(linnet_view(key, (size_t)size)) : 0;
    gnutls_memset(key, 0, sizeof key);
    return print;
}

uint16_t linnet_keyring_admission(const linnet_keyring *keyring, linnet_identity peer)
{
    switch (peer.security) {
    case LINNET_SECURED_PSK:
        return admission_by_key(keyring, peer.name);
    case LINNET_SECURED_RAW_KEY:
        return linnet_keyring_trusts_key(keyring, peer.name);
    case LINNET_SECURED_CERTIFICATE:
        return keyring->trust_print;
    case LINNET_SECURED_ANONYMOUS:
        return keyring->certificates &&
               !(asks_for_certificate(keyring) && keyring->peer_certificate == LINNET_PEER_DEFAULT);
    default:
        return 0;
    }
}

/* What is not part of a name in a certificate: the interface behind an address, the dot behind a full name. */
static void trim(char *name)
{
    uint8_t ip[16];
    char *zone = strchr(name, '%');
    size_t size = strlen(name);
    if (zone) {
        *zone = 0;
        if (inet_pton(AF_INET6, name, ip) != 1)
            *zone = '%';
    } else if (size > 1 && name[size - 1] == '.') {
        name[size - 1] = 0;
    }
}

/* Letters, digits, hyphens, and what lies beyond ASCII, which the library maps (RFC 5891). */
static bool is_host_name(const char *name)
{
    static const char more[] = "-_.";
    for (const char *at = name; *at; at++) {
        bool is_alphanumeric =
            (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || (*at & 0x80);
        if (!is_alphanumeric && !strchr(more, *at))
            return false;
    }
    return *name && *name != '.';
}

/* "Literal IPv4 and IPv6 addresses are not permitted in "HostName"." (RFC 6066 3) What the library cannot map is not
 * sent, either: then there is no certificate for it, and that is what is said. */
static int send_name(linnet_handshake *handshake)
{
    const char *name = handshake->name;
    if (!name || is_address(name) || !is_host_name(name))
        return 0;
    int error = gnutls_server_name_set(handshake->tls, GNUTLS_NAME_DNS, name, strlen(name));
    return error == GNUTLS_E_MEMORY_ERROR ? error : 0;
}

static int set_up_certificates(linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    bool asks = asks_for_certificate(keyring);
    bool requires = keyring->peer_certificate == LINNET_PEER_DEFAULT;
    int error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_CERTIFICATE, keyring->certificates);
    gnutls_session_set_verify_function(handshake->tls, linnet_verify_peer);
    if (keyring->own_count > 1)
        gnutls_handshake_set_post_client_hello_function(handshake->tls, linnet_server_name_heed);
    if (keyring->server && asks)
        gnutls_certificate_server_set_request(handshake->tls, requires ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
    return error ? error : send_name(handshake);
}

/* RFC 5077: a server keeps nothing for it; what a client has kept for that server is tried. */
static int set_up_resumption(linnet_handshake *handshake)
{
    const linnet_keyring *keyring = handshake->keyring;
    if (keyring->server) {
        gnutls_db_set_cache_expiration(handshake->tls, LINNET_TICKET_S);
        return gnutls_session_ticket_enable_server(handshake->tls, &keyring->ticket_key);
    }
    const linnet_ticket *ticket = linnet_keyring_ticket(keyring, &handshake->path.peer, handshake->name);
    return ticket ? gnutls_session_set_data(handshake->tls, ticket->session.data, ticket->session.size) : 0;
}

static int hear_nothing(gnutls_session_t tls, const unsigned char *data, size_t size)
{
    (void)tls, (void)data, (void)size;
    return 0;
}

static int say_nothing(gnutls_session_t tls, gnutls_buffer_t extension)
{
    (void)tls, (void)extension;
    return 0;
}

/* The library would agree to a client's record_size_limit (RFC 8449), and bind us to send no larger records, of any
 * size from 64 octets on. CoAP messages go in one record (RFC 7252 9.1), and know the sizes of max_fragment_length (RFC
 * 6066 4) alone: linnet_handshake_limit(). So that is agreed to, and not what would not be kept. */
static int promise_no_record_size(gnutls_session_t tls)
{
    return gnutls_session_ext_register(tls, "record_size_limit", RECORD_SIZE_LIMIT, GNUTLS_EXT_MANDATORY, hear_nothing,
                                       say_nothing, NULL, NULL, NULL, GNUTLS_EXT_FLAG_OVERRIDE_INTERNAL);
}

/* The library tells the suite only when it reads enciphered records; some are written or come before that. "struct {
 * ProtocolVersion server_version; Random random; SessionID session_id; CipherSuite cipher_suite; [...] } ServerHello;"
 * (RFC 5246 7.4.1.3) */
static int note_suite(gnutls_session_t tls, unsigned type, unsigned when, unsigned incoming,
                      const gnutls_datum_t *hello)
{
    enum { ID_AT = 34 };
    linnet_handshake *handshake = gnutls_session_get_ptr(tls);
    size_t at = hello->size > ID_AT ? ID_AT + 1u + hello->data[ID_AT] : 0;
    (void)type, (void)when, (void)incoming;
    if (at > 0 && at + 2 <= hello->size)
        handshake->suite = (uint16_t)(hello->data[at] << 8 | hello->data[at + 1]);
    return 0;
}

int linnet_handshake_set_up(linnet_handshake *handshake, const gnutls_dtls_prestate_st *prestate)
{
    const linnet_keyring *keyring = handshake->keyring;
    bool resumes = keyring->server ? keyring->ticket_key.size > 0 : keyring->certificates != NULL;
    unsigned flags = GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_ENABLE_RAWPK;
    flags |= (keyring->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | (resumes ? 0u : GNUTLS_NO_TICKETS);
    int error = gnutls_init(&handshake->tls, flags);
    if (error < 0)
        return error;
    if (handshake->name)
        trim(handshake->name);
    gnutls_session_set_ptr(handshake->tls, handshake);
    gnutls_transport_set_ptr(handshake->tls, handshake);
    gnutls_transport_set_push_function(handshake->tls, linnet_flight_push);
    gnutls_transport_set_pull_function(handshake->tls, linnet_flight_pull);
    gnutls_transport_set_pull_timeout_function(handshake->tls, linnet_flight_is_there);
    gnutls_handshake_set_hook_function(handshake->tls, GNUTLS_HANDSHAKE_SERVER_HELLO, GNUTLS_HOOK_PRE, note_suite);
    gnutls_dtls_set_mtu(handshake->tls, LINNET_HANDSHAKE_MTU);
    gnutls_dtls_set_timeouts(handshake->tls, 0, NO_LIMIT_MS);
    error = gnutls_priority_set(handshake->tls, keyring->priority);
    if (error == 0 && keyring->server)
        error = promise_no_record_size(handshake->tls);
    if (error == 0 && keyring->psk_server) {
        gnutls_psk_set_server_credentials_function2(keyring->psk_server, give_key);
        error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_PSK, keyring->psk_server);
    }
    if (error == 0 && keyring->psk_client)
        error = gnutls_credentials_set(handshake->tls, GNUTLS_CRD_PSK, keyring->psk_client);
    if (error == 0 && keyring->certificates)
        error = set_up_certificates(handshake);
    if (error == 0 && resumes)
        error = set_up_resumption(handshake);
    if (error == 0)
        error = linnet_cid_set_up(handshake);
    if (error == 0 && prestate)
        gnutls_dtls_prestate_set(handshake->tls, (gnutls_dtls_prestate_st *)(uintptr_t)prestate);
    return error;
}
