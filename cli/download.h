/* Where a response's body goes, part by part: straight to the output, or into memory where it has to be laid out as a
 * whole. */
#ifndef CLI_DOWNLOAD_H
#define CLI_DOWNLOAD_H

#include "cli/request.h"
#include "cli/resume.h"

/* Why a download ended by our own doing. */
typedef enum download_trouble {
    DOWNLOAD_FINE,
    DOWNLOAD_OTHER,      /* what is at the server is not what the file has the start of */
    DOWNLOAD_CHANGED,    /* it changed on the way, and what is written cannot be taken back */
    DOWNLOAD_TOO_LARGE,  /* to be laid out as a whole */
    DOWNLOAD_UNWRITABLE, /* output_close() says why */
    DOWNLOAD_UNOPENED    /* there was a complaint */
} download_trouble;

typedef struct download {
    const request_settings *settings;
    resume_point from;
    bool streams; /* to the output; else into `body` */
    output out;
    bool begun;     /* a part has come */
    bool noted;     /* the file can be gone on with */
    uint64_t place; /* where the next part belongs */
    uint64_t total; /* Size2; 0: not known */
    linnet_bytes body;
    size_t body_capacity;
    download_trouble trouble;
} download;

void download_begin(download *download, const request_settings *settings, resume_point from);
/* As a linnet_block_handler. */
int download_part(download *download, const linnet_response *response, uint64_t offset, linnet_bytes octets);
/* Closes the output; `complete` says whether all has come. False after a complaint. */
bool download_end(download *download, bool complete);

#endif
