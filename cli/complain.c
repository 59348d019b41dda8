/* Complaints and hints. What each error of the library means to a person, and what to do about it, stands here. */
#include "cli/complain.h"

#include "cli/command.h"
#include "cli/secure.h"
#include "cli/terminal.h"

#include <errno.h>
#include <linnet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *speaker = "";

void complain_as(const char *name) { speaker = name; }

void complain(const char *format, ...)
{
    const palette *ink = ink_for(stderr);
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%slinnet%s%s:%s ", ink->error, *speaker ? " " : "", speaker, ink->end);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void hint(const char *format, ...)
{
    const palette *ink = ink_for(stderr);
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%shint:%s ", ink->hint, ink->end);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void remark(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* Where blanks and letters beyond ASCII are all that is wrong, shows how they are written. */
static void advise_on_uri(const char *uri)
{
    char encoded[1024];
    size_t size = 0;
    linnet_uri parsed;
    for (const char *at = uri; *at && size + 4 < sizeof encoded; at++) {
        bool plain = *at > ' ' && *at < 0x7f;
        size += (size_t)sprintf(encoded + size, plain ? "%c" : "%%%02X", (unsigned char)*at);
    }
    encoded[size] = 0;
    if (strcmp(encoded, uri) != 0 && linnet_uri_parse(&parsed, linnet_text(encoded)) == 0)
        hint("percent-encoded it is '%s'", encoded);
    else
        hint("a URI looks like coap://HOST[:PORT]/PATH[?QUERY], with an IPv6 address in [brackets]");
}

bool complain_uri(const char *uri)
{
    linnet_uri parsed;
    int error = linnet_uri_parse(&parsed, linnet_text(uri));
    if (error == 0 && (parsed.scheme == LINNET_COAP || parsed.scheme == LINNET_COAPS))
        return false;
    if (error == 0) {
        complain("'%s': this linnet does not speak %s yet", uri, linnet_scheme_name(parsed.scheme));
        hint("coap:// and coaps:// work");
    } else if (error == LINNET_ESCHEME) {
        complain("'%s': not a scheme of CoAP", uri);
        hint("a URI looks like coap://HOST[:PORT]/PATH[?QUERY]; 'coap://' may be left out");
    } else {
        const char *problem = linnet_uri_problem(linnet_text(uri));
        complain("'%s' is not a CoAP URI%s%s", uri, *problem ? ": " : "", problem);
        advise_on_uri(uri);
    }
    return true;
}

/* Host and port of a URI as a person would say them. */
static const char *authority(const char *uri, char *text, size_t capacity)
{
    linnet_uri parsed;
    if (linnet_uri_parse(&parsed, linnet_text(uri)) != 0)
        return uri;
    bool brackets = memchr(parsed.host.data, ':', parsed.host.size) != NULL;
    snprintf(text, capacity, "%s%.*s%s:%u", brackets ? "[" : "", LINNET_PRINTF(parsed.host), brackets ? "]" : "",
             parsed.port);
    return text;
}

static void complain_timeout(const char *place, unsigned sent, double seconds)
{
    if (*secure_failure()) {
        complain("no session with %s within %.3g s: %s", place, seconds, secure_failure());
        return;
    }
    if (sent > 1)
        complain("no answer from %s within %.3g s (sent %u times)", place, seconds, sent);
    else
        complain("no answer from %s within %.3g s", place, seconds);
    if (strcmp(speaker, "ping") == 0)
        hint("is a CoAP server running there? firewalls often drop UDP; --timeout waits longer");
    else
        hint("is a CoAP server running there? 'linnet ping %s' tells; firewalls often drop UDP; --timeout waits longer",
             place);
}

/* Errors of coaps://. */
static bool complain_secured(int error, const char *place)
{
    const char *why = secure_failure();
    switch (error) {
    case LINNET_EKEY:
        complain("%s has another pre-shared key for this identity (%s)", place, why);
        hint("--psk IDENTITY:KEY has to be the same on both sides; 0x1f is taken for octets");
        return true;
    case LINNET_EIDENTITY:
        complain("%s has no key for this identity (%s)", place, why);
        hint("the identity (--psk IDENTITY:KEY) has to be one that the server knows");
        return true;
    case LINNET_ECERTIFICATE:
        complain("no session with %s: %s", place, why);
        hint("--ca names the authority, --peer-key the raw public key to believe; --cert and --key show who you are");
        return true;
    case LINNET_ESUITE:
        complain("no session with %s: %s", place, why);
        hint("one side may want a pre-shared key (--psk), the other a certificate (--ca)");
        return true;
    case LINNET_EHANDSHAKE:
        complain("no session with %s: %s", place, *why ? why : linnet_error_text(error));
        return true;
    case LINNET_ECREDENTIALS:
        complain("the credentials for %s cannot be used", place);
        hint("--psk wants IDENTITY:KEY, --cert wants --key, and their files have to be PEM or DER");
        return true;
    default:
        return false;
    }
}

/* Errors that the network or the peer made. */
static bool complain_network(int error, const char *place, unsigned sent, double seconds)
{
    switch (error) {
    case LINNET_ETOOBIG:
        if (!sent)
            return false; /* the request is what was too large */
        complain("the answer of %s is too large for one message", place);
        hint("a server that sends blocks can be asked for one: --option Block2=0/0/1024");
        return true;
    case LINNET_ETIMEOUT:
        complain_timeout(place, sent, seconds);
        return true;
    case LINNET_ERESOLVE:
        complain("no address is known for '%.*s'", (int)strcspn(place, ":"), place);
        hint("check its spelling and the DNS, or give the address: coap://192.0.2.1/ or coap://[2001:db8::1]/");
        return true;
    case LINNET_EREFUSED:
        complain("nothing listens at %s (connection refused)", place);
        hint("is the server running, and on this port? 'linnet serve --demo' starts one to try");
        return true;
    case LINNET_ENETWORK:
        complain("%s cannot be reached (host or network unreachable)", place);
        hint("check the address and the route to it");
        return true;
    case LINNET_ERESET:
        complain("%s rejected the message with Reset", place);
        hint("it may not be able to process such a message; -v shows both, --non asks without confirmation");
        return true;
    case LINNET_EOPTION:
        complain("the response of %s has a critical option that is not understood", place);
        hint("-v shows the response");
        return true;
    case LINNET_EFORMAT:
        complain("the blocks that %s sends do not fit together (RFC 7959)", place);
        hint("-v shows them; another --block-size may do");
        return true;
    case LINNET_ECHANGED:
        complain("the representation at %s changes faster than it can be read block by block", place);
        hint("a larger --block-size needs fewer messages; what fits into one is always of one state");
        return true;
    default:
        return false;
    }
}

/* Errors that were made here. */
static int complain_local(int error, const char *place)
{
    switch (error) {
    case LINNET_ETOOBIG:
        complain("what goes to or comes from %s does not fit", place);
        hint("options have to fit into one message of about 1,100 octets, and a body into 1,048,576 blocks: a larger "
             "--block-size takes more");
        return EXIT_USAGE;
    case LINNET_EINVAL:
    case LINNET_ENOSPC:
        complain("the request to %s cannot be built: %s", place, linnet_error_text(error));
        hint("an option may be longer than its definition allows");
        return EXIT_USAGE;
    case LINNET_EADDRESS:
        complain("the local address cannot be used: %s", linnet_error_text(error));
        hint("another program may use that port; without --local-port the system chooses one");
        return EXIT_NO_ANSWER;
    case LINNET_ESYSTEM:
        complain("%s", strerror(errno));
        return EXIT_NO_ANSWER;
    default:
        complain("%s: %s", place, linnet_error_text(error));
        return EXIT_NO_ANSWER;
    }
}

int complain_request(int error, const char *uri, unsigned sent, double seconds)
{
    int system_error = errno;
    char text[300];
    const char *place = authority(uri, text, sizeof text);
    if ((error == LINNET_EURI || error == LINNET_ESCHEME) && complain_uri(uri))
        return EXIT_USAGE;
    if (error == LINNET_EURI) { /* well-formed, so it is the address that cannot do */
        complain("%s: a link-local address needs an interface that is there", place);
        hint("it stands behind %%25: coap://[fe80::1%%25eth0]/PATH; 'ip link' lists them");
        return EXIT_USAGE;
    }
    if (complain_secured(error, place) || complain_network(error, place, sent, seconds))
        return EXIT_NO_ANSWER;
    errno = system_error;
    return complain_local(error, place);
}

int complain_opening(int error, const linnet_client_config *config, const char *uri)
{
    const char *name = config->multicast_interface;
    if (error != LINNET_EADDRESS || !name || (*name >= '0' && *name <= '9') || if_nametoindex(name))
        return complain_request(error, uri, 0, 0);
    complain("--interface %s: there is no such interface", name);
    hint("'ip link' lists them");
    return EXIT_USAGE;
}
