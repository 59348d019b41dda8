/* Feeds octets to the reader of application/missing-blocks+cbor-seq (RFC 9177 5). What is accepted is written again,
 * never longer, and read as the same numbers. */
#include "wire/missing_blocks.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    linnet_bytes payload = linnet_view(data, size), rest = payload;
    uint8_t octets[LINNET_MISSING_BLOCK_SIZE];
    uint32_t number, before = 0, again;
    bool ascending = true;
    int found;

    while ((found = linnet_missing_block_next(&rest, &number)) == 1) {
        size_t written = linnet_missing_block_write(octets, number);
        linnet_bytes one = linnet_view(octets, written);
        HOLDS(number <= LINNET_BLOCK_NUMBER_MAX && written <= sizeof octets);
        HOLDS(linnet_missing_block_next(&one, &again) == 1 && again == number && one.size == 0);
        ascending = ascending && number >= before;
        before = number;
    }
    HOLDS(linnet_missing_blocks_check(payload) == (size > 0 && found == 0 && ascending));
    return 0;
}
