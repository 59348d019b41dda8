/* A server that can be observed, without sockets: endpoint, observers and site behind a port that keeps what was sent,
 * and peers that register, acknowledge and reset. Peers are numbers: 192.0.2.1 and port 40000 + number. */
#ifndef LINNET_TESTS_OBSERVE_SUPPORT_H
#define LINNET_TESTS_OBSERVE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linnet/error.h>
#include <linnet/site.h>

#define SECOND UINT64_C(1000000)
#define HOUR (3600 * SECOND)

/* What was sent last, parsed. */
typedef struct sent_message {
    linnet_path path;
    linnet_message message;
    int64_t observe; /* -1: none */
    uint8_t octets[1200];
} sent_message;

typedef struct observe_server {
    linnet_endpoint *endpoint;
    linnet_observers *observers;
    linnet_site site;
    struct linnet_resource *buckets[16];
    uint64_t now;
    size_t sent;        /* since the last forget_sent() */
    size_t confirmable; /* among them */
    sent_message first, last;
    void (*on_send)(const sent_message *sent); /* NULL: nobody else looks */
    bool no_slots;
    bool acknowledges; /* peers acknowledge after each advance */
    linnet_path unacknowledged[64];
    uint16_t unacknowledged_ids[64];
    size_t unacknowledged_count;
    uint8_t slot[1200];
    uint64_t random;
    uint16_t next_id;
    size_t slots; /* asked for in this advance */
    void *memory, *observers_memory;
} observe_server;

extern observe_server server;

/* Opens it with these limits and the time of ten days; what is 0 is small. */
void open_server(linnet_limits limits);
/* That one does not wait between notifications; this one does, 0: as the RFC says. */
void open_paced_server(linnet_limits limits, uint32_t interval_ms);
void close_server(void);

/* A request to a path of one segment, with a token of four octets that is this number. `observe` -1: without. */
typedef struct observe_request {
    const char *path;
    const char *query; /* NULL: none */
    uint32_t token;
    int observe;
    linnet_type type;
    linnet_code method; /* LINNET_EMPTY: GET */
    int block2;         /* value of the option, plus 1; 0: none */
    const char *payload;
    const char *etag;
    bool multicast;
} observe_request;

void request(unsigned peer, const observe_request *asked);
#define REQUEST(peer, ...) request(peer, &(observe_request){__VA_ARGS__})
/* Registers by a confirmable GET and checks that it was. */
void observe(unsigned peer, const char *path, uint32_t token);
/* An empty message, LINNET_ACK or LINNET_RST. */
void reply_empty(unsigned peer, linnet_type type, uint16_t id);

/* As a loop would: advances at each deadline, up to this time from now. */
void run_for(uint64_t microseconds);
void forget_sent(void);
/* The last message's payload, code and Observe. */
void assert_last_text(const char *text);
uint32_t token_of(const sent_message *sent);

#endif
