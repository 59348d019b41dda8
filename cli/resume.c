/* The note beside an incomplete file. */
#include "cli/resume.h"

#include "cli/text.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_MOST 4096

static char *note_name(const char *file) { return text_format("%s.linnet-part", file); }

static linnet_bytes etag_of(const linnet_message *response)
{
    linnet_bytes etag = {0};
    (void)linnet_option_heed(response->options, LINNET_OPTION_ETAG, &etag);
    return etag;
}

/* Two lines: the URI, and the ETag in hex. */
static bool read_note(const char *name, const char *uri, resume_point *point)
{
    char line[NOTE_MOST];
    FILE *file = fopen(name, "re");
    bool fits = false;
    if (!file)
        return false;
    if (fgets(line, sizeof line, file) && strcspn(line, "\n") == strlen(uri) && strncmp(line, uri, strlen(uri)) == 0 &&
        fgets(line, sizeof line, file)) {
        size_t size = strcspn(line, "\n");
        fits = size > 0 && size <= 16 && hex_parse(linnet_view(line, size), point->etag, &point->etag_size);
    }
    fclose(file);
    return fits;
}

resume_point resume_find(const char *file, const char *uri, size_t block_size)
{
    resume_point point = {0};
    struct stat status;
    char *name = note_name(file);
    if (read_note(name, uri, &point) && stat(file, &status) == 0 && S_ISREG(status.st_mode))
        point.offset = (uint64_t)status.st_size / block_size * block_size;
    free(name);
    return point;
}

bool resume_note(const char *file, const char *uri, const linnet_message *response)
{
    linnet_bytes etag = etag_of(response);
    if (etag.size == 0)
        return false;
    char *name = note_name(file), *hex = text_hex(etag, "");
    FILE *out = fopen(name, "we");
    bool done = out && fprintf(out, "%s\n%s\n", uri, hex) > 0;
    if (out && fclose(out) != 0)
        done = false;
    free(name);
    free(hex);
    return done;
}

void resume_forget(const char *file)
{
    char *name = note_name(file);
    unlink(name);
    free(name);
}

bool resume_fits(const resume_point *point, const linnet_message *response)
{
    return linnet_bytes_equal(etag_of(response), linnet_view(point->etag, point->etag_size));
}
