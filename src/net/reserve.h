/* Memory for tables whose limits are large and whose use mostly is not. */
#ifndef LINNET_NET_RESERVE_H
#define LINNET_NET_RESERVE_H

#include <stddef.h>

/* Address space that becomes memory where it is touched, zeroed; NULL: none. For linnet_endpoint_init() and its like.
 */
void *linnet_reserve(size_t size);
void linnet_unreserve(void *memory, size_t size);

#endif
