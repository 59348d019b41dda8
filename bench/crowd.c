/* A crowd around one server, over the loopback: N observers of one resource that all wait, or N uploads that are begun
 * and never go on; each from an address of its own in 127.0.0.0/8. Then an honest client asks, and the memory of the
 * server is read. Prints one line of JSON. Ends by itself: every loop is bounded.
 *
 *     crowd PORT PID observers|uploads COUNT      of bench/server: "time", "data", "watched"
 */
#include "cli/histogram.h"
#include "process.h"

#include <linnet.h>
#include <string.h>
#include <sys/time.h>

enum {
    BATCH = 64,
    TRIES = 6, /* a batch is sent so often until all of it is answered */
    REQUEST = 1152,
    COUNT_MAX = 4000000,
    FIRST_ADDRESS = (127 << 24) + (64 << 16), /* 127.64.0.0 */
    HONEST = 3000                             /* requests of the honest client */
};

static int descriptor;
static struct sockaddr_in server;
static uint8_t requests[BATCH][REQUEST], answers[BATCH][REQUEST + 64];
static bool answered[BATCH];
static uint32_t accepted;

/* A crowd's request: `number` is its token. Returns its size. */
static size_t build(bool observes, uint32_t number, uint8_t *octets)
{
    static const uint8_t block[1024];
    linnet_writer writer;
    linnet_writer_begin(&writer, octets, REQUEST, LINNET_CON, observes ? LINNET_GET : LINNET_PUT, (uint16_t)number,
                        linnet_view(&number, sizeof number));
    if (observes)
        linnet_writer_option_uint(&writer, LINNET_OPTION_OBSERVE, 0);
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text(observes ? "watched" : "data"));
    if (!observes)
        linnet_writer_option_uint(&writer, LINNET_OPTION_BLOCK1, 8 | 6); /* block 0 of 1024 octets, and more */
    linnet_writer_payload(&writer, linnet_view(block, observes ? 0 : sizeof block));
    return (size_t)linnet_writer_end(&writer);
}

static void send_from(uint32_t address, const uint8_t *octets, size_t size)
{
    uint8_t control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
    struct iovec part = {(void *)(uintptr_t)octets, size};
    struct msghdr message = {.msg_name = &server,
                             .msg_namelen = sizeof server,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct in_pktinfo source = {.ipi_spec_dst.s_addr = htonl(address)};
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof source);
    memcpy(CMSG_DATA(header), &source, sizeof source);
    (void)sendmsg(descriptor, &message, 0);
}

/* Whether the server has taken this one: it observes; it may send the next block. */
static bool is_taken(const linnet_message *answer)
{
    linnet_bytes value;
    return answer->code == LINNET_CONTINUE ||
           (answer->code == LINNET_CONTENT && linnet_option_get(answer->options, LINNET_OPTION_OBSERVE, 0, &value));
}

/* Takes what has come; waits for the first. Returns how many of the batch were answered for the first time. */
static unsigned take_answers(uint32_t first)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec parts[BATCH];
    unsigned fresh = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){answers[i], sizeof answers[i]};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int count = recvmmsg(descriptor, messages, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < count; i++) {
        linnet_message answer;
        uint32_t number;
        if (linnet_message_parse(&answer, linnet_view(answers[i], messages[i].msg_len)) != 0 ||
            answer.token.size != sizeof number)
            continue;
        memcpy(&number, answer.token.data, sizeof number);
        if (number - first >= BATCH || answered[number - first])
            continue;
        answered[number - first] = true;
        accepted += is_taken(&answer);
        fresh++;
    }
    return count < 0 ? BATCH : fresh; /* nothing came for as long as the socket waits */
}

static void send_batch(bool observes, uint32_t first, uint32_t count)
{
    memset(answered, 0, sizeof answered);
    for (unsigned attempt = 0; attempt < TRIES; attempt++) {
        uint32_t open = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (answered[i])
                continue;
            send_from((uint32_t)FIRST_ADDRESS + first + i, requests[i], build(observes, first + i, requests[i]));
            open++;
        }
        for (uint32_t done = 0; done < open;)
            done += take_answers(first);
        if (open == 0)
            return;
    }
}

static void open_socket(uint16_t port)
{
    struct timeval patience = {.tv_usec = 200000};
    descriptor = udp_socket(INADDR_ANY, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

/* What an honest client sees: GET after GET. */
typedef struct honest {
    double p50, p99;
    unsigned lost;
} honest;

static honest ask_honestly(const char *uri)
{
    static histogram times;
    honest found = {0};
    linnet_client *client;
    memset(&times, 0, sizeof times);
    if (linnet_client_open(&client, NULL) != 0)
        give_up("client");
    for (unsigned i = 0; i < HONEST; i++) {
        linnet_response response;
        linnet_client_request request = {.method = LINNET_GET, .uri = uri, .timeout_ms = 1000};
        uint64_t before = nanoseconds(CLOCK_MONOTONIC);
        if (linnet_client_call(client, &request, &response) == 0 && response.message.code == LINNET_CONTENT)
            histogram_add(&times, nanoseconds(CLOCK_MONOTONIC) - before);
        else
            found.lost++;
        linnet_response_clear(&response);
    }
    linnet_client_close(client);
    found.p50 = (double)histogram_percentile(&times, 500) / 1000;
    found.p99 = (double)histogram_percentile(&times, 990) / 1000;
    return found;
}

/* An upload of several blocks, as an honest client makes one; for observers a change that all of them are told of. */
static bool put_honestly(const char *uri, size_t size)
{
    static uint8_t body[16384];
    linnet_client *client;
    linnet_response response;
    linnet_client_request request = {
        .method = LINNET_PUT, .uri = uri, .payload = linnet_view(body, size), .timeout_ms = 5000};
    if (linnet_client_open(&client, NULL) != 0)
        give_up("client");
    int error = linnet_client_call(client, &request, &response);
    bool done = error == 0 && linnet_code_is_success(response.message.code);
    linnet_response_clear(&response);
    linnet_client_close(client);
    return done;
}

int main(int words, char **word)
{
    char get[64], put[64];
    if (words != 5) {
        fputs("usage: crowd PORT PID observers|uploads COUNT\n", stderr);
        return 2;
    }
    uint16_t port = (uint16_t)strtoul(word[1], NULL, 10);
    pid_t process = (pid_t)strtol(word[2], NULL, 10);
    bool observes = strcmp(word[3], "observers") == 0;
    uint32_t count = (uint32_t)strtoul(word[4], NULL, 10);
    count = count < COUNT_MAX ? count : COUNT_MAX;
    snprintf(get, sizeof get, "coap://127.0.0.1:%u/time", (unsigned)port);
    snprintf(put, sizeof put, "coap://127.0.0.1:%u/%s", (unsigned)port, observes ? "watched" : "data");
    open_socket(port);
    honest alone = ask_honestly(get);
    long before = resident_kib(process);
    uint64_t began = nanoseconds(CLOCK_MONOTONIC);
    for (uint32_t first = 0; first < count; first += BATCH)
        send_batch(observes, first, count - first < BATCH ? count - first : BATCH);
    double seconds = (double)(nanoseconds(CLOCK_MONOTONIC) - began) / 1e9;
    long after = resident_kib(process);
    honest crowded = ask_honestly(get);
    bool put_done = put_honestly(put, observes ? 6 : 16384);
    honest busy = ask_honestly(get); /* while the observers are being told */
    printf("{\"crowd\": \"%s\", \"count\": %u, \"accepted\": %u, \"seconds\": %.2f, \"rss_before_kib\": %ld, "
           "\"rss_after_kib\": %ld, \"rss_end_kib\": %ld, \"alone_p50_us\": %.1f, \"alone_p99_us\": %.1f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f, \"after_put_p50_us\": %.1f, \"after_put_p99_us\": %.1f, "
           "\"lost\": %u, \"put\": %s}\n",
           word[3], count, accepted, seconds, before, after, resident_kib(process), alone.p50, alone.p99, crowded.p50,
           crowded.p99, busy.p50, busy.p99, alone.lost + crowded.lost + busy.lost, put_done ? "true" : "false");
    return 0;
}
