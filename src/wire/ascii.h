/* Letters and digits of ASCII without the C library's locale: protocol text never depends on where a program runs,
 * and a microcontroller carries no tables for it. */
#ifndef LINNET_WIRE_ASCII_H
#define LINNET_WIRE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint8_t linnet_ascii_lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c; }

static inline bool linnet_ascii_is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

static inline bool linnet_ascii_is_letter(uint8_t c)
{
    uint8_t lower = linnet_ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

/* The value of a hexadecimal digit, or -1. */
static inline int linnet_ascii_hex(uint8_t c)
{
    if (linnet_ascii_is_digit(c))
        return c - '0';
    uint8_t lower = linnet_ascii_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Compares two C strings without regard to the case of ASCII letters. */
static inline bool linnet_ascii_same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (linnet_ascii_lower((uint8_t)*a) != linnet_ascii_lower((uint8_t)*b))
            return false;
    return *a == *b;
}

#endif
