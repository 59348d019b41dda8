/* A server that tells those who observe it: coap-client -s 60 coap://localhost/count */
#include <linnet.h>
#include <stdio.h>

static unsigned seconds;

static void get_count(linnet_request *request, linnet_reply *reply, void *context)
{
    char text[16];

    (void)request, (void)context;
    snprintf(text, sizeof text, "%u\n", seconds);
    linnet_reply_text(reply, text);
}

/* Says that there is something new, and nothing else: get_count() is asked once, however many observe it. */
static void tick(linnet_server *server, void *context)
{
    seconds++;
    linnet_resource_changed(context);
    linnet_server_after(server, 1000, tick, context, NULL);
}

int main(int argc, char **argv)
{
    linnet_server *server;

    if (linnet_server_open(&server, argc > 1 ? argv[1] : NULL) != 0)
        return 1;
    linnet_server_add(server, "count", &(linnet_resource_config){.get = get_count, .observable = true});
    linnet_server_after(server, 1000, tick, linnet_server_find(server, "count"), NULL);
    return linnet_server_run(server) != 0;
}
