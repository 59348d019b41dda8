/* A server for coaps:// alone: each client has a key of its own, and the server knows who asks. */
#include <linnet.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *identity, *key;
} clients[] = {{"alice", "a long secret that nobody guesses"}, {"bob", "another one, just as long"}};

static int find_key(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    (void)context;
    for (size_t i = 0; i < sizeof clients / sizeof *clients; i++) {
        if (!linnet_bytes_equal(identity, linnet_text(clients[i].identity)))
            continue;
        memcpy(key, clients[i].key, strlen(clients[i].key));
        return (int)strlen(clients[i].key);
    }
    return LINNET_ENOENT;
}

static void greet(linnet_request *request, linnet_reply *reply, void *context)
{
    char text[100];
    linnet_identity who = linnet_request_peer(request);
    (void)context;
    snprintf(text, sizeof text, "good day, %.*s", LINNET_PRINTF(who.name));
    linnet_reply_text(reply, text);
}

int main(void)
{
    linnet_credentials credentials = {.look_up = find_key};
    linnet_server_config config = {.address = "coaps://[::]", .credentials = &credentials};
    linnet_server *server;
    int error = linnet_server_open_with(&server, &config);
    if (error != 0) {
        fprintf(stderr, "secured: %s\n", linnet_error_text(error));
        return 1;
    }
    linnet_server_add(server, "greeting", &(linnet_resource_config){.get = greet, .secured_only = true});
    return linnet_server_run(server) != 0;
}
