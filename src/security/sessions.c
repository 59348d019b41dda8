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
    linnet_path way = session->path;
    size_t size = plain.size <= 64 ? linnet_record_seal(&session->record, type, plain, datagram) : 0;
    way.peer.session = 0;
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

/* A number that no session has; after 2^32 sessions they begin anew. */
static uint32_t new_id(linnet_dtls *dtls)
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

static linnet_session_more *make_more(const linnet_handshake *handshake)
{
    uint8_t room[LINNET_NAME_ROOM];
    linnet_identity who = linnet_handshake_identity(handshake, room, sizeof room);
    linnet_session_more *more = malloc(sizeof *more + who.name.size + LINNET_LONG_KEYS);
    if (!more)
        return NULL;
    *more = (linnet_session_more){.security = who.security, .name_size = (uint16_t)who.name.size};
    if (who.name.size > 0)
        memcpy(more->octets, who.name.data, who.name.size);
    return more;
}

/* Gives back what a suite of AES needs no room for. */
static linnet_session_more *trim(linnet_session_more *more, const linnet_record_state *record)
{
    if (linnet_record_is_long((linnet_aead)record->aead))
        return more;
    linnet_session_more *trimmed = malloc(sizeof *more + more->name_size);
    if (!trimmed)
        return more;
    memcpy(trimmed, more, sizeof *more + more->name_size);
    free(more);
    return trimmed;
}

/* RFC 6347 4.2.8: the old association stands until the new one's handshake has shown that this is the same peer, or
 * another that is there now. */
static linnet_session *take_place(linnet_dtls *dtls, uint64_t now, const linnet_path *way)
{
    linnet_session *old = linnet_session_on(dtls, way);
    if (old) {
        linnet_path path = old->path;
        linnet_session_take_down(dtls, old); /* without an alert: it would be taken for one of the new session's */
        dtls->config.ended(dtls->config.context, now, &path, LINNET_ECLOSED);
    }
    if (dtls->pool.in_use == dtls->pool.limit)
        make_room(dtls, now);
    return linnet_pool_take(&dtls->pool);
}

static linnet_session *place(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record_state *record,
                             linnet_session_more *more)
{
    linnet_session *session = take_place(dtls, now, way);
    if (!session)
        return NULL;
    *session = (linnet_session){.path = *way, .record = *record, .more = more, .in_use = true, .recent = true};
    session->path.peer.session = new_id(dtls);
    linnet_table_add(&dtls->by_path, &session->by_path, linnet_dtls_key(dtls, way));
    linnet_table_add(&dtls->by_id, &session->by_id, session->path.peer.session);
    return session;
}

linnet_session *linnet_session_make(linnet_dtls *dtls, uint64_t now, const linnet_handshake *handshake,
                                    const linnet_record *finished)
{
    linnet_session_more *more = make_more(handshake);
    linnet_record_state record;
    if (!more || !linnet_handshake_keys(handshake, finished, &record, more->octets + more->name_size)) {
        free(more);
        return NULL;
    }
    more = trim(more, &record);
    linnet_path path = handshake->path;
    path.flags = linnet_handshake_limit(handshake);
    linnet_session *session = place(dtls, now, &path, &record, more);
    gnutls_memset(&record, 0, sizeof record);
    if (session)
        more->flight = keep_flight(dtls, now, session, handshake);
    else
        free(more);
    return session;
}

void linnet_session_restore(linnet_dtls *dtls, uint64_t now, const linnet_path *path, const linnet_record_state *record,
                            linnet_bytes keys, linnet_identity who)
{
    bool is_long = linnet_record_is_long((linnet_aead)record->aead);
    linnet_record_state with_keys = *record;
    linnet_session_more *more = malloc(sizeof *more + who.name.size + (is_long ? keys.size : 0));
    if (!more)
        return; /* its peer begins anew */
    *more = (linnet_session_more){.security = who.security, .name_size = (uint16_t)who.name.size};
    if (who.name.size > 0)
        memcpy(more->octets, who.name.data, who.name.size);
    with_keys.keys.elsewhere = is_long ? more->octets + more->name_size : NULL;
    memcpy(is_long ? with_keys.keys.elsewhere : with_keys.keys.octets, keys.data, keys.size);
    if (!place(dtls, now, path, &with_keys, more))
        free(more);
    gnutls_memset(&with_keys, 0, sizeof with_keys);
}

/* The peer asks for the last flight by sending its own once more (RFC 6347 4.2.4). */
static void resend_flight(linnet_dtls *dtls, uint64_t now, linnet_session *session)
{
    linnet_last_flight *flight = session->more->flight;
    linnet_path way = session->path;
    way.peer.session = 0;
    if (!flight || flight->resent == LINNET_FLIGHT_MOST ||
        (flight->resent > 0 && now < flight->resent_at + LINNET_FLIGHT_PAUSE_MS * UINT64_C(1000)))
        return;
    flight->resent++;
    flight->resent_at = now;
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

bool linnet_session_receive(linnet_dtls *dtls, uint64_t now, linnet_session *session, const linnet_record *record)
{
    size_t size = 0;
    int error = record->fragment.size <= LINNET_RECORD_ROOM
                    ? linnet_record_open(&session->record, record, dtls->plain, &size)
                    : LINNET_RECORD_FORGED;
    linnet_bytes plain = linnet_view(dtls->plain, size);
    if (error == LINNET_RECORD_FORGED)
        return false;
    if (error == LINNET_RECORD_REPLAYED) { /* a peer may send its last flight again just as it was */
        if (record->type == LINNET_HANDSHAKE)
            take_handshake(dtls, now, session, plain);
        return true;
    }
    session->recent = true;
    if (record->type == LINNET_APPLICATION_DATA)
        take_data(dtls, now, session, plain);
    else if (record->type == LINNET_ALERT)
        take_alert(dtls, now, session, plain);
    else if (record->type == LINNET_HANDSHAKE)
        take_handshake(dtls, now, session, plain);
    return true;
}
