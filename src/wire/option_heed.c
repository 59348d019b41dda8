/* Options as a recipient of a response heeds them: by the lengths of the registry. */
#include <linnet/option.h>

bool linnet_option_heed(linnet_bytes options, uint16_t number, linnet_bytes *value)
{
    const linnet_option_definition *definition = linnet_option_find(number);
    linnet_bytes found;

    if (!linnet_option_get(options, number, 0, &found) ||
        (definition && (found.size < definition->min_size || found.size > definition->max_size)))
        return false;
    *value = found;
    return true;
}

bool linnet_option_heed_uint(linnet_bytes options, uint16_t number, uint32_t *value)
{
    linnet_bytes octets;

    if (!linnet_option_heed(options, number, &octets))
        return false;
    *value = linnet_option_uint(octets);
    return true;
}
