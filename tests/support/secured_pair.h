/* A secured server and a secured client with a wire between them, in memory and in simulated time. What goes over the
 * wire can be lost, doubled, delayed, changed; every nonce that is used is watched. */
#ifndef TESTS_SECURED_PAIR_H
#define TESTS_SECURED_PAIR_H

#include "security/dtls.h"

enum { PAIR_TO_SERVER, PAIR_TO_CLIENT };
enum { PAIR_WIRE = 256, PAIR_TEXTS = 64, PAIR_PORTS = 16 };

typedef struct pair_datagram {
    int to;
    uint64_t due;
    linnet_path way;    /* as the receiver sees it */
    linnet_path target; /* where it goes to */
    size_t size;
    uint8_t octets[2048];
} pair_datagram;

typedef struct pair pair;

/* What becomes of a datagram: how often it is put on the wire (0: lost), and how much later. `datagram` may be changed.
 */
typedef unsigned pair_fate(pair *self, pair_datagram *datagram, void *context);

struct pair {
    linnet_dtls *ends[2]; /* by PAIR_TO_... */
    void *memory[2];
    linnet_keyring *keyrings[2];
    linnet_path client_way; /* as the server sees the client */
    linnet_path server_way;
    uint64_t now;
    pair_datagram wire[PAIR_WIRE];
    size_t on_wire;
    size_t sent[2]; /* datagrams put towards each end */
    size_t octets[2];
    pair_fate *fate;
    void *fate_context;
    linnet_limits limits;
    uint32_t connection_ids[2]; /* limits.connection_id of each end, where it is not 0 */
    bool answers_pings;         /* the client, as CoAP does */
    unsigned pings;             /* that came to it */
    uint16_t ports[PAIR_PORTS]; /* that the client has had since it connected */
    size_t port_count;
    size_t cid_sizes[2]; /* of the Connection IDs towards each end */

    /* What happened. */
    int connected; /* 1: not told yet; else the error */
    linnet_path client_path;
    linnet_path server_path;       /* of what the server was delivered last */
    char texts[2][PAIR_TEXTS][64]; /* delivered to each end */
    size_t delivered[2];
    int ended[2]; /* how many sessions were reported to have ended */
    linnet_handshake_failure failure[2];
    char failure_text[2][256];
    char failure_identity[2][64];
    unsigned failures[2];
    linnet_handshake_success success[2]; /* without its views, which are gone */
    unsigned successes[2];
    struct pair_nonces *nonces;
};

/* Opens both; `limits` may be set before. Asserts that the credentials are good. */
void pair_open(pair *self, const linnet_credentials *server, const linnet_credentials *client);
/* Another server in place of the first, which is closed. */
void pair_open_server(pair *self, const linnet_credentials *server);
void pair_close(pair *self);
/* Begins the client's handshake. */
void pair_connect(pair *self, const char *name);
/* Lets time pass until nothing is on the wire, or `seconds` are over. */
void pair_run(pair *self, unsigned seconds);
/* Lets all of the seconds pass. */
void pair_wait(pair *self, unsigned seconds);
/* The client says something by its session. */
bool pair_say(pair *self, int to, const char *text);
/* The same of octets; `size` up to 1024. */
bool pair_say_octets(pair *self, int to, linnet_bytes octets);
/* The client has another port from now on; what goes to the old one is lost. */
void pair_move(pair *self, uint16_t port);
/* Puts a datagram on the wire that nobody sent. */
void pair_inject(pair *self, int to, const linnet_path *way, linnet_bytes octets);
/* Takes one off that the fate function looks at, for later. */
static inline linnet_bytes pair_octets(const pair_datagram *datagram)
{
    return linnet_view(datagram->octets, datagram->size);
}

#endif
