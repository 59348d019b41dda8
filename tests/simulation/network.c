/* The network of the simulations: a heap of datagrams in flight, ordered by when they arrive. */
#include "network.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PORT 5683u
#define EXCHANGE_LIFETIME (247 * SECOND)

uint32_t network_random(sim_network *network, uint32_t below)
{
    network->random = network->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(((network->random >> 32) * below) >> 32);
}

static bool happens(sim_network *network, unsigned percent) { return network_random(network, 100) < percent; }

void network_say(const sim_network *network, const char *format, ...)
{
    va_list arguments;

    if (!network->verbose)
        return;
    printf("%10.6f  ", (double)network->now / (double)SECOND);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static bool earlier(const network_flight *a, const network_flight *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void heap_push(sim_network *network, network_flight *flight)
{
    size_t at = network->heap_count++;

    for (; at > 0 && earlier(flight, network->heap[(at - 1) / 2]); at = (at - 1) / 2)
        network->heap[at] = network->heap[(at - 1) / 2];
    network->heap[at] = flight;
}

static network_flight *heap_pop(sim_network *network)
{
    network_flight *first = network->heap[0];
    network_flight *last = network->heap[--network->heap_count];
    size_t at = 0;

    for (size_t child = 1; child < network->heap_count; child = 2 * at + 1) {
        if (child + 1 < network->heap_count && earlier(network->heap[child + 1], network->heap[child]))
            child++;
        if (!earlier(network->heap[child], last))
            break;
        network->heap[at] = network->heap[child];
        at = child;
    }
    network->heap[at] = last;
    return first;
}

/* Puts one copy on its way. */
static void depart(sim_network *network, const network_flight *datagram, uint64_t delay)
{
    network_flight *flight;

    assert_true(network->unused_count > 0); /* else far more is sent than these scenarios can need */
    flight = network->unused[--network->unused_count];
    memcpy(flight, datagram, offsetof(network_flight, octets) + datagram->size);
    flight->due = network->now + delay;
    flight->order = network->orders++;
    heap_push(network, flight);
}

static uint64_t random_delay(sim_network *network)
{
    uint64_t longest = happens(network, network->rules.late_percent) ? network->rules.late : network->rules.delay;

    return 1 + network_random(network, (uint32_t)longest);
}

static uint64_t hash_of(const uint8_t *octets, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    while (size-- > 0)
        hash = (hash ^ *octets++) * UINT64_C(1099511628211);
    return hash;
}

/* A confirmable or non-confirmable message carries an ID of its sender's own. */
static void check_id(sim_network *network, const network_flight *datagram)
{
    uint64_t id = (uint64_t)datagram->octets[2] << 8 | datagram->octets[3];
    uint64_t name = (uint64_t)1 << 60 | (uint64_t)datagram->from << 48 | (uint64_t)datagram->from_port << 32 |
                    (uint64_t)datagram->to << 16 | id;
    uint64_t octets = hash_of(datagram->octets, datagram->size);
    size_t at = (size_t)((name * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % NETWORK_IDS;
    network_id *entry;

    if ((datagram->octets[0] >> 4 & 3u) > LINNET_NON || network->restarted)
        return;
    while (network->ids[at].name && network->ids[at].name != name)
        at = (at + 1) % NETWORK_IDS;
    entry = &network->ids[at];
    if (entry->name && network->now - entry->sent_at <= EXCHANGE_LIFETIME && entry->octets != octets)
        fail_msg("node %u uses message ID 0x%04x again for something else", datagram->from, (unsigned)id);
    if (!entry->name || entry->octets != octets)
        *entry = (network_id){name, network->now, octets};
}

static void say_datagram(const sim_network *network, const network_flight *datagram, const char *fate)
{
    static const char *const types[] = {"CON", "NON", "ACK", "RST"};

    network_say(network, "%u:%u > %u:%u  %s %u.%02u %04x, %zu octets%s", datagram->from, datagram->from_port - PORT,
                datagram->to, datagram->to_port - PORT, types[datagram->octets[0] >> 4 & 3], datagram->octets[1] >> 5,
                datagram->octets[1] & 31u, (unsigned)(datagram->octets[2] << 8 | datagram->octets[3]), datagram->size,
                fate);
}

static void lose(sim_network *network, network_flight *datagram)
{
    say_datagram(network, datagram, " - lost");
    if (!happens(network, network->rules.refuse_percent))
        return;
    datagram->is_report = true;
    depart(network, datagram, random_delay(network));
}

static void send_datagram(void *context, const linnet_path *path, size_t size)
{
    network_node *node = context;
    sim_network *network = node->network;
    network_flight datagram = {.from = node->number, .to = path->peer.ip[15], .size = size};

    assert_in_range(size, 4, NETWORK_DATAGRAM);
    assert_true(datagram.to < network->node_count);
    datagram.from_port = (uint16_t)(PORT + path->socket);
    datagram.to_port = path->peer.port;
    memcpy(datagram.octets, node->slot, size);
    memset(node->slot, 0xee, size);
    node->sent++;
    check_id(network, &datagram);
    if (happens(network, network->rules.drop_percent + network->rules.drop_from[node->number])) {
        lose(network, &datagram);
        return;
    }
    say_datagram(network, &datagram, "");
    depart(network, &datagram, random_delay(network));
    while (happens(network, network->rules.duplicate_percent))
        depart(network, &datagram, random_delay(network));
}

static uint8_t *take_slot(void *context, size_t *capacity)
{
    network_node *node = context;

    *capacity = sizeof node->slot;
    return happens(node->network, node->network->rules.no_slot_percent) ? NULL : node->slot;
}

static void fill_random(void *context, void *out, size_t size)
{
    network_node *node = context;
    uint8_t *at = out;

    while (size-- > 0)
        *at++ = (uint8_t)network_random(node->network, 256);
}

sim_network *network_open(void)
{
    sim_network *network = calloc(1, sizeof *network);

    assert_non_null(network);
    network->flights = malloc(NETWORK_FLIGHTS * sizeof *network->flights);
    assert_non_null(network->flights);
    return network;
}

static void close_nodes(sim_network *network)
{
    for (unsigned i = 0; i < network->node_count; i++)
        free(network->nodes[i].memory);
    network->node_count = 0;
}

void network_close(sim_network *network)
{
    close_nodes(network);
    free(network->flights);
    free(network);
}

void network_reset(sim_network *network, uint64_t seed, const network_rules *rules)
{
    close_nodes(network);
    network->heap_count = 0;
    network->unused_count = NETWORK_FLIGHTS;
    for (size_t i = 0; i < NETWORK_FLIGHTS; i++)
        network->unused[i] = &network->flights[i];
    memset(network->ids, 0, sizeof network->ids);
    network->rules = *rules;
    network->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    network->now = SECOND;
    network->orders = 0;
    network->restarted = false;
}

network_node *network_add(sim_network *network, linnet_endpoint_config config)
{
    network_node *node = &network->nodes[network->node_count];

    assert_true(network->node_count < NETWORK_NODES);
    *node = (network_node){.network = network, .number = network->node_count, .config = config};
    node->memory_size = linnet_endpoint_memory(&config.limits);
    node->memory = calloc(1, node->memory_size);
    assert_non_null(node->memory);
    network->node_count++;
    node->config.port = (linnet_port){node, take_slot, send_datagram, fill_random};
    assert_int_equal(linnet_endpoint_init(&node->endpoint, node->memory, node->memory_size, &node->config), 0);
    return node;
}

void network_restart(network_node *node)
{
    network_say(node->network, "node %u starts again", node->number);
    node->network->restarted = true;
    linnet_endpoint_clear(node->endpoint, LINNET_ECLOSED);
    memset(node->memory, 0, node->memory_size);
    assert_int_equal(linnet_endpoint_init(&node->endpoint, node->memory, node->memory_size, &node->config), 0);
}

static linnet_path path_to(unsigned number, uint16_t port, uint16_t socket)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 10}, .port = port}, .socket = socket};

    path.peer.ip[15] = (uint8_t)number;
    return path;
}

linnet_path network_path(const network_node *node) { return path_to(node->number, PORT, 0); }

uint64_t network_deadline(const sim_network *network)
{
    uint64_t deadline = network->heap_count > 0 ? network->heap[0]->due : UINT64_MAX;

    for (unsigned i = 0; i < network->node_count; i++) {
        const network_node *node = &network->nodes[i];
        uint64_t own = linnet_endpoint_deadline(node->endpoint);
        own = own < node->asleep_until ? node->asleep_until : own;
        deadline = own < deadline ? own : deadline;
    }
    return deadline;
}

static void arrive(sim_network *network, const network_flight *flight)
{
    network_node *node = &network->nodes[flight->is_report ? flight->from : flight->to];
    linnet_bytes datagram = linnet_view(flight->octets, flight->size);
    linnet_path path;

    if (network->now < node->asleep_until)
        return;
    node->received++;
    if (flight->is_report) {
        path = path_to(flight->to, flight->to_port, (uint16_t)(flight->from_port - PORT));
        say_datagram(network, flight, " - refused");
        linnet_endpoint_unreachable(node->endpoint, network->now, &path, datagram, LINNET_EREFUSED);
        return;
    }
    path = path_to(flight->from, flight->from_port, (uint16_t)(flight->to_port - PORT));
    linnet_endpoint_receive(node->endpoint, network->now, &path, datagram);
}

void network_turn(sim_network *network)
{
    while (network->heap_count > 0 && network->heap[0]->due <= network->now) {
        network_flight *flight = heap_pop(network);
        arrive(network, flight);
        network->unused[network->unused_count++] = flight;
    }
    for (unsigned i = 0; i < network->node_count; i++) {
        network_node *node = &network->nodes[i];
        if (node->asleep_until <= network->now && linnet_endpoint_deadline(node->endpoint) <= network->now)
            linnet_endpoint_advance(node->endpoint, network->now);
    }
}
