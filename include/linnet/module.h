/*
 * The `Coap` module that Pycom's boards know, as a C API: resources that hold a value, client sessions, one handler for
 * all responses. The Python and MicroPython modules are thin layers over it. New programs may prefer server.h and
 * client.h, which do more; this one is for scripts and habits that exist.
 *
 * A module does its work in the background: its own thread serves, retransmits and calls the handlers. A thread that is
 * in linnet_module_read() takes over meanwhile, and handlers run in it. All functions may be called from any thread and
 * from inside handlers, which run one at a time.
 *
 * A module has one lock. It is held while a handler runs, and never while a thread waits for packets; functions wait
 * for it, but those that say "without the lock". So a handler may take a lock of the program's, as Python's interpreter
 * lock, as long as no thread holds that one while it calls the module: a binding releases the interpreter lock around
 * each call, and handlers take it.
 */
#ifndef LINNET_MODULE_H
#define LINNET_MODULE_H

#include <linnet/config.h>
#include <linnet/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct linnet_module linnet_module;
/* Handles. Each is counted: what a function gives, the caller releases, without the lock. A handle may outlive what it
 * stands for - a resource that was deleted, a session that was removed, a closed module: its functions then return
 * LINNET_ECLOSED. */
typedef struct linnet_module_resource linnet_module_resource;
typedef struct linnet_module_session linnet_module_session;

enum { /* operations of a resource and methods of a request; ORed in linnet_module_resource_allow() */
       LINNET_MODULE_GET = 1,
       LINNET_MODULE_PUT = 2,
       LINNET_MODULE_POST = 4,
       LINNET_MODULE_DELETE = 8,
       LINNET_MODULE_FETCH = 16,
       LINNET_MODULE_PATCH = 32,
       LINNET_MODULE_IPATCH = 64
};
enum { LINNET_MODULE_UDP = 1, LINNET_MODULE_DTLS = 2 }; /* protocols of a session */
enum { LINNET_MODULE_UNSET = -1 };                      /* no Content-Format, no Max-Age */
enum {
    LINNET_MODULE_REQUESTS = 1000
}; /* of one session that have not ended; then LINNET_EBUSY. In a
    * build for small devices (ports/small) it is 4 */

/* A response, whether it has a payload or not. Only those that a request waits for, each once. */
typedef struct linnet_module_response {
    linnet_module_session *session; /* borrowed */
    uint8_t code;                   /* class * 32 + detail: 69 is 2.05 */
    uint16_t id;                    /* the message ID that linnet_module_send() gave */
    uint8_t type;                   /* of the message that brought it: 0 CON, 1 NON, 2 ACK */
    linnet_bytes token;             /* as in the request */
    linnet_bytes payload;           /* the whole body where it came in blocks */
    bool notification;              /* of an observation: more may follow */
} linnet_module_response;
/* Views live until it returns. */
typedef void linnet_module_response_handler(const linnet_module_response *response, void *context);
/* A request ended without response: `reason` is LINNET_ERESET, LINNET_ETIMEOUT, LINNET_EREFUSED... Not where this end
 * has ended it: cancelled, its session removed, the module closed. `session` is borrowed. */
typedef void linnet_module_failure_handler(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason,
                                           void *context);
/* A PUT (or POST) has created `resource` (borrowed), before the response is sent: what is set here is in it. Removing
 * it here refuses it: 4.03. */
typedef void linnet_module_resource_handler(linnet_module_resource *resource, void *context);

typedef struct linnet_module_config {
    const char *address;     /* where the server listens: an address or a name of this host. NULL: client only */
    uint16_t port;           /* 0: 5683, or 5684 with psk */
    bool service_discovery;  /* also hears 224.0.1.187, and ff02::fd and ff05::fd where there is IPv6 */
    bool dynamic_resources;  /* a PUT to an unknown path creates a resource */
    bool create_by_post;     /* so does a POST; needs dynamic_resources */
    linnet_bytes psk;        /* not empty: DTLS with this pre-shared key */
    const char *hint;        /* its identity hint; may be NULL */
    bool plain_too;          /* with psk: plain UDP on 5683 as well; else no group is joined, since those are plain */
    bool no_thread;          /* nothing happens in the background: only in linnet_module_read() and _process() */
    uint32_t max_resources;  /* that clients may create; 0: 1000. More: 5.03 */
    uint32_t max_value_size; /* that clients may set; 0: 65536. More: 4.13 */
    linnet_transmission transmission; /* of the server and of all sessions */
} linnet_module_config;

/* `config` may be NULL; it is copied. LINNET_EADDRESS, LINNET_ERESOLVE, LINNET_EINVAL, LINNET_ENOMEM, LINNET_ESYSTEM,
 * LINNET_ECREDENTIALS (a key or hint that is too long: see credentials.h), LINNET_EUNSUPPORTED (psk in a build without
 * DTLS). */
int linnet_module_open(linnet_module **module, const linnet_module_config *config);
/* Ends everything: requests in flight end without a call of a handler, observations are taken back. When it returns no
 * handler runs and none will; from a handler it takes effect when that returns. The pointer is the caller's no more;
 * a thread that may still use it, as one in linnet_module_read(), has to retain it before. NULL is fine. */
void linnet_module_close(linnet_module *module);
/* The same where other threads may have been ended inside the module's functions, as a soft reset of MicroPython ends
 * them: what they held is taken from them, memory that was theirs to release is lost. No thread may be left that uses
 * the module but those in linnet_module_wait(), which return first. With no_thread. */
void linnet_module_abandon(linnet_module *module);
/* Keeps the pointer good beyond linnet_module_close(): functions then return LINNET_ECLOSED. Without the lock. */
void linnet_module_retain(linnet_module *module);
void linnet_module_release(linnet_module *module); /* NULL is fine */

/* The server's UDP socket, to poll; -1 for a client only. The same until the module is closed. Without the lock. */
int linnet_module_socket(const linnet_module *module);
/* The address that the server got. LINNET_ENOENT for a client only; LINNET_ECLOSED. */
int linnet_module_address(linnet_module *module, linnet_address *address);
/* Waits until a packet has come since the last linnet_module_read(), at most `timeout_ms` (0: for ever), and handles
 * all that is there; handlers run in this thread. So whoever polls the socket and then reads does not wait for the
 * packet that the module's thread was faster to take. Sees sessions that are made meanwhile. Of several threads that
 * read one handles the packet, and all return. 0, also when the time is over; LINNET_ECANCELLED after
 * linnet_module_wake(), and where a signal was handled while it waited; LINNET_EBUSY inside a handler, where waiting
 * would be for ever; LINNET_ECLOSED, LINNET_ESYSTEM. */
int linnet_module_read(linnet_module *module, uint32_t timeout_ms);
/* How many packets have come and how many calls of handlers were made: the same number before linnet_module_read() and
 * after it says that its time was over, another that there was something. 0 when closed. */
uint64_t linnet_module_happened(linnet_module *module);
/* Makes every linnet_module_read() of now return. From signal handlers too; without the lock. */
void linnet_module_wake(linnet_module *module);
/* For a loop of one's own (with no_thread): poll the descriptor for reading until the deadline (linnet_clock() time;
 * UINT64_MAX: none), then process. One descriptor for the server and all sessions, whenever they are made, which also
 * becomes readable where another thread has moved the deadline forward. Processing never waits; its errors are those of
 * linnet_module_read(). */
int linnet_module_descriptor(const linnet_module *module);
uint64_t linnet_module_deadline(linnet_module *module);
int linnet_module_process(linnet_module *module);
/* For a thread of one's own that is not to run handlers (with no_thread): waits, without doing anything, until
 * linnet_module_process() has something to do; it takes no part while others are in linnet_module_read(). 0;
 * LINNET_ECLOSED, also when the module is closed meanwhile; LINNET_EBUSY inside a handler; LINNET_ESYSTEM. */
int linnet_module_wait(linnet_module *module);

/* The last one counts; NULL: none. */
void linnet_module_on_response(linnet_module *module, linnet_module_response_handler *handler, void *context);
void linnet_module_on_failure(linnet_module *module, linnet_module_failure_handler *handler, void *context);
void linnet_module_on_new_resource(linnet_module *module, linnet_module_resource_handler *handler, void *context);

/* Adds a resource; a leading '/' is the same path. No method is enabled at first: each answers 4.05. `media_type` and
 * `max_age` may be LINNET_MODULE_UNSET. A client only keeps resources too, which nobody can ask for. `resource` may be
 * NULL. LINNET_EEXIST, LINNET_EINVAL, LINNET_ENOMEM, LINNET_ECLOSED. */
int linnet_module_add_resource(linnet_module *module, const char *uri, int32_t media_type, int64_t max_age,
                               linnet_bytes value, bool etag, linnet_module_resource **resource);
/* The same handle each time, with one more count; NULL: there is none. */
linnet_module_resource *linnet_module_find_resource(linnet_module *module, const char *uri);
/* Observers are told 4.04. LINNET_ENOENT, LINNET_ECLOSED. */
int linnet_module_remove_resource(linnet_module *module, const char *uri);

typedef struct linnet_module_details {
    int32_t media_type;  /* or LINNET_MODULE_UNSET */
    int64_t max_age;     /* seconds, or LINNET_MODULE_UNSET */
    bool etag;           /* whether an ETag is given */
    uint16_t etag_value; /* 1 to 65535, one more with each change of the value, 1 again at the end; 0 while no ETag is
                          * given. 1 when it is enabled for the first time */
} linnet_module_details;
enum { LINNET_MODULE_SET_MEDIA_TYPE = 1, LINNET_MODULE_SET_MAX_AGE = 2, LINNET_MODULE_SET_ETAG = 4 };

/* Shown in /.well-known/core; the same name again replaces. `value` NULL: the name alone. Copied. LINNET_EINVAL (no
 * name of RFC 6690, a control character in the value), LINNET_ENOMEM, LINNET_ECLOSED. */
int linnet_module_resource_attribute(linnet_module_resource *resource, const char *name, const char *value);
/* Enables or disables the methods of the mask. GET gives the value; PUT and POST replace it, and its media type by that
 * of the request if it has one; DELETE removes the resource. FETCH without a body is as GET. PATCH and IPATCH replace
 * the value by a body of the same media type. The module knows no query and no patch formats: another body of FETCH,
 * PATCH or IPATCH is answered 4.15. LINNET_EINVAL, LINNET_ECLOSED. */
int linnet_module_resource_allow(linnet_module_resource *resource, unsigned operations, bool enable);
/* Copies up to `capacity` octets of the value; *size is that of the whole. LINNET_ECLOSED. */
int linnet_module_resource_value(linnet_module_resource *resource, void *buffer, size_t capacity, size_t *size);
/* Replaces the value, copied; observers are told. LINNET_ENOMEM, LINNET_ECLOSED. */
int linnet_module_resource_set_value(linnet_module_resource *resource, linnet_bytes value);
int linnet_module_resource_details(linnet_module_resource *resource, linnet_module_details *details);
/* Sets what `which` names (ORed LINNET_MODULE_SET_...); the rest stays. Another media type is another representation:
 * observers are told, and it has another ETag. LINNET_EINVAL, LINNET_ECLOSED. */
int linnet_module_resource_set_details(linnet_module_resource *resource, unsigned which,
                                       const linnet_module_details *details);
/* Without the leading slash; lives as long as the handle. */
const char *linnet_module_resource_uri(const linnet_module_resource *resource);
bool linnet_module_resource_is_gone(linnet_module_resource *resource);
/* What a binding keeps with the handle: its own object. */
void linnet_module_resource_set_context(linnet_module_resource *resource, void *context);
void *linnet_module_resource_context(const linnet_module_resource *resource);
void linnet_module_resource_retain(linnet_module_resource *resource);
void linnet_module_resource_release(linnet_module_resource *resource); /* NULL is fine */

/* What a session with psk calls itself where its identity is NULL or empty: peers refuse a name of no octets, and this
 * one is the default of OpenSSL's and Mbed TLS's clients. It is for servers that have one key for everybody. */
#define LINNET_MODULE_IDENTITY "Client_identity"

/* A session to one server, from a source port of its own. `port` 0: 5683, or 5684 with psk. Names are looked up now,
 * which takes as long as it takes; of several addresses each is tried until one does not refuse.
 * LINNET_ERESOLVE, LINNET_EADDRESS (a group, an interface that is not there, no host at all), LINNET_ENOMEM,
 * LINNET_ESYSTEM, LINNET_ECLOSED, LINNET_ECREDENTIALS (psk or identity too long), LINNET_EUNSUPPORTED (psk in a build
 * without DTLS). */
int linnet_module_open_session(linnet_module *module, const char *address, uint16_t port, linnet_bytes psk,
                               const char *identity, linnet_module_session **session);
/* Ends the first session that fits; its requests end without a call of a handler. LINNET_ENOENT. */
int linnet_module_remove_session(linnet_module *module, const char *destination, uint16_t port, int protocol);
/* The index-th session in the order of creation, counted once more; NULL past the last. */
linnet_module_session *linnet_module_session_at(linnet_module *module, size_t index);
/* The address as it was given, its port; live as long as the handle. */
const char *linnet_module_session_address(const linnet_module_session *session);
uint16_t linnet_module_session_port(const linnet_module_session *session);
int linnet_module_session_protocol(const linnet_module_session *session);
void linnet_module_session_set_context(linnet_module_session *session, void *context);
void *linnet_module_session_context(const linnet_module_session *session);
void linnet_module_session_retain(linnet_module_session *session);
void linnet_module_session_release(linnet_module_session *session); /* NULL is fine */

typedef struct linnet_module_request {
    unsigned method;        /* one of LINNET_MODULE_GET... */
    const char *uri_path;   /* split at '/' into Uri-Path; a '?' begins the query, split at '&'. Octets go as they are:
                             * nothing is percent-decoded. NULL: none */
    int32_t content_format; /* LINNET_MODULE_UNSET: none */
    linnet_bytes payload;   /* too large for one message: block-wise */
    linnet_bytes token;     /* up to 8 octets; empty: a request without token. An observation gets one in any case */
    bool no_options;        /* header, token and payload only */
    bool observe;           /* GET, FETCH: goes on until linnet_module_cancel() or an error (RFC 7641) */
} linnet_module_request;

/* Sends a confirmable request with Uri-Host, Uri-Port, Uri-Path, Uri-Query and Content-Format; everything is copied.
 * *id (may be NULL) is its message ID. Requests with the same token, or without any, follow each other, since a
 * response says nothing else about its request (RFC 7252 5.3.1). LINNET_EINVAL (method, token, a segment above 255
 * octets, content_format), LINNET_ETOOBIG (more than a message holds: the options; the payload with no_options),
 * LINNET_EEXIST (the token is that of an observation), LINNET_EBUSY (LINNET_MODULE_REQUESTS, or all message IDs were
 * used within EXCHANGE_LIFETIME), LINNET_ENOMEM, LINNET_ECLOSED. */
int linnet_module_send(linnet_module_session *session, const linnet_module_request *request, uint16_t *id);
/* Ends the request with that message ID, an observation above all, which the server is told; no handler is called.
 * LINNET_ENOENT, LINNET_ECLOSED. */
int linnet_module_cancel(linnet_module_session *session, uint16_t id);

#ifdef __cplusplus
}
#endif
#endif
