/* Linnet: CoAP (RFC 7252) for microcontrollers and servers. This header includes the whole public API. */
#ifndef LINNET_H
#define LINNET_H

#include <linnet/address.h>
#include <linnet/block.h>
#include <linnet/body.h>
#include <linnet/bytes.h>
#include <linnet/calls.h>
#include <linnet/client.h>
#include <linnet/code.h>
#include <linnet/config.h>
#include <linnet/content_format.h>
#include <linnet/credentials.h>
#include <linnet/echo.h>
#include <linnet/endpoint.h>
#include <linnet/error.h>
#include <linnet/identity.h>
#include <linnet/link.h>
#include <linnet/loop.h>
#include <linnet/message.h>
#include <linnet/module.h>
#include <linnet/observers.h>
#include <linnet/option.h>
#include <linnet/q_block.h>
#include <linnet/request.h>
#include <linnet/requests.h>
#include <linnet/resource.h>
#include <linnet/response.h>
#include <linnet/server.h>
#include <linnet/site.h>
#include <linnet/transfers.h>
#include <linnet/uri.h>

#define LINNET_VERSION "0.1.0"

#endif
