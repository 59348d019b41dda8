/*
 * The reply under construction, straight in the datagram: options at the front, the payload behind them. Content-Format
 * alone is kept apart until the end, since each new payload brings its own; its room is left free before the payload.
 *
 * An option that comes after the payload sends the payload to the end of the buffer, until linnet_reply_end() puts it
 * back; so the usual order costs no move at all. Of a representation that is too large, or asked for in blocks, only a
 * window is held.
 *
 * What a small server can do without is reached through pointers, which stay NULL there: see weave and slicing.
 */
#ifndef LINNET_SERVER_REPLY_H
#define LINNET_SERVER_REPLY_H

#include "server/request.h"

/* How a representation is held in part (slice.c). */
typedef struct linnet_slicing {
    /* How many octets of `payload` to hold from `*offset` on, at most `room`. */
    size_t (*window)(linnet_reply *reply, linnet_bytes payload, size_t room, size_t *offset);
    /* Holds less. False: there is nothing to give. */
    bool (*shrink)(linnet_reply *reply);
    /* linnet_reply_stream() where all of it is to be read now; NULL: it can be read again. */
    int (*gather)(linnet_reply *reply, int32_t content_format, uint64_t size, linnet_reader *read, void *context);
} linnet_slicing;

struct linnet_reply {
    linnet_request *request;
    linnet_incoming *incoming;
    linnet_writer options;         /* begins with incoming->body */
    size_t at;                     /* where in the body the payload is */
    size_t held;                   /* how many octets of it are there */
    size_t offset;                 /* of which octet of the whole the first one is */
    size_t total;                  /* octets of the whole payload */
    size_t window_offset;          /* where the window begins that is asked for */
    size_t window_size;            /* and what it holds at most */
    const linnet_slicing *slicing; /* NULL: all must fit */
    /* linnet_options_insert() once linnet_reply_put() was used: before, options are in order. */
    int (*weave)(uint8_t *options, size_t *size, size_t capacity, uint16_t number, linnet_bytes value);
    struct linnet_transfer *kept; /* what keeps the whole payload for later requests; NULL: nothing (kept.c) */
    uint32_t hash;                /* of the whole payload, where it is not held whole */
    bool streamed;                /* the payload was read in part, so there is no hash */
    bool sizeless;                /* nor is its size known: `total` only says whether there is more */
    int32_t content_format;       /* of the payload */
    int error;                    /* the first one sticks: linnet_reply_settle() makes it 5.00 */
    linnet_code code;             /* LINNET_EMPTY: the method's */
};

void linnet_reply_begin(linnet_reply *reply, linnet_request *request);
/* Forgets options, payload, code and error. */
void linnet_reply_reset(linnet_reply *reply);

/* reply_option.c: an option that is known to be right; it replaces none. */
int linnet_reply_put(linnet_reply *reply, uint16_t number, linnet_bytes value);
int linnet_reply_put_uint(linnet_reply *reply, uint16_t number, uint32_t value);
void linnet_reply_remove(linnet_reply *reply, uint16_t number);
/* Makes sure that `octets` more of options fit, at the cost of the window. False: they do not. */
bool linnet_reply_reserve(linnet_reply *reply, size_t octets);
/* Moves the payload to the end of the body, so that options have all the room before it. */
void linnet_reply_move_payload(linnet_reply *reply);

/* Forgets the payload and makes way for one with that Content-Format, to be written at body + at; returns how many
 * octets fit. */
size_t linnet_reply_payload_begin(linnet_reply *reply, int32_t content_format);
/* Of `total` octets `held` were written there, those from `offset` on. */
int linnet_reply_payload_end(linnet_reply *reply, size_t total, size_t offset, size_t held);
/* The octets of the payload that are held. */
static inline linnet_bytes linnet_reply_held(const linnet_reply *reply)
{
    return linnet_view(reply->incoming->body + reply->at, reply->held);
}

static inline size_t linnet_reply_options_size(const linnet_reply *reply)
{
    return (size_t)(reply->options.at - reply->options.start);
}

/* The most that the nibbles of an option's head hold (RFC 7252 3.1). */
#define LINNET_SHORT_OPTION 12u

/* Writes an option behind the last one, where its head is one octet and it fits. */
static inline void linnet_reply_append_short(linnet_reply *reply, uint16_t number, linnet_bytes value)
{
    linnet_writer *options = &reply->options;

    *options->at++ = (uint8_t)((unsigned)(number - options->last_option) << 4 | value.size);
    for (size_t i = 0; i < value.size; i++)
        *options->at++ = value.data[i];
    options->last_option = number;
}

/* The octets of the Content-Format option that is to be added: its head is one octet, as its number is small. */
static inline size_t linnet_reply_format_size(const linnet_reply *reply)
{
    return reply->content_format < 0 ? 0 : 1u + (reply->content_format > 0) + (reply->content_format > UINT8_MAX);
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
