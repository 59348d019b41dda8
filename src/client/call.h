/* The inside of a call. Its functions stand in several files: calls.c (memory, ids, timers), call_template.c (what the
 * user wants, copied once), call_send.c (the next exchange), call_answer.c (what an answer means), call_observe.c
 * (notifications, registering again, leaving), call_cache.c (what is kept to be given again), call_group.c (answers of
 * many), call_busy.c (servers that want a pause), call_silence.c (No-Response), call_token.c (long tokens),
 * call_echo.c. Each composes the small machines: upload, download, observation, body.
 */
#ifndef LINNET_CLIENT_CALL_H
#define LINNET_CLIENT_CALL_H

#include "client/body.h"
#include "client/busy.h"
#include "client/cache.h"
#include "client/download.h"
#include "client/observation.h"
#include "client/upload.h"
#include "client/weave.h"
#include "engine/endpoint.h"

#include <linnet/calls.h>

#define LINNET_ECHO_MAX 40u /* RFC 9175 2.2.1 */

/* docs/state-machines.md draws it. */
typedef enum linnet_call_phase {
    LINNET_CALL_FREE,
    LINNET_CALL_ASKING,   /* the request is on its way, as a whole or block by block; also a registration */
    LINNET_CALL_FETCHING, /* blocks of the response are on their way */
    LINNET_CALL_CACHED,   /* the cache had it: the handler is called soon */
    LINNET_CALL_REFUSED,  /* a similar one was put off: the handler is told 4.29 soon */
    LINNET_CALL_WATCHING, /* an observation, with nothing else under way */
    LINNET_CALL_LEAVING   /* the user is gone; the server is being told */
} linnet_call_phase;

/* One exchange of a call. */
typedef struct linnet_leg {
    struct linnet_call_state *call;
    linnet_exchange exchange; /* 0: none under way */
} linnet_leg;

typedef struct linnet_call_state {
    linnet_timer timer; /* of an observation: when to register again; else when `waits` is over */
    linnet_calls *calls;
    linnet_call_request request; /* its views point to `octets` or `own` */
    linnet_path path;
    linnet_leg legs[2];
    linnet_leg *current;               /* the one of the two that requests go by */
    linnet_leg *observing;             /* the other, when notifications come by it; NULL: none do */
    struct linnet_call_state *group;   /* the call whose answer this one completes; NULL: it is a call of the user's */
    struct linnet_call_state *members; /* of a call to a group: answers that are not complete yet */
    struct linnet_call_state *next_member;
    struct linnet_call_state **member_link; /* what points to this one */
    linnet_upload upload;
    linnet_download download;
    linnet_observation observation;
    linnet_body body;
    struct linnet_q_call *q; /* its body goes by Q-Block, or may (q_call.h); NULL: it does not */
    uint64_t cache_key;      /* of the request, where `cacheable` */
    union {
        uint64_t cache_changes; /* of the cache, when it was asked */
        uint64_t refused_until; /* REFUSED: what the server has put off */
    };
    uint64_t born;    /* when the first block of the response came */
    uint64_t started; /* when the first datagram was sent; 0: nothing has come yet */
    uint32_t retransmissions;
    uint32_t index;
    uint32_t generation;
    uint32_t request_tag; /* 0: none */
    uint8_t phase;        /* linnet_call_phase */
    uint8_t largest_szx;
    uint8_t last_code; /* of the last response that came */
    uint8_t farewells; /* deregistrations sent */
    bool to_group;     /* many answer (RFC 7252 8) */
    bool over;         /* no more of them will */
    bool raw;          /* the user has his own Block options: no more than one exchange */
    bool first;        /* no exchange was sent yet */
    bool tagged;       /* whether request_tag is needed was decided */
    bool echoed;       /* the last request was a repetition with an Echo */
    bool confirmed;    /* something newer came since the last registration */
    bool cacheable;    /* the response may be kept */
    bool waits;        /* the server wants a pause (4.29); then what is due is sent */
    bool unanswered;   /* the timer says when silence is the answer (No-Response) */
    uint8_t etag_size; /* 0: no stored response is being validated */
    uint8_t token_size;
    uint8_t echo_size;
    uint8_t etag[LINNET_ETAG_MAX];
    uint8_t token[LINNET_TOKEN_MAX];
    uint8_t echo[LINNET_ECHO_MAX];
    uint8_t *own; /* from linnet_memory; NULL: `octets` suffices */
    uint8_t octets[LINNET_CALL_INLINE];
} linnet_call_state;

struct linnet_q_calls;

/* Q-Block1 and Q-Block2, reached through pointers so that they are not linked where nobody wants them (q_call.h). */
typedef struct linnet_q_calling {
    int (*start)(linnet_call_state *call); /* in place of linnet_call_send() */
    void (*release)(linnet_call_state *call);
    uint64_t (*deadline)(const struct linnet_q_calls *q);
    void (*advance)(struct linnet_q_calls *q, uint64_t now);
} linnet_q_calling;

/* An Echo value for the next request to a server; size 0: none. */
typedef struct linnet_spare_echo {
    uint64_t server; /* a keyed hash */
    uint8_t size;
    uint8_t value[LINNET_ECHO_MAX];
} linnet_spare_echo;

#define LINNET_SPARE_ECHOES 4u

struct linnet_calls {
    linnet_calls_config config;
    const linnet_q_calling *q_calling; /* NULL: no Q-Block */
    struct linnet_q_calls *q;
    linnet_requests *requests;
    linnet_pool pool;
    linnet_wheel wheel;
    linnet_cache cache;
    linnet_busy busy;
    linnet_call_state *untagged; /* the upload under way that has no Request-Tag; there may be one */
    linnet_spare_echo echoes[LINNET_SPARE_ECHOES];
    unsigned next_echo; /* the one that makes way */
    uint32_t tags;
    uint32_t body_restarts; /* limits.body_restarts */
    size_t leaving;
    uint8_t *options; /* where a request's options are woven; message_size octets */
    uint8_t *block;   /* where a block is read to; LINNET_BLOCK_MAX + 1 octets */
    size_t options_size;
    bool cleared;
};

#define LINNET_BLOCK_MAX 1024u

/* calls.c */
linnet_call_state *linnet_call_take(linnet_calls *calls, const linnet_path *path); /* NULL: none is free */
linnet_call linnet_call_id(const linnet_call_state *call);
/* NULL: it has ended, as far as its user is concerned. */
linnet_call_state *linnet_call_find(const linnet_calls *calls, linnet_call id);
void linnet_call_give(linnet_call_state *call);
/* Ends the exchange of a leg, without a word to anybody. */
void linnet_leg_stop(linnet_leg *leg);
/* Ends the call: tells the server where there is an observation, gives all back, calls the handler. */
void linnet_call_end(linnet_call_state *call, const linnet_response *response);
void linnet_call_fail(linnet_call_state *call, int error);

static inline uint64_t linnet_call_now(const linnet_call_state *call) { return call->calls->config.endpoint->now; }

/* call_template.c: LINNET_EINVAL, LINNET_ENOMEM. */
int linnet_call_copy(linnet_call_state *call, const linnet_call_request *request);

/* call_send.c */
/* Sends the block of the request that is due, or asks for that of the response. */
int linnet_call_send(linnet_call_state *call);
/* As linnet_call_send(); where it fails so does the call, or the observation tries again later. */
void linnet_call_proceed(linnet_call_state *call);
/* Takes the observation back: waits for an answer; or, where all ends, as one datagram. */
int linnet_call_send_farewell(linnet_call_state *call);

/* call_answer.c: `done` of each exchange; the context is its leg. */
void linnet_call_answered(const linnet_response *response, void *context);
/* A response came that is no notification: it is understood, and the call goes on or ends. */
void linnet_call_receive(linnet_call_state *call, const linnet_response *response);
/* The steps of that, for those who put bodies together in another way. */
void linnet_call_note(linnet_call_state *call, const linnet_response *response);
/* Whether the response has Q-Block options, which are critical (RFC 9177 4.1), and nobody has asked for them. */
bool linnet_call_is_by_q_block(const linnet_call_state *call, const linnet_message *response);
/* Whether the body goes to the user's on_block. */
bool linnet_call_has_sink(const linnet_call_state *call, const linnet_response *response);
/* Hands a part to the user. False: the call has ended, by his doing or by the error that he returned. */
bool linnet_call_hand_over(linnet_call_state *call, const linnet_response *response, uint64_t offset);
/* The response is whole: it goes to the user. */
void linnet_call_deliver(linnet_call_state *call, const linnet_response *response);
/* What comes next is the first block of a response. */
void linnet_call_expect(linnet_call_state *call);

/* cache_key.c */
/* Finds the key of the request. False: it goes past the cache. */
bool linnet_call_find_key(linnet_call_state *call);
/* The resource that the request is for. */
uint64_t linnet_call_target(const linnet_call_state *call);
/* The one at Location-Path and Location-Query of a 2.01. */
uint64_t linnet_call_location(const linnet_call_state *call, const linnet_message *response);

/* call_cache.c */
/* Whether the cache has a fresh response, which the call's timer then delivers. Decides what else of the cache this
 * call makes use of: `etag` is set where a stale one may be valid still. */
bool linnet_call_look_up(linnet_call_state *call);
void linnet_call_deliver_cached(linnet_call_state *call);
/* Keeps a whole response, where it may. */
void linnet_call_remember(linnet_call_state *call, const linnet_response *response);
/* A 2.03 to a request with `etag`: delivers what is kept, or asks for all of it. */
void linnet_call_validated(linnet_call_state *call, const linnet_response *response);
/* The end of a call: what it has changed is not fresh any more. */
void linnet_call_spoil(const linnet_call_state *call, const linnet_response *response);

/* call_echo.c */
/* Whether the response wants the same request again, with the Echo that it has; other values are kept. */
bool linnet_call_is_challenged(linnet_call_state *call, const linnet_response *response);
/* What is sent next takes the Echo along that there is for its server. */
void linnet_call_spend_echo(linnet_call_state *call);

/* call_token.c */
/* A token of more than 8 octets becomes a short one, where the server is known not to take it and the user allows. */
void linnet_call_fit_token(linnet_call_state *call);
/* Whether the answer says that the server does not take it; then the call goes on with a short one. */
bool linnet_call_shorten_token(linnet_call_state *call, const linnet_response *response);

/* call_busy.c */
/* Whether the response is a 4.29 that the call waits out; it goes on by itself then. */
bool linnet_call_put_off(linnet_call_state *call, const linnet_response *response);
/* Whether nothing is to be sent now, since a similar request was put off: the call waits, or is refused. */
bool linnet_call_hold_back(linnet_call_state *call);
/* The timer: the pause is over; the handler of a call that was not to wait is told. */
void linnet_call_resume(linnet_call_state *call);
void linnet_call_deliver_refusal(linnet_call_state *call);

/* call_silence.c */
/* Adds the option No-Response to what is sent, where it is due. */
void linnet_call_ask_for_silence(const linnet_call_state *call, linnet_extras *extras);
/* `released` of an exchange; the context is its leg. */
void linnet_call_released(void *context);
/* Something came: there is no silence to wait for. */
void linnet_call_hear(linnet_call_state *call);
void linnet_call_deliver_silence(linnet_call_state *call);

/* call_group.c */
/* One of the group has answered, or the time is over. */
void linnet_call_group_answered(linnet_call_state *call, linnet_leg *leg, const linnet_response *response);
/* Takes a call out of its group, if it is in one. */
void linnet_call_leave_group(linnet_call_state *call);
/* Ends what is still to be completed, without a word to the user. */
void linnet_call_drop_members(linnet_call_state *call);

/* call_observe.c */
/* A notification came by this leg. False: it is out of date. */
bool linnet_call_notified(linnet_call_state *call, linnet_leg *leg, const linnet_response *response);
/* An exchange failed: ends the call, or lets the observation try again later. */
void linnet_call_failed(linnet_call_state *call, int error);
/* The observation goes on when the server is ready for that: it is registered again after `pause`. */
void linnet_call_rest(linnet_call_state *call, uint64_t pause);
/* The timer: registers again. */
void linnet_call_renew(linnet_call_state *call);
void linnet_call_farewell_answered(linnet_call_state *call, const linnet_response *response);

#endif
