"""Codes of requests and responses (RFC 7252 12.1 and the registries that followed).

>>> from linnet.numbers.codes import Code, CONTENT
>>> CONTENT
<Successful Response Code 69 "2.05 Content">
>>> CONTENT.is_successful(), CONTENT.class_, CONTENT.dotted
(True, 2, '2.05')
"""

from ._open import OpenIntEnum


class Code(OpenIntEnum):
    """One octet: class and detail.

    >>> from linnet.numbers.codes import Code
    >>> print(Code(132)), print(Code.GET)
    4.04 Not Found
    GET
    (None, None)
    """

    EMPTY = 0
    GET = 1
    POST = 2
    PUT = 3
    DELETE = 4
    FETCH = 5
    PATCH = 6
    iPATCH = 7
    CREATED = 65
    DELETED = 66
    VALID = 67
    CHANGED = 68
    CONTENT = 69
    CONTINUE = 95
    BAD_REQUEST = 128
    UNAUTHORIZED = 129
    BAD_OPTION = 130
    FORBIDDEN = 131
    NOT_FOUND = 132
    METHOD_NOT_ALLOWED = 133
    NOT_ACCEPTABLE = 134
    REQUEST_ENTITY_INCOMPLETE = 136
    CONFLICT = 137
    PRECONDITION_FAILED = 140
    REQUEST_ENTITY_TOO_LARGE = 141
    UNSUPPORTED_CONTENT_FORMAT = 143
    UNPROCESSABLE_ENTITY = 150
    TOO_MANY_REQUESTS = 157
    INTERNAL_SERVER_ERROR = 160
    NOT_IMPLEMENTED = 161
    BAD_GATEWAY = 162
    SERVICE_UNAVAILABLE = 163
    GATEWAY_TIMEOUT = 164
    PROXYING_NOT_SUPPORTED = 165
    HOP_LIMIT_REACHED = 168
    CSM = 225
    PING = 226
    PONG = 227
    RELEASE = 228
    ABORT = 229

    @classmethod
    def _accepts(cls, value):
        return 0 <= value <= 255

    def is_request(self):
        """Whether it is a method."""
        return 1 <= self < 32

    def is_response(self):
        """Whether it is of a response, of whatever class."""
        return 64 <= self < 192

    def is_signalling(self):
        """Whether it is of a signalling message (RFC 8323)."""
        return self >= 224

    def is_successful(self):
        """Whether it is of a response of class 2."""
        return 64 <= self < 96

    def can_have_payload(self):
        """Whether a payload means something with it."""
        return self.is_response() or self in (Code.POST, Code.PUT, Code.FETCH, Code.PATCH, Code.iPATCH)

    @property
    def class_(self):
        """The class: 0 for requests, 2, 4 or 5 for responses."""
        return int(self) >> 5

    @property
    def dotted(self):
        """Class and detail, such as "4.04"."""
        return f"{int(self) >> 5}.{int(self) & 31:02}"

    @property
    def name_printable(self):
        """The name for people, such as "Not Found"."""
        return self.name.replace("_", " ").title()

    def __str__(self):
        if self.name == "(unknown)":
            return str(int(self))
        if self.is_request() or self == 0:
            return self.name
        return f"{self.dotted} {self.name_printable}"

    def __repr__(self):
        kind = "Request " if self.is_request() else "Response " if self.is_response() else ""
        return f'<{"Successful " if self.is_successful() else ""}{kind}Code {int(self)} "{self}">'


globals().update(Code.__members__)

__all__ = ["Code", *Code.__members__]
