/* Secured sessions between one server and the next, see linnet_server_config.session_file. */
#ifndef LINNET_NET_SESSION_FILE_H
#define LINNET_NET_SESSION_FILE_H

#include "security/dtls.h"

/* Reads and removes the file; what cannot be read is as if it were not there. */
void linnet_session_file_take(const char *name, linnet_dtls *dtls);
/* Writes all sessions to it, which are gone from `dtls` then. What cannot be written is lost, and its clients begin
 * anew.
 */
void linnet_session_file_leave(const char *name, linnet_dtls *dtls);

#endif
