/* What one request costs the core alone, without sockets: nanoseconds of the endpoint with a site behind it, and of the
 * client role. Each line is the best of five rounds, in CPU time; the virtual clock goes on by what a fast server would
 * see. */
#include <linnet/requests.h>
#include <linnet/site.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ROUND 400000u
#define ROUNDS 5u
#define SLOT 1280u

typedef struct core {
    linnet_endpoint *endpoint;
    linnet_requests *requests;
    linnet_site site;
    struct linnet_resource value, handled;
    struct linnet_resource *buckets[16];
    uint64_t now;
    uint64_t random;
    uint8_t slot[SLOT];
    size_t sent; /* octets of the last datagram */
    uint64_t answers;
} core;

static core node;

static uint8_t *slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = SLOT;
    return node.slot;
}

static void send_slot(void *context, const linnet_path *path, size_t size)
{
    (void)context, (void)path;
    node.sent = size;
    node.answers++;
}

static void fill_random(void *context, void *out, size_t size)
{
    uint8_t *at = out;

    (void)context;
    while (size > 0) {
        size_t part = size < sizeof node.random ? size : sizeof node.random;
        node.random = node.random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(at, &node.random, part);
        at += part;
        size -= part;
    }
}

static void handle(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, 0, linnet_text("22.3 C"));
}

static const linnet_resource_config value_config = {
    .stored = true, .writable = true, .value = {(const uint8_t *)"22.3 C", 6}};
static const linnet_resource_config handled_config = {.get = handle, .post = handle};

/* As src/net does it: pages that become real where they are touched. */
static void *zeroed(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        perror("core: mmap");
        exit(1);
    }
    return memory;
}

static void open_node(void)
{
    linnet_endpoint_config config = {.serve = linnet_site_serve, .serve_context = &node.site};
    linnet_requests_config requests = {.endpoint = NULL};
    size_t size = linnet_endpoint_memory(&config.limits);
    static uint8_t value[64];

    config.port = (linnet_port){NULL, slot, send_slot, fill_random};
    node.now = 1000000;
    node.random = 1;
    linnet_site_init(&node.site, node.buckets, 16);
    node.value.value = (linnet_value){.data = value, .capacity = sizeof value};
    if (linnet_site_add(&node.site, &node.value, "temperature", &value_config) != 0 ||
        linnet_site_add(&node.site, &node.handled, "handled", &handled_config) != 0 ||
        linnet_endpoint_init(&node.endpoint, zeroed(size), size, &config) != 0)
        abort();
    requests.endpoint = node.endpoint;
    size = linnet_requests_memory(&requests.limits);
    if (linnet_requests_init(&node.requests, zeroed(size), size, &requests) != 0)
        abort();
}

/* What is measured: `turn` is called with a number that counts up. */
typedef struct bench_case {
    const char *name;
    void (*turn)(const struct bench_case *measurement, uint32_t number);
    const char *path;
    uint64_t step;   /* of the virtual clock, microseconds */
    uint64_t answer; /* sent for each turn; else something is wrong */
    uint32_t peers;
    uint8_t type;
    linnet_code method;
    bool repeated; /* each message ID twice: half of them are duplicates */
} bench_case;

static linnet_path path_of(uint32_t peer)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10}, .port = (uint16_t)(1024 + peer % 50000)}};

    path.peer.ip[14] = (uint8_t)(peer / 50000 >> 8);
    path.peer.ip[15] = (uint8_t)(peer / 50000);
    return path;
}

static void receive(const bench_case *measurement, uint32_t number)
{
    uint32_t request = measurement->repeated ? number / 2 : number;
    linnet_path path = path_of(request % measurement->peers);
    uint32_t id = request / measurement->peers;
    size_t path_size = strlen(measurement->path);
    uint8_t datagram[64] = {(uint8_t)(0x44 | measurement->type << 4),
                            measurement->method,
                            (uint8_t)(id >> 8),
                            (uint8_t)id,
                            't',
                            'o',
                            'k',
                            'n',
                            (uint8_t)(0xb0 | path_size)};

    memcpy(datagram + 9, measurement->path, path_size);
    linnet_endpoint_receive(node.endpoint, node.now, &path, linnet_view(datagram, 9 + path_size));
}

static void receive_ping(const bench_case *measurement, uint32_t number)
{
    linnet_path path = path_of(number % measurement->peers);
    const uint8_t datagram[4] = {0x40, 0, (uint8_t)(number >> 8), (uint8_t)number};

    linnet_endpoint_receive(node.endpoint, node.now, &path, linnet_view(datagram, 4));
}

static void ended(const linnet_response *response, void *context)
{
    (void)context;
    node.answers += response->error == 0;
}

/* A request of ours, and its answer, which is made of it. */
static void ask(const bench_case *measurement, uint32_t number)
{
    linnet_path path = path_of(number % measurement->peers);
    linnet_outgoing outgoing = {.code = measurement->method, .type = (linnet_type)measurement->type, .done = ended};

    outgoing.options = linnet_view("\xbbtemperature", 12);
    if (linnet_requests_send(node.requests, node.now, &path, &outgoing, NULL) != 0)
        abort();
    if (measurement->type == LINNET_CON)
        node.slot[0] |= LINNET_ACK << 4;
    node.slot[1] = LINNET_CONTENT;
    linnet_endpoint_receive(node.endpoint, node.now, &path, linnet_view(node.slot, 12));
}

static uint64_t nanoseconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void measure(const bench_case *measurement)
{
    double best = 0;
    uint32_t number = 0;

    node.answers = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t start = nanoseconds();
        for (unsigned i = 0; i < ROUND; i++, number++) {
            measurement->turn(measurement, number);
            node.now += measurement->step;
        }
        double each = (double)(nanoseconds() - start) / ROUND;
        if (round == 0 || each < best)
            best = each;
    }
    printf("%-44s %8u %8.0f%s\n", measurement->name, measurement->peers, best,
           node.answers == measurement->answer * number ? "" : "   not every request was answered");
    node.now += 1000000000; /* all is forgotten */
    if (linnet_endpoint_deadline(node.endpoint) <= node.now)
        linnet_endpoint_advance(node.endpoint, node.now);
}

/* core [WORD]: all of them, or those whose name holds the word. */
int main(int argc, char **argv)
{
    static const bench_case measurements[] = {
        {"GET of a stored value, CON", receive, "temperature", 4000, 1, 1, LINNET_CON, LINNET_GET, false},
        {"GET of a stored value, CON", receive, "temperature", 5, 1, 1000, LINNET_CON, LINNET_GET, false},
        {"GET of a stored value, CON", receive, "temperature", 2, 1, 1000000, LINNET_CON, LINNET_GET, false},
        {"GET of a stored value, NON", receive, "temperature", 5, 1, 1000, LINNET_NON, LINNET_GET, false},
        {"GET with a handler, CON", receive, "handled", 5, 1, 1000, LINNET_CON, LINNET_GET, false},
        {"POST with a handler, CON", receive, "handled", 300, 1, 1000, LINNET_CON, LINNET_POST, false},
        {"POST with a handler, CON", receive, "handled", 300, 1, 1000000, LINNET_CON, LINNET_POST, false},
        {"GET, each twice: half are duplicates", receive, "temperature", 5, 1, 1000, LINNET_CON, LINNET_GET, true},
        {"GET of what is not there, CON", receive, "nothing", 5, 1, 1000, LINNET_CON, LINNET_GET, false},
        {"ping", receive_ping, "", 5, 1, 1000, LINNET_CON, LINNET_EMPTY, false},
        {"client: CON GET and its answer", ask, "", 4500, 2, 1, LINNET_CON, LINNET_GET, false},
        {"client: CON GET and its answer", ask, "", 50, 2, 1000, LINNET_CON, LINNET_GET, false},
        {"client: CON GET and its answer", ask, "", 10, 2, 60000, LINNET_CON, LINNET_GET, false},
    };

    open_node();
    printf("%-44s %8s %8s\n", "", "peers", "ns each");
    for (size_t i = 0; i < sizeof measurements / sizeof measurements[0]; i++)
        if (argc < 2 || strstr(measurements[i].name, argv[1]))
            measure(&measurements[i]);
    return 0;
}
