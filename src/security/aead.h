/* Authenticated encryption of single records, by nettle. Nothing else of Linnet calls a cipher: a port to another
 * library replaces aead.c. */
#ifndef LINNET_SECURITY_AEAD_H
#define LINNET_SECURITY_AEAD_H

#include <linnet/bytes.h>

typedef enum linnet_aead {
    LINNET_AES_128_CCM_8, /* RFC 6655 */
    LINNET_AES_128_CCM,
    LINNET_AES_128_GCM,       /* RFC 5288 */
    LINNET_CHACHA20_POLY1305, /* RFC 7905 */
    LINNET_AEAD_COUNT
} linnet_aead;

#define LINNET_AEAD_KEY_MAX 32u
#define LINNET_AEAD_IV_MAX 12u
#define LINNET_AEAD_TAG_MAX 16u
#define LINNET_AEAD_NONCE_SIZE 12u

typedef struct linnet_aead_sizes {
    uint8_t key;
    uint8_t iv;             /* of the part that comes from the handshake */
    uint8_t explicit_nonce; /* of the part that stands in each record */
    uint8_t tag;
} linnet_aead_sizes;

extern const linnet_aead_sizes linnet_aead_sizes_of[LINNET_AEAD_COUNT];

/* Writes plain.size octets and the tag to `out`, which is plain.data itself or does not overlap with it. */
void linnet_aead_seal(linnet_aead aead, const uint8_t *key, const uint8_t nonce[LINNET_AEAD_NONCE_SIZE],
                      linnet_bytes additional, linnet_bytes plain, uint8_t *out);
/* Writes what `sealed` holds without its tag to `out`, which does not overlap. False: it is not authentic, and `out` is
 * not to be looked at. sealed.size is at least the tag's. */
bool linnet_aead_open(linnet_aead aead, const uint8_t *key, const uint8_t nonce[LINNET_AEAD_NONCE_SIZE],
                      linnet_bytes additional, linnet_bytes sealed, uint8_t *out);

#endif
