/* Asks a group: every server that has joined it answers. usage: group coap://224.0.1.187/time [INTERFACE] */
#include <linnet.h>
#include <stdio.h>

static void show(const linnet_response *response, void *context)
{
    char server[LINNET_ADDRESS_TEXT];

    (void)context;
    linnet_address_text(&response->path.peer, server);
    if (response->error == 0)
        printf("%s: %.*s\n", server, LINNET_PRINTF(response->message.payload));
    else if (response->more) /* its answer has more blocks, which have not come */
        printf("%s: %s\n", server, linnet_error_text(response->error));
    else if (response->error != LINNET_ETIMEOUT) /* which is how it ends when all goes well */
        printf("%s\n", linnet_error_text(response->error));
}

int main(int argc, char **argv)
{
    linnet_client *client;
    linnet_client_config config = {.multicast_interface = argc > 2 ? argv[2] : NULL};
    linnet_client_request request = {.method = LINNET_GET,
                                     .uri = argc > 1 ? argv[1] : "coap://224.0.1.187/time",
                                     .type = LINNET_NON,
                                     .timeout_ms = 6000, /* a server may take 5 seconds, at random */
                                     .on_response = show};

    if (linnet_client_open(&client, &config) != 0)
        return 1;
    if (linnet_client_send(client, &request, NULL) == 0)
        while (linnet_client_pending(client) > 0)
            linnet_client_run(client, 1000);
    linnet_client_close(client);
    return 0;
}
