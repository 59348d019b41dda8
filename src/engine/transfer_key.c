/* The name of a transfer: a keyed hash over the endpoints and over each option that tells transfers apart. */
#include "engine/transfers.h"

/*
 * RFC 9175 1.1: "matchable" are requests with the same options, "with the exception that elective NoCacheKey options
 * and options involved in block-wise transfer (Block1, Block2 and Request-Tag) need not be the same"; Request-Tag
 * counts here since it is what tells one client's transfers apart (3.3). Observe says what else a request is for, not
 * what it asks (RFC 7641 section 2), and No-Response may stand in the last block alone (RFC 7967). If-None-Match "MUST
 * NOT be used on Block1 requests with NUM != 0" (RFC 7959 2.10), so it stands in the first alone.
 */
static bool is_part_of_key(uint16_t number)
{
    if (number == LINNET_OPTION_BLOCK1 || number == LINNET_OPTION_BLOCK2 || number == LINNET_OPTION_OBSERVE ||
        number == LINNET_OPTION_NO_RESPONSE || number == LINNET_OPTION_IF_NONE_MATCH)
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
