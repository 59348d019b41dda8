/* The file of a server's sessions: who may have it, what is refused, and what is left after an end in order and after a
 * crash. The crash is a copy of the mapped file that is put back when the server has closed it: the kernel would have
 * left the same. */
#include "net_support.h"

#include "engine/siphash.h"
#include "net/session_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the header, as in session_file.c. */
enum { HEADER = 256, LAYOUT_AT = 8, STATE_AT = 12, BORN_AT = 24, BOOT_AT = 36, CHECK_AT = 72, IN_USE = 1, ROOM = 4096 };

static char folder[] = P_tmpdir "/linnet-sessions-XXXXXX";
static char name[64], other[64];
static unsigned looked_up; /* keys: once for a handshake, once for a session that a server finds */

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(name, sizeof name, "%s/sessions", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    unlink(name);
    unlink(other);
    return 0;
}

static int remove_folder(void **state) { return remove_files(state) == 0 ? rmdir(folder) : -1; }

static linnet_session_file *open_file(void)
{
    linnet_session_file *file;
    assert_int_equal(linnet_session_file_open(&file, name, ROOM), 0);
    return file;
}

static void expect_refused(const char *which, int number)
{
    linnet_session_file *file;
    errno = 0;
    assert_int_equal(linnet_session_file_open(&file, which, ROOM), LINNET_ESESSIONS);
    assert_int_equal(errno, number);
    assert_null(file);
}

static size_t read_file(const char *from, uint8_t *octets)
{
    int descriptor = open(from, O_RDONLY);
    ssize_t size = read(descriptor, octets, HEADER + ROOM);
    assert_true(descriptor >= 0 && size > 0);
    close(descriptor);
    return (size_t)size;
}

/* Into the same file, so it stays the same inode. */
static void write_file(const char *to, const uint8_t *octets, size_t size)
{
    int descriptor = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(descriptor >= 0 && write(descriptor, octets, size) == (ssize_t)size);
    close(descriptor);
}

/* Makes a file with something in it; returns what a crash would have left of it. */
static size_t make_file(uint8_t octets[HEADER + ROOM])
{
    linnet_session_file *file = open_file();
    memset(linnet_session_file_memory(file), 'x', 64);
    size_t size = read_file(name, octets);
    linnet_session_file_close(file);
    return size;
}

/* As if the header had been written like that. */
static void set_check(uint8_t *octets)
{
    static const linnet_sip_key key = {{HEADER, 0}};
    uint64_t check = linnet_siphash(&key, linnet_view(octets, CHECK_AT));
    memcpy(octets + CHECK_AT, &check, sizeof check);
}

/* Opens it and says whether what make_file() wrote is there. */
static bool is_there(const char **dropped)
{
    linnet_session_file *file = open_file();
    bool there = linnet_session_file_memory(file)[63] == 'x';
    *dropped = linnet_session_file_dropped(file);
    linnet_session_file_close(file);
    return there;
}

static void a_file_is_made_for_its_owner_alone_and_takes_room_at_once(void **state)
{
    struct stat what;
    (void)state;
    linnet_session_file *file = open_file();
    assert_null(linnet_session_file_dropped(file));
    assert_int_equal(linnet_session_file_size(file), ROOM);
    assert_int_equal(stat(name, &what), 0);
    assert_int_equal(what.st_mode & 0777, 0600);
    assert_int_equal(what.st_size, HEADER + ROOM);
    assert_true(what.st_blocks * 512 >= HEADER + ROOM);
    linnet_session_file_close(file);
    assert_int_equal(linnet_session_file_open(&file, name, 3 << 20), 0);
    assert_true(linnet_session_file_size(file) < 2 << 20); /* of a large one, as much as is wanted */
    assert_int_equal(linnet_session_file_extend(file, 3 << 20), 3 << 20);
    linnet_session_file_memory(file)[(3 << 20) - 1] = 1;
    linnet_session_file_close(file);
}

static void what_is_in_it_is_there_after_an_end_in_order_and_after_a_crash(void **state)
{
    uint8_t crashed[HEADER + ROOM];
    const char *dropped;
    (void)state;
    size_t size = make_file(crashed);
    assert_true(is_there(&dropped));
    assert_null(dropped);
    write_file(name, crashed, size);
    assert_true(is_there(&dropped));
    assert_null(dropped);
}

static void it_is_dropped_where_it_might_be_old(void **state)
{
    static const struct {
        size_t at;
        const char *why;
    } cases[] = {{BOOT_AT, "the machine was started anew before the server had closed it"},
                 {BORN_AT, "the file is a copy"},
                 {LAYOUT_AT, "they are of another version of Linnet"}};
    uint8_t crashed[HEADER + ROOM];
    const char *dropped;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = make_file(crashed);
        assert_int_equal(crashed[STATE_AT], IN_USE);
        crashed[cases[i].at] ^= 1;
        set_check(crashed);
        write_file(name, crashed, size);
        assert_false(is_there(&dropped));
        assert_string_equal(dropped, cases[i].why);
        assert_false(is_there(&dropped)); /* and is a good one from then on */
        assert_null(dropped);
    }
}

/* Closed in order and synced, it is good in the next life of the machine. */
static void a_closed_file_is_good_after_the_machine_was_started_anew(void **state)
{
    uint8_t octets[HEADER + ROOM];
    const char *dropped;
    (void)state;
    make_file(octets);
    size_t size = read_file(name, octets);
    assert_int_not_equal(octets[STATE_AT], IN_USE);
    octets[BOOT_AT] ^= 1;
    set_check(octets);
    write_file(name, octets, size);
    assert_true(is_there(&dropped));
    assert_null(dropped);
}

static void a_copy_is_not_gone_on_with(void **state)
{
    uint8_t octets[HEADER + ROOM];
    const char *dropped;
    (void)state;
    make_file(octets);
    write_file(other, octets, read_file(name, octets));
    assert_int_equal(rename(other, name), 0);
    assert_false(is_there(&dropped));
    assert_string_equal(dropped, "the file is a copy");
}

static void a_damaged_header_is_told(void **state)
{
    uint8_t octets[HEADER + ROOM];
    const char *dropped;
    (void)state;
    for (size_t at = STATE_AT; at < CHECK_AT + 8; at += 7) {
        make_file(octets);
        size_t size = read_file(name, octets);
        octets[at] ^= 0x10;
        write_file(name, octets, size);
        assert_false(is_there(&dropped));
        assert_string_equal(dropped, "the file is damaged");
    }
    memset(octets, 0, sizeof octets); /* room was made, and then the machine stopped */
    write_file(name, octets, sizeof octets);
    assert_false(is_there(&dropped));
    assert_null(dropped);
}

static void two_servers_cannot_have_one_file(void **state)
{
    (void)state;
    linnet_session_file *file = open_file();
    expect_refused(name, EWOULDBLOCK);
    linnet_session_file_close(file);
    linnet_session_file_close(open_file());
}

static void what_is_no_such_file_is_left_as_it_is(void **state)
{
    uint8_t octets[HEADER + ROOM];
    (void)state;
    write_file(name, (const uint8_t *)"precious", 8);
    expect_refused(name, EINVAL);
    assert_int_equal(read_file(name, octets), 8);
    assert_memory_equal(octets, "precious", 8);
    expect_refused("/dev/null", EINVAL);
    expect_refused(folder, EISDIR);
}

static void a_file_that_others_may_read_or_that_is_a_link_is_refused(void **state)
{
    uint8_t octets[HEADER + ROOM];
    (void)state;
    make_file(octets);
    assert_int_equal(chmod(name, 0640), 0);
    expect_refused(name, EPERM);
    assert_int_equal(chmod(name, 0600), 0);
    assert_int_equal(symlink(name, other), 0);
    expect_refused(other, ELOOP);
    expect_refused("/nonexistent/sessions", ENOENT);
}

static void limit_file_size(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* As on a full disk: what has no room is not used, and nothing is killed by writing to it. */
static void without_room_the_file_stays_as_large_as_it_is(void **state)
{
    linnet_session_file *file;
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(512);
    expect_refused(name, EFBIG);
    limit_file_size(1 << 20);
    assert_int_equal(linnet_session_file_open(&file, name, 3 << 20), 0);
    size_t before = linnet_session_file_size(file);
    assert_int_equal(linnet_session_file_extend(file, 2 << 20), before);
    limit_file_size(RLIM_INFINITY);
    assert_int_equal(linnet_session_file_extend(file, 3 << 20), 3 << 20);
    linnet_session_file_close(file);
}

/* Else they could come back when they are old, with a server that has room for them again. */
static void sessions_past_the_limit_are_gone_for_good(void **state)
{
    linnet_session_file *file;
    (void)state;
    assert_int_equal(linnet_session_file_open(&file, name, 2 * ROOM), 0);
    memset(linnet_session_file_memory(file) + ROOM, 'x', ROOM);
    linnet_session_file_close(file);
    linnet_session_file_close(open_file());
    assert_int_equal(linnet_session_file_open(&file, name, 2 * ROOM), 0);
    assert_int_equal(linnet_session_file_extend(file, 2 * ROOM), 2 * ROOM);
    for (size_t i = ROOM; i < 2 * ROOM; i++)
        assert_int_equal(linnet_session_file_memory(file)[i], 0);
    linnet_session_file_close(file);
}

static void greet(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_text(reply, "world");
}

static int find_key(void *context, linnet_bytes identity, uint8_t key[LINNET_PSK_MAX])
{
    (void)context, (void)identity;
    looked_up++;
    memcpy(key, "sesame", 6);
    return 6;
}

static linnet_server *open_server(unsigned port)
{
    linnet_credentials credentials = {.look_up = find_key};
    linnet_server_config config = {.credentials = &credentials, .session_file = name, .limits.sessions = 16};
    linnet_server *server;
    char address[64];
    snprintf(address, sizeof address, "coaps://127.0.0.1:%u", port);
    assert_int_equal(linnet_server_open_with(&server, &config), 0);
    assert_int_equal(linnet_server_bind(server, address), 0);
    assert_int_equal(linnet_server_add(server, "hello", &(linnet_resource_config){.get = greet}), 0);
    return server;
}

static void expect_answer(net_pair *pair, const char *uri)
{
    net_result result = {0};
    linnet_client_request request = {
        .method = LINNET_GET, .uri = uri, .on_response = net_on_response, .context = &result};
    assert_int_equal(linnet_client_send(pair->client, &request, NULL), 0);
    net_run(pair);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.calls, 1);
}

static void a_client_goes_on_with_the_next_server_without_a_handshake(void **state)
{
    linnet_credentials credentials = {.identity = linnet_text("me"), .psk = linnet_text("sesame")};
    linnet_client_config settings = {.credentials = &credentials};
    linnet_address address;
    net_pair pair = {0};
    char uri[64];
    (void)state;
    pair.server = open_server(0);
    assert_int_equal(linnet_client_open(&pair.client, &settings), 0);
    assert_int_equal(linnet_server_address(pair.server, 0, &address), 0);
    snprintf(uri, sizeof uri, "coaps://127.0.0.1:%u/hello", address.port);
    expect_answer(&pair, uri);
    assert_int_equal(linnet_server_found_sessions(pair.server).restored, 0);
    for (int i = 0; i < 3; i++) {
        linnet_server_close(pair.server);
        pair.server = open_server(address.port);
        linnet_found_sessions found = linnet_server_found_sessions(pair.server);
        assert_int_equal(found.restored, 1);
        assert_int_equal(found.refused + found.damaged, 0);
        assert_null(found.dropped);
        expect_answer(&pair, uri);
    }
    assert_int_equal(looked_up, 1 + 3);
    net_pair_close(&pair);
}

#ifdef LINNET_POSIX_NET
#define FILE_TEST(test) LINUX_TEST(test)

static void elsewhere_there_is_no_such_file_and_that_is_said(void **state)
{
    linnet_session_file *file;
    (void)state;
    assert_int_equal(linnet_session_file_open(&file, name, ROOM), LINNET_EUNSUPPORTED);
    assert_null(file);
}
#else
#define FILE_TEST(test)                                                                                                \
    {                                                                                                                  \
#test, test, NULL, remove_files, NULL                                                                          \
    }
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(a_file_is_made_for_its_owner_alone_and_takes_room_at_once),
        FILE_TEST(what_is_in_it_is_there_after_an_end_in_order_and_after_a_crash),
        FILE_TEST(it_is_dropped_where_it_might_be_old),
        FILE_TEST(a_closed_file_is_good_after_the_machine_was_started_anew),
        FILE_TEST(a_copy_is_not_gone_on_with),
        FILE_TEST(a_damaged_header_is_told),
        FILE_TEST(two_servers_cannot_have_one_file),
        FILE_TEST(what_is_no_such_file_is_left_as_it_is),
        FILE_TEST(a_file_that_others_may_read_or_that_is_a_link_is_refused),
        FILE_TEST(without_room_the_file_stays_as_large_as_it_is),
        FILE_TEST(sessions_past_the_limit_are_gone_for_good),
        FILE_TEST(a_client_goes_on_with_the_next_server_without_a_handshake),
#ifdef LINNET_POSIX_NET
        cmocka_unit_test_teardown(elsewhere_there_is_no_such_file_and_that_is_said, remove_files),
#endif
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
