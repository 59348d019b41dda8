/* A server and a client in one thread, over the loopback. */
#include "net_support.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void say_world(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "world");
}

static void echo(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)context;
    linnet_reply_payload(reply, linnet_request_content_format(request), linnet_request_payload(request));
}

static void count(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)reply;
    ++*(size_t *)context;
}

void net_pair_open(net_pair *pair, const linnet_client_config *config)
{
    *pair = (net_pair){0};
    assert_int_equal(linnet_server_open(&pair->server, "coap://127.0.0.1:0"), 0);
    assert_int_equal(linnet_client_open(&pair->client, config), 0);
    linnet_resource_config hello = {.get = say_world}, post = {.post = echo};
    linnet_resource_config counter = {.get = count, .context = &pair->counted};
    assert_int_equal(linnet_server_add(pair->server, "hello", &hello), 0);
    assert_int_equal(linnet_server_add(pair->server, "echo", &post), 0);
    assert_int_equal(linnet_server_add(pair->server, "count", &counter), 0);
}

void net_pair_close(net_pair *pair)
{
    linnet_client_close(pair->client);
    linnet_server_close(pair->server);
}

uint16_t net_port(const linnet_server *server)
{
    linnet_address address;
    assert_int_equal(linnet_server_address(server, 0, &address), 0);
    return address.port;
}

const char *net_uri(net_pair *pair, const char *path)
{
    char *text = pair->uri[pair->turn++ % 2];
    snprintf(text, sizeof pair->uri[0], "coap://127.0.0.1:%u/%s", (unsigned)net_port(pair->server), path);
    return text;
}

static int milliseconds_until(uint64_t deadline, int most)
{
    uint64_t now = linnet_clock();
    if (deadline == UINT64_MAX)
        return most;
    uint64_t left = deadline > now ? (deadline - now + 999) / 1000 : 0;
    return left < (uint64_t)most ? (int)left : most;
}

void net_turn(net_pair *pair, int milliseconds)
{
    struct pollfd both[2] = {{.fd = linnet_server_descriptor(pair->server), .events = POLLIN},
                             {.fd = linnet_client_descriptor(pair->client), .events = POLLIN}};
    milliseconds = milliseconds_until(linnet_server_deadline(pair->server), milliseconds);
    milliseconds = milliseconds_until(linnet_client_deadline(pair->client), milliseconds);
    assert_true(poll(both, 2, milliseconds) >= 0);
    assert_int_equal(linnet_server_process(pair->server), 0);
    assert_int_equal(linnet_client_process(pair->client), 0);
}

void net_run(net_pair *pair)
{
    while (linnet_client_pending(pair->client) > 0)
        net_turn(pair, 1000);
}

void net_on_response(const linnet_response *response, void *context)
{
    net_result *result = context;
    linnet_bytes payload = response->message.payload;
    assert_true(payload.size < sizeof result->payload);
    result->calls++;
    result->error = response->error;
    result->code = response->message.code;
    result->type = response->message.type;
    result->path = response->path;
    result->size = payload.size;
    if (payload.size > 0)
        memcpy(result->payload, payload.data, payload.size);
    result->payload[payload.size] = '\0';
}

linnet_client_request net_get(const char *uri, net_result *result)
{
    *result = (net_result){0};
    return (linnet_client_request){.method = LINNET_GET, .uri = uri, .on_response = net_on_response, .context = result};
}

int net_open_silent(uint16_t *port)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (struct sockaddr *)&name, size), 0);
    assert_int_equal(getsockname(descriptor, (struct sockaddr *)&name, &size), 0);
    *port = ntohs(name.sin_port);
    return descriptor;
}

uint16_t net_refused_port(void)
{
    uint16_t port;
    close(net_open_silent(&port));
    return port;
}
