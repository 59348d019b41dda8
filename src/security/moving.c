/* Peers whose address changes in mid-session (RFC 9146 6). A server follows an authentic record that is the newest; the
 * engine above keeps the path that the session began with. Until the new address has shown that it hears us it gets at
 * most three times what came from it. What is more goes where the peer was before, and a CoAP ping goes to the new
 * address: only who received it there can answer it. */
#include "security/sessions.h"

#include <gnutls/crypto.h>

#define ANY_CREDIT UINT32_MAX

/* RFC 7252 4.3: "Provoking a Reset message (e.g., by sending an Empty Confirmable message) is also useful as an
 * inexpensive check of the liveness of an endpoint ("CoAP ping")." */
enum { PING_SIZE = 4, CONFIRMABLE = 0x40, RESET = 0x70 };

static bool is_same_peer(const linnet_path *a, const linnet_path *b)
{
    return memcmp(&a->peer, &b->peer, offsetof(linnet_address, session)) == 0;
}

/* Our own end is a part of it: a peer expects an answer from where it sent to. */
static bool is_same_way(const linnet_path *a, const linnet_path *b)
{
    return is_same_peer(a, b) && memcmp(a->local_ip, b->local_ip, sizeof a->local_ip) == 0 && a->socket == b->socket;
}

static linnet_path without_session(const linnet_path *path)
{
    linnet_path way = *path;
    way.peer.session = 0;
    way.flags = 0;
    return way;
}

/* Where it is found without a Connection ID, and by a handshake that begins there. Who is there already, and has no ID
 * to be found by, stays. */
static void settle(linnet_dtls *dtls, linnet_session *session, const linnet_path *way)
{
    linnet_table_remove(&dtls->by_path, &session->by_path);
    linnet_session *other = linnet_session_on(dtls, way);
    if (other && other->record.read_cid_size == 0)
        return;
    if (other)
        linnet_table_remove(&dtls->by_path, &other->by_path);
    linnet_table_add(&dtls->by_path, &session->by_path, linnet_dtls_key(dtls, way));
}

static void forget(linnet_dtls *dtls, linnet_session *session)
{
    linnet_move *move = session->more->move;
    linnet_wheel_stop(&dtls->questions, &move->timer);
    linnet_pool_give(&dtls->moves, move);
    session->more->move = NULL;
    session->moved = false;
}

void linnet_move_forget(linnet_dtls *dtls, linnet_session *session)
{
    if (session->moved)
        forget(dtls, session);
}

/* The peer is known to be there. */
static void prove(linnet_dtls *dtls, linnet_session *session)
{
    linnet_move *move = session->more->move;
    linnet_wheel_stop(&dtls->questions, &move->timer);
    move->proved = move->way;
    move->credit = ANY_CREDIT;
    move->is_proved = true;
    move->has_asked = false;
    settle(dtls, session, &move->way);
    if (is_same_way(&move->way, &session->path))
        forget(dtls, session);
}

static linnet_move *begin(linnet_dtls *dtls, linnet_session *session)
{
    linnet_move *move = linnet_pool_take(&dtls->moves);
    if (!move)
        return NULL;
    *move = (linnet_move){.session = session, .way = without_session(&session->path), .is_proved = true};
    move->proved = move->way;
    session->more->move = move;
    session->moved = true;
    return move;
}

static uint32_t earned(uint32_t credit, size_t size)
{
    uint64_t sum = credit + (uint64_t)LINNET_MOVE_FACTOR * size;
    return sum < ANY_CREDIT ? (uint32_t)sum : ANY_CREDIT - 1u;
}

static void follow(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, size_t size)
{
    linnet_move *move = session->moved ? session->more->move : begin(dtls, session);
    if (!move) /* there is one for each session, so this does not happen */
        return;
    move->way = without_session(way);
    if (is_same_peer(&move->way, &move->proved)) { /* it is back, or speaks to another address of ours */
        prove(dtls, session);
        return;
    }
    move->is_proved = false;
    move->has_asked = false;
    move->credit = earned(0, size);
}

void linnet_move_note(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, const linnet_record *record)
{
    const linnet_path *known = session->moved ? &session->more->move->way : &session->path;
    bool is_newest = record->sequence == session->record.newest;
    if (!is_same_way(way, known)) {
        if (is_newest)
            follow(dtls, session, way, record->octets.size);
    } else if (session->moved && !session->more->move->is_proved) {
        linnet_move *move = session->more->move;
        move->credit = earned(move->credit, record->octets.size);
    }
}

static size_t ping_size(const linnet_session *session) { return PING_SIZE + linnet_record_growth(&session->record); }

/* Room for a question is left always. */
linnet_path linnet_move_way(linnet_dtls *dtls, linnet_session *session, size_t size)
{
    linnet_move *move = session->more->move;
    if (move->is_proved)
        return move->way;
    if (size + ping_size(session) <= move->credit) {
        move->credit -= (uint32_t)size;
        return move->way;
    }
    if (!linnet_timer_is_set(&move->timer)) {
        uint64_t next = move->asked_at ? move->asked_at + LINNET_MOVE_PAUSE_MS * UINT64_C(1000) : 0;
        linnet_wheel_set(&dtls->questions, &move->timer, next > dtls->now ? next : dtls->now);
    }
    return move->proved;
}

/* Asked again it is the same one, since the answer to the first may be on its way; but not for ever, since the peer may
 * take it for something that it knows already. */
static void choose_question(linnet_move *move)
{
    if (move->has_asked && ++move->repeated <= LINNET_MOVE_REPEATS)
        return;
    move->repeated = 0;
    gnutls_rnd(GNUTLS_RND_NONCE, move->question, sizeof move->question);
}

void linnet_move_ask(linnet_dtls *dtls, uint64_t now, linnet_move *move)
{
    linnet_session *session = move->session;
    uint8_t datagram[PING_SIZE + LINNET_RECORD_OVERHEAD], ping[PING_SIZE] = {CONFIRMABLE, 0};
    if (move->is_proved || ping_size(session) > move->credit)
        return;
    choose_question(move);
    memcpy(ping + 2, move->question, sizeof move->question);
    size_t size = linnet_session_seal(session, LINNET_APPLICATION_DATA, linnet_view(ping, sizeof ping), datagram);
    move->asked_at = now;
    move->has_asked = move->has_asked || size > 0;
    move->credit -= (uint32_t)size;
    if (size > 0)
        dtls->config.send(dtls->config.context, &move->way, linnet_view(datagram, size));
}

/* Who does not know the message ID has one guess, or it would be found by trying. */
bool linnet_move_is_answer(linnet_dtls *dtls, linnet_session *session, const linnet_path *way, linnet_bytes plain)
{
    linnet_move *move = session->more->move;
    if (!move->has_asked || plain.size != PING_SIZE || plain.data[0] != RESET || plain.data[1] != 0 ||
        !is_same_way(way, &move->way))
        return false;
    move->has_asked = false;
    if (memcmp(plain.data + 2, move->question, sizeof move->question) != 0)
        return false;
    prove(dtls, session);
    return true;
}

const linnet_path *linnet_move_home(const linnet_session *session)
{
    return session->moved ? &session->more->move->proved : &session->path;
}
