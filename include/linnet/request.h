/* What a handler is given: the request to read and the reply to fill. The library owns type, message ID, token,
 * acknowledgement, blocks, ETag comparison and preconditions; the handler says what the representation is. */
#ifndef LINNET_REQUEST_H
#define LINNET_REQUEST_H

#include <linnet/address.h>
#include <linnet/body.h>
#include <linnet/code.h>
#include <linnet/content_format.h>
#include <linnet/identity.h>
#include <linnet/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An incoming request. It and all views from it live until the handler returns. */
typedef struct linnet_request linnet_request;
/* The response under construction; it lives until the handler returns. */
typedef struct linnet_reply linnet_reply;

linnet_code linnet_request_method(const linnet_request *request);
linnet_bytes linnet_request_payload(const linnet_request *request);
/* The number, or LINNET_NO_FORMAT. */
int32_t linnet_request_content_format(const linnet_request *request);
/* What the client accepts, or LINNET_NO_FORMAT when it does not say (RFC 7252 5.10.4). */
int32_t linnet_request_accept(const linnet_request *request);
/* The index-th option of that number, from 0. */
bool linnet_request_option(const linnet_request *request, uint16_t number, size_t index, linnet_bytes *value);
/* The value of the query argument "name=value" or "name" (then empty); false when there is none. */
bool linnet_request_query(const linnet_request *request, const char *name, linnet_bytes *value);
/* The index-th path segment behind the path of a resource with `.subtree`; of the whole path for others. */
bool linnet_request_segment(const linnet_request *request, size_t index, linnet_bytes *value);
/* The whole message, to walk its options or to see type, token and Message ID. */
const linnet_message *linnet_request_message(const linnet_request *request);
const linnet_path *linnet_request_path(const linnet_request *request);
/* Whether the handler is run for a notification: the library asks for the representation, no client does (RFC 7641). */
bool linnet_request_notifies(const linnet_request *request);
/* Who sent it, as far as its session shows (RFC 7252 section 9); LINNET_NOT_SECURED over coap://. Also in handlers that
 * are run for observers: the identity of the one whose path it is. */
linnet_identity linnet_request_peer(const linnet_request *request);
/* Of a resource with `.streaming`: where in the whole body this payload begins, and whether more follows. The reply to
 * all but the last is 2.31 unless the handler sets an error, which ends the transfer. Else 0 and false. */
uint64_t linnet_request_offset(const linnet_request *request);
bool linnet_request_more(const linnet_request *request);

/*
 * The reply. Nothing needs to be set: an empty reply to GET and FETCH is 2.05, to DELETE 2.02, to others 2.04
 * (RFC 7252 5.8). What is set is copied at once into the datagram, so the caller's memory may go. An error - too
 * large, a bad option - sticks and turns the response into 5.00 with a diagnostic payload; each call also returns it.
 */
int linnet_reply_code(linnet_reply *reply, linnet_code code);
/* Payload with its Content-Format (LINNET_NO_FORMAT for none); the last call counts. */
int linnet_reply_payload(linnet_reply *reply, int32_t content_format, linnet_bytes payload);
/* A payload that is read block by block and never held whole: `read` is called for just the part that is asked, before
 * this returns. `size` is that of the whole, or LINNET_UNKNOWN_SIZE. Give an ETag with it when it can change. */
int linnet_reply_stream(linnet_reply *reply, int32_t content_format, uint64_t size, linnet_reader *read, void *context);
/* A text/plain payload. */
int linnet_reply_text(linnet_reply *reply, const char *text);
/* An error code with a diagnostic payload for people (RFC 7252 5.5.2); `diagnostic` may be NULL. */
int linnet_reply_error(linnet_reply *reply, linnet_code code, const char *diagnostic);
/* Any other option; numbers in any order. Not Content-Format or Block2: those are the library's. */
int linnet_reply_option(linnet_reply *reply, uint16_t number, linnet_bytes value);
int linnet_reply_option_uint(linnet_reply *reply, uint16_t number, uint32_t value);
/* The entity-tag of the representation, 1 to 8 octets; the library answers 2.03 by it (RFC 7252 5.10.6). */
int linnet_reply_etag(linnet_reply *reply, linnet_bytes etag);
/* Seconds for which the response is fresh (RFC 7252 5.10.5); without it 60. */
int linnet_reply_max_age(linnet_reply *reply, uint32_t seconds);
/* "location1/location2?first=1&second=2" as Location-Path and Location-Query; percent-encoding is decoded. */
int linnet_reply_location(linnet_reply *reply, const char *location);

/* An answer that comes later. A plain value: copy it, hand it to another thread; use it once. */
typedef struct linnet_deferred {
    void *owner;
    uint64_t exchange;
} linnet_deferred;

/* A whole answer as a value, for answers that come later. Zero is an empty answer with the method's code. */
typedef struct linnet_answer {
    linnet_code code;
    bool no_content_format;  /* else content_format is sent when there is a payload */
    uint16_t content_format; /* 0 is text/plain */
    bool has_max_age;
    uint32_t max_age; /* seconds */
    linnet_bytes etag;
    linnet_bytes payload;
    const linnet_option *options; /* further options in any order */
    size_t option_count;
} linnet_answer;

/*
 * The handler promises to answer later: the client gets an empty acknowledgement soon and a separate response then
 * (RFC 7252 5.2.2); an answer within ack_delay_ms still rides in the acknowledgement. What was put into the reply
 * before is forgotten. LINNET_EBUSY when limits.exchanges is reached: the client is told 5.03 and `deferred` is not to
 * be used. Each deferred answer must be given with linnet_deferred_answer() or dropped.
 */
int linnet_reply_defer(linnet_reply *reply, linnet_deferred *deferred);

#ifdef __cplusplus
}
#endif
#endif
