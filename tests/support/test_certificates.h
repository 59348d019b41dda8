/* Keys and certificates made for one test. */
#ifndef TESTS_TEST_CERTIFICATES_H
#define TESTS_TEST_CERTIFICATES_H

#include <linnet/bytes.h>

/* PEM; to be freed by test_identity_free(). */
typedef struct test_identity {
    linnet_bytes certificate;
    linnet_bytes private_key;
    linnet_bytes public_key;
    void *key; /* of the library */
} test_identity;

/* Makes a P-256 key and a certificate for `name`, which may be a URI (NULL: an authority), signed by `authority` or by
 * itself. It is good from `from` to `to`, in seconds from now. */
void test_identity_make(test_identity *self, const char *name, const test_identity *authority, long from, long to);
void test_identity_free(test_identity *self);

#endif
