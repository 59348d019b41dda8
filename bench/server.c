/* Linnet's smallest server, to measure the library without the demo's resources: "time" has a handler, "data" is a
 * stored value that may be replaced, "watched" one that may be observed. Ends after ten minutes at the latest.
 *
 *     server [ADDRESS]     coap://127.0.0.1:5683 */
#include <linnet.h>
#include <stdio.h>
#include <unistd.h>

enum { LIFETIME = 600 }; /* seconds */

static void get_time(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    (void)context;
    linnet_reply_text(reply, "Jan 01 00:00:00"); /* as long as the other servers' answers */
}

int main(int count, char **words)
{
    linnet_server *server;
    const char *address = count > 1 ? words[1] : "coap://127.0.0.1:5683";
    int error = linnet_server_open(&server, address);
    if (error != 0) {
        fprintf(stderr, "server: %s: %s\n", address, linnet_error_text(error));
        return 1;
    }
    alarm(LIFETIME);
    linnet_server_add(server, "time", &(linnet_resource_config){.get = get_time});
    linnet_server_add(server, "data",
                      &(linnet_resource_config){.stored = true, .writable = true, .value = linnet_text("Linnet")});
    linnet_server_add(server, "watched",
                      &(linnet_resource_config){.stored = true,
                                                .writable = true,
                                                .observable = true,
                                                .confirm_every = 1000000000,
                                                .value = linnet_text("22.3 C")});
    error = linnet_server_run(server);
    linnet_server_close(server);
    return error != 0;
}
