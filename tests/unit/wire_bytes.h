/* Small helpers of the wire tests: octets written as hexadecimal text, and copies that end where the heap ends, so
 * that AddressSanitizer sees a read of a single octet too many. */
#ifndef LINNET_TESTS_WIRE_BYTES_H
#define LINNET_TESTS_WIRE_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linnet/bytes.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* A copy on the heap of exactly these octets; free it with release(). */
static inline linnet_bytes exact(const void *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, data, size);
    return linnet_view(copy, size);
}

/* "40 01 7d34" as octets on the heap; free them with release(). */
static inline linnet_bytes hex(const char *text)
{
    uint8_t octets[2048];
    size_t size = 0;

    for (; *text; text++) {
        if (*text == ' ')
            continue;
        assert_true(size < sizeof octets && text[1]);
        octets[size++] = (uint8_t)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
        text++;
    }
    return exact(octets, size);
}

static inline void release(linnet_bytes bytes)
{
    union {
        const uint8_t *view;
        void *owned;
    } pointer = {.view = bytes.data};
    free(pointer.owned);
}

static inline void assert_bytes(linnet_bytes actual, linnet_bytes expected)
{
    assert_int_equal(actual.size, expected.size);
    if (expected.size)
        assert_memory_equal(actual.data, expected.data, expected.size);
}

static inline void assert_text(linnet_bytes actual, const char *expected)
{
    assert_bytes(actual, linnet_text(expected));
}

/* Compares, and frees what hex() made. */
static inline void assert_hex(linnet_bytes actual, const char *expected)
{
    linnet_bytes octets = hex(expected);
    assert_bytes(actual, octets);
    release(octets);
}

#endif
