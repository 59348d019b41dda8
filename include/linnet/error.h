/* The errors that functions of Linnet return: 0 is success, everything else is one of these negative numbers. */
#ifndef LINNET_ERROR_H
#define LINNET_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

enum linnet_error {
    LINNET_EINVAL = -1,        /* an argument is outside its documented range */
    LINNET_ENOMEM = -2,        /* a pool or the allocator has nothing left; nothing was changed */
    LINNET_ENOSPC = -3,        /* the caller's buffer is too small */
    LINNET_EFORMAT = -4,       /* message format error (RFC 7252 section 3) */
    LINNET_EVERSION = -5,      /* a version other than 1: to be ignored silently (RFC 7252 section 3) */
    LINNET_EOPTION = -6,       /* an option that cannot be accepted: unknown critical, wrong length, repeated (5.4) */
    LINNET_EORDER = -7,        /* an option was written after one with a higher number, or after the payload */
    LINNET_EURI = -8,          /* not a URI, or one that CoAP cannot carry (RFC 7252 section 6) */
    LINNET_ESCHEME = -9,       /* the URI's scheme or transport is not available here */
    LINNET_ERESOLVE = -10,     /* the host name has no address */
    LINNET_ENETWORK = -11,     /* host or network unreachable (ICMP), or the datagram could not be sent */
    LINNET_EREFUSED = -12,     /* nothing listens on that port (ICMP port unreachable) */
    LINNET_ETIMEOUT = -13,     /* no answer within the time or the retransmissions allowed (RFC 7252 4.2) */
    LINNET_ERESET = -14,       /* the peer answered with Reset (RFC 7252 4.2, 4.3) */
    LINNET_ECANCELLED = -15,   /* cancelled by the caller */
    LINNET_ECLOSED = -16,      /* the server, client or exchange is no more */
    LINNET_EEXIST = -17,       /* such a resource or token is there already */
    LINNET_ENOENT = -18,       /* no such resource, exchange or entry */
    LINNET_EBUSY = -19,        /* a named limit is reached; try again later */
    LINNET_ETOOBIG = -20,      /* does not fit one message, or is above the limit of a body */
    LINNET_EADDRESS = -21,     /* the local address is in use, not of this host, or not permitted */
    LINNET_ESYSTEM = -22,      /* a system call failed: errno says why */
    LINNET_EUNSUPPORTED = -23, /* understood, but not built in */
    LINNET_EMESSAGEID = -24,   /* every message ID of that socket towards that peer is in use (RFC 7252 4.4) */

    /* Of coaps:// (RFC 7252 section 9). */
    LINNET_ECREDENTIALS = -25, /* no credentials were given for this, or they cannot be read */
    LINNET_EKEY = -26,         /* the peer has another pre-shared key for that identity */
    LINNET_EIDENTITY = -27,    /* there is no key for that identity */
    LINNET_ECERTIFICATE = -28, /* a certificate or public key is missing, expired, not trusted, or of another name */
    LINNET_ESUITE = -29,       /* no cipher suite, version or kind of credentials in common */
    LINNET_EHANDSHAKE = -30,   /* the secured session could not be set up for another reason, or the peer ended it */
    LINNET_ESESSIONS = -31,    /* the file for sessions cannot be used: errno says why (linnet_server_config) */

    LINNET_ECHANGED = -32 /* a body changes faster than it can be read block by block (limits.body_restarts): larger
                           * blocks need fewer messages, and what fits into one message is always of one state */
};

/* A short sentence in English, never NULL; `error` may be 0. The text is static. */
const char *linnet_error_text(int error);

/* "LINNET_ETIMEOUT" for LINNET_ETIMEOUT, "0" for 0, "?" for what is none. Static. */
const char *linnet_error_name(int error);

#ifdef __cplusplus
}
#endif
#endif
