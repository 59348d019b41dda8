/* Calls to a group: one request, the answers of many (RFC 7252 section 8). */
#include "unit/client_support.h"

#define MOST 16
#define LARGE 400

typedef struct answer {
    int error;
    bool more;
    linnet_code code;
    uint8_t from; /* the last octet of its address */
    size_t size;
    uint8_t payload[LARGE];
} answer;

typedef struct asking {
    test_client *client;
    linnet_call call;
    answer answers[MOST];
    unsigned count;
    unsigned parts;  /* calls of on_block */
    unsigned cancel; /* the call is cancelled in its answer of this number; 0: it is not */
    bool cancel_in_block;
} asking;

static void on_response(const linnet_response *response, void *context)
{
    asking *self = context;
    answer *heard = &self->answers[self->count++];

    assert_true(self->count < MOST);
    heard->error = response->error;
    heard->more = response->more;
    heard->code = response->message.code;
    heard->from = response->path.peer.ip[15];
    heard->size = response->message.payload.size;
    assert_true(heard->size <= LARGE);
    if (heard->size > 0)
        memcpy(heard->payload, response->message.payload.data, heard->size);
    if (self->count == self->cancel)
        assert_int_equal(linnet_calls_cancel(self->client->calls, self->client->now, self->call, LINNET_ECANCELLED), 0);
}

static int on_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    asking *self = context;

    (void)response, (void)offset, (void)octets;
    self->parts++;
    if (self->cancel_in_block)
        assert_int_equal(linnet_calls_cancel(self->client->calls, self->client->now, self->call, LINNET_ECANCELLED), 0);
    return 0;
}

static const linnet_call_request get = {.code = LINNET_GET, .type = LINNET_NON};

static int ask(asking *self, linnet_call_request request)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 224, 0, 1, 187}, .port = 5683}};

    request.on_response = on_response;
    request.context = self;
    return linnet_calls_send(self->client->calls, self->client->now, &path, &request, &self->call);
}

static asking *open_asking(const linnet_limits *limits)
{
    asking *self = calloc(1, sizeof *self);

    self->client = client_open(limits);
    return self;
}

static void close_asking(asking *self)
{
    client_close(self->client);
    free(self);
}

/* An answer of 192.0.2.`from` with the token that the group was asked with: kept in `token` by asked(). */
static linnet_message asked(asking *self, uint8_t token[LINNET_TOKEN_MAX])
{
    linnet_message message = client_last(self->client);

    memcpy(token, message.token.data, message.token.size);
    message.token.data = token;
    return message;
}

static void answer_from(asking *self, uint8_t from, const linnet_message *to, linnet_type type, linnet_code code,
                        uint32_t block2, linnet_bytes payload)
{
    linnet_path path = {.peer = {.ip = {[10] = 0xff, 0xff, 192, 0, 2, from}, .port = 5683}};
    uint8_t datagram[600];
    linnet_writer writer;

    linnet_writer_begin(&writer, datagram, sizeof datagram, type, code,
                        type == LINNET_ACK ? to->id : self->client->next_id++, to->token);
    if (code == LINNET_UNAUTHORIZED)
        linnet_writer_option(&writer, LINNET_OPTION_ECHO, linnet_text("prove"));
    else if (block2 != ABSENT)
        linnet_writer_option(&writer, LINNET_OPTION_ETAG, linnet_view(&from, 1));
    if (block2 != ABSENT)
        linnet_writer_option_uint(&writer, LINNET_OPTION_BLOCK2, block2);
    linnet_writer_payload(&writer, payload);
    linnet_endpoint_receive(self->client->endpoint, self->client->now, &path,
                            linnet_view(datagram, (size_t)linnet_writer_end(&writer)));
}

static uint32_t block2(uint32_t number, bool more)
{
    return linnet_block_value((linnet_block){.number = number, .more = more, .szx = 2});
}

static void each_answer_is_given_and_the_end_is_the_time_out(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX];

    (void)state;
    assert_int_equal(ask(self, get), 0);
    linnet_message request = asked(self, token);
    assert_int_equal(request.type, LINNET_NON);
    for (uint8_t from = 1; from <= 3; from++)
        answer_from(self, from, &request, LINNET_NON, LINNET_CONTENT, ABSENT, linnet_text("here"));
    answer_from(self, 2, &request, LINNET_NON, LINNET_CONTENT, ABSENT, linnet_text("again"));
    assert_int_equal(self->count, 3);
    for (uint8_t i = 0; i < 3; i++) {
        assert_true(self->answers[i].more);
        assert_int_equal(self->answers[i].error, 0);
        assert_int_equal(self->answers[i].from, i + 1);
        assert_memory_equal(self->answers[i].payload, "here", 4);
    }
    assert_int_equal(self->client->sent_count, 1);
    client_run(self->client, self->client->now + 11 * SECOND);
    assert_int_equal(self->count, 4);
    assert_int_equal(self->answers[3].error, LINNET_ETIMEOUT);
    assert_false(self->answers[3].more);
    assert_int_equal(self->answers[3].code, LINNET_CONTENT); /* somebody was there */
    assert_int_equal(linnet_calls_pending(self->client->calls), 0);
    close_asking(self);
}

static void what_comes_in_blocks_is_fetched_from_each_by_unicast(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX], tokens[2][LINNET_TOKEN_MAX], body[2][100];
    linnet_message next[2];

    (void)state;
    fill_pattern(body[0], 100, 1);
    fill_pattern(body[1], 100, 2);
    assert_int_equal(ask(self, get), 0);
    linnet_message request = asked(self, token);
    for (uint8_t i = 0; i < 2; i++) {
        answer_from(self, i, &request, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body[i], 64));
        assert_block(self->client, LINNET_OPTION_BLOCK2, "1/0/64");
        next[i] = asked(self, tokens[i]);
        assert_int_equal(next[i].type, LINNET_CON);
    }
    assert_int_equal(self->count, 0);
    answer_from(self, 1, &next[1], LINNET_ACK, LINNET_CONTENT, block2(1, false), linnet_view(body[1] + 64, 36));
    answer_from(self, 0, &next[0], LINNET_ACK, LINNET_CONTENT, block2(1, false), linnet_view(body[0] + 64, 36));
    assert_int_equal(self->count, 2);
    for (uint8_t i = 0; i < 2; i++) {
        const answer *heard = &self->answers[i];
        assert_true(heard->more);
        assert_int_equal(heard->size, 100);
        assert_int_equal(heard->from, !i);
        assert_memory_equal(heard->payload, body[!i], 100);
    }
    client_run(self->client, self->client->now + 11 * SECOND);
    assert_int_equal(self->count, 3);
    close_asking(self);
}

static void the_end_comes_after_the_last_body(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX], own[LINNET_TOKEN_MAX], body[100];

    (void)state;
    fill_pattern(body, 100, 1);
    assert_int_equal(ask(self, get), 0);
    linnet_message request = asked(self, token);
    client_run(self->client, self->client->now + 9 * SECOND);
    answer_from(self, 1, &request, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body, 64));
    linnet_message next = asked(self, own);
    client_run(self->client, self->client->now + 2 * SECOND);
    assert_int_equal(self->count, 0);
    assert_int_equal(linnet_calls_pending(self->client->calls), 2);
    answer_from(self, 1, &next, LINNET_ACK, LINNET_CONTENT, block2(1, false), linnet_view(body + 64, 36));
    assert_int_equal(self->count, 2);
    assert_int_equal(self->answers[0].size, 100);
    assert_int_equal(self->answers[1].error, LINNET_ETIMEOUT);
    close_asking(self);
}

static void a_member_that_goes_away_in_mid_transfer_is_told_as_an_error(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX], body[64] = {0};

    (void)state;
    assert_int_equal(ask(self, get), 0);
    linnet_message request = asked(self, token);
    answer_from(self, 9, &request, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body, 64));
    client_run(self->client, self->client->now + 300 * SECOND);
    assert_int_equal(self->count, 2);
    assert_true(self->answers[0].more);
    assert_int_equal(self->answers[0].error, LINNET_ETIMEOUT);
    assert_int_equal(self->answers[0].from, 9);
    assert_false(self->answers[1].more);
    close_asking(self);
}

static void a_member_that_wants_proof_is_asked_again_by_unicast(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX], own[LINNET_TOKEN_MAX];
    linnet_bytes echo;

    (void)state;
    assert_int_equal(ask(self, get), 0);
    linnet_message request = asked(self, token);
    answer_from(self, 1, &request, LINNET_NON, LINNET_UNAUTHORIZED, ABSENT, linnet_text(NULL));
    assert_int_equal(self->count, 0);
    linnet_message next = asked(self, own);
    assert_true(linnet_option_get(next.options, LINNET_OPTION_ECHO, 0, &echo));
    answer_from(self, 1, &next, LINNET_ACK, LINNET_CONTENT, ABSENT, linnet_text("fresh"));
    assert_int_equal(self->count, 1);
    assert_int_equal(self->answers[0].code, LINNET_CONTENT);
    assert_true(self->answers[0].more);
    client_run(self->client, self->client->now + 11 * SECOND);
    assert_int_equal(self->count, 2);
    close_asking(self);
}

static void a_group_call_may_be_cancelled_at_any_time(void **state)
{
    uint8_t token[LINNET_TOKEN_MAX], body[64] = {0};

    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        asking *self = open_asking(NULL);
        linnet_call_request request = get;
        self->cancel = how == 1;
        self->cancel_in_block = how == 2;
        request.on_block = how == 2 ? on_block : NULL;
        assert_int_equal(ask(self, request), 0);
        linnet_message sent = asked(self, token);
        answer_from(self, 1, &sent, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body, 64));
        if (how == 0)
            assert_int_equal(linnet_calls_cancel(self->client->calls, self->client->now, self->call, LINNET_ECANCELLED),
                             0);
        else if (how == 1) /* while the other is still being fetched */
            answer_from(self, 2, &sent, LINNET_NON, LINNET_CONTENT, ABSENT, linnet_text("short"));
        assert_int_equal(linnet_calls_pending(self->client->calls), how == 3 ? 2 : 0);
        assert_int_equal(self->count, how == 3 ? 0 : how == 1 ? 2 : 1);
        close_asking(self); /* of the last one ends what is open */
    }
}

static void a_sink_is_given_all_of_each_member(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t token[LINNET_TOKEN_MAX], own[LINNET_TOKEN_MAX], body[64] = {0};
    linnet_call_request request = get;

    (void)state;
    request.on_block = on_block;
    assert_int_equal(ask(self, request), 0);
    linnet_message sent = asked(self, token);
    answer_from(self, 1, &sent, LINNET_NON, LINNET_CONTENT, ABSENT, linnet_text("short"));
    assert_int_equal(self->parts, 1);
    assert_int_equal(self->count, 1);
    answer_from(self, 2, &sent, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body, 64));
    linnet_message next = asked(self, own);
    answer_from(self, 2, &next, LINNET_ACK, LINNET_CONTENT, block2(1, false), linnet_view(body, 10));
    assert_int_equal(self->parts, 3);
    assert_int_equal(self->count, 2);
    assert_int_equal(self->answers[1].size, 0);
    close_asking(self);
}

static void without_memory_short_answers_are_given_all_the_same(void **state)
{
    asking *self = open_asking(&(linnet_limits){.exchanges = 1});
    uint8_t token[LINNET_TOKEN_MAX], body[64] = {0};

    (void)state;
    assert_int_equal(ask(self, get), 0);
    linnet_message sent = asked(self, token);
    answer_from(self, 1, &sent, LINNET_NON, LINNET_CONTENT, ABSENT, linnet_text("short"));
    answer_from(self, 2, &sent, LINNET_NON, LINNET_CONTENT, block2(0, true), linnet_view(body, 64));
    assert_int_equal(self->count, 2);
    assert_int_equal(self->answers[0].error, 0);
    assert_int_equal(self->answers[1].error, LINNET_EBUSY); /* the first part of it is there */
    assert_int_equal(self->answers[1].size, 64);
    close_asking(self);
}

static void what_cannot_be_asked_of_a_group_is_refused(void **state)
{
    asking *self = open_asking(NULL);
    uint8_t body[2000] = {0};
    linnet_call_request request = get;

    (void)state;
    request.type = LINNET_CON;
    assert_int_equal(ask(self, request), LINNET_EINVAL);
    request = get;
    request.observe = true;
    assert_int_equal(ask(self, request), LINNET_EINVAL);
    request = get;
    request.offset = 1024;
    assert_int_equal(ask(self, request), LINNET_EINVAL);
    request = get;
    request.options = linnet_view((const uint8_t[]){0x41, 'x'}, 2); /* an ETag (RFC 7252 8.2.1) */
    assert_int_equal(ask(self, request), LINNET_EINVAL);
    request = (linnet_call_request){.code = LINNET_PUT, .type = LINNET_NON, .payload = linnet_view(body, 2000)};
    assert_int_equal(ask(self, request), LINNET_ETOOBIG);
    assert_int_equal(self->client->sent_count, 0);
    close_asking(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_given_and_the_end_is_the_time_out),
        cmocka_unit_test(what_comes_in_blocks_is_fetched_from_each_by_unicast),
        cmocka_unit_test(the_end_comes_after_the_last_body),
        cmocka_unit_test(a_member_that_goes_away_in_mid_transfer_is_told_as_an_error),
        cmocka_unit_test(a_member_that_wants_proof_is_asked_again_by_unicast),
        cmocka_unit_test(a_group_call_may_be_cancelled_at_any_time),
        cmocka_unit_test(a_sink_is_given_all_of_each_member),
        cmocka_unit_test(without_memory_short_answers_are_given_all_the_same),
        cmocka_unit_test(what_cannot_be_asked_of_a_group_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
