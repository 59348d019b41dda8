/* Takes a datagram apart (RFC 7252 section 3). Everything that the RFC calls a message format error is found here,
 * once, so that the layers above walk a message without another check of its bounds. */
#include <linnet/error.h>
#include <linnet/message.h>

#include "wire/header.h"
#include "wire/option_head.h"

/* "a request (0), a success response (2), a client error response (4), or a server error response (5). (All other
 * class values are reserved.)" Class 7 got a meaning later, over streams alone (RFC 8323). */
static bool class_is_known(linnet_code code)
{
    const unsigned known_classes = 1u << 0 | 1u << 2 | 1u << 4 | 1u << 5;
    return known_classes >> LINNET_CODE_CLASS(code) & 1u;
}

/* Splits what follows the token into options and payload. */
static int parse_body(linnet_message *message, const uint8_t *at, const uint8_t *end)
{
    linnet_option_cursor cursor = {.rest = {at, (size_t)(end - at)}};
    linnet_option option;

    while (linnet_option_next(&cursor, &option))
        ;
    /* The cursor stops at the end, at the payload marker, or at what is neither: a malformed option. */
    const uint8_t *stop = cursor.rest.data;
    if (stop < end) {
        if (*stop != LINNET_PAYLOAD_MARKER)
            return LINNET_EFORMAT;
        /* "The presence of a marker followed by a zero-length payload MUST be processed as a message format error" */
        if (stop + 1 == end)
            return LINNET_EFORMAT;
        message->payload = linnet_view(stop + 1, (size_t)(end - stop) - 1);
    }
    message->options = linnet_view(at, (size_t)(stop - at));
    return 0;
}

int linnet_message_parse(linnet_message *message, linnet_bytes datagram)
{
    *message = (linnet_message){0};
    if (!linnet_message_has_id(datagram))
        return LINNET_EFORMAT;

    const uint8_t *at = datagram.data;
    linnet_bytes token;

    message->type = at[0] >> 4 & 3;
    message->code = at[1];
    message->id = (uint16_t)(at[2] << 8 | at[3]);

    if (at[0] >> 6 != 1)
        return LINNET_EVERSION;
    /* "An Empty message has the Code field set to 0.00. The Token Length field MUST be set to 0 and bytes of data MUST
     * NOT be present after the Message ID field" (4.1) */
    if (message->code == LINNET_EMPTY)
        return (at[0] & 15u) == 0 && datagram.size == LINNET_MESSAGE_HEADER_SIZE ? 0 : LINNET_EFORMAT;
    if (!linnet_header_token(datagram, &token) || !class_is_known(message->code))
        return LINNET_EFORMAT;

    int error = parse_body(message, token.data + token.size, at + datagram.size);
    if (error == 0)
        message->token = token;
    return error;
}
