/* Making and closing a node, and what its endpoint asks of the platform: slots, sending, random numbers. */
#include "net/node.h"

#include <errno.h>
#include <linnet/error.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t *give_slot(void *context, size_t *capacity)
{
    linnet_node *node = context;
    if (linnet_outbox_full(&node->outbox))
        linnet_outbox_flush(&node->outbox, node->sockets);
    *capacity = node->outbox.capacity;
    return linnet_outbox_slot(&node->outbox);
}

bool linnet_node_loses(linnet_node *node)
{
    uint32_t dice;
    if (node->loss_percent == 0)
        return false;
    linnet_random_fill(&node->random, &dice, sizeof dice);
    return dice % 100 < node->loss_percent;
}

static void send_slot(void *context, const linnet_path *path, size_t size)
{
    linnet_node *node = context;
    if (node->watched) {
        if (linnet_node_loses(node))
            return;
        if (node->trace)
            node->trace(node->trace_context, true, path, linnet_view(linnet_outbox_slot(&node->outbox), size));
    }
    linnet_outbox_add(&node->outbox, path, size);
}

static void give_random(void *context, void *out, size_t size)
{
    linnet_node *node = context;
    linnet_random_fill(&node->random, out, size);
}

void *linnet_reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* One octet touched in a huge page would make 2 MiB of it. */
    madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

void linnet_unreserve(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}

static int open_endpoint(linnet_node *node, const linnet_node_config *config)
{
    linnet_endpoint_config settings = {
        .transmission = config->transmission,
        .limits = config->limits,
        .port = {.context = node, .slot = give_slot, .send = send_slot, .random = give_random},
        .serve = config->serve,
        .serve_context = config->serve_context,
    };
    node->memory_size = linnet_endpoint_memory(&config->limits);
    node->memory = linnet_reserve(node->memory_size);
    if (!node->memory)
        return LINNET_ENOMEM;
    return linnet_endpoint_init(&node->endpoint, node->memory, node->memory_size, &settings);
}

static int watch(linnet_node *node, int descriptor, uint32_t name)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = name};
    return epoll_ctl(node->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : LINNET_ESYSTEM;
}

static int open_descriptors(linnet_node *node, void *owner)
{
    node->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (node->epoll < 0)
        return LINNET_ESYSTEM;
    node->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (node->wake < 0 || watch(node, node->wake, UINT32_MAX) != 0)
        return LINNET_ESYSTEM;
    node->mailbox = linnet_mailbox_create(node->wake, owner);
    return node->mailbox ? 0 : LINNET_ENOMEM;
}

static size_t message_size(const linnet_limits *limits)
{
    return limits->message_size ? limits->message_size : LINNET_MESSAGE_SIZE_DEFAULT;
}

int linnet_node_open(linnet_node *node, const linnet_node_config *config)
{
    size_t size = message_size(&config->limits);
    node->epoll = node->wake = -1;
    node->trace = config->trace;
    node->trace_context = config->trace_context;
    node->loss_percent = config->loss_percent;
    node->watched = node->trace || node->loss_percent > 0;
    node->receive_size = size > LINNET_NET_RECEIVE_SIZE ? size : LINNET_NET_RECEIVE_SIZE;
    int error = open_descriptors(node, config->owner);
    if (error == 0)
        error = linnet_random_init(&node->random);
    if (error == 0)
        error = linnet_inbox_open(&node->inbox);
    if (error == 0)
        error = linnet_outbox_open(&node->outbox, size);
    return error != 0 ? error : open_endpoint(node, config);
}

static void close_descriptor(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}

void linnet_node_close(linnet_node *node, int error)
{
    int number = errno; /* of whatever made an opening fail */
    linnet_mailbox_close(node->mailbox);
    if (node->endpoint)
        linnet_endpoint_clear(node->endpoint, error);
    if (node->outbox.count > 0)
        linnet_outbox_flush(&node->outbox, node->sockets);
    linnet_node_drop_sockets(node, 0);
    free(node->sockets);
    close_descriptor(node->epoll);
    close_descriptor(node->wake);
    linnet_inbox_close(&node->inbox);
    linnet_outbox_close(&node->outbox);
    linnet_unreserve(node->memory, node->memory_size);
    linnet_mailbox_release(node->mailbox);
    errno = number;
}

static int reserve_socket(linnet_node *node)
{
    if (node->socket_count < node->socket_capacity)
        return 0;
    size_t capacity = node->socket_capacity ? node->socket_capacity * 2 : 4;
    linnet_socket *sockets = realloc(node->sockets, capacity * sizeof *sockets);
    if (!sockets)
        return LINNET_ENOMEM;
    node->sockets = sockets;
    node->socket_capacity = capacity;
    return 0;
}

int linnet_node_add_socket(linnet_node *node, const linnet_address *local)
{
    linnet_socket *added;
    int error = node->socket_count < UINT16_MAX ? reserve_socket(node) : LINNET_ENOMEM;
    if (error != 0)
        return error;
    added = &node->sockets[node->socket_count];
    error = linnet_socket_open(added, local);
    if (error != 0)
        return error;
    error = watch(node, added->descriptor, (uint32_t)node->socket_count);
    if (error != 0) {
        linnet_socket_close(added);
        return error;
    }
    return (int)node->socket_count++;
}

void linnet_node_drop_sockets(linnet_node *node, size_t count)
{
    while (node->socket_count > count)
        linnet_socket_close(&node->sockets[--node->socket_count]); /* which also takes it out of the epoll set */
}
