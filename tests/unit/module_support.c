/* A module without a thread, turned by its test. */
#include "module_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ALL = 127, PATIENCE_MS = 5000 };

void module_world_open(module_world *world, const linnet_module_config *config)
{
    linnet_module_config settings = config ? *config : (linnet_module_config){0};
    int error = LINNET_EADDRESS;
    *world = (module_world){.peer = -1};
    settings.no_thread = true;
    settings.address = settings.address ? settings.address : "127.0.0.1";
    for (int tries = 0; tries < 20 && error == LINNET_EADDRESS; tries++) { /* the port may be taken in between */
        settings.port = world->port = net_refused_port();
        error = linnet_module_open(&world->module, &settings);
    }
    assert_int_equal(error, 0);
    assert_int_equal(linnet_client_open(&world->client, NULL), 0);
}

void module_world_close(module_world *world)
{
    linnet_client_close(world->client);
    linnet_module_close(world->module);
    linnet_module_session_release(world->session);
    if (world->peer >= 0)
        close(world->peer);
}

static module_event *next_event(module_world *world, uint16_t id, linnet_bytes token)
{
    module_event *event = &world->events[world->event_count < MODULE_EVENTS ? world->event_count : MODULE_EVENTS - 1];
    world->event_count++;
    *event = (module_event){.id = id, .token_size = token.size};
    memcpy(event->token, token.data, token.size);
    return event;
}

static void copy_payload(module_event *event, linnet_bytes payload)
{
    assert_true(payload.size < sizeof event->payload);
    event->size = payload.size;
    if (payload.size > 0)
        memcpy(event->payload, payload.data, payload.size);
    event->payload[payload.size] = '\0';
}

static void on_response(const linnet_module_response *response, void *context)
{
    module_event *event = next_event(context, response->id, response->token);
    event->code = response->code;
    event->type = response->type;
    event->notification = response->notification;
    copy_payload(event, response->payload);
}

static void on_failure(linnet_module_session *session, uint16_t id, linnet_bytes token, int reason, void *context)
{
    module_event *event = next_event(context, id, token);
    assert_non_null(session);
    event->failed = true;
    event->reason = reason;
}

void module_world_open_session(module_world *world)
{
    world->peer = net_open_silent(&world->peer_port);
    linnet_module_on_response(world->module, on_response, world);
    linnet_module_on_failure(world->module, on_failure, world);
    assert_int_equal(linnet_module_open_session(world->module, "127.0.0.1", world->peer_port, linnet_text(NULL), NULL,
                                                &world->session),
                     0);
}

static int milliseconds_until(uint64_t deadline, int most)
{
    uint64_t now = linnet_clock();
    if (deadline == UINT64_MAX)
        return most;
    uint64_t left = deadline > now ? (deadline - now + 999) / 1000 : 0;
    return left < (uint64_t)most ? (int)left : most;
}

void module_turn(module_world *world, int milliseconds)
{
    struct pollfd polled[] = {{.fd = linnet_module_descriptor(world->module), .events = POLLIN},
                              {.fd = linnet_client_descriptor(world->client), .events = POLLIN},
                              {.fd = world->peer, .events = POLLIN}};
    milliseconds = milliseconds_until(linnet_module_deadline(world->module), milliseconds);
    milliseconds = milliseconds_until(linnet_client_deadline(world->client), milliseconds);
    assert_true(poll(polled, 3, milliseconds) >= 0);
    assert_int_equal(linnet_module_process(world->module), 0);
    assert_int_equal(linnet_client_process(world->client), 0);
}

void module_on_answer(const linnet_response *response, void *context)
{
    module_world *world = context;
    module_event *answer = &world->answer;
    *answer = (module_event){.failed = response->error != 0,
                             .reason = response->error,
                             .code = (uint8_t)response->message.code,
                             .type = (uint8_t)response->message.type};
    copy_payload(answer, response->message.payload);
    world->options_size = response->message.options.size;
    assert_true(world->options_size <= sizeof world->options);
    if (world->options_size > 0)
        memcpy(world->options, response->message.options.data, world->options_size);
    world->answered = true;
}

linnet_code module_ask_server(module_world *world, const module_ask *asked)
{
    char uri[600];
    snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/%s", (unsigned)world->port, asked->path);
    linnet_bytes payload = linnet_text(asked->payload);
    payload.size = asked->size ? asked->size : payload.size;
    linnet_client_request request = {
        .method = asked->method,
        .uri = uri,
        .payload = payload,
        .no_content_format = !asked->typed,
        .content_format = asked->format,
        .options = asked->options,
        .option_count = asked->option_count,
        .on_response = module_on_answer,
        .context = world,
    };
    world->answered = false;
    assert_int_equal(linnet_client_send(world->client, &request, NULL), 0);
    while (!world->answered)
        module_turn(world, 1000);
    assert_int_equal(world->answer.reason, 0);
    return world->answer.code;
}

int64_t module_option(const module_world *world, uint16_t number)
{
    linnet_bytes value;
    if (!linnet_option_get(linnet_view(world->options, world->options_size), number, 0, &value))
        return -1;
    return linnet_option_uint(value);
}

bool module_peer_hears(module_world *world, int milliseconds)
{
    uint64_t until = linnet_clock() + (uint64_t)milliseconds * 1000;
    socklen_t from_size = sizeof world->last.from;
    do {
        ssize_t size = recvfrom(world->peer, world->last.octets, sizeof world->last.octets, MSG_DONTWAIT,
                                (struct sockaddr *)&world->last.from, &from_size);
        if (size >= 0) {
            world->last.size = (size_t)size;
            return true;
        }
        module_turn(world, 10);
    } while (linnet_clock() < until);
    return false;
}

void module_peer_receive(module_world *world) { assert_true(module_peer_hears(world, PATIENCE_MS)); }

void module_peer_send(module_world *world, const void *octets, size_t size)
{
    const struct sockaddr_in *to = &world->last.from;
    assert_int_equal(sendto(world->peer, octets, size, 0, (const struct sockaddr *)to, sizeof *to), size);
}

linnet_message module_peer_message(const module_world *world)
{
    linnet_message message;
    assert_int_equal(linnet_message_parse(&message, linnet_view(world->last.octets, world->last.size)), 0);
    return message;
}

uint16_t module_peer_id(const module_world *world) { return module_peer_message(world).id; }

void module_peer_answer(module_world *world, linnet_code code, const char *payload)
{
    uint8_t datagram[1200];
    linnet_message message = module_peer_message(world);
    linnet_writer writer;
    linnet_writer_begin(&writer, datagram, sizeof datagram, LINNET_ACK, code, message.id, message.token);
    linnet_writer_payload(&writer, linnet_text(payload));
    int size = linnet_writer_end(&writer);
    assert_true(size > 0);
    module_peer_send(world, datagram, (size_t)size);
}

void module_await(module_world *world, size_t count)
{
    uint64_t until = linnet_clock() + PATIENCE_MS * UINT64_C(1000);
    while (world->event_count < count) {
        assert_true(linnet_clock() < until);
        module_turn(world, 100);
    }
}

linnet_module_resource *module_add(module_world *world, const char *uri, const char *value, bool etag)
{
    linnet_module_resource *resource;
    assert_int_equal(linnet_module_add_resource(world->module, uri, LINNET_MODULE_UNSET, LINNET_MODULE_UNSET,
                                                linnet_text(value), etag, &resource),
                     0);
    assert_int_equal(linnet_module_resource_allow(resource, ALL, true), 0);
    return resource;
}

bool module_has_value(linnet_module_resource *resource, const char *text)
{
    char value[4096];
    size_t size;
    assert_int_equal(linnet_module_resource_value(resource, value, sizeof value, &size), 0);
    return size == strlen(text) && memcmp(value, text, size) == 0;
}

uint16_t module_send(module_world *world, linnet_module_request request)
{
    uint16_t id;
    assert_int_equal(linnet_module_send(world->session, &request, &id), 0);
    return id;
}
