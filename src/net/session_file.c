/* When a process is killed, what it had stored is in the file: the kernel has the pages. When the machine stops, it may
 * be not, or half. So a file that was not closed in order is good as long as the machine runs on, and that is told by
 * the boot ID of the kernel. A copy is never good, since two would count on from it: a file is good where it was made,
 * and that is told by its inode and its time of birth. */
#include "net/session_file.h"

#include "engine/siphash.h"
#include "security/dtls.h"

#include <errno.h>
#include <fcntl.h>
#include <linnet/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER_SIZE 256u
#define STEP (1u << 20) /* the file grows by so many octets */

enum state { IN_USE = 1, CLOSED = 2 };

/* Where a file was made, and since when the machine runs. */
typedef struct origin {
    uint64_t inode;
    int64_t born_s;
    uint32_t born_ns;
    char boot[36]; /* zeros: not known, and equal to none */
} origin;

typedef struct header {
    char magic[8]; /* of every version of such a file */
    uint32_t layout;
    uint32_t state;
    origin where;
    uint64_t check; /* of all before it */
} header;

_Static_assert(sizeof(header) <= HEADER_SIZE, "sessions begin behind it");

static const char magic[8] = "Linnets";

struct linnet_session_file {
    int descriptor;
    header *header; /* the mapped file */
    size_t size;    /* of the mapping */
    size_t ready;   /* of the file */
    origin here;
    const char *dropped;
};

static uint64_t check_of(const header *self)
{
    static const linnet_sip_key key = {{HEADER_SIZE, 0}}; /* no secret: it is against accidents */
    return linnet_siphash(&key, linnet_view((const uint8_t *)self, offsetof(header, check)));
}

static void read_boot(origin *here)
{
    int descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    if (read(descriptor, here->boot, sizeof here->boot) != (ssize_t)sizeof here->boot)
        memset(here->boot, 0, sizeof here->boot);
    close(descriptor);
}

static int find_origin(linnet_session_file *self)
{
    struct statx what;
    memset(&self->here, 0, sizeof self->here); /* it has padding, and is hashed as octets */
    if (statx(self->descriptor, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &what) != 0)
        return LINNET_ESESSIONS;
    self->here.inode = what.stx_ino;
    if (what.stx_mask & STATX_BTIME) {
        self->here.born_s = what.stx_btime.tv_sec;
        self->here.born_ns = what.stx_btime.tv_nsec;
    }
    read_boot(&self->here);
    return 0;
}

/* Of this user alone, and locked until it is closed, however this process ends. */
static int open_own(linnet_session_file *self, const char *name)
{
    struct stat what;
    self->descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, S_IRUSR | S_IWUSR);
    if (self->descriptor < 0 || fstat(self->descriptor, &what) != 0)
        return LINNET_ESESSIONS;
    errno = !S_ISREG(what.st_mode)                                                  ? EINVAL
            : what.st_uid != geteuid() || (what.st_mode & (S_IRWXG | S_IRWXO)) != 0 ? EPERM
                                                                                    : 0;
    if (errno != 0 || flock(self->descriptor, LOCK_EX | LOCK_NB) != 0 || fstat(self->descriptor, &what) != 0)
        return LINNET_ESESSIONS;
    self->ready = (size_t)what.st_size;
    return find_origin(self);
}

static int map(linnet_session_file *self)
{
    void *memory = mmap(NULL, self->size, PROT_READ | PROT_WRITE, MAP_SHARED, self->descriptor, 0);
    if (memory == MAP_FAILED)
        return LINNET_ESESSIONS;
    self->header = memory;
    return 0;
}

/* Room was made, and then the server or the machine stopped. */
static bool is_blank(const linnet_session_file *self)
{
    static const header zeros;
    return self->ready >= HEADER_SIZE && self->ready <= STEP && memcmp(self->header, &zeros, sizeof zeros) == 0;
}

/* Nobody's file is overwritten by mistake: what is not empty has to begin as such a file does. */
static bool is_foreign(const linnet_session_file *self)
{
    return self->ready > 0 && !is_blank(self) &&
           (self->ready < HEADER_SIZE || memcmp(self->header->magic, magic, sizeof magic) != 0);
}

/* Why its sessions cannot be gone on with. */
static const char *fault(const linnet_session_file *self)
{
    const header *found = self->header;
    const origin *where = &found->where;
    if (found->layout != LINNET_DTLS_KEPT_LAYOUT)
        return "they are of another version of Linnet";
    if (found->check != check_of(found))
        return "the file is damaged";
    if (where->inode != self->here.inode || where->born_s != self->here.born_s || where->born_ns != self->here.born_ns)
        return "the file is a copy";
    if (found->state != CLOSED && (!where->boot[0] || memcmp(where->boot, self->here.boot, sizeof where->boot) != 0))
        return "the machine was started anew before the server had closed it";
    return NULL;
}

static int reserve(linnet_session_file *self, size_t size)
{
    size_t wanted = (size + STEP - 1u) / STEP * STEP;
    if (wanted > self->size)
        wanted = self->size;
    if (wanted <= self->ready)
        return 0;
    do
        errno = posix_fallocate(self->descriptor, (off_t)self->ready, (off_t)(wanted - self->ready));
    while (errno == EINTR);
    if (errno != 0)
        return LINNET_ESESSIONS;
    self->ready = wanted;
    return 0;
}

/* The disk has it before anything is done that it has to know of. This is told, too, when an earlier server's pages
 * could not be written: what is in the file may be older than it should be, then. */
static bool write_header(linnet_session_file *self, enum state state)
{
    header *written = self->header;
    memcpy(written->magic, magic, sizeof magic);
    written->layout = LINNET_DTLS_KEPT_LAYOUT;
    written->state = state;
    written->where = self->here;
    written->check = check_of(written);
    return msync(self->header, HEADER_SIZE, MS_SYNC) == 0;
}

/* Makes it `size` octets at most. What is past them is on the disk no more. */
static int cut(linnet_session_file *self, size_t size)
{
    if (self->ready <= size)
        return 0;
    self->ready = size;
    return ftruncate(self->descriptor, (off_t)size) == 0 ? 0 : LINNET_ESESSIONS;
}

static int begin(linnet_session_file *self)
{
    int error = reserve(self, HEADER_SIZE);
    return error == 0 && !write_header(self, IN_USE) ? LINNET_ESESSIONS : error;
}

/* Sessions past our own limit go for good: some other server could go on with them, when they are old. */
static int take(linnet_session_file *self)
{
    if (is_foreign(self)) {
        errno = EINVAL;
        return LINNET_ESESSIONS;
    }
    self->dropped = self->ready > 0 && !is_blank(self) ? fault(self) : NULL;
    int error = cut(self, self->dropped ? 0 : self->size);
    if (error != 0 || begin(self) == 0)
        return error;
    self->dropped = "the disk failed to keep them";
    error = cut(self, 0);
    return error == 0 ? begin(self) : error;
}

static void release(linnet_session_file *self)
{
    int number = errno;
    if (self->header)
        munmap(self->header, self->size);
    if (self->descriptor >= 0)
        close(self->descriptor);
    free(self);
    errno = number;
}

int linnet_session_file_open(linnet_session_file **file, const char *name, size_t size)
{
    linnet_session_file *self = calloc(1, sizeof *self);
    *file = NULL;
    if (!self)
        return LINNET_ENOMEM;
    self->size = HEADER_SIZE + size;
    int error = open_own(self, name);
    if (error == 0)
        error = map(self);
    if (error == 0)
        error = take(self);
    if (error == 0)
        *file = self;
    else
        release(self);
    return error;
}

uint8_t *linnet_session_file_memory(linnet_session_file *file) { return (uint8_t *)file->header + HEADER_SIZE; }

size_t linnet_session_file_size(const linnet_session_file *file) { return file->ready - HEADER_SIZE; }

const char *linnet_session_file_dropped(const linnet_session_file *file) { return file->dropped; }

size_t linnet_session_file_extend(linnet_session_file *file, size_t size)
{
    (void)reserve(file, HEADER_SIZE + size);
    return linnet_session_file_size(file);
}

void linnet_session_file_close(linnet_session_file *file)
{
    if (!file)
        return;
    int number = errno;
    if (msync(file->header, file->ready, MS_SYNC) != 0 || !write_header(file, CLOSED))
        (void)cut(file, 0);
    errno = number;
    release(file);
}
