/* Timers of a server's owner: each is one block of memory, found by its id through a table of slots. A slot that is
 * used again has another generation, so an id that is no more names nothing. */
#include "net/server.h"

#include <linnet/error.h>
#include <stdlib.h>

typedef struct server_timer {
    linnet_timer timer;
    void (*function)(linnet_server *server, void *context);
    void *context;
    uint32_t slot;
} server_timer;

struct linnet_server_slot {
    server_timer *timer; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* 1 + its index */
};

static uint32_t take_slot(linnet_server_timers *timers)
{
    uint32_t slot = timers->free;

    if (slot) {
        timers->free = timers->slots[slot - 1].next_free;
        return slot;
    }
    if (timers->count == timers->capacity) {
        uint32_t capacity = timers->capacity ? timers->capacity * 2 : 8;
        struct linnet_server_slot *slots = realloc(timers->slots, capacity * sizeof *slots);
        if (!slots)
            return 0;
        timers->slots = slots;
        timers->capacity = capacity;
    }
    timers->slots[timers->count] = (struct linnet_server_slot){0};
    return ++timers->count;
}

static void give_slot(linnet_server_timers *timers, uint32_t slot)
{
    timers->slots[slot - 1].timer = NULL;
    timers->slots[slot - 1].next_free = timers->free;
    timers->free = slot;
}

int linnet_server_after(linnet_server *server, uint32_t delay_ms,
                        void (*function)(linnet_server *server, void *context), void *context, uint64_t *id)
{
    linnet_server_timers *timers = &server->timers;
    server_timer *set = calloc(1, sizeof *set);
    uint32_t slot = set ? take_slot(timers) : 0;

    if (id)
        *id = 0;
    if (!slot) {
        free(set);
        return LINNET_ENOMEM;
    }
    *set = (server_timer){.function = function, .context = context, .slot = slot};
    timers->slots[slot - 1].timer = set;
    timers->slots[slot - 1].generation++;
    if (id)
        *id = (uint64_t)timers->slots[slot - 1].generation << 32 | slot;
    linnet_wheel_set(&timers->wheel, &set->timer, linnet_clock() + delay_ms * UINT64_C(1000));
    return 0;
}

int linnet_server_cancel(linnet_server *server, uint64_t id)
{
    linnet_server_timers *timers = &server->timers;
    uint32_t slot = (uint32_t)id;

    if (slot == 0 || slot > timers->count || !timers->slots[slot - 1].timer ||
        timers->slots[slot - 1].generation != (uint32_t)(id >> 32))
        return LINNET_ENOENT;
    linnet_wheel_stop(&timers->wheel, &timers->slots[slot - 1].timer->timer);
    free(timers->slots[slot - 1].timer);
    give_slot(timers, slot);
    return 0;
}

uint64_t linnet_server_timers_deadline(const linnet_server *server)
{
    return linnet_wheel_deadline(&server->timers.wheel);
}

void linnet_server_timers_run(linnet_server *server)
{
    uint64_t now;
    linnet_timer *timer;

    if (linnet_server_timers_deadline(server) == UINT64_MAX)
        return;
    now = linnet_clock(); /* once: a function that sets a timer of 0 ms must not keep the loop here */
    while ((timer = linnet_wheel_expire(&server->timers.wheel, now)) != NULL) {
        server_timer due = *LINNET_CONTAINER(timer, server_timer, timer);
        free(LINNET_CONTAINER(timer, server_timer, timer));
        give_slot(&server->timers, due.slot);
        due.function(server, due.context);
    }
}

void linnet_server_timers_free(linnet_server *server)
{
    for (uint32_t i = 0; i < server->timers.count; i++)
        free(server->timers.slots[i].timer);
    free(server->timers.slots);
}
