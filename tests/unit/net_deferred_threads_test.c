/* Several threads and one loop: deferred answers, posts and stops. ThreadSanitizer watches. */
#include "net_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* Where the handler leaves what other threads are to answer. */
typedef struct answer_desk {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    linnet_deferred waiting[1000];
    size_t count;
    bool over;
} answer_desk;

static void defer(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request;
    answer_desk *desk = context;
    linnet_deferred deferred;
    if (linnet_reply_defer(reply, &deferred) != 0)
        return;
    pthread_mutex_lock(&desk->mutex);
    desk->waiting[desk->count++] = deferred;
    pthread_cond_signal(&desk->changed);
    pthread_mutex_unlock(&desk->mutex);
}

static bool take(answer_desk *desk, linnet_deferred *deferred)
{
    pthread_mutex_lock(&desk->mutex);
    while (desk->count == 0 && !desk->over)
        pthread_cond_wait(&desk->changed, &desk->mutex);
    bool taken = desk->count > 0;
    if (taken)
        *deferred = desk->waiting[--desk->count];
    pthread_mutex_unlock(&desk->mutex);
    return taken;
}

static void *answer_all(void *context)
{
    linnet_deferred deferred;
    while (take(context, &deferred)) {
        char text[] = "later";
        linnet_option option = {LINNET_OPTION_MAX_AGE, linnet_text("\x07")};
        linnet_answer answer = {.payload = linnet_text(text), .options = &option, .option_count = 1};
        linnet_deferred_answer(deferred, &answer);
        memset(text, 'x', sizeof text - 1);
    }
    return NULL;
}

static void *serve(void *server)
{
    linnet_server_run(server);
    return NULL;
}

static linnet_server *open_server(answer_desk *desk, char uri[64])
{
    linnet_server *server;
    linnet_resource_config config = {.get = defer, .context = desk};
    pthread_mutex_init(&desk->mutex, NULL);
    pthread_cond_init(&desk->changed, NULL);
    assert_int_equal(linnet_server_open(&server, "coap://127.0.0.1:0"), 0);
    assert_int_equal(linnet_server_add(server, "later", &config), 0);
    snprintf(uri, 64, "coap://127.0.0.1:%u/later", (unsigned)net_port(server));
    return server;
}

static void leave(answer_desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    desk->over = true;
    pthread_cond_broadcast(&desk->changed);
    pthread_mutex_unlock(&desk->mutex);
}

static void answers_come_from_other_threads(void **state)
{
    (void)state;
    enum { MANY = 400, THREADS = 3 };
    static net_result results[MANY];
    answer_desk desk = {0};
    char uri[64];
    pthread_t loop, threads[THREADS];
    linnet_client *client;
    linnet_server *server = open_server(&desk, uri);
    assert_int_equal(linnet_client_open(&client, &(linnet_client_config){.transmission.nstart = 50}), 0);
    pthread_create(&loop, NULL, serve, server);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, answer_all, &desk);
    for (size_t i = 0; i < MANY; i++) {
        linnet_client_request request = net_get(uri, &results[i]);
        assert_int_equal(linnet_client_send(client, &request, NULL), 0);
    }
    assert_int_equal(linnet_client_run(client, 60000), 0);
    leave(&desk);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    linnet_server_stop(server);
    pthread_join(loop, NULL);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(results[i].code, LINNET_CONTENT);
        assert_string_equal(results[i].payload, "later");
    }
    linnet_client_close(client);
    linnet_server_close(server);
}

/* Sends a request and waits until the handler has put it on the desk. */
static linnet_deferred ask(net_pair *pair, answer_desk *desk, const char *uri, net_result *result)
{
    linnet_client_request request = net_get(uri, result);
    assert_int_equal(linnet_client_send(pair->client, &request, NULL), 0);
    while (desk->count == 0)
        net_turn(pair, 100);
    return desk->waiting[--desk->count];
}

static void an_answer_after_the_server_closed_is_an_error_and_no_accident(void **state)
{
    (void)state;
    answer_desk desk = {0};
    char uri[64];
    net_pair pair = {.server = open_server(&desk, uri)};
    net_result first, second;
    assert_int_equal(linnet_client_open(&pair.client, &(linnet_client_config){.transmission.nstart = 2}), 0);
    linnet_deferred one = ask(&pair, &desk, uri, &first);
    linnet_deferred two = ask(&pair, &desk, uri, &second);
    linnet_server_close(pair.server);
    linnet_client_close(pair.client);
    assert_int_equal(linnet_deferred_answer(one, &(linnet_answer){.payload = linnet_text("late")}), LINNET_ECLOSED);
    linnet_deferred_drop(two);
}

static void an_answer_that_the_closing_server_did_not_read_is_freed(void **state)
{
    (void)state;
    answer_desk desk = {0};
    char uri[64];
    net_pair pair = {.server = open_server(&desk, uri)};
    net_result result;
    assert_int_equal(linnet_client_open(&pair.client, NULL), 0);
    linnet_deferred deferred = ask(&pair, &desk, uri, &result);
    assert_int_equal(linnet_deferred_answer(deferred, &(linnet_answer){.payload = linnet_text("late")}), 0);
    linnet_server_close(pair.server);
    linnet_client_close(pair.client);
}

static void a_dropped_answer_is_5_03(void **state)
{
    (void)state;
    answer_desk desk = {0};
    char uri[64];
    net_pair pair = {.server = open_server(&desk, uri)};
    net_result result;
    assert_int_equal(linnet_client_open(&pair.client, NULL), 0);
    linnet_deferred_drop(ask(&pair, &desk, uri, &result));
    net_run(&pair);
    assert_int_equal(result.code, LINNET_SERVICE_UNAVAILABLE);
    net_pair_close(&pair);
}

typedef struct post_count {
    linnet_server *server;
    size_t called; /* in the loop's thread only */
} post_count;

enum { POSTS = 2000, POSTERS = 3 };

static void count(linnet_server *server, void *context)
{
    post_count *posting = context;
    if (++posting->called == POSTS * POSTERS)
        linnet_server_stop(server);
}

static void *post_many(void *context)
{
    post_count *posting = context;
    for (int i = 0; i < POSTS; i++) {
        if (linnet_server_post(posting->server, count, posting) != 0)
            abort();
    }
    return NULL;
}

static void every_posted_function_is_called_once(void **state)
{
    (void)state;
    answer_desk desk = {0};
    char uri[64];
    post_count posting = {.server = open_server(&desk, uri)};
    pthread_t threads[POSTERS];
    for (size_t i = 0; i < POSTERS; i++)
        pthread_create(&threads[i], NULL, post_many, &posting);
    assert_int_equal(linnet_server_run(posting.server), 0);
    for (size_t i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(posting.called, POSTS * POSTERS);
    linnet_server_close(posting.server);
}

static void a_name_is_looked_up_beside_the_loop(void **state)
{
    (void)state;
    net_pair pair;
    net_result result;
    char uri[64];
    net_pair_open(&pair, NULL);
    snprintf(uri, sizeof uri, "coap://localhost:%u/hello", (unsigned)net_port(pair.server));
    linnet_client_request request = net_get(uri, &result);
    assert_int_equal(linnet_client_send(pair.client, &request, NULL), 0);
    net_run(&pair);
    assert_string_equal(result.payload, "world");
    net_pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_from_other_threads),
        cmocka_unit_test(an_answer_after_the_server_closed_is_an_error_and_no_accident),
        cmocka_unit_test(an_answer_that_the_closing_server_did_not_read_is_freed),
        cmocka_unit_test(a_dropped_answer_is_5_03),
        cmocka_unit_test(every_posted_function_is_called_once),
        cmocka_unit_test(a_name_is_looked_up_beside_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
