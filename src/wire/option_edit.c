/* Changes a list of encoded options in place: a proxy strips options, the engine adds an Echo or a Block to a
 * request that the caller already wrote. Only the head behind the change is written anew, since it alone holds a
 * delta that the change alters; everything else moves as it is. */
#include <linnet/error.h>
#include <linnet/message.h>

#include "wire/option_head.h"

/* Where the options of one number lie, and what comes before and behind them. */
typedef struct run {
    size_t start;       /* offset of the first option of the run */
    size_t end;         /* offset behind the last one */
    int count;          /* how many they are */
    uint16_t before;    /* number of the option before the run; 0 when there is none */
    bool has_next;      /* an option follows */
    linnet_option next; /* that option */
} run;

/* Finds the options with `number`; an empty run lies where one would be inserted. False on malformed options. */
static bool find_run(run *found, linnet_bytes options, uint16_t number)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;

    *found = (run){0};
    while (linnet_option_next(&cursor, &option)) {
        if (option.number > number) {
            found->has_next = true;
            found->next = option;
            return true;
        }
        found->end = options.size - cursor.rest.size;
        if (option.number == number) {
            found->count++;
        } else {
            found->start = found->end;
            found->before = option.number;
        }
    }
    return cursor.rest.size == 0;
}

/* The octets from the value of the option behind the run to the end of the list: what an edit moves unchanged. */
static linnet_bytes tail_of(const run *found, linnet_bytes options)
{
    if (!found->has_next)
        return linnet_view(NULL, 0);
    return linnet_view(found->next.value.data, (size_t)(options.data + options.size - found->next.value.data));
}

static void move(uint8_t *to, linnet_bytes from)
{
    if (from.size)
        memmove(to, from.data, from.size);
}

int linnet_options_insert(uint8_t *options, size_t *size, size_t capacity, uint16_t number, linnet_bytes value)
{
    run found;
    linnet_bytes old = linnet_view(options, *size);

    if (value.size > LINNET_EXTENDED_MAX)
        return LINNET_EINVAL;
    if (!find_run(&found, old, number))
        return LINNET_EFORMAT;

    uint32_t delta = (uint32_t)number - (found.count ? number : found.before);
    uint32_t next_delta = (uint32_t)found.next.number - number;
    uint32_t next_size = (uint32_t)found.next.value.size;
    linnet_bytes tail = tail_of(&found, old);
    size_t grown = found.end + linnet_option_head_size(delta, (uint32_t)value.size) + value.size + tail.size;
    if (found.has_next)
        grown += linnet_option_head_size(next_delta, next_size);
    if (grown > capacity)
        return LINNET_ENOSPC;

    move(options + (grown - tail.size), tail);
    uint8_t *at = linnet_option_head_write(options + found.end, delta, (uint32_t)value.size);
    move(at, value);
    if (found.has_next)
        linnet_option_head_write(at + value.size, next_delta, next_size);
    *size = grown;
    return 0;
}

int linnet_options_remove(uint8_t *options, size_t *size, uint16_t number)
{
    run found;
    linnet_bytes old = linnet_view(options, *size);

    if (!find_run(&found, old, number) || found.count == 0)
        return 0;

    /* The head of the next option takes over the delta of the run. It never needs more room than both heads had:
     * an extended delta that grows by an octet does so at the cost of a removed head of at least one octet. */
    uint8_t *at = options + found.start;
    linnet_bytes tail = tail_of(&found, old);
    if (found.has_next)
        at = linnet_option_head_write(at, (uint32_t)found.next.number - found.before, (uint32_t)found.next.value.size);
    move(at, tail);
    *size = (size_t)(at - options) + tail.size;
    return found.count;
}
