/* Names and sentences for the errors of Linnet, for logs and command lines. Nothing else refers to these texts, so a
 * microcontroller that prints none does not carry them. */
#include <linnet/error.h>

#include <stddef.h>

typedef struct error_entry {
    const char *name;
    const char *text;
} error_entry;

#define ENTRY(error, text) [-(error)] = {#error, text}

static const error_entry table[] = {
    [0] = {"0", "success"},
    ENTRY(LINNET_EINVAL, "invalid argument"),
    ENTRY(LINNET_ENOMEM, "out of memory"),
    ENTRY(LINNET_ENOSPC, "the buffer is too small"),
    ENTRY(LINNET_EFORMAT, "message format error"),
    ENTRY(LINNET_EVERSION, "not version 1 of CoAP"),
    ENTRY(LINNET_EOPTION, "unacceptable option"),
    ENTRY(LINNET_EORDER, "option out of order"),
    ENTRY(LINNET_EURI, "not a valid CoAP URI"),
    ENTRY(LINNET_ESCHEME, "URI scheme not available"),
    ENTRY(LINNET_ERESOLVE, "host name not found"),
    ENTRY(LINNET_ENETWORK, "network or host unreachable"),
    ENTRY(LINNET_EREFUSED, "connection refused: nothing listens on that port"),
    ENTRY(LINNET_ETIMEOUT, "timed out: no answer"),
    ENTRY(LINNET_ERESET, "the peer answered with a reset"),
    ENTRY(LINNET_ECANCELLED, "cancelled"),
    ENTRY(LINNET_ECLOSED, "already closed"),
    ENTRY(LINNET_EEXIST, "exists already"),
    ENTRY(LINNET_ENOENT, "does not exist"),
    ENTRY(LINNET_EBUSY, "a limit is reached: try again later"),
    ENTRY(LINNET_ETOOBIG, "too big for one message"),
    ENTRY(LINNET_EADDRESS, "the local address cannot be used"),
    ENTRY(LINNET_ESYSTEM, "a system call failed"),
    ENTRY(LINNET_EUNSUPPORTED, "not supported by this build"),
    ENTRY(LINNET_EMESSAGEID, "every message ID is in use"),
    ENTRY(LINNET_ECREDENTIALS, "credentials missing or unreadable"),
    ENTRY(LINNET_EKEY, "the pre-shared keys differ"),
    ENTRY(LINNET_EIDENTITY, "the identity is not known"),
    ENTRY(LINNET_ECERTIFICATE, "the certificate or public key is not accepted"),
    ENTRY(LINNET_ESUITE, "no cipher suite in common"),
    ENTRY(LINNET_EHANDSHAKE, "the secured session could not be set up"),
    ENTRY(LINNET_ESESSIONS, "the file for sessions cannot be used"),
    ENTRY(LINNET_ECHANGED, "the representation changes faster than it can be read"),
};

static const error_entry *find(int error)
{
    const int count = sizeof table / sizeof table[0];

    return error <= 0 && error > -count ? &table[-error] : NULL;
}

const char *linnet_error_text(int error)
{
    const error_entry *entry = find(error);

    return entry ? entry->text : "unknown error";
}

const char *linnet_error_name(int error)
{
    const error_entry *entry = find(error);

    return entry ? entry->name : "?";
}
