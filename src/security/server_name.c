/* What a server does about the name that a client asks for. That a ticket is not taken for another name than the one it
 * was given for (RFC 6066 3) is the library's care. */
#include "security/server_name.h"

#include "security/certificates.h"
#include "security/handshake.h"

#define NAME_ROOM 256u /* octets of a host name, and a zero */

/* RFC 6066 3 leaves what to do about a name that is not known: "either abort the handshake by sending a fatal-level
 * unrecognized_name(112) alert or continue the handshake". The client knows better than we by what names it may call
 * us, and verifies; so it goes on. */
int linnet_server_name_heed(gnutls_session_t tls)
{
    const linnet_keyring *keyring = ((linnet_handshake *)gnutls_session_get_ptr(tls))->keyring;
    char name[NAME_ROOM];
    size_t size = sizeof name;
    unsigned type;
    if (gnutls_server_name_get(tls, name, &size, &type, 0) < 0 || type != GNUTLS_NAME_DNS)
        name[0] = 0;
    return gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, linnet_certificates_for(keyring, name));
}
