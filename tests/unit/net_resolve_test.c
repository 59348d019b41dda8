/* Names: looked up off the loop's thread, shared, remembered; and the next address when one refuses. The system's
 * look-up is replaced here, so that the tests say what it finds and when. */
#include "net/settings.h"
#include "net_support.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned asked; /* look-ups so far */
static unsigned ended; /* of them, those that have given their answer */
static bool held;      /* look-ups wait */

static struct addrinfo *make_entry(const struct sockaddr *address, socklen_t size, struct addrinfo *next)
{
    struct addrinfo *entry = calloc(1, sizeof *entry + size);
    entry->ai_family = address->sa_family;
    entry->ai_addrlen = size;
    entry->ai_addr = (struct sockaddr *)(entry + 1);
    entry->ai_next = next;
    memcpy(entry->ai_addr, address, size);
    return entry;
}

/* "two" and "localhost" have ::1 before 127.0.0.1, "one" has 127.0.0.1; others are not found. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    (void)service, (void)hints;
    pthread_mutex_lock(&mutex);
    asked++;
    while (held)
        pthread_cond_wait(&changed, &mutex);
    ended++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    bool both = strcmp(name, "two") == 0 || strcmp(name, "localhost") == 0;
    if (!both && strncmp(name, "one", 3) != 0)
        return EAI_NONAME;
    *list = make_entry((struct sockaddr *)&v4, sizeof v4, NULL);
    if (both)
        *list = make_entry((struct sockaddr *)&v6, sizeof v6, *list);
    return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
    while (list) {
        struct addrinfo *next = list->ai_next;
        free(list);
        list = next;
    }
}

static void hold(bool on)
{
    pthread_mutex_lock(&mutex);
    held = on;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static unsigned asked_so_far(void)
{
    pthread_mutex_lock(&mutex);
    unsigned count = asked;
    pthread_mutex_unlock(&mutex);
    return count;
}

/* Until every look-up that began has ended. */
static void wait_for_look_ups(void)
{
    pthread_mutex_lock(&mutex);
    while (ended < asked)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

static int send_to(net_pair *pair, const char *host, net_result *result, linnet_exchange *exchange)
{
    char uri[64];
    snprintf(uri, sizeof uri, "coap://%s:%u/hello", host, (unsigned)net_port(pair->server));
    linnet_client_request request = net_get(uri, result);
    return linnet_client_send(pair->client, &request, exchange);
}

static void requests_for_one_name_share_a_look_up(void **state)
{
    (void)state;
    net_pair pair;
    net_result results[3];
    unsigned before = asked_so_far();
    net_pair_open(&pair, NULL);
    hold(true);
    assert_int_equal(send_to(&pair, "one", &results[0], NULL), 0);
    assert_int_equal(send_to(&pair, "ONE", &results[1], NULL), 0);
    hold(false);
    net_run(&pair);
    assert_int_equal(send_to(&pair, "o%6Ee", &results[2], NULL), 0);
    net_run(&pair);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(results[i].payload, "world");
    assert_int_equal(asked_so_far() - before, 1);
    net_pair_close(&pair);
}

static void a_name_is_forgotten_after_its_time(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    unsigned before = asked_so_far();
    net_pair_open(&pair, &(linnet_client_config){.resolve_ms = 1});
    assert_int_equal(send_to(&pair, "one", &result, NULL), 0);
    net_run(&pair);
    usleep(2000);
    assert_int_equal(send_to(&pair, "one", &result, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "world");
    assert_int_equal(asked_so_far() - before, 2);
    net_pair_close(&pair);
}

static void the_next_address_is_tried_when_one_refuses(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    for (int i = 0; i < 2; i++) { /* not known yet, and known */
        assert_int_equal(send_to(&pair, "localhost", &result, NULL), 0);
        net_run(&pair);
        assert_string_equal(result.payload, "world");
        assert_true(linnet_address_is_ipv4(&result.path.peer));
        assert_int_equal(result.calls, 1);
    }
    net_pair_close(&pair);
}

static void when_all_addresses_refuse_the_request_is_refused(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char uri[64];
    net_pair_open(&pair, NULL);
    snprintf(uri, sizeof uri, "coap://two:%u/hello", (unsigned)net_refused_port());
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.error, LINNET_EREFUSED);
    assert_int_equal(result.calls, 1);
    net_pair_close(&pair);
}

static void a_name_without_address_is_an_error_and_is_asked_again(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    unsigned before = asked_so_far();
    net_pair_open(&pair, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(send_to(&pair, "nobody", &result, NULL), 0);
        net_run(&pair);
        assert_int_equal(result.error, LINNET_ERESOLVE);
    }
    assert_int_equal(asked_so_far() - before, 2);
    net_pair_close(&pair);
}

static void a_request_can_be_cancelled_while_its_name_is_looked_up(void **state)
{
    (void)state;
    net_pair pair;
    net_result cancelled, other;
    linnet_exchange exchange;
    net_pair_open(&pair, NULL);
    hold(true);
    assert_int_equal(send_to(&pair, "one", &cancelled, &exchange), 0);
    assert_int_equal(send_to(&pair, "one", &other, NULL), 0);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), 0);
    assert_int_equal(cancelled.error, LINNET_ECANCELLED);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), LINNET_ENOENT);
    hold(false);
    net_run(&pair);
    assert_int_equal(cancelled.calls, 1);
    assert_string_equal(other.payload, "world");
    net_pair_close(&pair);
}

static void the_number_of_a_request_stays_valid_when_its_name_is_known(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    linnet_exchange exchange;
    uint16_t port;
    char uri[64];
    int descriptor = net_open_silent(&port);
    net_pair_open(&pair, NULL);
    snprintf(uri, sizeof uri, "coap://two:%u/", (unsigned)port); /* ::1 refuses, 127.0.0.1 is silent */
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(pair.client, &request, &exchange), 0);
    while (recv(descriptor, NULL, 0, MSG_DONTWAIT) < 0)
        net_turn(&pair, 10);
    assert_int_equal(linnet_client_cancel(pair.client, exchange), 0);
    assert_int_equal(result.error, LINNET_ECANCELLED);
    assert_int_equal(result.calls, 1);
    close(descriptor);
    net_pair_close(&pair);
}

static void a_look_up_that_takes_too_long_times_out(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    net_pair_open(&pair, NULL);
    linnet_client_request request = net_get("coap://one/hello", &result);
    request.timeout_ms = 20;
    hold(true);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.error, LINNET_ETIMEOUT);
    hold(false);
    net_pair_close(&pair);
    wait_for_look_ups();
}

static void a_client_may_close_while_names_are_looked_up(void **state)
{
    (void)state;
    enum { MANY = 10 }; /* more than look-ups at a time */
    net_pair pair;
    net_result results[MANY];
    char host[16];
    net_pair_open(&pair, NULL);
    hold(true);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(host, sizeof host, "one%zu", i);
        assert_int_equal(send_to(&pair, host, &results[i], NULL), 0);
    }
    net_pair_close(&pair);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(results[i].error, LINNET_ECLOSED);
    hold(false);
    wait_for_look_ups();
}

static void many_names_are_looked_up_a_few_at_a_time(void **state)
{
    (void)state;
    enum { MANY = 70 }; /* more than the table holds */
    net_pair pair;
    net_result results[MANY];
    char host[16];
    size_t sent = 0;
    net_pair_open(&pair, NULL);
    hold(true);
    for (; sent < MANY; sent++) {
        snprintf(host, sizeof host, "one%zu", sent);
        int error = send_to(&pair, host, &results[sent], NULL);
        if (error != 0) {
            assert_int_equal(error, LINNET_EBUSY);
            break;
        }
    }
    assert_true(sent < MANY);
    hold(false);
    net_run(&pair);
    for (size_t i = 0; i < sent; i++)
        assert_string_equal(results[i].payload, "world");
    assert_int_equal(send_to(&pair, "one-more", &results[sent], NULL), 0); /* takes the place of an old one */
    net_run(&pair);
    assert_string_equal(results[sent].payload, "world");
    net_pair_close(&pair);
}

static void a_name_that_was_not_found_makes_way_before_one_that_was(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char host[16];
    net_pair_open(&pair, NULL);
    for (unsigned i = 0; i + 1 < LINNET_RESOLVE_NAMES; i++) {
        snprintf(host, sizeof host, "one%u", i);
        assert_int_equal(send_to(&pair, host, &result, NULL), 0);
        net_run(&pair);
        assert_string_equal(result.payload, "world");
    }
    assert_int_equal(send_to(&pair, "nowhere", &result, NULL), 0);
    net_run(&pair);
    assert_int_equal(result.error, LINNET_ERESOLVE);
    assert_int_equal(send_to(&pair, "one", &result, NULL), 0);
    net_run(&pair);
    unsigned before = asked_so_far();
    assert_int_equal(send_to(&pair, "one0", &result, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "world");
    assert_int_equal(asked_so_far(), before);
    net_pair_close(&pair);
}

/* With more stack than there are addresses no thread can be made. */
static void let_threads_be_made(bool on)
{
    static size_t usual;
    pthread_attr_t attributes;
    assert_int_equal(pthread_getattr_default_np(&attributes), 0);
    if (!usual)
        assert_int_equal(pthread_attr_getstacksize(&attributes, &usual), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, on ? usual : (size_t)1 << 50), 0);
    assert_int_equal(pthread_setattr_default_np(&attributes), 0);
    pthread_attr_destroy(&attributes);
}

static void a_name_that_no_thread_could_be_made_for_does_not_wait_for_one(void **state)
{
    (void)state;
    enum { ALL = LINNET_RESOLVE_THREADS + 1 };
    net_pair pair;
    net_result results[ALL];
    char host[16];
    net_pair_open(&pair, NULL);
    hold(true);
    for (size_t i = 0; i < ALL; i++) {
        snprintf(host, sizeof host, "one-of-%zu", i);
        assert_int_equal(send_to(&pair, host, &results[i], NULL), 0);
    }
    let_threads_be_made(false);
    hold(false);
    net_run(&pair);
    for (size_t i = 0; i + 1 < ALL; i++)
        assert_string_equal(results[i].payload, "world");
    assert_int_equal(results[ALL - 1].error, LINNET_ENOMEM);
    let_threads_be_made(true);
    assert_int_equal(send_to(&pair, host, &results[ALL - 1], NULL), 0);
    net_run(&pair);
    assert_string_equal(results[ALL - 1].payload, "world");
    net_pair_close(&pair);
}

static void a_server_binds_all_addresses_of_a_name(void **state)
{
    (void)state;
    linnet_server *server;
    linnet_address first, second;
    assert_int_equal(linnet_server_open(&server, "coap://two:0"), 0);
    assert_int_equal(linnet_server_address(server, 0, &first), 0);
    if (linnet_server_address(server, 1, &second) == 0) { /* else this host has no IPv6 */
        assert_int_equal(first.port, second.port);
        assert_false(linnet_address_equal(&first, &second));
    }
    linnet_server_close(server);
}

static void a_host_that_is_a_name_is_sent_and_a_literal_is_not(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char datagrams[3][64] = {"", "", ""};
    uint16_t port;
    char uri[64];
    int descriptor = net_open_silent(&port);
    net_pair_open(&pair, &(linnet_client_config){.transmission.nstart = 3});
    for (int i = 0; i < 3; i++) {
        snprintf(uri, sizeof uri, "coap://%s:%u/", i == 2 ? "127.0.0.1" : "One", (unsigned)port);
        linnet_client_request request = net_get(uri, &result);
        request.no_uri_host = i == 1;
        assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
        while (recv(descriptor, datagrams[i], sizeof datagrams[i], MSG_DONTWAIT) < 0)
            net_turn(&pair, 10);
    }
    /* header, 8 octets of token, Uri-Host */
    assert_memory_equal(datagrams[0] + 12,
                        "\x33"
                        "one",
                        4);
    assert_memory_equal(datagrams[1] + 12, "\0", 1);
    assert_memory_equal(datagrams[2] + 12, "\0", 1);
    close(descriptor);
    net_pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_for_one_name_share_a_look_up),
        cmocka_unit_test(a_name_is_forgotten_after_its_time),
        LINUX_TEST(the_next_address_is_tried_when_one_refuses),
        LINUX_TEST(when_all_addresses_refuse_the_request_is_refused),
        cmocka_unit_test(a_name_without_address_is_an_error_and_is_asked_again),
        cmocka_unit_test(a_request_can_be_cancelled_while_its_name_is_looked_up),
        LINUX_TEST(the_number_of_a_request_stays_valid_when_its_name_is_known),
        cmocka_unit_test(a_look_up_that_takes_too_long_times_out),
        cmocka_unit_test(a_client_may_close_while_names_are_looked_up),
        cmocka_unit_test(many_names_are_looked_up_a_few_at_a_time),
        cmocka_unit_test(a_name_that_was_not_found_makes_way_before_one_that_was),
        cmocka_unit_test(a_name_that_no_thread_could_be_made_for_does_not_wait_for_one),
        cmocka_unit_test(a_server_binds_all_addresses_of_a_name),
        cmocka_unit_test(a_host_that_is_a_name_is_sent_and_a_literal_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
