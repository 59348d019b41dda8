from . import credentials as credentials, error as error, numbers as numbers, resource as resource
from .message import Message as Message, NoResponse as NoResponse
from .numbers import *
from .protocol import Context as Context
from .sync import (
    delete as delete, fetch as fetch, get as get, ipatch as ipatch, patch as patch, post as post, put as put,
)

__version__: str

__all__ = [
    "COAP_PORT", "COAPS_PORT", "MCAST_ALL", "MCAST_IPV4_ALLCOAPNODES", "MCAST_IPV6_LINKLOCAL_ALLCOAPNODES",
    "MCAST_IPV6_LINKLOCAL_ALLNODES", "MCAST_IPV6_SITELOCAL_ALLCOAPNODES", "MCAST_IPV6_SITELOCAL_ALLNODES",
    "MAX_REGULAR_BLOCK_SIZE_EXP", "SHUTDOWN_TIMEOUT", "TransportTuning", "Reliable", "Unreliable", "Type", "CON",
    "NON", "ACK", "RST", "Code", "EMPTY", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH", "CREATED",
    "DELETED", "VALID", "CHANGED", "CONTENT", "CONTINUE", "BAD_REQUEST", "UNAUTHORIZED", "BAD_OPTION", "FORBIDDEN",
    "NOT_FOUND", "METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE", "REQUEST_ENTITY_INCOMPLETE", "CONFLICT",
    "PRECONDITION_FAILED", "REQUEST_ENTITY_TOO_LARGE", "UNSUPPORTED_CONTENT_FORMAT", "UNPROCESSABLE_ENTITY",
    "TOO_MANY_REQUESTS", "INTERNAL_SERVER_ERROR", "NOT_IMPLEMENTED", "BAD_GATEWAY", "SERVICE_UNAVAILABLE",
    "GATEWAY_TIMEOUT", "PROXYING_NOT_SUPPORTED", "HOP_LIMIT_REACHED", "CSM", "PING", "PONG", "RELEASE", "ABORT",
    "ContentFormat", "OptionNumber", "Message", "NoResponse", "Context", "error", "resource",
]
