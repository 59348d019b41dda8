/*
 * A network that loses, repeats, delays and reorders datagrams, in virtual time and from one seed: what happened once
 * happens again. Nodes are endpoints; what they do is not the network's business (see traffic.h).
 *
 * It checks one rule of its own: a message ID goes out again towards the same peer within EXCHANGE_LIFETIME only with
 * the same octets (RFC 7252 4.2, 4.4).
 */
#ifndef SIMULATION_NETWORK_H
#define SIMULATION_NETWORK_H

#include <linnet/endpoint.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)

#define NETWORK_NODES 6u
#define NETWORK_FLIGHTS 1024u
#define NETWORK_IDS 8192u
#define NETWORK_DATAGRAM 1200u

typedef struct network_rules {
    unsigned drop_percent;
    unsigned drop_from[NETWORK_NODES]; /* of what a node sends, besides: so that the directions differ */
    unsigned duplicate_percent;
    unsigned late_percent;    /* share with a delay up to `late`; the others have one up to `delay` */
    unsigned refuse_percent;  /* share of the dropped that the sender is told of (ICMP) */
    unsigned no_slot_percent; /* how often a node has no slot to send from */
    uint64_t delay;
    uint64_t late;
} network_rules;

/* A datagram on its way, or the report that it did not arrive. */
typedef struct network_flight {
    uint64_t due;
    uint64_t order; /* of two that are due at once the earlier goes first */
    unsigned from, to;
    uint16_t from_port, to_port;
    bool is_report;
    size_t size;
    uint8_t octets[NETWORK_DATAGRAM];
} network_flight;

typedef struct network_node {
    struct sim_network *network;
    linnet_endpoint *endpoint;
    linnet_endpoint_config config;
    void *memory;
    size_t memory_size;
    uint64_t asleep_until; /* meanwhile nothing is received and no timer runs */
    unsigned number;
    size_t sent;
    size_t received;
    uint8_t slot[NETWORK_DATAGRAM];
} network_node;

/* A message ID that went out. */
typedef struct network_id {
    uint64_t name; /* sender, its port, receiver, ID; 0: none */
    uint64_t sent_at;
    uint64_t octets; /* a hash */
} network_id;

typedef struct sim_network {
    network_rules rules;
    uint64_t random;
    uint64_t now;
    uint64_t orders;
    bool verbose;
    bool restarted; /* a node that forgot which message IDs it used may repeat them */
    network_node nodes[NETWORK_NODES];
    unsigned node_count;
    network_flight *flights;
    network_flight *heap[NETWORK_FLIGHTS]; /* the next one first */
    network_flight *unused[NETWORK_FLIGHTS];
    size_t heap_count, unused_count;
    network_id ids[NETWORK_IDS];
} sim_network;

/* Makes an empty network; free() it with network_close(). */
sim_network *network_open(void);
void network_close(sim_network *network);
/* Takes everything back to the start. */
void network_reset(sim_network *network, uint64_t seed, const network_rules *rules);

/* Adds a node with an endpoint; `config.port` is filled in here. */
network_node *network_add(sim_network *network, linnet_endpoint_config config);

/* The node forgets all, as when its power fails: its requests end with LINNET_ECLOSED. */
void network_restart(network_node *node);

/* A number from 0 to below - 1. */
uint32_t network_random(sim_network *network, uint32_t below);

/* Where a node is reached: the peer of a path from anywhere. */
linnet_path network_path(const network_node *node);

/* When the next thing happens, at the latest: an arrival or a timer of an endpoint. UINT64_MAX: nothing ever. */
uint64_t network_deadline(const sim_network *network);
/* Lets everything happen that is due at network->now. */
void network_turn(sim_network *network);

/* With network->verbose, says what happens, after the time. */
void network_say(const sim_network *network, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
