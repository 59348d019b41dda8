/* Echo values that servers hand out (RFC 9175 2.3). With a 4.01 they want the same request again: "the client SHOULD
 * resend the original request with the addition of an Echo option with the received Echo option value." With any other
 * response they are for the next request to that server, and save it such a 4.01. */
#include "client/call.h"

#define WORD 0x40000u /* sets these hashes of a peer apart from others (hash.h) */

static uint64_t server_of(const linnet_call_state *call, const linnet_address *peer)
{
    linnet_path path = {.peer = *peer};

    return linnet_hash_peer(&call->calls->config.endpoint->hash_key, &path, WORD);
}

static bool find_value(const linnet_message *response, linnet_bytes *value)
{
    return linnet_option_heed(response->options, LINNET_OPTION_ECHO, value); /* LINNET_ECHO_MAX octets at most */
}

static linnet_spare_echo *find_spare(linnet_calls *calls, uint64_t server)
{
    for (unsigned i = 0; i < LINNET_SPARE_ECHOES; i++)
        if (calls->echoes[i].size > 0 && calls->echoes[i].server == server)
            return &calls->echoes[i];
    return NULL;
}

static void keep_spare(linnet_call_state *call, const linnet_response *response, linnet_bytes value)
{
    linnet_calls *calls = call->calls;
    uint64_t server = server_of(call, &response->path.peer);
    linnet_spare_echo *spare = find_spare(calls, server);

    if (!spare)
        spare = &calls->echoes[calls->next_echo++ % LINNET_SPARE_ECHOES];
    spare->server = server;
    spare->size = (uint8_t)value.size;
    memcpy(spare->value, value.data, value.size);
}

/* Once: a second one in a row is the answer. */
bool linnet_call_is_challenged(linnet_call_state *call, const linnet_response *response)
{
    linnet_bytes value;
    bool given = find_value(&response->message, &value) && !call->raw;

    if (given && response->message.code != LINNET_UNAUTHORIZED)
        keep_spare(call, response, value);
    if (!given || response->message.code != LINNET_UNAUTHORIZED || call->echoed) {
        call->echoed = false;
        return false;
    }
    call->echoed = true;
    call->echo_size = (uint8_t)value.size;
    memcpy(call->echo, value.data, value.size);
    return true;
}

void linnet_call_spend_echo(linnet_call_state *call)
{
    linnet_spare_echo *spare;
    linnet_bytes value;

    if (call->echo_size > 0 || call->raw || call->to_group ||
        linnet_option_get(call->request.options, LINNET_OPTION_ECHO, 0, &value))
        return;
    spare = find_spare(call->calls, server_of(call, &call->path.peer));
    if (!spare)
        return;
    call->echo_size = spare->size;
    memcpy(call->echo, spare->value, spare->size);
    spare->size = 0;
}
