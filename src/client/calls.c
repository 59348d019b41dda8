/* Calls: their memory, their ids, and how each ends exactly once. */
#include "client/call.h"
#include "engine/limits.h"

#include <linnet/error.h>

static void lay_out(linnet_calls *calls, linnet_arena *arena, const linnet_limits *limits)
{
    void *memory = linnet_arena_take(arena, limits->exchanges, sizeof(linnet_call_state));

    linnet_pool_init(&calls->pool, memory, sizeof(linnet_call_state), limits->exchanges);
    calls->options_size = limits->message_size;
    calls->options = linnet_arena_take(arena, calls->options_size, 1);
    calls->block = linnet_arena_take(arena, LINNET_BLOCK_MAX + 1u, 1);
    calls->busy.count = limits->put_off;
    calls->busy.slots = linnet_arena_take(arena, limits->put_off, sizeof(linnet_put_off));
}

size_t linnet_calls_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_calls calls;

    (void)linnet_arena_take(&arena, 1, sizeof calls);
    lay_out(&calls, &arena, &filled);
    (void)linnet_arena_take(&arena, linnet_requests_memory(limits), 1);
    return arena.used;
}

int linnet_calls_init(linnet_calls **made, void *memory, size_t size, const linnet_calls_config *config)
{
    linnet_limits limits = linnet_limits_filled(&config->limits);
    size_t requests_size = linnet_requests_memory(&config->limits);
    linnet_arena arena = {.memory = memory};
    linnet_requests_config requests = {
        .endpoint = config->endpoint,
        .limits = config->limits,
        .transmission = config->transmission,
        .open_socket = config->open_socket,
        .context = config->context,
    };
    linnet_calls *calls;
    int error;

    *made = NULL;
    if (size < linnet_calls_memory(&config->limits))
        return LINNET_ENOMEM;
    calls = linnet_arena_take(&arena, 1, sizeof *calls);
    lay_out(calls, &arena, &limits);
    calls->body_restarts = limits.body_restarts;
    calls->config = *config;
    if (config->cache_memory)
        linnet_cache_init(&calls->cache, config->cache_memory, config->cache_size);
    error =
        linnet_requests_init(&calls->requests, linnet_arena_take(&arena, requests_size, 1), requests_size, &requests);
    if (error == 0)
        *made = calls;
    return error;
}

linnet_call linnet_call_id(const linnet_call_state *call)
{
    return (linnet_call)call->generation << 32 | (call->index + 1u);
}

linnet_call_state *linnet_call_find(const linnet_calls *calls, linnet_call id)
{
    uint32_t index = (uint32_t)id - 1u; /* id 0 becomes the largest number */
    linnet_call_state *call;

    if (index >= calls->pool.touched)
        return NULL;
    call = (linnet_call_state *)(void *)(calls->pool.memory + index * calls->pool.item_size);
    if (call->phase == LINNET_CALL_FREE || call->phase == LINNET_CALL_LEAVING ||
        call->generation != (uint32_t)(id >> 32))
        return NULL;
    return call;
}

linnet_call_state *linnet_call_take(linnet_calls *calls, const linnet_path *path)
{
    linnet_call_state *call = linnet_pool_take(&calls->pool);
    uint32_t generation;

    if (!call)
        return NULL;
    generation = call->generation + 1u;
    memset(call, 0, offsetof(linnet_call_state, octets));
    call->generation = generation ? generation : 1u;
    call->index = (uint32_t)(((uint8_t *)call - calls->pool.memory) / (ptrdiff_t)calls->pool.item_size);
    call->calls = calls;
    call->path = *path;
    call->legs[0].call = call;
    call->legs[1].call = call;
    call->current = &call->legs[0];
    call->phase = LINNET_CALL_ASKING;
    call->first = true;
    return call;
}

void linnet_call_give(linnet_call_state *call)
{
    linnet_calls *calls = call->calls;

    linnet_wheel_stop(&calls->wheel, &call->timer);
    if (call->q)
        calls->q_calling->release(call);
    linnet_call_leave_group(call);
    linnet_body_clear(&call->body, &calls->config.memory);
    if (call->own)
        (void)calls->config.memory.resize(calls->config.memory.context, call->own, 0);
    if (calls->untagged == call)
        calls->untagged = NULL;
    if (call->phase == LINNET_CALL_LEAVING)
        calls->leaving--;
    call->phase = LINNET_CALL_FREE;
    linnet_pool_give(&calls->pool, call);
}

int linnet_calls_send(linnet_calls *calls, uint64_t now, const linnet_path *path, const linnet_call_request *request,
                      linnet_call *id)
{
    linnet_call_state *call;
    int error;

    if (calls->cleared)
        return LINNET_ECLOSED;
    calls->config.endpoint->now = now;
    call = linnet_call_take(calls, path);
    if (!call)
        return LINNET_EBUSY;
    error = linnet_call_copy(call, request);
    if (error == 0)
        linnet_call_fit_token(call);
    if (error == 0 && !linnet_call_look_up(call) && !linnet_call_hold_back(call))
        error = call->request.q_block && calls->q && !request->no_response ? calls->q_calling->start(call)
                                                                           : linnet_call_send(call);
    if (error != 0)
        linnet_call_give(call);
    else if (id)
        *id = linnet_call_id(call);
    return error;
}

void linnet_leg_stop(linnet_leg *leg)
{
    linnet_exchange exchange = leg->exchange;

    leg->exchange = 0; /* so that its last words are not listened to */
    if (exchange != 0)
        (void)linnet_requests_cancel(leg->call->calls->requests, exchange, LINNET_ECANCELLED);
}

/* The user is done with the call. What it had of the server has still to be given back, if there is an observation. */
static void leave_or_give(linnet_call_state *call)
{
    linnet_calls *calls = call->calls;
    bool is_observed = call->observing != NULL;

    call->phase = LINNET_CALL_LEAVING; /* first, so that nobody finds it from here on */
    calls->leaving++;
    linnet_wheel_stop(&calls->wheel, &call->timer);
    linnet_leg_stop(&call->legs[0]);
    linnet_leg_stop(&call->legs[1]);
    linnet_call_drop_members(call);
    call->observing = NULL;
    if (!is_observed || linnet_call_send_farewell(call) != 0)
        linnet_call_give(call);
}

void linnet_call_end(linnet_call_state *call, const linnet_response *response)
{
    linnet_calls *calls = call->calls;
    linnet_response_handler *on_response = call->request.on_response;
    void *context = call->request.context;
    linnet_body body = call->body; /* `response` may point there */
    linnet_response last = *response;

    call->body = (linnet_body){0};
    last.more = false;
    linnet_call_spoil(call, response);
    leave_or_give(call);
    on_response(&last, context);
    linnet_body_clear(&body, &calls->config.memory);
}

void linnet_call_fail(linnet_call_state *call, int error)
{
    uint64_t now = linnet_call_now(call);
    linnet_response response = {.error = error, .path = call->path, .retransmissions = call->retransmissions};

    response.round_trip_us = call->started && now > call->started ? now - call->started : 0;
    response.message.code = call->last_code;
    linnet_call_end(call, &response);
}

int linnet_calls_cancel(linnet_calls *calls, uint64_t now, linnet_call id, int error)
{
    linnet_call_state *call = linnet_call_find(calls, id);

    if (!call)
        return LINNET_ENOENT;
    calls->config.endpoint->now = now;
    linnet_call_fail(call, error);
    return 0;
}

void linnet_calls_clear(linnet_calls *calls, uint64_t now, int error)
{
    calls->cleared = true;
    linnet_requests_hold(calls->requests);
    calls->config.endpoint->now = now;
    for (uint32_t i = 0; i < calls->pool.touched; i++) {
        linnet_call_state *call = (linnet_call_state *)(void *)(calls->pool.memory + i * calls->pool.item_size);
        if (call->phase == LINNET_CALL_LEAVING) {
            linnet_leg_stop(call->current);
            linnet_call_give(call);
        } else if (call->phase != LINNET_CALL_FREE) {
            linnet_call_fail(call, error);
        }
    }
}

size_t linnet_calls_pending(const linnet_calls *calls) { return calls->pool.in_use - calls->leaving; }

size_t linnet_calls_leaving(const linnet_calls *calls) { return calls->leaving; }

uint64_t linnet_calls_deadline(const linnet_calls *calls)
{
    uint64_t own = linnet_wheel_deadline(&calls->wheel);
    uint64_t requests = linnet_requests_deadline(calls->requests);
    uint64_t q = calls->q ? calls->q_calling->deadline(calls->q) : UINT64_MAX;

    own = own < requests ? own : requests;
    return own < q ? own : q;
}

void linnet_calls_advance(linnet_calls *calls, uint64_t now)
{
    linnet_timer *timer;

    calls->config.endpoint->now = now;
    linnet_requests_advance(calls->requests, now);
    if (calls->q)
        calls->q_calling->advance(calls->q, now);
    while ((timer = linnet_wheel_expire(&calls->wheel, now)) != NULL) {
        linnet_call_state *call = LINNET_CONTAINER(timer, linnet_call_state, timer);
        if (call->phase == LINNET_CALL_CACHED)
            linnet_call_deliver_cached(call);
        else if (call->phase == LINNET_CALL_REFUSED)
            linnet_call_deliver_refusal(call);
        else if (call->waits)
            linnet_call_resume(call);
        else if (call->unanswered)
            linnet_call_deliver_silence(call);
        else
            linnet_call_renew(call);
    }
}
