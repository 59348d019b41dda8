/* Q-Block between the engine and the site: requests with its options take their own way, all others go straight on. */
#include "server/q_block.h"

#include "engine/limits.h"

#include <linnet/error.h>

static void lay_out(linnet_q_block *q, linnet_arena *arena, const linnet_limits *limits)
{
    q->scratch_size = limits->message_size;
    q->scratch = linnet_arena_take(arena, q->scratch_size, 1);
}

size_t linnet_q_block_memory(const linnet_limits *given)
{
    linnet_limits limits = linnet_limits_filled(given);
    linnet_arena arena = {0};
    linnet_q_block q;

    (void)linnet_arena_take(&arena, 1, sizeof q);
    lay_out(&q, &arena, &limits);
    return arena.used;
}

int linnet_q_block_init(linnet_q_block **made, void *memory, size_t size, linnet_endpoint *endpoint,
                        const linnet_q_transmission *settings)
{
    linnet_limits limits = linnet_limits_filled(&endpoint->config.limits);
    linnet_arena arena = {.memory = memory};
    linnet_site *site = endpoint->config.serve_context;
    linnet_q_timing timing;
    linnet_q_block *q;

    *made = NULL;
    if (endpoint->config.serve != linnet_site_serve || !site->transfers || !site->transfers->memory.resize ||
        linnet_q_timing_set(&timing, settings, &endpoint->config.transmission) != 0)
        return LINNET_EINVAL;
    if (size < linnet_q_block_memory(&endpoint->config.limits))
        return LINNET_ENOMEM;
    q = linnet_arena_take(&arena, 1, sizeof *q);
    lay_out(q, &arena, &limits);
    q->endpoint = endpoint;
    q->site = site;
    q->timing = timing;
    q->etag = linnet_random(endpoint);
    site->transfers->wheel = &q->wheel;
    endpoint->q_read = linnet_q_block_read;
    endpoint->q_block = q;
    endpoint->config.serve = linnet_q_serve;
    endpoint->config.serve_context = q;
    *made = q;
    return 0;
}

void linnet_q_serve(void *context, linnet_incoming *incoming)
{
    linnet_q_block *q = context;
    linnet_request_options options;
    linnet_incoming inner;

    if (!incoming->options->q) {
        linnet_site_serve(q->site, incoming);
        return;
    }
    /* 4.8: "Servers MUST ignore multicast requests that contain the Q-Block2 option". */
    if (incoming->path->flags & LINNET_PATH_MULTICAST)
        return;
    options = *incoming->options;
    inner = *incoming;
    inner.message = &q->options.request;
    inner.options = &options;
    if (q->options.has_body)
        linnet_q_body_serve(q, &inner);
    else
        linnet_q_response_serve(q, &inner);
    inner.message = incoming->message;
    inner.options = incoming->options;
    *incoming = inner;
}

uint64_t linnet_q_block_deadline(const linnet_q_block *q) { return linnet_wheel_deadline(&q->wheel); }

void linnet_q_block_advance(linnet_q_block *q, uint64_t now)
{
    linnet_timer *timer;

    q->endpoint->now = now;
    while ((timer = linnet_wheel_expire(&q->wheel, now)) != NULL) {
        linnet_transfer *transfer = LINNET_CONTAINER(timer, linnet_transfer, timer);
        if (transfer->is_burst)
            linnet_q_response_burst(q, now, transfer);
        else
            linnet_q_body_timer(q, now, transfer);
    }
}
