/*
 * A server and a client with a session, fed with datagrams that nobody sent, and with real records of theirs that were
 * changed. The input is a list of operations. What must hold:
 *
 *  - nothing is delivered but what was said, and each of it once;
 *  - what is in a record comes out as it went in, and no other octets do;
 *  - the session ends only when an end says so by an authentic record, and nothing grows.
 */
#include "security/dtls.h"
#include "security/record.h"

#include <linnet/error.h>
#include <stdlib.h>

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

enum { SERVER, CLIENT, DATAGRAM = 2048, WIRE = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct letter {
    int to;
    size_t size;
    uint8_t octets[DATAGRAM];
} letter;

static struct {
    linnet_dtls *ends[2];
    linnet_keyring *keyrings[2];
    linnet_path ways[2]; /* to each end */
    linnet_path session[2];
    uint64_t now;
    letter wire[WIRE];
    size_t on_wire;
    uint8_t expected[64]; /* what may be delivered, once */
    size_t expected_size;
    bool may_deliver;
    unsigned delivered;
    bool connected;
    bool drops; /* what is sent goes nowhere */
} world;

static void put(int to, linnet_bytes datagram)
{
    HOLDS(datagram.size <= DATAGRAM);
    if (world.drops)
        return;
    HOLDS(world.on_wire < WIRE);
    world.wire[world.on_wire].to = to;
    world.wire[world.on_wire].size = datagram.size;
    memcpy(world.wire[world.on_wire++].octets, datagram.data, datagram.size);
}

static void send_to_client(void *context, const linnet_path *way, linnet_bytes datagram)
{
    (void)context, (void)way;
    put(CLIENT, datagram);
}

static void send_to_server(void *context, const linnet_path *way, linnet_bytes datagram)
{
    (void)context, (void)way;
    put(SERVER, datagram);
}

static void deliver_at(int end, const linnet_path *path, linnet_bytes plain)
{
    world.session[end] = *path;
    HOLDS(world.may_deliver);
    HOLDS(linnet_bytes_equal(plain, linnet_view(world.expected, world.expected_size)));
    world.may_deliver = false;
    world.delivered++;
}

static void deliver_server(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    (void)context, (void)now;
    deliver_at(SERVER, path, plain);
}

static void deliver_client(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    (void)context, (void)now;
    deliver_at(CLIENT, path, plain);
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    (void)context, (void)now, (void)tag;
    HOLDS(error == 0);
    world.session[CLIENT] = *path;
    world.connected = true;
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)context, (void)now, (void)path, (void)error;
    abort(); /* nobody took leave */
}

static void open_end(int end, linnet_credentials credentials)
{
    linnet_dtls_config config = {.limits = {.sessions = 8, .handshakes = 4},
                                 .send = end == SERVER ? send_to_client : send_to_server,
                                 .deliver = end == SERVER ? deliver_server : deliver_client,
                                 .connected = connected,
                                 .ended = ended};
    size_t size = linnet_dtls_memory(&config.limits);
    HOLDS(linnet_keyring_open(&world.keyrings[end], &credentials, end == SERVER) == 0);
    config.keyring = end == SERVER ? world.keyrings[end] : NULL;
    HOLDS(linnet_dtls_init(&world.ends[end], calloc(1, size), size, &config) == 0);
}

static void say(int to, linnet_bytes text, letter *datagram)
{
    linnet_path way;
    memcpy(world.expected, text.data, text.size);
    world.expected_size = text.size;
    datagram->size = linnet_dtls_seal(world.ends[!to], world.session[!to].peer.session, text, datagram->octets, &way);
    HOLDS(datagram->size > 0);
}

static void receive(int at, linnet_bytes datagram)
{
    world.now += 1000;
    linnet_dtls_receive(world.ends[at], world.now, &world.ways[!at], datagram);
}

static void open_world(void)
{
    linnet_credentials psk = {.identity = linnet_text("identity"), .psk = linnet_text("key")};
    letter first;
    world.ways[CLIENT] = (linnet_path){.peer = {.ip = {[15] = 1}, .port = 40000}};
    world.ways[SERVER] = (linnet_path){.peer = {.ip = {[15] = 2}, .port = 5684}};
    world.now = 1000000;
    open_end(SERVER, psk);
    open_end(CLIENT, psk);
    HOLDS(linnet_dtls_connect(world.ends[CLIENT], world.now, &world.ways[SERVER], world.keyrings[CLIENT], NULL, NULL) ==
          0);
    for (size_t i = 0; i < world.on_wire; i++)
        receive(world.wire[i].to, linnet_view(world.wire[i].octets, world.wire[i].size));
    HOLDS(world.connected);
    world.drops = true;
    say(SERVER, linnet_text("first"), &first);
    world.may_deliver = true;
    receive(SERVER, linnet_view(first.octets, first.size));
    HOLDS(world.delivered == 1);
}

/* A record of ours with some octets changed and its end cut off: it is heard only where that left it as it was. */
static void change(int to, const uint8_t *data, size_t size)
{
    letter good, bad;
    say(to, linnet_view(data, size < sizeof world.expected ? size : sizeof world.expected), &good);
    bad = good;
    for (size_t i = 0; i + 1 < size; i += 2)
        bad.octets[data[i] % good.size] ^= data[i + 1];
    if (size > 0 && data[0] & 0x80)
        bad.size -= data[0] & 0x0f;
    bool same = bad.size == good.size && memcmp(bad.octets, good.octets, good.size) == 0;
    unsigned before = world.delivered;
    world.may_deliver = same;
    receive(to, linnet_view(bad.octets, bad.size));
    HOLDS(world.delivered == before + same);
    world.may_deliver = !same;
    receive(to, linnet_view(good.octets, good.size));
    HOLDS(world.delivered == before + 1);
    world.may_deliver = false;
    receive(to, linnet_view(good.octets, good.size)); /* once more: nothing */
    HOLDS(world.delivered == before + 1);
}

static void parse(linnet_bytes octets)
{
    linnet_bytes rest = octets;
    linnet_record record;
    size_t taken = 0;
    while (linnet_record_next(&rest, 6, &record)) {
        HOLDS(record.octets.data == octets.data + taken);
        taken += record.octets.size;
        HOLDS(record.octets.size == record.fragment.size + LINNET_RECORD_HEADER_SIZE + record.cid_size);
    }
    HOLDS(taken + rest.size == octets.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.connected)
        open_world();
    for (size_t at = 0; at + 2 <= size;) {
        size_t length = data[at + 1];
        unsigned operation = data[at];
        at += 2;
        length = length < size - at ? length : size - at;
        parse(linnet_view(data + at, length));
        if (operation & 2)
            change(operation & 1, data + at, length);
        else
            receive(operation & 1, linnet_view(data + at, length));
        at += length;
    }
    linnet_dtls_advance(world.ends[SERVER], world.now);
    HOLDS(linnet_dtls_sessions(world.ends[SERVER]) == 1);
    HOLDS(linnet_dtls_handshakes(world.ends[SERVER]) <= 4);
    return 0;
}
