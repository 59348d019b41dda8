/* Observation over a network that loses, doubles, delays and reorders: whoever is still in the list of observers has
 * the final value in the end, however much is lost. The clients are small models that keep RFC 7641's rules. A failure
 * names its seed; LINNET_SEED replays it alone; with LINNET_SEEDS it is the first one. */
#include "engine/observers.h"
#include "unit/observe_support.h"

#include <stdio.h>
#include <stdlib.h>

#define CLIENTS 24u
#define CHANGES 150
#define FLIGHTS 4096u
#define DELAY_MOST (SECOND / 2)
#define SILENCE (60 * SECOND) /* RFC 7641 3.3.1: Max-Age, and what a client adds to it, are over */

typedef struct client {
    uint32_t value;
    uint32_t observe; /* of the freshest notification */
    uint64_t when;    /* it came */
    bool knows;       /* it has a value at all */
    bool registered;
    uint16_t request_id;
    uint64_t ask_again;
} client;

/* A datagram on its way. */
typedef struct flight {
    uint64_t arrives; /* 0: the place is free */
    bool to_server;
    unsigned client;
    size_t size;
    uint8_t octets[128];
} flight;

static client clients[CLIENTS];
static flight flights[FLIGHTS];
static uint32_t value, random_state;
static bool registering; /* clients register again when they have not heard for long */
static unsigned loss;
static struct linnet_resource resource;

static uint32_t dice(uint32_t sides)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(random_state >> 4) * sides >> 28);
}

static void get_value(linnet_request *asked, linnet_reply *reply, void *context)
{
    (void)asked, (void)context;
    linnet_reply_payload(reply, LINNET_OCTET_STREAM, linnet_view(&value, sizeof value));
}

static void launch(bool to_server, unsigned number, const void *octets, size_t size)
{
    for (unsigned copies = dice(10) == 0 ? 2 : 1; copies > 0; copies--) {
        size_t i = 0;
        if (dice(100) < loss)
            continue;
        while (i < FLIGHTS && flights[i].arrives)
            i++;
        assert_true(i < FLIGHTS && size <= sizeof flights[i].octets);
        flights[i] = (flight){server.now + 1 + dice(DELAY_MOST), to_server, number, size, {0}};
        memcpy(flights[i].octets, octets, size);
    }
}

static void on_send(const sent_message *sent)
{
    size_t size = (size_t)(sent->message.payload.data + sent->message.payload.size - sent->octets);

    if (sent->message.payload.size == 0)
        size = LINNET_MESSAGE_HEADER_SIZE + sent->message.token.size + sent->message.options.size;
    launch(false, sent->path.peer.port - 40000u, sent->octets, size);
}

static linnet_path path_of(unsigned number)
{
    linnet_path path = {.peer = {.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}}};

    path.peer.port = (uint16_t)(40000 + number);
    return path;
}

/* The same registration until it is answered. */
static void ask(unsigned number)
{
    client *self = &clients[number];
    uint8_t datagram[64];
    linnet_writer writer;

    linnet_writer_begin(&writer, datagram, sizeof datagram, LINNET_CON, LINNET_GET, self->request_id,
                        linnet_view(&number, sizeof number));
    linnet_writer_option_uint(&writer, LINNET_OPTION_OBSERVE, 0);
    linnet_writer_option(&writer, LINNET_OPTION_URI_PATH, linnet_text("r"));
    launch(true, number, datagram, (size_t)linnet_writer_end(&writer));
    self->ask_again = server.now + 3 * SECOND;
}

/* RFC 7641 3.4. */
static bool is_fresher(const client *self, uint32_t observe)
{
    return !self->knows || (self->observe < observe && observe - self->observe < 1u << 23) ||
           (self->observe > observe && self->observe - observe > 1u << 23) || server.now > self->when + 128 * SECOND;
}

static void take(client *self, const flight *arrived)
{
    linnet_message message;
    linnet_bytes option;
    uint32_t observe;

    assert_int_equal(linnet_message_parse(&message, linnet_view(arrived->octets, arrived->size)), 0);
    if (message.type == LINNET_CON) {
        uint8_t ack[4] = {1u << 6 | LINNET_ACK << 4, 0, (uint8_t)(message.id >> 8), (uint8_t)message.id};
        launch(true, arrived->client, ack, sizeof ack);
    }
    assert_true(linnet_option_get(message.options, LINNET_OPTION_OBSERVE, 0, &option));
    self->registered = true;
    self->ask_again = server.now + SILENCE;
    observe = linnet_option_uint(option);
    if (!is_fresher(self, observe))
        return;
    assert_int_equal(message.payload.size, sizeof self->value);
    memcpy(&self->value, message.payload.data, sizeof self->value);
    self->observe = observe;
    self->when = server.now;
    self->knows = true;
}

static void arrive(flight *arrived)
{
    flight copy = *arrived;
    linnet_path path = path_of(copy.client);

    arrived->arrives = 0;
    if (copy.to_server)
        linnet_endpoint_receive(server.endpoint, server.now, &path, linnet_view(copy.octets, copy.size));
    else
        take(&clients[copy.client], &copy);
}

static flight *next_flight(void)
{
    flight *next = NULL;

    for (size_t i = 0; i < FLIGHTS; i++)
        if (flights[i].arrives && (!next || flights[i].arrives < next->arrives))
            next = &flights[i];
    return next;
}

static bool is_asking(const client *self) { return registering || !self->registered; }

static void ask_where_due(void)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        if (!is_asking(&clients[i]) || clients[i].ask_again > server.now)
            continue;
        clients[i].request_id = (uint16_t)(clients[i].request_id + clients[i].registered);
        clients[i].registered = false;
        ask(i);
    }
}

static uint64_t next_asking(void)
{
    uint64_t next = UINT64_MAX;

    for (unsigned i = 0; i < CLIENTS; i++)
        if (is_asking(&clients[i]) && clients[i].ask_again < next)
            next = clients[i].ask_again;
    return next;
}

static void simulate(uint64_t until)
{
    for (;;) {
        flight *next = next_flight();
        uint64_t asking = next_asking();
        uint64_t due = linnet_endpoint_deadline(server.endpoint);
        if (next && next->arrives < due)
            due = next->arrives;
        if (asking < due)
            due = asking;
        if (due > until)
            break;
        server.now = due > server.now ? due : server.now;
        if (next && next->arrives <= server.now)
            arrive(next);
        ask_where_due();
        linnet_endpoint_advance(server.endpoint, server.now);
    }
    server.now = until;
}

static void check(uint32_t seed)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        linnet_path path = path_of(i);
        const linnet_observer *observer = linnet_observers_by_token(server.observers, &path, linnet_view(&i, sizeof i));
        if (!observer || is_asking(&clients[i])) /* no answer yet: the client knows that it may be stale */
            continue;
        if (clients[i].value != value)
            fail_msg("seed %u, loss %u: client %u has %u, not %u", seed, loss, i, clients[i].value, value);
    }
}

/* Returns how many were still registered when the last change was told. */
static size_t run(uint32_t seed, unsigned percent, uint32_t confirm_every, uint64_t settle)
{
    static linnet_resource_config config;
    size_t left;

    config = (linnet_resource_config){.get = get_value, .observable = true, .confirm_every = confirm_every};
    open_server((linnet_limits){.observers = 32, .exchanges = 64});
    server.on_send = on_send;
    memset(&resource, 0, sizeof resource);
    assert_int_equal(linnet_site_add(&server.site, &resource, "r", &config), 0);
    memset(flights, 0, sizeof flights);
    random_state = seed;
    loss = percent;
    registering = true;
    for (unsigned i = 0; i < CLIENTS; i++)
        clients[i] = (client){.request_id = (uint16_t)(1000 * i)};
    for (int i = 0; i < CHANGES; i++) {
        value++;
        linnet_resource_changed(&resource);
        simulate(server.now + dice(12 * SECOND));
    }
    left = linnet_resource_observers(&resource);
    registering = false;
    simulate(server.now + settle);
    check(seed);
    close_server();
    return left;
}

static void every_observer_reaches_the_final_value(uint32_t confirm_every, uint64_t settle)
{
    static const unsigned losses[] = {0, 5, 20, 50, 80, 95};
    const char *given = getenv("LINNET_SEED");
    uint32_t first = given ? (uint32_t)strtoull(given, NULL, 10) : 1;
    uint32_t seeds = given && !getenv("LINNET_SEEDS") ? 1 : 8;

    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        size_t left = 0;
        for (uint32_t seed = first; seed != first + seeds; seed++)
            left += run(seed, losses[i], confirm_every, settle);
        printf("loss %2u %%: %zu of %u still observe\n", losses[i], left, seeds * CLIENTS);
        if (losses[i] == 0)
            assert_int_equal(left, seeds * CLIENTS);
    }
}

static void confirmable_notifications_bring_the_final_value_within_their_retransmissions(void **state)
{
    (void)state;
    every_observer_reaches_the_final_value(1, 300 * SECOND);
}

static void mixed_notifications_bring_the_final_value_within_a_day(void **state)
{
    (void)state;
    every_observer_reaches_the_final_value(20, 25 * HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirmable_notifications_bring_the_final_value_within_their_retransmissions),
        cmocka_unit_test(mixed_notifications_bring_the_final_value_within_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
