/* The resources of ETSI's link format descriptions LINK_01 to LINK_09: groups by rt, if and sz, and a hierarchy. */
#include "cli/demo.h"

static void get_link(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "A resource to be found by its attributes.\n");
}

/* LINK_09: "Arrange link descriptions hierarchically". */
static void get_path(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_LINK_FORMAT, linnet_text("</path/sub1>,</path/sub2>,</path/sub3>"));
}

static void get_sub(linnet_request *request, linnet_reply *reply, void *context)
{
    char text[270] = "/path/";
    linnet_bytes name;
    (void)context;
    if (linnet_request_segment(request, 1, &name))
        strncat(text, (const char *)name.data, name.size);
    linnet_reply_text(reply, text);
}

const demo_resource demo_links[] = {
    {"link1",
     {.get = get_link,
      .resource_type = "Type1 Type2",
      .interface_type = "If1",
      .attributes = (const linnet_attribute[]){{"sz", "42"}},
      .attribute_count = 1}},
    {"link2", {.get = get_link, .resource_type = "Type2 Type3", .interface_type = "If2"}},
    {"link3", {.get = get_link, .resource_type = "Type1 Type3", .interface_type = "foo"}},
    {"path", {.get = get_path, .list_format = true, .content_format = LINNET_LINK_FORMAT}},
    {"path/sub1", {.get = get_sub, .hidden = true}},
    {"path/sub2", {.get = get_sub, .hidden = true}},
    {"path/sub3", {.get = get_sub, .hidden = true}},
    {NULL, {0}},
};
