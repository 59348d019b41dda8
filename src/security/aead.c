/* The key schedule is made anew for each record: it costs less than the memory that keeping it would take, since
 * sessions are many and a record is small. */
#include "security/aead.h"

#include <nettle/ccm.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/gcm.h>
#include <nettle/memops.h>

const linnet_aead_sizes linnet_aead_sizes_of[LINNET_AEAD_COUNT] = {
    [LINNET_AES_128_CCM_8] = {16, 4, 8, 8},
    [LINNET_AES_128_CCM] = {16, 4, 8, 16},
    [LINNET_AES_128_GCM] = {16, 4, 8, 16},
    [LINNET_CHACHA20_POLY1305] = {32, 12, 0, 16},
};

static void gcm_start(struct gcm_aes128_ctx *gcm, const uint8_t *key, const uint8_t *nonce, linnet_bytes additional)
{
    gcm_aes128_set_key(gcm, key);
    gcm_aes128_set_iv(gcm, LINNET_AEAD_NONCE_SIZE, nonce);
    gcm_aes128_update(gcm, additional.size, additional.data);
}

static void chacha_start(struct chacha_poly1305_ctx *chacha, const uint8_t *key, const uint8_t *nonce,
                         linnet_bytes additional)
{
    chacha_poly1305_set_key(chacha, key);
    chacha_poly1305_set_nonce(chacha, nonce);
    chacha_poly1305_update(chacha, additional.size, additional.data);
}

void linnet_aead_seal(linnet_aead aead, const uint8_t *key, const uint8_t nonce[LINNET_AEAD_NONCE_SIZE],
                      linnet_bytes additional, linnet_bytes plain, uint8_t *out)
{
    size_t tag = linnet_aead_sizes_of[aead].tag;
    union {
        struct ccm_aes128_ctx ccm;
        struct gcm_aes128_ctx gcm;
        struct chacha_poly1305_ctx chacha;
    } with;

    switch (aead) {
    case LINNET_AES_128_GCM:
        gcm_start(&with.gcm, key, nonce, additional);
        gcm_aes128_encrypt(&with.gcm, plain.size, out, plain.data);
        gcm_aes128_digest(&with.gcm, tag, out + plain.size);
        break;
    case LINNET_CHACHA20_POLY1305:
        chacha_start(&with.chacha, key, nonce, additional);
        chacha_poly1305_encrypt(&with.chacha, plain.size, out, plain.data);
        chacha_poly1305_digest(&with.chacha, tag, out + plain.size);
        break;
    default:
        ccm_aes128_set_key(&with.ccm, key);
        ccm_aes128_encrypt_message(&with.ccm, LINNET_AEAD_NONCE_SIZE, nonce, additional.size, additional.data, tag,
                                   plain.size + tag, out, plain.data);
    }
}

bool linnet_aead_open(linnet_aead aead, const uint8_t *key, const uint8_t nonce[LINNET_AEAD_NONCE_SIZE],
                      linnet_bytes additional, linnet_bytes sealed, uint8_t *out)
{
    size_t tag = linnet_aead_sizes_of[aead].tag;
    size_t size = sealed.size - tag;
    uint8_t digest[LINNET_AEAD_TAG_MAX];
    union {
        struct ccm_aes128_ctx ccm;
        struct gcm_aes128_ctx gcm;
        struct chacha_poly1305_ctx chacha;
    } with;

    switch (aead) {
    case LINNET_AES_128_GCM:
        gcm_start(&with.gcm, key, nonce, additional);
        gcm_aes128_decrypt(&with.gcm, size, out, sealed.data);
        gcm_aes128_digest(&with.gcm, tag, digest);
        return memeql_sec(digest, sealed.data + size, tag);
    case LINNET_CHACHA20_POLY1305:
        chacha_start(&with.chacha, key, nonce, additional);
        chacha_poly1305_decrypt(&with.chacha, size, out, sealed.data);
        chacha_poly1305_digest(&with.chacha, tag, digest);
        return memeql_sec(digest, sealed.data + size, tag);
    default:
        ccm_aes128_set_key(&with.ccm, key);
        return ccm_aes128_decrypt_message(&with.ccm, LINNET_AEAD_NONCE_SIZE, nonce, additional.size, additional.data,
                                          tag, size, out, sealed.data) != 0;
    }
}
