/* Values that the library keeps: it serves them with an ETag, replaces them by PUT, compares If-Match. */
#include <linnet.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    linnet_server *server;
    int error = linnet_server_open(&server, argc > 1 ? argv[1] : "coap://[::]");

    if (error != 0) {
        fprintf(stderr, "cannot serve: %s\n", linnet_error_text(error));
        return 1;
    }
    linnet_server_add(server, "greeting",
                      &(linnet_resource_config){.stored = true,
                                                .writable = true,
                                                .value = linnet_text("hello, world"),
                                                .title = "A text that anybody may replace"});
    linnet_server_add(server, "config/interval",
                      &(linnet_resource_config){.stored = true,
                                                .value = linnet_text("{\"seconds\":30}"),
                                                .content_format = LINNET_JSON,
                                                .max_age = 3600,
                                                .resource_type = "config"});
    return linnet_server_run(server) != 0;
}
