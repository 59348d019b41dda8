#include "security/dtls.h"

#include "engine/limits.h"
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>

_Static_assert(LINNET_DTLS_OVERHEAD == LINNET_RECORD_OVERHEAD, "both say the same");

uint64_t linnet_dtls_key(const linnet_dtls *dtls, const linnet_path *way)
{
    return dtls->config.keyring ? linnet_hash_ends(&dtls->hash_key, way, 0) : linnet_hash_peer(&dtls->hash_key, way, 0);
}

static linnet_table lay_out_table(linnet_arena *arena, uint32_t count)
{
    uint32_t buckets = linnet_power_of_two(count, 1);
    return (linnet_table){linnet_arena_take(arena, buckets, sizeof(linnet_node *)), buckets - 1u};
}

static void lay_out(linnet_dtls *dtls, linnet_arena *arena, const linnet_limits *limits)
{
    linnet_pool_init(&dtls->pool, linnet_arena_take(arena, limits->sessions, sizeof(linnet_session)),
                     sizeof(linnet_session), limits->sessions);
    uint32_t moves = limits->connection_id != LINNET_NO_CONNECTION_ID ? limits->sessions : 0;
    linnet_pool_init(&dtls->moves, linnet_arena_take(arena, moves, sizeof(linnet_move)), sizeof(linnet_move), moves);
    dtls->by_path = lay_out_table(arena, limits->sessions);
    dtls->by_id = lay_out_table(arena, limits->sessions);
    dtls->shaking = lay_out_table(arena, limits->handshakes);
    dtls->plain = linnet_arena_take(arena, 1, LINNET_RECORD_ROOM);
}

size_t linnet_dtls_memory(const linnet_limits *limits)
{
    linnet_limits filled = linnet_limits_filled(limits);
    linnet_arena arena = {0};
    linnet_dtls dtls;
    (void)linnet_arena_take(&arena, 1, sizeof dtls);
    lay_out(&dtls, &arena, &filled);
    return arena.used;
}

/* Of the Connection IDs that we give. */
static uint8_t cid_size(const linnet_limits *limits, bool server)
{
    uint32_t size = limits->connection_id;
    if (size == LINNET_NO_CONNECTION_ID || (size == 0 && !server))
        return 0;
    if (size == 0)
        return LINNET_CID_STANDARD;
    size = size < LINNET_CID_OWN_LEAST ? LINNET_CID_OWN_LEAST : size;
    return (uint8_t)(size < LINNET_CID_OWN_MOST ? size : LINNET_CID_OWN_MOST);
}

int linnet_dtls_init(linnet_dtls **made, void *memory, size_t size, const linnet_dtls_config *config)
{
    linnet_limits limits = linnet_limits_filled(&config->limits);
    linnet_arena arena = {.memory = memory};
    *made = NULL;
    if (size < linnet_dtls_memory(&config->limits))
        return LINNET_ENOMEM;
    linnet_dtls *dtls = linnet_arena_take(&arena, 1, sizeof *dtls);
    lay_out(dtls, &arena, &limits);
    dtls->config = *config;
    dtls->handshake_limit = limits.handshakes;
    dtls->has_cids = limits.connection_id != LINNET_NO_CONNECTION_ID;
    dtls->cid_size = cid_size(&limits, config->keyring != NULL);
    if (gnutls_rnd(GNUTLS_RND_RANDOM, &dtls->hash_key, sizeof dtls->hash_key) < 0 ||
        gnutls_rnd(GNUTLS_RND_RANDOM, dtls->cookie_key, sizeof dtls->cookie_key) < 0 ||
        gnutls_rnd(GNUTLS_RND_NONCE, &dtls->next_id, sizeof dtls->next_id) < 0)
        return LINNET_ESYSTEM;
    if (config->keyring)
        linnet_keyring_hold(config->keyring);
    *made = dtls;
    return 0;
}

void linnet_dtls_clear(linnet_dtls *dtls)
{
    linnet_shaking_clear(dtls);
    for (uint32_t i = 0; i < dtls->pool.touched; i++) {
        linnet_session *session = (linnet_session *)(void *)(dtls->pool.memory + i * dtls->pool.item_size);
        if (session->in_use)
            linnet_session_close(dtls, 0, session, 0);
    }
    linnet_keyring_release(dtls->config.keyring);
    gnutls_memset(dtls->cookie_key, 0, sizeof dtls->cookie_key);
}

/* A ClientHello that no handshake waits for. */
static void take_hello(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record)
{
    gnutls_dtls_prestate_st prestate;
    linnet_handshake *handshake = linnet_shaking_on(dtls, way);
    if (!linnet_cookie_check(dtls, now, way, record, &prestate)) {
        linnet_cookie_send(dtls, now, way, record);
        return;
    }
    if (handshake) /* it has shown its address, so it is the peer that begins anew */
        linnet_shaking_drop(dtls, now, handshake, LINNET_ECLOSED);
    handshake = linnet_shaking_begin(dtls, now, way, dtls->config.keyring, &prestate, NULL, NULL);
    if (!handshake)
        return;
    memcpy(handshake->client_random, linnet_cookie_random(record), sizeof handshake->client_random);
    linnet_shaking_receive(dtls, now, handshake, record);
}

/* Whether it is the hello that its handshake began with, once more. */
static bool is_same_hello(const linnet_handshake *handshake, const linnet_record *record)
{
    return handshake &&
           memcmp(handshake->client_random, linnet_cookie_random(record), sizeof handshake->client_random) == 0;
}

/* RFC 9146 3: "if the tls12_cid content type is set, then the CID is used to look up the connection [...]. If the
 * tls12_cid content type is not set, then the connection and the security association are looked up by the 5-tuple". */
static linnet_session *session_of(const linnet_dtls *dtls, const linnet_path *way, const linnet_record *record)
{
    if (record->epoch == 0)
        return NULL;
    return record->type == LINNET_TLS12_CID ? linnet_session_called(dtls, linnet_record_cid(record))
                                            : linnet_session_on(dtls, way);
}

static void take_record(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record)
{
    linnet_session *session = session_of(dtls, way, record);
    if (session && linnet_session_receive(dtls, now, session, way, record))
        return;
    linnet_handshake *handshake = linnet_shaking_on(dtls, way);
    if (dtls->config.keyring && linnet_cookie_is_hello(record) && !is_same_hello(handshake, record))
        take_hello(dtls, now, way, record);
    else if (handshake &&
             record->type != LINNET_APPLICATION_DATA) /* it came before its Finished, and will come again */
        linnet_shaking_receive(dtls, now, handshake, record);
}

void linnet_dtls_receive(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_bytes datagram)
{
    linnet_bytes rest = datagram;
    linnet_record record;
    dtls->now = now;
    if (way->flags & LINNET_PATH_MULTICAST)
        return; /* RFC 7252 9.1: there is no DTLS to a group */
    while (linnet_record_next(&rest, dtls->cid_size, &record))
        take_record(dtls, now, way, &record);
}

void linnet_dtls_unreachable(linnet_dtls *dtls, uint64_t now, const linnet_path *way, int error)
{
    linnet_handshake *handshake = dtls->config.keyring ? NULL : linnet_shaking_on(dtls, way);
    if (handshake)
        linnet_shaking_drop(dtls, now, handshake, error);
}

size_t linnet_dtls_seal(linnet_dtls *dtls, uint32_t session, linnet_bytes plain, uint8_t *out, linnet_path *way)
{
    linnet_session *to = linnet_session_find(dtls, session);
    if (!to)
        return 0;
    *way = linnet_session_way(dtls, to, plain.size + linnet_record_growth(&to->record));
    return linnet_session_seal(to, LINNET_APPLICATION_DATA, plain, out);
}

bool linnet_dtls_is_taken(const linnet_dtls *dtls, const linnet_path *way)
{
    return linnet_session_on(dtls, way) || linnet_shaking_on(dtls, way);
}

int linnet_dtls_connect(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_keyring *keyring,
                        const char *name, void *tag)
{
    if (linnet_dtls_is_taken(dtls, way))
        return LINNET_EEXIST;
    if (dtls->handshakes >= dtls->handshake_limit)
        return LINNET_EBUSY;
    return linnet_shaking_begin(dtls, now, way, keyring, NULL, name, tag) ? 0 : LINNET_ENOMEM;
}

void linnet_dtls_end(linnet_dtls *dtls, uint32_t session)
{
    linnet_session *found = linnet_session_find(dtls, session);
    if (found)
        linnet_session_close(dtls, 0, found, 0);
}

linnet_identity linnet_dtls_identity(const linnet_dtls *dtls, uint32_t session)
{
    const linnet_session *found = linnet_session_find(dtls, session);
    if (!found)
        return (linnet_identity){.security = LINNET_NOT_SECURED};
    return (linnet_identity){.security = found->more->security, .name = linnet_session_name(found)};
}

uint64_t linnet_dtls_deadline(const linnet_dtls *dtls)
{
    uint64_t shaking = linnet_wheel_deadline(&dtls->wheel), flights = linnet_wheel_deadline(&dtls->flights);
    uint64_t questions = linnet_wheel_deadline(&dtls->questions), first = shaking < flights ? shaking : flights;
    return first < questions ? first : questions;
}

void linnet_dtls_advance(linnet_dtls *dtls, uint64_t now)
{
    linnet_timer *timer;
    dtls->now = now;
    while ((timer = linnet_wheel_expire(&dtls->wheel, now)) != NULL)
        linnet_shaking_expire(dtls, now, LINNET_CONTAINER(timer, linnet_handshake, timer));
    while ((timer = linnet_wheel_expire(&dtls->flights, now)) != NULL)
        linnet_session_forget_flight(dtls, LINNET_CONTAINER(timer, linnet_last_flight, timer)->session);
    while ((timer = linnet_wheel_expire(&dtls->questions, now)) != NULL)
        linnet_move_ask(dtls, now, LINNET_CONTAINER(timer, linnet_move, timer));
}

size_t linnet_dtls_sessions(const linnet_dtls *dtls) { return dtls->pool.in_use; }

size_t linnet_dtls_handshakes(const linnet_dtls *dtls) { return dtls->handshakes; }
