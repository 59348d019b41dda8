/* Slots that are made once, and what is remembered of datagrams that the system did not take. */
#include "net/outbox.h"

#include "net/reserve.h"

#include <linnet/error.h>

/* Whole lines of the processor's caches. With many slots their starts should not share cache sets, so there is no power
 * of two between them. */
static size_t stride_of(size_t capacity)
{
    return (capacity + LINNET_NET_LINE - 1u) / LINNET_NET_LINE * LINNET_NET_LINE + LINNET_NET_LINE;
}

int linnet_outbox_open(linnet_outbox *outbox, size_t capacity)
{
    outbox->capacity = stride_of(capacity);
    outbox->memory = linnet_reserve(outbox->capacity * LINNET_NET_BATCH);
    return outbox->memory ? 0 : LINNET_ENOMEM;
}

void linnet_outbox_close(linnet_outbox *outbox)
{
    linnet_unreserve(outbox->memory, outbox->capacity * LINNET_NET_BATCH);
    outbox->memory = NULL;
}

uint8_t *linnet_outbox_slot_at(linnet_outbox *outbox, size_t index)
{
    return outbox->memory + index * outbox->capacity;
}

uint8_t *linnet_outbox_slot(linnet_outbox *outbox) { return linnet_outbox_slot_at(outbox, outbox->count); }

void linnet_outbox_add(linnet_outbox *outbox, const linnet_path *path, size_t size)
{
    outbox->slots[outbox->count].path = *path;
    outbox->slots[outbox->count].size = size;
    outbox->count++;
}

void linnet_outbox_fail(linnet_outbox *outbox, const linnet_path *path, linnet_bytes datagram)
{
    if (outbox->failure_count == LINNET_NET_BATCH)
        return;
    size_t place = (outbox->first_failure + outbox->failure_count++) % LINNET_NET_BATCH;
    linnet_send_failure *failure = &outbox->failures[place];
    failure->path = *path;
    failure->size = datagram.size < sizeof failure->front ? datagram.size : sizeof failure->front;
    memcpy(failure->front, datagram.data, failure->size);
}

bool linnet_outbox_failure(linnet_outbox *outbox, linnet_send_failure *failure)
{
    if (outbox->failure_count == 0)
        return false;
    *failure = outbox->failures[outbox->first_failure];
    outbox->first_failure = (outbox->first_failure + 1) % LINNET_NET_BATCH;
    outbox->failure_count--;
    return true;
}
