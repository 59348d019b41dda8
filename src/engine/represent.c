/* The representation that notifications carry: it is asked for once, with the kept request, from the same `serve` that
 * answers requests; now, or by a handler that defers. */
#include "engine/observers.h"
#include "engine/options.h"

#include <linnet/content_format.h>
#include <linnet/error.h>

/* RFC 7641 4.2: "The Content-Format specified in a 2.xx notification MUST be the same as the one used in the initial
 * response ... If the server is unable to continue sending notifications in this format, it SHOULD send a notification
 * with a 4.06 (Not Acceptable) response code and subsequently MUST remove the associated entry". */
static bool is_same_format(linnet_subject *subject)
{
    linnet_bytes options = linnet_view(linnet_subject_body(subject), subject->size); /* the marker ends the walk */
    int32_t format = LINNET_NO_FORMAT;
    linnet_bytes value;

    if (linnet_option_get(options, LINNET_OPTION_CONTENT_FORMAT, 0, &value))
        format = (int32_t)linnet_option_uint(value);
    if (subject->has_format && subject->content_format != format)
        return false;
    subject->has_format = true;
    subject->content_format = format;
    return true;
}

/* The handler has answered: with the next representation, or with the end. */
static void take_answer(linnet_subject *subject, const linnet_incoming *answered, uint32_t version)
{
    subject->size = (uint16_t)answered->size;
    if (answered->code == LINNET_EMPTY)
        linnet_subject_end(subject, LINNET_INTERNAL_SERVER_ERROR, 0);
    else if (!linnet_code_is_success(answered->code))
        linnet_subject_end(subject, answered->code, answered->size);
    else if (!is_same_format(subject))
        linnet_subject_end(subject, LINNET_NOT_ACCEPTABLE, 0);
    subject->is_built = true;
    if (!subject->observable)
        return;
    subject->code = answered->code;
    subject->version = version;
    subject->notified = answered->sequence;
}

/* The kept request, as it is given to `serve`. */
typedef struct question {
    linnet_incoming incoming;
    linnet_path path;
    linnet_request_options options;
    linnet_message request;
} question;

static void ask(linnet_subject *subject, question *asked, linnet_serve *serve, void *context)
{
    linnet_endpoint *endpoint = subject->owner->endpoint;
    linnet_incoming *incoming = &asked->incoming;

    asked->path = linnet_observer_path(subject->first);
    /* Both went well when the request came in. */
    (void)linnet_message_parse(&asked->request, linnet_view(linnet_subject_request(subject), subject->request_size));
    (void)linnet_request_options_read(&asked->options, &asked->request);
    incoming->endpoint = endpoint;
    incoming->path = &asked->path;
    incoming->message = &asked->request;
    incoming->options = &asked->options;
    incoming->subject = subject;
    incoming->sequence = linnet_subject_sequence(subject, incoming->now);
    incoming->body = linnet_subject_body(subject);
    incoming->capacity = linnet_message_room(endpoint, &asked->path, endpoint->message_size,
                                             LINNET_MESSAGE_HEADER_SIZE + LINNET_TOKEN_MAX);
    if (subject->observable)
        subject->observable->asked = true;
    endpoint->slot_taken = true;
    serve(context, incoming);
    endpoint->slot_taken = false;
    if (subject->observable) /* the handler may remove its resource */
        subject->observable->asked = false;
}

bool linnet_subject_build(linnet_subject *subject, uint64_t now)
{
    linnet_endpoint *endpoint = subject->owner->endpoint;
    question asked = {.incoming = {.now = now}};

    if (!subject->observable || subject->is_given ||
        (subject->is_built && subject->version == subject->observable->version))
        return true;
    if (linnet_exchanges_get(&endpoint->exchanges, subject->asked))
        return false;
    subject->asked_version = subject->observable->version;
    ask(subject, &asked, endpoint->config.serve, endpoint->config.serve_context);
    if (asked.incoming.deferred || asked.incoming.refused_to_defer) {
        if (asked.incoming.refused_to_defer)
            subject->owner->resume = now + LINNET_NOTIFICATIONS_WAIT_US;
        return false;
    }
    if (subject->observable)
        take_answer(subject, &asked.incoming, subject->asked_version);
    return true;
}

int linnet_subject_defer(linnet_incoming *incoming, linnet_exchange *id)
{
    linnet_exchange_state *exchange = linnet_exchanges_take(&incoming->endpoint->exchanges, 0);

    incoming->refused_to_defer = !exchange;
    if (!exchange)
        return LINNET_EBUSY;
    exchange->phase = LINNET_PHASE_ASKED;
    exchange->part.server.of.subject = incoming->subject;
    incoming->subject->asked = linnet_exchange_id(exchange);
    incoming->deferred = true;
    *id = incoming->subject->asked;
    return 0;
}

void linnet_subject_answer(linnet_observers *observers, uint64_t now, linnet_exchange_state *exchange,
                           linnet_serve *serve, void *context)
{
    linnet_subject *subject = exchange->part.server.of.subject;
    question asked = {.incoming = {.now = now, .exchange = linnet_exchange_id(exchange)}};

    subject->asked = 0;
    linnet_exchanges_give(&observers->endpoint->exchanges, exchange);
    if (!subject->first)
        return; /* all have left */
    ask(subject, &asked, serve, context);
    if (subject->observable)
        take_answer(subject, &asked.incoming, subject->asked_version);
    subject->is_given = true;
    subject->left = subject->count;
    linnet_subject_due(subject);
}
