/* The core without the rest of Linnet, as on a microcontroller: static memory, no heap, your own driver. Here a plain
 * UDP socket stands for the driver. */
#define _DEFAULT_SOURCE /* clock_gettime(), getrandom() */
#include <arpa/inet.h>
#include <linnet/site.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>

static int driver; /* the socket */
static uint8_t in[256], out[256];

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static uint8_t *slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = sizeof out;
    return out;
}

static void transmit(void *context, const linnet_path *path, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(path->peer.port)};

    (void)context;
    memcpy(&to.sin_addr, path->peer.ip + 12, 4);
    if (sendto(driver, out, size, 0, (struct sockaddr *)&to, sizeof to) < 0)
        perror("sendto"); /* to the protocol it is a lost datagram */
}

static void entropy(void *context, void *numbers, size_t size)
{
    (void)context;
    if (getrandom(numbers, size, 0) != (ssize_t)size)
        abort();
}

static void get_temperature(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "22.3 C");
}

/* What cannot change stays in flash; what can is static. */
static const linnet_resource_config temperature_config = {.get = get_temperature, .resource_type = "temperature"};
static linnet_resource temperature, *buckets[4];
static linnet_site site;
static uint8_t memory[6144] __attribute__((aligned(8)));

static const linnet_endpoint_config config = {
    .limits = {.exchanges = 4,
               .answer_log_size = 1024,
               .answer_log_index = 16,
               .executed_requests = 32,
               .message_id_spaces = 2,
               .message_size = 128},
    .port = {.slot = slot, .send = transmit, .random = entropy},
    .serve = linnet_site_serve,
    .serve_context = &site,
};

int main(int argc, char **argv)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 5683))};
    linnet_endpoint *endpoint;

    driver = socket(AF_INET, SOCK_DGRAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &from.sin_addr);
    if (driver < 0 || bind(driver, (struct sockaddr *)&from, sizeof from) != 0)
        return 1;
    linnet_site_init(&site, buckets, 4);
    linnet_site_add(&site, &temperature, "temperature", &temperature_config);
    if (linnet_endpoint_init(&endpoint, memory, sizeof memory, &config) != 0)
        return 1;
    for (;;) {
        linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}};
        socklen_t length = sizeof from;
        ssize_t size = recvfrom(driver, in, sizeof in, 0, (struct sockaddr *)&from, &length);
        if (size < 0)
            return 1;
        memcpy(path.peer.ip + 12, &from.sin_addr, 4);
        path.peer.port = ntohs(from.sin_port);
        linnet_endpoint_receive(endpoint, clock_us(), &path, linnet_view(in, (size_t)size));
        linnet_endpoint_advance(endpoint, clock_us());
    }
}
