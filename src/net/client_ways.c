/* Where a request goes: an address at once; a name after it was looked up; and the next address of that name when one
 * refuses or cannot be reached. */
#include "net/client.h"

#include "client/observation.h"
#include "net/address_system.h"
#include "net/octets.h"

#include <linnet/error.h>
#include <stdlib.h>

void linnet_entry_end(linnet_entry *entry, const linnet_response *response)
{
    linnet_response_handler *on_response = entry->on_response;
    void *context = entry->context;
    linnet_response copy = *response;
    /* "Provoking a Reset message [...] is also useful as an inexpensive check of the liveness of an endpoint ("CoAP
     * ping")" (RFC 7252 1.2). */
    if (entry->ping && copy.error == LINNET_ERESET)
        copy.error = 0;
    linnet_entry_give(entry); /* first, so that its number names nothing any more */
    if (on_response)
        on_response(&copy, context);
}

static void end_with(linnet_entry *entry, int error)
{
    linnet_response response = {.error = error};
    linnet_entry_end(entry, &response);
}

static void set_up(linnet_waiter *waiter, int error, const linnet_address *addresses, size_t count);

/* What was asked by it will not be answered. */
static void session_ended(linnet_waiter *rider, int error, const linnet_address *addresses, size_t count)
{
    linnet_entry *entry = LINNET_CONTAINER(rider, linnet_entry, rider);
    (void)addresses, (void)count;
    (void)linnet_calls_cancel(entry->client->calls, linnet_clock(), entry->inner, error);
}

/* LINNET_EURI: there is no session with a group (RFC 7252 9.1). Where there is none with the peer yet, the entry waits,
 * and what it is to send is in its parcel. */
static int send_secured(linnet_entry *entry, uint64_t now, const linnet_call_request *request,
                        const linnet_address *peer)
{
    linnet_destination to = {
        .peer = *peer, .keyring = entry->keyring, .print = entry->print, .name = entry->parcel->name};
    linnet_path path;
    if (linnet_address_is_multicast(peer))
        return LINNET_EURI;
    entry->waiter.done = set_up;
    entry->waiter.deadline = request->deadline ? request->deadline : UINT64_MAX;
    int found = linnet_tunnels_ask(&entry->client->tunnels, now, &to, &entry->waiter, &path);
    if (found <= 0)
        return found;
    entry->session = path.peer.session;
    entry->rider.done = session_ended;
    int error = linnet_calls_send(entry->client->calls, now, &path, request, &entry->inner);
    if (error == 0)
        linnet_tunnels_ride(&entry->client->tunnels, entry->session, &entry->rider);
    return error;
}

static int send_now(linnet_entry *entry, uint64_t now, const linnet_call_request *request, const linnet_address *peer)
{
    linnet_path path = {.peer = *peer};
    if (linnet_address_is_multicast(peer) && path.peer.scope == 0)
        path.peer.scope = entry->client->multicast_interface;
    /* The kernel would choose some interface, and the answer would come from an address with another scope. */
    if (linnet_ip_is_link_local(peer->ip) && peer->scope == 0)
        return LINNET_EURI;
    if (entry->keyring)
        return send_secured(entry, now, request, peer);
    return linnet_calls_send(entry->client->calls, now, &path, request, &entry->inner);
}

/* Sends to the next address that takes it; LINNET_ENOENT when there is none left, or the last error. */
static int try_next(linnet_entry *entry)
{
    linnet_parcel *parcel = entry->parcel;
    int error = LINNET_ENOENT;
    while (parcel->next < parcel->count) {
        linnet_address *peer = &parcel->addresses[parcel->next++];
        peer->port = parcel->port;
        error = send_now(entry, linnet_clock(), &parcel->request, peer);
        if (error == 0)
            break;
    }
    return error;
}

/* Whether another address may do better. */
static bool is_of_address(int error)
{
    return error == LINNET_EREFUSED || error == LINNET_ENETWORK || error == LINNET_ETIMEOUT;
}

static bool goes_on(linnet_entry *entry, int error);

/* The session that the entry waited for is there, or it is not. */
static void set_up(linnet_waiter *waiter, int error, const linnet_address *addresses, size_t count)
{
    linnet_entry *entry = (linnet_entry *)(void *)waiter; /* its first member */
    linnet_parcel *parcel = entry->parcel;
    (void)addresses, (void)count;
    if (error == 0)
        error = send_now(entry, linnet_clock(), &parcel->request, &parcel->addresses[parcel->next - 1]);
    else if (is_of_address(error) && !entry->client->closing && try_next(entry) == 0)
        error = 0;
    if (error != 0 && !goes_on(entry, error))
        end_with(entry, error);
}

/* All from the beginning: to the first address, by a session that is there or a new one. */
static int register_again(linnet_entry *entry)
{
    entry->parcel->next = 0;
    if (entry->notified)
        entry->parcel->request.deadline = 0; /* it was for the first answer */
    return try_next(entry);
}

/* It has rested, or the client closes. */
static void rested(linnet_waiter *waiter, int error, const linnet_address *addresses, size_t count)
{
    linnet_entry *entry = (linnet_entry *)(void *)waiter; /* its first member */
    (void)addresses, (void)count;
    if (!entry->client->closing)
        error = register_again(entry);
    if (error != 0 && !goes_on(entry, error))
        end_with(entry, error);
}

/* As over coap://: 5 to 15 seconds, then twice that and so on. */
static void rest(linnet_entry *entry)
{
    enum { MOST_DOUBLINGS = 5 };
    uint32_t dice;
    linnet_random_fill(&entry->client->loop.random, &dice, sizeof dice);
    entry->waiter.done = rested;
    entry->waiter.deadline = linnet_clock() + (linnet_observation_slack(dice) << entry->failures);
    if (entry->failures < MOST_DOUBLINGS)
        entry->failures++;
    linnet_tunnels_rest(&entry->client->tunnels, &entry->waiter);
}

/* What a server looks like that is away for a while, or is being started again; keys that do not fit look else. */
static bool may_pass(int error)
{
    return error == LINNET_ECLOSED || error == LINNET_ETIMEOUT || error == LINNET_EREFUSED ||
           error == LINNET_ENETWORK || error == LINNET_ERESET || error == LINNET_EBUSY || error == LINNET_EHANDSHAKE;
}

/* An observation whose session is gone goes on by another one, at once; where there cannot be one now, it tries again
 * later, if it ever was one. */
static bool goes_on(linnet_entry *entry, int error)
{
    bool is_gone = error == LINNET_ECLOSED || error == LINNET_ETIMEOUT;
    if (!entry->observe || entry->client->closing || !may_pass(error))
        return false;
    if (is_gone && !entry->renewed) {
        entry->renewed = true;
        if (register_again(entry) == 0)
            return true;
    }
    if (!entry->notified)
        return false;
    rest(entry);
    return true;
}

/* What came of it says something of the session, too. */
static void judge_session(linnet_entry *entry, int error)
{
    if (error == LINNET_ETIMEOUT && entry->session != 0)
        linnet_tunnels_doubt(&entry->client->tunnels, entry->session);
    entry->session = 0;
}

/* Whether this address did not do, and nothing at all came from it. */
static bool is_unreachable(const linnet_response *response)
{
    return (response->error == LINNET_EREFUSED || response->error == LINNET_ENETWORK) &&
           response->message.code == LINNET_EMPTY;
}

static void on_response(const linnet_response *response, void *context)
{
    linnet_entry *entry = context;
    if (response->more) {
        entry->notified = true;
        entry->renewed = false;
        entry->failures = 0;
        if (entry->on_response)
            entry->on_response(response, entry->context);
        return;
    }
    if (entry->keyring) {
        linnet_resolver_forget(&entry->rider);
        judge_session(entry, response->error);
        if (!goes_on(entry, response->error))
            linnet_entry_end(entry, response);
        return;
    }
    if (!is_unreachable(response) || !entry->parcel || try_next(entry) != 0)
        linnet_entry_end(entry, response);
}

static int on_block(const linnet_response *response, uint64_t offset, linnet_bytes octets, void *context)
{
    linnet_entry *entry = context;
    return entry->on_block(response, offset, octets, entry->context);
}

static int read_body(void *context, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    linnet_entry *entry = context;
    return entry->read_body(entry->context, offset, data, size, given);
}

static void on_wait(uint32_t seconds, void *context)
{
    linnet_entry *entry = context;
    entry->on_wait(seconds, entry->context);
}

static void keep_addresses(linnet_parcel *parcel, const linnet_address *addresses, size_t count)
{
    memcpy(parcel->addresses, addresses, count * sizeof *addresses);
    parcel->count = count;
}

static void resolved(linnet_waiter *waiter, int error, const linnet_address *addresses, size_t count)
{
    linnet_entry *entry = (linnet_entry *)(void *)waiter; /* its first member */
    if (error == 0) {
        keep_addresses(entry->parcel, addresses, count);
        error = try_next(entry);
    }
    if (error != 0)
        end_with(entry, error);
}

/* `name` may be NULL. */
static linnet_parcel *pack(const linnet_call_request *request, uint16_t port, const char *name)
{
    size_t size = request->options.size + request->payload.size + request->token.size + (name ? strlen(name) + 1 : 0);
    linnet_parcel *parcel = malloc(sizeof *parcel + size);
    if (!parcel)
        return NULL;
    uint8_t *at = parcel->octets;
    *parcel = (linnet_parcel){.request = *request, .port = port};
    parcel->request.options = linnet_octets_put(&at, request->options);
    parcel->request.payload = linnet_octets_put(&at, request->payload);
    parcel->request.token = linnet_octets_put(&at, request->token);
    if (name)
        parcel->name = (const char *)linnet_octets_put(&at, linnet_view(name, strlen(name) + 1)).data;
    return parcel;
}

static int send_to_name(linnet_entry *entry, uint64_t now, const linnet_uri *uri, const linnet_call_request *request)
{
    char text[LINNET_NAME_MAX + 1];
    const linnet_name *known;
    if (!linnet_name_from_uri(text, uri))
        return LINNET_EURI;
    entry->waiter.done = resolved;
    entry->waiter.deadline = request->deadline ? request->deadline : now + LINNET_RESOLVE_LIMIT_MS * UINT64_C(1000);
    int found = linnet_resolver_ask(&entry->client->resolver, now, text, &entry->waiter, &known);
    if (found < 0)
        return found;
    if (found > 0 && known->count == 1 && !entry->keyring) {
        linnet_address peer = known->addresses[0];
        peer.port = uri->port;
        return send_now(entry, now, request, &peer);
    }
    entry->parcel = pack(request, uri->port, text);
    if (!entry->parcel) {
        linnet_resolver_forget(&entry->waiter);
        return LINNET_ENOMEM;
    }
    if (found == 0)
        return 0;
    keep_addresses(entry->parcel, known->addresses, known->count);
    return try_next(entry);
}

/* A literal without its interface is the name that a certificate may have. */
static int send_secured_to(linnet_entry *entry, const linnet_call_request *request, const linnet_uri *uri,
                           const linnet_address *peer)
{
    char text[LINNET_ADDRESS_TEXT];
    linnet_address bare = *peer;
    bare.scope = 0;
    entry->parcel = pack(request, uri->port, linnet_address_host_text(&bare, text));
    if (!entry->parcel)
        return LINNET_ENOMEM;
    keep_addresses(entry->parcel, peer, 1);
    return try_next(entry);
}

int linnet_entry_send_to(linnet_entry *entry, uint64_t now, const linnet_uri *uri, linnet_call_request *request)
{
    linnet_address peer;
    request->on_response = on_response;
    request->on_block = entry->on_block ? on_block : NULL;
    request->read_body = entry->read_body ? read_body : NULL;
    request->on_wait = entry->on_wait ? on_wait : NULL;
    request->context = entry;
    if (!uri->host_is_literal)
        return send_to_name(entry, now, uri, request);
    if (!linnet_address_from_host(&peer, uri->host, uri->port))
        return LINNET_EURI; /* an interface that is not there */
    return entry->keyring ? send_secured_to(entry, request, uri, &peer) : send_now(entry, now, request, &peer);
}
