/* A library that was built without coaps:// (LINNET_DTLS=OFF). There is never a keyring, so there is never a session.
 */
#include "security/dtls.h"

#include <linnet/error.h>

int linnet_keyring_open(linnet_keyring **keyring, const linnet_credentials *credentials, bool server)
{
    (void)credentials, (void)server;
    *keyring = NULL;
    return LINNET_EUNSUPPORTED;
}

void linnet_keyring_hold(linnet_keyring *keyring) { (void)keyring; }

void linnet_keyring_release(linnet_keyring *keyring) { (void)keyring; }

int linnet_keyring_print(const linnet_credentials *credentials, uint64_t *print)
{
    (void)credentials;
    *print = 0;
    return LINNET_EUNSUPPORTED;
}

size_t linnet_dtls_memory(const linnet_limits *limits)
{
    (void)limits;
    return 0;
}

int linnet_dtls_init(linnet_dtls **dtls, void *memory, size_t size, const linnet_dtls_config *config)
{
    (void)memory, (void)size, (void)config;
    *dtls = NULL;
    return LINNET_EUNSUPPORTED;
}

void linnet_dtls_clear(linnet_dtls *dtls) { (void)dtls; }

void linnet_dtls_receive(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_bytes datagram)
{
    (void)dtls, (void)now, (void)way, (void)datagram;
}

void linnet_dtls_unreachable(linnet_dtls *dtls, uint64_t now, const linnet_path *way, int error)
{
    (void)dtls, (void)now, (void)way, (void)error;
}

size_t linnet_dtls_seal(linnet_dtls *dtls, uint32_t session, linnet_bytes plain, uint8_t *out, linnet_path *way)
{
    (void)dtls, (void)session, (void)plain, (void)out, (void)way;
    return 0;
}

int linnet_dtls_connect(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_keyring *keyring,
                        const char *name, void *tag)
{
    (void)dtls, (void)now, (void)way, (void)keyring, (void)name, (void)tag;
    return LINNET_EUNSUPPORTED;
}

bool linnet_dtls_is_taken(const linnet_dtls *dtls, const linnet_path *way)
{
    (void)dtls, (void)way;
    return false;
}

void linnet_dtls_end(linnet_dtls *dtls, uint32_t session) { (void)dtls, (void)session; }

linnet_identity linnet_dtls_identity(const linnet_dtls *dtls, uint32_t session)
{
    (void)dtls, (void)session;
    return (linnet_identity){.security = LINNET_NOT_SECURED};
}

uint64_t linnet_dtls_deadline(const linnet_dtls *dtls)
{
    (void)dtls;
    return UINT64_MAX;
}

size_t linnet_dtls_kept_size(const linnet_limits *limits)
{
    (void)limits;
    return 0;
}

linnet_dtls_restored linnet_dtls_restore(linnet_dtls *dtls, uint64_t now, size_t size)
{
    (void)dtls, (void)now, (void)size;
    return (linnet_dtls_restored){0};
}

size_t linnet_dtls_sessions(const linnet_dtls *dtls)
{
    (void)dtls;
    return 0;
}

size_t linnet_dtls_handshakes(const linnet_dtls *dtls)
{
    (void)dtls;
    return 0;
}

void linnet_dtls_advance(linnet_dtls *dtls, uint64_t now) { (void)dtls, (void)now; }
