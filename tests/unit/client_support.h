/* A client over a port that keeps what it sends; answers are scripted, or come from a small model of a server. */
#ifndef TEST_CLIENT_SUPPORT_H
#define TEST_CLIENT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linnet/block.h>
#include <linnet/calls.h>
#include <linnet/error.h>

#define SECOND UINT64_C(1000000)
#define ABSENT UINT32_MAX

/* What the handler of a call was told. */
typedef struct told {
    int times;
    int finals; /* calls without `more`: never more than one */
    int error;
    linnet_code code;
    bool has_observe;
    uint32_t observe;
    bool cached;
    uint64_t age_us;
    uint32_t max_age; /* ABSENT: none */
    uint8_t *payload; /* the last; freed by client_close() */
    size_t size;
    uint32_t content_format; /* ABSENT: none */
    int blocks;              /* calls of on_block */
    uint64_t block_octets;
    int refuse_block; /* what on_block returns */
    bool cancel_in_block;
    bool cancel_in_response;
    struct told *ask_in_response; /* a GET, once, into that */
    struct test_client *client;
    linnet_call call;
} told;

typedef struct test_client {
    linnet_endpoint *endpoint;
    linnet_calls *calls;
    void *memory[3];
    uint64_t now;
    uint64_t random;
    size_t sent_count;
    size_t size; /* of the datagram sent last */
    uint8_t sent[1500];
    uint8_t slot[1500];
    size_t held; /* octets of linnet_memory in use, in blocks */
    bool no_memory;
    unsigned resizes;     /* calls that wanted memory */
    unsigned fail_resize; /* the one that gets none; 0: no such */
    uint16_t next_id;     /* of the server */
    /* Where what is sent goes besides; NULL: nowhere. */
    void (*wire)(struct test_client *client, linnet_bytes datagram, void *context);
    void *wire_context;
} test_client;

/* A datagram of the server. Zero fields: not there. */
typedef struct script {
    linnet_code code;
    linnet_type type;   /* LINNET_ACK by `piggybacked` */
    bool separate;      /* not piggybacked: `type`, and a message ID of the server */
    const char *block1; /* "NUM/M/SIZE" */
    const char *block2;
    const char *etag;
    bool has_observe;
    uint32_t observe;
    bool has_max_age;
    uint32_t max_age;
    uint32_t size2;
    const char *location; /* Location-Path, one segment */
    const char *echo;
    linnet_bytes payload;
    linnet_bytes token; /* of an older request; else that of the last */
} script;

test_client *client_open(const linnet_limits *limits);
/* The same with a cache of so many octets. */
test_client *client_open_with_cache(const linnet_limits *limits, size_t cache_size);
/* Closes; checks that no memory is left in use. */
void client_close(test_client *client);

/* Sends a request whose handler and sink tell `into`. `request.on_block` is set where `sink`. */
int client_ask(test_client *client, linnet_call_request request, bool sink, told *into);
void told_free(told *into);

/* The datagram sent last. */
linnet_message client_last(const test_client *client);
/* The value of a uint option of the datagram sent last; ABSENT. */
uint32_t client_uint(const test_client *client, uint16_t number);
/* Whether the Block option says "NUM/M/SIZE". */
void assert_block(const test_client *client, uint16_t number, const char *wanted);
/* Answers the datagram sent last. */
void client_answer(test_client *client, script answer);
/* Answers a datagram with this token and message ID. */
void client_answer_to(test_client *client, linnet_bytes token, uint16_t id, script answer);
/* Lets time pass, timers running. */
void client_run(test_client *client, uint64_t until);
void client_receive(test_client *client, linnet_bytes datagram);

/* `size` octets that differ from place to place and from `seed` to `seed`. */
void fill_pattern(uint8_t *octets, size_t size, unsigned seed);

#endif
