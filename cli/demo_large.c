/* The resources of ETSI's block-wise descriptions BLOCK_03 to BLOCK_05: bodies of several blocks in both directions. */
#include "cli/demo.h"

#include <stdio.h>

#define CREATED_MOST 16u /* the oldest makes way: strangers must not fill the memory without end */

/* BLOCK_04: each POST makes one more resource below this one, with what was sent as its value. */
static void post_create(linnet_request *request, linnet_reply *reply, void *context)
{
    static unsigned created;
    char path[40];
    int32_t format = linnet_request_content_format(request);
    linnet_resource_config config = {
        .stored = true,
        .writable = true,
        .hidden = true,
        .value = linnet_request_payload(request),
        .no_content_format = format < 0,
        .content_format = format < 0 ? 0 : (uint16_t)format,
    };
    if (created >= CREATED_MOST) {
        snprintf(path, sizeof path, "large-create/%u", created - CREATED_MOST + 1);
        linnet_server_remove(context, path);
    }
    created++;
    snprintf(path, sizeof path, "large-create/%u", created);
    if (linnet_server_add(context, path, &config) != 0) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "no memory for the resource");
        return;
    }
    linnet_reply_code(reply, LINNET_CREATED);
    linnet_reply_location(reply, path);
}

/* BLOCK_05: the answer takes several blocks too. */
static void post_large(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_payload(reply, LINNET_TEXT, linnet_view(demo_long_text, DEMO_LONG_TEXT_SIZE));
}

#define LARGEST_UPDATE (16u << 20)

const demo_resource demo_large[] = {
    {"large-update",
     {.stored = true,
      .writable = true,
      .value = {(const uint8_t *)demo_long_text, DEMO_LONG_TEXT_SIZE},
      .max_value_size = LARGEST_UPDATE}},
    {"large-create", {.post = post_create}},
    {"large-post", {.post = post_large}},
    {NULL, {0}},
};
