/* Sessions that are set up: some 170 octets each, and a name. When there are as many as the limit allows, one that was
 * silent makes way: a hand goes round over them and takes the first that has said nothing since it passed the last
 * time. */
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <stdlib.h>

#define ALERT_WARNING 1u
#define ALERT_FATAL 2u

linnet_session *linnet_session_find(const linnet_dtls *dtls, uint32_t id)
{
    linnet_node *node = linnet_table_find(&dtls->by_id, id);
    return node ? LINNET_CONTAINER(node, linnet_session, by_id) : NULL;
}

linnet_session *linnet_session_on(const linnet_dtls *dtls, const linnet_path *way)
{
    linnet_node *node = linnet_table_find(&dtls->by_path, linnet_dtls_key(dtls, way));
    return node ? LINNET_CONTAINER(node, linnet_session, by_path) : NULL;
}

/* A Connection ID is the session's number, and some octets that somebody who counts does not know. */
linnet_session *linnet_session_called(const linnet_dtls *dtls, linnet_bytes cid)
{
    const uint8_t *at = cid.data;
    uint32_t id = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    linnet_session *session = linnet_session_find(dtls, id);
    bool is_its = session && session->record.read_cid_size == cid.size &&
                  memcmp(session->record.read_cid_tail, at + 4, cid.size - 4) == 0;
    return is_its ? session : NULL;
}

void linnet_session_forget_flight(linnet_dtls *dtls, linnet_session *session)
{
    linnet_last_flight *flight = session->more->flight;
    if (!flight)
        return;
    linnet_wheel_stop(&dtls->flights, &flight->timer);
    free(flight);
    session->more->flight = NULL;
}

static void send_record(linnet_dtls *dtls, linnet_session *session, uint8_t type, linnet_bytes plain)
{
    uint8_t datagram[64 + LINNET_RECORD_OVERHEAD];
    size_t size = plain.size <= 64 ? linnet_session_seal(session, type, plain, datagram) : 0;
    linnet_path way = linnet_session_way(dtls, session, size);
    if (size > 0)
        dtls->config.send(dtls->config.context, &way, linnet_view(datagram, size));
}

static void send_alert(linnet_dtls *dtls, linnet_session *session, uint8_t level, uint8_t alert)
{
    const uint8_t octets[] = {level, alert};
    send_record(dtls, session, LINNET_ALERT, linnet_view(octets, sizeof octets));
}

void linnet_session_take_down(linnet_dtls *dtls, linnet_session *session)
{
    bool is_long = linnet_record_is_long((linnet_aead)session->record.aead);
    linnet_session_forget_flight(dtls, session);
    linnet_move_forget(dtls, session);
    linnet_table_remove(&dtls->by_path, &session->by_path);
    linnet_table_remove(&dtls->by_id, &session->by_id);
    if (is_long)
        gnutls_memset(session->record.keys.elsewhere, 0, LINNET_LONG_KEYS);
    gnutls_memset(&session->record, 0, sizeof session->record);
    free(session->more);
    session->more = NULL;
    session->in_use = false;
    linnet_pool_give(&dtls->pool, session);
}

void linnet_session_close(linnet_dtls *dtls, uint64_t now, linnet_session *session, int error)
{
    linnet_path path = session->path;
    send_alert(dtls, session, ALERT_WARNING, GNUTLS_A_CLOSE_NOTIFY);
    linnet_session_take_down(dtls, session);
    if (error != 0)
        dtls->config.ended(dtls->config.context, now, &path, error);
}

static linnet_session *at_index(const linnet_dtls *dtls, uint32_t index)
{
    return (linnet_session *)(void *)(dtls->pool.memory + (size_t)index * dtls->pool.item_size);
}

/* The pool is full, so every place before the hand's end holds a session. */
static void make_room(linnet_dtls *dtls, uint64_t now)
{
    linnet_session *session;
    for (unsigned looks = 0;; looks++) {
        session = at_index(dtls, dtls->hand);
        dtls->hand = (dtls->hand + 1u) % dtls->pool.limit;
        if (!session->recent || looks == LINNET_EVICTION_LOOKS)
            break;
        session->recent = false;
    }
    linnet_session_close(dtls, now, session, LINNET_EBUSY);
}

uint32_t linnet_session_number(linnet_dtls *dtls)
{
    do
        dtls->next_id++;
    while (dtls->next_id == 0 || linnet_session_find(dtls, dtls->next_id));
    return dtls->next_id;
}

static linnet_last_flight *keep_flight(linnet_dtls *dtls, uint64_t now, linnet_session *session,
                                       const linnet_handshake *handshake)
{
    linnet_last_flight *flight = handshake->out_size > 0 ? malloc(sizeof *flight + handshake->out_size) : NULL;
    if (!flight)
        return NULL; /* a peer that needs it has to begin anew */
    *flight = (linnet_last_flight){.session = session, .size = handshake->out_size};
    memcpy(flight->octets, handshake->out, handshake->out_size);
    linnet_wheel_set(&dtls->flights, &flight->timer, now + LINNET_FLIGHT_KEPT_MS * UINT64_C(1000));
    return flight;
}

static linnet_session_more *allocate_more(linnet_identity who, linnet_bytes cid, size_t keys_size)
{
    linnet_session_more *more = malloc(sizeof *more + cid.size + who.name.size + keys_size);
    if (!more)
        return NULL;
    *more = (linnet_session_more){.security = who.security, .name_size = (uint16_t)who.name.size};
    if (cid.size > 0)
        memcpy(more->octets, cid.data, cid.size);
    if (who.name.size > 0)
        memcpy(more->octets + cid.size, who.name.data, who.name.size);
    return more;
}

static linnet_session_more *make_more(const linnet_handshake *handshake)
{
    uint8_t room[LINNET_NAME_ROOM];
    linnet_identity who = linnet_handshake_identity(handshake, room, sizeof room);
    linnet_bytes cid = linnet_view(handshake->cids.peer, handshake->cids.peer_size);
    return allocate_more(who, cid, LINNET_LONG_KEYS);
}

/* Where the keys stand that do not fit into the session. */
static uint8_t *long_keys_of(linnet_session_more *more, size_t cid_size)
{
    return more->octets + cid_size + more->name_size;
}

/* Gives back what a suite of AES needs no room for. */
static linnet_session_more *trim(linnet_session_more *more, const linnet_record_state *record)
{
    if (linnet_record_is_long((linnet_aead)record->aead))
        return more;
    size_t size = sizeof *more + record->write_cid_size + more->name_size;
    linnet_session_more *trimmed = malloc(size);
    if (!trimmed)
        return more;
    memcpy(trimmed, more, size);
    free(more);
    return trimmed;
}

/* Whether that is a session of another peer, which may be somewhere else now and say so by its Connection ID. */
static bool is_of_another(const linnet_session *old, linnet_security security, linnet_bytes name)
{
    bool is_known =
        security == old->more->security && name.size > 0 && linnet_bytes_equal(name, linnet_session_name(old));
    return old->record.read_cid_size > 0 && !is_known;
}

/* RFC 6347 4.2.8: the old association stands until the new one's handshake has shown that this is the same peer, or
 * another that is there now. */
static linnet_session *take_place(linnet_dtls *dtls, uint64_t now, const linnet_path *way,
                                  const linnet_session_more *more, size_t cid_size)
{
    linnet_session *old = linnet_session_on(dtls, way);
    if (old && is_of_another(old, more->security, linnet_view(more->octets + cid_size, more->name_size))) {
        linnet_table_remove(&dtls->by_path, &old->by_path);
    } else if (old) {
        linnet_path path = old->path;
        linnet_session_take_down(dtls, old); /* without an alert: it would be taken for one of the new session's */
        dtls->config.ended(dtls->config.context, now, &path, LINNET_ECLOSED);
    }
    if (dtls->pool.in_use == dtls->pool.limit)
        make_room(dtls, now);
    return linnet_pool_take(&dtls->pool);
}

static linnet_session *place(linnet_dtls *dtls, uint64_t now, const linnet_path *way, uint32_t id,
                             const linnet_record_state *record, linnet_session_more *more)
{
    if (linnet_session_find(dtls, id))
        return NULL; /* its Connection ID was restored, with another session */
    linnet_session *session = take_place(dtls, now, way, more, record->write_cid_size);
    if (!session)
        return NULL;
    *session = (linnet_session){.path = *way, .record = *record, .more = more, .in_use = true, .recent = true};
    session->path.peer.session = id;
    linnet_table_add(&dtls->by_path, &session->by_path, linnet_dtls_key(dtls, way));
    linnet_table_add(&dtls->by_id, &session->by_id, session->path.peer.session);
    return session;
}

linnet_session *linnet_session_make(linnet_dtls *dtls, uint64_t now, const linnet_handshake *handshake,
                                    const linnet_record *finished)
{
    linnet_session_more *more = make_more(handshake);
    linnet_record_state record;
    if (!more || !linnet_handshake_keys(handshake, finished, &record, long_keys_of(more, handshake->cids.peer_size))) {
        free(more);
        return NULL;
    }
    more = trim(more, &record);
    linnet_session *session = place(dtls, now, &handshake->path, handshake->id, &record, more);
    gnutls_memset(&record, 0, sizeof record);
    if (session)
        more->flight = keep_flight(dtls, now, session, handshake);
    else
        free(more);
    return session;
}

void linnet_session_restore(linnet_dtls *dtls, uint64_t now, const linnet_path *path, const linnet_record_state *record,
                            linnet_bytes keys, linnet_bytes cid, linnet_identity who)
{
    bool is_long = linnet_record_is_long((linnet_aead)record->aead);
    linnet_record_state with_keys = *record;
    linnet_path way = *path;
    uint32_t id = path->peer.session;
    if (record->read_cid_size == 0)
        id = linnet_session_number(dtls);
    else if (record->read_cid_size != dtls->cid_size)
        return; /* nobody would know it by its ID */
    linnet_session_more *more = allocate_more(who, cid, is_long ? keys.size : 0);
    if (!more)
        return; /* its peer begins anew */
    way.peer.session = 0;
    with_keys.keys.elsewhere = is_long ? long_keys_of(more, cid.size) : NULL;
    memcpy(is_long ? with_keys.keys.elsewhere : with_keys.keys.octets, keys.data, keys.size);
    if (!place(dtls, now, &way, id, &with_keys, more))
        free(more);
    gnutls_memset(&with_keys, 0, sizeof with_keys);
}

/* The peer asks for the last flight by sending its own once more (RFC 6347 4.2.4). */
static void resend_flight(linnet_dtls *dtls, uint64_t now, linnet_session *session)
{
    linnet_last_flight *flight = session->more->flight;
    if (!flight || flight->resent == LINNET_FLIGHT_MOST ||
        (flight->resent > 0 && now < flight->resent_at + LINNET_FLIGHT_PAUSE_MS * UINT64_C(1000)))
        return;
    flight->resent++;
    flight->resent_at = now;
    linnet_path way = linnet_session_way(dtls, session, flight->size);
    dtls->config.send(dtls->config.context, &way, linnet_view(flight->octets, flight->size));
}

/* "Renegotiation" is refused with the alert that RFC 5246 7.2.2 has for it. */
static void take_handshake(linnet_dtls *dtls, uint64_t now, linnet_session *session, linnet_bytes plain)
{
    enum { HELLO_REQUEST = 0, CLIENT_HELLO = 1, FINISHED = 20 };
    if (plain.size > 0 && plain.data[0] == FINISHED)
        resend_flight(dtls, now, session);
    else if (plain.size > 0 && (plain.data[0] == HELLO_REQUEST || plain.data[0] == CLIENT_HELLO))
        send_alert(dtls, session, ALERT_WARNING, GNUTLS_A_NO_RENEGOTIATION);
}

static void take_alert(linnet_dtls *dtls, uint64_t now, linnet_session *session, linnet_bytes plain)
{
    if (plain.size == 2 && (plain.data[0] == ALERT_FATAL || plain.data[1] == GNUTLS_A_CLOSE_NOTIFY))
        linnet_session_close(dtls, now, session, LINNET_ECLOSED);
}

static void take_data(linnet_dtls *dtls, uint64_t now, linnet_session *session, linnet_bytes plain)
{
    linnet_path path = session->path;
    linnet_session_forget_flight(dtls, session); /* the peer has it */
    dtls->config.deliver(dtls->config.context, now, &path, plain);
}

/* Whether it is worth no work: it was here before, and is nothing that would be answered again. */
static bool is_stale(const linnet_session *session, const linnet_record *record)
{
    if (linnet_record_is_new(&session->record, record->sequence))
        return false;
    return record->type == LINNET_APPLICATION_DATA || (record->type == LINNET_TLS12_CID && !session->more->flight);
}

static void take_inner(linnet_dtls *dtls, uint64_t now, linnet_session *session, const linnet_inner *inner)
{
    linnet_bytes plain = linnet_view(dtls->plain, inner->size);
    if (inner->type == LINNET_APPLICATION_DATA)
        take_data(dtls, now, session, plain);
    else if (inner->type == LINNET_ALERT)
        take_alert(dtls, now, session, plain);
    else if (inner->type == LINNET_HANDSHAKE)
        take_handshake(dtls, now, session, plain);
}

static bool is_answer(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, const linnet_inner *inner)
{
    return inner->type == LINNET_APPLICATION_DATA &&
           linnet_move_is_answer(dtls, session, way, linnet_view(dtls->plain, inner->size));
}

bool linnet_session_receive(linnet_dtls *dtls, uint64_t now, linnet_session *session, const linnet_path *way,
                            const linnet_record *record)
{
    linnet_inner inner;
    if (record->fragment.size > LINNET_RECORD_ROOM)
        return false;
    if (is_stale(session, record))
        return true;
    int error = linnet_record_open(&session->record, record, dtls->plain, &inner);
    if (error == LINNET_RECORD_FORGED)
        return false;
    if (error == LINNET_RECORD_REPLAYED) { /* a peer may send its last flight again just as it was */
        if (inner.type == LINNET_HANDSHAKE)
            take_inner(dtls, now, session, &inner);
        return true;
    }
    session->recent = true;
    if (record->cid_size > 0 && dtls->config.keyring)
        linnet_move_note(dtls, session, way, record);
    if (!session->moved || !is_answer(dtls, session, way, &inner))
        take_inner(dtls, now, session, &inner);
    return true;
}
