/*
 * What the nodes of a simulation do, and what must hold whatever the network does: clients send requests of all
 * methods, servers answer at once or later, and each request carries its number, so that
 *
 *  - every request ends exactly once, with its own answer or an error;
 *  - no request runs twice (where the server's memory is too small for its traffic: no POST and no PATCH);
 *  - what was refused with 5.03 has not run;
 *  - an answer is one of the server that was asked, and what was answered has run;
 *  - at the end nothing is left: no exchange, no timer, no queued request;
 *  - work is bounded: no node sends more than its own messages five times and one for each that it receives.
 */
#ifndef SIMULATION_TRAFFIC_H
#define SIMULATION_TRAFFIC_H

#include "network.h"

#include <linnet/requests.h>
#include <linnet/site.h>

#define TRAFFIC_REQUESTS 32u
#define TRAFFIC_DEFERRED 64u

typedef struct traffic_rules {
    const char *name;
    network_rules network;
    unsigned clients;
    unsigned servers;
    unsigned requests;
    uint64_t duration;        /* over which the requests begin */
    unsigned cancel_percent;  /* share of requests that are cancelled at some time */
    unsigned sleep_percent;   /* how often, when a request begins, some node sleeps for a while */
    unsigned restart_percent; /* how often then some node forgets all; servers may then run anything again */
    unsigned large_percent;   /* share of answers of some hundred octets */
    uint32_t nstart;
    bool both_roles; /* each client is one of the servers too, and asks another */
    bool forgetful;  /* the servers' memory is too small: GET, PUT, DELETE may run again */
    bool may_refuse; /* 5.03 and LINNET_EBUSY are expected */
    linnet_limits client_limits;
    linnet_limits server_limits;
} traffic_rules;

typedef struct traffic_request {
    struct sim_traffic *traffic;
    uint32_t number;
    unsigned client, server;
    linnet_code method;
    linnet_type type;
    bool later; /* asks for an answer that comes later */
    bool sent;
    uint64_t begins;
    uint64_t cancels; /* UINT64_MAX: never */
    linnet_exchange exchange;
    unsigned endings;
    unsigned runs;
    bool answered;
    bool refused; /* with 5.03 */
} traffic_request;

typedef struct traffic_client {
    network_node *node;
    linnet_requests *requests;
    void *memory;
    size_t memory_size;
} traffic_client;

typedef struct traffic_server {
    struct sim_traffic *traffic;
    network_node *node;
    linnet_site site;
    struct linnet_resource *buckets[2];
    struct linnet_resource now, later;
    linnet_resource_config now_config, later_config;
} traffic_server;

typedef struct traffic_deferred {
    uint64_t due;
    unsigned server;
    uint32_t number;
    linnet_exchange exchange;
} traffic_deferred;

typedef struct sim_traffic {
    sim_network *network;
    const traffic_rules *rules;
    traffic_server servers[NETWORK_NODES];
    traffic_client clients[NETWORK_NODES];
    traffic_request requests[TRAFFIC_REQUESTS];
    traffic_deferred deferred[TRAFFIC_DEFERRED];
    size_t deferred_count;
    unsigned confirmable, answered; /* of all seeds */
} sim_traffic;

/* Runs one seed from the first request until nothing is left to happen, and checks it all. */
void traffic_run(sim_traffic *traffic, const traffic_rules *rules, uint64_t seed);

/* Runs as many seeds as LINNET_SEEDS says (else `count`) from LINNET_SEED on (else 1); LINNET_SEED alone runs that one
 * and shows what happens. LINNET_SCENARIO runs only the scenario of that name. */
void traffic_run_seeds(const traffic_rules *rules, unsigned count);
/* For cmocka, after each test: says which seed failed. */
int traffic_teardown(void **state);

#endif
