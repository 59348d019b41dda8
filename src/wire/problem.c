/* The head of a CBOR map with one text in it, by hand: two bytes and a length. */
#include "wire/problem.h"

#define MAP_OF_ONE 0xa1u
#define KEY_TITLE 0x20u /* -1 */
#define TEXT 0x60u      /* major type 3 (RFC 8949 3.1) */
#define TEXT_1 0x78u    /* one octet of length follows */
#define TEXT_2 0x79u    /* two octets follow */
#define LENGTH_DIRECT 23u

size_t linnet_problem_head(uint8_t head[LINNET_PROBLEM_HEAD], size_t size)
{
    size_t at = 0;

    head[at++] = MAP_OF_ONE;
    head[at++] = KEY_TITLE;
    if (size <= LENGTH_DIRECT) {
        head[at++] = (uint8_t)(TEXT + size);
    } else if (size <= UINT8_MAX) {
        head[at++] = TEXT_1;
        head[at++] = (uint8_t)size;
    } else {
        head[at++] = TEXT_2;
        head[at++] = (uint8_t)(size >> 8);
        head[at++] = (uint8_t)size;
    }
    return at;
}
