/* Many requests at once: each ends in a callback. usage: many URI... */
#include <linnet.h>
#include <stdio.h>

static void show(const linnet_response *response, void *context)
{
    const char *uri = context;
    char code[5];

    if (response->error != 0)
        printf("%s: %s\n", uri, linnet_error_text(response->error));
    else
        printf("%s: %s %.*s\n", uri, linnet_code_text(response->message.code, code),
               LINNET_PRINTF(response->message.payload));
}

int main(int argc, char **argv)
{
    linnet_client *client;

    if (linnet_client_open(&client, NULL) != 0)
        return 1;
    for (int i = 1; i < argc; i++) {
        int error = linnet_client_send(
            client,
            &(linnet_client_request){.method = LINNET_GET, .uri = argv[i], .on_response = show, .context = argv[i]},
            NULL);
        if (error != 0)
            printf("%s: %s\n", argv[i], linnet_error_text(error));
    }
    while (linnet_client_pending(client) > 0)
        linnet_client_run(client, 1000);
    linnet_client_close(client);
    return 0;
}
