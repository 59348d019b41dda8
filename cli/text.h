/* Text and octets for the command: formatted, quoted, read from hex. Running out of memory ends the process. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include <linnet/bytes.h>
#include <stdio.h>

/* Ends the process after a complaint. */
_Noreturn void out_of_memory(void);

/* malloc, realloc and asprintf that do not fail. To be freed by the caller. */
void *memory_get(size_t size);
void *memory_resize(void *memory, size_t size);
__attribute__((format(printf, 1, 2))) char *text_format(const char *format, ...);

/* Octets as hex with `separator` between them ("" for none). To be freed. */
char *text_hex(linnet_bytes bytes, const char *separator);

/* How many octets a control character takes in front of UTF-8: 1, or 2 for U+0080 to U+009F; 0: there is none. They
 * could command the terminal (move the cursor, change its title), so what strangers send is not shown with them. */
size_t text_control(const uint8_t *at, const uint8_t *end);

/* Octets as people read them: "quoted text" when they are UTF-8, with escapes for control characters; else 0x and
 * hex. To be freed. */
char *text_quote(linnet_bytes bytes);

/* Octets from what a user typed: "0x1f20" as hex, everything else as text. False when the hex is none; else `*bytes`
 * holds memory to be freed. */
bool octets_parse(const char *text, linnet_bytes *bytes);

/* Appends the octets of hex digits to out[*size...]; spaces, colons, dashes, commas and "0x" between them are passed
 * over. `out` has room for half of the digits. False at anything else, or an odd digit. */
bool hex_parse(linnet_bytes digits, uint8_t *out, size_t *size);

/* Reads to the end of the file; false when that fails (errno), or with EFBIG past `most` octets. */
bool file_read(FILE *file, size_t most, linnet_bytes *content);

#endif
