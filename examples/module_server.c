/* The server of Pycom's documents: two resources, and any that clients create by PUT. */
#include <linnet.h>
#include <stdio.h>

/* A PUT has created a resource: the response is not sent yet, so what is set here is in it. */
static void on_new_resource(linnet_module_resource *resource, void *context)
{
    linnet_module_details details = {.media_type = LINNET_TEXT, .max_age = 100, .etag = true};
    char value[256];
    size_t size;

    (void)context;
    linnet_module_resource_value(resource, value, sizeof value, &size);
    printf("New resource has been created!\nURI: %s\n", linnet_module_resource_uri(resource));
    printf("Value: %.*s\n", (int)(size < sizeof value ? size : sizeof value), value);
    fflush(stdout);
    linnet_module_resource_set_details(resource, 7, &details);
}

static int add_resources(linnet_module *module)
{
    unsigned most = LINNET_MODULE_GET | LINNET_MODULE_POST | LINNET_MODULE_PUT;
    linnet_module_resource *resource;
    int error = linnet_module_add_resource(module, "resource1", LINNET_TEXT, LINNET_MODULE_UNSET,
                                           linnet_text("default_value"), false, &resource);

    if (error != 0)
        return error;
    linnet_module_resource_attribute(resource, "title", "resource1");
    linnet_module_resource_attribute(resource, "ct", "0");
    linnet_module_resource_allow(resource, most, true);
    linnet_module_resource_release(resource);
    error = linnet_module_add_resource(module, "resource2", LINNET_XML, LINNET_MODULE_UNSET, linnet_view("", 1), true,
                                       &resource);
    if (error != 0)
        return error;
    linnet_module_resource_allow(resource, most | LINNET_MODULE_DELETE, true);
    linnet_module_resource_release(resource);
    return 0;
}

int main(int argc, char **argv)
{
    linnet_module_config config = {
        .address = argc > 1 ? argv[1] : "0.0.0.0", .service_discovery = true, .dynamic_resources = true};
    linnet_module *module;
    int error = linnet_module_open(&module, &config);

    if (error == 0) {
        linnet_module_on_new_resource(module, on_new_resource, NULL);
        error = add_resources(module);
    }
    while (error == 0)
        error = linnet_module_read(module, 0); /* the module would serve without it: handlers now run in this thread */
    fprintf(stderr, "cannot serve: %s\n", linnet_error_text(error));
    linnet_module_close(module);
    return 1;
}
