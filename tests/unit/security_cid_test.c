/* Records with a Connection ID (RFC 9146), against additional data and nonces that are put together by hand and ciphers
 * of GnuTLS, and what is to be dropped. */
#include "security/cid.h"
#include "security/sessions.h"

#include <gnutls/crypto.h>
#include <linnet/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* The row of a state: read key, write key, read IV, write IV. What is written here is read with the same keys. */
static const uint8_t keys[LINNET_LONG_KEYS] = {
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /* read key */
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /* write key */
    0xa0, 0xa1, 0xa2, 0xa3,                                                                         /* read IV */
    0xa0, 0xa1, 0xa2, 0xa3,                                                                         /* write IV */
};

static const uint8_t cid[] = {0x64, 0x65, 0x66, 0x67, 0x68, 0x69};

static linnet_record_state make_state(linnet_aead aead, size_t cid_size)
{
    linnet_record_state state = {.aead = (uint8_t)aead,
                                 .read_cid_size = (uint8_t)cid_size,
                                 .write_cid_size = (uint8_t)cid_size,
                                 .write_sequence = 0x0102030405};
    memcpy(state.keys.octets, keys, sizeof state.keys.octets);
    return state;
}

static size_t encrypt(gnutls_cipher_algorithm_t cipher, const uint8_t *key, size_t key_size, const uint8_t nonce[12],
                      linnet_bytes additional, size_t tag, linnet_bytes plain, uint8_t *out)
{
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)key, (unsigned)key_size};
    gnutls_aead_cipher_hd_t handle;
    size_t size = plain.size + tag;
    assert_int_equal(gnutls_aead_cipher_init(&handle, cipher, &datum), 0);
    assert_int_equal(gnutls_aead_cipher_encrypt(handle, nonce, 12, additional.data, additional.size, tag, plain.data,
                                                plain.size, out, &size),
                     0);
    gnutls_aead_cipher_deinit(handle);
    return size;
}

static linnet_record parse(linnet_bytes octets, size_t cid_size)
{
    linnet_bytes rest = octets;
    linnet_record record;
    assert_true(linnet_record_next(&rest, cid_size, &record));
    assert_int_equal(rest.size, 0);
    return record;
}

/* RFC 9146 4 and 5.3, octet by octet: the text "hi" is followed by its type, application_data (23). */
static void a_record_is_what_the_rfc_says(void **state)
{
    static const struct {
        linnet_aead aead;
        gnutls_cipher_algorithm_t cipher;
        uint8_t tag;
    } rows[] = {{LINNET_AES_128_CCM_8, GNUTLS_CIPHER_AES_128_CCM_8, 8},
                {LINNET_AES_128_CCM, GNUTLS_CIPHER_AES_128_CCM, 16},
                {LINNET_AES_128_GCM, GNUTLS_CIPHER_AES_128_GCM, 16}};
    static const uint8_t nonce[12] = {0xa0, 0xa1, 0xa2, 0xa3, 0, 1, 0, 1, 2, 3, 4, 5};
    static const uint8_t additional[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* placeholder */
                                         25,                                             /* tls12_cid */
                                         6,                                              /* cid_length */
                                         25,                                             /* tls12_cid */
                                         254,  253,                                      /* version */
                                         0,    1,                                        /* epoch */
                                         0,    1,    2,    3,    4,    5,                /* sequence_number */
                                         0x64, 0x65, 0x66, 0x67, 0x68, 0x69,             /* cid */
                                         0,    3};                                       /* length of the inner */
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t expected[64] = {25, 254, 253, 0, 1, 0, 1, 2, 3, 4, 5, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0};
        uint8_t made[64], plain[64];
        linnet_inner inner;
        linnet_record_state own = make_state(rows[i].aead, sizeof cid);
        expected[18] = (uint8_t)(8 + 3 + rows[i].tag);
        memcpy(expected + 19, nonce + 4, 8); /* the explicit part */
        size_t size = 27 + encrypt(rows[i].cipher, keys, 16, nonce, linnet_view(additional, sizeof additional),
                                   rows[i].tag, linnet_view("hi\x17", 3), expected + 27);
        assert_int_equal(linnet_record_growth(&own), size - 2);
        assert_int_equal(linnet_record_seal(&own, cid, LINNET_APPLICATION_DATA, linnet_text("hi"), made), size);
        assert_memory_equal(made, expected, size);
        linnet_record record = parse(linnet_view(expected, size), sizeof cid);
        assert_int_equal(linnet_record_open(&own, &record, plain, &inner), 0);
        assert_int_equal(inner.type, LINNET_APPLICATION_DATA);
        assert_int_equal(inner.size, 2);
        assert_memory_equal(plain, "hi", 2);
    }
}

/* RFC 7905 2: no explicit part; the nonce is the IV combined with the number. */
static void so_it_is_with_chacha(void **state)
{
    static const uint8_t additional[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 25, 1, 25,   254,
                                         253,  0,    1,    0,    0,    0,    0,    0,    7,  9, 0x00, 3};
    uint8_t row[LINNET_LONG_KEYS] = {0}, nonce[12], made[64];
    uint8_t expected[64] = {25, 254, 253, 0, 1, 0, 0, 0, 0, 0, 7, 9, 0, 3 + 16};
    linnet_record_state own = {.aead = LINNET_CHACHA20_POLY1305, .write_cid_size = 1, .write_sequence = 7};
    (void)state;
    for (uint8_t i = 0; i < 12; i++)
        nonce[i] = row[76 + i] = (uint8_t)(0xc0 + i);
    nonce[5] ^= 1;
    nonce[11] ^= 7;
    own.keys.elsewhere = row;
    size_t size =
        14 + encrypt(GNUTLS_CIPHER_CHACHA20_POLY1305, row + 32, 32, nonce, linnet_view(additional, sizeof additional),
                     16, linnet_view("\2\x28\x15", 3), expected + 14);
    assert_int_equal(linnet_record_seal(&own, (const uint8_t *)"\x09", LINNET_ALERT, linnet_view("\2\x28", 2), made),
                     size);
    assert_memory_equal(made, expected, size);
}

/* A record of a peer that says exactly `inner`. */
static size_t seal_inner(linnet_bytes inner, uint8_t *out)
{
    uint8_t additional[29] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 25, 6};
    uint8_t nonce[12] = {0xa0, 0xa1, 0xa2, 0xa3, 0, 1, 0, 0, 0, 0, 0, 9};
    static const uint8_t front[] = {25, 254, 253, 0, 1, 0, 0, 0, 0, 0, 9, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69};
    size_t size = 8 + inner.size + 8;
    memcpy(additional + 10, front, sizeof front);
    additional[27] = (uint8_t)(inner.size >> 8);
    additional[28] = (uint8_t)inner.size;
    memcpy(out, front, sizeof front);
    out[17] = (uint8_t)(size >> 8);
    out[18] = (uint8_t)size;
    memcpy(out + 19, nonce + 4, 8);
    return 27 + encrypt(GNUTLS_CIPHER_AES_128_CCM_8, keys, 16, nonce, linnet_view(additional, sizeof additional), 8,
                        inner, out + 27);
}

static int open_inner(linnet_bytes said, uint8_t *plain, linnet_inner *inner)
{
    static uint8_t octets[20000];
    linnet_record_state own = make_state(LINNET_AES_128_CCM_8, sizeof cid);
    size_t size = seal_inner(said, octets);
    linnet_record record = parse(linnet_view(octets, size), sizeof cid);
    int error = linnet_record_open(&own, &record, plain, inner);
    assert_int_equal(own.newest, error == 0 ? 9 : 0); /* what is nothing leaves no trace */
    return error;
}

/* "zeros: An arbitrary-length run of zero-valued bytes may appear in the cleartext after the type field." */
static void padding_is_taken_off(void **state)
{
    static uint8_t said[17000], plain[17000];
    linnet_inner inner;
    (void)state;
    memcpy(said, "hi\0\x17", 4); /* an octet of zero is a part of the text, too */
    for (size_t padding = 0; padding < 300; padding++) {
        assert_int_equal(open_inner(linnet_view(said, 4 + padding), plain, &inner), 0);
        assert_int_equal(inner.type, LINNET_APPLICATION_DATA);
        assert_int_equal(inner.size, 3);
        assert_memory_equal(plain, "hi\0", 3);
    }
    assert_int_equal(open_inner(linnet_view(said, 16384), plain, &inner), 0);
    assert_int_equal(inner.size, 3);
    /* "The length MUST NOT exceed 2^14." */
    assert_int_equal(open_inner(linnet_view(said, 16385), plain, &inner), LINNET_RECORD_FORGED);
}

static void a_record_that_is_all_padding_is_nothing(void **state)
{
    static const uint8_t zeros[40];
    uint8_t plain[64];
    linnet_inner inner;
    (void)state;
    for (size_t size = 0; size <= sizeof zeros; size++)
        assert_int_equal(open_inner(linnet_view(zeros, size), plain, &inner), LINNET_RECORD_FORGED);
    assert_int_equal(open_inner(linnet_view("\x15", 1), plain, &inner), 0); /* an alert without octets */
    assert_int_equal(inner.type, LINNET_ALERT);
    assert_int_equal(inner.size, 0);
}

/* "Implementations MUST still be able to send CIDs of different lengths to other parties." */
static void an_id_may_have_1_to_255_octets(void **state)
{
    uint8_t long_cid[LINNET_CID_MOST], made[1000], plain[1000];
    linnet_inner inner;
    (void)state;
    memset(long_cid, 0xcd, sizeof long_cid);
    for (size_t size = 1; size <= LINNET_CID_MOST; size++) {
        linnet_record_state own = make_state(LINNET_AES_128_GCM, size);
        size_t made_size = linnet_record_seal(&own, long_cid, LINNET_APPLICATION_DATA, linnet_text("text"), made);
        assert_int_equal(made_size, 4 + linnet_record_growth(&own));
        assert_true(made_size <= 4 + LINNET_RECORD_OVERHEAD);
        linnet_record record = parse(linnet_view(made, made_size), size);
        assert_true(linnet_bytes_equal(linnet_record_cid(&record), linnet_view(long_cid, size)));
        assert_int_equal(linnet_record_open(&own, &record, plain, &inner), 0);
        made[11 + size / 2] ^= 1; /* the ID is authentic, too */
        own.newest = own.seen = 0;
        record = parse(linnet_view(made, made_size), size);
        assert_int_equal(linnet_record_open(&own, &record, plain, &inner), LINNET_RECORD_FORGED);
    }
}

static void a_record_of_the_other_form_is_not_opened(void **state)
{
    uint8_t with[64], without[64], plain[64];
    linnet_inner inner;
    linnet_record_state has = make_state(LINNET_AES_128_CCM_8, sizeof cid),
                        has_not = make_state(LINNET_AES_128_CCM_8, 0);
    (void)state;
    size_t with_size = linnet_record_seal(&has, cid, LINNET_APPLICATION_DATA, linnet_text("x"), with);
    size_t without_size = linnet_record_seal(&has_not, NULL, LINNET_APPLICATION_DATA, linnet_text("x"), without);
    linnet_record record = parse(linnet_view(with, with_size), sizeof cid);
    assert_int_equal(linnet_record_open(&has_not, &record, plain, &inner), LINNET_RECORD_FORGED);
    assert_int_equal(linnet_record_open(&has, &record, plain, &inner), 0);
    record = parse(linnet_view(without, without_size), sizeof cid);
    assert_int_equal(linnet_record_open(&has, &record, plain, &inner), LINNET_RECORD_FORGED);
    assert_int_equal(linnet_record_open(&has_not, &record, plain, &inner), 0);
}

static void a_record_that_is_cut_is_none(void **state)
{
    uint8_t made[64];
    linnet_record_state own = make_state(LINNET_AES_128_CCM_8, sizeof cid);
    linnet_record record;
    (void)state;
    size_t size = linnet_record_seal(&own, cid, LINNET_APPLICATION_DATA, linnet_text("text"), made);
    for (size_t length = 0; length < size; length++) {
        uint8_t *copy = malloc(length ? length : 1); /* what is read behind it is noticed */
        memcpy(copy, made, length);
        linnet_bytes rest = linnet_view(copy, length);
        assert_false(linnet_record_next(&rest, sizeof cid, &record));
        assert_int_equal(rest.size, length);
        free(copy);
    }
    linnet_bytes whole = linnet_view(made, size);
    assert_false(
        linnet_record_next(&whole, 0, &record)); /* "The CID field is present and contains one or more bytes" */
}

/* "Once encryption is enabled, they MUST send with the record format defined in Figure 3 [...]. Plaintext payloads
 * never use the new record format". */
static void a_handshake_takes_enciphered_records_with_its_id_alone(void **state)
{
    static const uint8_t with[19] = {25, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69};
    static const uint8_t without[13] = {22, 254, 253, 0, 1};
    linnet_handshake *handshake = calloc(1, sizeof *handshake);
    (void)state;
    for (unsigned enciphered = 0; enciphered < 2; enciphered++) {
        uint8_t octets[19];
        memcpy(octets, with, sizeof octets);
        octets[4] = (uint8_t)enciphered;
        linnet_record has = parse(linnet_view(octets, 19), sizeof cid);
        uint8_t plain[13];
        memcpy(plain, without, sizeof plain);
        plain[4] = (uint8_t)enciphered;
        linnet_record has_not = parse(linnet_view(plain, 13), sizeof cid);
        handshake->cids = (linnet_cids){.agreed = true, .own_size = sizeof cid};
        memcpy(handshake->cids.own, cid, sizeof cid);
        assert_int_equal(linnet_cid_is_right(handshake, &has), enciphered);
        assert_int_equal(linnet_cid_is_right(handshake, &has_not), !enciphered);
        handshake->cids.own[5] ^= 1;
        assert_false(linnet_cid_is_right(handshake, &has));
        handshake->cids = (linnet_cids){.agreed = true}; /* we want none */
        assert_false(linnet_cid_is_right(handshake, &has));
        assert_true(linnet_cid_is_right(handshake, &has_not));
        handshake->cids = (linnet_cids){.own_size = sizeof cid}; /* the peer does not know them */
        assert_false(linnet_cid_is_right(handshake, &has));
        assert_true(linnet_cid_is_right(handshake, &has_not));
    }
    free(handshake);
}

/* To be the peer and oneself again. */
static void mirroring_twice_changes_nothing(void **state)
{
    linnet_record_state own = make_state(LINNET_AES_128_CCM_8, 0), before;
    (void)state;
    for (uint8_t i = 0; i < LINNET_SHORT_KEYS; i++)
        own.keys.octets[i] = i;
    own.read_cid_size = 6;
    before = own;
    linnet_record_mirror(&own);
    assert_int_equal(own.keys.octets[0], 16);
    assert_int_equal(own.keys.octets[16], 0);
    assert_int_equal(own.keys.octets[32], 36);
    assert_int_equal(own.keys.octets[36], 32);
    assert_int_equal(own.write_cid_size, 6);
    assert_int_equal(own.read_cid_size, 0);
    linnet_record_mirror(&own);
    assert_memory_equal(&own, &before, sizeof own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_what_the_rfc_says),
        cmocka_unit_test(so_it_is_with_chacha),
        cmocka_unit_test(padding_is_taken_off),
        cmocka_unit_test(a_record_that_is_all_padding_is_nothing),
        cmocka_unit_test(an_id_may_have_1_to_255_octets),
        cmocka_unit_test(a_record_of_the_other_form_is_not_opened),
        cmocka_unit_test(a_record_that_is_cut_is_none),
        cmocka_unit_test(a_handshake_takes_enciphered_records_with_its_id_alone),
        cmocka_unit_test(mirroring_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
