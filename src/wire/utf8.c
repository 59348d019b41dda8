/* Tells whether text is well-formed UTF-8 (RFC 3629). Options of format string and diagnostic payloads come from
 * strangers: what passes here can be printed, logged and handed to a language that insists on valid strings. */
#include <linnet/message.h>

/* The size of the sequence that `lead` begins and the range its second octet must lie in; 0 for what begins none.
 * The ranges are those of RFC 3629 section 4: they keep out overlong forms, surrogates and all past U+10FFFF. */
static size_t sequence_size(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool linnet_utf8_valid(linnet_bytes text)
{
    size_t i = 0;

    while (i < text.size) {
        uint8_t lead = text.data[i];
        if (lead < 0x80) {
            if (lead == 0)
                return false;
            i++;
            continue;
        }
        uint8_t low, high;
        size_t size = sequence_size(lead, &low, &high);
        if (size == 0 || size > text.size - i || text.data[i + 1] < low || text.data[i + 1] > high)
            return false;
        for (size_t k = 2; k < size; k++)
            if ((text.data[i + k] & 0xc0) != 0x80)
                return false;
        i += size;
    }
    return true;
}
