/* SipHash-2-4 against the vectors that its authors publish: the key is 00 01 .. 0f, the input 00 01 02 .. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/siphash.h"

static const struct {
    size_t size;
    uint64_t hash;
} vectors[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},  {2, UINT64_C(0x0d6c8009d9a94f5a)},
    {3, UINT64_C(0x85676696d7fb7e2d)},  {4, UINT64_C(0xcf2794e0277187b7)},  {5, UINT64_C(0x18765564cd99a68d)},
    {6, UINT64_C(0xcbc9466e58fee3ce)},  {7, UINT64_C(0xab0200f58b01d137)},  {8, UINT64_C(0x93f5f5799a932462)},
    {15, UINT64_C(0xa129ca6149be45e5)}, {63, UINT64_C(0x958a324ceb064572)},
};

static void the_published_vectors_come_out(void **state)
{
    const linnet_sip_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    uint8_t octets[64];

    (void)state;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        assert_true(linnet_siphash(&key, linnet_view(octets, vectors[i].size)) == vectors[i].hash);
}

static void each_bit_of_key_and_input_counts(void **state)
{
    linnet_sip_key key = {{1, 2}};
    uint8_t octets[32] = {0};
    uint64_t hash = linnet_siphash(&key, linnet_view(octets, sizeof octets));

    (void)state;
    for (unsigned bit = 0; bit < 8 * sizeof octets; bit++) {
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_true(linnet_siphash(&key, linnet_view(octets, sizeof octets)) != hash);
        octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 128; bit++) {
        key.word[bit / 64] ^= UINT64_C(1) << bit % 64;
        assert_true(linnet_siphash(&key, linnet_view(octets, sizeof octets)) != hash);
        key.word[bit / 64] ^= UINT64_C(1) << bit % 64;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_come_out),
        cmocka_unit_test(each_bit_of_key_and_input_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
