/* Observation around the handler: Observe goes into the reply before the handler runs, so that what the handler says
 * finds its room around it, and out again where the reply turns out to be no notification. */
#include "server/observe.h"

#define REGISTER 0u /* RFC 7641 section 2 */

static linnet_observers *observers_of(const linnet_incoming *incoming)
{
    return incoming->endpoint ? incoming->endpoint->observers : NULL;
}

/* A registration asks for the whole representation: RFC 7959 2.6 has the further blocks without Observe. To a group
 * none is defined. Other values than 0 and 1 are not: the option is elective, and ignored. */
static bool wants_to_observe(const linnet_request *request)
{
    const linnet_request_options *options = request->incoming->options;

    return options->has_observe && options->observe == REGISTER && request->resource &&
           request->resource->config->observable && linnet_method_reads(request->message->code) &&
           !(request->incoming->path->flags & LINNET_PATH_MULTICAST) &&
           !(options->has_block2 && options->block2.number > 0) &&
           !(options->has_block1 && (options->block1.number > 0 || options->block1.more));
}

bool linnet_observe_begin(linnet_request *request, linnet_reply *reply)
{
    linnet_incoming *incoming = request->incoming;
    const linnet_observers *observers = observers_of(incoming);

    if (!observers || (!incoming->subject && !(wants_to_observe(request) &&
                                               observers->calls->offer(incoming, &request->resource->observable))))
        return false;
    linnet_reply_put_uint(reply, LINNET_OPTION_OBSERVE, (uint32_t)incoming->sequence & 0xffffffu);
    return true;
}

/* RFC 7641 4.1: a client is added when the response is a 2.xx; no error response has an Observe Option (4.2). */
static bool is_accepted(linnet_request *request, const linnet_reply *reply)
{
    linnet_incoming *incoming = request->incoming;
    int32_t format = reply->code == LINNET_VALID ? LINNET_UNKNOWN_FORMAT : reply->content_format;

    if (!linnet_code_is_success(reply->code))
        return false;
    return incoming->subject || (request->resource && observers_of(incoming)->calls->accept(
                                                          incoming, &request->resource->observable, format));
}

void linnet_observe_end(linnet_request *request, linnet_reply *reply, bool begun)
{
    linnet_incoming *incoming = request->incoming;
    const linnet_observers *observers = observers_of(incoming);

    if (!observers || incoming->deferred || (begun && is_accepted(request, reply)))
        return;
    if (begun)
        linnet_reply_remove(reply, LINNET_OPTION_OBSERVE);
    if (!incoming->subject)
        observers->calls->forget(incoming);
}

void linnet_resource_changed(linnet_resource *resource)
{
    linnet_observable *observable = &resource->observable;

    if (observable->asked)
        return;
    observable->version++; /* also while nobody observes: a registration may be waiting for its deferred answer */
    if (observable->subjects)
        observable->subjects->owner->calls->changed(observable);
}

size_t linnet_resource_observers(const linnet_resource *resource) { return resource->observable.observers; }
