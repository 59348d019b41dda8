/* Takes the parts of a body as they come. */
#include "cli/download.h"

#include "cli/complain.h"
#include "cli/progress.h"
#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BODY_MOST ((size_t)64 << 20)

void download_begin(download *self, const request_settings *settings, resume_point from)
{
    *self = (download){.settings = settings, .from = from, .place = from.offset};
    self->streams = answer_format(settings, request_has_file(settings) ? NULL : stdout) == OUTPUT_RAW;
}

static int stop(download *self, download_trouble trouble)
{
    self->trouble = trouble;
    return LINNET_ECANCELLED;
}

/* Opens the file that has the first part already, and cuts off what is behind `from`. */
static bool reopen(download *self)
{
    const char *name = self->settings->output_name;
    self->out = (output){.stream = fopen(name, "r+e"), .name = name};
    if (self->out.stream && ftruncate(fileno(self->out.stream), (off_t)self->from.offset) == 0 &&
        fseeko(self->out.stream, (off_t)self->from.offset, SEEK_SET) == 0)
        return true;
    complain("%s cannot be written: %s", name, strerror(errno));
    if (self->out.stream)
        fclose(self->out.stream);
    return false;
}

static bool has_more(const linnet_message *message)
{
    linnet_bytes value;
    linnet_block block;
    return linnet_option_get(message->options, LINNET_OPTION_BLOCK2, 0, &value) &&
           linnet_block_parse(&block, value) == 0 && block.more;
}

static void keep_note(download *self, const linnet_message *message)
{
    struct stat status;
    if (!self->out.name || fstat(fileno(self->out.stream), &status) != 0 || !S_ISREG(status.st_mode))
        return;
    self->noted = has_more(message) && resume_note(self->out.name, self->settings->request.uri, message);
    if (!self->noted)
        resume_forget(self->out.name);
}

static int first_part(download *self, const linnet_message *message, uint64_t offset)
{
    if (self->from.offset && (offset != self->from.offset || !resume_fits(&self->from, message)))
        return stop(self, DOWNLOAD_OTHER);
    if (self->streams) {
        if (self->from.offset ? !reopen(self) : !output_open(&self->out, self->settings->output_name))
            return stop(self, DOWNLOAD_UNOPENED);
        keep_note(self, message);
    }
    self->begun = true;
    return 0;
}

/* The representation changed: what is there is void. A pipe cannot take it back, and a file behind standard output may
 * hold more than what came from us. */
static int restart(download *self, const linnet_message *message, uint64_t offset)
{
    if (offset)
        return stop(self, DOWNLOAD_OTHER);
    self->body.size = 0;
    if (!self->streams)
        return 0;
    if (!self->out.name || fflush(self->out.stream) != 0 || fseeko(self->out.stream, 0, SEEK_SET) != 0 ||
        ftruncate(fileno(self->out.stream), 0) != 0)
        return stop(self, DOWNLOAD_CHANGED);
    keep_note(self, message);
    return 0;
}

static int collect(download *self, linnet_bytes octets)
{
    size_t size = self->body.size + octets.size;
    uint8_t *data = (uint8_t *)self->body.data;
    if (size > BODY_MOST)
        return stop(self, DOWNLOAD_TOO_LARGE);
    if (size > self->body_capacity || !data)
        data = memory_resize(data, self->body_capacity = 2 * size);
    if (octets.size)
        memcpy(data + self->body.size, octets.data, octets.size);
    self->body = linnet_view(data, size);
    return 0;
}

static int write_out(download *self, linnet_bytes octets)
{
    output_write(&self->out, octets);
    return ferror(self->out.stream) ? stop(self, DOWNLOAD_UNWRITABLE) : 0;
}

int download_part(download *self, const linnet_response *response, uint64_t offset, linnet_bytes octets)
{
    uint32_t size;
    int error = 0;
    if (!self->begun)
        error = first_part(self, &response->message, offset);
    else if (offset != self->place)
        error = restart(self, &response->message, offset);
    if (error)
        return error;
    if (linnet_option_heed_uint(response->message.options, LINNET_OPTION_SIZE2, &size))
        self->total = size;
    self->place = offset + octets.size;
    error = self->streams ? write_out(self, octets) : collect(self, octets);
    if (!error)
        progress_show("received", self->place, self->total);
    return error;
}

bool download_end(download *self, bool complete)
{
    bool done = true;
    if (self->begun && self->streams) {
        done = output_close(&self->out);
        if (complete && done && self->noted)
            resume_forget(self->out.name);
    }
    free((void *)self->body.data);
    self->body = (linnet_bytes){0};
    return done;
}
