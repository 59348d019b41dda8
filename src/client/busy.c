/* See busy.h. */
#include "client/busy.h"

static linnet_put_off *bucket_of(const linnet_busy *busy, uint64_t key)
{
    return busy->slots + (key & (busy->count - 1u) & ~(uint64_t)(LINNET_BUSY_WAYS - 1u));
}

uint64_t linnet_busy_until(const linnet_busy *busy, uint64_t key, uint64_t now)
{
    const linnet_put_off *bucket = bucket_of(busy, key);

    for (unsigned i = 0; i < LINNET_BUSY_WAYS; i++)
        if (bucket[i].key == key && bucket[i].until > now)
            return bucket[i].until;
    return 0;
}

void linnet_busy_note(linnet_busy *busy, uint64_t key, uint64_t until)
{
    linnet_put_off *bucket = bucket_of(busy, key), *soonest = bucket;

    for (unsigned i = 0; i < LINNET_BUSY_WAYS; i++) {
        if (bucket[i].key == key) {
            bucket[i].until = until;
            return;
        }
        if (bucket[i].until < soonest->until)
            soonest = &bucket[i];
    }
    *soonest = (linnet_put_off){key, until};
}
