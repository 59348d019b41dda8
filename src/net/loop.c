/* Making and closing a loop, and what its endpoint asks of the platform: slots, sending, random numbers. */
#include "net/loop.h"

#include "engine/hold.h"
#include "net/secured.h"

#include <assert.h>
#include <errno.h>
#include <linnet/error.h>
#include <stdlib.h>

static_assert(LINNET_NET_HANDSHAKE == 0 || LINNET_NET_HANDSHAKE >= LINNET_DTLS_DATAGRAM, "slots hold a handshake");

static uint8_t *give_slot(void *context, size_t *capacity)
{
    linnet_loop *loop = context;
    if (linnet_outbox_full(&loop->outbox))
        linnet_outbox_flush(&loop->outbox, loop->sockets);
    *capacity = loop->slot_size;
    return linnet_outbox_slot(&loop->outbox);
}

bool linnet_loop_loses(linnet_loop *loop)
{
    uint32_t dice;
    if (loop->loss_percent == 0)
        return false;
    linnet_random_fill(&loop->random, &dice, sizeof dice);
    return dice % 100 < loop->loss_percent;
}

void linnet_loop_show(linnet_loop *loop, const linnet_path *path, linnet_bytes datagram)
{
    if (!loop->trace)
        return;
    bool held = linnet_endpoint_hold(loop->endpoint, true);
    loop->trace(loop->trace_context, true, path, datagram);
    linnet_endpoint_hold(loop->endpoint, held);
}

static void send_watched(linnet_loop *loop, const linnet_path *path, size_t size)
{
    linnet_bytes datagram = {linnet_outbox_slot(&loop->outbox), size};
    if (linnet_loop_loses(loop))
        return;
    linnet_outbox_add(&loop->outbox, path, size);
    linnet_loop_show(loop, path, datagram);
}

static void send_slot(void *context, const linnet_path *path, size_t size)
{
    linnet_loop *loop = context;
    if (path->peer.session != 0) {
        linnet_secured_send(loop, path, size);
        return;
    }
    if (loop->watched) {
        send_watched(loop, path, size);
        return;
    }
    linnet_outbox_add(&loop->outbox, path, size);
}

static void give_random(void *context, void *out, size_t size)
{
    linnet_loop *loop = context;
    linnet_random_fill(&loop->random, out, size);
}

static int open_endpoint(linnet_loop *loop, const linnet_loop_config *config)
{
    linnet_endpoint_config settings = {
        .transmission = config->transmission,
        .limits = config->limits,
        .port = {.context = loop, .slot = give_slot, .send = send_slot, .random = give_random},
        .serve = config->serve,
        .explain = config->explain,
        .serve_context = config->serve_context,
    };
    loop->memory_size = linnet_endpoint_memory(&config->limits);
    loop->memory = linnet_reserve(loop->memory_size);
    if (!loop->memory)
        return LINNET_ENOMEM;
    return linnet_endpoint_init(&loop->endpoint, loop->memory, loop->memory_size, &settings);
}

static int open_poller(linnet_loop *loop, void *owner)
{
    int error = linnet_poller_open(&loop->poller);
    if (error != 0)
        return error;
    loop->mailbox = linnet_mailbox_create(&loop->poller, owner);
    return loop->mailbox ? 0 : LINNET_ENOMEM;
}

static size_t message_size(const linnet_limits *limits)
{
    return limits->message_size ? limits->message_size : LINNET_MESSAGE_SIZE_DEFAULT;
}

/* Slots with room for a message, sealed, and for a datagram of a handshake. */
static int open_outbox(linnet_loop *loop, size_t size)
{
    loop->slot_size = (size + 63u) / 64u * 64u + 64u;
    size = loop->slot_size + LINNET_DTLS_OVERHEAD;
    return linnet_outbox_open(&loop->outbox, size > LINNET_NET_HANDSHAKE ? size : LINNET_NET_HANDSHAKE);
}

int linnet_loop_open(linnet_loop *loop, const linnet_loop_config *config)
{
    size_t size = message_size(&config->limits);
    loop->poller = LINNET_POLLER_CLOSED;
    loop->trace = config->trace;
    loop->trace_context = config->trace_context;
    loop->loss_percent = config->loss_percent;
    linnet_patience_init(&loop->patience, config->linger_us, linnet_clock());
    loop->watched = loop->trace || loop->loss_percent > 0;
    loop->receive_size = size > LINNET_NET_RECEIVE_SIZE ? size : LINNET_NET_RECEIVE_SIZE;
    int error = open_poller(loop, config->owner);
    if (error == 0)
        error = linnet_random_init(&loop->random);
    if (error == 0)
        error = linnet_inbox_open(&loop->inbox);
    if (error == 0)
        error = open_outbox(loop, size);
    return error != 0 ? error : open_endpoint(loop, config);
}

void linnet_loop_close(linnet_loop *loop, int error)
{
    int number = errno; /* of whatever made an opening fail */
    linnet_mailbox_close(loop->mailbox);
    if (loop->endpoint)
        linnet_endpoint_clear(loop->endpoint, error);
    linnet_secured_close(loop);
    if (loop->outbox.count > 0)
        linnet_outbox_flush(&loop->outbox, loop->sockets);
    linnet_loop_drop_sockets(loop, 0);
    free(loop->sockets);
    linnet_poller_close(&loop->poller);
    linnet_inbox_close(&loop->inbox);
    linnet_outbox_close(&loop->outbox);
    linnet_unreserve(loop->memory, loop->memory_size);
    linnet_mailbox_release(loop->mailbox);
    errno = number;
}

static int reserve_socket(linnet_loop *loop)
{
    if (loop->socket_count < loop->socket_capacity)
        return 0;
    size_t capacity = loop->socket_capacity ? loop->socket_capacity * 2 : 4;
    linnet_socket *sockets = realloc(loop->sockets, capacity * sizeof *sockets);
    if (!sockets)
        return LINNET_ENOMEM;
    loop->sockets = sockets;
    loop->socket_capacity = capacity;
    return 0;
}

static int add(linnet_loop *loop, const linnet_address *local, int (*open)(linnet_socket *, const linnet_address *))
{
    linnet_socket *added;
    int error = loop->socket_count < UINT16_MAX ? reserve_socket(loop) : LINNET_ENOMEM;
    if (error != 0)
        return error;
    added = &loop->sockets[loop->socket_count];
    error = open(added, local);
    if (error != 0)
        return error;
    error = linnet_poller_add(&loop->poller, added->descriptor, loop->socket_count);
    if (error != 0) {
        linnet_socket_close(added);
        return error;
    }
    return (int)loop->socket_count++;
}

int linnet_loop_add_socket(linnet_loop *loop, const linnet_address *local)
{
    return add(loop, local, linnet_socket_open);
}

int linnet_loop_add_group(linnet_loop *loop, const linnet_address *group, int answers)
{
    int added = add(loop, group, linnet_socket_open_group);
    if (added >= 0)
        loop->sockets[added].answers = (uint16_t)(answers < 0 ? added : answers);
    return added;
}

void linnet_loop_drop_sockets(linnet_loop *loop, size_t count)
{
    while (loop->socket_count > count) {
        linnet_socket *last = &loop->sockets[--loop->socket_count];
        linnet_poller_remove(&loop->poller, last->descriptor);
        linnet_socket_close(last);
    }
}
