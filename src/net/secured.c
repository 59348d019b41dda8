#include "net/secured.h"

#include <linnet/error.h>
#include <linnet/loop.h>
#include <stdlib.h>

struct linnet_secured {
    linnet_dtls *dtls;
    linnet_secured_config config;
    void *memory;
    size_t memory_size;
    uint8_t *plain; /* what is being sealed */
};

static void send_datagram(void *context, const linnet_path *way, linnet_bytes datagram)
{
    linnet_loop *loop = context;
    if (datagram.size > loop->outbox.capacity || linnet_loop_loses(loop))
        return;
    if (way->socket >= loop->socket_count) /* of a session whose server listened on more addresses */
        return;
    if (linnet_outbox_full(&loop->outbox))
        linnet_outbox_flush(&loop->outbox, loop->sockets);
    memcpy(linnet_outbox_slot(&loop->outbox), datagram.data, datagram.size);
    linnet_outbox_add(&loop->outbox, way, datagram.size);
}

static void deliver(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    linnet_loop *loop = context;
    if (loop->trace)
        loop->trace(loop->trace_context, false, path, plain);
    if (plain.size <= loop->receive_size)
        linnet_endpoint_receive(loop->endpoint, now, path, plain);
    else
        linnet_endpoint_receive_truncated(loop->endpoint, now, path, linnet_view(plain.data, loop->receive_size));
}

static void connected(void *context, uint64_t now, void *tag, int error, const linnet_path *path)
{
    const linnet_secured_config *config = &((linnet_loop *)context)->secured->config;
    if (config->connected)
        config->connected(config->context, now, tag, error, path);
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    const linnet_secured_config *config = &((linnet_loop *)context)->secured->config;
    if (config->ended)
        config->ended(config->context, now, path, error);
}

static size_t keep(void *context, size_t size)
{
    return linnet_session_file_extend(((linnet_loop *)context)->secured->config.file, size);
}

int linnet_secured_open(linnet_loop *loop, const linnet_secured_config *config)
{
    linnet_dtls_config settings = {.limits = config->limits,
                                   .keyring = config->keyring,
                                   .context = loop,
                                   .send = send_datagram,
                                   .deliver = deliver,
                                   .connected = connected,
                                   .ended = ended,
                                   .keep = keep};
    struct linnet_secured *secured = loop->secured = calloc(1, sizeof *secured);
    if (!secured)
        return LINNET_ENOMEM;
    secured->config = *config;
    if (config->file)
        settings.kept = linnet_session_file_memory(config->file);
    secured->memory_size = linnet_dtls_memory(&config->limits);
    secured->memory = linnet_reserve(secured->memory_size);
    secured->plain = malloc(loop->outbox.capacity);
    if (!secured->memory || !secured->plain)
        return LINNET_ENOMEM;
    int error = linnet_dtls_init(&secured->dtls, secured->memory, secured->memory_size, &settings);
    loop->dtls = secured->dtls;
    return error;
}

linnet_dtls_restored linnet_secured_restore(linnet_loop *loop)
{
    size_t size = linnet_session_file_size(loop->secured->config.file);
    return linnet_dtls_restore(loop->dtls, linnet_clock(), size);
}

void linnet_secured_close(linnet_loop *loop)
{
    struct linnet_secured *secured = loop->secured;
    if (!secured)
        return;
    if (secured->dtls)
        linnet_dtls_clear(secured->dtls);
    linnet_unreserve(secured->memory, secured->memory_size);
    free(secured->plain);
    free(secured);
    loop->secured = NULL;
    loop->dtls = NULL;
}

/* A server's socket has one or the other; a client's has both, told apart by their first octet. */
bool linnet_secured_take(linnet_loop *loop, uint64_t now, const linnet_arrival *arrival, linnet_bytes datagram)
{
    const linnet_socket *socket = &loop->sockets[arrival->path.socket];
    bool is_client = loop->secured->config.keyring == NULL;
    if (!socket->secured && !(is_client && linnet_dtls_is_one(datagram)))
        return false;
    if (!arrival->truncated && !linnet_loop_loses(loop))
        linnet_dtls_receive(loop->dtls, now, &arrival->path, datagram);
    return true;
}

/* Of a session that is no more, the endpoint is told that it could not be reached. */
void linnet_secured_send(linnet_loop *loop, const linnet_path *path, size_t size)
{
    uint8_t *slot = linnet_outbox_slot(&loop->outbox);
    linnet_path way;
    memcpy(loop->secured->plain, slot, size);
    size_t sealed =
        linnet_dtls_seal(loop->dtls, path->peer.session, linnet_view(loop->secured->plain, size), slot, &way);
    if (sealed == 0)
        linnet_outbox_fail(&loop->outbox, path, linnet_view(loop->secured->plain, size));
    else if (!linnet_loop_loses(loop))
        linnet_outbox_add(&loop->outbox, &way, sealed);
    linnet_loop_show(loop, path, linnet_view(loop->secured->plain, size));
}

bool linnet_secured_unreachable(linnet_loop *loop, const linnet_path *way, linnet_bytes front, int error)
{
    if (way->peer.session != 0 || !linnet_dtls_is_one(front))
        return false;
    linnet_dtls_unreachable(loop->dtls, linnet_clock(), way, error);
    return true;
}

linnet_identity linnet_secured_identify(void *context, const linnet_path *path)
{
    const linnet_loop *loop = context;
    return linnet_dtls_identity(loop->dtls, path->peer.session);
}
