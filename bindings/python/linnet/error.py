"""What can go wrong, one class each. All derive from Error.

>>> from linnet import get, error
>>> try:
...     get("coap://localhost/nothing/here")
... except error.NotFound as problem:
...     print(problem.coapmessage.code)
4.04 Not Found
"""

import asyncio
import errno
import functools

from ._linnet import error_text
from .numbers import codes


class Error(Exception):
    """Of all errors here."""


class HelpfulError(Error):
    """One with a hint for people.

    >>> from linnet import get, error
    >>> try:
    ...     get("coap://localhost:9/")
    ... except error.HelpfulError as problem:
    ...     print(problem.extra_help())
    Nothing listens on that port. Does the server run, and on that port?
    """

    def __str__(self):
        return str(self.args[0]) if self.args else type(self).__doc__.splitlines()[0].rstrip(".")

    def extra_help(self, hints=None):
        """What to look at next, or None."""
        return None


class RenderableError(Error):
    """One that a server can answer with."""

    def to_message(self):
        """The response that says it."""
        raise NotImplementedError


class ConstructionRenderableError(RenderableError):
    """One whose response is a code, and a text for people.

    >>> from linnet import error
    >>> error.BadRequest("there is no such colour").to_message().payload
    b'there is no such colour'
    """

    code = codes.INTERNAL_SERVER_ERROR
    message = ""

    def __init__(self, message=None):
        super().__init__(*(() if message is None else (message,)))
        if message is not None:
            self.message = message

    def to_message(self):
        from .message import Message

        return Message(code=self.code, payload=self.message.encode())

    def __str__(self):
        return f"{self.code}: {self.message}" if self.message else str(self.code)


class ResponseWrappingError(Error):
    """A response that is none of success came; coapmessage is it. What is raised is of the class of its code, too."""

    def __init__(self, coapmessage):
        super().__init__(coapmessage)
        self.coapmessage = coapmessage

    def to_message(self):
        """The response."""
        return self.coapmessage

    def __str__(self):
        text = self.coapmessage.payload.decode(errors="replace")
        return f"{self.coapmessage.code}: {text}" if text else str(self.coapmessage.code)

    def __repr__(self):
        return f"<{type(self).__name__}: {self.coapmessage.code} {self.coapmessage.payload!r}>"


class BadRequest(ConstructionRenderableError):
    """4.00: the request makes no sense to the server."""

    code = codes.BAD_REQUEST


class Unauthorized(ConstructionRenderableError):
    """4.01: the client has to show who it is."""

    code = codes.UNAUTHORIZED


class BadOption(ConstructionRenderableError):
    """4.02: a critical option is unknown, or malformed."""

    code = codes.BAD_OPTION


class Forbidden(ConstructionRenderableError):
    """4.03: not for this client."""

    code = codes.FORBIDDEN


class NotFound(ConstructionRenderableError):
    """4.04: there is no such resource."""

    code = codes.NOT_FOUND


class MethodNotAllowed(ConstructionRenderableError):
    """4.05: not with that method."""

    code = codes.METHOD_NOT_ALLOWED


class NotAcceptable(ConstructionRenderableError):
    """4.06: there is no representation as Accept wants it."""

    code = codes.NOT_ACCEPTABLE


class RequestEntityIncomplete(ConstructionRenderableError):
    """4.08: blocks of the request are missing."""

    code = codes.REQUEST_ENTITY_INCOMPLETE


class Conflict(ConstructionRenderableError):
    """4.09: the resource is not in a state for that."""

    code = codes.CONFLICT


class PreconditionFailed(ConstructionRenderableError):
    """4.12: If-Match or If-None-Match does not hold."""

    code = codes.PRECONDITION_FAILED


class RequestEntityTooLarge(ConstructionRenderableError):
    """4.13: the payload is larger than the server takes."""

    code = codes.REQUEST_ENTITY_TOO_LARGE


class UnsupportedContentFormat(ConstructionRenderableError):
    """4.15: not in that Content-Format."""

    code = codes.UNSUPPORTED_CONTENT_FORMAT


class UnprocessableEntity(ConstructionRenderableError):
    """4.22: the format is right, the content cannot be used."""

    code = codes.UNPROCESSABLE_ENTITY


class TooManyRequests(ConstructionRenderableError):
    """4.29: ask less often; Max-Age says when again."""

    code = codes.TOO_MANY_REQUESTS


class InternalServerError(ConstructionRenderableError):
    """5.00: the server has a fault."""

    code = codes.INTERNAL_SERVER_ERROR


class NotImplemented(ConstructionRenderableError):
    """5.01: the server does not know the method."""

    code = codes.NOT_IMPLEMENTED


class BadGateway(ConstructionRenderableError):
    """5.02: what is behind a proxy answered nonsense."""

    code = codes.BAD_GATEWAY


class ServiceUnavailable(ConstructionRenderableError):
    """5.03: not now; Max-Age says when again."""

    code = codes.SERVICE_UNAVAILABLE


class GatewayTimeout(ConstructionRenderableError):
    """5.04: what is behind a proxy did not answer."""

    code = codes.GATEWAY_TIMEOUT


class ProxyingNotSupported(ConstructionRenderableError):
    """5.05: the server is no proxy for that."""

    code = codes.PROXYING_NOT_SUPPORTED


class HopLimitReached(ConstructionRenderableError):
    """5.08: too many proxies, or a loop of them."""

    code = codes.HOP_LIMIT_REACHED


class NoResource(NotFound):
    """The older name of NotFound."""

    message = "Error: Resource not found!"


class UnallowedMethod(MethodNotAllowed):
    """The resource has no such method."""

    message = "Error: Method not allowed!"


class UnsupportedMethod(MethodNotAllowed):
    """No resource here has such a method."""

    message = "Error: Method not recognized!"


class NetworkError(HelpfulError):
    """The network does not carry the request, or nobody is there."""

    def extra_help(self, hints=None):
        reason = getattr(self.__cause__, "errno", None)
        if reason == errno.ECONNREFUSED:
            return "Nothing listens on that port. Does the server run, and on that port?"
        if reason == errno.EHOSTUNREACH:
            return "There is no way to that host. Is it on, and does ping reach it?"
        return None


class NoRequestInterface(NetworkError, ConstructionRenderableError, RuntimeError):
    """There is no transport for that scheme here."""

    code = codes.PROXYING_NOT_SUPPORTED
    message = "There is no transport for that scheme here"

    def __str__(self):
        return self.message

    def extra_help(self, hints=None):
        return "There is UDP: coap://, and coaps:// where the build has DTLS. A proxy may know the other scheme."


class SecurityError(NetworkError):
    """The secured session of coaps:// could not be set up, or the peer ended it."""

    def extra_help(self, hints=None):
        return "The server's log says what it missed."


class WrongKey(SecurityError):
    """The peer has another pre-shared key for that identity."""

    def extra_help(self, hints=None):
        return "Compare psk in the credentials with the server's, and whether one of them is in hex."


class UnknownIdentity(SecurityError):
    """The server has no key for that client-identity."""

    def extra_help(self, hints=None):
        return "Is client-identity in the credentials spelled as the server has it?"


class BadCertificate(SecurityError):
    """A certificate or raw public key is missing, has expired, is for another name, or of nobody that is trusted."""

    def extra_help(self, hints=None):
        return ("Does the text mean the peer's? Look at trusted, peer_name and the clock here. If the peer ended the "
                "handshake it means ours; `openssl x509 -text -in FILE` shows what a certificate says.")


class NoCommonSuite(SecurityError):
    """The two sides have no cipher suite in common that both have credentials for."""

    def extra_help(self, hints=None):
        return "Does the server want the kind of credentials that is given here: a pre-shared key, a certificate, a raw key?"


class CredentialsMissingError(SecurityError, RuntimeError):
    """There are no keys for that URI, or they cannot be used."""

    def extra_help(self, hints=None):
        return 'Give some: context.client_credentials.load_from_dict({"coaps://host/*": {"dtls": {"psk": ..., "client-identity": ...}}})'


class ResolutionError(NetworkError):
    """The host name has no address."""

    def extra_help(self, hints=None):
        return "Is the name spelled right, and does the system's resolver know it?"


class MessageError(NetworkError):
    """The other side answered with a Reset: it does not take part."""


class RemoteServerShutdown(NetworkError):
    """The peer closed the connection."""


class TimeoutError(NetworkError):
    """There was no answer in time. The request may or may not have arrived."""

    def extra_help(self, hints=None):
        return "Is the address right, and is there a firewall on the way? A sleepy device may want a longer time-out."


class RequestTimedOut(TimeoutError):
    """There was no answer within the time or the retransmissions allowed."""


ConRetransmitsExceeded = RequestTimedOut


class WaitingForClientTimedOut(TimeoutError):
    """A client stopped in the middle of a transfer."""


class ConToMulticast(ValueError, HelpfulError):
    """A confirmable request cannot go to a group (RFC 7252 8.1)."""

    def extra_help(self, hints=None):
        return "Leave mtype out, or give mtype=NON."


class MissingRemoteError(HelpfulError):
    """The request has no destination: give uri=, or set remote."""


class Busy(HelpfulError):
    """A limit of this context is reached, such as its number of requests under way."""


class TooLarge(HelpfulError):
    """It does not fit into a message, or the body is above max_body_size."""


class ResourceChanged(Error):
    """The representation changed again and again while it was fetched block by block."""


class UnexpectedBlock1Option(Error):
    """The server acknowledged a block that was not sent."""


class UnexpectedBlock2(Error):
    """The server sent a block that was not asked for."""


class MissingBlock2Option(Error):
    """The server stopped to send blocks before the last."""


class UnknownCriticalOption(Error):
    """The response has a critical option that the library does not know (RFC 7252 5.4.1)."""


class NotObservable(Error):
    """The server answered, and did not take the observation."""


class ObservationCancelled(Error):
    """The server ended the observation."""


class UnparsableMessage(Error):
    """These octets are no CoAP message."""


class LibraryShutdown(Error):
    """The context was shut down."""


class AnonymousHost(Error):
    """The peer has no address that others could use."""


class MalformedUrlError(ValueError, HelpfulError):
    """It is no URI that CoAP can carry."""


class IncompleteUrlError(ValueError, HelpfulError):
    """The URI has no scheme."""

    def extra_help(self, hints=None):
        return "URIs begin with their scheme: coap://host/path"


_classes = {
    each.code: each
    for each in list(globals().values())
    if isinstance(each, type) and issubclass(each, ConstructionRenderableError) and each.__base__ is ConstructionRenderableError
    and each.code != codes.PROXYING_NOT_SUPPORTED
}
_classes[codes.PROXYING_NOT_SUPPORTED] = ProxyingNotSupported
_classes[codes.INTERNAL_SERVER_ERROR] = InternalServerError


@functools.lru_cache(maxsize=256)
def _class_of(code):
    """Of the errors for one code: both a ResponseWrappingError and, say, a NotFound."""
    known = _classes.get(code)
    if known is None:
        return ResponseWrappingError
    return type(known.__name__, (ResponseWrappingError, known), {"__module__": __name__, "__doc__": known.__doc__})


def from_response(response):
    """The error that a response of class 4 or 5 is.

    >>> from linnet import Message, NOT_FOUND, error
    >>> error.from_response(Message(code=NOT_FOUND, payload=b"gone"))
    <NotFound: 4.04 Not Found b'gone'>
    """
    return _class_of(response.code)(response)


def _caused(error, number):
    error.__cause__ = OSError(number, error_text(error.linnet_error))
    return error


def _network(number, cause, detail):
    error = NetworkError(detail or error_text(number))
    error.linnet_error = number
    return _caused(error, cause) if cause else error


def _scheme(detail):
    return NoRequestInterface(f"{detail}: Linnet speaks over UDP only, coap:// and coaps://")


_kinds = {
    "malformed": lambda detail: MalformedUrlError(detail or "not a URI"),
    "incomplete": lambda detail: IncompleteUrlError(f"'{detail}' has no scheme, such as coap://"),
    "no method": lambda detail: ValueError("a request has a method as its code: Message(code=GET, ...)"),
    "con to group": lambda detail: ConToMulticast(),
    "no remote": lambda detail: MissingRemoteError(),
    "not observable": lambda detail: NotObservable("the server answered without Observe"),
    "observation ended": lambda detail: ObservationCancelled("the server ended the observation"),
    "datagram": lambda detail: UnparsableMessage(detail),
    -1: lambda detail: ValueError(detail or error_text(-1)),
    -2: lambda detail: MemoryError(error_text(-2)),
    -4: lambda detail: UnexpectedBlock2(detail or error_text(-4)),
    -6: lambda detail: UnknownCriticalOption(detail or error_text(-6)),
    -8: lambda detail: MalformedUrlError(detail or error_text(-8)),
    -9: _scheme,
    -10: lambda detail: ResolutionError(detail or error_text(-10)),
    -11: lambda detail: _network(-11, errno.EHOSTUNREACH, detail),
    -12: lambda detail: _network(-12, errno.ECONNREFUSED, detail),
    -13: lambda detail: RequestTimedOut(detail or error_text(-13)),
    -14: lambda detail: MessageError(detail or error_text(-14)),
    -15: lambda detail: asyncio.CancelledError(),
    -16: lambda detail: LibraryShutdown("the context was shut down"),
    -17: lambda detail: ValueError(f"{detail}: there already" if detail else error_text(-17)),
    -18: lambda detail: KeyError(detail),
    -19: lambda detail: Busy(detail or error_text(-19)),
    -20: lambda detail: TooLarge(detail or error_text(-20)),
    -21: lambda detail: _network(-21, None, detail),
    -22: lambda detail: _network(-22, None, detail),
    -23: lambda detail: NoRequestInterface(f"{detail}: coaps needs DTLS, which this build of Linnet does not have"),
    -25: lambda detail: CredentialsMissingError(detail or error_text(-25)),
    -26: lambda detail: WrongKey(detail or error_text(-26)),
    -27: lambda detail: UnknownIdentity(detail or error_text(-27)),
    -28: lambda detail: BadCertificate(detail or error_text(-28)),
    -29: lambda detail: NoCommonSuite(detail or error_text(-29)),
    -30: lambda detail: SecurityError(detail or error_text(-30)),
    -32: lambda detail: ResourceChanged(detail or error_text(-32)),
}


def _make(kind, detail):
    """The exception for one of the library's error numbers, or for what the extension found itself."""
    make = _kinds.get(kind)
    return make(detail) if make else Error(detail or error_text(kind))
