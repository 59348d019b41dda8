#include "security/record.h"

/* DTLS 1.2 is {254, 253}. Before it is agreed on, messages may say {254, 255} (RFC 6347 4.2.1). */
#define VERSION_MAJOR 254u
#define VERSION_MINOR 253u
#define FIRST_MINOR 255u

/* RFC 5246 6.2.3.3: "additional_data = seq_num + TLSCompressed.type + TLSCompressed.version + TLSCompressed.length" */
#define ADDITIONAL_SIZE 13u

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

bool linnet_record_next(linnet_bytes *rest, linnet_record *record)
{
    const uint8_t *at = rest->data;
    size_t size;
    if (rest->size < LINNET_RECORD_HEADER_SIZE || at[1] != VERSION_MAJOR ||
        (at[2] != VERSION_MINOR && (at[2] != FIRST_MINOR || (at[3] | at[4]) != 0)))
        return false;
    size = (size_t)at[11] << 8 | at[12];
    if (size > rest->size - LINNET_RECORD_HEADER_SIZE)
        return false;
    *record = (linnet_record){
        .type = at[0],
        .epoch = (uint16_t)read_number(at + 3, 2),
        .sequence = read_number(at + 5, 6),
        .fragment = linnet_view(at + LINNET_RECORD_HEADER_SIZE, size),
        .octets = linnet_view(at, LINNET_RECORD_HEADER_SIZE + size),
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

static void make_additional(uint8_t additional[ADDITIONAL_SIZE], const uint8_t number[8], uint8_t type, size_t size)
{
    memcpy(additional, number, 8);
    additional[8] = type;
    additional[9] = VERSION_MAJOR;
    additional[10] = VERSION_MINOR;
    write_number(additional + 11, size, 2);
}

/* The explicit part of a nonce is the epoch and the sequence number, which no other record of these keys has. */
size_t linnet_record_seal(linnet_record_state *state, uint8_t type, linnet_bytes plain, uint8_t *out)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    uint8_t nonce[LINNET_AEAD_NONCE_SIZE], additional[ADDITIONAL_SIZE];
    size_t size = sizes->explicit_nonce + plain.size + sizes->tag;
    if (state->write_sequence >= LINNET_RECORD_SEQUENCES)
        return 0;
    out[0] = type;
    out[1] = VERSION_MAJOR;
    out[2] = VERSION_MINOR;
    write_number(out + 3, LINNET_RECORD_EPOCH, 2);
    write_number(out + 5, state->write_sequence++, 6);
    write_number(out + 11, size, 2);
    make_nonce(state, 1, out + 3, nonce);
    make_additional(additional, out + 3, type, plain.size);
    memcpy(out + LINNET_RECORD_HEADER_SIZE, out + 3, sizes->explicit_nonce);
    linnet_aead_seal((linnet_aead)state->aead, key_of(state, 1), nonce, linnet_view(additional, sizeof additional),
                     plain, out + LINNET_RECORD_HEADER_SIZE + sizes->explicit_nonce);
    return LINNET_RECORD_HEADER_SIZE + size;
}

/* RFC 6347 4.1.2.6: a window of 64 numbers up to the newest. */
static bool is_new(const linnet_record_state *state, uint64_t sequence)
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

static bool decrypt(const linnet_record_state *state, const linnet_record *record, uint8_t *out, size_t *size)
{
    const linnet_aead_sizes *sizes = &linnet_aead_sizes_of[state->aead];
    uint8_t nonce[LINNET_AEAD_NONCE_SIZE], additional[ADDITIONAL_SIZE];
    const uint8_t *number = record->octets.data + 3;
    linnet_bytes sealed = record->fragment;
    if (record->epoch != LINNET_RECORD_EPOCH || sealed.size < (size_t)sizes->explicit_nonce + sizes->tag)
        return false;
    /* The peer chooses its explicit part as it likes (RFC 5288 3). */
    make_nonce(state, 0, sizes->explicit_nonce ? sealed.data : number, nonce);
    sealed = linnet_view(sealed.data + sizes->explicit_nonce, sealed.size - sizes->explicit_nonce);
    *size = sealed.size - sizes->tag;
    make_additional(additional, number, record->type, *size);
    return linnet_aead_open((linnet_aead)state->aead, key_of(state, 0), nonce,
                            linnet_view(additional, sizeof additional), sealed, out);
}

int linnet_record_open(linnet_record_state *state, const linnet_record *record, uint8_t *out, size_t *size)
{
    bool fresh = is_new(state, record->sequence);
    if (!fresh && record->type == LINNET_APPLICATION_DATA)
        return LINNET_RECORD_REPLAYED; /* before any work is done for it */
    if (!decrypt(state, record, out, size))
        return LINNET_RECORD_FORGED;
    if (!fresh)
        return LINNET_RECORD_REPLAYED;
    mark(state, record->sequence);
    return 0;
}
