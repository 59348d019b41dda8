/* Waiting for a response: the loop runs until it is there, and the response is copied, since its datagram goes. */
#include "net/client.h"

#include "net/octets.h"

#include <linnet/error.h>
#include <stdlib.h>

typedef struct call {
    const linnet_client_request *request; /* whose functions have their own context */
    linnet_response *response;
    bool over;
} call;

/* Gives the views of a message memory of their own. */
static void keep(linnet_response *response)
{
    linnet_message *message = &response->message;
    uint8_t *at = malloc(message->token.size + message->options.size + message->payload.size + 1);
    if (!at) {
        *response = (linnet_response){.error = LINNET_ENOMEM};
        return;
    }
    response->memory = at;
    message->token = linnet_octets_put(&at, message->token);
    message->options = linnet_octets_put(&at, message->options);
    message->payload = linnet_octets_put(&at, message->payload);
}

static void on_response(const linnet_response *response, void *context)
{
    call *waiting = context;
    if (waiting->over)
        return; /* a group's other answers */
    *waiting->response = *response;
    waiting->response->memory = NULL;
    waiting->response->more = false;
    if (response->error == 0)
        keep(waiting->response);
    else
        waiting->response->message = (linnet_message){0};
    waiting->over = true;
}

static int on_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    const linnet_client_request *request = ((call *)context)->request;
    return request->on_block(response, offset, octets, request->context);
}

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    const linnet_client_request *request = ((call *)context)->request;
    return request->read_body(request->context, offset, data, size, given);
}

static void on_wait(uint32_t seconds, void *context)
{
    const linnet_client_request *request = ((call *)context)->request;
    request->on_wait(seconds, request->context);
}

static int fail(linnet_response *response, int error)
{
    *response = (linnet_response){.error = error};
    return error;
}

int linnet_client_call(linnet_client *client, const linnet_client_request *request, linnet_response *response)
{
    call waiting = {.request = request, .response = response};
    linnet_client_request copy = *request;
    linnet_exchange exchange;
    copy.observe = false; /* there is one answer to wait for */
    copy.on_response = on_response;
    copy.on_block = request->on_block ? on_block : NULL;
    copy.read_body = request->read_body ? read_body : NULL;
    copy.on_wait = request->on_wait ? on_wait : NULL;
    copy.context = &waiting;
    int error = linnet_client_send(client, &copy, &exchange);
    if (error != 0)
        return fail(response, error);
    while (!waiting.over && error == 0) {
        error = linnet_client_turn(client, UINT64_MAX);
        if (!waiting.over && atomic_exchange(&client->stopped, false))
            linnet_client_cancel(client, exchange);
    }
    if (waiting.over)
        error = 0; /* it was there before the loop failed */
    linnet_client_cancel(client, exchange);
    return error == 0 ? response->error : fail(response, error);
}

void linnet_response_clear(linnet_response *response)
{
    free(response->memory);
    response->memory = NULL;
    response->message = (linnet_message){0};
}

int linnet_get(const char *uri, linnet_response *response)
{
    linnet_client *client;
    int error = linnet_client_open(&client, NULL);
    if (error != 0)
        return fail(response, error);
    error = linnet_client_call(client, &(linnet_client_request){.method = LINNET_GET, .uri = uri}, response);
    linnet_client_close(client);
    return error;
}
