/* The name of a transfer: a keyed hash over the endpoints and over each option that tells transfers apart. */
#include "engine/transfers.h"

/*
 * RFC 9175 3.3 leaves out elective NoCacheKey options and those of block-wise transfer; Request-Tag stays in, since it
 * is what tells one client's transfers apart. Observe "is not part of the Cache-Key" (RFC 7641 2), and No-Response may
 * stand in the last block alone (RFC 7967).
 */
static bool is_part_of_key(uint16_t number)
{
    if (number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2 || number == LINNET_OPTION_OBSERVE ||
        number == LINNET_OPTION_NO_RESPONSE)
        return false;
    return linnet_option_is_critical(number) || linnet_option_is_unsafe(number) ||
           !linnet_option_is_no_cache_key(number);
}

uint64_t linnet_transfers_key(const linnet_transfers *transfers, const linnet_path *path, const linnet_message *request,
                              linnet_transfer_role role)
{
    uint64_t chain = linnet_hash_ends(&transfers->hash_key, path, (uint32_t)role << 8 | request->code);
    linnet_option_cursor cursor = {.rest = request->options};
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        if (is_part_of_key(option.number))
            chain = linnet_hash_chain(&transfers->hash_key, chain, option.number, option.value);
    return chain;
}
