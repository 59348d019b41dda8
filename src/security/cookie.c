#include "security/sessions.h"

#include <string.h>

#define CLIENT_HELLO 1u
#define MESSAGE_HEADER 12u /* of a handshake message (RFC 6347 4.2.2) */
#define RANDOM_AT (MESSAGE_HEADER + 2u)
#define RANDOM_SIZE 32u
/* A cookie is good for one to two of these. Microseconds. */
#define UNIT UINT64_C(300000000)

/* Whom a cookie is for. */
typedef struct holder {
    linnet_path way;
    uint64_t unit;
} holder;

/* Whole, or the first fragment of one: the cookie stands near its front, and is looked for there alone. */
bool linnet_cookie_is_hello(const linnet_record *record)
{
    const uint8_t *at = record->fragment.data;
    return record->type == LINNET_HANDSHAKE && record->epoch == 0 && record->fragment.size > RANDOM_AT + RANDOM_SIZE &&
           at[0] == CLIENT_HELLO && (at[6] | at[7] | at[8]) == 0;
}

const uint8_t *linnet_cookie_random(const linnet_record *record) { return record->fragment.data + RANDOM_AT; }

static void fill(holder *who, const linnet_path *way, uint64_t unit)
{
    memset(who, 0, sizeof *who); /* it has padding, and is hashed as octets */
    memcpy(&who->way, way, sizeof who->way);
    who->way.flags = 0;
    who->unit = unit;
}

static bool is_good(linnet_dtls *dtls, const linnet_path *way, uint64_t unit, const linnet_record *record,
                    gnutls_dtls_prestate_st *prestate)
{
    gnutls_datum_t key = {dtls->cookie_key, sizeof dtls->cookie_key};
    holder who;
    fill(&who, way, unit);
    return gnutls_dtls_cookie_verify(&key, &who, sizeof who, (void *)(uintptr_t)record->octets.data,
                                     record->octets.size, prestate) == 0;
}

bool linnet_cookie_check(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record,
                         gnutls_dtls_prestate_st *prestate)
{
    uint64_t unit = now / UNIT;
    return is_good(dtls, way, unit, record, prestate) || (unit > 0 && is_good(dtls, way, unit - 1, record, prestate));
}

typedef struct answer {
    linnet_dtls *dtls;
    const linnet_path *way;
} answer;

static ssize_t push(gnutls_transport_ptr_t context, const void *data, size_t size)
{
    const answer *to = context;
    to->dtls->config.send(to->dtls->config.context, to->way, linnet_view(data, size));
    return (ssize_t)size;
}

/* "The server MUST use the record sequence number in the ClientHello as the record sequence number in the
 * HelloVerifyRequest." (RFC 6347 4.2.1) */
void linnet_cookie_send(linnet_dtls *dtls, uint64_t now, const linnet_path *way, const linnet_record *record)
{
    gnutls_datum_t key = {dtls->cookie_key, sizeof dtls->cookie_key};
    gnutls_dtls_prestate_st prestate = {.record_seq = (unsigned)(record->sequence & 0xff)};
    answer to = {dtls, way};
    holder who;
    fill(&who, way, now / UNIT);
    gnutls_dtls_cookie_send(&key, &who, sizeof who, &prestate, &to, push);
}
