/* Encoded option lists that grow. */
#include "options.h"

void linnet_option_list_free(linnet_option_list *list)
{
    if (list->data != list->room)
        PyMem_Free(list->data);
    linnet_option_list_init(list);
}

int linnet_option_list_reserve(linnet_option_list *list, size_t capacity)
{
    if (capacity <= list->capacity)
        return 0;
    capacity = capacity < list->capacity * 2 ? list->capacity * 2 : capacity;
    uint8_t *data = PyMem_Malloc(capacity);
    if (!data) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(data, list->data, list->size);
    if (list->data != list->room)
        PyMem_Free(list->data);
    list->data = data;
    list->capacity = capacity;
    return 0;
}

int linnet_option_list_set(linnet_option_list *list, linnet_bytes options)
{
    if (linnet_option_list_reserve(list, options.size) != 0)
        return -1;
    if (options.size > 0)
        memmove(list->data, options.data, options.size);
    list->size = options.size;
    return 0;
}

#define HEADER_MOST 5u /* octets that an option has before its value; the one behind it may need as many again */

int linnet_option_list_add(linnet_option_list *list, uint16_t number, linnet_bytes value)
{
    if (linnet_option_list_reserve(list, list->size + value.size + 2 * HEADER_MOST) != 0)
        return -1;
    if (linnet_options_insert(list->data, &list->size, list->capacity, number, value) == 0)
        return 0;
    PyErr_Format(PyExc_ValueError, "%zu octets are too many for option %d", value.size, (int)number);
    return -1;
}
