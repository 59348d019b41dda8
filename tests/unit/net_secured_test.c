/* Servers and clients over coaps://: requests as over coap://, who asked, and what goes wrong. */
#include "net_support.h"

#include "net/client.h"

#include <stdio.h>
#include <unistd.h>

static linnet_credentials psk(const char *identity, const char *key)
{
    return (linnet_credentials){.identity = linnet_text(identity), .psk = linnet_text(key)};
}

typedef struct secured_pair {
    net_pair pair;
    char uri[64];
    char plain_uri[64];
} secured_pair;

static void who(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_identity peer = linnet_request_peer(request);
    char text[64];
    (void)context;
    snprintf(text, sizeof text, "%d:%.*s", (int)peer.security, LINNET_PRINTF(peer.name));
    linnet_reply_text(reply, text);
}

static void echo(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    linnet_reply_payload(reply, 42, linnet_request_payload(request));
}

static void open_pair(secured_pair *self, const linnet_credentials *server, const linnet_credentials *client)
{
    linnet_server_config config = {.address = "coap://127.0.0.1:0", .credentials = server};
    linnet_client_config settings = {.credentials = client};
    linnet_resource_config whose = {.get = who, .secured_only = true, .observable = true};
    linnet_resource_config back = {.post = echo};
    linnet_address address;
    *self = (secured_pair){0};
    assert_int_equal(linnet_server_open_with(&self->pair.server, &config), 0);
    assert_int_equal(linnet_server_bind(self->pair.server, "coaps://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_add(self->pair.server, "who", &whose), 0);
    assert_int_equal(linnet_server_add(self->pair.server, "echo", &back), 0);
    assert_int_equal(linnet_client_open(&self->pair.client, &settings), 0);
    assert_int_equal(linnet_server_address(self->pair.server, 0, &address), 0);
    assert_false(linnet_server_is_secured(self->pair.server, 0));
    snprintf(self->plain_uri, sizeof self->plain_uri, "coap://127.0.0.1:%u", address.port);
    assert_int_equal(linnet_server_address(self->pair.server, 1, &address), 0);
    assert_true(linnet_server_is_secured(self->pair.server, 1));
    snprintf(self->uri, sizeof self->uri, "coaps://127.0.0.1:%u", address.port);
}

static net_result ask_with(secured_pair *self, const char *base, const char *path, linnet_client_request request)
{
    net_result result = {0};
    char uri[200];
    snprintf(uri, sizeof uri, "%s%s", base, path);
    request.uri = uri;
    request.on_response = net_on_response;
    request.context = &result;
    if (request.method == LINNET_EMPTY)
        request.method = LINNET_GET;
    int error = linnet_client_send(self->pair.client, &request, NULL);
    if (error != 0) {
        result.error = error;
        return result;
    }
    net_run(&self->pair);
    assert_int_equal(result.calls, 1);
    return result;
}

static net_result ask(secured_pair *self, const char *base, const char *path)
{
    return ask_with(self, base, path, (linnet_client_request){0});
}

static void a_request_over_coaps_tells_who_asked(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    net_result result;
    (void)state;
    open_pair(&self, &both, &both);
    for (int i = 0; i < 3; i++) {
        result = ask(&self, self.uri, "/who");
        assert_int_equal(result.error, 0);
        assert_int_equal(result.code, LINNET_CONTENT);
        assert_string_equal(result.payload, "2:password");
        assert_true(result.path.peer.session != 0);
    }
    net_pair_close(&self.pair);
}

static void what_is_for_secured_requests_only_is_not_given_to_others(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    (void)state;
    open_pair(&self, &both, &both);
    assert_int_equal(ask(&self, self.plain_uri, "/who").code, LINNET_UNAUTHORIZED);
    assert_int_equal(ask(&self, self.uri, "/who").code, LINNET_CONTENT);
    net_pair_close(&self.pair);
}

static void plain_coap_at_the_secured_port_is_not_answered(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    char uri[300];
    (void)state;
    open_pair(&self, &both, &both);
    snprintf(uri, sizeof uri, "coap%s", self.uri + strlen("coaps"));
    net_result result = ask_with(&self, uri, "/who", (linnet_client_request){.timeout_ms = 100});
    assert_int_equal(result.error, LINNET_ETIMEOUT);
    net_pair_close(&self.pair);
}

static void another_key_is_an_error_of_its_own(void **state)
{
    linnet_credentials right = psk("password", "sesame"), wrong = psk("password", "wrong"),
                       stranger = psk("stranger", "sesame");
    secured_pair self;
    (void)state;
    open_pair(&self, &right, &wrong);
    assert_int_equal(ask(&self, self.uri, "/who").error, LINNET_EKEY);
    assert_int_equal(ask_with(&self, self.uri, "/who", (linnet_client_request){.credentials = &stranger}).error,
                     LINNET_EIDENTITY);
    assert_int_equal(ask_with(&self, self.uri, "/who", (linnet_client_request){.credentials = &right}).error, 0);
    net_pair_close(&self.pair);
}

/* Each has its own session, from a port of its own: to the server they are different endpoints. */
static void requests_with_other_credentials_have_other_sessions(void **state)
{
    linnet_credentials server = psk(NULL, "sesame"), one = psk("one", "sesame"), two = psk("two", "sesame");
    secured_pair self;
    (void)state;
    open_pair(&self, &server, NULL);
    for (int i = 0; i < 2; i++) {
        net_result first = ask_with(&self, self.uri, "/who", (linnet_client_request){.credentials = &one});
        net_result second = ask_with(&self, self.uri, "/who", (linnet_client_request){.credentials = &two});
        assert_string_equal(first.payload, "2:one");
        assert_string_equal(second.payload, "2:two");
    }
    net_pair_close(&self.pair);
}

static void without_credentials_there_is_no_coaps(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    net_pair plain;
    (void)state;
    open_pair(&self, &both, NULL);
    assert_int_equal(ask(&self, self.uri, "/who").error, LINNET_ECREDENTIALS);
    net_pair_close(&self.pair);
    net_pair_open(&plain, NULL);
    assert_int_equal(linnet_server_bind(plain.server, "coaps://127.0.0.1:0"), LINNET_ECREDENTIALS);
    net_pair_close(&plain);
}

static void a_large_body_goes_in_blocks_as_over_coap(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    static uint8_t body[1900];
    secured_pair self;
    (void)state;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)('a' + i % 26);
    open_pair(&self, &both, &both);
    net_result result =
        ask_with(&self, self.uri, "/echo",
                 (linnet_client_request){.method = LINNET_POST, .payload = linnet_view(body, sizeof body)});
    assert_int_equal(result.error, 0);
    assert_int_equal(result.size, sizeof body);
    assert_memory_equal(result.payload, body, sizeof body);
    net_pair_close(&self.pair);
}

static void many_requests_share_one_session(void **state)
{
    enum { MANY = 500 };
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    net_result result = {0};
    char uri[200];
    (void)state;
    open_pair(&self, &both, &both);
    snprintf(uri, sizeof uri, "%s/who", self.uri);
    for (int i = 0; i < MANY; i++) {
        linnet_client_request request = net_get(uri, &result);
        request.transmission.nstart = 8;
        assert_int_equal(linnet_client_send(self.pair.client, &request, NULL), 0);
    }
    result.calls = 0;
    net_run(&self.pair);
    assert_int_equal(result.calls, MANY);
    assert_int_equal(result.code, LINNET_CONTENT);
    net_pair_close(&self.pair);
}

static void a_server_that_is_not_there_refuses(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    char uri[300];
    (void)state;
    open_pair(&self, &both, &both);
    snprintf(uri, sizeof uri, "coaps://127.0.0.1:%u", (unsigned)net_refused_port());
    assert_int_equal(ask(&self, uri, "/who").error, LINNET_EREFUSED);
    net_pair_close(&self.pair);
}

static void a_request_gives_up_in_its_time_while_the_session_is_set_up(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    uint16_t port;
    char uri[300];
    (void)state;
    int silent = net_open_silent(&port);
    open_pair(&self, &both, &both);
    snprintf(uri, sizeof uri, "coaps://127.0.0.1:%u", (unsigned)port);
    net_result result = ask_with(&self, uri, "/who", (linnet_client_request){.timeout_ms = 50});
    assert_int_equal(result.error, LINNET_ETIMEOUT);
    net_pair_close(&self.pair);
    close(silent);
}

/* The server takes leave; the next request sets up a session with the one that is there then. */
static void after_the_server_has_closed_a_new_session_is_made(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    char address[64];
    linnet_resource_config whose = {.get = who};
    (void)state;
    open_pair(&self, &both, &both);
    assert_int_equal(ask(&self, self.uri, "/who").error, 0);
    linnet_server_close(self.pair.server);
    linnet_server_config config = {.credentials = &both};
    assert_int_equal(linnet_server_open_with(&self.pair.server, &config), 0);
    snprintf(address, sizeof address, "%s", self.uri);
    assert_int_equal(linnet_server_bind(self.pair.server, address), 0);
    assert_int_equal(linnet_server_add(self.pair.server, "who", &whose), 0);
    assert_int_equal(linnet_client_process(self.pair.client), 0);
    assert_int_equal(ask(&self, self.uri, "/who").error, 0);
    net_pair_close(&self.pair);
}

static void a_session_is_not_made_with_a_group(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    (void)state;
    open_pair(&self, &both, &both);
    assert_int_equal(ask_with(&self, "coaps://224.0.1.187", "/who", (linnet_client_request){.type = LINNET_NON}).error,
                     LINNET_EURI);
    net_pair_close(&self.pair);
}

/* Handshakes need larger datagrams than the messages that follow. */
static void messages_may_be_small(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    linnet_server_config config = {.credentials = &both, .limits.message_size = 128};
    linnet_client_config settings = {.credentials = &both, .limits.message_size = 128};
    linnet_resource_config whose = {.get = who};
    secured_pair self = {0};
    linnet_address address;
    (void)state;
    assert_int_equal(linnet_server_open_with(&self.pair.server, &config), 0);
    assert_int_equal(linnet_server_bind(self.pair.server, "coaps://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_add(self.pair.server, "who", &whose), 0);
    assert_int_equal(linnet_client_open(&self.pair.client, &settings), 0);
    assert_int_equal(linnet_server_address(self.pair.server, 0, &address), 0);
    snprintf(self.uri, sizeof self.uri, "coaps://127.0.0.1:%u", address.port);
    assert_string_equal(ask(&self, self.uri, "/who").payload, "2:password");
    net_pair_close(&self.pair);
}

static void on_notification(const linnet_response *response, void *context)
{
    (*(unsigned *)context) += response->error == 0 && response->message.payload.size > 0;
}

/* The server says goodbye; the observation is asked for again over a new session, with the server that is there then.
 */
static void an_observation_goes_on_by_a_new_session(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    linnet_resource_config whose = {.get = who, .observable = true};
    linnet_server_config config = {.credentials = &both};
    secured_pair self;
    unsigned notified = 0;
    char uri[200];
    (void)state;
    open_pair(&self, &both, &both);
    snprintf(uri, sizeof uri, "%s/who", self.uri);
    linnet_client_request request = {
        .method = LINNET_GET, .uri = uri, .observe = true, .on_response = on_notification, .context = &notified};
    assert_int_equal(linnet_client_send(self.pair.client, &request, NULL), 0);
    while (notified < 1)
        net_turn(&self.pair, 100);
    linnet_server_close(self.pair.server);
    assert_int_equal(linnet_server_open_with(&self.pair.server, &config), 0);
    assert_int_equal(linnet_server_bind(self.pair.server, self.uri), 0);
    assert_int_equal(linnet_server_add(self.pair.server, "who", &whose), 0);
    while (notified < 2)
        net_turn(&self.pair, 100);
    linnet_resource_changed(linnet_server_find(self.pair.server, "who"));
    while (notified < 3)
        net_turn(&self.pair, 100);
    assert_int_equal(linnet_resource_observers(linnet_server_find(self.pair.server, "who")), 1);
    net_pair_close(&self.pair);
}

typedef struct watched {
    unsigned notified;
    int error; /* of its end; 1: it goes on */
} watched;

static void on_watched(const linnet_response *response, void *context)
{
    watched *self = context;
    if (response->more)
        self->notified++;
    else
        self->error = response->error;
}

/* Lets the client alone work until its observation has given up for now, and returns how long it is to rest. */
static uint64_t wait_until_it_rests(linnet_client *client)
{
    const linnet_waiter *head = &client->tunnels.resting;
    while (head->next == head)
        assert_int_equal(linnet_client_turn(client, linnet_clock() + 10000), 0);
    return head->next->deadline - linnet_clock();
}

/* The time is over at once. */
static void end_rest(linnet_client *client) { client->tunnels.resting.next->deadline = client->tunnels.deadline = 0; }

static void restart_server(secured_pair *self, const linnet_credentials *credentials)
{
    linnet_resource_config whose = {.get = who, .observable = true};
    linnet_server_config config = {.credentials = credentials};
    assert_int_equal(linnet_server_open_with(&self->pair.server, &config), 0);
    assert_int_equal(linnet_server_bind(self->pair.server, self->uri), 0);
    assert_int_equal(linnet_server_add(self->pair.server, "who", &whose), 0);
}

static void observe_who(secured_pair *self, watched *notes)
{
    char uri[200];
    snprintf(uri, sizeof uri, "%s/who", self->uri);
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = uri,
                                     .observe = true,
                                     .timeout_ms = 2000, /* for the first answer alone */
                                     .on_response = on_watched,
                                     .context = notes};
    assert_int_equal(linnet_client_send(self->pair.client, &request, NULL), 0);
    while (notes->notified < 1)
        net_turn(&self->pair, 100);
}

/* A new session is tried for at once, and where nobody is there, again and again: in 5 to 15 seconds, then twice that.
 */
static void an_observation_outlives_a_server_that_is_away(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    watched notes = {.error = 1};
    (void)state;
    open_pair(&self, &both, &both);
    observe_who(&self, &notes);
    linnet_server_close(self.pair.server);
    for (unsigned i = 0; i < 8; i++) {
        uint64_t rest = wait_until_it_rests(self.pair.client), least = UINT64_C(5000000) << (i < 5 ? i : 5);
        assert_in_range(rest, least - 1000000, 3 * least);
        assert_int_equal(notes.error, 1);
        end_rest(self.pair.client);
        assert_int_equal(linnet_client_turn(self.pair.client, 0), 0);
    }
    (void)wait_until_it_rests(self.pair.client);
    restart_server(&self, &both);
    end_rest(self.pair.client);
    while (notes.notified < 2)
        net_turn(&self.pair, 100);
    linnet_resource_changed(linnet_server_find(self.pair.server, "who"));
    while (notes.notified < 3)
        net_turn(&self.pair, 100);
    linnet_server_close(self.pair.server); /* and from the beginning */
    assert_in_range(wait_until_it_rests(self.pair.client), 4000000, 15000000);
    restart_server(&self, &both);
    net_pair_close(&self.pair); /* while it rests */
    assert_int_equal(notes.error, LINNET_ECLOSED);
}

static void an_observation_ends_where_its_key_is_not_taken_any_more(void **state)
{
    linnet_credentials both = psk("password", "sesame"), other = psk("password", "open");
    secured_pair self;
    watched notes = {.error = 1};
    (void)state;
    open_pair(&self, &both, &both);
    observe_who(&self, &notes);
    linnet_server_close(self.pair.server);
    (void)wait_until_it_rests(self.pair.client);
    restart_server(&self, &other);
    end_rest(self.pair.client);
    net_run(&self.pair);
    assert_int_equal(notes.error, LINNET_EKEY);
    net_pair_close(&self.pair);
}

static void an_observation_that_rests_can_be_cancelled(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    watched notes = {.error = 1};
    (void)state;
    open_pair(&self, &both, &both);
    observe_who(&self, &notes);
    linnet_server_close(self.pair.server);
    (void)wait_until_it_rests(self.pair.client);
    linnet_entry *entry = (linnet_entry *)(void *)self.pair.client->tunnels.resting.next;
    assert_int_equal(linnet_client_cancel(self.pair.client, linnet_entry_exchange(entry)), 0);
    assert_int_equal(notes.error, LINNET_ECANCELLED);
    assert_int_equal(linnet_client_pending(self.pair.client), 0);
    restart_server(&self, &both);
    net_pair_close(&self.pair);
}

static void on_named_notification(const linnet_response *response, void *context)
{
    char *last = context;
    snprintf(last, 32, "%.*s", LINNET_PRINTF(response->message.payload));
}

/* A representation that depends on who asks is given to nobody else, in notifications neither. */
static void observers_are_each_told_what_is_theirs(void **state)
{
    linnet_credentials server = psk(NULL, "sesame"), one = psk("one", "sesame"), two = psk("two", "sesame");
    secured_pair self;
    char uri[200], heard[2][32] = {"", ""};
    (void)state;
    open_pair(&self, &server, NULL);
    snprintf(uri, sizeof uri, "%s/who", self.uri);
    for (int i = 0; i < 2; i++) {
        linnet_client_request request = {.method = LINNET_GET,
                                         .uri = uri,
                                         .observe = true,
                                         .credentials = i == 0 ? &one : &two,
                                         .on_response = on_named_notification,
                                         .context = heard[i]};
        assert_int_equal(linnet_client_send(self.pair.client, &request, NULL), 0);
    }
    for (int round = 0; round < 3; round++) {
        while (!*heard[0] || !*heard[1])
            net_turn(&self.pair, 100);
        assert_string_equal(heard[0], "2:one");
        assert_string_equal(heard[1], "2:two");
        *heard[0] = *heard[1] = 0;
        linnet_resource_changed(linnet_server_find(self.pair.server, "who"));
    }
    assert_int_equal(linnet_resource_observers(linnet_server_find(self.pair.server, "who")), 2);
    net_pair_close(&self.pair);
}

static void loss_is_made_good(void **state)
{
    linnet_credentials both = psk("password", "sesame");
    secured_pair self;
    /* A flight goes six times at most: with 15 % one handshake in 700 would come to nothing. */
    linnet_client_config settings = {.credentials = &both, .loss_percent = 7};
    (void)state;
    open_pair(&self, &both, NULL);
    linnet_client_close(self.pair.client);
    assert_int_equal(linnet_client_open(&self.pair.client, &settings), 0);
    for (int i = 0; i < 20; i++) {
        linnet_client_request request = {.transmission.ack_timeout_ms = 20, .transmission.max_retransmit = 10};
        assert_int_equal(ask_with(&self, self.uri, "/who", request).error, 0);
    }
    net_pair_close(&self.pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_over_coaps_tells_who_asked),
        cmocka_unit_test(what_is_for_secured_requests_only_is_not_given_to_others),
        cmocka_unit_test(plain_coap_at_the_secured_port_is_not_answered),
        cmocka_unit_test(another_key_is_an_error_of_its_own),
        cmocka_unit_test(requests_with_other_credentials_have_other_sessions),
        cmocka_unit_test(without_credentials_there_is_no_coaps),
        cmocka_unit_test(a_large_body_goes_in_blocks_as_over_coap),
        cmocka_unit_test(many_requests_share_one_session),
        LINUX_TEST(a_server_that_is_not_there_refuses),
        cmocka_unit_test(a_request_gives_up_in_its_time_while_the_session_is_set_up),
        cmocka_unit_test(after_the_server_has_closed_a_new_session_is_made),
        cmocka_unit_test(a_session_is_not_made_with_a_group),
        cmocka_unit_test(messages_may_be_small),
        cmocka_unit_test(an_observation_goes_on_by_a_new_session),
        LINUX_TEST(an_observation_outlives_a_server_that_is_away),
        LINUX_TEST(an_observation_ends_where_its_key_is_not_taken_any_more),
        LINUX_TEST(an_observation_that_rests_can_be_cancelled),
        cmocka_unit_test(observers_are_each_told_what_is_theirs),
        cmocka_unit_test(loss_is_made_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
