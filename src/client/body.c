/* Memory that doubles. */
#include "client/body.h"

#include <linnet/error.h>

#define FIRST_CAPACITY 2048u

static int reserve(linnet_body *body, const linnet_memory *memory, size_t more)
{
    size_t capacity = body->capacity ? body->capacity : FIRST_CAPACITY;
    uint8_t *data;

    if (more <= body->capacity - body->size)
        return 0;
    while (capacity - body->size < more) {
        if (capacity > SIZE_MAX / 2u)
            return LINNET_ENOMEM;
        capacity *= 2u;
    }
    data = memory->resize ? memory->resize(memory->context, body->data, capacity) : NULL;
    if (!data)
        return LINNET_ENOMEM;
    body->data = data;
    body->capacity = capacity;
    return 0;
}

int linnet_body_begin(linnet_body *body, const linnet_memory *memory, linnet_bytes options)
{
    int error;

    body->size = 0;
    error = reserve(body, memory, options.size);
    if (error != 0)
        return error;
    if (options.size > 0)
        memcpy(body->data, options.data, options.size);
    body->size = options.size;
    (void)linnet_options_remove(body->data, &body->size, LINNET_OPTION_BLOCK2);
    (void)linnet_options_remove(body->data, &body->size, LINNET_OPTION_BLOCK1);
    (void)linnet_options_remove(body->data, &body->size, LINNET_OPTION_Q_BLOCK2);
    body->options = body->size;
    return 0;
}

int linnet_body_append(linnet_body *body, const linnet_memory *memory, linnet_bytes octets, uint64_t limit)
{
    int error;

    if (octets.size > limit || body->size - body->options > limit - octets.size)
        return LINNET_ETOOBIG;
    error = reserve(body, memory, octets.size);
    if (error != 0 || octets.size == 0)
        return error;
    memcpy(body->data + body->size, octets.data, octets.size);
    body->size += octets.size;
    return 0;
}

int linnet_body_extend(linnet_body *body, const linnet_memory *memory, size_t size)
{
    int error = reserve(body, memory, size);

    if (error == 0)
        body->size = body->options + size;
    return error;
}

void linnet_body_clear(linnet_body *body, const linnet_memory *memory)
{
    if (body->data)
        (void)memory->resize(memory->context, body->data, 0);
    *body = (linnet_body){0};
}
