/* Certificates and raw public keys of a keyring: read once, chosen from in each handshake. */
#ifndef LINNET_SECURITY_CERTIFICATES_H
#define LINNET_SECURITY_CERTIFICATES_H

#include "security/keyring.h"

/* Reads all that `given` has of them. LINNET_ECREDENTIALS, LINNET_ENOMEM; what is there is released either way. */
int linnet_certificates_load(linnet_keyring *keyring, const linnet_credentials *given);
void linnet_certificates_release(linnet_keyring *keyring);

/* Those to be shown to a client that asks for a server of this name: the first that has the name. Without one, and
 * where the name is empty, the first of all. */
gnutls_certificate_credentials_t linnet_certificates_for(const linnet_keyring *keyring, const char *name);

/* What an error of the library's is to who gave the credentials. */
int linnet_credentials_error(int error);

#endif
