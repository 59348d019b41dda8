/* Drives a site without an endpoint: a request is built and parsed as real octets, served, and its answer read back. */
#ifndef LINNET_TESTS_SERVER_SUPPORT_H
#define LINNET_TESTS_SERVER_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linnet/error.h>
#include <linnet/site.h>

#include "engine/options.h"

#define BODY_SIZE 1140 /* what is left of 1152 octets behind header and token */

/* The site under test. Values grow by malloc and always move, so that AddressSanitizer sees a use of the old place. */
extern linnet_site site;

/* Set-up and tear-down of each test: an empty site; all that add() made is removed and freed. */
int open_site(void **state);
int close_site(void **state);
#define SITE_TEST(name) cmocka_unit_test_setup_teardown(name, open_site, close_site)

/* `path` and `config` must live as long as the resource. */
linnet_resource *add(const char *path, const linnet_resource_config *config);
void drop(linnet_resource *resource);

/* One option of a request. */
typedef struct test_option {
    bool present;
    uint16_t number;
    linnet_bytes value;
} test_option;

#define OPTION(number_, text)                                                                                          \
    {                                                                                                                  \
        .present = true, .number = (number_), .value = {(const uint8_t *)(text), sizeof(text) - 1 }                    \
    }
#define PATH(text) OPTION(LINNET_OPTION_URI_PATH, text)
#define QUERY(text) OPTION(LINNET_OPTION_URI_QUERY, text)

typedef struct test_request {
    linnet_code method;
    const char *path;        /* split at '/'; NULL: only what is among `options` */
    test_option options[24]; /* in rising order of numbers, those of `path` at their place */
    linnet_bytes payload;
    size_t capacity; /* of the answer's body; 0: BODY_SIZE */
    bool multicast;
    linnet_serve *serve; /* NULL: linnet_site_serve */
} test_request;

/* An answer, with its octets. */
typedef struct test_answer {
    linnet_code code;
    linnet_bytes options;
    linnet_bytes payload;
    uint8_t body[BODY_SIZE];
    size_t size;
} test_answer;

/* Has it served. The answer is one static, until the next call. Fails the test where request or answer are not CoAP,
 * or the engine would have refused the request. */
const test_answer *ask(const test_request *request);
#define ASK(...) ask(&(test_request){__VA_ARGS__})
#define GET(...) ASK(.method = LINNET_GET, .path = __VA_ARGS__)
#define WITH(...) .options = {__VA_ARGS__}

/* The value of an option as uint, or -1 when there is none. */
int64_t number_of(const test_answer *answer, uint16_t number);
/* How many options of that number there are. */
size_t count_of(const test_answer *answer, uint16_t number);
linnet_bytes option_of(const test_answer *answer, uint16_t number, size_t index);

void assert_text(linnet_bytes bytes, const char *text);
void assert_bytes(linnet_bytes bytes, linnet_bytes expected);
#define assert_code(answer, class_, detail) assert_int_equal((answer)->code, LINNET_CODE(class_, detail))

#endif
