/* Payloads as users name them: text, files, standard input. */
#include "cli/payload.h"

#include "cli/complain.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY_MOST ((size_t)16 << 20) /* of what is not a file */

static bool read_whole(payload_source *source, FILE *file)
{
    if (file_read(file, MEMORY_MOST, &source->memory)) {
        source->size = source->memory.size;
        return true;
    }
    complain("%s cannot be read: %s", source->name, strerror(errno));
    if (errno == EFBIG)
        hint("a file may have any size: --payload @FILE");
    return false;
}

static bool read_pipe(payload_source *source)
{
    FILE *file = fdopen(source->file, "r");
    if (!file)
        out_of_memory();
    bool done = read_whole(source, file);
    fclose(file);
    return done;
}

bool payload_open_file(payload_source *source, const char *name)
{
    struct stat status;
    payload_close(source);
    source->is_given = true;
    source->name = name;
    if (strcmp(name, "-") == 0) {
        source->name = "standard input";
        return read_whole(source, stdin);
    }
    source->file = open(name, O_RDONLY | O_CLOEXEC);
    if (source->file < 0 || fstat(source->file, &status) != 0) {
        complain("the payload '%s' cannot be read: %s", name, strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode))
        return read_pipe(source);
    source->is_file = true;
    source->size = (uint64_t)status.st_size;
    return true;
}

bool payload_open(payload_source *source, const char *argument)
{
    size_t size = strlen(argument);
    if (*argument == '@')
        return payload_open_file(source, argument + 1);
    payload_close(source);
    source->is_given = true;
    source->size = size;
    source->memory = linnet_view(memcpy(memory_get(size), argument, size), size);
    return true;
}

void payload_close(payload_source *source)
{
    if (source->is_file)
        close(source->file);
    free((void *)source->memory.data);
    *source = (payload_source){0};
}

int payload_read(const payload_source *source, uint64_t offset, uint8_t *data, size_t size, size_t *given)
{
    *given = 0;
    if (!source->is_file) {
        *given = offset >= source->size ? 0 : (size_t)(source->size - offset);
        *given = *given > size ? size : *given;
        if (*given)
            memcpy(data, source->memory.data + (size_t)offset, *given);
        return 0;
    }
    while (*given < size) {
        ssize_t got = pread(source->file, data + *given, size - *given, (off_t)(offset + *given));
        if (got < 0 && errno != EINTR)
            return LINNET_ESYSTEM;
        if (got == 0)
            break;
        *given += got > 0 ? (size_t)got : 0;
    }
    return 0;
}
