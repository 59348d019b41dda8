/*
 * The reply under construction, straight in the datagram: options at the front, kept sorted; the payload behind them.
 * An option that comes after the payload sends the payload to the end of the buffer, until linnet_reply_end() puts it
 * back; so the usual order costs no move at all.
 *
 * Of a representation that is too large, or asked for in blocks, only a window is held.
 */
#ifndef LINNET_SERVER_REPLY_H
#define LINNET_SERVER_REPLY_H

#include "server/request.h"

struct linnet_reply {
    linnet_request *request;
    linnet_incoming *incoming;
    linnet_writer options; /* begins with incoming->body, ends before the payload */
    size_t at;             /* where in the body the payload is */
    size_t held;           /* how many octets of it are there */
    size_t offset;         /* of which octet of the whole the first one is */
    size_t total;          /* octets of the whole payload */
    size_t window_offset;  /* where a window begins */
    size_t window_size;    /* what it holds at most */
    /* Told once that the payload will not be held whole, while it can still be seen. NULL: it must fit. */
    void (*slice)(linnet_reply *reply, linnet_bytes whole);
    uint32_t hash;          /* of the whole payload, where it is not held whole */
    int32_t content_format; /* of the payload */
    int error;              /* the first one sticks: linnet_reply_end() answers 5.00 */
    linnet_code code;       /* LINNET_EMPTY: the method's */
};

void linnet_reply_begin(linnet_reply *reply, linnet_request *request);
/* Forgets options, payload, code and error. */
void linnet_reply_reset(linnet_reply *reply);

/* An option that is known to be right; it replaces none. */
int linnet_reply_put(linnet_reply *reply, uint16_t number, linnet_bytes value);
int linnet_reply_put_uint(linnet_reply *reply, uint16_t number, uint32_t value);
void linnet_reply_remove(linnet_reply *reply, uint16_t number);
/* Makes sure that `octets` more of options fit, at the cost of the window. False: they do not. */
bool linnet_reply_reserve(linnet_reply *reply, size_t octets);
/* Makes way for a payload with that Content-Format, to be written at body + at; returns how many octets fit. */
size_t linnet_reply_payload_begin(linnet_reply *reply, int32_t content_format);
/* Of `total` octets `held` were written there: all, or those of the window. */
int linnet_reply_payload_end(linnet_reply *reply, size_t total, size_t held);
/* No payload and no Content-Format any more. */
void linnet_reply_drop_payload(linnet_reply *reply);
/* The octets of the payload that are held. */
static inline linnet_bytes linnet_reply_held(const linnet_reply *reply)
{
    return linnet_view(reply->incoming->body + reply->at, reply->held);
}

/* Makes `error` stick, unless one does; returns the one that does. */
int linnet_reply_spoil(linnet_reply *reply, int error);
/* Replaces all by an error of the library's own; `diagnostic` may be NULL. */
void linnet_reply_fail(linnet_reply *reply, linnet_code code, const char *diagnostic);
/* Turns an error of the handler into 5.00, and a code that was not set into the method's. */
void linnet_reply_settle(linnet_reply *reply);
/* Whether it has the format that the client accepts. */
bool linnet_reply_is_acceptable(const linnet_reply *reply);
/* Gives the reply to the engine; no answer at all where it is deferred, or of no use to a multicast request. */
void linnet_reply_end(linnet_reply *reply);

#endif
