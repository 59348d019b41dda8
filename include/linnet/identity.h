/* Who a peer has shown itself to be, by its secured session (RFC 7252 section 9). */
#ifndef LINNET_IDENTITY_H
#define LINNET_IDENTITY_H

#include <linnet/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum linnet_security {
    LINNET_NOT_SECURED = 0,       /* NoSec: its address is all that is known */
    LINNET_SECURED_ANONYMOUS = 1, /* secured, and the peer showed nothing: a client without certificate */
    LINNET_SECURED_PSK = 2,       /* a pre-shared key; `name` is the identity that goes with it */
    LINNET_SECURED_RAW_KEY = 3,   /* a raw public key; `name` is its SubjectPublicKeyInfo (RFC 7250) */
    LINNET_SECURED_CERTIFICATE =
        4 /* an X.509 certificate that was verified; `name` is its subject (RFC 4514), as text */
} linnet_security;

typedef struct linnet_identity {
    linnet_security security;
    linnet_bytes name; /* lives as long as what it was asked of: in a handler, until the handler returns */
} linnet_identity;

#ifdef __cplusplus
}
#endif
#endif
