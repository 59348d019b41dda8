"""The datagrams of test_odd_messages.py: a name, the octets, and what may be answered."""

from support import coap
from support.coap import CON, NON

RESET, SILENCE = "Reset", "silence"


def option(number, value=b"", before=0):
    """One option behind an option with the number `before`."""
    return coap.encode_options([(number - before, value)])


VALIDATE = option(coap.URI_PATH, b"validate")

# What no parser may accept, whatever the type: the token length, the code, and the octets behind the message ID.
BROKEN = {
    **{f"token length {length}": (length, 0x01, b"\x01" * length + VALIDATE) for length in range(9, 16)},
    "token length 15 and nothing behind": (15, 0x01, b""),
    "token cut in the middle": (4, 0x01, b"\x01\x02"),
    "token missing": (8, 0x01, b""),
    "option delta nibble 15": (0, 0x01, b"\xf1x"),
    "option length nibble 15": (0, 0x01, b"\xbfvalidate"),
    "option length nibble 15 behind a good option": (0, 0x01, VALIDATE + b"\x0f"),
    "both nibbles 15 behind a token": (1, 0x01, b"\x01" + VALIDATE + b"\x1f\xff"),
    "extended delta of one octet missing": (0, 0x01, b"\xd0"),
    "extended delta of two octets missing": (0, 0x01, b"\xe0"),
    "extended delta of two octets cut": (0, 0x01, b"\xe0\x01"),
    "extended length of one octet missing": (0, 0x01, b"\xbd"),
    "extended length of two octets missing": (0, 0x01, b"\xbe"),
    "extended length of two octets cut": (0, 0x01, b"\xbe\x00"),
    "extended delta there, extended length missing": (0, 0x01, b"\xdd\x01"),
    "option past the end": (0, 0x01, b"\xb5test"),
    "second option past the end": (0, 0x01, VALIDATE + b"\x0atest"),
    "option past the end by extended length": (0, 0x01, b"\xbd\xfftest"),
    "option past the end by 65,804": (0, 0x01, b"\xbe\xff\xfftest"),
    "option number over 65,535 in one step": (0, 0x01, b"\xe0\xff\xff"),
    "option number over 65,535 in two steps": (0, 0x01, option(65535) + b"\x10"),
    "option number over 65,535 by a wrap of 16 bits": (0, 0x01, option(65535) + b"\xc4test"),
    "marker without payload": (0, 0x01, VALIDATE + b"\xff"),
    "marker without payload or option": (0, 0x01, b"\xff"),
    "marker without payload behind a token": (2, 0x01, b"\x01\x02\xff"),
    "Empty with a token": (1, 0x00, b"\x01"),
    "Empty with a token length only": (1, 0x00, b""),
    "Empty with an option": (0, 0x00, VALIDATE),
    "Empty with a payload": (0, 0x00, b"\xffping"),
    "Empty with a marker": (0, 0x00, b"\xff"),
    "Empty with a zero octet": (0, 0x00, b"\x00"),
    "reserved class 1": (0, 0x21, VALIDATE),
    "reserved class 6": (0, 0xC1, VALIDATE),
    "reserved class 7, the signal 7.02 of TCP": (0, 0xE2, b""),
    "reserved code 7.31": (0, 0xFF, b""),
}


def broken(name, type, mid):
    token_length, code, rest = BROKEN[name]
    return bytes([1 << 6 | type << 4 | token_length, code]) + mid.to_bytes(2, "big") + rest


# Where nothing can be answered because nothing is known: whole datagrams.
NO_MESSAGE = {
    "no octet at all": b"",
    "one octet": b"\x40",
    "two octets": b"\x40\x01",
    "three octets": b"\x40\x01\x12",
    **{f"version {version} GET": bytes([version << 6, 1, 0x12, 0x34]) + VALIDATE for version in (0, 2, 3)},
    **{f"version {version} ping": bytes([version << 6, 0, 0x12, 0x35]) for version in (0, 2, 3)},
    "version 2 with token length 15": b"\x8f\x01\x12\x36",
    "version 3, all ones": b"\xff" * 64,
    "a DTLS ClientHello": bytes.fromhex("16feff0000000000000000002a010000"),
    "HTTP": b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


# /validate is a stored value: a request that was carried out though it must not be leaves a trace there.
def get(*options, path="validate", method="GET", payload=b""):
    """A request without its message ID, to be given one and a type."""
    return coap.request(method, path, 0, options=options, payload=payload)


def put(*options, path="validate"):
    return get(*options, path=path, method="PUT", payload=b"changed by a bad request")


BAD_OPTION = {"4.02"}

# Well formed, but not what a server can simply do. Sent as CON; `allowed` is what may come back.
ODD = {
    # Critical options of a wrong length, or repeated where they may not be (RFC 7252 5.4.3, 5.4.5).
    "Uri-Host empty": (get((coap.URI_HOST, b"")), BAD_OPTION),
    "Uri-Host of 256 octets": (get((coap.URI_HOST, b"h" * 256)), BAD_OPTION),
    "Uri-Host twice": (get((coap.URI_HOST, b"a"), (coap.URI_HOST, b"a")), BAD_OPTION),
    "Uri-Port of three octets": (get((coap.URI_PORT, b"\x00\x16\x33")), BAD_OPTION),
    "Uri-Port twice": (get((coap.URI_PORT, b"\x16\x33"), (coap.URI_PORT, b"\x16\x33")), BAD_OPTION),
    "Uri-Path of 256 octets": (get(path="p" * 256), BAD_OPTION),
    "Uri-Query of 256 octets": (get((coap.URI_QUERY, b"q" * 256)), BAD_OPTION),
    "Accept of three octets": (get((coap.ACCEPT, b"\x00\x00\x00")), BAD_OPTION),
    "Accept twice": (get((coap.ACCEPT, b""), (coap.ACCEPT, b"")), BAD_OPTION),
    "If-Match of nine octets": (put((coap.IF_MATCH, b"123456789")), BAD_OPTION),
    "If-None-Match with a value": (put((coap.IF_NONE_MATCH, b"x")), BAD_OPTION),
    "If-None-Match twice": (put((coap.IF_NONE_MATCH, b""), (coap.IF_NONE_MATCH, b"")), BAD_OPTION),
    "Block2 of four octets": (get((coap.BLOCK2, b"\x00\x00\x00\x02")), BAD_OPTION),
    "Block2 twice": (get((coap.BLOCK2, b"\x02"), (coap.BLOCK2, b"\x02")), BAD_OPTION),
    "Block1 of four octets": (put((coap.BLOCK1, b"\x00\x00\x00\x02")), BAD_OPTION),
    "Block1 twice": (put((coap.BLOCK1, b"\x02"), (coap.BLOCK1, b"\x02")), BAD_OPTION),
    "Proxy-Uri empty": (get((coap.PROXY_URI, b"")), {"4.02", "5.05"}),
    "Proxy-Uri of 1,035 octets": (get((coap.PROXY_URI, b"coap://" + b"p" * 1028)), {"4.02", "5.05"}),
    "Proxy-Scheme empty": (get((coap.PROXY_SCHEME, b"")), {"4.02", "5.05"}),
    "Proxy-Scheme of 256 octets": (get((coap.PROXY_SCHEME, b"s" * 256)), {"4.02", "5.05"}),
    "OSCORE of 256 octets": (get((coap.OSCORE, b"\x09" * 256)), {"4.02", "4.01"}),
    # Unknown critical options (5.4.1).
    "unknown critical option 65001 in GET": (get((65001, b"x")), BAD_OPTION),
    "unknown critical option 65001 in PUT": (put((65001, b"x")), BAD_OPTION),
    "unknown critical option 65001 in DELETE": (get((65001, b""), method="DELETE"), BAD_OPTION),
    "unknown critical option 65535": (put((65535, b"")), BAD_OPTION),
    "unknown critical option 13": (put((13, b"abc")), BAD_OPTION),
    "unknown options 2 and 13 around the path": (put((2, b""), (13, b"")), BAD_OPTION),
    "unknown critical option for an unknown path": (put((65001, b"x"), path="nothing/here"), BAD_OPTION),
    "unknown critical option in the list of resources": (get((65001, b"x"), path=".well-known/core"), BAD_OPTION),
    # Elective options of a wrong length, repeated or unknown: as if they were not there (5.4.1, 5.4.3, 5.4.5).
    "ETag of nine octets": (get((coap.ETAG, b"123456789")), {"2.05"}),
    "ETag empty": (get((coap.ETAG, b"")), {"2.05"}),
    "Content-Format of three octets": (get((coap.CONTENT_FORMAT, b"\0\0\0")), {"2.05"}),
    "Content-Format twice": (get((coap.CONTENT_FORMAT, b""), (coap.CONTENT_FORMAT, b"\x29")), {"2.05"}),
    "Max-Age of five octets": (get((coap.MAX_AGE, b"12345")), {"2.05"}),
    "Size1 of five octets": (get((coap.SIZE1, b"12345")), {"2.05"}),
    "Size2 of five octets": (get((coap.SIZE2, b"12345")), {"2.05"}),
    "Observe of four octets": (get((coap.OBSERVE, b"1234")), {"2.05"}),
    "Location-Path of 256 octets in a request": (get((coap.LOCATION_PATH, b"l" * 256)), {"2.05"}),
    "Hop-Limit of two octets": (get((coap.HOP_LIMIT, b"\x00\x10")), {"2.05"}),
    "Echo of 41 octets": (get((252, b"e" * 41)), {"2.05"}),
    "unknown elective option 65000": (get((65000, b"x" * 300)), {"2.05"}),
    "unknown elective option 2048, fifty times": (get(*[(2048, b"x")] * 50), {"2.05"}),
    "reserved option 0, which is elective": (get((0, b"")), {"2.05"}),
    # Methods.
    "method 0.08": (get(method="0.08"), {"4.05"}),
    "method 0.31": (get(method="0.31"), {"4.05"}),
    "method 0.31 with a payload, for an unknown path": (get(method="0.31", path="nothing", payload=b"x"), {"4.05"}),
    "POST to an unknown path": (get(method="POST", path="nothing", payload=b"x"), {"4.04"}),
    "PUT to an unknown path": (put(path="nothing/here"), {"4.04", "4.05"}),
    "FETCH where there is none": (get(method="FETCH", path="seg1/seg2/seg3", payload=b"x"), {"4.05"}),
    "PUT to the list of resources": (put(path=".well-known/core"), {"4.05"}),
    # Blocks (RFC 7959).
    "Block2 with SZX 7": (get((coap.BLOCK2, b"\x07")), {"4.00"}),
    "Block1 with SZX 7": (put((coap.BLOCK1, b"\x07")), {"4.00"}),
    "Block2 past the end": (get((coap.BLOCK2, coap.uint(1000 << 4 | 2))), {"4.00", "4.02"}),
    "Block2 far past the end": (get((coap.BLOCK2, b"\xff\xff\xf6")), {"4.00", "4.02"}),
    "Block1 that starts in the middle": (put((coap.BLOCK1, coap.uint(3 << 4 | 0))), {"4.08"}),
    "Block1 that starts in the middle, more to come": (put((coap.BLOCK1, coap.uint(3 << 4 | 8 | 0))), {"4.08"}),
    # Proxies and security that are not there.
    "Proxy-Uri": (get((coap.PROXY_URI, b"coap://example.com/")), {"5.05"}),
    "Proxy-Uri in a PUT": (put((coap.PROXY_URI, b"coap://127.0.0.1/test"), path=""), {"5.05"}),
    "Proxy-Scheme": (get((coap.URI_HOST, b"example.com"), (coap.PROXY_SCHEME, b"coap")), {"5.05"}),
    "Hop-Limit 0": (get((coap.HOP_LIMIT, b"\x00")), {"4.00"}),
    "Hop-Limit 0 in a PUT": (put((coap.HOP_LIMIT, b"\x00")), {"4.00"}),
    "Hop-Limit 1": (get((coap.HOP_LIMIT, b"\x01")), {"2.05"}),
    "OSCORE without a context": (get((coap.OSCORE, b"\x09\x14\x6b"), payload=b"sealed"), {"4.01", "4.02"}),
    "OSCORE with an empty value": (put((coap.OSCORE, b"")), {"4.01", "4.02"}),
    # Accept (5.10.4).
    "Accept XML for a text": (get((coap.ACCEPT, b"\x29")), {"4.06"}),
    "Accept 65535": (get((coap.ACCEPT, b"\xff\xff")), {"4.06"}),
    "Accept JSON where there is text and XML": (get((coap.ACCEPT, b"\x32"), path="multi-format"), {"4.06"}),
    "Accept text for the list of resources": (get((coap.ACCEPT, b""), path=".well-known/core"), {"4.06"}),
    "Accept CBOR for the list of resources": (get((coap.ACCEPT, b"\x3c"), path=".well-known/core"), {"4.06"}),
    "Accept CBOR for a made answer": (get((coap.ACCEPT, b"\x3c"), path="time"), {"4.06"}),
    # Paths that no honest client sends.
    **{
        f"Uri-Path {segment!r}": (get((coap.URI_PATH, segment), path=""), {"4.00", "4.02", "4.04"})
        for segment in (b"\xff\xfe", b"\xc0\xaf", b".", b"..", b"a/b", b"/test", b"te\0st", b"test\0", b"\xed\xa0\x80")
    },
    "Uri-Path empty": (get((coap.URI_PATH, b""), path=""), {"2.05", "4.04"}),
    "Uri-Path empty behind another segment": (get((coap.URI_PATH, b"")), {"4.04"}),
    "Uri-Path .. behind another segment": (get((coap.URI_PATH, b".."), (coap.URI_PATH, b"test")), {"4.00", "4.04"}),
    "Uri-Path of 255 octets": (get(path="p" * 255), {"4.04"}),
    "Uri-Path in a hundred segments": (get(path="a/" * 100), {"4.04"}),
    "Uri-Path in other letters": (get(path="VALIDATE"), {"4.04"}),
    "Uri-Query that is not UTF-8": (get((coap.URI_QUERY, b"\xff\xfe")), {"2.05", "4.00", "4.02"}),
    "Uri-Query empty": (get((coap.URI_QUERY, b"")), {"2.05"}),
    "options in four hundred": (get(*[(coap.URI_QUERY, b"q")] * 400), {"2.05", "4.00", "4.02", "4.13"}),
}

# Types and codes that do not go together, or that nothing waits for: type, code, octets behind the message ID.
UNEXPECTED = {
    "ping": (CON, "0.00", b"", RESET),
    "empty NON": (NON, "0.00", b"", SILENCE),
    "empty ACK": (coap.ACK, "0.00", b"", SILENCE),
    "empty Reset": (coap.RST, "0.00", b"", SILENCE),
    "ACK with a GET": (coap.ACK, "0.01", VALIDATE, SILENCE),
    "ACK with a DELETE": (coap.ACK, "0.04", VALIDATE, SILENCE),
    "Reset with a GET": (coap.RST, "0.01", VALIDATE, SILENCE),
    "Reset with a DELETE": (coap.RST, "0.04", VALIDATE, SILENCE),
    "Reset with a response": (coap.RST, "2.05", b"\xffx", SILENCE),
    "piggybacked response": (coap.ACK, "2.05", b"\xffx", SILENCE),
    **{f"confirmable {code}": (CON, code, b"\xffx", RESET) for code in ("2.05", "2.31", "3.00", "4.04", "5.03")},
    **{f"non-confirmable {code}": (NON, code, b"\xffx", SILENCE) for code in ("2.05", "4.04", "5.03")},
    "confirmable response with an unknown critical option": (CON, "2.05", option(65001), RESET),
}
