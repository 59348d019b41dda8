/* Time is ours: the library's timeouts are set to nothing, so that it sends a flight again whenever it has to wait for
 * more. That is let through when our timer says so, or when the peer repeats itself; else it goes nowhere. */
#include "security/handshake.h"

#include "security/cid.h"
#include "security/flight.h"
#include "security/setup.h"
#include "security/suites.h"
#include "security/verify.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(linnet_handshake *handshake, int error, int alert, const char *text)
{
    linnet_handshake_blame(handshake, error, alert, text);
    if (handshake->alert >= 0 && !handshake->alert_received)
        gnutls_alert_send(handshake->tls, GNUTLS_AL_FATAL, (gnutls_alert_description_t)handshake->alert);
    handshake->state = LINNET_NOT_SHAKEN;
}

/* RFC 5246 7.4.6 answers the lack of a certificate by handshake_failure, as it does the lack of a common suite. */
static bool is_for_want_of_certificate(const linnet_handshake *handshake, gnutls_alert_description_t alert)
{
    return alert == GNUTLS_A_HANDSHAKE_FAILURE && !handshake->keyring->server && !handshake->keyring->has_own &&
           gnutls_certificate_client_get_request_status(handshake->tls) != 0;
}

static void fail_received(linnet_handshake *handshake)
{
    gnutls_alert_description_t alert = gnutls_alert_get(handshake->tls);
    const char *name = gnutls_alert_get_name(alert);
    char text[LINNET_HANDSHAKE_TEXT];
    if (is_for_want_of_certificate(handshake, alert))
        linnet_handshake_blame(handshake, LINNET_ECERTIFICATE, (int)alert,
                               "the server wants a certificate or raw public key, and none was given");
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

static void keep_ticket(linnet_handshake *handshake)
{
    gnutls_datum_t session;
    if ((gnutls_session_get_flags(handshake->tls) & GNUTLS_SFLAGS_SESSION_TICKET) == 0 ||
        gnutls_session_get_data2(handshake->tls, &session) < 0)
        return;
    linnet_keyring_keep_ticket(handshake->keyring, &handshake->path.peer, handshake->name, &session);
    gnutls_free(session.data);
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
    if (handshake->state == LINNET_SHAKEN && !keyring->server && keyring->certificates)
        keep_ticket(handshake);
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
        linnet_flight_keep(handshake);
    }
    if (error == 0)
        conclude(handshake);
    else if (gnutls_error_is_fatal(error))
        fail_with(handshake, error);
}

linnet_handshake *linnet_handshake_open(linnet_keyring *keyring, const gnutls_dtls_prestate_st *prestate,
                                        const linnet_cids *cids, const linnet_path *path, const char *name,
                                        uint64_t now)
{
    linnet_handshake *handshake = calloc(1, sizeof *handshake);
    if (!handshake)
        return NULL;
    linnet_keyring_hold(keyring);
    name = keyring->peer_name ? keyring->peer_name : name;
    handshake->keyring = keyring;
    handshake->path = *path;
    handshake->path.flags = 0;
    handshake->cids = *cids;
    handshake->alert = -1;
    handshake->timeout = LINNET_HANDSHAKE_TIMEOUT_MS * UINT64_C(1000);
    handshake->deadline = now + LINNET_HANDSHAKE_LIMIT_MS * UINT64_C(1000);
    if ((name && !(handshake->name = strdup(name))) || linnet_handshake_set_up(handshake, prestate) < 0) {
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

/* A Finished that does not open with the keys that are to be: the peer has another pre-shared key. The library would
 * wait in silence; RFC 4279 2 has an alert for it, decrypt_error. */
static bool is_of_other_keys(const linnet_handshake *handshake, const linnet_record *record)
{
    linnet_record_state state;
    uint8_t long_keys[LINNET_LONG_KEYS], plain[256];
    linnet_inner inner;
    gnutls_handshake_description_t last = gnutls_handshake_get_last_in(handshake->tls);
    if (!handshake->keyring->server || record->epoch != LINNET_RECORD_EPOCH ||
        (record->type != LINNET_HANDSHAKE && record->type != LINNET_TLS12_CID) ||
        record->fragment.size > sizeof plain ||
        (last != GNUTLS_HANDSHAKE_CLIENT_KEY_EXCHANGE && last != GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY))
        return false;
    bool differs = linnet_agreed_derive(handshake, &state, long_keys) &&
                   linnet_record_open(&state, record, plain, &inner) == LINNET_RECORD_FORGED;
    gnutls_memset(&state, 0, sizeof state);
    gnutls_memset(long_keys, 0, sizeof long_keys);
    return differs;
}

void linnet_handshake_receive(linnet_handshake *handshake, uint64_t now, const linnet_record *record)
{
    uint8_t room[LINNET_UNWRAPPED_MOST];
    size_t before = handshake->out_size;
    linnet_record known = *record; /* in the form that the library knows */
    if (!linnet_cid_is_right(handshake, record))
        return;
    if (record->type == LINNET_TLS12_CID) {
        linnet_bytes unwrapped = linnet_cid_unwrap(handshake, record, room);
        (void)linnet_record_next(&unwrapped, 0, &known);
    }
    linnet_messages_verdict verdict = linnet_messages_judge(handshake, &known);
    if (verdict == LINNET_MESSAGES_TOO_LARGE) {
        fail(handshake, LINNET_EHANDSHAKE, GNUTLS_A_ILLEGAL_PARAMETER,
             "the peer's messages, or its certificates, are larger than handshake_size allows");
        return;
    }
    if (verdict == LINNET_MESSAGES_FIT && known.type != LINNET_TLS12_CID) { /* else it is not authentic */
        handshake->input = known.octets;
        step(handshake, now, linnet_flight_is_repeated(handshake, now, record));
    }
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
        linnet_flight_repeat(handshake);
}
