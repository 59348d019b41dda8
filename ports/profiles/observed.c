/* A sensor that is observed (RFC 7641): one resource and up to four observers, else as the device in server.c. */
#include "port.h"

#include <linnet/site.h>

static void get_temperature(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "22.3 C");
}

static const linnet_resource_config temperature_config = {.get = get_temperature, .observable = true};

static linnet_site site;
static struct linnet_resource temperature, *buckets[4];
static uint8_t memory[4096] __attribute__((aligned(8)));
static uint8_t observers_memory[2048] __attribute__((aligned(8)));
static uint8_t in[256];

static void serve(linnet_endpoint *endpoint)
{
    for (;;) {
        linnet_path path = {0};
        size_t size = linnet_port_receive(&path, in, sizeof in, linnet_endpoint_deadline(endpoint));
        if (size > 0)
            linnet_endpoint_receive(endpoint, linnet_port_clock(), &path, linnet_view(in, size));
        else
            linnet_resource_changed(&temperature); /* it was time to measure again */
        linnet_endpoint_advance(endpoint, linnet_port_clock());
    }
}

int main(void)
{
    static const linnet_endpoint_config config = {
        .limits = {.exchanges = 4,
                   .answer_log_size = 1024,
                   .answer_log_index = 16,
                   .executed_requests = 32,
                   .message_id_spaces = 2,
                   .message_size = 128,
                   .observers = 4,
                   .observed = 1},
        .port = {.slot = linnet_port_slot, .send = linnet_port_send, .random = linnet_port_random},
        .serve = linnet_site_serve,
        .serve_context = &site,
    };
    linnet_endpoint *endpoint;
    linnet_observers *observers;

    linnet_site_init(&site, buckets, 4);
    linnet_site_add(&site, &temperature, "temperature", &temperature_config);
    if (linnet_endpoint_init(&endpoint, memory, sizeof memory, &config) != 0 ||
        linnet_observers_init(&observers, observers_memory, sizeof observers_memory, endpoint) != 0)
        return 1;
    serve(endpoint);
}
