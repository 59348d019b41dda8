/*
 * Records with a Connection ID (RFC 9146), and the change of form that those of a handshake go through, fed with what
 * nobody sealed and with what somebody who has the keys may seal. What must hold:
 *
 *  - what is in a record comes out as it went in: its type, its octets, and no padding;
 *  - a record that was changed is opened nowhere, and one of the other form neither;
 *  - what a handshake writes and reads has the same number before and after, and nothing is there in both forms.
 */
#include "security/cid.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <stdlib.h>

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

enum { SERVER, CLIENT, DATAGRAM = 2048, WIRE = 32, CID_SIZE = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    linnet_dtls *ends[2];
    linnet_keyring *keyrings[2];
    linnet_path ways[2];
    uint8_t wire[WIRE][DATAGRAM];
    size_t sizes[WIRE];
    int to[WIRE];
    size_t on_wire;
    linnet_handshake *handshake; /* the server's, when all but the Finished has come */
    uint8_t finished[DATAGRAM];
    size_t finished_size;
} world;

static void put(int to, linnet_bytes datagram)
{
    HOLDS(world.on_wire < WIRE && datagram.size <= DATAGRAM);
    world.to[world.on_wire] = to;
    world.sizes[world.on_wire] = datagram.size;
    memcpy(world.wire[world.on_wire++], datagram.data, datagram.size);
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

static void deliver(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    (void)context, (void)now, (void)path, (void)plain;
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    (void)context, (void)now, (void)tag, (void)error, (void)path;
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)context, (void)now, (void)path, (void)error;
}

static void open_end(int end)
{
    linnet_credentials psk = {.identity = linnet_text("identity"), .psk = linnet_text("key")};
    linnet_dtls_config config = {.limits = {.sessions = 8, .handshakes = 4, .connection_id = CID_SIZE},
                                 .send = end == SERVER ? send_to_client : send_to_server,
                                 .deliver = deliver,
                                 .connected = connected,
                                 .ended = ended};
    size_t size = linnet_dtls_memory(&config.limits);
    HOLDS(linnet_keyring_open(&world.keyrings[end], &psk, end == SERVER) == 0);
    config.keyring = end == SERVER ? world.keyrings[end] : NULL;
    HOLDS(linnet_dtls_init(&world.ends[end], calloc(1, size), size, &config) == 0);
}

/* The client's last flight, but for the record with the ID, which is its Finished. */
static void receive_but_the_finished(linnet_bytes datagram)
{
    linnet_bytes rest = datagram;
    linnet_record record;
    while (linnet_record_next(&rest, CID_SIZE, &record)) {
        if (record.type == LINNET_TLS12_CID) {
            memcpy(world.finished, record.octets.data, record.octets.size);
            world.finished_size = record.octets.size;
        } else {
            linnet_dtls_receive(world.ends[SERVER], 1000000, &world.ways[CLIENT], record.octets);
        }
    }
}

static void open_world(void)
{
    world.ways[CLIENT] = (linnet_path){.peer = {.ip = {[15] = 1}, .port = 40000}};
    world.ways[SERVER] = (linnet_path){.peer = {.ip = {[15] = 2}, .port = 5684}};
    open_end(SERVER);
    open_end(CLIENT);
    HOLDS(linnet_dtls_connect(world.ends[CLIENT], 1000000, &world.ways[SERVER], world.keyrings[CLIENT], NULL, NULL) ==
          0);
    for (size_t i = 0; i < world.on_wire; i++) {
        linnet_bytes datagram = linnet_view(world.wire[i], world.sizes[i]);
        if (world.to[i] == SERVER)
            receive_but_the_finished(datagram);
        else
            linnet_dtls_receive(world.ends[CLIENT], 1000000, &world.ways[SERVER], datagram);
    }
    world.handshake = linnet_shaking_on(world.ends[SERVER], &world.ways[CLIENT]);
    HOLDS(world.handshake && world.finished_size > 0);
}

static linnet_record parse(linnet_bytes octets, size_t cid_size)
{
    linnet_bytes rest = octets;
    linnet_record record;
    HOLDS(linnet_record_next(&rest, cid_size, &record) && rest.size == 0);
    return record;
}

/* Seals what the input says with any type, and padding that somebody else may add; then changes an octet of it. */
static void seal_and_open(const uint8_t *data, size_t size)
{
    static uint8_t out[70000], plain[70000];
    linnet_record_state state = {.aead = data[0] % 3, .write_cid_size = data[1], .read_cid_size = data[1]};
    uint8_t cid[LINNET_CID_MOST], type = data[2];
    linnet_inner inner;
    linnet_bytes text = linnet_view(data + 4, size - 4);
    memset(cid, data[3], sizeof cid);
    state.write_sequence = 1;
    size_t made = linnet_record_seal(&state, cid, type == LINNET_TLS12_CID ? LINNET_ALERT : type, text, out);
    HOLDS(made == text.size + linnet_record_growth(&state));
    if (type == LINNET_TLS12_CID || (data[1] > 0 && type == 0))
        return; /* a type that is none: it would be padding */
    linnet_record record = parse(linnet_view(out, made), data[1]);
    HOLDS(linnet_record_open(&state, &record, plain, &inner) == 0);
    HOLDS(inner.type == type && linnet_bytes_equal(linnet_view(plain, inner.size), text));
    HOLDS(linnet_record_open(&state, &record, plain, &inner) == LINNET_RECORD_REPLAYED);
    state.newest = state.seen = 0;
    out[13 + data[3] % (made - 13)] ^= (uint8_t)(1u << data[0] % 8);
    linnet_bytes rest = linnet_view(out, made);
    if (linnet_record_next(&rest, data[1], &record) && rest.size == 0)
        HOLDS(linnet_record_open(&state, &record, plain, &inner) == LINNET_RECORD_FORGED);
}

/* The Finished, changed. */
static void unwrap_changed(const uint8_t *data, size_t size)
{
    uint8_t bad[DATAGRAM], room[LINNET_UNWRAPPED_MOST];
    linnet_bytes rest = linnet_view(bad, world.finished_size);
    linnet_record record;
    memcpy(bad, world.finished, world.finished_size);
    for (size_t i = 0; i + 1 < size; i += 2)
        bad[data[i] % world.finished_size] ^= data[i + 1];
    bool same = memcmp(bad, world.finished, world.finished_size) == 0;
    if (!linnet_record_next(&rest, CID_SIZE, &record) || record.type != LINNET_TLS12_CID)
        return;
    HOLDS(linnet_cid_is_right(world.handshake, &record) || !same);
    linnet_bytes plain = linnet_cid_unwrap(world.handshake, &record, room);
    HOLDS((plain.size > 0) == same);
    if (same)
        HOLDS(parse(plain, 0).type == LINNET_HANDSHAKE && parse(plain, 0).sequence == record.sequence);
}

/* What the library might write, of any length and under any number: the peer reads it in the other form. */
static void wrap(const uint8_t *data, size_t size)
{
    uint8_t first[LINNET_WRAPPED_MOST * 2], room[LINNET_WRAPPED_MOST], again[LINNET_UNWRAPPED_MOST * 2],
        long_keys[LINNET_LONG_KEYS];
    linnet_record_state state;
    linnet_inner inner;
    uint8_t type = data[0] & 1 ? LINNET_HANDSHAKE : LINNET_ALERT;
    linnet_bytes text = linnet_view(data + 2, size - 2);
    HOLDS(linnet_agreed_derive(world.handshake, &state, long_keys));
    linnet_record_state theirs = state;
    state.write_cid_size = 0;
    state.write_sequence = data[1];
    size_t made = linnet_record_seal(&state, NULL, type, text, first);
    HOLDS(linnet_cid_wraps(world.handshake, linnet_view(first, made)));
    linnet_bytes wrapped = linnet_cid_wrap(world.handshake, linnet_view(first, made), room);
    HOLDS(wrapped.size == (made - LINNET_RECORD_HEADER_SIZE <= LINNET_WRAPPED_PLAIN ? made + CID_SIZE + 1 : 0));
    if (wrapped.size == 0)
        return;
    linnet_record record = parse(wrapped, CID_SIZE);
    HOLDS(record.type == LINNET_TLS12_CID && record.sequence == data[1]);
    linnet_record_mirror(&theirs);
    HOLDS(linnet_record_open(&theirs, &record, again, &inner) == 0);
    HOLDS(inner.type == type && linnet_bytes_equal(linnet_view(again, inner.size), text));
    first[made - 1] ^= 1;
    HOLDS(linnet_cid_wrap(world.handshake, linnet_view(first, made), room).size == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world.handshake)
        open_world();
    if (size < 5 || size > 600)
        return 0;
    unsigned operation = data[0];
    data++, size--;
    if (operation % 3 == 0)
        seal_and_open(data, size);
    else if (operation % 3 == 1)
        unwrap_changed(data, size);
    else
        wrap(data, size);
    return 0;
}
