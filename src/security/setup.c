/* How the library is told what a handshake is to be. */
#include "security/setup.h"
#include "security/flight.h"
#include "security/server_name.h"
#include "security/verify.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <linnet/error.h>

#define NO_LIMIT_MS 0x7fffffffu /* our own deadline counts */

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
    bool asks = !keyring->server || keyring->has_trust || keyring->trusted_key_count > 0 ||
                keyring->peer_certificate != LINNET_PEER_DEFAULT;
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
    if (error == 0 && resumes)
        error = set_up_resumption(handshake);
    if (error == 0 && prestate)
        gnutls_dtls_prestate_set(handshake->tls, (gnutls_dtls_prestate_st *)(uintptr_t)prestate);
    return error;
}
