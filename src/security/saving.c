/* Sessions as octets, to go on after a restart. What is saved is taken down in the same step, so that there is never
 * more than one that counts a session's records on. */
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <stdlib.h>

static const uint8_t magic[8] = {'L', 'i', 'n', 'n', 'e', 't', 's', 1};

/* Of each session, before its keys and its name. */
#define HEAD_SIZE (16u + 16u + 4u + 2u + 2u + 1u + 1u + 2u + 3u * 8u)

static void put(uint8_t **at, const void *octets, size_t size)
{
    memcpy(*at, octets, size);
    *at += size;
}

static void put_number(uint8_t **at, uint64_t number, unsigned size)
{
    for (unsigned i = size; i-- > 0;)
        *(*at)++ = (uint8_t)(number >> 8u * i);
}

static size_t key_size(linnet_aead aead) { return linnet_record_is_long(aead) ? LINNET_LONG_KEYS : LINNET_SHORT_KEYS; }

static const uint8_t *keys_of(const linnet_record_state *record)
{
    return linnet_record_is_long((linnet_aead)record->aead) ? record->keys.elsewhere : record->keys.octets;
}

static void put_session(uint8_t **at, const linnet_session *session)
{
    const linnet_path *path = &session->path;
    put(at, path->peer.ip, 16);
    put(at, path->local_ip, 16);
    put_number(at, path->peer.scope, 4);
    put_number(at, path->peer.port, 2);
    put_number(at, path->socket, 2);
    put_number(at, session->record.aead, 1);
    put_number(at, (uint64_t)session->more->security, 1);
    put_number(at, session->more->name_size, 2);
    put_number(at, session->record.write_sequence, 8);
    put_number(at, session->record.newest, 8);
    put_number(at, session->record.seen, 8);
    put(at, keys_of(&session->record), key_size((linnet_aead)session->record.aead));
    put(at, session->more->octets, session->more->name_size);
}

static linnet_session *at_index(const linnet_dtls *dtls, uint32_t index)
{
    return (linnet_session *)(void *)(dtls->pool.memory + (size_t)index * dtls->pool.item_size);
}

static size_t size_of_all(const linnet_dtls *dtls)
{
    size_t size = sizeof magic;
    for (uint32_t i = 0; i < dtls->pool.touched; i++) {
        const linnet_session *session = at_index(dtls, i);
        if (session->in_use)
            size += HEAD_SIZE + key_size((linnet_aead)session->record.aead) + session->more->name_size;
    }
    return size;
}

/* What such a peer has room for is not among the octets: it begins anew. */
static void end_limited(linnet_dtls *dtls)
{
    for (uint32_t i = 0; i < dtls->pool.touched; i++) {
        linnet_session *session = at_index(dtls, i);
        if (session->in_use && session->path.flags != 0)
            linnet_session_close(dtls, 0, session, 0);
    }
}

uint8_t *linnet_dtls_save(linnet_dtls *dtls, size_t *size)
{
    *size = size_of_all(dtls);
    uint8_t *octets = malloc(*size), *at = octets;
    if (!octets)
        return NULL;
    end_limited(dtls);
    put(&at, magic, sizeof magic);
    for (uint32_t i = 0; i < dtls->pool.touched; i++) {
        linnet_session *session = at_index(dtls, i);
        if (!session->in_use)
            continue;
        put_session(&at, session);
        linnet_session_take_down(dtls, session);
    }
    *size = (size_t)(at - octets);
    return octets;
}

static uint64_t get_number(linnet_bytes *rest, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | rest->data[i];
    *rest = linnet_view(rest->data + size, rest->size - size);
    return number;
}

static void get(linnet_bytes *rest, void *out, size_t size)
{
    memcpy(out, rest->data, size);
    *rest = linnet_view(rest->data + size, rest->size - size);
}

/* What put_session() wrote; false where it is not all there, or cannot be. */
static bool get_session(linnet_dtls *dtls, uint64_t now, linnet_bytes *rest)
{
    linnet_path path = {.flags = 0};
    linnet_record_state record = {.write_sequence = 0};
    if (rest->size < HEAD_SIZE)
        return false;
    get(rest, path.peer.ip, 16);
    get(rest, path.local_ip, 16);
    path.peer.scope = (uint32_t)get_number(rest, 4);
    path.peer.port = (uint16_t)get_number(rest, 2);
    path.socket = (uint16_t)get_number(rest, 2);
    record.aead = (uint8_t)get_number(rest, 1);
    linnet_security security = (linnet_security)get_number(rest, 1);
    uint16_t name_size = (uint16_t)get_number(rest, 2);
    record.write_sequence = get_number(rest, 8);
    record.newest = get_number(rest, 8);
    record.seen = get_number(rest, 8);
    if (record.aead >= LINNET_AEAD_COUNT || security > LINNET_SECURED_CERTIFICATE || name_size > LINNET_NAME_ROOM ||
        rest->size < key_size((linnet_aead)record.aead) + name_size)
        return false;
    linnet_bytes keys = linnet_view(rest->data, key_size((linnet_aead)record.aead));
    linnet_bytes name = linnet_view(rest->data + keys.size, name_size);
    *rest = linnet_view(name.data + name.size, rest->size - keys.size - name.size);
    linnet_session_restore(dtls, now, &path, &record, keys, (linnet_identity){security, name});
    gnutls_memset(&record, 0, sizeof record);
    return true;
}

int linnet_dtls_restore(linnet_dtls *dtls, uint64_t now, linnet_bytes saved)
{
    if (saved.size < sizeof magic || memcmp(saved.data, magic, sizeof magic) != 0)
        return LINNET_EFORMAT;
    linnet_bytes rest = linnet_view(saved.data + sizeof magic, saved.size - sizeof magic);
    while (rest.size > 0)
        if (!get_session(dtls, now, &rest))
            return LINNET_EFORMAT;
    return 0;
}
