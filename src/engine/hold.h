/* Keeps an endpoint from sending for a while, as it does by itself while an answer is being written into a slot. */
#ifndef LINNET_ENGINE_HOLD_H
#define LINNET_ENGINE_HOLD_H

#include <linnet/endpoint.h>

/* While it is held requests are put off to the next linnet_endpoint_advance(). Returns how it was before. */
bool linnet_endpoint_hold(linnet_endpoint *endpoint, bool held);

#endif
