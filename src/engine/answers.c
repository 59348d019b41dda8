/* An entry is a header of 16 octets and the answer, padded to 16. It never wraps around the end of the ring: a filler
 * without key stands in what is left there. An index word holds 16 bits of the key and the entry's position, which
 * counts up for ever; so a word that points behind the tail is known to be stale and nothing needs to be cleared. */
#include "engine/answers.h"

#define POSITION_BITS 48u
#define POSITION_MASK (((uint64_t)1 << POSITION_BITS) - 1)

/* Entries start at multiples of this, so a header always fits before the end of the ring. */
#define UNIT 16u

/* Times are kept in units of 2^20 microseconds: 32 bits then last for ever. */
#define TIME_SHIFT 20u

typedef struct entry {
    uint64_t key;
    uint32_t expires;
    uint16_t size;
    uint16_t is_filler;
} entry;

_Static_assert(sizeof(entry) == UNIT, "entries stay aligned to their unit");

void linnet_answers_init(linnet_answers *answers, uint8_t *ring, uint32_t size, uint64_t *index, uint32_t index_count)
{
    *answers =
        (linnet_answers){.ring = ring, .index = index, .size = size, .buckets = index_count / LINNET_ANSWERS_WAYS};
}

static uint8_t *place(const linnet_answers *answers, uint64_t position)
{
    return answers->ring + (position & (answers->size - 1));
}

static entry entry_at(const linnet_answers *answers, uint64_t position)
{
    entry found;

    memcpy(&found, place(answers, position), sizeof found);
    return found;
}

static uint32_t padded(size_t size) { return (uint32_t)(sizeof(entry) + ((size + UNIT - 1u) & ~(size_t)(UNIT - 1u))); }

static uint64_t *bucket_of(const linnet_answers *answers, uint64_t key)
{
    return answers->index + (key & (answers->buckets - 1u)) * LINNET_ANSWERS_WAYS;
}

/* Positions are stored in units, plus one so that a zeroed index is empty. */
static uint64_t index_word(uint64_t key, uint64_t position)
{
    return (key >> POSITION_BITS) << POSITION_BITS | ((position / UNIT + 1u) & POSITION_MASK);
}

static bool word_is_live(const linnet_answers *answers, uint64_t word)
{
    return (word & POSITION_MASK) > answers->tail / UNIT;
}

static uint64_t word_position(uint64_t word) { return ((word & POSITION_MASK) - 1u) * UNIT; }

/* Whether a word stands for the entry of this key. */
static bool word_is_of(const linnet_answers *answers, uint64_t word, uint64_t key)
{
    return (word ^ key) >> POSITION_BITS == 0 && word_is_live(answers, word) &&
           entry_at(answers, word_position(word)).key == key;
}

/* The word in the bucket that stands for this key, or NULL. */
static uint64_t *find_word(const linnet_answers *answers, uint64_t key)
{
    uint64_t *bucket = bucket_of(answers, key);

    for (unsigned i = 0; i < LINNET_ANSWERS_WAYS; i++)
        if (word_is_of(answers, bucket[i], key))
            return &bucket[i];
    return NULL;
}

bool linnet_answers_find(const linnet_answers *answers, uint64_t key, uint64_t now, linnet_bytes *answer)
{
    const uint64_t *word = find_word(answers, key);
    uint64_t position;
    entry found;

    if (!word)
        return false;
    position = word_position(*word);
    found = entry_at(answers, position);
    if (found.expires <= now >> TIME_SHIFT)
        return false;
    *answer = linnet_view(place(answers, position) + sizeof found, found.size);
    return true;
}

static void drop_oldest(linnet_answers *answers)
{
    entry oldest = entry_at(answers, answers->tail);

    answers->tail += oldest.is_filler ? oldest.expires : padded(oldest.size);
}

/* Frees the oldest entries until `needed` octets fit, and a few that have expired besides, so that a quiet endpoint
 * comes back to the front of the ring and the rest of it stays untouched. */
static void make_room(linnet_answers *answers, uint32_t needed, uint64_t now)
{
    unsigned spare = 4;

    while (answers->head - answers->tail + needed > answers->size)
        drop_oldest(answers);
    while (spare-- > 0 && answers->tail != answers->head) {
        entry oldest = entry_at(answers, answers->tail);
        if (!oldest.is_filler && oldest.expires > now >> TIME_SHIFT)
            return;
        drop_oldest(answers);
    }
    if (answers->tail == answers->head) {
        answers->head = (answers->head + answers->size - 1u) & ~(uint64_t)(answers->size - 1u);
        answers->tail = answers->head;
    }
}

/* Fills up the end of the ring when an entry of `needed` octets does not fit before it. */
static void wrap(linnet_answers *answers, uint32_t needed, uint64_t now)
{
    uint32_t left = answers->size - (uint32_t)(answers->head & (answers->size - 1u));

    if (needed <= left)
        return;
    make_room(answers, left, now);
    left = answers->size - (uint32_t)(answers->head & (answers->size - 1u));
    if (needed > left) {
        entry filler = {.expires = left, .is_filler = 1}; /* a filler's length stands in for its time */
        memcpy(place(answers, answers->head), &filler, sizeof filler);
        answers->head += left;
    }
}

/* The word with the lowest position: a free or a stale one, else that of the oldest entry, whose request is forgotten.
 */
static uint64_t *word_to_use(const linnet_answers *answers, uint64_t key)
{
    uint64_t *bucket = bucket_of(answers, key);
    uint64_t *oldest = bucket;

    for (unsigned i = 0; i < LINNET_ANSWERS_WAYS; i++) {
        if (word_is_of(answers, bucket[i], key))
            return &bucket[i];
        if ((bucket[i] & POSITION_MASK) < (*oldest & POSITION_MASK))
            oldest = &bucket[i];
    }
    return oldest;
}

bool linnet_answers_fits(const linnet_answers *answers, size_t size)
{
    return size <= UINT16_MAX && padded(size) <= answers->size / 4u;
}

void linnet_answers_put(linnet_answers *answers, uint64_t key, uint64_t now, uint64_t expires, linnet_bytes answer)
{
    entry added = {.key = key, .expires = (uint32_t)(expires >> TIME_SHIFT) + 1u, .size = (uint16_t)answer.size};
    uint32_t needed = padded(added.size);

    if (!linnet_answers_fits(answers, answer.size))
        return;
    wrap(answers, needed, now);
    make_room(answers, needed, now);
    memcpy(place(answers, answers->head), &added, sizeof added);
    if (added.size > 0)
        memcpy(place(answers, answers->head) + sizeof added, answer.data, added.size);
    *word_to_use(answers, key) = index_word(key, answers->head);
    answers->head += needed;
}
