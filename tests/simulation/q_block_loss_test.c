/* Q-Block1 and Q-Block2 (RFC 9177) between our client and our server, over a network that loses a share of its own each
 * way, doubles and reorders: a body arrives exactly or not at all, two that are sent at once never mix, no POST runs
 * twice, and no memory is left. A failure names its seed, and LINNET_SEED replays it alone; with LINNET_SEEDS it is the
 * first one. */
#include "simulation/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linnet/calls.h>
#include <linnet/error.h>
#include <linnet/q_block.h>
#include <linnet/site.h>
#include <linnet/transfers.h>

enum { RUNS = 60, BODY_MAX = 60000, CALLS = 2, TURNS_MAX = 400000 };

static uint64_t first_seed = 1, seeds = RUNS, seed_of_run;
static unsigned successes;

typedef struct heap {
    size_t blocks, octets, most;
} heap;

typedef struct asked {
    linnet_code method;
    uint8_t body[BODY_MAX];
    size_t size, answer_size;
    unsigned seed, runs;
    int finals, error;
    linnet_code code;
    bool by_parts;
    size_t parts; /* octets that on_block has had */
} asked;

typedef struct world {
    sim_network *network;
    network_node *nodes[1 + CALLS];
    linnet_site site;
    linnet_resource resources[2];
    linnet_resource_config configs[2];
    struct linnet_resource *buckets[8];
    linnet_transfers *transfers;
    linnet_q_block *server;
    linnet_calls *calls[CALLS];
    void *memory[3 + 2 * CALLS];
    size_t memories;
    heap server_heap, client_heap;
    asked asked[CALLS];
} world;

static world here;

static void *resize(void *context, void *data, size_t size)
{
    heap *own = context;
    size_t *old = data ? (size_t *)data - 2 : NULL;
    size_t *made;

    if (old)
        own->octets -= *old;
    own->blocks -= old && size == 0;
    if (size == 0) {
        free(old);
        return NULL;
    }
    made = realloc(old, 2 * sizeof *made + size);
    assert_non_null(made);
    own->blocks += !old;
    *made = size;
    own->octets += size;
    own->most = own->octets > own->most ? own->octets : own->most;
    return made + 2;
}

static void fill(uint8_t *octets, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)(i * 7u + i / 256u * 13u + seed * 31u);
}

/* What the server gives to the call with that number. */
static void fill_answer(uint8_t octets[BODY_MAX], const asked *call)
{
    fill(octets, call->answer_size, call->seed + 100u);
}

static void serve(linnet_request *request, linnet_reply *reply, void *context)
{
    asked *call = context;
    linnet_bytes payload = linnet_request_payload(request);
    static uint8_t answer[BODY_MAX];

    assert_int_equal(payload.size, call->size);
    assert_memory_equal(payload.data, call->body, call->size);
    call->runs++;
    fill_answer(answer, call);
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(answer, call->answer_size));
}

static void done(const linnet_response *response, void *context)
{
    asked *call = context;
    static uint8_t expected[BODY_MAX];

    call->finals++;
    call->error = response->error;
    call->code = response->message.code;
    if (response->error != 0 || !linnet_code_is_success(call->code))
        return;
    fill_answer(expected, call);
    assert_int_equal(call->by_parts ? call->parts : response->message.payload.size, call->answer_size);
    if (!call->by_parts)
        assert_memory_equal(response->message.payload.data, expected, call->answer_size);
}

static int take_part(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    asked *call = context;
    static uint8_t expected[BODY_MAX];

    if (!linnet_code_is_success(response->message.code))
        return 0;
    fill_answer(expected, call);
    assert_int_equal(offset, call->parts);
    assert_true(octets.size <= call->answer_size - offset);
    assert_memory_equal(octets.data, expected + offset, octets.size);
    call->parts += octets.size;
    return 0;
}

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    const asked *call = context;

    *given = call->size - offset < size ? call->size - (size_t)offset : size;
    memcpy(data, call->body + offset, *given);
    return 0;
}

static void *keep(size_t size)
{
    here.memory[here.memories] = calloc(1, size);
    assert_non_null(here.memory[here.memories]);
    return here.memory[here.memories++];
}

static const linnet_limits limits = {
    .exchanges = 64,
    .answer_log_size = 1 << 18,
    .answer_log_index = 1024,
    .executed_requests = 4096,
    .message_id_spaces = 8,
    .peers = 8,
    .uploads = 48,
    .upload_memory = 1 << 18,
};

static void random_octets(void *context, void *out, size_t size)
{
    for (uint8_t *at = out; size-- > 0; at++)
        *at = (uint8_t)network_random(context, 256);
}

static void open_server(void)
{
    linnet_transfers_config settings = {
        .limits = limits, .memory = {resize, &here.server_heap}, .random = random_octets};
    size_t size = linnet_transfers_memory(&limits);

    settings.random_context = here.network;
    linnet_site_init(&here.site, here.buckets, 8);
    assert_int_equal(linnet_transfers_init(&here.transfers, keep(size), size, &settings), 0);
    here.site.transfers = here.transfers;
    here.nodes[0] = network_add(here.network, (linnet_endpoint_config){.limits = limits,
                                                                       .serve = linnet_site_serve,
                                                                       .serve_context = &here.site,
                                                                       .explain = linnet_explain_refusal});
    size = linnet_q_block_memory(&limits);
    assert_int_equal(
        linnet_q_block_init(&here.server, keep(size), size, here.nodes[0]->endpoint, &(linnet_q_transmission){0}), 0);
    /* What a client asks first: whether the options are known. */
    here.configs[0] = linnet_discovery_config;
    assert_int_equal(linnet_site_add(&here.site, &here.resources[0], LINNET_DISCOVERY_PATH, &here.configs[0]), 0);
}

static void open_client(unsigned number)
{
    size_t size = linnet_calls_memory(&limits);
    linnet_calls_config config = {.limits = limits, .memory = {resize, &here.client_heap}};

    here.nodes[1 + number] = network_add(here.network, (linnet_endpoint_config){.limits = limits});
    config.endpoint = here.nodes[1 + number]->endpoint;
    assert_int_equal(linnet_calls_init(&here.calls[number], keep(size), size, &config), 0);
    size = linnet_calls_q_block_memory(&limits);
    assert_int_equal(linnet_calls_q_block_init(here.calls[number], keep(size), size, &(linnet_q_transmission){0}), 0);
}

static void open_world(uint64_t seed, const network_rules *rules)
{
    sim_network *network = here.network ? here.network : network_open();

    here = (world){.network = network};
    network_reset(network, seed, rules);
    open_server();
    for (unsigned i = 0; i < CALLS; i++)
        open_client(i);
}

static void close_world(void)
{
    for (unsigned i = 0; i < CALLS; i++) {
        linnet_calls_clear(here.calls[i], here.network->now, LINNET_ECLOSED);
        linnet_endpoint_clear(here.nodes[1 + i]->endpoint, LINNET_ECLOSED);
    }
    linnet_endpoint_clear(here.nodes[0]->endpoint, LINNET_ECLOSED);
    linnet_transfers_clear(here.transfers);
    assert_int_equal(here.server_heap.blocks, 0);
    assert_int_equal(here.client_heap.blocks, 0);
    while (here.memories > 0)
        free(here.memory[--here.memories]);
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_event(void)
{
    uint64_t deadline = earlier(network_deadline(here.network), linnet_q_block_deadline(here.server));

    for (unsigned i = 0; i < CALLS; i++)
        deadline = earlier(deadline, linnet_calls_deadline(here.calls[i]));
    return deadline;
}

static bool turn(uint64_t until)
{
    sim_network *network = here.network;
    uint64_t deadline = next_event();

    if (deadline > until)
        return false;
    if (deadline > network->now)
        network->now = deadline;
    network_turn(network);
    if (linnet_q_block_deadline(here.server) <= network->now)
        linnet_q_block_advance(here.server, network->now);
    for (unsigned i = 0; i < CALLS; i++)
        if (linnet_calls_deadline(here.calls[i]) <= network->now)
            linnet_calls_advance(here.calls[i], network->now);
    return true;
}

static void run_until_all_have_ended(void)
{
    for (unsigned turns = 0; here.asked[0].finals == 0 || here.asked[1].finals == 0; turns++) {
        assert_true(turns < TURNS_MAX);
        assert_true(turn(UINT64_MAX));
    }
}

/* Both of one path, so that only their bodies, and so their Request-Tags, tell them apart. */
static void ask(unsigned number, unsigned client, asked *call, uint16_t block_size, bool by_reader)
{
    uint8_t octets[32];
    linnet_writer writer;
    linnet_path path = network_path(here.nodes[0]);
    linnet_call_request request = {.code = call->method, .q_block = true, .block_size = block_size};

    linnet_writer_begin_options(&writer, octets, sizeof octets);
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text("body"));
    if (number == 1) /* tells the handler which call it serves; an elective option that is no cache key */
        linnet_writer_option(&writer, 65308, linnet_text("1"));
    request.options = linnet_view(octets, (size_t)linnet_writer_end(&writer));
    request.on_response = done;
    request.context = call;
    request.on_block = call->by_parts ? take_part : NULL;
    if (by_reader) {
        request.read_body = read_body;
        request.body_size = call->size;
    } else {
        request.payload = linnet_view(call->body, call->size);
    }
    assert_int_equal(linnet_calls_send(here.calls[client], here.network->now, &path, &request, NULL), 0);
}

static void serve_either(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_bytes value;

    (void)context;
    serve(request, reply, &here.asked[linnet_request_option(request, 65308, 0, &value)]);
}

static void prepare(unsigned number, linnet_code method, size_t size, size_t answer_size)
{
    asked *call = &here.asked[number];

    call->method = method;
    call->seed = (unsigned)seed_of_run * 2u + number;
    call->size = size;
    call->answer_size = answer_size;
    fill(call->body, size, call->seed);
}

static void add_resource(void)
{
    here.configs[1] = (linnet_resource_config){
        .get = serve_either, .post = serve_either, .fetch = serve_either, .max_body_size = BODY_MAX};
    assert_int_equal(linnet_site_add(&here.site, &here.resources[1], "body", &here.configs[1]), 0);
}

static void check(const asked *call, bool must_succeed)
{
    successes += call->error == 0 && linnet_code_is_success(call->code);
    assert_int_equal(call->finals, 1);
    if (call->method == LINNET_POST)
        assert_true(call->runs <= 1);
    if (call->error == 0 && linnet_code_is_success(call->code))
        assert_true(call->runs >= 1);
    else if (must_succeed)
        fail_msg("error %d, code %u.%02u", call->error, call->code >> 5, call->code & 31u);
}

static void run(linnet_code method, const network_rules *rules, bool must_succeed)
{
    static const uint16_t sizes[] = {64, 256, 1024};
    sim_network *network;

    open_world(seed_of_run, rules);
    network = here.network;
    network->verbose = getenv("LINNET_VERBOSE") != NULL;
    add_resource();
    for (unsigned i = 0; i < CALLS; i++) {
        size_t size = method == LINNET_GET ? 0 : 1100 + network_random(network, 10000);
        prepare(i, method, size, network_random(network, 12000));
        here.asked[i].by_parts = network_random(network, 2);
        ask(i, network_random(network, 2), &here.asked[i], sizes[network_random(network, 3)],
            method != LINNET_GET && network_random(network, 2));
    }
    run_until_all_have_ended();
    for (unsigned i = 0; i < CALLS; i++)
        check(&here.asked[i], must_succeed);
    close_world();
}

static void sweep(linnet_code method, bool must_succeed, unsigned loss)
{
    successes = 0;
    for (seed_of_run = first_seed; seed_of_run < first_seed + seeds; seed_of_run++) {
        uint64_t dice = seed_of_run * UINT64_C(0x9e3779b97f4a7c15) >> 40;
        network_rules rules = {
            .duplicate_percent = 10, .late_percent = 20, .delay = 50 * MS, .late = 900 * MS, .no_slot_percent = 1};
        rules.drop_from[0] = loss ? (unsigned)(dice % loss) : 0;
        rules.drop_from[1] = rules.drop_from[2] = loss ? (unsigned)(dice / 128u % loss) : 0;
        run(method, &rules, must_succeed);
    }
}

static void without_loss_every_body_arrives(void **state)
{
    (void)state;
    sweep(LINNET_POST, true, 0);
    sweep(LINNET_GET, true, 0);
}

static void posted_bodies_and_their_answers_are_exact_or_fail_cleanly(void **state)
{
    (void)state;
    sweep(LINNET_POST, false, 60);
    assert_true(seeds < RUNS || successes > seeds); /* of two calls each */
}

static void downloads_are_exact_or_fail_cleanly(void **state)
{
    (void)state;
    sweep(LINNET_GET, false, 60);
    assert_true(seeds < RUNS || successes > seeds); /* of two calls each */
}

static void fetched_bodies_are_exact_or_fail_cleanly(void **state)
{
    (void)state;
    sweep(LINNET_FETCH, false, 60);
    assert_true(seeds < RUNS || successes > seeds); /* of two calls each */
}

static void at_nearly_total_loss_every_call_still_ends(void **state)
{
    (void)state;
    sweep(LINNET_POST, false, 99);
    sweep(LINNET_GET, false, 99);
}

/* Bodies of many senders at once are bounded by upload_memory; what does not fit is refused or dropped. */
static void memory_of_bodies_has_its_bound(void **state)
{
    const network_rules rules = {.delay = 5 * MS, .late = 5 * MS};

    (void)state;
    seed_of_run = first_seed;
    open_world(seed_of_run, &rules);
    add_resource();
    for (unsigned i = 0; i < CALLS; i++)
        prepare(i, LINNET_POST, BODY_MAX, 10);
    for (unsigned i = 0; i < 20; i++)
        ask(i % 2, i / 2 % 2, &here.asked[i % 2], 1024, false);
    while (turn(600 * SECOND))
        assert_true(here.server_heap.octets <= limits.upload_memory);
    assert_int_equal(here.asked[0].finals + here.asked[1].finals, 20);
    assert_true(here.server_heap.most > limits.upload_memory / 2);
    close_world();
}

static int print_seed(void **state)
{
    (void)state;
    fprintf(stderr, "the last seed was %llu\n", (unsigned long long)seed_of_run);
    return 0;
}

int main(void)
{
    const char *first = getenv("LINNET_SEED");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(without_loss_every_body_arrives, print_seed),
        cmocka_unit_test_teardown(posted_bodies_and_their_answers_are_exact_or_fail_cleanly, print_seed),
        cmocka_unit_test_teardown(downloads_are_exact_or_fail_cleanly, print_seed),
        cmocka_unit_test_teardown(fetched_bodies_are_exact_or_fail_cleanly, print_seed),
        cmocka_unit_test_teardown(at_nearly_total_loss_every_call_still_ends, print_seed),
        cmocka_unit_test_teardown(memory_of_bodies_has_its_bound, print_seed),
    };
    int failed;

    if (first) {
        first_seed = strtoull(first, NULL, 10);
        seeds = getenv("LINNET_SEEDS") ? RUNS : 1;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    network_close(here.network);
    return failed;
}
