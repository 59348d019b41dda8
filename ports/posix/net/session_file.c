/* Without memory that outlives the process there is no such file: sessions end with the server. */
#include "net/session_file.h"

#include <linnet/error.h>

int linnet_session_file_open(linnet_session_file **file, const char *name, size_t size)
{
    (void)name, (void)size;
    *file = NULL;
    return LINNET_EUNSUPPORTED;
}

uint8_t *linnet_session_file_memory(linnet_session_file *file)
{
    (void)file;
    return NULL;
}

size_t linnet_session_file_size(const linnet_session_file *file)
{
    (void)file;
    return 0;
}

const char *linnet_session_file_dropped(const linnet_session_file *file)
{
    (void)file;
    return NULL;
}

size_t linnet_session_file_extend(linnet_session_file *file, size_t size)
{
    (void)file, (void)size;
    return 0;
}

void linnet_session_file_close(linnet_session_file *file) { (void)file; }
