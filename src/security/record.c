#include "security/record.h"

/* DTLS 1.2 is {254, 253}. Before it is agreed on, messages may say {254, 255} (RFC 6347 4.2.1). */
#define VERSION_MAJOR 254u
#define VERSION_MINOR 253u
#define FIRST_MINOR 255u

/* RFC 5246 6.2.1: "The length MUST NOT exceed 2^14"; RFC 9146 5 says the same of a DTLSInnerPlaintext. */
#define PLAIN_MOST 16384u

/* RFC 9146 5.3, the longest: placeholder, type, length of the ID, type, version, number, the ID, length. */
#define ADDITIONAL_MOST (8u + 1u + 1u + 1u + 2u + 8u + LINNET_CID_MOST + 2u)

static void write_number(uint8_t *out, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        out[i] = (uint8_t)(number >> 8u * (size - 1u - i));
}

static uint64_t read_number(const uint8_t *in, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | in[i];
    return number;
}

bool linnet_record_next(linnet_bytes *rest, size_t cid_size, linnet_record *record)
{
    const uint8_t *at = rest->data;
    size_t size, header = LINNET_RECORD_HEADER_SIZE;
    if (rest->size < header || at[1] != VERSION_MAJOR ||
        (at[2] != VERSION_MINOR && (at[2] != FIRST_MINOR || (at[3] | at[4]) != 0)))
        return false;
    cid_size = at[0] == LINNET_TLS12_CID ? cid_size : 0;
    header += cid_size;
    if (rest->size < header || (at[0] == LINNET_TLS12_CID && cid_size == 0))
        return false;
    size = (size_t)at[header - 2] << 8 | at[header - 1];
    if (size > rest->size - header)
        return false;
    *record = (linnet_record){
        .type = at[0],
        .cid_size = (uint8_t)cid_size,
        .epoch = (uint16_t)read_number(at + 3, 2),
        .sequence = read_number(at + 5, 6),
        .fragment = linnet_view(at + header, size),
        .octets = linnet_view(at, header + size),
    };
    *rest = linnet_view(at + record->octets.size, rest->size - record->octets.size);
    return true;
}

static const uint8_t *keys_of(const linnet_record_state *state)
{
    return linnet_record_is_long((linnet_aead)state->aead) ? state->keys.elsewhere : state->keys.octets;
}

/* `direction` is 0 for reading, 1 for writing. */
static const uint8_t *key_of(const linnet_record_state *state, unsigned direction)
{
    return keys_of(state) + direction * (unsigned)linnet_aead_sizes_of[state->aead].key;
}

/* With an explicit part it is the IV and that part (RFC 5288 3); without, the IV combined with the sequence number
 * (RFC 7905 2). `number` is the epoch and the sequence number. */
static void make_nonce(const linnet_record_state *state, unsigned direction, const uint8_t number[8],
                       uint8_t nonce[LINNET_AEAD_NONCE_SIZE])
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    memset(nonce, 0, LINNET_AEAD_NONCE_SIZE);
    memcpy(nonce, keys_of(state) + 2u * sizes->key + direction * (unsigned)sizes->iv, sizes->iv);
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] ^= number[i];
}

static uint8_t *put(uint8_t *at, const void *octets, size_t size)
{
    if (size > 0)
        memcpy(at, octets, size);
    return at + size;
}

/* Without a Connection ID, RFC 5246 6.2.3.3: "additional_data = seq_num + TLSCompressed.type + TLSCompressed.version +
 * TLSCompressed.length"; with one, RFC 9146 5.3: "additional_data = seq_num_placeholder + tls12_cid + cid_length +
 * tls12_cid + DTLSCiphertext.version + epoch + sequence_number + cid + length_of_DTLSInnerPlaintext". `header` is the
 * record's. Returns how many octets they are. */
static size_t make_additional(uint8_t additional[ADDITIONAL_MOST], const uint8_t *header, size_t cid_size, size_t size)
{
    static const uint8_t placeholder[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    uint8_t *at = additional;
    if (cid_size > 0) {
        at = put(at, placeholder, sizeof placeholder);
        *at++ = LINNET_TLS12_CID;
        *at++ = (uint8_t)cid_size;
        at = put(at, header, LINNET_RECORD_CID_AT + cid_size);
    } else {
        at = put(at, header + 3, 8);
        at = put(at, header, 3);
    }
    write_number(at, size, 2);
    return (size_t)(at + 2 - additional);
}

/* "The content to be sent is first wrapped along with its content type" (RFC 9146 4). */
static linnet_bytes wrap(uint8_t *room, uint8_t type, linnet_bytes plain)
{
    uint8_t *end = put(room, plain.data, plain.size);
    *end = type;
    return linnet_view(room, plain.size + 1u);
}

/* The explicit part of a nonce is the epoch and the sequence number, which no other record of these keys has. */
size_t linnet_record_seal(linnet_record_state *state, const uint8_t *cid, uint8_t type, linnet_bytes plain,
                          uint8_t *out)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    size_t cid_size = state->write_cid_size, header = LINNET_RECORD_HEADER_SIZE + cid_size;
    uint8_t nonce[LINNET_AEAD_NONCE_SIZE], additional[ADDITIONAL_MOST];
    if (state->write_sequence >= LINNET_RECORD_SEQUENCES)
        return 0;
    uint8_t *body = out + header + sizes->explicit_nonce;
    if (cid_size > 0)
        plain = wrap(body, type, plain);
    size_t size = sizes->explicit_nonce + plain.size + sizes->tag;
    out[0] = cid_size > 0 ? LINNET_TLS12_CID : type;
    out[1] = VERSION_MAJOR;
    out[2] = VERSION_MINOR;
    write_number(out + 3, LINNET_RECORD_EPOCH, 2);
    write_number(out + 5, state->write_sequence++, 6);
    put(out + LINNET_RECORD_CID_AT, cid, cid_size);
    write_number(out + header - 2, size, 2);
    make_nonce(state, 1, out + 3, nonce);
    size_t additional_size = make_additional(additional, out, cid_size, plain.size);
    memcpy(out + header, out + 3, sizes->explicit_nonce);
    linnet_aead_seal((linnet_aead)state->aead, key_of(state, 1), nonce, linnet_view(additional, additional_size), plain,
                     body);
    return header + size;
}

/* RFC 6347 4.1.2.6: a window of 64 numbers up to the newest. */
bool linnet_record_is_new(const linnet_record_state *state, uint64_t sequence)
{
    if (sequence > state->newest)
        return true;
    uint64_t age = state->newest - sequence;
    return age < LINNET_REPLAY_WINDOW && !(state->seen >> age & 1u);
}

/* "The receive window is updated only if the MAC verification succeeds." */
static void mark(linnet_record_state *state, uint64_t sequence)
{
    if (sequence > state->newest) {
        uint64_t step = sequence - state->newest;
        state->seen = step < LINNET_REPLAY_WINDOW ? state->seen << step : 0;
        state->newest = sequence;
    }
    state->seen |= UINT64_C(1) << (state->newest - sequence);
}

/* Takes type and padding off: the type is the last octet that is not zero. False: there is none. */
static bool unwrap(const uint8_t *plain, linnet_inner *inner)
{
    size_t size = inner->size;
    if (size > PLAIN_MOST)
        return false;
    while (size > 0 && plain[size - 1] == 0)
        size--;
    if (size == 0)
        return false;
    *inner = (linnet_inner){.type = plain[size - 1], .size = size - 1};
    return true;
}

static bool decrypt(const linnet_record_state *state, const linnet_record *record, uint8_t *out, linnet_inner *inner)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    uint8_t nonce[LINNET_AEAD_NONCE_SIZE], additional[ADDITIONAL_MOST];
    const uint8_t *header = record->octets.data;
    linnet_bytes sealed = record->fragment;
    /* RFC 9146 3: "If a non-zero-length CID is expected for the retrieved association, then the datagram MUST be
     * treated as invalid". */
    if (record->epoch != LINNET_RECORD_EPOCH || record->cid_size != state->read_cid_size ||
        sealed.size < (size_t)sizes->explicit_nonce + sizes->tag)
        return false;
    /* The peer chooses its explicit part as it likes (RFC 5288 3). */
    make_nonce(state, 0, sizes->explicit_nonce ? sealed.data : header + 3, nonce);
    sealed = linnet_view(sealed.data + sizes->explicit_nonce, sealed.size - sizes->explicit_nonce);
    *inner = (linnet_inner){.type = record->type, .size = sealed.size - sizes->tag};
    size_t additional_size = make_additional(additional, header, record->cid_size, inner->size);
    return linnet_aead_open((linnet_aead)state->aead, key_of(state, 0), nonce, linnet_view(additional, additional_size),
                            sealed, out) &&
           (record->cid_size == 0 || unwrap(out, inner));
}

int linnet_record_open(linnet_record_state *state, const linnet_record *record, uint8_t *out, linnet_inner *inner)
{
    bool fresh = linnet_record_is_new(state, record->sequence);
    if (!decrypt(state, record, out, inner))
        return LINNET_RECORD_FORGED;
    if (!fresh)
        return LINNET_RECORD_REPLAYED;
    mark(state, record->sequence);
    return 0;
}

static void exchange(uint8_t *a, uint8_t *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t held = a[i];
        a[i] = b[i];
        b[i] = held;
    }
}

void linnet_record_mirror(linnet_record_state *state)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    uint8_t *keys = linnet_record_is_long((linnet_aead)state->aead) ? state->keys.elsewhere : state->keys.octets;
    uint8_t *ivs = keys + 2u * sizes->key, size = state->read_cid_size;
    exchange(keys, keys + sizes->key, sizes->key);
    exchange(ivs, ivs + sizes->iv, sizes->iv);
    state->read_cid_size = state->write_cid_size;
    state->write_cid_size = size;
}
