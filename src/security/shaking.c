/* Handshakes under way: as many as the limit allows, each with a timer, found by their path. */
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <stdio.h>

linnet_handshake *linnet_shaking_on(const linnet_dtls *dtls, const linnet_path *way)
{
    linnet_node *node = linnet_table_find(&dtls->shaking, linnet_dtls_key(dtls, way));
    return node ? LINNET_CONTAINER(node, linnet_handshake, by_path) : NULL;
}

/* As many records in a datagram as fit: a flight is mostly one. */
static void send_flight(linnet_dtls *dtls, const linnet_handshake *handshake)
{
    const linnet_path *way = &handshake->path;
    linnet_bytes flight = linnet_view(handshake->out, handshake->out_size), rest = flight;
    linnet_record record;
    size_t start = 0, end = 0;
    while (linnet_record_next(&rest, handshake->cids.peer_size, &record)) {
        if (end > start && end + record.octets.size - start > LINNET_HANDSHAKE_MTU) {
            dtls->config.send(dtls->config.context, way, linnet_view(flight.data + start, end - start));
            start = end;
        }
        end += record.octets.size;
    }
    if (end > start)
        dtls->config.send(dtls->config.context, way, linnet_view(flight.data + start, end - start));
}

static void send_out(linnet_dtls *dtls, linnet_handshake *handshake)
{
    send_flight(dtls, handshake);
    handshake->out_size = 0;
}

static void take_down(linnet_dtls *dtls, linnet_handshake *handshake)
{
    linnet_table_remove(&dtls->shaking, &handshake->by_path);
    linnet_wheel_stop(&dtls->wheel, &handshake->timer);
    linnet_ages_remove(&dtls->ages, &handshake->age);
    dtls->handshakes--;
    linnet_handshake_close(handshake);
}

/* What it came to is told when it is gone, so that whoever is told may begin another. */
static void fail(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake)
{
    bool client = !handshake->keyring->server;
    void *tag = handshake->tag;
    int error = handshake->error;
    send_out(dtls, handshake);
    if (error != LINNET_ECLOSED) /* the peer began anew: no failure */
        linnet_handshake_report(handshake);
    take_down(dtls, handshake);
    if (client)
        dtls->config.connected(dtls->config.context, now, tag, error, NULL);
}

static void succeed(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, const linnet_record *finished)
{
    bool client = !handshake->keyring->server;
    void *tag = handshake->tag;
    linnet_session *session = linnet_session_make(dtls, now, handshake, finished);
    if (!session) {
        handshake->error = LINNET_ENOMEM;
        fail(dtls, now, handshake);
        return;
    }
    linnet_path path = session->path;
    send_out(dtls, handshake);
    linnet_handshake_report_success(handshake);
    take_down(dtls, handshake);
    if (client)
        dtls->config.connected(dtls->config.context, now, tag, 0, &path);
}

static void go_on(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, const linnet_record *record)
{
    if (handshake->state == LINNET_NOT_SHAKEN) {
        fail(dtls, now, handshake);
    } else if (handshake->state == LINNET_SHAKEN) {
        succeed(dtls, now, handshake, record);
    } else {
        uint64_t due = now + handshake->timeout;
        if (handshake->out_size > 0 || !linnet_timer_is_set(&handshake->timer))
            linnet_wheel_set(&dtls->wheel, &handshake->timer, due < handshake->deadline ? due : handshake->deadline);
        send_out(dtls, handshake);
    }
}

/* What we want to be called by the peer. */
static linnet_cids choose_cids(const linnet_dtls *dtls, uint32_t id)
{
    linnet_cids cids = {.wanted = dtls->has_cids, .own_size = dtls->cid_size};
    for (unsigned i = 0; i < 4; i++)
        cids.own[i] = (uint8_t)(id >> 8u * (3u - i));
    if (cids.own_size > 0)
        gnutls_rnd(GNUTLS_RND_NONCE, cids.own + 4, LINNET_CID_TAIL);
    return cids;
}

linnet_handshake *linnet_shaking_begin(linnet_dtls *dtls, uint64_t now, const linnet_path *way, linnet_keyring *keyring,
                                       const gnutls_dtls_prestate_st *prestate, const char *name, void *tag)
{
    if (dtls->handshakes >= dtls->handshake_limit)
        linnet_shaking_drop(dtls, now, LINNET_CONTAINER(dtls->ages.oldest, linnet_handshake, age), LINNET_EBUSY);
    uint32_t id = linnet_session_number(dtls);
    linnet_cids cids = choose_cids(dtls, id);
    linnet_handshake *handshake = linnet_handshake_open(keyring, prestate, &cids, way, name, now);
    if (!handshake)
        return NULL;
    handshake->id = id;
    handshake->tag = tag;
    linnet_table_add(&dtls->shaking, &handshake->by_path, linnet_dtls_key(dtls, way));
    linnet_ages_add(&dtls->ages, &handshake->age);
    dtls->handshakes++;
    if (keyring->server)
        return handshake;
    linnet_wheel_set(&dtls->wheel, &handshake->timer, now + handshake->timeout);
    send_out(dtls, handshake);
    return handshake;
}

void linnet_shaking_receive(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, const linnet_record *record)
{
    linnet_handshake_receive(handshake, now, record);
    go_on(dtls, now, handshake, record);
}

void linnet_shaking_expire(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake)
{
    static const linnet_record none;
    linnet_handshake_expire(handshake, now);
    go_on(dtls, now, handshake, &none);
}

void linnet_shaking_drop(linnet_dtls *dtls, uint64_t now, linnet_handshake *handshake, int error)
{
    handshake->error = error;
    handshake->alert = -1;
    snprintf(handshake->text, sizeof handshake->text, "%s", linnet_error_text(error));
    fail(dtls, now, handshake);
}

void linnet_shaking_clear(linnet_dtls *dtls)
{
    while (dtls->ages.oldest)
        take_down(dtls, LINNET_CONTAINER(dtls->ages.oldest, linnet_handshake, age));
}
