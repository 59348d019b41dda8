#include "support/secured_pair.h"

#include "security/sessions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NONCES = 65536 };

/* The records that were sent in epoch 1, by sender: one sequence number never stands for two different ones. */
typedef struct pair_nonces {
    size_t count;
    struct {
        int from;
        uint64_t sequence;
        uint64_t owner;
        size_t size;
        uint8_t front[48];
    } records[NONCES];
} pair_nonces;

/* One name for all ports that a session has had. */
static uint16_t port_of(const pair *self, const linnet_path *way)
{
    for (size_t i = 0; i < self->port_count; i++)
        if (self->ports[i] == way->peer.port)
            return self->ports[0];
    return way->peer.port;
}

/* Whose keys a record is sealed with: of whom its Connection ID is, or else of whoever has that port. */
static uint64_t owner_of(const pair *self, const linnet_path *way, const linnet_record *record)
{
    uint64_t name = 0;
    if (record->cid_size == 0)
        return port_of(self, way);
    memcpy(&name, linnet_record_cid(record).data, record->cid_size);
    return name;
}

static void watch_record(pair_nonces *nonces, int to, uint64_t owner, const linnet_record *record)
{
    size_t front = record->octets.size < 48 ? record->octets.size : 48;
    for (size_t i = 0; i < nonces->count; i++) {
        if (nonces->records[i].owner != owner || nonces->records[i].from != to ||
            nonces->records[i].sequence != record->sequence)
            continue;
        assert_int_equal(nonces->records[i].size, record->octets.size);
        assert_memory_equal(nonces->records[i].front, record->octets.data, front);
    }
    assert_true(nonces->count < NONCES);
    nonces->records[nonces->count].from = to;
    nonces->records[nonces->count].owner = owner;
    nonces->records[nonces->count].sequence = record->sequence;
    nonces->records[nonces->count].size = record->octets.size;
    memcpy(nonces->records[nonces->count++].front, record->octets.data, front);
}

static void watch(pair *self, int to, const linnet_path *way, linnet_bytes datagram)
{
    linnet_bytes rest = datagram;
    linnet_record record;
    while (linnet_record_next(&rest, self->cid_sizes[to], &record))
        if (record.epoch > 0)
            watch_record(self->nonces, to, owner_of(self, way, &record), &record);
}

static void put(pair *self, pair_datagram *datagram)
{
    assert_true(self->on_wire < PAIR_WIRE);
    self->wire[self->on_wire++] = *datagram;
}

/* `way` is as the receiver sees it, `client` the client's end. */
static void post(pair *self, int to, const linnet_path *way, const linnet_path *client, linnet_bytes octets)
{
    pair_datagram datagram = {.to = to, .due = self->now + 1000, .way = *way, .size = octets.size};
    datagram.target = to == PAIR_TO_CLIENT ? *client : self->server_way;
    assert_true(octets.size <= sizeof datagram.octets);
    memcpy(datagram.octets, octets.data, octets.size);
    self->sent[to]++;
    self->octets[to] += octets.size;
    watch(self, to, client, octets);
    unsigned copies = self->fate ? self->fate(self, &datagram, self->fate_context) : 1;
    while (copies-- > 0)
        put(self, &datagram);
}

static void send_to_client(void *context, const linnet_path *way, linnet_bytes octets)
{
    pair *self = context;
    assert_int_equal(way->peer.session, 0);
    post(self, PAIR_TO_CLIENT, &self->server_way, way, octets);
}

static void send_to_server(void *context, const linnet_path *way, linnet_bytes octets)
{
    pair *self = context;
    assert_true(way->peer.port == self->server_way.peer.port);
    post(self, PAIR_TO_SERVER, &self->client_way, &self->client_way, octets);
}

static void note(pair *self, int at, linnet_bytes plain)
{
    assert_true(self->delivered[at] < PAIR_TEXTS);
    snprintf(self->texts[at][self->delivered[at]++], 64, "%.*s", LINNET_PRINTF(plain));
}

static void deliver_server(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    pair *self = context;
    (void)now;
    self->server_path = *path;
    note(self, PAIR_TO_SERVER, plain);
}

/* RFC 7252 4.3: a Reset with the same message ID. */
static bool is_ping(pair *self, linnet_bytes plain)
{
    uint8_t reset[4] = {0x70, 0};
    if (plain.size != 4 || plain.data[0] != 0x40 || plain.data[1] != 0)
        return false;
    self->pings++;
    memcpy(reset + 2, plain.data + 2, 2);
    if (self->answers_pings)
        assert_true(pair_say_octets(self, PAIR_TO_SERVER, linnet_view(reset, 4)));
    return true;
}

static void deliver_client(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    pair *self = context;
    (void)now;
    assert_true(path->peer.session == self->client_path.peer.session);
    if (!is_ping(self, plain))
        note(self, PAIR_TO_CLIENT, plain);
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    pair *self = context;
    (void)now;
    assert_ptr_equal(tag, self);
    assert_int_equal(self->connected, 1);
    self->connected = error;
    if (error == 0)
        self->client_path = *path;
}

static void ended_server(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)now, (void)path, (void)error;
    ((pair *)context)->ended[PAIR_TO_SERVER]++;
}

static void ended_client(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)now, (void)path, (void)error;
    ((pair *)context)->ended[PAIR_TO_CLIENT]++;
}

static void failed(void *context, const linnet_handshake_failure *failure)
{
    pair *self = context;
    int at = failure->server ? PAIR_TO_SERVER : PAIR_TO_CLIENT;
    self->failure[at] = *failure;
    snprintf(self->failure_text[at], sizeof self->failure_text[at], "%s", failure->text);
    snprintf(self->failure_identity[at], sizeof self->failure_identity[at], "%.*s", LINNET_PRINTF(failure->identity));
    self->failures[at]++;
}

static void succeeded(void *context, const linnet_handshake_success *success)
{
    pair *self = context;
    int at = success->server ? PAIR_TO_SERVER : PAIR_TO_CLIENT;
    self->success[at] = *success;
    self->success[at].own.data = self->success[at].others.data = NULL;
    self->successes[at]++;
}

static void open_end(pair *self, int end, const linnet_credentials *given)
{
    bool server = end == PAIR_TO_SERVER;
    linnet_credentials credentials = *given;
    linnet_dtls_config config = {
        .limits = self->limits,
        .context = self,
        .send = server ? send_to_client : send_to_server,
        .deliver = server ? deliver_server : deliver_client,
        .connected = connected,
        .ended = server ? ended_server : ended_client,
    };
    if (self->connection_ids[end] != 0)
        config.limits.connection_id = self->connection_ids[end];
    size_t size = linnet_dtls_memory(&config.limits);
    if (!credentials.look_up) {
        credentials.failed = failed;
        credentials.succeeded = succeeded;
        credentials.context = self;
    }
    assert_int_equal(linnet_keyring_open(&self->keyrings[end], &credentials, server), 0);
    config.keyring = server ? self->keyrings[end] : NULL;
    self->memory[end] = calloc(1, size);
    assert_non_null(self->memory[end]);
    assert_int_equal(linnet_dtls_init(&self->ends[end], self->memory[end], size, &config), 0);
    self->cid_sizes[end] = self->ends[end]->cid_size;
}

void pair_open(pair *self, const linnet_credentials *server, const linnet_credentials *client)
{
    self->client_way = (linnet_path){.peer = {.ip = {[10] = 0xff, 0xff, 192, 0, 2, 1}, .port = 40000}};
    self->server_way = (linnet_path){.peer = {.ip = {[10] = 0xff, 0xff, 192, 0, 2, 2}, .port = 5684}};
    self->nonces = calloc(1, sizeof *self->nonces);
    self->limits.sessions = self->limits.sessions ? self->limits.sessions : 64;
    self->limits.handshakes = self->limits.handshakes ? self->limits.handshakes : 16;
    self->now = 1000000;
    self->connected = 1;
    open_end(self, PAIR_TO_SERVER, server);
    open_end(self, PAIR_TO_CLIENT, client);
}

static void close_end(pair *self, int end)
{
    linnet_dtls_clear(self->ends[end]);
    linnet_keyring_release(self->keyrings[end]);
    free(self->memory[end]);
}

void pair_open_server(pair *self, const linnet_credentials *server)
{
    close_end(self, PAIR_TO_SERVER);
    open_end(self, PAIR_TO_SERVER, server);
}

void pair_close(pair *self)
{
    for (int end = 0; end < 2; end++)
        close_end(self, end);
    free(self->nonces);
}

void pair_connect(pair *self, const char *name)
{
    self->connected = 1;
    self->ports[0] = self->client_way.peer.port;
    self->port_count = 1;
    /* Fresh keys of another handshake may use the numbers of the old ones again. */
    self->nonces->count = 0;
    assert_int_equal(linnet_dtls_connect(self->ends[PAIR_TO_CLIENT], self->now, &self->server_way,
                                         self->keyrings[PAIR_TO_CLIENT], name, self),
                     0);
}

/* The datagram that arrives first, taken off the wire; false: nothing is on it. */
static bool take(pair *self, uint64_t until, pair_datagram *datagram)
{
    size_t first = 0;
    for (size_t i = 1; i < self->on_wire; i++)
        if (self->wire[i].due < self->wire[first].due)
            first = i;
    if (self->on_wire == 0 || self->wire[first].due > until)
        return false;
    *datagram = self->wire[first];
    memmove(&self->wire[first], &self->wire[first + 1], (self->on_wire - first - 1) * sizeof *self->wire);
    self->on_wire--;
    return true;
}

static uint64_t timers(const pair *self)
{
    uint64_t a = linnet_dtls_deadline(self->ends[0]), b = linnet_dtls_deadline(self->ends[1]);
    return a < b ? a : b;
}

static void advance(pair *self)
{
    for (int end = 0; end < 2; end++)
        linnet_dtls_advance(self->ends[end], self->now);
}

void pair_move(pair *self, uint16_t port)
{
    assert_true(self->port_count < PAIR_PORTS);
    self->client_way.peer.port = port;
    self->ports[self->port_count++] = port;
}

/* Whether somebody is where it goes to. */
static bool arrives(const pair *self, const pair_datagram *datagram)
{
    return datagram->to == PAIR_TO_SERVER || linnet_address_equal(&datagram->target.peer, &self->client_way.peer);
}

static void go_on(pair *self, uint64_t end, bool until_quiet)
{
    while (self->now < end) {
        pair_datagram datagram;
        uint64_t due = timers(self);
        if (take(self, due < end ? due : end, &datagram)) {
            self->now = datagram.due > self->now ? datagram.due : self->now;
            if (arrives(self, &datagram))
                linnet_dtls_receive(self->ends[datagram.to], self->now, &datagram.way, pair_octets(&datagram));
        } else if (due <= end) {
            if (until_quiet && self->on_wire == 0 && self->connected != 1)
                return;
            self->now = due > self->now ? due : self->now + 1;
            advance(self);
        } else {
            self->now = end;
        }
    }
}

void pair_run(pair *self, unsigned seconds) { go_on(self, self->now + seconds * UINT64_C(1000000), true); }

void pair_wait(pair *self, unsigned seconds) { go_on(self, self->now + seconds * UINT64_C(1000000), false); }

bool pair_say(pair *self, int to, const char *text) { return pair_say_octets(self, to, linnet_text(text)); }

bool pair_say_octets(pair *self, int to, linnet_bytes octets)
{
    uint8_t datagram[2048];
    linnet_path way;
    uint32_t session = to == PAIR_TO_SERVER ? self->client_path.peer.session : self->server_path.peer.session;
    size_t size = linnet_dtls_seal(self->ends[!to], session, octets, datagram, &way);
    if (size > 0)
        post(self, to, to == PAIR_TO_SERVER ? &self->client_way : &self->server_way,
             to == PAIR_TO_SERVER ? &self->client_way : &way, linnet_view(datagram, size));
    return size > 0;
}

void pair_inject(pair *self, int to, const linnet_path *way, linnet_bytes octets)
{
    pair_datagram datagram = {
        .to = to, .due = self->now + 1000, .way = *way, .target = self->client_way, .size = octets.size};
    memcpy(datagram.octets, octets.data, octets.size);
    put(self, &datagram);
}
