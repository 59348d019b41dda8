/* Addresses as values and as text (RFC 5952), without the system's help: the core has no printf and no inet_ntop. */
#include <linnet/address.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool linnet_address_is_ipv4(const linnet_address *address)
{
    return memcmp(address->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

bool linnet_address_is_multicast(const linnet_address *address)
{
    if (linnet_address_is_ipv4(address))
        return (address->ip[12] & 0xf0) == 0xe0; /* 224.0.0.0/4 */
    return address->ip[0] == 0xff;               /* ff00::/8 */
}

/* Writes `number` in that base, without leading zeros; returns the place behind it. */
static char *put_number(char *text, uint32_t number, unsigned base)
{
    char digits[10];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    while (count > 0)
        *text++ = digits[--count];
    return text;
}

static char *put_ipv4(char *text, const uint8_t ip[4])
{
    for (unsigned i = 0; i < 4; i++) {
        if (i > 0)
            *text++ = '.';
        text = put_number(text, ip[i], 10);
    }
    return text;
}

static unsigned group(const uint8_t ip[16], unsigned index) { return (unsigned)ip[2 * index] << 8 | ip[2 * index + 1]; }

/* "The longest run of consecutive 16-bit 0 fields MUST be shortened", the first one where several are equally long,
 * and "::" MUST NOT be used for a single field (RFC 5952 4.2). Returns its length, 0 when there is none. */
static unsigned longest_zero_run(const uint8_t ip[16], unsigned *start)
{
    unsigned best = 0;
    for (unsigned i = 0, run = 0; i < 8; i++) {
        run = group(ip, i) == 0 ? run + 1 : 0;
        if (run > best) {
            best = run;
            *start = i + 1 - run;
        }
    }
    return best > 1 ? best : 0;
}

static char *put_ipv6(char *text, const uint8_t ip[16])
{
    unsigned start = 0;
    unsigned length = longest_zero_run(ip, &start);
    for (unsigned i = 0; i < 8; i++) {
        if (length > 0 && i == start) {
            *text++ = ':';
            i += length - 1;
            if (i == 7)
                *text++ = ':';
            continue;
        }
        if (i > 0)
            *text++ = ':';
        text = put_number(text, group(ip, i), 16);
    }
    return text;
}

static char *put_host(char *text, const linnet_address *address)
{
    if (linnet_address_is_ipv4(address))
        return put_ipv4(text, address->ip + 12);
    text = put_ipv6(text, address->ip);
    if (address->scope != 0) {
        *text++ = '%';
        text = put_number(text, address->scope, 10);
    }
    return text;
}

char *linnet_address_text(const linnet_address *address, char text[LINNET_ADDRESS_TEXT])
{
    char *at = text;
    bool brackets = !linnet_address_is_ipv4(address);
    if (brackets)
        *at++ = '[';
    at = put_host(at, address);
    if (brackets)
        *at++ = ']';
    *at++ = ':';
    at = put_number(at, address->port, 10);
    *at = '\0';
    return text;
}

char *linnet_address_host_text(const linnet_address *address, char text[LINNET_ADDRESS_TEXT])
{
    *put_host(text, address) = '\0';
    return text;
}
