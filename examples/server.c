#include <linnet.h>
#include <time.h>

static void get_time(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    time_t now = time(NULL);
    linnet_reply_text(reply, asctime(gmtime(&now)));
}

int main(void)
{
    linnet_server *server;
    if (linnet_server_open(&server, NULL) != 0)
        return 1;
    linnet_server_add(server, "time", &(linnet_resource_config){.get = get_time, .observable = true});
    return linnet_server_run(server) != 0;
}
