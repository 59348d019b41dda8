/* A client: its sockets, its loop, and what it takes down when it closes. */
#include "net/client.h"

#include "net/address_system.h"

#include <linnet/error.h>
#include <stdlib.h>

linnet_resolver *linnet_resolver_of(void *owner) { return &((linnet_client *)owner)->resolver; }

static int add_socket(linnet_client *client)
{
    int opened = linnet_loop_add_socket(&client->loop, &client->local);
    if (opened >= 0 && client->multicast_hops > 0)
        linnet_socket_set_hops(&client->loop.sockets[opened], client->multicast_hops);
    return opened < 0 ? opened : 0;
}

/* A further source port, because the message IDs of the others are used up (RFC 7252 4.4). */
static int open_socket(void *context, uint16_t number)
{
    linnet_client *client = context;
    return number < client->loop.socket_count ? 0 : add_socket(client);
}

static int add_tunnel_socket(void *context)
{
    linnet_client *client = context;
    uint32_t most = client->tunnels.limits.source_ports ? client->tunnels.limits.source_ports : LINNET_NET_SOURCE_PORTS;
    size_t before = client->loop.socket_count;
    int error = before < most ? add_socket(client) : LINNET_EBUSY;
    return error != 0 ? error : (int)before;
}

static int open_first_socket(linnet_client *client, const char *local)
{
    if (!linnet_address_from_text(&client->local, local ? local : "", 0))
        return LINNET_EADDRESS;
    int error = add_socket(client);
    client->local.port = 0; /* those that follow cannot have the same */
    return error;
}

static void *resize(void *context, void *data, size_t size)
{
    (void)context;
    if (size > 0)
        return realloc(data, size);
    free(data);
    return NULL;
}

static int open_q_block(linnet_client *client, const linnet_client_config *config)
{
    size_t size = linnet_calls_q_block_memory(&config->limits);
    client->q_block = linnet_reserve(size);
    if (!client->q_block)
        return LINNET_ENOMEM;
    client->q_block_size = size;
    return linnet_calls_q_block_init(client->calls, client->q_block, size, &config->q_block);
}

static int open_calls(linnet_client *client, const linnet_client_config *config)
{
    linnet_calls_config settings = {
        .endpoint = client->loop.endpoint,
        .limits = config->limits,
        .transmission = config->transmission,
        .open_socket = open_socket,
        .context = client,
        .memory = {.resize = resize},
    };
    if (config->cache_size > 0) {
        client->cache = linnet_reserve(config->cache_size);
        if (!client->cache)
            return LINNET_ENOMEM;
        client->cache_size = settings.cache_size = config->cache_size;
        settings.cache_memory = client->cache;
    }
    client->calls_size = linnet_calls_memory(&config->limits);
    client->calls_memory = linnet_reserve(client->calls_size);
    if (!client->calls_memory)
        return LINNET_ENOMEM;
    int error = linnet_calls_init(&client->calls, client->calls_memory, client->calls_size, &settings);
    return error == 0 ? open_q_block(client, config) : error;
}

static int open_all(linnet_client *client, const linnet_client_config *config)
{
    linnet_loop_config settings = {
        .transmission = config->transmission,
        .limits = config->limits,
        .trace = config->trace,
        .trace_context = config->trace_context,
        .loss_percent = config->loss_percent,
        .linger_us = config->linger_us,
        .owner = client,
    };
    int error = linnet_loop_open(&client->loop, &settings);
    linnet_resolver_init(&client->resolver, client->loop.mailbox, config->resolve_ms);
    client->multicast_hops = config->multicast_hops;
    client->tunnels.loop = &client->loop;
    client->tunnels.add_socket = add_tunnel_socket;
    client->tunnels.context = client;
    client->tunnels.limits = config->limits;
    int secured = linnet_tunnels_open(&client->tunnels, config->credentials);
    error = error == 0 ? secured : error;
    if (error == 0 && config->multicast_interface &&
        !linnet_interface_from_text(&client->multicast_interface, config->multicast_interface))
        error = LINNET_EADDRESS;
    if (error == 0)
        error = open_first_socket(client, config->local_address);
    if (error != 0)
        return error;
    client->scratch_size = client->loop.slot_size;
    client->scratch = malloc(client->scratch_size);
    return client->scratch ? open_calls(client, config) : LINNET_ENOMEM;
}

int linnet_client_open(linnet_client **opened, const linnet_client_config *config)
{
    static const linnet_client_config defaults;
    *opened = NULL;
    linnet_client *client = calloc(1, sizeof *client);
    if (!client)
        return LINNET_ENOMEM;
    int error = open_all(client, config ? config : &defaults);
    if (error == 0)
        *opened = client;
    else
        linnet_client_close(client);
    return error;
}

void linnet_client_close(linnet_client *client)
{
    if (!client)
        return;
    client->closing = true;
    linnet_resolver_close(&client->resolver, LINNET_ECLOSED);
    linnet_tunnels_stop(&client->tunnels, LINNET_ECLOSED);
    if (client->calls)
        linnet_calls_clear(client->calls, linnet_clock(), LINNET_ECLOSED);
    linnet_loop_close(&client->loop, LINNET_ECLOSED);
    linnet_tunnels_close(&client->tunnels);
    linnet_unreserve(client->calls_memory, client->calls_size);
    linnet_unreserve(client->q_block, client->q_block_size);
    linnet_unreserve(client->cache, client->cache_size);
    linnet_entries_free(client);
    free(client->scratch);
    free(client);
}

size_t linnet_client_pending(const linnet_client *client)
{
    return client->pending + linnet_calls_leaving(client->calls);
}

int linnet_client_descriptor(const linnet_client *client) { return linnet_poller_descriptor(&client->loop.poller); }

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Of what the loop does not know itself. */
static uint64_t own_deadline(const linnet_client *client)
{
    return earlier(linnet_calls_deadline(client->calls), earlier(client->resolver.deadline, client->tunnels.deadline));
}

uint64_t linnet_client_deadline(const linnet_client *client)
{
    return earlier(linnet_loop_deadline(&client->loop), own_deadline(client));
}

static void finish_turn(linnet_client *client)
{
    uint64_t now = own_deadline(client) == UINT64_MAX ? 0 : linnet_clock();
    if (linnet_calls_deadline(client->calls) <= now)
        linnet_calls_advance(client->calls, now);
    linnet_resolver_advance(&client->resolver, now);
    linnet_tunnels_advance(&client->tunnels, now);
    linnet_loop_finish(&client->loop);
}

int linnet_client_turn(linnet_client *client, uint64_t until)
{
    int error = linnet_loop_receive(&client->loop, earlier(until, own_deadline(client)));
    finish_turn(client);
    return error;
}

void linnet_client_flush(linnet_client *client) { linnet_loop_flush(&client->loop); }

bool linnet_client_lingers(linnet_client *client) { return client->pending > 0 && linnet_loop_lingers(&client->loop); }

int linnet_client_linger(linnet_client *client)
{
    int error = linnet_loop_linger(&client->loop, client->pending > 0 ? own_deadline(client) : 0);
    finish_turn(client);
    return error;
}

int linnet_client_process(linnet_client *client) { return linnet_client_turn(client, 0); }

int linnet_client_run(linnet_client *client, uint32_t timeout_ms)
{
    uint64_t end = linnet_clock() + timeout_ms * UINT64_C(1000);
    int error;
    do
        error = linnet_client_turn(client, linnet_client_pending(client) > 0 && timeout_ms > 0 ? end : 0);
    while (error == 0 && !atomic_exchange(&client->stopped, false) && linnet_client_pending(client) > 0 &&
           linnet_clock() < end);
    return error;
}

void linnet_client_stop(linnet_client *client)
{
    atomic_store(&client->stopped, true);
    linnet_loop_wake(&client->loop);
}
