/* From a URI and what the user wants with it to a request; and taking one back. */
#include "net/client.h"

#include <linnet/error.h>
#include <linnet/uri.h>

static int insert(linnet_client *client, size_t *size, uint16_t number, linnet_bytes value)
{
    int error = linnet_options_insert(client->scratch, size, client->scratch_size, number, value);
    return error == LINNET_ENOSPC ? LINNET_ETOOBIG : error;
}

static int insert_uint(linnet_client *client, size_t *size, uint16_t number, uint32_t value)
{
    uint8_t octets[4];
    size_t length = linnet_option_from_uint(value, octets);
    return insert(client, size, number, linnet_view(octets, length));
}

/* The URI's options come in order; the others are woven in. */
static int write_options(linnet_client *client, const linnet_uri *uri, const linnet_client_request *request,
                         linnet_bytes *options)
{
    linnet_writer writer;
    linnet_writer_begin_options(&writer, client->scratch, client->scratch_size);
    linnet_uri_write_options(uri, !request->no_uri_host, &writer);
    int error = linnet_writer_end(&writer);
    if (error < 0)
        return error == LINNET_ENOSPC ? LINNET_ETOOBIG : error;
    size_t size = (size_t)error;
    error = 0;
    if ((request->payload.size > 0 || request->read_body) && !request->no_content_format)
        error = insert_uint(client, &size, LINNET_OPTION_CONTENT_FORMAT, request->content_format);
    if (error == 0 && request->has_accept)
        error = insert_uint(client, &size, LINNET_OPTION_ACCEPT, request->accept);
    for (size_t i = 0; error == 0 && i < request->option_count; i++)
        error = insert(client, &size, request->options[i].number, request->options[i].value);
    *options = linnet_view(client->scratch, size);
    return error;
}

static int read_uri(linnet_uri *uri, const char *text)
{
    if (!text)
        return LINNET_EINVAL;
    int error = linnet_uri_parse(uri, linnet_text(text));
    return error == 0 && uri->scheme != LINNET_COAP && uri->scheme != LINNET_COAPS ? LINNET_ESCHEME : error;
}

static int compose(linnet_client *client, uint64_t now, const linnet_uri *uri, const linnet_client_request *request,
                   linnet_call_request *call)
{
    *call = (linnet_call_request){
        .code = request->method,
        .type = request->type,
        .has_token = request->has_token,
        .token = request->has_token ? request->token : linnet_text(NULL),
        .short_token = request->short_token,
        .has_id = request->has_message_id,
        .id = request->message_id,
        .payload = request->payload,
        .transmission = request->transmission,
        .deadline = request->timeout_ms ? now + request->timeout_ms * UINT64_C(1000) : 0,
        .busy_until = request->busy_wait_ms ? now + request->busy_wait_ms * UINT64_C(1000) : 0,
        .block_size = request->block_size,
        .body_size = request->body_size,
        .offset = request->offset,
        .max_body_size = request->max_body_size,
        .observe = request->observe,
        .q_block = request->q_block,
        .no_response = request->no_response,
        .no_response_wait =
            (request->no_response_wait_ms ? request->no_response_wait_ms : LINNET_NO_RESPONSE_WAIT_MS) * UINT64_C(1000),
    };
    if (request->type != LINNET_CON && request->type != LINNET_NON)
        return LINNET_EINVAL;
    /* A ping asks for nothing, so the URI's path is of no use to it. */
    return request->method == LINNET_EMPTY ? 0 : write_options(client, uri, request, &call->options);
}

int linnet_client_send(linnet_client *client, const linnet_client_request *request, linnet_exchange *exchange)
{
    linnet_uri uri;
    linnet_call_request call;
    uint64_t now = linnet_clock();
    int error = client->closing ? LINNET_ECLOSED : read_uri(&uri, request->uri);
    if (error == 0)
        error = compose(client, now, &uri, request, &call);
    if (error != 0)
        return error;
    linnet_destination to = {0};
    if (uri.scheme == LINNET_COAPS) {
        error = linnet_tunnels_choose(&client->tunnels, request->credentials, &to);
        if (error != 0)
            return error;
    }
    linnet_entry *entry = linnet_entry_take(client);
    if (!entry)
        return LINNET_ENOMEM;
    entry->keyring = to.keyring;
    entry->print = to.print;
    if (entry->keyring)
        linnet_keyring_hold(entry->keyring);
    entry->on_response = request->on_response;
    entry->on_block = request->on_block;
    entry->read_body = request->read_body;
    entry->on_wait = request->on_wait;
    entry->context = request->context;
    entry->ping = request->method == LINNET_EMPTY;
    entry->observe = request->observe;
    error = linnet_entry_send_to(entry, now, &uri, &call);
    if (error != 0)
        linnet_entry_give(entry);
    else if (exchange)
        *exchange = linnet_entry_exchange(entry);
    return error;
}

int linnet_client_reserve_id(linnet_client *client, const linnet_address *peer, uint16_t *id)
{
    linnet_path path = {.peer = *peer};
    int error = linnet_endpoint_reserve_id(client->loop.endpoint, linnet_clock(), &path, id);
    return error == LINNET_EMESSAGEID ? LINNET_EBUSY : error;
}

int linnet_client_cancel(linnet_client *client, linnet_exchange exchange)
{
    linnet_entry *entry = linnet_entry_find(client, exchange);
    linnet_response cancelled = {.error = LINNET_ECANCELLED};
    if (!entry)
        return LINNET_ENOENT;
    if (entry->waiter.next) {
        linnet_resolver_forget(&entry->waiter);
        linnet_entry_end(entry, &cancelled);
        return 0;
    }
    return linnet_calls_cancel(client->calls, linnet_clock(), entry->inner, LINNET_ECANCELLED);
}
