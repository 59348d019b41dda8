/* A site behind a real endpoint, with transfers whose memory is counted and can run out: for block-wise transfers. */
#ifndef LINNET_TESTS_TRANSFER_SUPPORT_H
#define LINNET_TESTS_TRANSFER_SUPPORT_H

#include "server_support.h"

#include <linnet/block.h>

#define SECOND UINT64_C(1000000)
#define EXCHANGE_LIFETIME (247 * SECOND) /* RFC 7252 4.8.2 */

/* The heap of the transfers. */
typedef struct test_heap {
    size_t blocks;   /* in use */
    size_t octets;   /* in use */
    size_t most;     /* octets in use at any time */
    size_t calls;    /* that wanted memory */
    size_t fails_at; /* the call that gets none, and those after it where `fails_on`; 0: none */
    bool fails_on;
} test_heap;

/* What the tests look at and change. `now` is the time of the next request. */
typedef struct test_rig {
    linnet_endpoint *endpoint;
    linnet_transfers *transfers;
    test_heap heap;
    uint64_t now;
    uint16_t last_id;         /* message ID of the last request */
    size_t sent;              /* datagrams by the last request */
    uint8_t first_byte;       /* of the last answer: its type */
    uint8_t last_datagram[4]; /* the header of what was sent last */
} test_rig;

extern test_rig rig;

/* Opens `site` (as open_site() does) behind an endpoint, with the defaults of all limits. */
int open_rig(void **state);
int close_rig(void **state);
/* The same with limits; closes the one that is open. */
void reopen_rig(const linnet_limits *limits);
#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, open_rig, close_rig)

typedef struct test_message {
    linnet_code method;
    const char *path;
    test_option options[12]; /* in rising order; Block1 and Block2 come from the fields below */
    linnet_bytes payload;
    uint16_t port; /* of the peer, on top of 40000 */
    uint32_t host; /* of the peer, in 10.0.0.0/8 */
    uint8_t local; /* the last octet of our address */
    uint16_t id;   /* message ID; 0: the next */
    bool non;
    bool multicast;
    bool has_block1;
    bool has_block2;
    linnet_block block1;
    linnet_block block2;
} test_message;

/* Sends it; the answer (code 0.00 where there is none, or an empty ACK) lives until the next call. */
const test_answer *tell(const test_message *message);
/* What was sent last, by whatever made it be sent. */
const test_answer *last_answer(void);
#define TELL(...) tell(&(test_message){__VA_ARGS__})
#define BLOCK1(number, more, szx) .has_block1 = true, .block1 = {number, more, szx}
#define BLOCK2(number, szx) .has_block2 = true, .block2 = {number, false, szx}

/* Octets that differ from block to block; the view lives for ever. */
linnet_bytes octets_of(size_t size, uint8_t seed);
/* Uploads `body` in blocks with what `message` says besides; the last answer. Each before it has to be a 2.31. */
const test_answer *upload(const test_message *message, linnet_bytes body, uint8_t szx);
/* One block of the body. */
const test_answer *send_block(const test_message *message, linnet_bytes body, uint32_t number, uint8_t szx);
/* Block1 or Block2 of the answer. */
linnet_block block_in(const test_answer *answer, uint16_t number);

/* A handler that remembers how it was called, in a test_calls as its context, and answers 2.04. */
typedef struct test_calls {
    int count;
    size_t size; /* of the last payload */
    uint8_t payload[70000];
    int32_t content_format;
} test_calls;
void note_call(linnet_request *request, linnet_reply *reply, void *context);

#endif
