/* A million observers of one resource, at the protocol core without sockets: what one costs in memory while it waits,
 * and what it costs to tell all of them. Prints one line of JSON.
 *
 *     observers [COUNT]
 */
#include <inttypes.h>
#include <linnet/loop.h>
#include <linnet/site.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PORTS = 60000, FIRST_PORT = 1024, ROUNDS = 3 };

static uint8_t slot[1500];
static size_t sent;
static unsigned built;
static uint64_t random_state = 42;

static uint8_t *give_slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = sizeof slot;
    return slot;
}

static void count_sent(void *context, const linnet_path *path, size_t size)
{
    (void)context, (void)path, (void)size;
    sent++;
}

static void give_random(void *context, void *out, size_t size)
{
    (void)context;
    for (uint8_t *at = out; size-- > 0; at++) {
        random_state = random_state * UINT64_C(6364136223846793005) + 1;
        *at = (uint8_t)(random_state >> 56);
    }
}

static void get_temperature(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    built++;
    linnet_reply_text(reply, "22.3 C");
}

static void *reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        exit(EXIT_FAILURE);
    madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

static uint64_t resident(void)
{
    unsigned long all = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%lu %lu", &all, &pages) != 2)
        exit(EXIT_FAILURE);
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* A GET with Observe 0 to /temp, each from a port of its own, and more than 60,000 from further addresses. */
static void register_all(linnet_endpoint *endpoint, uint64_t now, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 10, (uint8_t)(i / PORTS), 0, 1}}};
        uint8_t octets[] = {0x44, 1, 0, 0, 0, 0, 0, 0, 0x60, 0x54, 't', 'e', 'm', 'p'};
        for (unsigned digit = 0; digit < 4; digit++)
            octets[4 + digit] = (uint8_t)(i >> 8 * digit);
        path.peer.port = (uint16_t)(FIRST_PORT + i % PORTS);
        linnet_endpoint_receive(endpoint, now, &path, linnet_view(octets, sizeof octets));
    }
}

/* Microseconds to tell all; *longest is the longest that one call took. */
static uint64_t tell_all(linnet_endpoint *endpoint, uint64_t now, uint64_t *longest)
{
    uint64_t begin = linnet_clock();
    while (linnet_endpoint_deadline(endpoint) <= now) {
        uint64_t before = linnet_clock();
        linnet_endpoint_advance(endpoint, now);
        before = linnet_clock() - before;
        *longest = before > *longest ? before : *longest;
    }
    return linnet_clock() - begin;
}

int main(int argc, char **argv)
{
    static const linnet_resource_config config = {.get = get_temperature, .observable = true, .confirm_every = 1000000};
    static struct linnet_resource resource, *buckets[4];
    static linnet_site site;
    uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    linnet_endpoint_config settings = {
        .limits = {.answer_log_size = 1 << 20, .answer_log_index = 1 << 14, .observers = count},
        .transmission = {.notify_interval_ms = LINNET_ANY_RATE}, /* here no time passes between changes */
        .port = {.slot = give_slot, .send = count_sent, .random = give_random},
        .serve = linnet_site_serve,
        .serve_context = &site};
    size_t size = linnet_endpoint_memory(&settings.limits), table_size = linnet_observers_memory(&settings.limits);
    uint64_t now = 3600000000, before, registered, told[ROUNDS], longest = 0;
    linnet_endpoint *endpoint;
    linnet_observers *observers;

    linnet_site_init(&site, buckets, 4);
    if (linnet_site_add(&site, &resource, "temp", &config) != 0 ||
        linnet_endpoint_init(&endpoint, reserve(size), size, &settings) != 0 ||
        linnet_observers_init(&observers, reserve(table_size), table_size, endpoint) != 0)
        return EXIT_FAILURE;
    before = resident();
    registered = linnet_clock();
    register_all(endpoint, now, count);
    registered = linnet_clock() - registered;
    uint64_t waiting = resident() - before;
    built = 0;
    sent = 0;
    for (size_t i = 0; i < ROUNDS; i++) {
        linnet_resource_changed(&resource);
        told[i] = tell_all(endpoint, now, &longest);
    }
    printf("{\"observers\": %zu, \"octets_each_waiting\": %.1f, \"octets_each_told\": %.1f, \"register_ns\": %.0f, "
           "\"notify_ns\": %.0f, \"longest_call_us\": %" PRIu64 ", \"built\": %u, \"sent\": %zu}\n",
           linnet_observers_count(observers), (double)waiting / count, (double)(resident() - before) / count,
           (double)registered * 1000 / count, (double)told[ROUNDS - 1] * 1000 / count, longest, built, sent);
    return EXIT_SUCCESS;
}
