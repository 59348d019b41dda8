/* An answer that takes time is given by another thread. The client has its acknowledgement meanwhile. */
#include <linnet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *measure(void *context)
{
    linnet_deferred *later = context;

    sleep(1); /* a slow sensor */
    linnet_deferred_answer(*later, &(linnet_answer){.payload = linnet_text("22.3 C")});
    free(later);
    return NULL;
}

static void get_temperature(linnet_request *request, linnet_reply *reply, void *context)
{
    linnet_deferred *later = malloc(sizeof *later);
    pthread_t thread;

    (void)request, (void)context;
    if (!later || linnet_reply_defer(reply, later) != 0) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "busy, try again");
        free(later);
    } else if (pthread_create(&thread, NULL, measure, later) == 0) {
        pthread_detach(thread);
    } else {
        linnet_deferred_drop(*later);
        free(later);
    }
}

int main(int argc, char **argv)
{
    linnet_server *server;

    if (linnet_server_open(&server, argc > 1 ? argv[1] : NULL) != 0)
        return 1;
    linnet_server_add(server, "temperature", &(linnet_resource_config){.get = get_temperature});
    return linnet_server_run(server) != 0;
}
