/* For the tests of src/net: a server and a client in one thread, over the loopback, on whatever port is free. */
#ifndef LINNET_TESTS_NET_SUPPORT_H
#define LINNET_TESTS_NET_SUPPORT_H

#include <linnet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants those four first */
#include <cmocka.h>

/* Rests on what only Linux has: ICMP reports, IPV6_PKTINFO, the limit of open files, or the epoll set itself. With
 * LINNET_POSIX_NET (ports/posix) it is shown as skipped. */
#ifdef LINNET_POSIX_NET
static inline void net_linux_only(void **state)
{
    (void)state;
    skip();
}
#define LINUX_TEST(test)                                                                                               \
    {                                                                                                                  \
#test, ((void)(test), net_linux_only), NULL, NULL, NULL                                                        \
    }
#else
#define LINUX_TEST(test) cmocka_unit_test(test)
#endif

/* A server on 127.0.0.1 with a resource "hello" that answers "world", "echo" that answers the payload it was posted,
 * and "count" that counts in pair.counted how often it was asked. */
typedef struct net_pair {
    linnet_server *server;
    linnet_client *client;
    size_t counted;
    char uri[2][64]; /* what net_uri() gives, in turn */
    unsigned turn;
} net_pair;

void net_pair_open(net_pair *pair, const linnet_client_config *config);
void net_pair_close(net_pair *pair);

/* The URI of a path on the server. */
const char *net_uri(net_pair *pair, const char *path);
uint16_t net_port(const linnet_server *server);

/* Both loops turn, waiting with poll() as a foreign loop does, until the client has nothing pending. */
void net_run(net_pair *pair);
/* One round of that; waits `milliseconds` at most. */
void net_turn(net_pair *pair, int milliseconds);

/* How a request ended. */
typedef struct net_result {
    unsigned calls;
    int error;
    linnet_code code;
    uint8_t type;
    linnet_path path;
    size_t size;
    char payload[2048]; /* NUL-ended */
} net_result;

/* For linnet_client_request: writes into the net_result that is its context. */
void net_on_response(const linnet_response *response, void *context);
/* A GET whose result goes there. */
linnet_client_request net_get(const char *uri, net_result *result);

/* A UDP socket of 127.0.0.1 that answers nothing; its port. */
int net_open_silent(uint16_t *port);
/* A port of 127.0.0.1 that nothing listens on. */
uint16_t net_refused_port(void);

#endif
