/* The memory of a server's block-wise transfers: the bodies live in memory of malloc(). */
#include "net/server.h"

#include <linnet/error.h>
#include <stdlib.h>

static void *resize(void *context, void *data, size_t size)
{
    (void)context;
    if (size > 0)
        return realloc(data, size);
    free(data);
    return NULL;
}

static void give_random(void *context, void *out, size_t size) { linnet_random_fill(context, out, size); }

int linnet_server_open_transfers(linnet_server *server, const linnet_server_config *config)
{
    linnet_transfers_config settings = {
        .transmission = config->transmission,
        .limits = config->limits,
        .memory = {.resize = resize},
        .random = give_random,
        .random_context = &server->loop.random,
    };
    server->transfers_size = linnet_transfers_memory(&config->limits);
    server->transfers_memory = linnet_reserve(server->transfers_size);
    if (!server->transfers_memory)
        return LINNET_ENOMEM;
    return linnet_transfers_init(&server->site.transfers, server->transfers_memory, server->transfers_size, &settings);
}

void linnet_server_close_transfers(linnet_server *server)
{
    if (server->site.transfers)
        linnet_transfers_clear(server->site.transfers);
    linnet_unreserve(server->transfers_memory, server->transfers_size);
}
