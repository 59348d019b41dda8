/* Output that notices a full disk and a reader that went away. */
#include "cli/output.h"

#include "cli/complain.h"

#include <errno.h>
#include <string.h>

bool output_open(output *self, const char *name)
{
    *self = (output){stdout, NULL};
    if (!name || strcmp(name, "-") == 0)
        return true;
    self->name = name;
    self->stream = fopen(name, "we");
    if (self->stream)
        return true;
    complain("%s cannot be written: %s", name, strerror(errno));
    return false;
}

void output_write(const output *self, linnet_bytes bytes)
{
    if (bytes.size)
        fwrite(bytes.data, 1, bytes.size, self->stream); /* ferror() remembers what went wrong */
}

bool output_close(output *self)
{
    errno = 0;
    bool failed = fflush(self->stream) != 0 || ferror(self->stream);
    int error = errno;
    if (self->name && fclose(self->stream) != 0) {
        failed = true;
        error = errno;
    }
    if (!failed)
        return true;
    complain("%s cannot be written%s%s", self->name ? self->name : "standard output", error ? ": " : "",
             error ? strerror(error) : "");
    clearerr(stdout); /* said once is enough */
    return false;
}
