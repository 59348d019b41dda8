/* Answers that come later: the handler takes a handle and leaves; whoever has the answer gives it as a value, and the
 * kept request is finished with it as if a handler had just made it. */
#include "server/finish.h"
#include "server/observe.h"
#include "server/transfer.h"

#include <linnet/error.h>

int linnet_reply_defer(linnet_reply *reply, linnet_deferred *deferred)
{
    linnet_request *request = reply->request;
    linnet_site *site = request->site;
    linnet_exchange exchange;

    *deferred = (linnet_deferred){0};
    linnet_reply_reset(reply);
    /* A precondition is checked now or not at all. */
    if (request->probing || linnet_endpoint_defer(reply->incoming, &exchange) != 0) {
        linnet_reply_error(reply, LINNET_SERVICE_UNAVAILABLE, "Too many answers are outstanding");
        return LINNET_EBUSY;
    }
    if (site->retain)
        site->retain(site->owner);
    *deferred = (linnet_deferred){.owner = site->owner, .exchange = exchange};
    return 0;
}

/* A given answer, on its way through the endpoint. */
typedef struct giving {
    linnet_site *site;
    const linnet_answer *answer;
} giving;

static void fill(linnet_reply *reply, const linnet_answer *answer)
{
    if (answer->code != LINNET_EMPTY)
        linnet_reply_code(reply, answer->code);
    if (answer->etag.size > 0)
        linnet_reply_etag(reply, answer->etag);
    if (answer->has_max_age)
        linnet_reply_max_age(reply, answer->max_age);
    for (size_t i = 0; i < answer->option_count; i++)
        linnet_reply_option(reply, answer->options[i].number, answer->options[i].value);
    if (answer->payload.size > 0)
        linnet_reply_payload(reply, answer->no_content_format ? LINNET_NO_FORMAT : answer->content_format,
                             answer->payload);
}

static void give(void *context, linnet_incoming *incoming)
{
    const giving *what = context;
    linnet_request request;
    linnet_reply reply;

    linnet_request_open(&request, what->site, incoming);
    linnet_reply_begin(&reply, &request);
    linnet_reply_allow_blocks(&reply);
    if (incoming->options->has_observe)
        (void)linnet_request_route(&request);
    bool observed = linnet_observe_begin(&request, &reply);
    if (what->answer)
        fill(&reply, what->answer);
    else
        linnet_reply_error(&reply, LINNET_SERVICE_UNAVAILABLE, NULL);
    linnet_reply_finish(&reply);
    linnet_observe_end(&request, &reply, observed);
    linnet_reply_deliver(&reply);
    linnet_request_close(&request);
}

int linnet_site_answer(linnet_site *site, linnet_endpoint *endpoint, uint64_t now, linnet_exchange exchange,
                       const linnet_answer *answer)
{
    giving what = {site, answer};

    return linnet_endpoint_answer(endpoint, now, exchange, give, &what);
}
