/* The options of one message, encoded as the wire has them. Short lists live inside of their owner. */
#ifndef LINNET_PYTHON_OPTIONS_H
#define LINNET_PYTHON_OPTIONS_H

#include "module.h"

#define LINNET_OPTIONS_ROOM 56u

typedef struct linnet_option_list {
    uint8_t *data; /* `room`, or memory of its own */
    size_t size;
    size_t capacity;
    uint8_t room[LINNET_OPTIONS_ROOM];
} linnet_option_list;

static inline void linnet_option_list_init(linnet_option_list *list)
{
    list->data = list->room;
    list->size = 0;
    list->capacity = sizeof list->room;
}

static inline linnet_bytes linnet_option_list_view(const linnet_option_list *list)
{
    return linnet_view(list->data, list->size);
}

void linnet_option_list_free(linnet_option_list *list);
/* These are 0, or -1 with an exception. */
int linnet_option_list_reserve(linnet_option_list *list, size_t capacity);
/* Replaces all: `options` are well-formed. */
int linnet_option_list_set(linnet_option_list *list, linnet_bytes options);
int linnet_option_list_add(linnet_option_list *list, uint16_t number, linnet_bytes value);
static inline void linnet_option_list_remove(linnet_option_list *list, uint16_t number)
{
    linnet_options_remove(list->data, &list->size, number);
}

/* The view that Python sees as msg.opt: of the list of `owner`, which it keeps alive. A new reference. */
PyObject *linnet_options_view(linnet_state *state, PyObject *owner, linnet_option_list *list);
/* The list behind an Options object; NULL with an exception where it is none. */
linnet_option_list *linnet_options_list(linnet_state *state, PyObject *options);

#endif
