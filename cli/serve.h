/* The parts of `linnet serve`. */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include <linnet.h>

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

/* What is logged, and how: one line each on standard error. */
typedef struct serve_log {
    log_level level;
    bool json;
} serve_log;

/* "listening on coap://127.0.0.1:5683", whatever the level is. */
void serve_log_listening(const serve_log *log, const linnet_address *address, bool secured);
/* A client that could not be let in. */
void serve_log_failure(const serve_log *log, const linnet_handshake_failure *failure);
/* Any other event, as a word for programs and a text for people. */
void serve_log_event(const serve_log *log, log_level level, const char *event, const char *text);

/* A linnet_trace that logs each request with its answer at LOG_INFO, and each message at LOG_DEBUG. `context` is a
 * serve_log. One server only. */
void serve_trace(void *context, bool sent, const linnet_path *path, linnet_bytes datagram);

/* --dynamic: what clients PUT, and how much of it there may be. */
typedef struct dynamic {
    linnet_server *server; /* set when it is open */
    size_t most;           /* octets of all values, paths, and what a resource takes besides */
    size_t used;
    size_t count;
    struct dynamic_place *first;
} dynamic;

/* The handler for unknown paths: PUT makes a resource. `context` is a dynamic. */
void serve_dynamic(linnet_request *request, linnet_reply *reply, void *context);
/* After the server is closed. */
void serve_dynamic_clear(dynamic *self);

/* A --bind argument, [SCHEME://]HOST[:PORT], :PORT, or a bare IPv6 address, as a URI. To be freed. */
char *serve_bind_uri(const char *argument);

#endif
