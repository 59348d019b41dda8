#include "net/session_file.h"

#include <fcntl.h>
#include <libgen.h>
#include <linnet/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keys were in it. */
static void wipe(void *memory, size_t size)
{
    explicit_bzero(memory, size);
    free(memory);
}

static void read_all(int descriptor, size_t size, linnet_dtls *dtls)
{
    uint8_t *octets = malloc(size ? size : 1);
    size_t got = 0;
    ssize_t more = 1;
    if (!octets)
        return;
    while (got < size && more > 0) {
        more = read(descriptor, octets + got, size - got);
        got += more > 0 ? (size_t)more : 0;
    }
    if (got == size)
        (void)linnet_dtls_restore(dtls, linnet_clock(), linnet_view(octets, size)); /* as far as it is good */
    wipe(octets, size);
}

/* Whether a name that was removed stays so when the machine fails: else the file could be there again. */
static bool sync_folder(const char *name)
{
    char *copy = strdup(name);
    int descriptor = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    if (descriptor >= 0)
        close(descriptor);
    free(copy);
    return synced;
}

/* Removed first: should this process end right now, nobody counts on from it. */
void linnet_session_file_take(const char *name, linnet_dtls *dtls)
{
    struct stat what;
    int descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return;
    bool ours = fstat(descriptor, &what) == 0 && S_ISREG(what.st_mode) && what.st_uid == geteuid() &&
                (what.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    if (ours && unlink(name) == 0 && sync_folder(name))
        read_all(descriptor, (size_t)what.st_size, dtls);
    close(descriptor);
}

static bool write_all(int descriptor, const uint8_t *octets, size_t size)
{
    size_t put = 0;
    while (put < size) {
        ssize_t more = write(descriptor, octets + put, size - put);
        if (more <= 0)
            return false;
        put += (size_t)more;
    }
    return fsync(descriptor) == 0;
}

void linnet_session_file_leave(const char *name, linnet_dtls *dtls)
{
    size_t size = 0;
    uint8_t *octets = linnet_dtls_save(dtls, &size);
    if (!octets)
        return;
    unlink(name);
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    bool written = descriptor >= 0 && write_all(descriptor, octets, size);
    if (descriptor >= 0)
        close(descriptor);
    if (!written)
        unlink(name);
    wipe(octets, size);
}
