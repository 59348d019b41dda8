/* A server with Echo (RFC 9175) without sockets, on top of observe_support.h: raw requests of peers, with or without an
 * Echo, and the octets that each direction carries. */
#ifndef LINNET_TESTS_ECHO_SUPPORT_H
#define LINNET_TESTS_ECHO_SUPPORT_H

#include "observe_support.h"

#include <linnet/echo.h>

typedef struct echo_request {
    linnet_code method; /* LINNET_EMPTY: GET */
    linnet_type type;
    const char *path;
    linnet_bytes token;
    linnet_bytes echo; /* size 0: none */
    int observe;       /* plus 1; 0: none */
    linnet_bytes payload;
    int block2;  /* value plus 1 */
    uint16_t id; /* 0: a new one */
    bool multicast;
    bool bad_option; /* with one that is critical and unknown */
} echo_request;

typedef struct echo_traffic {
    size_t in, out; /* octets */
    size_t answers;
    int runs; /* of the handlers below */
    linnet_deferred deferred;
    uint16_t next_id;
} echo_traffic;

extern echo_traffic traffic;

/* Opens the server with Echo and resources of echo_support.c: fresh, small, large, later, count. */
void open_echo_server(linnet_limits limits);
void close_echo_server(void);

void ask_raw(unsigned peer, const echo_request *asked);
/* Forgets what was sent before, and asks. The answer is server.last, if traffic.answers is not 0. */
#define ASK(peer, ...) ask_raw(peer, &(echo_request){__VA_ARGS__})

/* That the last answer is 4.01 with an Echo; the view lives until the next answer. */
linnet_bytes challenged(void);
/* A copy that lives longer. */
linnet_bytes keep_echo(linnet_bytes echo);

#endif
