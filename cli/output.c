/* Output that notices a full disk and a reader that went away. */
#include "cli/output.h"

#include "cli/complain.h"

#include <errno.h>
#include <string.h>

bool output_open(output *self, const char *name)
{
    *self = (output){.stream = stdout};
    if (!name || strcmp(name, "-") == 0)
        return true;
    self->name = name;
    self->stream = fopen(name, "we");
    if (self->stream)
        return true;
    complain("%s cannot be written: %s", name, strerror(errno));
    return false;
}

bool output_need(output *self, const char *name) { return self->stream || output_open(self, name); }

void output_write(output *self, linnet_bytes bytes)
{
    errno = 0;
    if (bytes.size && fwrite(bytes.data, 1, bytes.size, self->stream) != bytes.size && !self->error)
        self->error = errno;
}

bool output_flush(output *self)
{
    errno = 0;
    if (fflush(self->stream) != 0 && !self->error)
        self->error = errno;
    return !self->error && !ferror(self->stream);
}

bool output_close(output *self)
{
    if (!self->stream)
        return true;
    bool done = output_flush(self);
    if (self->name && fclose(self->stream) != 0 && done) {
        done = false;
        self->error = errno;
    }
    if (done)
        return true;
    complain("%s cannot be written%s%s", self->name ? self->name : "standard output", self->error ? ": " : "",
             self->error ? strerror(self->error) : "");
    clearerr(stdout); /* said once is enough */
    return false;
}
