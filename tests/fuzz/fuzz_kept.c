/*
 * What an earlier server left, as anybody could have written it: the input is the memory of kept sessions, with its
 * checks made good or not. What must hold:
 *
 *  - each slot is gone on with or erased;
 *  - a session that goes on has a name within bounds, can write, and writes the first number of a block;
 *  - once gone on with, all of it is there for the next server, too.
 */
#include "engine/siphash.h"
#include "security/dtls.h"
#include "security/record.h"
#include "security/sessions.h"

#include <stdlib.h>

#define HOLDS(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            abort();                                                                                                   \
    } while (0)

/* As in keeping.c. */
enum { SLOT = 256, SLOTS = 4, BLOCKS_AT = 8, NEWEST_AT = 16, REST_AT = 24, ADMISSION_AT = 68 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(64) uint8_t kept[SLOTS * SLOT];
static linnet_keyring *keyring;

static void send_nowhere(void *context, const linnet_path *way, linnet_bytes datagram)
{
    (void)context, (void)way, (void)datagram;
}

static void deliver(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    (void)context, (void)now, (void)path, (void)plain;
    abort(); /* nobody said anything */
}

static void ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)context, (void)now, (void)path, (void)error; /* another one of the same address */
}

static linnet_dtls *open_server(void)
{
    linnet_dtls_config config = {.limits = {.sessions = SLOTS, .handshakes = 1},
                                 .keyring = keyring,
                                 .send = send_nowhere,
                                 .deliver = deliver,
                                 .ended = ended,
                                 .kept = kept};
    linnet_dtls *dtls;
    size_t size = linnet_dtls_memory(&config.limits);
    HOLDS(linnet_dtls_kept_size(&config.limits) == sizeof kept);
    HOLDS(linnet_dtls_init(&dtls, calloc(1, size), size, &config) == 0);
    return dtls;
}

static void close_server(linnet_dtls *dtls)
{
    linnet_dtls_clear(dtls);
    free(dtls); /* the front of its memory */
}

static void stamp(uint8_t *at, uint64_t check)
{
    uint64_t number;
    memcpy(&number, at, sizeof number);
    number &= LINNET_RECORD_SEQUENCES - 1u;
    number |= ((check ^ number) * UINT64_C(0x9e3779b97f4a7c15)) >> 48 << 48;
    memcpy(at, &number, sizeof number);
}

static void make_good(uint8_t *slot)
{
    static const linnet_sip_key key = {{LINNET_DTLS_KEPT_LAYOUT, SLOT}};
    uint16_t admission = linnet_keyring_brief(linnet_text("key"));
    if (slot[ADMISSION_AT] == 0)
        memcpy(slot + ADMISSION_AT, &admission, sizeof admission);
    uint64_t check = linnet_siphash(&key, linnet_view(slot + REST_AT, SLOT - REST_AT)) | 1u;
    memcpy(slot, &check, sizeof check);
    stamp(slot + BLOCKS_AT, check);
    stamp(slot + NEWEST_AT, check);
}

static size_t count_slots(void)
{
    size_t count = 0;
    uint64_t check;
    for (size_t i = 0; i < SLOTS; i++) {
        memcpy(&check, kept + i * SLOT, sizeof check);
        count += check != 0;
    }
    return count;
}

static void write_one(linnet_dtls *dtls, uint32_t id, size_t cid_size)
{
    uint8_t out[1 + LINNET_DTLS_OVERHEAD];
    linnet_path way;
    linnet_record record;
    size_t size = linnet_dtls_seal(dtls, id, linnet_text("x"), out, &way);
    linnet_bytes datagram = linnet_view(out, size);
    if (size == 0)
        return; /* its numbers are used up */
    HOLDS(linnet_record_next(&datagram, cid_size, &record));
    HOLDS(record.sequence % LINNET_KEPT_BLOCK == 0);
}

static size_t use(linnet_dtls *dtls)
{
    size_t count = 0;
    for (uint32_t i = 0; i < dtls->pool.touched; i++) {
        const linnet_session *session = (const linnet_session *)(void *)dtls->pool.memory + i;
        if (!session->in_use)
            continue;
        count++;
        HOLDS(session->kept);
        HOLDS(linnet_dtls_identity(dtls, session->path.peer.session).name.size <= SLOT);
        write_one(dtls, session->path.peer.session, session->record.write_cid_size);
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    linnet_credentials psk = {.psk = linnet_text("key")};
    if (size == 0)
        return 0;
    if (!keyring)
        HOLDS(linnet_keyring_open(&keyring, &psk, true) == 0);
    uint8_t repair = data[0];
    size = size - 1 < sizeof kept ? size - 1 : sizeof kept;
    memset(kept, 0, sizeof kept);
    memcpy(kept, data + 1, size);
    for (size_t i = 0; i < SLOTS; i++)
        if (repair >> i & 1u)
            make_good(kept + i * SLOT);
    size_t before = count_slots();
    linnet_dtls *dtls = open_server();
    linnet_dtls_restored restored = linnet_dtls_restore(dtls, 1000000, sizeof kept);
    HOLDS(restored.sessions + restored.refused + restored.damaged == before);
    size_t sessions = use(dtls);
    HOLDS(sessions <= restored.sessions && sessions == count_slots());
    close_server(dtls);
    dtls = open_server();
    restored = linnet_dtls_restore(dtls, 1000000, sizeof kept);
    HOLDS(restored.sessions == sessions && restored.refused + restored.damaged == 0);
    close_server(dtls);
    return 0;
}
