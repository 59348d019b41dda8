/* Sessions that outlive their server, which is killed after any of its steps, at any of its instructions, or closed in
 * order. Whatever happens, no number is used twice to write with, and no record is read twice. The wire watches the
 * former (secured_pair.c). */
#include "dtls_scene.h"
#include "security/sessions.h"

#include <linnet/error.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SLOT = 256 };

static pair *open_kept(const linnet_credentials *client)
{
    pair *self = calloc(1, sizeof *self);
    assert_non_null(self);
    pair_keep(self);
    pair_open(self, &scene_psk, client);
    pair_connect(self, NULL);
    pair_run(self, 40);
    assert_int_equal(self->connected, 0);
    return self;
}

static uint64_t number_of(linnet_bytes datagram)
{
    linnet_record record;
    assert_true(linnet_record_next(&datagram, 0, &record)); /* what the server writes has no Connection ID */
    return record.sequence;
}

/* The number of a record that the server writes now. */
static uint64_t write_one(pair *self)
{
    uint8_t datagram[64];
    linnet_path way;
    linnet_session *session = linnet_session_on(self->ends[PAIR_TO_SERVER], &self->client_way);
    assert_non_null(session);
    size_t size =
        linnet_dtls_seal(self->ends[PAIR_TO_SERVER], session->path.peer.session, linnet_text("x"), datagram, &way);
    assert_true(size > 0);
    return number_of(linnet_view(datagram, size));
}

static void close_server(pair *self)
{
    pair_open_server(self, &scene_psk);
    linnet_dtls_restored restored = linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, self->kept_size);
    assert_int_equal(restored.sessions, 1);
    assert_int_equal(restored.damaged, 0);
}

static void kill_server(pair *self)
{
    linnet_dtls_restored restored = pair_kill_server(self, &scene_psk);
    assert_int_equal(restored.sessions, 1);
    assert_int_equal(restored.damaged, 0);
}

static void sessions_go_on_after_a_restart_and_a_crash(void **state)
{
    static const uint16_t suites[] = {LINNET_PSK_AES_128_CCM_8, LINNET_ECDHE_PSK_CHACHA20_POLY1305};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        linnet_credentials client = scene_psk;
        pair_datagram copy;
        client.suites = &suites[i];
        client.suite_count = 1;
        pair *self = open_kept(&client);
        for (int n = 0; n < 10; n++) {
            scene_expect_talk(self);
            self->fate = scene_keep_copy;
            self->fate_context = &copy;
            assert_true(pair_say(self, PAIR_TO_SERVER, "before"));
            self->fate = NULL;
            pair_run(self, 1);
            if (n % 2)
                kill_server(self);
            else
                close_server(self);
            size_t heard = self->delivered[PAIR_TO_SERVER];
            pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&copy));
            pair_run(self, 1);
            assert_int_equal(self->delivered[PAIR_TO_SERVER], heard);
            assert_int_equal(self->ended[PAIR_TO_CLIENT], 0); /* nor was the client told of anything */
        }
        scene_expect_talk(self);
        linnet_identity who = linnet_dtls_identity(self->ends[PAIR_TO_SERVER], self->server_path.peer.session);
        assert_int_equal(who.security, LINNET_SECURED_PSK);
        assert_true(linnet_bytes_equal(who.name, linnet_text("password")));
        scene_close(self);
    }
}

/* A block is reserved when its first number is wanted, not before and not after. */
static void a_crash_costs_what_is_left_of_a_block_and_no_more(void **state)
{
    pair *self = open_kept(&scene_psk);
    (void)state;
    assert_int_equal(write_one(self), 1); /* 0 was the Finished */
    kill_server(self);
    kill_server(self); /* who writes nothing uses no block up */
    for (uint64_t number = LINNET_KEPT_BLOCK; number < 2 * LINNET_KEPT_BLOCK; number++)
        assert_int_equal(write_one(self), number);
    kill_server(self); /* at the bound itself */
    assert_int_equal(write_one(self), 2 * LINNET_KEPT_BLOCK);
    kill_server(self);
    assert_int_equal(write_one(self), 3 * LINNET_KEPT_BLOCK);
    scene_close(self);
}

static void the_last_block_is_not_passed(void **state)
{
    pair *self = open_kept(&scene_psk);
    uint8_t datagram[64];
    linnet_path way;
    (void)state;
    linnet_session *session = linnet_session_on(self->ends[PAIR_TO_SERVER], &self->client_way);
    session->record.write_sequence = LINNET_RECORD_SEQUENCES - LINNET_KEPT_BLOCK;
    assert_int_equal(write_one(self), LINNET_RECORD_SEQUENCES - LINNET_KEPT_BLOCK);
    kill_server(self);
    session = linnet_session_on(self->ends[PAIR_TO_SERVER], &self->client_way);
    assert_int_equal(
        linnet_dtls_seal(self->ends[PAIR_TO_SERVER], session->path.peer.session, linnet_text("x"), datagram, &way), 0);
    scene_close(self);
}

/* What a run left after each of its steps. */
enum { STEPS = 700 };

typedef struct step {
    uint64_t written; /* numbers below it may have been used */
    size_t read;      /* client's datagrams that were delivered */
    uint8_t kept[SLOT];
} step;

typedef struct run {
    step steps[STEPS];
    size_t sizes[STEPS];
    uint8_t datagrams[STEPS][64]; /* of the client, in the order in which they were delivered */
} run;

/* The client's records come in pairs that have changed places, so that some are older than the newest. */
static void make_run(pair *self, run *made)
{
    uint64_t written = 1;
    size_t read = 0;
    linnet_path way;
    for (size_t i = 0; i < STEPS; i++) {
        if (i % 2 == 0) {
            written = write_one(self) + 1;
        } else {
            for (size_t n = read % 2 == 0 ? 2 : 0; n-- > 0;)
                made->sizes[read + n] = linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session,
                                                         linnet_text("x"), made->datagrams[read + n], &way);
            self->delivered[PAIR_TO_SERVER] = 0;
            linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way,
                                linnet_view(made->datagrams[read], made->sizes[read]));
            assert_int_equal(self->delivered[PAIR_TO_SERVER], 1);
            read++;
        }
        made->steps[i].written = written;
        made->steps[i].read = read;
        memcpy(made->steps[i].kept, self->kept, SLOT);
    }
}

static void a_server_may_be_killed_after_any_step(void **state)
{
    pair *self = open_kept(&scene_psk);
    run *made = calloc(1, sizeof *made);
    uint64_t most = 0;
    (void)state;
    assert_non_null(made);
    make_run(self, made);
    for (size_t i = 0; i < STEPS; i++) {
        memcpy(self->kept, made->steps[i].kept, SLOT);
        kill_server(self);
        self->delivered[PAIR_TO_SERVER] = 0;
        for (size_t n = 0; n < made->steps[i].read; n++)
            linnet_dtls_receive(self->ends[PAIR_TO_SERVER], self->now, &self->client_way,
                                linnet_view(made->datagrams[n], made->sizes[n]));
        assert_int_equal(self->delivered[PAIR_TO_SERVER], 0);
        uint64_t number = write_one(self);
        assert_true(number >= made->steps[i].written);
        assert_true(number < made->steps[i].written + LINNET_KEPT_BLOCK);
        most = number > most ? number : most;
    }
    assert_true(most > LINNET_KEPT_BLOCK); /* so a block was extended on the way */
    free(made);
    scene_close(self);
}

/* A long life with many deaths. */
static void a_session_lives_through_crashes_at_random(void **state)
{
    pair *self = open_kept(&scene_psk);
    static pair_datagram past[400];
    size_t count = 0, deaths = 0;
    uint32_t random = 12345;
    (void)state;
    while (count < 400) {
        random = random * 1664525u + 1013904223u;
        self->delivered[PAIR_TO_SERVER] = self->delivered[PAIR_TO_CLIENT] = 0;
        if (random >> 24 < 40) {
            kill_server(self);
            deaths++;
            for (size_t i = count > 50 ? count - 50 : 0; i < count; i++)
                pair_inject(self, PAIR_TO_SERVER, &self->client_way, pair_octets(&past[i]));
            pair_run(self, 1);
            assert_int_equal(self->delivered[PAIR_TO_SERVER], 0);
        } else if (random >> 24 < 160) {
            self->fate = scene_keep_copy;
            self->fate_context = &past[count++];
            scene_expect_talk(self);
            assert_true(pair_say(self, PAIR_TO_SERVER, "again"));
            self->fate = NULL;
            pair_run(self, 1);
            assert_int_equal(self->delivered[PAIR_TO_SERVER], 2);
        } else {
            scene_expect_talk(self);
        }
    }
    assert_true(deaths > 50);
    assert_int_equal(self->ended[PAIR_TO_CLIENT] + self->ended[PAIR_TO_SERVER], 0);
    scene_close(self);
}

/* What a process does that is killed by the system at any of its instructions, in memory that outlives it. */
enum { RECORDS = 40000 };

typedef struct outlived {
    _Atomic uint32_t written, read;
    uint64_t numbers_written[RECORDS];
    uint32_t numbers_read[RECORDS];
    uint32_t next; /* which of the client's datagrams is about to come */
    _Alignas(64) uint8_t kept[];
} outlived;

static outlived *shared;

static void drop_datagram(void *context, const linnet_path *way, linnet_bytes datagram)
{
    (void)context, (void)way, (void)datagram;
}

static void note_read(void *context, uint64_t now, const linnet_path *path, linnet_bytes plain)
{
    (void)context, (void)now, (void)path;
    memcpy(&shared->numbers_read[shared->read], plain.data, sizeof(uint32_t));
    shared->read++;
}

static void note_ended(void *context, uint64_t now, const linnet_path *path, int error)
{
    (void)context, (void)now, (void)path, (void)error;
    _exit(3);
}

/* A server that goes on where the last one was killed, and is heard by nobody. The last datagrams come once more. */
static void live(const pair *self, uint8_t (*datagrams)[64], const size_t *sizes)
{
    linnet_dtls_config config = {.limits = self->limits,
                                 .keyring = self->keyrings[PAIR_TO_SERVER],
                                 .send = drop_datagram,
                                 .deliver = note_read,
                                 .ended = note_ended,
                                 .kept = shared->kept};
    linnet_dtls *dtls;
    uint8_t out[64];
    linnet_path way;
    size_t size = linnet_dtls_memory(&self->limits);
    if (linnet_dtls_init(&dtls, calloc(1, size), size, &config) != 0 ||
        linnet_dtls_restore(dtls, self->now, self->kept_size).sessions != 1)
        _exit(1);
    uint32_t id = linnet_session_on(dtls, &self->client_way)->path.peer.session;
    for (uint32_t i = shared->next > 20 ? shared->next - 20 : 0; i < RECORDS && shared->written < RECORDS; i++) {
        shared->next = i > shared->next ? i : shared->next;
        linnet_dtls_receive(dtls, self->now, &self->client_way, linnet_view(datagrams[i], sizes[i]));
        size = linnet_dtls_seal(dtls, id, linnet_text("x"), out, &way);
        shared->numbers_written[shared->written] = number_of(linnet_view(out, size));
        shared->written++;
    }
    _exit(2); /* all was read: nobody had to kill it */
}

static void expect_rising(const uint64_t *numbers, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        assert_true(numbers[i] > numbers[i - 1]);
}

/* Lets it get to work, however slow the machine is, and a little further. It may have come to its end by then. */
static void let_work(pid_t child, uint32_t before, unsigned microseconds)
{
    siginfo_t info = {0};
    while (shared->written == before && info.si_pid == 0) {
        usleep(100);
        assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    }
    usleep(microseconds);
}

static void a_process_may_be_killed_at_any_instruction(void **state)
{
    pair *self = open_kept(&scene_psk);
    uint8_t(*datagrams)[64] = calloc(RECORDS, sizeof *datagrams);
    size_t *sizes = calloc(RECORDS, sizeof *sizes), room = sizeof *shared + self->kept_size;
    linnet_path way;
    unsigned kills = 0;
    int status = 0;
    (void)state;
    shared = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED && datagrams && sizes);
    memcpy(shared->kept, self->kept, self->kept_size);
    for (uint32_t i = 0; i < RECORDS; i++)
        sizes[i] = linnet_dtls_seal(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session,
                                    linnet_view((uint8_t *)&i, sizeof i), datagrams[i], &way);
    while (kills < 150) {
        uint32_t before = shared->written;
        pid_t child = fork();
        if (child == 0)
            live(self, datagrams, sizes);
        let_work(child, before, kills * 37 % 1000);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status))
            break;
        kills++;
    }
    if (!WIFSIGNALED(status))
        assert_int_equal(WEXITSTATUS(status), 2); /* a fast machine is done before the last kill */
    assert_true(kills > 5 && shared->written > 100 && shared->read > 100);
    expect_rising(shared->numbers_written, shared->written);
    for (uint32_t i = 1; i < shared->read; i++)
        assert_true(shared->numbers_read[i] > shared->numbers_read[i - 1]);
    munmap(shared, room);
    free(datagrams);
    free(sizes);
    scene_close(self);
}

/* A key, an authority or a public key that was withdrawn does not live on in a file. */
static void who_is_not_let_in_any_more_does_not_go_on(void **state)
{
    const linnet_bytes trusted[] = {scene_x509.client.public_key}, others[] = {scene_x509.server.public_key};
    const linnet_credentials anonymous = {.certificate = scene_x509.server.certificate,
                                          .private_key = scene_x509.server.private_key};
    linnet_credentials raw_client = {.private_key = scene_x509.client.private_key,
                                     .raw_public_key = true,
                                     .trusted_keys = others,
                                     .trusted_key_count = 1},
                       raw_server = {.private_key = scene_x509.server.private_key,
                                     .raw_public_key = true,
                                     .trusted_keys = trusted,
                                     .trusted_key_count = 1},
                       raw_without = raw_server, other_key = scene_psk, other_name = scene_psk,
                       other_authority = scene_x509.of_server;
    raw_without.trusted_keys = others;
    other_key.psk = linnet_text("open");
    other_name.identity = linnet_text("admin");
    other_authority.trusted = scene_x509.server.certificate;
    const struct {
        const linnet_credentials *server, *client, *then;
    } cases[] = {{&scene_psk, &scene_psk, &other_key},
                 {&scene_psk, &scene_psk, &other_name},
                 {&scene_psk, &scene_psk, &anonymous},
                 {&scene_x509.of_server, &scene_x509.of_client, &other_authority},
                 {&scene_x509.of_server, &scene_x509.of_client, &anonymous},
                 {&anonymous, &scene_x509.of_client, &scene_x509.of_server},
                 {&raw_server, &raw_client, &raw_without}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pair *self = calloc(1, sizeof *self);
        pair_keep(self);
        pair_open(self, cases[i].server, cases[i].client);
        pair_connect(self, "server.example");
        pair_run(self, 40);
        scene_expect_talk(self);
        assert_int_equal(pair_kill_server(self, cases[i].server).sessions, 1);
        scene_expect_talk(self);
        linnet_dtls_restored restored = pair_kill_server(self, cases[i].then);
        assert_int_equal(restored.sessions, 0);
        assert_int_equal(restored.refused, 1);
        assert_int_equal(pair_kill_server(self, cases[i].server).sessions, 0); /* for good */
        scene_close(self);
    }
}

/* A slot of which only the front was written, or that is not what it was. */
static void what_is_not_whole_is_not_gone_on_with(void **state)
{
    pair *self = open_kept(&scene_psk);
    uint8_t good[SLOT];
    (void)state;
    memcpy(good, self->kept, SLOT);
    for (size_t bit = 0; bit < 8 * SLOT; bit++) {
        memcpy(self->kept, good, SLOT);
        self->kept[bit / 8] ^= (uint8_t)(1u << bit % 8);
        linnet_dtls_restored restored = pair_kill_server(self, &scene_psk);
        assert_int_equal(restored.sessions, 0);
        assert_int_equal(restored.damaged, 1);
        for (size_t i = 0; i < SLOT; i++)
            assert_int_equal(self->kept[i], 0); /* its keys are gone */
    }
    for (size_t size = 0; size < SLOT; size++) {
        bool rest_is_zeros = true;
        for (size_t i = size; i < SLOT; i++)
            rest_is_zeros = rest_is_zeros && good[i] == 0;
        memset(self->kept, 0, SLOT);
        memcpy(self->kept, good, size);
        linnet_dtls_restored restored = pair_kill_server(self, &scene_psk);
        assert_int_equal(restored.sessions, rest_is_zeros ? 1 : 0);
    }
    scene_close(self);
}

static void connect_another(pair *self)
{
    self->client_way.peer.port++;
    pair_connect(self, NULL);
    pair_run(self, 40);
    scene_expect_talk(self);
}

/* The client is gone, and the server does not hear of it. */
static void forget_client(pair *self)
{
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    self->on_wire = 0;
}

/* Sessions that have ended leave holes, which the next server closes. */
static void sessions_move_up_and_none_is_there_twice(void **state)
{
    pair *self = calloc(1, sizeof *self);
    linnet_path ways[6];
    uint32_t ids[6];
    (void)state;
    pair_keep(self);
    pair_open(self, &scene_psk, &scene_psk);
    for (uint16_t i = 0; i < 6; i++) {
        connect_another(self);
        ways[i] = self->client_way;
        ids[i] = self->server_path.peer.session;
        forget_client(self);
    }
    for (size_t i = 0; i < 6; i += 2)
        linnet_dtls_end(self->ends[PAIR_TO_SERVER], ids[i]);
    for (int times = 0; times < 2; times++) {
        linnet_dtls_restored restored = pair_kill_server(self, &scene_psk);
        assert_int_equal(restored.sessions, 3);
        assert_int_equal(restored.damaged, 0);
        for (size_t i = 0; i < 6; i++)
            assert_int_equal(linnet_session_on(self->ends[PAIR_TO_SERVER], &ways[i]) != NULL, i % 2 == 1);
    }
    for (size_t i = 0; i < self->kept_size; i++)
        assert_true(i < 3 * SLOT || self->kept[i] == 0);
    scene_close(self);
}

/* Whoever ended, or was followed by another at its address, does not come back. */
static void a_session_that_ended_does_not_come_back(void **state)
{
    pair *self = open_kept(&scene_psk);
    (void)state;
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    self->on_wire = 0;
    pair_connect(self, NULL); /* the same peer once more */
    pair_run(self, 40);
    scene_expect_talk(self);
    kill_server(self);
    scene_expect_talk(self);
    linnet_dtls_end(self->ends[PAIR_TO_CLIENT], self->client_path.peer.session);
    pair_run(self, 1);
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 0);
    assert_int_equal(pair_kill_server(self, &scene_psk).sessions, 0);
    scene_close(self);
}

static int find_long(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    (void)context, (void)identity;
    memcpy(key, "sesame", 6);
    return 6;
}

/* 172 octets for keys and name: with the longer keys there is not room for the longest name. */
static void a_session_that_does_not_fit_is_not_kept_and_takes_leave(void **state)
{
    static const uint16_t suites[] = {LINNET_PSK_AES_128_CCM_8, LINNET_PSK_CHACHA20_POLY1305};
    char name[LINNET_PSK_IDENTITY_MAX];
    linnet_credentials server = {.look_up = find_long};
    memset(name, 'n', sizeof name);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        linnet_credentials client = {.identity = linnet_view((uint8_t *)name, sizeof name),
                                     .psk = linnet_text("sesame"),
                                     .suites = &suites[i],
                                     .suite_count = 1};
        pair *self = calloc(1, sizeof *self);
        pair_keep(self);
        pair_open(self, &server, &client);
        pair_connect(self, NULL);
        pair_run(self, 40);
        scene_expect_talk(self);
        pair_open_server(self, &server);
        pair_run(self, 1);
        assert_int_equal(self->ended[PAIR_TO_CLIENT], i == 0 ? 0 : 1);
        assert_int_equal(linnet_dtls_restore(self->ends[PAIR_TO_SERVER], self->now, self->kept_size).sessions,
                         i == 0 ? 1 : 0);
        scene_close(self);
    }
}

/* The disk is full: sessions past what there is room for are as if there were no file. */
static void without_room_a_session_works_and_is_not_kept(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    pair_keep(self);
    self->kept_size = SLOT;
    pair_open(self, &scene_psk, &scene_psk);
    for (uint16_t i = 0; i < 3; i++) {
        connect_another(self);
        forget_client(self);
    }
    assert_int_equal(linnet_dtls_sessions(self->ends[PAIR_TO_SERVER]), 3);
    assert_int_equal(pair_kill_server(self, &scene_psk).sessions, 1);
    scene_close(self);
}

/* With as many as there may be, the one that makes way leaves its slot to the next. */
static void who_makes_way_makes_way_in_the_file(void **state)
{
    pair *self = calloc(1, sizeof *self);
    (void)state;
    self->limits.sessions = 4;
    pair_keep(self);
    pair_open(self, &scene_psk, &scene_psk);
    for (uint16_t i = 0; i < 10; i++) {
        connect_another(self);
        assert_int_equal(pair_kill_server(self, &scene_psk).sessions, i < 4 ? i + 1 : 4);
        scene_expect_talk(self);
        forget_client(self);
    }
    scene_close(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_go_on_after_a_restart_and_a_crash),
        cmocka_unit_test(a_crash_costs_what_is_left_of_a_block_and_no_more),
        cmocka_unit_test(the_last_block_is_not_passed),
        cmocka_unit_test(a_server_may_be_killed_after_any_step),
        cmocka_unit_test(a_session_lives_through_crashes_at_random),
        cmocka_unit_test(a_process_may_be_killed_at_any_instruction),
        cmocka_unit_test(who_is_not_let_in_any_more_does_not_go_on),
        cmocka_unit_test(what_is_not_whole_is_not_gone_on_with),
        cmocka_unit_test(sessions_move_up_and_none_is_there_twice),
        cmocka_unit_test(a_session_that_ended_does_not_come_back),
        cmocka_unit_test(a_session_that_does_not_fit_is_not_kept_and_takes_leave),
        cmocka_unit_test(without_room_a_session_works_and_is_not_kept),
        cmocka_unit_test(who_makes_way_makes_way_in_the_file),
    };
    return cmocka_run_group_tests(tests, scene_make_keys, scene_free_keys);
}
