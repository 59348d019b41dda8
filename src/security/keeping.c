/* Sessions in memory that outlives the process: a slot for each, at its place in the pool. What is there holds at any
 * moment, so a process may be killed at any instruction:
 *
 *  - numbers to write with are reserved in blocks before the first of a block is used. After a restart those left of
 * the last block are passed over;
 *  - the newest number that was read is stored before the record is delivered. After a restart what is not newer is
 *    refused: one store a record, of one word, instead of a window that could be half there;
 *  - a slot is good when its check is: that is written last, and erased first.
 */
#include "engine/limits.h"
#include "engine/siphash.h"
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <stdatomic.h>

#define SLOT_SIZE 256u
#define BLOCKS_MOST (LINNET_RECORD_SEQUENCES / LINNET_KEPT_BLOCK)

typedef struct slot {
    uint64_t check;          /* 0: nobody's */
    _Atomic uint64_t blocks; /* stamped: all numbers below so many blocks may have been written with */
    _Atomic uint64_t newest; /* stamped: linnet_record_state.newest */
    uint8_t peer_ip[16];     /* from here on `check` tells that it is whole */
    uint8_t local_ip[16];
    uint32_t scope;
    uint16_t port;
    uint16_t socket;
    uint16_t name_size;
    uint8_t aead;
    uint8_t security;
    uint16_t admission;
    uint8_t read_cid_size;
    uint8_t write_cid_size;
    uint32_t number; /* of the session, which its Connection ID says */
    uint8_t read_cid_tail[LINNET_CID_TAIL];
    uint16_t flags;                 /* of the path: what the peer has room for */
    uint16_t reserved;              /* 0 */
    uint8_t octets[SLOT_SIZE - 84]; /* keys, the peer's Connection ID, its name; zeros */
} slot;

_Static_assert(sizeof(slot) == SLOT_SIZE, "LINNET_DTLS_KEPT_LAYOUT stands for this");
_Static_assert(sizeof(slot) % 64 == 0, "what a record changes is in one cache line");

/* The order of stores is what a restart relies on. It is the same memory that the next process sees, so only the
 * compiler could change that. */
static void then(void) { atomic_signal_fence(memory_order_seq_cst); }

static slot *slot_at(const linnet_dtls *dtls, size_t index)
{
    return (slot *)(void *)(dtls->config.kept + index * SLOT_SIZE);
}

static size_t index_of(const linnet_dtls *dtls, const linnet_session *session)
{
    return (size_t)(session - (const linnet_session *)(const void *)dtls->pool.memory);
}

static size_t key_size(const slot *self)
{
    return linnet_record_is_long((linnet_aead)self->aead) ? LINNET_LONG_KEYS : LINNET_SHORT_KEYS;
}

static uint64_t check_of(const slot *self)
{
    static const linnet_sip_key key = {{LINNET_DTLS_KEPT_LAYOUT, SLOT_SIZE}}; /* no secret: it is against accidents */
    return linnet_siphash(&key, linnet_view(self->peer_ip, SLOT_SIZE - offsetof(slot, peer_ip))) | 1u;
}

/* A number of 48 bits and, above it, a check that it is one of this slot: both are stored at once. */
static uint64_t stamp(uint64_t check, uint64_t number)
{
    return number | ((check ^ number) * UINT64_C(0x9e3779b97f4a7c15)) >> 48 << 48;
}

static bool read_stamped(uint64_t check, uint64_t stamped, uint64_t *number)
{
    *number = stamped & (LINNET_RECORD_SEQUENCES - 1u);
    return stamp(check, *number) == stamped;
}

static void store(_Atomic uint64_t *to, uint64_t check, uint64_t number)
{
    atomic_store_explicit(to, stamp(check, number), memory_order_relaxed);
}

static void clear(slot *self)
{
    self->check = 0;
    then();
    gnutls_memset(self, 0, sizeof *self);
}

/* Whether that slot may be written to. */
static bool is_ready(linnet_dtls *dtls, size_t index)
{
    size_t end = (index + 1u) * SLOT_SIZE;
    if (dtls->config.kept && end > dtls->kept_size && dtls->config.keep)
        dtls->kept_size = dtls->config.keep(dtls->config.context, end);
    return dtls->config.kept && end <= dtls->kept_size;
}

static void fill(slot *self, const linnet_session *session)
{
    const linnet_path *path = linnet_move_home(session);
    const linnet_record_state *record = &session->record;
    bool is_long = linnet_record_is_long((linnet_aead)record->aead);
    memcpy(self->peer_ip, path->peer.ip, sizeof self->peer_ip);
    memcpy(self->local_ip, path->local_ip, sizeof self->local_ip);
    self->scope = path->peer.scope;
    self->port = path->peer.port;
    self->socket = path->socket;
    self->name_size = session->more->name_size;
    self->aead = record->aead;
    self->security = (uint8_t)session->more->security;
    self->admission = session->more->admission;
    self->read_cid_size = record->read_cid_size;
    self->write_cid_size = record->write_cid_size;
    self->number = session->path.peer.session;
    self->flags = session->path.flags;
    memcpy(self->read_cid_tail, record->read_cid_tail, LINNET_CID_TAIL);
    memcpy(self->octets, is_long ? record->keys.elsewhere : record->keys.octets, key_size(self));
    memcpy(self->octets + key_size(self), session->more->octets, (size_t)self->write_cid_size + self->name_size);
}

void linnet_kept_put(linnet_dtls *dtls, linnet_session *session)
{
    size_t index = index_of(dtls, session);
    size_t keys = linnet_record_is_long((linnet_aead)session->record.aead) ? LINNET_LONG_KEYS : LINNET_SHORT_KEYS;
    if (keys + session->record.write_cid_size + session->more->name_size > sizeof(((slot *)NULL)->octets) ||
        !is_ready(dtls, index))
        return;
    slot *self = slot_at(dtls, index);
    clear(self);
    fill(self, session);
    uint64_t check = check_of(self);
    store(&self->blocks, check, (session->record.write_sequence + LINNET_KEPT_BLOCK - 1u) / LINNET_KEPT_BLOCK);
    store(&self->newest, check, session->record.newest);
    then();
    self->check = check;
    session->kept = true;
}

void linnet_kept_drop(linnet_dtls *dtls, linnet_session *session)
{
    if (session->kept)
        clear(slot_at(dtls, index_of(dtls, session)));
    session->kept = false;
}

void linnet_kept_reserve(linnet_dtls *dtls, const linnet_session *session)
{
    uint64_t blocks = session->record.write_sequence / LINNET_KEPT_BLOCK + 1u;
    slot *self = session->kept ? slot_at(dtls, index_of(dtls, session)) : NULL;
    if (self && blocks <= BLOCKS_MOST)
        store(&self->blocks, self->check, blocks);
    then();
}

void linnet_kept_heard(linnet_dtls *dtls, const linnet_session *session)
{
    slot *self = slot_at(dtls, index_of(dtls, session));
    store(&self->newest, self->check, session->record.newest);
    then();
}

/* What a session goes on from; false: the slot is not what linnet_kept_put() wrote. */
static bool read_record(slot *self, linnet_record_state *record)
{
    uint64_t blocks, newest;
    if (!read_stamped(self->check, atomic_load_explicit(&self->blocks, memory_order_relaxed), &blocks) ||
        !read_stamped(self->check, atomic_load_explicit(&self->newest, memory_order_relaxed), &newest))
        return false;
    *record = (linnet_record_state){.aead = self->aead,
                                    .read_cid_size = self->read_cid_size,
                                    .write_cid_size = self->write_cid_size,
                                    .write_sequence = blocks * LINNET_KEPT_BLOCK,
                                    .newest = newest,
                                    .seen = UINT64_MAX};
    memcpy(record->read_cid_tail, self->read_cid_tail, LINNET_CID_TAIL);
    return self->check == check_of(self) && blocks <= BLOCKS_MOST && self->aead < LINNET_AEAD_COUNT &&
           self->security > LINNET_NOT_SECURED && self->security <= LINNET_SECURED_CERTIFICATE &&
           key_size(self) + self->write_cid_size + self->name_size <= sizeof self->octets;
}

/* The session of a slot. Its place in the pool may be another one than before. NULL: the credentials of today would not
 * let its peer in, or there is no memory. */
static linnet_session *take(linnet_dtls *dtls, uint64_t now, const slot *self, const linnet_record_state *record)
{
    linnet_path path = {.peer = {.port = self->port, .scope = self->scope, .session = self->number},
                        .socket = self->socket,
                        .flags = self->flags};
    linnet_bytes keys = linnet_view(self->octets, key_size(self));
    linnet_bytes cid = linnet_view(self->octets + keys.size, self->write_cid_size);
    linnet_identity who = {.security = (linnet_security)self->security,
                           .name = linnet_view(cid.data + cid.size, self->name_size)};
    memcpy(path.peer.ip, self->peer_ip, sizeof self->peer_ip);
    memcpy(path.local_ip, self->local_ip, sizeof self->local_ip);
    if (linnet_keyring_admission(dtls->config.keyring, who) != self->admission || self->admission == 0)
        return NULL;
    return linnet_session_restore(dtls, now, &path, record, keys, cid, who, self->admission);
}

/* At no moment is it in two slots. */
static void restore_one(linnet_dtls *dtls, uint64_t now, size_t index, linnet_dtls_restored *restored)
{
    slot *self = slot_at(dtls, index), copy = *self;
    linnet_record_state record;
    bool is_whole = read_record(&copy, &record);
    linnet_session *session = is_whole ? take(dtls, now, &copy, &record) : NULL;
    gnutls_memset(&copy, 0, sizeof copy);
    ++*(session ? &restored->sessions : is_whole ? &restored->refused : &restored->damaged);
    if (session && index_of(dtls, session) == index) {
        session->kept = true;
        return;
    }
    clear(self);
    if (session)
        linnet_kept_put(dtls, session);
}

size_t linnet_dtls_kept_size(const linnet_limits *limits)
{
    return (size_t)linnet_limits_filled(limits).sessions * SLOT_SIZE;
}

linnet_dtls_restored linnet_dtls_restore(linnet_dtls *dtls, uint64_t now, size_t size)
{
    linnet_dtls_restored restored = {0};
    dtls->kept_size = size;
    for (size_t i = 0; i < size / SLOT_SIZE && i < dtls->pool.limit; i++)
        if (slot_at(dtls, i)->check != 0)
            restore_one(dtls, now, i, &restored);
    return restored;
}
