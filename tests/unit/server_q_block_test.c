/* Q-Block1 and Q-Block2 in the server role (RFC 9177), message by message. */
#include "transfer_support.h"

#include "engine/endpoint.h"

#include <linnet/echo.h>
#include <linnet/q_block.h>

#include <stdlib.h>

#define MISSING_BLOCKS 272
#define SZX 0 /* blocks of 16 octets */
#define BLOCK 16u

static struct {
    void *memory, *echo_memory;
    linnet_q_block *q;
    test_calls calls;
} own;

static void switch_on(void)
{
    size_t size = linnet_q_block_memory(&rig.endpoint->config.limits);

    own.memory = calloc(1, size);
    assert_int_equal(linnet_q_block_init(&own.q, own.memory, size, rig.endpoint, &(linnet_q_transmission){0}), 0);
}

static int open_q(void **state)
{
    int result = open_rig(state);

    own.calls.count = 0;
    own.echo_memory = NULL;
    switch_on();
    return result;
}

static int close_q(void **state)
{
    int result = close_rig(state);

    free(own.memory);
    free(own.echo_memory);
    return result;
}

#define Q_TEST(name) cmocka_unit_test_setup_teardown(name, open_q, close_q)

static linnet_bytes value_of(uint32_t number, uint8_t octets[4])
{
    return linnet_view(octets, linnet_option_from_uint(number, octets));
}

static const linnet_resource_config *noting(void)
{
    static linnet_resource_config config;

    config = (linnet_resource_config){.put = note_call, .post = note_call, .context = &own.calls};
    return &config;
}

/* Block `number` of `body` by Q-Block1. */
static const test_answer *put_block(linnet_bytes body, uint32_t number, const char *tag, bool confirmable)
{
    uint8_t q1[4], size1[4];
    size_t start = number * BLOCK;
    bool more = start + BLOCK < body.size;
    linnet_bytes block = value_of(linnet_block_value((linnet_block){number, more, SZX}), q1);
    test_message message = {
        .method = LINNET_PUT,
        .path = "body",
        .non = !confirmable,
        .payload = linnet_view(body.data + start, more ? BLOCK : body.size - start),
        .options = {{true, LINNET_OPTION_Q_BLOCK1, block},
                    {true, LINNET_OPTION_SIZE1, value_of((uint32_t)body.size, size1)},
                    {true, LINNET_OPTION_REQUEST_TAG, linnet_text(tag)}},
    };

    return tell(&message);
}

static void assert_missing(const test_answer *answer, const char *list, size_t size)
{
    assert_code(answer, 4, 8);
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), MISSING_BLOCKS);
    assert_int_equal(answer->payload.size, size);
    assert_memory_equal(answer->payload.data, list, size);
}

/* What leaves by time alone, until then. */
static size_t run_until(uint64_t until)
{
    rig.sent = 0;
    while (linnet_q_block_deadline(own.q) <= until) {
        uint64_t due = linnet_q_block_deadline(own.q);
        rig.now = due > rig.now ? due : rig.now;
        linnet_q_block_advance(own.q, rig.now);
    }
    rig.now = until;
    return rig.sent;
}

static void blocks_in_any_order_make_one_body_and_one_run(void **state)
{
    linnet_bytes body = octets_of(5 * BLOCK - 3, 1);
    static const uint32_t order[] = {3, 0, 3, 4, 0, 2};

    (void)state;
    add("body", noting());
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(put_block(body, order[i], "a", false)->code, LINNET_EMPTY);
    assert_code(put_block(body, 1, "a", false), 2, 4);
    assert_int_equal(own.calls.count, 1);
    assert_int_equal(own.calls.size, body.size);
    assert_memory_equal(own.calls.payload, body.data, body.size);
}

/* 4.3: a duplicate block: "it MUST ignore the payload of the packet but MUST still respond as if the block was received
 * for the first time". */
static void a_block_that_comes_after_all_gets_the_answer_again_and_nothing_runs(void **state)
{
    linnet_bytes body = octets_of(3 * BLOCK, 2);

    (void)state;
    add("body", noting());
    for (uint32_t i = 0; i < 3; i++)
        put_block(body, i, "a", false);
    assert_code(put_block(body, 1, "a", false), 2, 4);
    assert_int_equal(own.calls.count, 1);
    assert_int_equal(put_block(body, 0, "b", false)->code, LINNET_EMPTY); /* another body */
}

static void bodies_with_other_request_tags_do_not_mix(void **state)
{
    linnet_bytes one = octets_of(2 * BLOCK, 3), other = octets_of(2 * BLOCK, 4);

    (void)state;
    add("body", noting());
    put_block(one, 0, "a", false);
    put_block(other, 1, "b", false);
    assert_code(put_block(one, 1, "a", false), 2, 4);
    assert_memory_equal(own.calls.payload, one.data, one.size);
    assert_code(put_block(other, 0, "b", false), 2, 4);
    assert_memory_equal(own.calls.payload, other.data, other.size);
}

/* 7.2: "on receipt of all of the MAX_PAYLOADS_SET". */
static void a_whole_set_is_acknowledged_by_continue(void **state)
{
    linnet_bytes body = octets_of(11 * BLOCK, 5);
    const test_answer *answer;

    (void)state;
    add("body", noting());
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(put_block(body, i, "a", false)->code, LINNET_EMPTY);
    answer = put_block(body, 9, "a", false);
    assert_code(answer, 2, 31);
    assert_int_equal(block_in(answer, LINNET_OPTION_Q_BLOCK1).number, 9);
    assert_true(block_in(answer, LINNET_OPTION_Q_BLOCK1).more);
    assert_code(put_block(body, 10, "a", false), 2, 4);
}

/* Figures 4 and 5. */
static void a_block_of_the_next_set_makes_missing_ones_be_asked_for(void **state)
{
    linnet_bytes body = octets_of(13 * BLOCK, 6);

    (void)state;
    add("body", noting());
    for (uint32_t i = 0; i < 9; i++)
        if (i != 1)
            put_block(body, i, "a", false);
    assert_missing(put_block(body, 11, "a", false), "\x01\x09", 2);
    assert_int_equal(put_block(body, 1, "a", false)->code, LINNET_EMPTY);
    put_block(body, 9, "a", false);
    put_block(body, 12, "a", false);
    assert_int_equal(run_until(rig.now + 4 * SECOND + 2000), 1); /* NON_RECEIVE_TIMEOUT */
    assert_missing(last_answer(), "\x0a", 1);
    assert_code(put_block(body, 10, "a", false), 2, 4);
}

/* Figure 6: 4, 8, 16 and 32 seconds, and after 64 more it is given up. */
static void missing_blocks_are_asked_for_with_back_off_and_in_the_end_given_up(void **state)
{
    linnet_bytes body = octets_of(3 * BLOCK, 7);
    uint64_t start = rig.now;

    (void)state;
    add("body", noting());
    put_block(body, 0, "a", false);
    put_block(body, 2, "a", false);
    assert_int_equal(run_until(start + 4 * SECOND - 5000), 0);
    assert_int_equal(run_until(start + 4 * SECOND + 5000), 1);
    assert_missing(last_answer(), "\x01", 1);
    /* Not after 8 seconds: it was of eleven octets, and PROBING_RATE is one octet in a second. */
    assert_int_equal(last_answer()->size, 11);
    assert_int_equal(run_until(start + 15 * SECOND - 5000), 0);
    assert_int_equal(run_until(start + 15 * SECOND + 9000), 1);
    assert_int_equal(run_until(start + 31 * SECOND + 9000), 1);
    assert_int_equal(run_until(start + 63 * SECOND + 9000), 1);
    assert_true(rig.heap.blocks > 0);
    assert_int_equal(run_until(start + 130 * SECOND), 0);
    assert_int_equal(rig.heap.blocks, 0);
    assert_int_equal(rig.endpoint->exchanges.pool.in_use, 0);
}

/* 4.3: "On receipt of the Reset message, the server SHOULD delete the partial body". */
static void a_reset_to_what_asks_for_missing_blocks_ends_the_body(void **state)
{
    linnet_bytes body = octets_of(3 * BLOCK, 8);
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 10}, .port = 40000},
                        .local_ip = {[10] = 0xff, 0xff, 192, 0, 2}};
    uint8_t reset[4] = {0x70};

    (void)state;
    add("body", noting());
    put_block(body, 0, "a", false);
    assert_int_equal(run_until(rig.now + 5 * SECOND), 1);
    memcpy(reset + 2, rig.last_datagram + 2, 2);
    linnet_endpoint_receive(rig.endpoint, rig.now, &path, linnet_view(reset, sizeof reset));
    assert_int_equal(run_until(rig.now + 13 * SECOND), 0);
    assert_int_equal(rig.heap.blocks, 0);
}

/* 4.3: "For Confirmable transmission, the server continues to acknowledge each packet"; 5: 4.08 "SHOULD NOT be used".
 */
static void confirmable_blocks_are_acknowledged_and_nothing_else(void **state)
{
    linnet_bytes body = octets_of(12 * BLOCK, 1);

    (void)state;
    add("body", noting());
    for (uint32_t i = 1; i < 12; i++) {
        assert_int_equal(put_block(body, i, "a", true)->code, LINNET_EMPTY);
        assert_int_equal(rig.sent, 1);
        assert_int_equal(rig.first_byte >> 4 & 3, LINNET_ACK);
    }
    assert_int_equal(run_until(rig.now + 100 * SECOND), 0);
    assert_code(put_block(body, 0, "a", true), 2, 4);
}

static void requests_that_are_not_as_they_must_be_are_refused(void **state)
{
    uint8_t octets[4][4];
    linnet_bytes first = value_of(linnet_block_value((linnet_block){0, true, SZX}), octets[0]);
    linnet_bytes size1 = value_of(100, octets[1]), short_size1 = value_of(10, octets[2]);

    (void)state;
    add("body", noting());
    linnet_bytes block = octets_of(BLOCK, 1);
    /* 4.3: without Request-Tag, without Size1 */
    assert_code(TELL(.method = LINNET_PUT, .path = "body", .payload = block,
                     .options = {{true, 19, first}, {true, 60, size1}}, .non = true),
                4, 0);
    assert_code(TELL(.method = LINNET_PUT, .path = "body", .payload = block,
                     .options = {{true, 19, first}, OPTION(292, "a")}, .non = true),
                4, 0);
    /* a body of 10 octets has no second block */
    assert_code(TELL(.method = LINNET_PUT, .path = "body", .payload = block,
                     .options = {{true, 19, first}, {true, 60, short_size1}, OPTION(292, "a")}),
                4, 0);
    /* 4.1: Block1 beside it, and twice itself */
    assert_code(TELL(.method = LINNET_PUT, .path = "body", .payload = block,
                     .options = {{true, 19, first}, {true, 60, size1}, OPTION(292, "a")}, BLOCK1(0, true, SZX)),
                4, 2);
    assert_code(TELL(.method = LINNET_PUT, .path = "body", .payload = block,
                     .options = {{true, 19, first}, {true, 19, first}, {true, 60, size1}, OPTION(292, "a")}),
                4, 2);
    /* RFC 7252 5.4.3: four octets are too long for it */
    assert_code(TELL(.method = LINNET_GET, .path = "body", .options = {OPTION(31, "\x01\x00\x00\x08")}), 4, 2);
    /* RFC 7959 2.2: SZX 7 is reserved */
    assert_code(TELL(.method = LINNET_GET, .path = "body", .options = {OPTION(31, "\x07")}), 4, 0);
    assert_int_equal(own.calls.count, 0);
    assert_int_equal(rig.heap.blocks, 0);
}

static void a_body_that_is_too_large_is_refused_by_its_first_block(void **state)
{
    static linnet_resource_config config;
    linnet_bytes body = octets_of(1000, 1);
    const test_answer *answer;

    (void)state;
    config = *noting();
    config.max_body_size = 999;
    add("body", &config);
    answer = put_block(body, 0, "a", false);
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 999);
    assert_int_equal(rig.heap.blocks, 0);
}

/* What one message claims is not given before it is used. */
static void a_block_far_ahead_gets_no_memory(void **state)
{
    linnet_bytes body = octets_of(60000, 1);

    (void)state;
    add("body", noting());
    assert_int_equal(put_block(body, 3000, "a", false)->code, LINNET_EMPTY);
    assert_true(rig.heap.octets < 1000);
    put_block(body, 0, "a", false);
    put_block(body, 19, "a", false);
    assert_true(rig.heap.octets < 2000);
}

static void without_memory_a_body_is_refused(void **state)
{
    linnet_bytes body = octets_of(100, 1);

    (void)state;
    add("body", noting());
    rig.heap.fails_at = rig.heap.calls + 2;
    rig.heap.fails_on = true;
    assert_code(put_block(body, 0, "a", false), 5, 3);
    assert_int_equal(rig.heap.blocks, 0);
}

/* Q-Block2 */

static linnet_bytes representation;

static void give_representation(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    own.calls.count++;
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, representation);
}

static const linnet_resource_config *giving(void)
{
    static linnet_resource_config config;

    config = (linnet_resource_config){.get = give_representation, .post = give_representation};
    return &config;
}

static const test_answer *get_blocks(linnet_code method, size_t count, const linnet_block *blocks, bool confirmable)
{
    uint8_t octets[10][4];
    test_message message = {.method = method, .path = "large", .non = !confirmable};

    for (size_t i = 0; i < count; i++)
        message.options[i] =
            (test_option){true, LINNET_OPTION_Q_BLOCK2, value_of(linnet_block_value(blocks[i]), octets[i])};
    return tell(&message);
}
#define BLOCKS(...)                                                                                                    \
    sizeof((linnet_block[]){__VA_ARGS__}) / sizeof(linnet_block), (linnet_block[]) { __VA_ARGS__ }

static void a_get_is_answered_by_a_set_of_blocks_and_no_more(void **state)
{
    const test_answer *answer;

    (void)state;
    add("large", giving());
    representation = octets_of(25 * BLOCK, 1);
    answer = get_blocks(LINNET_GET, BLOCKS({0, true, SZX}), false);
    assert_code(answer, 2, 5);
    assert_int_equal(block_in(answer, LINNET_OPTION_Q_BLOCK2).number, 0);
    assert_int_equal(count_of(answer, LINNET_OPTION_BLOCK2), 0);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE2), 25 * BLOCK);
    assert_int_equal(count_of(answer, LINNET_OPTION_ETAG), 1);
    /* MAX_PAYLOADS is all that one message, whose source may be forged, makes be sent: now and ever. */
    assert_int_equal(run_until(rig.now + 1000), 9);
    assert_int_equal(block_in(last_answer(), LINNET_OPTION_Q_BLOCK2).number, 9);
    assert_int_equal(number_of(last_answer(), LINNET_OPTION_SIZE2), 25 * BLOCK);
    assert_int_equal(run_until(rig.now + 300 * SECOND), 0);
    assert_int_equal(rig.heap.blocks, 0);
}

static void continue_brings_the_next_set(void **state)
{
    (void)state;
    add("large", giving());
    representation = octets_of(13 * BLOCK, 1);
    assert_int_equal(block_in(get_blocks(LINNET_GET, BLOCKS({10, true, SZX}), false), LINNET_OPTION_Q_BLOCK2).number,
                     10);
    assert_int_equal(run_until(rig.now + 1000), 2);
    assert_int_equal(block_in(last_answer(), LINNET_OPTION_Q_BLOCK2).number, 12);
    assert_false(block_in(last_answer(), LINNET_OPTION_Q_BLOCK2).more);
    assert_int_equal(number_of(last_answer(), LINNET_OPTION_SIZE2), 13 * BLOCK);
}

/* 4.4: "the server MUST only send back one instance of that block". */
static void a_block_that_is_asked_for_twice_is_sent_once(void **state)
{
    (void)state;
    add("large", giving());
    representation = octets_of(12 * BLOCK, 1);
    get_blocks(LINNET_GET, BLOCKS({5, true, SZX}, {7, false, SZX}, {9, true, SZX}), false);
    assert_int_equal(run_until(rig.now + 1000), 4); /* 6, 7, 8, 9 */
    get_blocks(LINNET_GET, BLOCKS({1, false, SZX}, {3, false, SZX}), false);
    assert_int_equal(run_until(rig.now + 1000), 1);
    assert_int_equal(block_in(last_answer(), LINNET_OPTION_Q_BLOCK2).number, 3);
}

static void missing_blocks_out_of_order_are_a_bad_request(void **state)
{
    (void)state;
    add("large", giving());
    representation = octets_of(12 * BLOCK, 1);
    assert_code(get_blocks(LINNET_GET, BLOCKS({3, false, SZX}, {1, false, SZX}), false), 4, 0);
    assert_code(get_blocks(LINNET_GET, BLOCKS({3, false, SZX}, {3, false, SZX}), false), 4, 0);
    assert_code(get_blocks(LINNET_GET, BLOCKS({3, false, SZX}, {4, false, SZX + 1}), false), 4, 0);
    assert_int_equal(run_until(rig.now + 1000), 0);
}

static void a_confirmable_request_gets_one_block(void **state)
{
    (void)state;
    add("large", giving());
    representation = octets_of(12 * BLOCK, 1);
    assert_code(get_blocks(LINNET_GET, BLOCKS({0, true, SZX}), true), 2, 5);
    assert_int_equal(run_until(rig.now + 10 * SECOND), 0);
}

/* 3.3 of RFC 7959: a POST is not run again for what was lost of its response, be it the first block. */
static void missing_blocks_of_a_post_are_those_of_its_one_run(void **state)
{
    const test_answer *answer;
    linnet_bytes etag;
    uint8_t first[8];

    (void)state;
    add("large", giving());
    representation = octets_of(5 * BLOCK, 1);
    answer = get_blocks(LINNET_POST, BLOCKS({0, true, SZX}), false);
    assert_code(answer, 2, 4);
    etag = option_of(answer, LINNET_OPTION_ETAG, 0);
    memcpy(first, etag.data, etag.size);
    assert_int_equal(run_until(rig.now + 1000), 4);
    answer = get_blocks(LINNET_POST, BLOCKS({0, false, SZX}), false);
    assert_int_equal(answer->payload.size, BLOCK);
    assert_memory_equal(answer->payload.data, representation.data, BLOCK);
    assert_memory_equal(option_of(answer, LINNET_OPTION_ETAG, 0).data, first, etag.size);
    assert_int_equal(own.calls.count, 1);
}

/* RFC 9175 2.4: an address that may be somebody else's gets no burst. */
static void an_unproved_address_gets_an_echo_instead_of_a_burst(void **state)
{
    linnet_limits limits = rig.endpoint->config.limits;
    linnet_echo *echo;
    size_t size;
    const test_answer *answer;

    (void)state;
    add("large", giving());
    add("body", noting());
    representation = octets_of(25 * BLOCK, 1);
    limits.amplification = rig.endpoint->config.limits.amplification = 3;
    rig.endpoint->config.limits.proved_peers = limits.proved_peers = 8;
    size = linnet_echo_memory(&limits);
    own.echo_memory = calloc(1, size);
    assert_int_equal(linnet_echo_init(&echo, own.echo_memory, size, rig.endpoint), 0);
    answer = get_blocks(LINNET_GET, BLOCKS({0, true, SZX}), false);
    assert_code(answer, 4, 1);
    assert_int_equal(count_of(answer, LINNET_OPTION_ECHO), 1);
    assert_int_equal(run_until(rig.now + 10 * SECOND), 0);
    assert_code(put_block(octets_of(100, 1), 0, "a", false), 4, 1);
    assert_int_equal(rig.heap.blocks, 0);
}

/* 4.8. */
static void multicast_requests_are_ignored(void **state)
{
    uint8_t octets[4];
    test_message message = {.method = LINNET_GET, .path = "large", .non = true, .multicast = true};

    (void)state;
    add("large", giving());
    representation = octets_of(25 * BLOCK, 1);
    message.options[0] =
        (test_option){true, LINNET_OPTION_Q_BLOCK2, value_of(linnet_block_value((linnet_block){0, true, SZX}), octets)};
    tell(&message);
    assert_int_equal(rig.sent + run_until(rig.now + 10 * SECOND), 0);
    assert_int_equal(own.calls.count, 0);
}

static void a_setting_outside_its_range_is_refused(void **state)
{
    size_t size = linnet_q_block_memory(&rig.endpoint->config.limits);
    void *memory = calloc(1, size);
    linnet_q_block *q;

    (void)state;
    /* It serves by Q-Block already. */
    assert_int_equal(linnet_q_block_init(&q, memory, size, rig.endpoint, &(linnet_q_transmission){0}), LINNET_EINVAL);
    rig.endpoint->config.serve = linnet_site_serve;
    rig.endpoint->config.serve_context = &site;
    assert_int_equal(linnet_q_block_init(&q, memory, size - 1, rig.endpoint, &(linnet_q_transmission){0}),
                     LINNET_ENOMEM);
    /* 7.2: "MUST always be greater than NON_TIMEOUT_RANDOM by at least one second". */
    assert_int_equal(
        linnet_q_block_init(&q, memory, size, rig.endpoint, &(linnet_q_transmission){.non_receive_timeout_ms = 3999}),
        LINNET_EINVAL);
    assert_int_equal(linnet_q_block_init(&q, memory, size, rig.endpoint, &(linnet_q_transmission){.max_payloads = 33}),
                     LINNET_EINVAL);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        Q_TEST(blocks_in_any_order_make_one_body_and_one_run),
        Q_TEST(a_block_that_comes_after_all_gets_the_answer_again_and_nothing_runs),
        Q_TEST(bodies_with_other_request_tags_do_not_mix),
        Q_TEST(a_whole_set_is_acknowledged_by_continue),
        Q_TEST(a_block_of_the_next_set_makes_missing_ones_be_asked_for),
        Q_TEST(missing_blocks_are_asked_for_with_back_off_and_in_the_end_given_up),
        Q_TEST(a_reset_to_what_asks_for_missing_blocks_ends_the_body),
        Q_TEST(confirmable_blocks_are_acknowledged_and_nothing_else),
        Q_TEST(requests_that_are_not_as_they_must_be_are_refused),
        Q_TEST(a_body_that_is_too_large_is_refused_by_its_first_block),
        Q_TEST(a_block_far_ahead_gets_no_memory),
        Q_TEST(without_memory_a_body_is_refused),
        Q_TEST(a_get_is_answered_by_a_set_of_blocks_and_no_more),
        Q_TEST(continue_brings_the_next_set),
        Q_TEST(a_block_that_is_asked_for_twice_is_sent_once),
        Q_TEST(missing_blocks_out_of_order_are_a_bad_request),
        Q_TEST(a_confirmable_request_gets_one_block),
        Q_TEST(missing_blocks_of_a_post_are_those_of_its_one_run),
        Q_TEST(an_unproved_address_gets_an_echo_instead_of_a_burst),
        Q_TEST(multicast_requests_are_ignored),
        Q_TEST(a_setting_outside_its_range_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
