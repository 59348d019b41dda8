/* Which calls go by Q-Block, whether their server knows it, and the memory of it. */
#include "client/q_call.h"

#include "engine/limits.h"

#include <linnet/error.h>

#define OVERHEAD 48u /* header, token, marker; Q-Block1 or ETag and Q-Block2, Size1, Request-Tag */
#define WELL_KNOWN ".well-known"
#define CORE "core"

static const linnet_q_calling calling;

static void lay_out(linnet_q_calls *q, linnet_arena *arena, const linnet_limits *limits)
{
    uint32_t buckets = linnet_power_of_two(limits->exchanges, 1);

    q->by_prefix = (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1u};
}

size_t linnet_calls_q_block_memory(const linnet_limits *given)
{
    linnet_limits limits = linnet_limits_filled(given);
    linnet_arena arena = {0};
    linnet_q_calls q;

    (void)linnet_arena_take(&arena, 1, sizeof q);
    lay_out(&q, &arena, &limits);
    return arena.used;
}

int linnet_calls_q_block_init(linnet_calls *calls, void *memory, size_t size, const linnet_q_transmission *settings)
{
    linnet_limits limits = linnet_limits_filled(&calls->config.limits);
    linnet_arena arena = {.memory = memory};
    linnet_q_timing timing;
    linnet_q_calls *q;

    if (linnet_q_timing_set(&timing, settings, &calls->config.transmission) != 0)
        return LINNET_EINVAL;
    if (size < linnet_calls_q_block_memory(&calls->config.limits))
        return LINNET_ENOMEM;
    q = linnet_arena_take(&arena, 1, sizeof *q);
    lay_out(q, &arena, &limits);
    q->calls = calls;
    q->timing = timing;
    q->tag = linnet_random(calls->config.endpoint);
    calls->q = q;
    calls->q_calling = &calling;
    calls->config.endpoint->q_hear = linnet_q_calls_hear;
    calls->config.endpoint->q_calls = q;
    return 0;
}

static uint64_t body_size(const linnet_call_state *call)
{
    return call->request.read_body ? call->request.body_size : call->request.payload.size;
}

static bool asks(const linnet_call_state *call)
{
    return call->request.code == LINNET_GET || call->request.code == LINNET_FETCH;
}

/* RFC 9177 is for a large body, or for one that is asked for. One small message that changes something is better off
 * confirmable; Size1 has to be known, and fit. */
static bool is_for(const linnet_call_state *call)
{
    uint64_t size = body_size(call);
    uint64_t block = (uint64_t)16 << call->largest_szx;

    if (call->raw || call->to_group || call->group || call->request.observe || call->request.offset > 0 ||
        size > UINT32_MAX || (size > 0 && (size - 1u) >> (call->largest_szx + 4u) > LINNET_BLOCK_NUMBER_MAX))
        return false;
    return asks(call) || size > block;
}

static void release(linnet_call_state *call)
{
    const linnet_memory *memory = &call->calls->config.memory;
    linnet_q_call *q = call->q;
    linnet_exchange question = q->question;

    q->question = 0; /* so that its last words are not listened to */
    if (question != 0)
        (void)linnet_requests_cancel(call->calls->requests, question, LINNET_ECANCELLED);
    linnet_q_end_watch(q);
    call->q = NULL;
    linnet_wheel_stop(&q->owner->wheel, &q->timer);
    linnet_table_remove(&q->owner->by_prefix, &q->by_prefix);
    linnet_requests_give_peer(call->calls->requests, q->peer);
    if (q->download.bits)
        (void)memory->resize(memory->context, q->download.bits, 0);
    (void)memory->resize(memory->context, q, 0);
}

static linnet_q_call *open_call(linnet_call_state *call)
{
    const linnet_memory *memory = &call->calls->config.memory;
    linnet_peer *peer = linnet_requests_take_peer(call->calls->requests, &call->path.peer);
    linnet_q_call *q = NULL;

    if (peer && peer->q_block != LINNET_PEER_Q_REFUSED && memory->resize)
        q = memory->resize(memory->context, NULL, sizeof *q);
    if (!q) {
        if (peer)
            linnet_requests_give_peer(call->calls->requests, peer);
        return NULL;
    }
    *q = (linnet_q_call){.owner = call->calls->q, .call = call, .peer = peer, .szx = call->largest_szx};
    call->q = q;
    return q;
}

void linnet_q_fall_back(linnet_q_call *q, linnet_peer_q_block learned)
{
    linnet_call_state *call = q->call;

    q->peer->q_block = (uint8_t)learned;
    release(call);
    call->request_tag = 0;
    call->tagged = false;
    call->first = true;
    call->phase = LINNET_CALL_ASKING;
    linnet_call_proceed(call);
}

/* A body begins as soon as PROBING_RATE lets it, or after NON_PROBING_WAIT (7.2). */
static void begin_in_time(linnet_q_call *q)
{
    uint64_t now = linnet_call_now(q->call);
    uint64_t wait = linnet_probing_holds(&q->peer->probing, now) ? q->peer->probing.until - now : 0;

    q->phase = LINNET_Q_WAITING;
    linnet_q_wait(q, wait < q->owner->timing.probing_wait ? wait : q->owner->timing.probing_wait);
}

static int ask(linnet_q_call *q);

/* Only a success with Q-Block2 shows that the server knows it. Others refuse it - libcoap's 4.02 repeats the option -
 * or do not look at it, as node-coap. */
static bool knows(const linnet_message *response)
{
    linnet_block block;

    return linnet_code_is_success(response->code) && linnet_block_of(response, LINNET_OPTION_Q_BLOCK2, &block);
}

static void answered(const linnet_response *response, void *context)
{
    linnet_q_call *q = context;
    int error = 0;

    if (q->question == 0)
        return; /* ended by ourselves */
    q->question = 0;
    if (response->error == 0 && knows(&response->message)) {
        q->peer->q_block = LINNET_PEER_Q_KNOWN;
        begin_in_time(q);
    } else if (response->error != 0 && response->error != LINNET_ERESET && response->error != LINNET_EOPTION) {
        linnet_call_fail(q->call, response->error);
    } else if (response->error == 0 && linnet_call_is_challenged(q->call, response)) {
        error = ask(q);
        if (error != 0)
            linnet_call_fail(q->call, error);
    } else {
        linnet_q_fall_back(q, LINNET_PEER_Q_REFUSED);
    }
}

/* Where the request goes to, and the path where a server says what it has: there is something to give a block of. */
static int write_question(const linnet_call_state *call, uint8_t *octets, size_t capacity)
{
    linnet_option_cursor cursor = {.rest = call->request.options};
    linnet_option option;
    linnet_writer writer;

    linnet_writer_begin_options(&writer, octets, capacity);
    while (linnet_option_next(&cursor, &option) && option.number <= LINNET_OPTION_URI_PORT)
        if (option.number == LINNET_OPTION_URI_HOST || option.number == LINNET_OPTION_URI_PORT)
            linnet_writer_option(&writer, option.number, option.value);
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text(WELL_KNOWN));
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text(CORE));
    linnet_writer_option_uint(&writer, LINNET_OPTION_Q_BLOCK2, linnet_block_value((linnet_block){0}));
    if (call->echo_size > 0)
        linnet_writer_option(&writer, LINNET_OPTION_ECHO, linnet_view(call->echo, call->echo_size));
    return linnet_writer_end(&writer);
}

/* 4.1: "it is therefore REQUIRED that clients use a Confirmable message for determining support". */
static int ask(linnet_q_call *q)
{
    linnet_call_state *call = q->call;
    linnet_calls *calls = call->calls;
    int size = write_question(call, calls->options, calls->options_size);
    linnet_outgoing outgoing = {
        .code = LINNET_GET,
        .type = LINNET_CON,
        .transmission = call->request.transmission,
        .deadline = call->request.deadline,
        .done = answered,
        .context = q,
    };

    if (size < 0)
        return LINNET_ETOOBIG;
    outgoing.options = linnet_view(calls->options, (size_t)size);
    q->phase = LINNET_Q_ASKING;
    return linnet_requests_send(calls->requests, linnet_call_now(call), &call->path, &outgoing, &q->question);
}

static int start(linnet_call_state *call)
{
    linnet_q_call *q = is_for(call) ? open_call(call) : NULL;

    if (!q)
        return linnet_call_send(call);
    linnet_call_expect(call);
    call->first = false;
    call->phase = LINNET_CALL_FETCHING;
    if (q->peer->q_block == LINNET_PEER_Q_UNKNOWN)
        return ask(q);
    begin_in_time(q);
    return 0;
}

static void choose_tag(linnet_q_call *q)
{
    linnet_q_calls *owner = q->owner;

    q->has_tag = true;
    q->call->tagged = true;
    q->call->request_tag = ++owner->tag ? owner->tag : ++owner->tag;
}

static uint64_t prefix_key(const linnet_q_call *q)
{
    const linnet_endpoint *endpoint = q->call->calls->config.endpoint;

    return linnet_hash_token(&endpoint->hash_key, &q->call->path, linnet_view(q->prefix, LINNET_Q_PREFIX));
}

/* The largest block that fits beside all options: those of the user, Echo, and the others of ours. */
static uint8_t fitting_szx(const linnet_call_state *call)
{
    size_t others = OVERHEAD + call->request.options.size + call->echo_size;
    size_t message_size = call->calls->config.endpoint->message_size;
    uint8_t szx = call->largest_szx;

    while (szx > 0 && ((size_t)16 << szx) + others > message_size)
        szx--;
    return szx;
}

void linnet_q_begin(linnet_q_call *q)
{
    linnet_call_state *call = q->call;
    const linnet_port *port = &call->calls->config.endpoint->config.port;
    uint64_t size = body_size(call);

    linnet_table_remove(&q->owner->by_prefix, &q->by_prefix);
    port->random(port->context, q->prefix, LINNET_Q_PREFIX);
    call->path.socket = q->peer->socket;
    linnet_table_add(&q->owner->by_prefix, &q->by_prefix, prefix_key(q));
    q->szx = fitting_szx(call);
    q->serial = 0;
    q->silent = 0;
    q->started = linnet_call_now(call);
    q->has_tag = false;
    if (size > (uint64_t)16 << q->szx) {
        choose_tag(q);
        q->upload = (linnet_q_upload){.size = (uint32_t)size, .last = (uint32_t)((size - 1u) >> (q->szx + 4u))};
        q->phase = LINNET_Q_SENDING;
        linnet_q_upload_timer(q);
    } else {
        q->phase = LINNET_Q_RECEIVING;
        linnet_q_download_begin(q);
    }
}

static uint64_t deadline_of(const linnet_q_calls *q) { return linnet_wheel_deadline(&q->wheel); }

static void run_timer(linnet_q_call *q)
{
    uint64_t deadline = q->call->request.deadline;

    if (deadline && linnet_call_now(q->call) >= deadline)
        linnet_call_fail(q->call, LINNET_ETIMEOUT);
    else if (q->phase == LINNET_Q_WAITING)
        linnet_q_begin(q);
    else if (q->phase == LINNET_Q_SENDING)
        linnet_q_upload_timer(q);
    else
        linnet_q_download_timer(q);
}

static void advance(linnet_q_calls *q, uint64_t now)
{
    linnet_timer *timer;

    if (q->calls->config.endpoint->slot_taken)
        return;
    while ((timer = linnet_wheel_expire(&q->wheel, now)) != NULL)
        run_timer(LINNET_CONTAINER(timer, linnet_q_call, timer));
}

static const linnet_q_calling calling = {
    .start = start, .release = release, .deadline = deadline_of, .advance = advance};
