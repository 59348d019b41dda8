/* A server in a loop of your own: one descriptor to poll, one deadline, one call. */
#include <linnet.h>
#include <poll.h>
#include <stdio.h>

static void get_count(linnet_request *request, linnet_reply *reply, void *context)
{
    unsigned *count = context;
    char text[16];

    (void)request;
    snprintf(text, sizeof text, "%u", ++*count);
    linnet_reply_text(reply, text);
}

/* Milliseconds until `deadline`, rounded up, as poll() wants them. */
static int wait_time(uint64_t deadline)
{
    uint64_t now = linnet_clock();

    if (deadline == UINT64_MAX)
        return -1;
    return deadline > now ? (int)((deadline - now + 999) / 1000) : 0;
}

int main(int argc, char **argv)
{
    linnet_server *server;
    unsigned count = 0;

    if (linnet_server_open(&server, argc > 1 ? argv[1] : NULL) != 0)
        return 1;
    linnet_server_add(server, "count", &(linnet_resource_config){.get = get_count, .context = &count});
    for (;;) {
        struct pollfd descriptors[] = {{.fd = linnet_server_descriptor(server), .events = POLLIN}};
        poll(descriptors, 1, wait_time(linnet_server_deadline(server)));
        linnet_server_process(server);
    }
}
