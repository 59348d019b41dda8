/* Load for a server of coaps:// on the loopback, by pre-shared key: sets up many sessions, asks once over each, then
 * asks over some of them as fast as the server answers, then ends sessions and sets them up again. Prints one line of
 * JSON for each phase: how many a second, the server's CPU time for each, and its memory.
 *
 *     secured PORT PID SESSIONS SECONDS [AGAIN]
 *
 * AGAIN: how many handshakes there are to be in the last phase.
 *
 * All clients share one socket and differ by their address in 127.0.0.0/8. The client half is the library's own.
 */
#include "process.h"
#include "security/dtls.h"

#include <errno.h>
#include <inttypes.h>
#include <linnet/error.h>
#include <linnet/loop.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

enum {
    WINDOW = 64,
    FIRST_ADDRESS = (127 << 24) + 131072, /* 127.2.0.0 */
    RETRY_US = 500000,
    GET_SIZE = 13
};

typedef struct client {
    uint32_t session;
    uint16_t message_id;
    uint64_t asked; /* 0: nothing is outstanding */
} client;

static struct {
    int descriptor;
    struct sockaddr_in server;
    pid_t process;
    linnet_dtls *dtls;
    linnet_keyring *keyring;
    client *clients;
    uint32_t count, started, connected, failed;
    uint32_t again; /* how many handshakes there are to be once all were set up */
    uint64_t answered, lost;
    bool keeps_asking;
} bench;

static linnet_path way_of(uint32_t index)
{
    linnet_path way = {.peer = {.ip = {[10] = 0xff, 0xff, 127, 0, 0, 1}, .port = ntohs(bench.server.sin_port)}};
    way.peer.scope = index; /* which client's it is: our addresses are told apart by it here */
    return way;
}

static void send_from(void *context, const linnet_path *way, linnet_bytes datagram)
{
    uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(FIRST_ADDRESS + way->peer.scope)};
    struct iovec vector = {(void *)(uintptr_t)datagram.data, datagram.size};
    struct msghdr header = {.msg_name = &bench.server,
                            .msg_namelen = sizeof bench.server,
                            .msg_iov = &vector,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    struct cmsghdr *message = CMSG_FIRSTHDR(&header);
    (void)context;
    message->cmsg_level = IPPROTO_IP;
    message->cmsg_type = IP_PKTINFO;
    message->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(message), &info, sizeof info);
    if (sendmsg(bench.descriptor, &header, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
        perror("sendmsg");
}

static void ask(uint32_t index, uint64_t now)
{
    client *self = &bench.clients[index];
    uint8_t get[GET_SIZE] = {0x44, 0x01, 0, 0, 0, 0, 0, 0, 0xb4, 't', 'i', 'm', 'e'}, datagram[GET_SIZE + 64];
    linnet_path way;
    self->message_id++;
    get[2] = (uint8_t)(self->message_id >> 8);
    get[3] = (uint8_t)self->message_id;
    memcpy(get + 4, &index, sizeof index);
    size_t size = linnet_dtls_seal(bench.dtls, self->session, linnet_view(get, sizeof get), datagram, &way);
    self->asked = now;
    if (size > 0)
        send_from(NULL, &way, linnet_view(datagram, size));
}

static void deliver(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    client *self = &bench.clients[path->peer.scope];
    (void)context;
    if (plain.size < 8 || plain.data[1] != 0x45 || self->asked == 0 || plain.data[3] != (uint8_t)self->message_id)
        return;
    self->asked = 0;
    bench.answered++;
    if (bench.keeps_asking)
        ask(path->peer.scope, now);
}

/* First every client once; then, as long as there are to be more, one after the other anew. */
static void connect_next(uint64_t now)
{
    if (bench.started == bench.count + bench.again)
        return;
    uint32_t index = bench.started++ % bench.count;
    linnet_path way = way_of(index);
    if (bench.clients[index].session)
        linnet_dtls_end(bench.dtls, bench.clients[index].session);
    bench.clients[index].session = 0;
    if (linnet_dtls_connect(bench.dtls, now, &way, bench.keyring, NULL, NULL) != 0)
        bench.failed++;
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    (void)context, (void)tag;
    if (error == 0) {
        bench.clients[path->peer.scope].session = path->peer.session;
        bench.connected++;
    } else {
        bench.failed++;
    }
    connect_next(now);
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)context, (void)now, (void)error;
    bench.clients[path->peer.scope].session = 0;
}

static void receive(uint64_t now)
{
    uint8_t octets[2048], control[128];
    for (int i = 0; i < 256; i++) {
        struct iovec vector = {octets, sizeof octets};
        struct msghdr header = {
            .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
        ssize_t size = recvmsg(bench.descriptor, &header, MSG_DONTWAIT);
        if (size < 0)
            return;
        for (struct cmsghdr *message = CMSG_FIRSTHDR(&header); message; message = CMSG_NXTHDR(&header, message)) {
            struct in_pktinfo info;
            if (message->cmsg_level != IPPROTO_IP || message->cmsg_type != IP_PKTINFO)
                continue;
            memcpy(&info, CMSG_DATA(message), sizeof info);
            linnet_path way = way_of(ntohl(info.ipi_addr.s_addr) - FIRST_ADDRESS);
            if (way.peer.scope < bench.count)
                linnet_dtls_receive(bench.dtls, now, &way, linnet_view(octets, (size_t)size));
        }
    }
}

static void turn(void)
{
    struct pollfd ready = {.fd = bench.descriptor, .events = POLLIN};
    poll(&ready, 1, 10);
    uint64_t now = linnet_clock();
    receive(now);
    if (linnet_dtls_deadline(bench.dtls) <= now)
        linnet_dtls_advance(bench.dtls, now);
}

typedef struct mark {
    uint64_t wall, cpu;
    long resident;
} mark;

static mark mark_now(void)
{
    return (mark){nanoseconds(CLOCK_MONOTONIC), cpu_nanoseconds(bench.process), resident_kib(bench.process)};
}

static void print_phase(const char *name, mark from, uint64_t done)
{
    mark to = mark_now();
    double seconds = (double)(to.wall - from.wall) / 1e9;
    printf("{\"phase\": \"%s\", \"count\": %" PRIu64 ", \"seconds\": %.3f, \"per_second\": %.0f, \"cpu_us\": %.3f, "
           "\"kib_before\": %ld, \"kib_after\": %ld, \"failed\": %u, \"lost\": %" PRIu64 "}\n",
           name, done, seconds, (double)done / seconds, done ? (double)(to.cpu - from.cpu) / 1e3 / (double)done : 0,
           from.resident, to.resident, bench.failed, bench.lost);
    fflush(stdout);
}

static void connect_all(const char *name)
{
    mark from = mark_now();
    uint32_t before = bench.connected;
    for (int i = 0; i < WINDOW; i++)
        connect_next(linnet_clock());
    while (bench.connected + bench.failed < bench.count + bench.again)
        turn();
    print_phase(name, from, bench.connected - before);
}

/* One question over each session, so that both sides have nothing of the handshake left. */
static void ask_each(void)
{
    mark from = mark_now();
    uint32_t next = 0;
    uint64_t before = bench.answered;
    while (next < bench.count) {
        uint64_t target = bench.answered + WINDOW, until = linnet_clock() + RETRY_US;
        for (int i = 0; i < WINDOW && next < bench.count; next++) {
            if (!bench.clients[next].session)
                continue;
            ask(next, linnet_clock());
            i++;
        }
        while (bench.answered < target && linnet_clock() < until && bench.answered - before < bench.connected)
            turn();
    }
    print_phase("first requests", from, bench.answered - before);
}

static void ask_on(double seconds)
{
    uint64_t end = linnet_clock() + (uint64_t)(seconds * 1e6), before = bench.answered, looked = linnet_clock();
    mark from = mark_now();
    bench.keeps_asking = true;
    for (uint32_t i = 0; i < WINDOW && i < bench.count; i++)
        ask(i, linnet_clock());
    while (linnet_clock() < end) {
        turn();
        uint64_t now = linnet_clock();
        for (uint32_t i = 0; now > looked + RETRY_US && i < WINDOW && i < bench.count; i++) {
            if (bench.clients[i].asked && bench.clients[i].asked + RETRY_US < now) {
                bench.lost++;
                ask(i, now);
            }
        }
        looked = now > looked + RETRY_US ? now : looked;
    }
    bench.keeps_asking = false;
    print_phase("requests", from, bench.answered - before);
}

static int open_socket(void)
{
    int on = 1, size = 8 << 20;
    struct sockaddr_in any = {.sin_family = AF_INET};
    bench.descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    if (bench.descriptor < 0 || setsockopt(bench.descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)
        return -1;
    setsockopt(bench.descriptor, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return bind(bench.descriptor, (struct sockaddr *)&any, sizeof any);
}

int main(int argc, char **argv)
{
    linnet_credentials credentials = {.identity = linnet_text("password"), .psk = linnet_text("sesame")};
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: secured PORT PID SESSIONS SECONDS [AGAIN]\n");
        return 2;
    }
    bench.server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    bench.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bench.process = atoi(argv[2]);
    bench.count = (uint32_t)atoi(argv[3]);
    bench.clients = calloc(bench.count, sizeof *bench.clients);
    linnet_dtls_config config = {.limits = {.sessions = bench.count, .handshakes = 2 * WINDOW},
                                 .send = send_from,
                                 .deliver = deliver,
                                 .connected = connected,
                                 .ended = ended};
    size_t size = linnet_dtls_memory(&config.limits);
    void *memory = calloc(1, size);
    if (!bench.clients || !memory || open_socket() != 0 ||
        linnet_keyring_open(&bench.keyring, &credentials, false) != 0 ||
        linnet_dtls_init(&bench.dtls, memory, size, &config) != 0) {
        fprintf(stderr, "secured: cannot start: %s\n", strerror(errno));
        free(memory);
        return 1;
    }
    connect_all("handshakes");
    ask_each();
    ask_on(atof(argv[4]));
    bench.again = argc == 6 ? (uint32_t)atoi(argv[5]) : 0;
    if (bench.again > 0)
        connect_all("handshakes again");
    return 0;
}
