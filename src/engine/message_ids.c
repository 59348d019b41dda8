/* A segment may be entered again when the lifetime has passed since its last number went out. In one that was entered
 * earlier, because it had to be, the rest stays closed to those that can wait. Times are kept in units of 2^20
 * microseconds, rounded so that a segment never opens early. */
#include "engine/message_ids.h"

#define SEGMENT_SHIFT 12u
#define TIME_SHIFT 20u

static uint32_t unit_of(uint64_t now) { return (uint32_t)(now >> TIME_SHIFT) + 1u; }

static bool is_open(uint32_t used, uint64_t now, uint64_t lifetime)
{
    return used == 0 || (uint64_t)(unit_of(now) - used) > (lifetime >> TIME_SHIFT) + 1u;
}

bool linnet_message_ids_started(const linnet_message_ids *ids, uint64_t key)
{
    return ids->spaces[key & ids->mask].started;
}

int32_t linnet_message_ids_next(linnet_message_ids *ids, uint64_t key, uint64_t now, uint64_t lifetime, bool must,
                                uint16_t start)
{
    linnet_id_space *space = &ids->spaces[key & ids->mask];
    unsigned segment;

    if (!space->started) {
        space->started = true;
        space->next = start;
    }
    segment = space->next >> SEGMENT_SHIFT;
    if ((space->next & ((1u << SEGMENT_SHIFT) - 1u)) == 0 || space->forced) {
        bool open = is_open(space->used[segment], now, lifetime);
        if (!open && !must)
            return -1;
        space->forced = !open;
    }
    space->used[segment] = unit_of(now);
    return space->next++;
}

void linnet_message_ids_used(linnet_message_ids *ids, uint64_t key, uint64_t now, uint16_t id)
{
    ids->spaces[key & ids->mask].used[id >> SEGMENT_SHIFT] = unit_of(now);
}

uint64_t linnet_message_ids_free_at(const linnet_message_ids *ids, uint64_t key, uint64_t lifetime)
{
    const linnet_id_space *space = &ids->spaces[key & ids->mask];
    uint64_t units = (uint64_t)space->used[space->next >> SEGMENT_SHIFT] + (lifetime >> TIME_SHIFT) + 1u;

    return units << TIME_SHIFT;
}
