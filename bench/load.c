/* Load for a CoAP server on the loopback: many clients, each with a window of outstanding requests. Prints one line of
 * JSON: requests a second, latency, losses, wrong answers, and the server's CPU time and memory.
 *
 * All clients share one socket and differ by their address in 127.0.0.0/8, which the loopback owns as a whole. So one
 * recvmmsg() takes answers to 64 clients, which makes the load about as cheap as a bare server; and a client that has
 * used its 65,536 message IDs (RFC 7252 4.4: none twice within 247 s) simply moves to an address that was never used.
 */
#include "cli/histogram.h"
#include "load_options.h"
#include "process.h"

#include <errno.h>
#include <inttypes.h>
#include <linnet/message.h>
#include <linnet/option.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>

enum {
    BATCH = 64,
    TRAIN = 32,         /* requests in one UDP_SEGMENT send at most */
    BUFFER = 2048 + 64, /* not a power of two: buffers must not share their cache lines' places */
    TRAIN_BUFFER = 65536 + 64,
    REQUEST = 1152,
    SLOTS_MAX = 16384,
    FIRST_ADDRESS = (127 << 24) + 65536, /* 127.1.0.0 */
    ADDRESSES = (1 << 24) - 131072,
    LOST_AFTER_MS = 500
};

/* One request that may be in flight. Its number and `turn` are the token. */
typedef struct slot {
    uint64_t sent;
    uint32_t address;
    uint32_t client;
    uint16_t message_id;
    uint16_t turn;
    bool open;
} slot;

typedef struct client {
    uint32_t address;
    uint32_t used; /* message IDs at this address */
} client;

static slot slots[SLOTS_MAX];
static client *clients;
static uint32_t slot_count, next_client, next_address;
static uint32_t ready[SLOTS_MAX]; /* slots whose next request is to be sent */
static uint32_t ready_count;
static struct {
    uint64_t sent, answered, lost, wrong;
} seen;
static histogram latency;

static int descriptor;
static struct sockaddr_in server;
static uint8_t *buffers;
static uint8_t requests[BATCH * TRAIN][REQUEST];
static uint8_t control_in[BATCH][128], control_out[BATCH][128];
static struct mmsghdr incoming[BATCH], outgoing[BATCH];
static struct iovec in_parts[BATCH], out_parts[BATCH * TRAIN];
static uint8_t tail[REQUEST]; /* options and payload, the same for all */
static size_t tail_size;

static void *add_control(struct msghdr *header, int level, int type, const void *value, size_t size)
{
    struct cmsghdr *control = (struct cmsghdr *)(void *)((uint8_t *)header->msg_control + header->msg_controllen);
    *control = (struct cmsghdr){.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
    header->msg_controllen += CMSG_SPACE(size);
    return memcpy(CMSG_DATA(control), value, size);
}

static uint32_t new_address(void) { return (uint32_t)FIRST_ADDRESS + next_address++ % (uint32_t)ADDRESSES; }

/* Gives a slot its next client, message ID and token. With as many slots as the windows hold each keeps its client. */
static void renew(slot *which)
{
    if (want.in_turn)
        which->client = next_client++ % want.clients;
    client *own = &clients[which->client];
    if (own->used == 65536)
        *own = (client){.address = new_address()};
    which->address = own->address;
    which->message_id = (uint16_t)own->used++;
    which->turn++;
    which->open = true;
}

static size_t write_request(uint8_t *out, uint32_t number)
{
    const slot *which = &slots[number];
    out[0] = (uint8_t)(0x44 | (want.non ? 0x10 : 0));
    out[1] = want.method;
    out[2] = (uint8_t)(which->message_id >> 8);
    out[3] = (uint8_t)which->message_id;
    uint32_t token = number << 16 | which->turn;
    memcpy(out + 4, &token, sizeof token);
    memcpy(out + 8, tail, tail_size);
    return 8 + tail_size;
}

/* Composes message `place` from the ready slots from `first` on; returns how many it took: several where they are of
 * one client and trains are wanted. */
static uint32_t compose(uint32_t place, uint32_t first, uint64_t now)
{
    uint32_t length = 0;
    uint16_t size = 0;
    struct msghdr *header = &outgoing[place].msg_hdr;
    struct iovec *parts = &out_parts[place * TRAIN];
    do {
        slot *which = &slots[ready[first + length]];
        renew(which);
        which->sent = now;
        uint8_t *out = requests[place * TRAIN + length];
        size = (uint16_t)write_request(out, ready[first + length]);
        parts[length++] = (struct iovec){out, size};
    } while (want.trains && !want.in_turn && length < TRAIN && first + length < ready_count &&
             slots[ready[first + length]].client == slots[ready[first]].client &&
             clients[slots[ready[first]].client].used < 65536);
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(slots[ready[first]].address)};
    *header = (struct msghdr){.msg_name = &server,
                              .msg_namelen = sizeof server,
                              .msg_iov = parts,
                              .msg_iovlen = length,
                              .msg_control = control_out[place]};
    add_control(header, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    if (length > 1)
        add_control(header, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size);
    return length;
}

static void send_ready(void)
{
    uint64_t now = nanoseconds(CLOCK_MONOTONIC);
    for (uint32_t first = 0; first < ready_count;) {
        unsigned count = 0;
        while (count < BATCH && first < ready_count)
            first += compose(count++, first, now);
        for (unsigned at = 0; at < count;) {
            int sent = sendmmsg(descriptor, outgoing + at, count - at, 0);
            if (sent < 0 && errno != ECONNREFUSED && errno != EINTR)
                give_up("sendmmsg");
            at += sent > 0 ? (unsigned)sent : 0;
        }
    }
    seen.sent += ready_count;
    ready_count = 0;
}

/* One answer: piggybacked (or non-confirmable to a non-confirmable request), with the code of success, the token, and
 * to the address that asked. */
static void take_answer(const uint8_t *answer, size_t size, uint32_t to, uint64_t now)
{
    uint32_t token;
    if (size < 8 || (answer[0] & 0xcf) != 0x44) {
        seen.wrong++;
        return;
    }
    memcpy(&token, answer + 4, sizeof token);
    uint32_t number = token >> 16;
    if (number >= slot_count || !slots[number].open || slots[number].turn != (uint16_t)token) {
        seen.wrong++; /* or late */
        return;
    }
    slot *which = &slots[number];
    linnet_code code = want.method == LINNET_GET ? LINNET_CONTENT : LINNET_CHANGED;
    unsigned type = answer[0] >> 4 & 3u, message_id = (unsigned)answer[2] << 8 | answer[3];
    bool matches = want.non ? type <= 1 : type == 2 && message_id == which->message_id;
    if (!matches || to != which->address || answer[1] != code)
        seen.wrong++;
    else
        seen.answered++;
    histogram_add(&latency, now - which->sent);
    which->open = false;
    ready[ready_count++] = number;
}

static void take_message(size_t index, uint64_t now)
{
    struct msghdr *header = &incoming[index].msg_hdr;
    size_t size = incoming[index].msg_len, cut = size;
    uint32_t to = 0;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(control), sizeof info);
            to = ntohl(info.ipi_addr.s_addr);
        } else if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
            int merged;
            memcpy(&merged, CMSG_DATA(control), sizeof merged);
            cut = merged > 0 ? (size_t)merged : size;
        }
    }
    for (size_t at = 0; at < size; at += cut)
        take_answer((const uint8_t *)in_parts[index].iov_base + at, size - at < cut ? size - at : cut, to, now);
}

static void prepare(size_t count)
{
    size_t capacity = want.trains ? TRAIN_BUFFER : BUFFER;
    for (size_t i = 0; i < count; i++) {
        in_parts[i] = (struct iovec){buffers + i * capacity, capacity};
        incoming[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i],
                                              .msg_iovlen = 1,
                                              .msg_control = control_in[i],
                                              .msg_controllen = sizeof control_in[i]};
    }
}

static void receive(void)
{
    int count = recvmmsg(descriptor, incoming, BATCH, MSG_WAITFORONE, NULL);
    uint64_t now = nanoseconds(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++)
        take_message((size_t)i, now);
    prepare(count > 0 ? (size_t)count : 0);
}

/* Slots without an answer for too long count as lost and are used again. */
static void sweep(uint64_t now)
{
    for (uint32_t i = 0; i < slot_count; i++) {
        if (!slots[i].open || now - slots[i].sent < LOST_AFTER_MS * UINT64_C(1000000))
            continue;
        slots[i].open = false;
        seen.lost++;
        ready[ready_count++] = i;
    }
}

/* Asks until the time is over or enough is answered. */
static void run(double seconds, uint64_t enough)
{
    uint64_t now = nanoseconds(CLOCK_MONOTONIC), end = now + (uint64_t)(seconds * 1e9), next_sweep = now;
    while (now < end && (enough == 0 || seen.answered + seen.lost < enough)) {
        send_ready();
        receive();
        now = nanoseconds(CLOCK_MONOTONIC);
        if (now < next_sweep)
            continue;
        sweep(now);
        next_sweep = now + 50000000;
    }
}

static void open_socket(void)
{
    struct timeval patience = {.tv_usec = 50000};
    int on = 1;
    descriptor = udp_socket(INADDR_ANY, 0);
    server = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(want.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (setsockopt(descriptor, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)
        give_up("IP_PKTINFO");
    if (want.trains && setsockopt(descriptor, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0)
        give_up("UDP_GRO");
}

/* Uri-Path and payload. */
static void write_tail(void)
{
    linnet_writer writer;
    static uint8_t payload[REQUEST - 128];
    memset(payload, 'x', sizeof payload);
    linnet_writer_begin_options(&writer, tail, sizeof tail - 8);
    for (const char *at = want.path; *at; at += strspn(at, "/")) {
        size_t size = strcspn(at, "/");
        if (size > 0)
            linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_view(at, size));
        at += size;
    }
    linnet_writer_payload(&writer, linnet_view(payload, want.payload < sizeof payload ? want.payload : sizeof payload));
    if (linnet_writer_end(&writer) < 0)
        give_up("path");
    tail_size = (size_t)linnet_writer_end(&writer);
}

/* read_options() lets neither number be 0. */
static uint32_t client_of_slot(uint32_t slot_number)
{
    uint32_t divisor = want.interleave ? want.clients : want.window;
    if (divisor == 0)
        return 0;
    return want.interleave ? slot_number % divisor : slot_number / divisor;
}

static void prepare_all(void)
{
    uint64_t places = (uint64_t)want.clients * want.window;
    if (want.outstanding > 0 && want.outstanding < places)
        places = want.outstanding;
    slot_count = places < SLOTS_MAX ? (uint32_t)places : SLOTS_MAX;
    want.in_turn = slot_count < (uint64_t)want.clients * want.window;
    next_address = want.first;
    clients = calloc(want.clients, sizeof *clients);
    buffers = malloc((size_t)BATCH * TRAIN_BUFFER);
    if (!clients || !buffers)
        give_up("memory");
    for (uint32_t i = 0; i < want.clients; i++)
        clients[i].address = new_address();
    for (uint32_t i = 0; i < slot_count; i++) {
        slots[i].client = client_of_slot(i);
        ready[ready_count++] = i;
    }
    write_tail();
    open_socket();
    prepare(BATCH);
}

static void report(double seconds, double server_cpu, double own_cpu)
{
    double answered = (double)(seen.answered > 0 ? seen.answered : 1);
    printf("{\"answered\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"wrong\": %" PRIu64 ", \"per_second\": %.0f, ",
           seen.answered, seen.lost, seen.wrong, (double)seen.answered / seconds);
    printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, ", (double)histogram_percentile(&latency, 500) / 1e3,
           (double)histogram_percentile(&latency, 990) / 1e3, (double)histogram_percentile(&latency, 999) / 1e3);
    printf("\"cpu_us\": %.3f, \"busy_percent\": %.0f, \"load_cpu_us\": %.3f, \"rss_kib\": %ld}\n",
           server_cpu / 1e3 / answered, server_cpu / 1e7 / seconds, own_cpu / 1e3 / answered,
           resident_kib(want.process));
}

int main(int count, char **words)
{
    read_options(count, words);
    prepare_all();
    run(want.warm_up, 0);
    memset(&seen, 0, sizeof seen);
    memset(&latency, 0, sizeof latency);
    uint64_t start = nanoseconds(CLOCK_MONOTONIC), cpu = cpu_nanoseconds(want.process);
    uint64_t own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
    run(want.seconds, want.requests);
    own = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - own;
    cpu = cpu_nanoseconds(want.process) - cpu;
    report((double)(nanoseconds(CLOCK_MONOTONIC) - start) / 1e9, (double)cpu, (double)own);
    return seen.answered > 0 ? 0 : 1;
}
