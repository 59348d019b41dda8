/* Without DTLS there are no sessions to keep. */
#include "net/session_file.h"

void linnet_session_file_take(const char *name, linnet_dtls *dtls) { (void)name, (void)dtls; }

void linnet_session_file_leave(const char *name, linnet_dtls *dtls) { (void)name, (void)dtls; }
