#include "security/verify.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <linnet/error.h>
#include <linnet/uri.h>
#include <stdio.h>
#include <strings.h>

#define URI_ROOM 512u /* octets of a subjectAltName that is looked at */
#define URIS_MOST 64u /* and how many of them */

void linnet_handshake_blame(linnet_handshake *handshake, int error, int alert, const char *text)
{
    if (handshake->error != 0)
        return;
    handshake->error = error;
    handshake->alert = alert;
    if (text)
        snprintf(handshake->text, sizeof handshake->text, "%s", text);
}

int linnet_alert_error(int alert)
{
    switch (alert) {
    case GNUTLS_A_BAD_RECORD_MAC:
    case GNUTLS_A_DECRYPT_ERROR:
        return LINNET_EKEY;
    case GNUTLS_A_UNKNOWN_PSK_IDENTITY:
        return LINNET_EIDENTITY;
    case GNUTLS_A_BAD_CERTIFICATE:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
    case GNUTLS_A_CERTIFICATE_REVOKED:
    case GNUTLS_A_CERTIFICATE_EXPIRED:
    case GNUTLS_A_CERTIFICATE_UNKNOWN:
    case GNUTLS_A_UNKNOWN_CA:
    case GNUTLS_A_ACCESS_DENIED:
    case GNUTLS_A_CERTIFICATE_REQUIRED:
        return LINNET_ECERTIFICATE;
    case GNUTLS_A_HANDSHAKE_FAILURE:
    case GNUTLS_A_INSUFFICIENT_SECURITY:
    case GNUTLS_A_PROTOCOL_VERSION:
        return LINNET_ESUITE;
    default:
        return LINNET_EHANDSHAKE;
    }
}

static int refuse(linnet_handshake *handshake, int alert, const char *text)
{
    linnet_handshake_blame(handshake, LINNET_ECERTIFICATE, alert, text);
    return GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR;
}

/* RFC 7250: the key is the one that was provisioned, or it is not. */
static int verify_raw_key(linnet_handshake *handshake, const gnutls_datum_t *key)
{
    if (linnet_keyring_trusts_key(handshake->keyring, linnet_view(key->data, key->size)))
        return 0;
    return refuse(handshake, GNUTLS_A_CERTIFICATE_UNKNOWN, "the peer's raw public key is not one that is trusted");
}

/* The most telling of what a verification found, with the alert that RFC 5246 7.2.2 has for it. */
static int refuse_status(linnet_handshake *handshake, unsigned status)
{
    const struct {
        unsigned status;
        int alert;
        const char *text;
    } reasons[] = {
        {GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED, "the peer's certificate is revoked"},
        {GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED, "the peer's certificate has expired"},
        {GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_CERTIFICATE_EXPIRED, "the peer's certificate is not valid yet"},
        {GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA,
         "the peer's certificate is of no authority that is trusted"},
        {GNUTLS_CERT_SIGNER_NOT_CA, GNUTLS_A_UNKNOWN_CA, "who signed the peer's certificate is no authority"},
        {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, GNUTLS_A_BAD_CERTIFICATE,
         "an authority of the peer's certificate may not sign for that name or purpose"},
        {GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_INSUFFICIENT_SECURITY,
         "the peer's certificate has a key or signature that is too weak"},
        {GNUTLS_CERT_UNEXPECTED_OWNER, GNUTLS_A_BAD_CERTIFICATE, "the peer's certificate is for another name"},
        {GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
         "the peer's certificate is for another purpose"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (status & reasons[i].status)
            return refuse(handshake, reasons[i].alert, reasons[i].text);
    return refuse(handshake, GNUTLS_A_BAD_CERTIFICATE, "the peer's certificate is not valid");
}

static void set_data(gnutls_typed_vdata_st *data, gnutls_vdata_types_t type, const void *value, size_t size)
{
    *data = (gnutls_typed_vdata_st){.type = type, .data = (unsigned char *)(uintptr_t)value, .size = (unsigned)size};
}

/* Whether that is a URI with the authority of the server: host and port, or the name that was asked for and any port.
 */
static bool is_uri_of(const linnet_handshake *handshake, linnet_bytes text)
{
    linnet_uri uri;
    size_t size = strlen(handshake->name);
    if (linnet_uri_parse(&uri, text) != 0 || uri.host.size != size ||
        strncasecmp((const char *)uri.host.data, handshake->name, size) != 0)
        return false;
    return handshake->keyring->peer_name || uri.port == handshake->path.peer.port;
}

/* RFC 7252 9.1.3.3: "the authority of the request URI MUST match at least one of the authorities of any CoAP URI found
 * in a field of URI type in the SubjectAltName set". The library looks at names and addresses alone. */
static bool is_named_by_uri(const linnet_handshake *handshake)
{
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(handshake->tls, &count);
    gnutls_x509_crt_t leaf;
    char text[URI_ROOM];
    bool found = false;
    int type = 0;
    if (!handshake->name || !peers || gnutls_x509_crt_init(&leaf) < 0)
        return false;
    if (gnutls_x509_crt_import(leaf, &peers[0], GNUTLS_X509_FMT_DER) == 0) {
        for (unsigned i = 0; !found && i < URIS_MOST && type != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE; i++) {
            size_t size = sizeof text;
            type = gnutls_x509_crt_get_subject_alt_name(leaf, i, text, &size, NULL);
            found =
                type == GNUTLS_SAN_URI && memmem(text, size, "://", 3) && is_uri_of(handshake, linnet_view(text, size));
        }
    }
    gnutls_x509_crt_deinit(leaf);
    return found;
}

static int verify_chain(linnet_handshake *handshake)
{
    gnutls_typed_vdata_st data[2];
    unsigned status, count = 0;
    uint8_t ip[16];
    const char *name = handshake->name;
    const char *purpose = handshake->keyring->server ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
    set_data(&data[count++], GNUTLS_DT_KEY_PURPOSE_OID, purpose, 0);
    if (name && inet_pton(AF_INET, name, ip) == 1)
        set_data(&data[count++], GNUTLS_DT_IP_ADDRESS, ip, 4);
    else if (name && inet_pton(AF_INET6, name, ip) == 1)
        set_data(&data[count++], GNUTLS_DT_IP_ADDRESS, ip, 16);
    else if (name)
        set_data(&data[count++], GNUTLS_DT_DNS_HOSTNAME, name, 0);
    if (gnutls_certificate_verify_peers(handshake->tls, data, count, &status) < 0)
        return refuse(handshake, GNUTLS_A_BAD_CERTIFICATE, "the peer's certificate cannot be read");
    if (status == (GNUTLS_CERT_INVALID | GNUTLS_CERT_UNEXPECTED_OWNER) && is_named_by_uri(handshake))
        return 0;
    return status == 0 ? 0 : refuse_status(handshake, status);
}

int linnet_verify_peer(gnutls_session_t tls)
{
    linnet_handshake *handshake = gnutls_session_get_ptr(tls);
    const linnet_keyring *keyring = handshake->keyring;
    unsigned count = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(tls, &count);
    if (keyring->peer_certificate == LINNET_PEER_UNVERIFIED)
        return 0;
    if (!peers || count == 0)
        return keyring->server && keyring->peer_certificate == LINNET_PEER_OPTIONAL
                   ? 0
                   : refuse(handshake, GNUTLS_A_HANDSHAKE_FAILURE, "the peer showed no certificate");
    return gnutls_certificate_type_get2(tls, GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK
               ? verify_raw_key(handshake, &peers[0])
               : verify_chain(handshake);
}
