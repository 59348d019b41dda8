from . import codes as codes, constants as constants, types as types
from .codes import *
from .constants import *
from .contentformat import ContentFormat as ContentFormat
from .optionnumbers import OptionNumber as OptionNumber
from .types import *

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
    "ContentFormat", "OptionNumber",
]
