/* A platform that does nothing, so that ./dev size measures Linnet alone. The datagram buffer is a device's own. */
#include "port.h"

static uint8_t out[256];
static volatile uint32_t hardware;

uint64_t linnet_port_clock(void) { return hardware; }

size_t linnet_port_receive(linnet_path *path, uint8_t *datagram, size_t capacity, uint64_t deadline)
{
    (void)deadline;
    path->peer.port = (uint16_t)hardware;
    datagram[0] = (uint8_t)hardware;
    return capacity < hardware ? capacity : hardware;
}

uint8_t *linnet_port_slot(void *context, size_t *capacity)
{
    (void)context;
    *capacity = sizeof out;
    return out;
}

void linnet_port_send(void *context, const linnet_path *path, size_t size)
{
    (void)context;
    hardware = path->peer.port + out[size - 1u];
}

void linnet_port_random(void *context, void *numbers, size_t size)
{
    uint8_t *at = numbers;

    (void)context;
    while (size-- > 0)
        *at++ = (uint8_t)hardware;
}
