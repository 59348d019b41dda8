"""CoAP datagrams, written a second time from RFC 7252 section 3 and RFC 8974 2.1, so that Linnet's parser is judged by
another."""

from dataclasses import dataclass, replace

CON, NON, ACK, RST = range(4)
TYPE_NAMES = ("CON", "NON", "ACK", "RST")

IF_MATCH, URI_HOST, ETAG, IF_NONE_MATCH, OBSERVE, URI_PORT, LOCATION_PATH, OSCORE = 1, 3, 4, 5, 6, 7, 8, 9
URI_PATH, CONTENT_FORMAT, MAX_AGE, URI_QUERY, HOP_LIMIT, ACCEPT, LOCATION_QUERY = 11, 12, 14, 15, 16, 17, 20
BLOCK2, BLOCK1, SIZE2, PROXY_URI, PROXY_SCHEME, SIZE1 = 23, 27, 28, 35, 39, 60
ECHO, NO_RESPONSE, REQUEST_TAG = 252, 258, 292

TEXT, LINK_FORMAT, XML, JSON, CBOR = 0, 40, 41, 50, 60

METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5, "PATCH": 6, "IPATCH": 7}


class Malformed(ValueError):
    """The octets are no CoAP message (RFC 7252 section 3)."""


def code(text):
    """The octet of a method's name or of a code such as "2.05"."""
    if text in METHODS:
        return METHODS[text]
    code_class, detail = text.split(".")
    return int(code_class) << 5 | int(detail)


def uint(number):
    """A number as an option value: no leading zero octets (section 3.2)."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@dataclass(frozen=True)
class Block:
    """The value of a Block option (RFC 7959 2.2)."""

    number: int = 0
    more: bool = False
    szx: int = 6

    @property
    def size(self):
        return 16 << self.szx

    @property
    def offset(self):
        return self.number * self.size

    @property
    def value(self):
        return uint(self.number << 4 | self.more << 3 | self.szx)


@dataclass(frozen=True)
class Message:
    """One message; options are (number, value) pairs in the order of the wire."""

    type: int = CON
    code: int = 0
    mid: int = 0
    token: bytes = b""
    options: tuple = ()
    payload: bytes = b""

    @property
    def code_text(self):
        return f"{self.code >> 5}.{self.code & 31:02d}"

    @property
    def is_request(self):
        return 0 < self.code < 32

    @property
    def is_response(self):
        return self.code >= 64

    def values(self, number):
        return [value for option, value in self.options if option == number]

    def number(self, option):
        """The value of an option that is a number; None when it is not there."""
        values = self.values(option)
        return int.from_bytes(values[0], "big") if values else None

    def block(self, option):
        """The Block of an option BLOCK1 or BLOCK2; None when it is not there."""
        value = self.number(option)
        return None if value is None else Block(value >> 4, bool(value & 8), value & 7)

    @property
    def path(self):
        return [value.decode() for value in self.values(URI_PATH)]

    @property
    def queries(self):
        return [value.decode() for value in self.values(URI_QUERY)]

    def encode(self):
        length, more = _nibble(len(self.token))  # RFC 8974 2.1 writes long ones as options do
        head = bytes([1 << 6 | self.type << 4 | length, self.code]) + self.mid.to_bytes(2, "big")
        marker = b"\xff" if self.payload else b""
        return head + more + self.token + encode_options(self.options) + marker + self.payload

    def changed(self, **changes):
        return replace(self, **changes)

    def __str__(self):
        options = " ".join(f"{number}={value.hex() or '-'}" for number, value in self.options)
        head = f"{TYPE_NAMES[self.type]} {self.code_text} {self.mid:04x} token={self.token.hex()}"
        return f"{head} [{options}] {self.payload!r}"


def request(method, path, mid, token=b"\x71", type=CON, payload=b"", options=(), query=()):
    """A request for a path such as "a/b"; further options are put in order."""
    every = [(URI_PATH, segment.encode()) for segment in path.split("/") if segment]
    every += [(URI_QUERY, one.encode()) for one in query]
    every += options
    return Message(type, code(method), mid, token, tuple(sorted(every, key=lambda option: option[0])), payload)


def empty(type, mid):
    return Message(type, 0, mid)


def encode_options(options):
    octets, last = b"", 0
    for number, value in options:
        octets += option_head(number - last, len(value)) + value
        last = number
    return octets


def option_head(delta, length):
    delta_nibble, delta_rest = _nibble(delta)
    length_nibble, length_rest = _nibble(length)
    return bytes([delta_nibble << 4 | length_nibble]) + delta_rest + length_rest


def _nibble(number):
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, (number - 269).to_bytes(2, "big")


def decode(datagram):
    """The message in a datagram; Malformed says which rule it breaks."""
    if len(datagram) < 4:
        raise Malformed("shorter than a header")
    if datagram[0] >> 6 != 1:
        raise Malformed("version")
    token_length = datagram[0] & 15
    kind, octet, mid = datagram[0] >> 4 & 3, datagram[1], int.from_bytes(datagram[2:4], "big")
    if octet == 0 and len(datagram) != 4:
        raise Malformed("an Empty message with more than its header")
    token_length, rest = _extended(token_length, datagram[4:])
    if len(rest) < token_length:
        raise Malformed("token")
    options, payload = _options(rest[token_length:])
    return Message(kind, octet, mid, bytes(rest[:token_length]), options, payload)


def _options(rest):
    options, number = [], 0
    while rest:
        if rest[0] == 0xFF:
            if len(rest) == 1:
                raise Malformed("a payload marker without payload")
            return tuple(options), bytes(rest[1:])
        delta, length, rest = rest[0] >> 4, rest[0] & 15, rest[1:]
        delta, rest = _extended(delta, rest)
        length, rest = _extended(length, rest)
        number += delta
        if number > 65535:
            raise Malformed("an option number over 65535")
        if length > len(rest):
            raise Malformed("an option past the end")
        options.append((number, bytes(rest[:length])))
        rest = rest[length:]
    return tuple(options), b""


def _extended(nibble, rest):
    if nibble < 13:
        return nibble, rest
    octets = {13: 1, 14: 2}.get(nibble)
    if octets is None or len(rest) < octets:
        raise Malformed("option head")
    return int.from_bytes(rest[:octets], "big") + (13 if nibble == 13 else 269), rest[octets:]
