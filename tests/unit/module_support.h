/* For the tests of src/module: a module without a thread of its own on the loopback, a client that asks its server, and
 * a plain socket for its sessions to talk to, all turned by the test. */
#ifndef LINNET_TESTS_MODULE_SUPPORT_H
#define LINNET_TESTS_MODULE_SUPPORT_H

#include "net_support.h"

#include <linnet/module.h>
#include <netinet/in.h>

/* One call of a response or failure handler. */
typedef struct module_event {
    bool failed;
    uint8_t code;
    uint8_t type;
    uint16_t id;
    int reason;
    bool notification;
    size_t token_size;
    uint8_t token[8];
    size_t size;
    char payload[4096]; /* NUL-ended */
} module_event;

enum { MODULE_EVENTS = 64 };

/* The state of a test. Zeroed by module_world_open(). */
typedef struct module_world {
    linnet_module *module;
    uint16_t port;
    linnet_client *client;
    int peer; /* the plain socket */
    uint16_t peer_port;
    linnet_module_session *session; /* to it */
    struct {
        uint8_t octets[2048];
        size_t size;
        struct sockaddr_in from;
    } last; /* what the peer received last */
    module_event events[MODULE_EVENTS];
    size_t event_count; /* of all; the first are kept */
    module_event answer;
    uint8_t options[512]; /* of the answer */
    size_t options_size;
    bool answered;
} module_world;

/* Opens a module with that configuration, no_thread, on a free port of 127.0.0.1. NULL: the defaults. */
void module_world_open(module_world *world, const linnet_module_config *config);
void module_world_close(module_world *world);
/* Opens the session to the plain socket, and sets handlers that write into world->events. */
void module_world_open_session(module_world *world);

/* One turn of the module, the client, and the time between; at most `milliseconds`. */
void module_turn(module_world *world, int milliseconds);

/* Has the module's server answer; the answer is in world->answer and ->options. `path` is without leading slash. */
typedef struct module_ask {
    linnet_code method;
    const char *path;
    const linnet_option *options;
    size_t option_count;
    const char *payload;
    size_t size; /* 0: that of the text */
    bool typed;  /* it has that Content-Format */
    uint16_t format;
} module_ask;
linnet_code module_ask_server(module_world *world, const module_ask *asked);
#define ASK(world, ...) module_ask_server((world), &(module_ask){__VA_ARGS__})
#define GET(world, path_) ASK((world), .method = LINNET_GET, .path = (path_))
#define PUT(world, path_, payload_) ASK((world), .method = LINNET_PUT, .path = (path_), .payload = (payload_))
/* Of a request that the test sends itself: keeps the answer likewise; `context` is the world. */
void module_on_answer(const linnet_response *response, void *context);
/* Of the answer: the option's value as uint, or -1. */
int64_t module_option(const module_world *world, uint16_t number);

/* What the plain socket receives next, within five seconds; the module's turns go on. */
void module_peer_receive(module_world *world);
/* Whether something is there after `milliseconds` of turns. */
bool module_peer_hears(module_world *world, int milliseconds);
/* Sends octets back to where the last datagram came from. */
void module_peer_send(module_world *world, const void *octets, size_t size);
/* Answers the last datagram: piggybacked, with its token. */
void module_peer_answer(module_world *world, linnet_code code, const char *payload);
uint16_t module_peer_id(const module_world *world);
linnet_message module_peer_message(const module_world *world);

/* Requests as the module takes them: a method by number, a GET; or all fields as given. */
#define METHOD(number, ...)                                                                                            \
    (linnet_module_request) { .method = (number), .content_format = -1, __VA_ARGS__ }
#define REQUEST(...) METHOD(LINNET_MODULE_GET, __VA_ARGS__)
#define RAW(...)                                                                                                       \
    (linnet_module_request) { __VA_ARGS__ }

/* Sends it in the session; returns its message ID. */
uint16_t module_send(module_world *world, linnet_module_request request);

/* Turns until so many events have come. */
void module_await(module_world *world, size_t count);

/* A resource "r" with a text and all methods. */
linnet_module_resource *module_add(module_world *world, const char *uri, const char *value, bool etag);
/* Whether its value is that text. */
bool module_has_value(linnet_module_resource *resource, const char *text);

#endif
