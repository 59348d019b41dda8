/* Downloads that go on where they were interrupted. While FILE is incomplete, FILE.linnet-part beside it says which
 * representation it is a part of: the URI and the ETag. Without an ETag nothing could tell the parts of two
 * representations apart, so such a download always starts over. */
#ifndef CLI_RESUME_H
#define CLI_RESUME_H

#include <linnet.h>

typedef struct resume_point {
    uint64_t offset; /* 0: from the start */
    uint8_t etag[8]; /* of the representation that is there up to `offset` */
    size_t etag_size;
} resume_point;

/* Where the download of `uri` into `file` may go on: a multiple of `block_size`. */
resume_point resume_find(const char *file, const char *uri, size_t block_size);

/* Writes the note while more is to come; false when there is no ETag, or the note cannot be written. */
bool resume_note(const char *file, const char *uri, const linnet_message *response);
/* The file is complete, or something else. */
void resume_forget(const char *file);

/* Whether a response belongs to the representation that was begun. */
bool resume_fits(const resume_point *point, const linnet_message *response);

#endif
