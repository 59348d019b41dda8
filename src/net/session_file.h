/* The memory of secured sessions as a file that one server at a time has, mapped: see
 * linnet_server_config.session_file, and linnet_dtls_config.kept for what is in it. */
#ifndef LINNET_NET_SESSION_FILE_H
#define LINNET_NET_SESSION_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct linnet_session_file linnet_session_file;

/* Opens or makes it for `size` octets of sessions. LINNET_ESESSIONS with errno, as in linnet_server_config;
 * LINNET_ENOMEM; LINNET_EUNSUPPORTED: not on this platform. */
int linnet_session_file_open(linnet_session_file **file, const char *name, size_t size);
/* `size` octets. */
uint8_t *linnet_session_file_memory(linnet_session_file *file);
/* How many of them may be used: at first those that the last server left. */
size_t linnet_session_file_size(const linnet_session_file *file);
/* Why there are none although there was a file; NULL: there is nothing to say. Static. */
const char *linnet_session_file_dropped(const linnet_session_file *file);
/* Takes room on the disk, so that writing to the first `size` octets cannot fail; returns how many may be used. */
size_t linnet_session_file_extend(linnet_session_file *file, size_t size);
/* What is in it is good even when the machine is started anew. NULL is fine. */
void linnet_session_file_close(linnet_session_file *file);

#endif
