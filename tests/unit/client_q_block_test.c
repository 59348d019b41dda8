/* Q-Block1 and Q-Block2 in the client role (RFC 9177), message by message; the server's are written by hand. */
#include "unit/client_support.h"

#include <linnet/content_format.h>

#define MISSING_BLOCKS 272
#define SIZE 16u
#define BODY 400u /* 25 blocks of 16 octets */

typedef struct fixture {
    test_client *client;
    void *memory;
    told into;
    uint8_t body[BODY];
    unsigned sent[64];   /* how often each block of the request was sent */
    unsigned asked;      /* requests with Q-Block2 */
    uint32_t last_asked; /* the number in the first Q-Block2 of the last one */
    size_t last_count;   /* and how many they were */
} fixture;

static fixture here;

static void watch(test_client *client, linnet_bytes datagram, void *context)
{
    linnet_message message;
    linnet_bytes value;
    linnet_block block;

    (void)client, (void)context;
    assert_int_equal(linnet_message_parse(&message, datagram), 0);
    if (linnet_option_get(message.options, LINNET_OPTION_Q_BLOCK1, 0, &value)) {
        assert_int_equal(linnet_block_parse(&block, value), 0);
        assert_memory_equal(message.payload.data, here.body + linnet_block_offset(block), message.payload.size);
        here.sent[block.number]++;
    } else if (linnet_option_get(message.options, LINNET_OPTION_Q_BLOCK2, 0, &value)) {
        assert_int_equal(linnet_block_parse(&block, value), 0);
        here.asked++;
        here.last_asked = block.number;
        for (here.last_count = 0; linnet_option_get(message.options, LINNET_OPTION_Q_BLOCK2, here.last_count, &value);)
            here.last_count++;
    }
}

static int open_client(void **state)
{
    size_t size = linnet_calls_q_block_memory(&(linnet_limits){0});

    (void)state;
    here = (fixture){.client = client_open(NULL)};
    here.memory = calloc(1, size);
    assert_non_null(here.memory);
    assert_int_equal(linnet_calls_q_block_init(here.client->calls, here.memory, size, &(linnet_q_transmission){0}), 0);
    here.client->wire = watch;
    fill_pattern(here.body, BODY, 1);
    return 0;
}

static int close_client(void **state)
{
    (void)state;
    client_close(here.client);
    told_free(&here.into);
    free(here.memory);
    return 0;
}

#define Q_TEST(name) cmocka_unit_test_setup_teardown(name, open_client, close_client)

/* A response to the request sent last. */
typedef struct answer {
    linnet_type type;
    linnet_code code;
    bool has_block;
    linnet_block block; /* Q-Block2 */
    uint32_t size;      /* Size2 */
    const char *etag;
    int32_t format; /* 0: none */
    linnet_bytes payload;
    const linnet_bytes *token; /* NULL: that of the request */
} answer;

static void give(answer what)
{
    linnet_message request = client_last(here.client);
    uint8_t datagram[1200];
    linnet_writer writer;
    bool acknowledges = what.type == LINNET_ACK;

    linnet_writer_begin(&writer, datagram, sizeof datagram, what.type, what.code,
                        acknowledges ? request.id : ++here.client->next_id, what.token ? *what.token : request.token);
    if (what.etag)
        linnet_writer_option(&writer, LINNET_OPTION_ETAG, linnet_text(what.etag));
    if (what.format)
        linnet_writer_option_uint(&writer, LINNET_OPTION_CONTENT_FORMAT, (uint32_t)what.format);
    if (what.size)
        linnet_writer_option_uint(&writer, LINNET_OPTION_SIZE2, what.size);
    if (what.has_block)
        linnet_writer_option_uint(&writer, LINNET_OPTION_Q_BLOCK2, linnet_block_value(what.block));
    linnet_writer_payload(&writer, what.payload);
    assert_true(linnet_writer_end(&writer) > 0);
    client_receive(here.client, linnet_view(datagram, (size_t)linnet_writer_end(&writer)));
}

#define GIVE(...) give((answer){__VA_ARGS__})

static void ask(linnet_code method, size_t size)
{
    linnet_call_request request = {.code = method, .q_block = true, .block_size = SIZE};

    request.payload = linnet_view(here.body, size);
    assert_int_equal(client_ask(here.client, request, false, &here.into), 0);
}

/* The server shows that it knows the options. */
static void show_support(void)
{
    assert_int_equal(client_last(here.client).type, LINNET_CON);
    assert_int_equal(client_last(here.client).code, LINNET_GET);
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT, .has_block = true, .block = {.more = true}, .size = 100,
         .etag = "x", .payload = linnet_view(here.body, SIZE));
    client_run(here.client, here.client->now + 2000);
    here.asked = 0;
}

/* Block `number` of `body`. */
static void give_block(uint32_t number, const char *etag)
{
    bool more = (number + 1u) * SIZE < BODY;

    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {number, more, 0}, .size = BODY,
         .etag = etag, .payload = linnet_view(here.body + number * SIZE, SIZE));
}

static void give_missing(const char *list, size_t size)
{
    GIVE(.type = LINNET_NON, .code = LINNET_REQUEST_ENTITY_INCOMPLETE, .format = MISSING_BLOCKS,
         .payload = linnet_view((const uint8_t *)list, size));
}

static unsigned sent_in_all(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < 64; i++)
        sum += here.sent[i];
    return sum;
}

static void a_server_that_refuses_is_asked_once_and_never_again(void **state)
{
    told second = {0};

    (void)state;
    ask(LINNET_GET, 0);
    GIVE(.type = LINNET_ACK, .code = LINNET_BAD_OPTION);
    assert_int_equal(client_last(here.client).type, LINNET_CON);
    assert_int_equal(client_uint(here.client, LINNET_OPTION_Q_BLOCK2), ABSENT);
    assert_block(here.client, LINNET_OPTION_BLOCK2, "0/0/16");
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT, .payload = linnet_text("small"));
    assert_int_equal(here.into.error, 0);
    assert_int_equal(here.asked, 1);
    client_ask(here.client, (linnet_call_request){.code = LINNET_GET, .q_block = true}, false, &second);
    assert_int_equal(here.asked, 1);
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT, .payload = linnet_text("small"));
    assert_int_equal(second.finals, 1);
    told_free(&second);
}

/* libcoap 4.3.1 repeats the option in its 4.02; node-coap does not look at it. */
static void nothing_but_a_success_with_the_option_shows_that_a_server_knows_it(void **state)
{
    (void)state;
    ask(LINNET_PUT, BODY);
    GIVE(.type = LINNET_ACK, .code = LINNET_BAD_OPTION, .has_block = true);
    assert_block(here.client, LINNET_OPTION_BLOCK1, "0/1/16");
    assert_int_equal(sent_in_all(), 0);
}

static void an_answer_that_does_not_look_at_the_option_is_no_proof(void **state)
{
    (void)state;
    ask(LINNET_PUT, BODY);
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT, .payload = linnet_text("</a>"));
    assert_block(here.client, LINNET_OPTION_BLOCK1, "0/1/16");
    assert_int_equal(sent_in_all(), 0);
}

static void a_body_goes_set_by_set_and_a_continue_spares_the_pause(void **state)
{
    (void)state;
    ask(LINNET_PUT, BODY);
    show_support();
    assert_int_equal(sent_in_all(), 10);
    client_run(here.client, here.client->now + 1 * SECOND);
    assert_int_equal(sent_in_all(), 10);
    GIVE(.type = LINNET_NON, .code = LINNET_CONTINUE);
    assert_int_equal(sent_in_all(), 20);
    client_run(here.client, here.client->now + 3 * SECOND + 5000); /* NON_TIMEOUT_RANDOM */
    assert_int_equal(sent_in_all(), 25);
    GIVE(.type = LINNET_NON, .code = LINNET_CHANGED);
    assert_int_equal(here.into.code, LINNET_CHANGED);
    for (unsigned i = 0; i < 25; i++)
        assert_int_equal(here.sent[i], 1);
}

static void what_is_missing_goes_again_and_nothing_else(void **state)
{
    (void)state;
    ask(LINNET_PUT, BODY);
    show_support();
    give_missing("\x01\x01\x09", 3); /* "MUST ignore any duplicates" */
    assert_int_equal(sent_in_all(), 12);
    assert_int_equal(here.sent[1], 2);
    assert_int_equal(here.sent[9], 2);
    give_missing("\x09\x01", 2); /* not ascending: dropped */
    give_missing("\x61", 1);     /* no number */
    assert_int_equal(sent_in_all(), 12);
    give_missing("\x12", 1); /* was not sent yet: the next set */
    assert_int_equal(sent_in_all(), 22);
    give_missing("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 13); /* no more than a set */
    assert_int_equal(sent_in_all(), 32);
}

static void without_a_word_the_last_block_goes_again_and_in_the_end_it_is_given_up(void **state)
{
    (void)state;
    ask(LINNET_PUT, 5 * SIZE);
    show_support();
    assert_int_equal(sent_in_all(), 5);
    client_run(here.client, here.client->now + 61 * SECOND);
    assert_int_equal(here.sent[4], 5); /* after 4, 8, 16 and 32 seconds */
    assert_int_equal(here.into.finals, 0);
    client_run(here.client, here.client->now + 70 * SECOND);
    assert_int_equal(here.into.error, LINNET_ETIMEOUT);
}

static void blocks_in_any_order_make_the_body(void **state)
{
    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    for (uint32_t i = 10; i-- > 0;) {
        give_block(i, "x");
        give_block(i, "x");
    }
    assert_int_equal(here.asked, 1); /* 'Continue' */
    assert_int_equal(here.last_asked, 10);
    for (uint32_t i = 10; i < 20; i++)
        give_block(i, "x");
    assert_int_equal(here.last_asked, 20);
    for (uint32_t i = 20; i < 25; i++)
        give_block(i, "x");
    assert_int_equal(here.into.finals, 1);
    assert_int_equal(here.into.size, BODY);
    assert_memory_equal(here.into.payload, here.body, BODY);
}

static void missing_blocks_are_asked_for_in_one_request_after_the_time(void **state)
{
    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    for (uint32_t i = 0; i < 9; i++)
        if (i != 1 && i != 4)
            give_block(i, "x");
    client_run(here.client, here.client->now + 4 * SECOND - 5000);
    assert_int_equal(here.asked, 0);
    client_run(here.client, here.client->now + 10000);
    assert_int_equal(here.asked, 1);
    assert_int_equal(here.last_asked, 1);
    assert_int_equal(here.last_count, 3); /* 1, 4, 9 */
    client_run(here.client, here.client->now + 130 * SECOND);
    assert_int_equal(here.asked, 4); /* NON_MAX_RETRANSMIT */
    assert_int_equal(here.into.error, LINNET_ETIMEOUT);
}

/* 7.2: "Upon receipt of a payload from the new MAX_PAYLOADS_SET, the client SHOULD send a request indicating any
 * missing payloads from any previous MAX_PAYLOADS_SET". */
static void a_later_set_makes_missing_blocks_be_asked_for_at_once(void **state)
{
    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    for (uint32_t i = 1; i < 10; i++)
        give_block(i, "x");
    assert_int_equal(here.asked, 0);
    give_block(12, "x");
    assert_int_equal(here.asked, 1);
    assert_int_equal(here.last_asked, 0);
    assert_int_equal(here.last_count, 1);
}

static void another_etag_starts_the_body_again_but_not_for_ever(void **state)
{
    static const char *const etags[] = {"a", "b", "c", "d", "e", "f"};

    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    for (unsigned i = 0; i < 5; i++)
        give_block(i, etags[i]);
    assert_int_equal(here.into.finals, 0);
    give_block(5, etags[5]);
    assert_int_equal(here.into.error, LINNET_ECHANGED);
}

static void what_cannot_be_a_block_of_the_body_is_ignored(void **state)
{
    uint8_t foreign[8] = {1, 2, 3, 4, 5, 0, 0, 1};
    linnet_bytes token = linnet_view(foreign, sizeof foreign);

    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    for (uint32_t i = 0; i < 3; i++)
        give_block(i, "x");
    /* too short; another size of the whole; past the end; larger than asked for; another's token */
    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {3, true, 0}, .size = BODY,
         .etag = "x", .payload = linnet_view(here.body, 15));
    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {3, true, 0}, .size = BODY + 1,
         .etag = "x", .payload = linnet_view(here.body, SIZE));
    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {25, false, 0}, .size = BODY,
         .etag = "x", .payload = linnet_view(here.body, SIZE));
    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {1, true, 1}, .size = BODY,
         .etag = "x", .payload = linnet_view(here.body, 32));
    GIVE(.type = LINNET_NON, .code = LINNET_CONTENT, .has_block = true, .block = {3, true, 0}, .size = BODY,
         .etag = "x", .payload = linnet_view(here.body, SIZE), .token = &token);
    for (uint32_t i = 3; i < 25; i++)
        give_block(i, "x");
    assert_int_equal(here.into.finals, 1);
    assert_memory_equal(here.into.payload, here.body, BODY);
}

static void a_body_above_the_limit_fails_by_its_size_alone(void **state)
{
    linnet_call_request request = {.code = LINNET_GET, .q_block = true, .block_size = SIZE, .max_body_size = BODY - 1};

    (void)state;
    assert_int_equal(client_ask(here.client, request, false, &here.into), 0);
    show_support();
    give_block(0, "x");
    assert_int_equal(here.into.error, LINNET_ETOOBIG);
}

static void without_memory_the_call_goes_by_block1_or_fails(void **state)
{
    (void)state;
    here.client->no_memory = true;
    ask(LINNET_GET, 0);
    assert_int_equal(here.asked, 0);
    assert_block(here.client, LINNET_OPTION_BLOCK2, "0/0/16");
    here.client->no_memory = false;
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT);
    told_free(&here.into);
    here.into = (told){0};
    ask(LINNET_GET, 0);
    show_support();
    here.client->no_memory = true;
    give_block(0, "x");
    assert_int_equal(here.into.error, LINNET_ENOMEM);
    here.client->no_memory = false;
}

/* Wherever the user cancels, there is one end and no memory left, which client_close() checks. */
static void a_call_can_be_cancelled_at_any_time(void **state)
{
    (void)state;
    for (unsigned when = 0; when < 4; when++) {
        told_free(&here.into);
        here.into = (told){0};
        ask(when == 3 ? LINNET_PUT : LINNET_GET, when == 3 ? BODY : 0);
        if (when == 1)
            show_support();
        client_run(here.client, here.client->now + 2000);
        if (when == 2)
            give_block(3, "x");
        assert_int_equal(linnet_calls_cancel(here.client->calls, here.client->now, here.into.call, LINNET_ECANCELLED),
                         0);
        assert_int_equal(here.into.error, LINNET_ECANCELLED);
        assert_int_equal(here.into.finals, 1);
    }
}

static void reset_what_was_sent_last(void)
{
    linnet_message request = client_last(here.client);
    uint8_t datagram[4] = {0x70, 0, (uint8_t)(request.id >> 8), (uint8_t)request.id};

    client_receive(here.client, linnet_view(datagram, sizeof datagram));
}

/* 4.3: "a Reset message may be sent in case of a Non-confirmable request", by a server that does not support it. */
static void a_reset_sends_the_call_by_block_and_ends_it_once_it_has_begun_to_come(void **state)
{
    (void)state;
    ask(LINNET_GET, 0);
    show_support();
    reset_what_was_sent_last();
    assert_int_equal(here.into.finals, 0);
    assert_int_equal(client_last(here.client).type, LINNET_CON);
    assert_block(here.client, LINNET_OPTION_BLOCK2, "0/0/16");
    reset_what_was_sent_last();
    assert_int_equal(here.into.error, LINNET_ERESET);
    told_free(&here.into);
    here.into = (told){0};
    ask(LINNET_GET, 0);
    show_support();
    give_block(0, "x");
    client_run(here.client, here.client->now + 4 * SECOND + 10000);
    assert_int_equal(here.asked, 1);
    reset_what_was_sent_last();
    assert_int_equal(here.into.error, LINNET_ERESET);
}

static void what_the_network_reports_ends_the_call_at_once(void **state)
{
    static const linnet_path path = {
        .peer = {.ip = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}, .port = 5683}};
    uint8_t first[4] = {0};
    uint16_t id;

    (void)state;
    for (unsigned when = 0; when < 3; when++) {
        told_free(&here.into);
        here.into = (told){0};
        ask(when == 0 ? LINNET_GET : LINNET_PUT, when == 0 ? 0 : BODY);
        if (when == 0)
            show_support();
        client_run(here.client, here.client->now + (when == 2 ? 4 * SECOND : 2000)); /* two sets */
        memcpy(first, here.client->sent, sizeof first);
        id = (uint16_t)((first[2] << 8 | first[3]) - (when > 0 ? 9 : 0)); /* the first of a set */
        first[2] = (uint8_t)(id >> 8);
        first[3] = (uint8_t)id;
        linnet_endpoint_unreachable(here.client->endpoint, here.client->now, &path, linnet_view(first, sizeof first),
                                    LINNET_EREFUSED);
        assert_int_equal(here.into.finals, 1);
        assert_int_equal(here.into.error, LINNET_EREFUSED);
    }
}

/* RFC 9177 4.1: the option is critical; a response that has it and should not is rejected. */
static void a_response_by_q_block_that_nobody_asked_for_is_rejected(void **state)
{
    (void)state;
    assert_int_equal(client_ask(here.client, (linnet_call_request){.code = LINNET_GET}, false, &here.into), 0);
    GIVE(.type = LINNET_ACK, .code = LINNET_CONTENT, .has_block = true, .block = {0, true, 0}, .size = BODY,
         .payload = linnet_view(here.body, SIZE));
    assert_int_equal(here.into.error, LINNET_EOPTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        Q_TEST(a_server_that_refuses_is_asked_once_and_never_again),
        Q_TEST(nothing_but_a_success_with_the_option_shows_that_a_server_knows_it),
        Q_TEST(an_answer_that_does_not_look_at_the_option_is_no_proof),
        Q_TEST(a_body_goes_set_by_set_and_a_continue_spares_the_pause),
        Q_TEST(what_is_missing_goes_again_and_nothing_else),
        Q_TEST(without_a_word_the_last_block_goes_again_and_in_the_end_it_is_given_up),
        Q_TEST(blocks_in_any_order_make_the_body),
        Q_TEST(missing_blocks_are_asked_for_in_one_request_after_the_time),
        Q_TEST(a_later_set_makes_missing_blocks_be_asked_for_at_once),
        Q_TEST(another_etag_starts_the_body_again_but_not_for_ever),
        Q_TEST(what_cannot_be_a_block_of_the_body_is_ignored),
        Q_TEST(a_body_above_the_limit_fails_by_its_size_alone),
        Q_TEST(without_memory_the_call_goes_by_block1_or_fails),
        Q_TEST(a_call_can_be_cancelled_at_any_time),
        Q_TEST(a_reset_sends_the_call_by_block_and_ends_it_once_it_has_begun_to_come),
        Q_TEST(what_the_network_reports_ends_the_call_at_once),
        Q_TEST(a_response_by_q_block_that_nobody_asked_for_is_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
