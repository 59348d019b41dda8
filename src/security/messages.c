#include "security/messages.h"

#include "security/handshake.h"

#include <gnutls/crypto.h>

#define HELLO_VERIFY_REQUEST 3u
#define HEADER_SIZE                                                                                                    \
    12u /* of a message: type, length, message_seq, fragment_offset, fragment_length (RFC 6347 4.2.2)                  \
         */

static uint32_t read_24(const uint8_t *in) { return (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]; }

/* A message is announced once, and is as long as it said at first. */
static bool is_announced(linnet_messages *messages, uint32_t number, uint32_t size)
{
    if (number >= LINNET_PEER_MESSAGES)
        return false;
    if (messages->announced[number] > 0)
        return messages->announced[number] == size + 1;
    if (size > messages->room)
        return false;
    messages->room -= size;
    messages->announced[number] = size + 1;
    return true;
}

/* The fragments of one record. What is no fragment the library discards, and makes no room for. */
static bool all_fit(linnet_messages *messages, linnet_bytes rest)
{
    while (rest.size >= HEADER_SIZE) {
        uint32_t size = read_24(rest.data + 1), fragment = read_24(rest.data + 9);
        bool is_verify_request = rest.data[0] == HELLO_VERIFY_REQUEST && size == fragment; /* the next has its number */
        if (!is_verify_request && !is_announced(messages, (uint32_t)rest.data[4] << 8 | rest.data[5], size))
            return false;
        if (fragment > rest.size - HEADER_SIZE)
            break;
        rest = linnet_view(rest.data + HEADER_SIZE + fragment, rest.size - HEADER_SIZE - fragment);
    }
    return true;
}

/* A client has its keys before a server knows who it is. What does not open is of other keys, and the library will not
 * open it, either. A server that sends such has shown its certificate or key before. */
static bool enciphered_fit(linnet_handshake *handshake, const linnet_record *record)
{
    linnet_record_state state;
    uint8_t long_keys[LINNET_LONG_KEYS], plain[LINNET_DTLS_DATAGRAM];
    size_t size;
    if (!handshake->keyring->server)
        return true;
    if (record->fragment.size > sizeof plain)
        return false;
    bool opened = linnet_agreed_derive(handshake, &state, long_keys) &&
                  linnet_record_open(&state, record, plain, &size) != LINNET_RECORD_FORGED;
    bool fit = !opened || all_fit(&handshake->messages, linnet_view(plain, size));
    gnutls_memset(&state, 0, sizeof state);
    gnutls_memset(long_keys, 0, sizeof long_keys);
    return fit;
}

bool linnet_messages_fit(linnet_handshake *handshake, const linnet_record *record)
{
    if (record->type != LINNET_HANDSHAKE)
        return true;
    return record->epoch == 0 ? all_fit(&handshake->messages, record->fragment) : enciphered_fit(handshake, record);
}
