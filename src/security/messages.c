#include "security/messages.h"

#include "security/handshake.h"

#include <gnutls/crypto.h>

#define HELLO_VERIFY_REQUEST 3u
#define HEADER_SIZE                                                                                                    \
    12u /* of a message: type, length, message_seq, fragment_offset, fragment_length (RFC 6347 4.2.2)                  \
         */

static uint32_t read_24(const uint8_t *in) { return (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2]; }

/* A message is announced once, and is as long as it said at first. */
static linnet_messages_verdict judge(linnet_messages *messages, uint32_t number, uint32_t size)
{
    if (number >= LINNET_PEER_MESSAGES)
        return LINNET_MESSAGES_TOO_LARGE;
    if (messages->announced[number] > 0)
        return messages->announced[number] == size + 1 ? LINNET_MESSAGES_FIT : LINNET_MESSAGES_ODD;
    if (size > messages->room)
        return LINNET_MESSAGES_TOO_LARGE;
    messages->room -= size;
    messages->announced[number] = size + 1;
    return LINNET_MESSAGES_FIT;
}

/* The fragments of one record. What is no fragment the library discards, and makes no room for. */
static linnet_messages_verdict judge_all(linnet_messages *messages, linnet_bytes rest)
{
    linnet_messages_verdict verdict = LINNET_MESSAGES_FIT;
    while (verdict == LINNET_MESSAGES_FIT && rest.size >= HEADER_SIZE) {
        uint32_t size = read_24(rest.data + 1), fragment = read_24(rest.data + 9);
        bool is_verify_request = rest.data[0] == HELLO_VERIFY_REQUEST && size == fragment; /* the next has its number */
        if (!is_verify_request)
            verdict = judge(messages, (uint32_t)rest.data[4] << 8 | rest.data[5], size);
        if (fragment > rest.size - HEADER_SIZE)
            break;
        rest = linnet_view(rest.data + HEADER_SIZE + fragment, rest.size - HEADER_SIZE - fragment);
    }
    return verdict;
}

/* A client has its keys before a server knows who it is. What does not open is of other keys, and the library will not
 * open it, either. A server that sends such has shown its certificate or key before. */
static linnet_messages_verdict judge_enciphered(linnet_handshake *handshake, const linnet_record *record)
{
    linnet_messages_verdict verdict = LINNET_MESSAGES_FIT;
    linnet_record_state state;
    uint8_t long_keys[LINNET_LONG_KEYS], plain[LINNET_DTLS_DATAGRAM];
    linnet_inner inner;
    if (!handshake->keyring->server)
        return LINNET_MESSAGES_FIT;
    if (record->fragment.size > sizeof plain)
        return LINNET_MESSAGES_TOO_LARGE;
    bool derived = linnet_agreed_derive(handshake, &state, long_keys);
    state.read_cid_size = 0; /* it is in the form that the library knows */
    if (derived && linnet_record_open(&state, record, plain, &inner) != LINNET_RECORD_FORGED)
        verdict = judge_all(&handshake->messages, linnet_view(plain, inner.size));
    gnutls_memset(&state, 0, sizeof state);
    gnutls_memset(long_keys, 0, sizeof long_keys);
    return verdict;
}

linnet_messages_verdict linnet_messages_judge(linnet_handshake *handshake, const linnet_record *record)
{
    if (record->type != LINNET_HANDSHAKE)
        return LINNET_MESSAGES_FIT;
    return record->epoch == 0 ? judge_all(&handshake->messages, record->fragment) : judge_enciphered(handshake, record);
}
