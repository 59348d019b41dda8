/* Two lists in order become one in order, in one walk. */
#include "client/weave.h"

void linnet_extras_add(linnet_extras *extras, uint16_t number, linnet_bytes value)
{
    extras->option[extras->count].number = number;
    extras->option[extras->count].value = value;
    extras->count++;
}

void linnet_extras_add_uint(linnet_extras *extras, uint16_t number, uint32_t value)
{
    size_t size = linnet_option_from_uint(value, extras->option[extras->count].octets);

    linnet_extras_add(extras, number, linnet_view(NULL, size));
}

/* Writes the extras with numbers below `limit`, from *next on. */
static void write_extras(linnet_writer *writer, const linnet_extras *extras, unsigned *next, uint32_t limit)
{
    for (; *next < extras->count && extras->option[*next].number < limit; ++*next) {
        linnet_bytes value = extras->option[*next].value;
        if (!value.data)
            value.data = extras->option[*next].octets;
        linnet_writer_option(writer, extras->option[*next].number, value);
    }
}

int linnet_weave(linnet_bytes options, const linnet_extras *extras, uint8_t *buffer, size_t capacity,
                 linnet_bytes *woven)
{
    linnet_option_cursor cursor = {.rest = options};
    linnet_option option;
    linnet_writer writer;
    unsigned next = 0;
    int size;

    *woven = options;
    if (extras->count == 0)
        return 0;
    linnet_writer_begin_options(&writer, buffer, capacity);
    while (linnet_option_next(&cursor, &option)) {
        write_extras(&writer, extras, &next, option.number);
        linnet_writer_option(&writer, option.number, option.value);
    }
    write_extras(&writer, extras, &next, UINT32_MAX);
    size = linnet_writer_end(&writer);
    if (size < 0)
        return size;
    *woven = linnet_view(buffer, (size_t)size);
    return 0;
}
