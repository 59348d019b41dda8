/* Byte strings as views: who owns the octets, and until when, is said where a view is given or taken. */
#ifndef LINNET_BYTES_H
#define LINNET_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view of `size` octets that somebody else owns. `data` may be NULL when `size` is 0. */
typedef struct linnet_bytes {
    const uint8_t *data;
    size_t size;
} linnet_bytes;

/* The octets of a C string without its NUL; the view lives as long as the string. NULL is the empty view. */
static inline linnet_bytes linnet_text(const char *text)
{
    linnet_bytes bytes = {(const uint8_t *)text, text ? strlen(text) : 0};
    return bytes;
}

static inline linnet_bytes linnet_view(const void *data, size_t size)
{
    linnet_bytes bytes = {(const uint8_t *)data, size};
    return bytes;
}

static inline bool linnet_bytes_equal(linnet_bytes a, linnet_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* For printf("%.*s", LINNET_PRINTF(bytes)). */
#define LINNET_PRINTF(bytes) (int)(bytes).size, (const char *)(bytes).data

#ifdef __cplusplus
}
#endif
#endif
