/* The resource "r" of the tests of observation: it serves `text`, in `format`, or the error `code`. */
#ifndef LINNET_TESTS_OBSERVE_TEXT_H
#define LINNET_TESTS_OBSERVE_TEXT_H

#include "observe_support.h"

static struct linnet_resource resource;
static int served;
static const char *text;
static int32_t format;
static linnet_code code;

static inline void get_text(linnet_request *asked, linnet_reply *reply, void *context)
{
    (void)asked, (void)context;
    served++;
    if (code != LINNET_EMPTY)
        linnet_reply_error(reply, code, NULL);
    else
        linnet_reply_payload(reply, format, linnet_text(text));
}

static inline void start(const linnet_resource_config *chosen)
{
    open_server((linnet_limits){0});
    memset(&resource, 0, sizeof resource);
    assert_int_equal(linnet_site_add(&server.site, &resource, "r", chosen), 0);
    served = 0;
    text = "one";
    format = LINNET_TEXT;
    code = LINNET_EMPTY;
}

static inline void change(const char *to)
{
    text = to;
    linnet_resource_changed(&resource);
}

#endif
