/* Answers that come later, from any thread: copied into one letter and given in the loop's thread. A handle holds the
 * mailbox, not the server, so that it may be used when the server is gone. */
#include "net/server.h"

#include "net/octets.h"

#include <linnet/error.h>
#include <stdlib.h>

typedef struct deferred_answer {
    linnet_letter letter;
    linnet_exchange exchange;
    bool dropped;
    linnet_answer answer;
    linnet_option options[];
} deferred_answer;

static void give(linnet_letter *letter, void *owner)
{
    linnet_server *server = owner;
    deferred_answer *given = (deferred_answer *)(void *)letter;
    /* LINNET_ENOENT is nobody's loss: the client has long given up. */
    linnet_site_answer(&server->site, server->loop.endpoint, linnet_clock(), given->exchange,
                       given->dropped ? NULL : &given->answer);
    free(given);
}

static deferred_answer *copy_answer(const linnet_answer *answer)
{
    size_t size = answer->etag.size + answer->payload.size;
    for (size_t i = 0; i < answer->option_count; i++)
        size += answer->options[i].value.size;
    deferred_answer *copied = malloc(sizeof *copied + answer->option_count * sizeof(linnet_option) + size);
    if (!copied)
        return NULL;
    uint8_t *at = (uint8_t *)(copied->options + answer->option_count);
    *copied = (deferred_answer){.letter.open = give, .answer = *answer};
    copied->answer.etag = linnet_octets_put(&at, answer->etag);
    copied->answer.payload = linnet_octets_put(&at, answer->payload);
    copied->answer.options = copied->options;
    for (size_t i = 0; i < answer->option_count; i++) {
        copied->options[i].number = answer->options[i].number;
        copied->options[i].value = linnet_octets_put(&at, answer->options[i].value);
    }
    return copied;
}

static int post(linnet_deferred deferred, deferred_answer *given)
{
    int error = LINNET_ENOMEM;
    if (given) {
        given->exchange = deferred.exchange;
        error = linnet_mailbox_post(deferred.owner, &given->letter);
    }
    linnet_mailbox_release(deferred.owner);
    return error;
}

int linnet_deferred_answer(linnet_deferred deferred, const linnet_answer *answer)
{
    return post(deferred, copy_answer(answer));
}

void linnet_deferred_drop(linnet_deferred deferred)
{
    deferred_answer *given = copy_answer(&(linnet_answer){0});
    if (given)
        given->dropped = true;
    post(deferred, given);
}
