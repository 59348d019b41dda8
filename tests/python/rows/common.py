"""What the rows share, in the Python that CPython and MicroPython share: the other end, written here octet by octet with
sockets of this process, and running the rows of a file.

usage: FILE PORT    PORT, and the three above it, are free ports of the loopback

Each function row_... of a file is one row of the specification's tables. A line "NAME: ok" or "NAME: what went wrong"
comes of it.
"""

import socket
import sys
import time

from network import Coap

HOST = "127.0.0.1"
PORT = int(sys.argv[1])
PEER_PORT, CLOSED_PORT, SECURE_PORT = PORT + 1, PORT + 2, PORT + 3
PATIENCE = 20
EVERY = Coap.REQUEST_GET | Coap.REQUEST_PUT | Coap.REQUEST_POST | Coap.REQUEST_DELETE
CON, NON, ACK, RST = 0, 1, 2, 3
METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4, "FETCH": 5, "PATCH": 6, "IPATCH": 7}
IF_MATCH, URI_HOST, ETAG, IF_NONE_MATCH, OBSERVE, URI_PORT, URI_PATH, FORMAT, MAX_AGE = 1, 3, 4, 5, 6, 7, 11, 12, 14
URI_QUERY, ACCEPT, BLOCK2, BLOCK1 = 15, 17, 23, 27


def equal(got, wanted):
    assert got == wanted, "%r instead of %r" % (got, wanted)


def raises(kind, function, *arguments, **keywords):
    try:
        function(*arguments, **keywords)
    except kind:
        return
    raise AssertionError("no %s" % kind.__name__)


def wait_for(condition):
    """Sleeps, so that the module can work, until it is true."""
    for _ in range(PATIENCE * 200):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("nothing came in %d s" % PATIENCE)


# Datagrams (RFC 7252 section 3)


def nibble(number):
    if number < 13:
        return number, b""
    if number < 269:
        return 13, bytes([number - 13])
    return 14, bytes([(number - 269) >> 8, (number - 269) & 255])


def encode(type, code, mid, token=b"", options=(), payload=b""):
    octets, last = bytes([0x40 | type << 4 | len(token), code, mid >> 8, mid & 255]) + token, 0
    for number, value in options:
        delta, more_delta = nibble(number - last)
        length, more_length = nibble(len(value))
        octets += bytes([delta << 4 | length]) + more_delta + more_length + value
        last = number
    return octets + (b"\xff" + payload if payload else b"")


def take(octets, at, number):
    if number == 13:
        return octets[at] + 13, at + 1
    if number == 14:
        return (octets[at] << 8 | octets[at + 1]) + 269, at + 2
    return number, at


class Message:
    def __init__(self, octets):
        self.octets = octets
        self.type, self.code, self.mid = octets[0] >> 4 & 3, octets[1], octets[2] << 8 | octets[3]
        at = 4 + (octets[0] & 15)
        self.token, self.options, self.payload, number = octets[4:at], [], b"", 0
        while at < len(octets):
            if octets[at] == 255:
                self.payload = octets[at + 1 :]
                break
            head = octets[at]
            delta, at = take(octets, at + 1, head >> 4)
            length, at = take(octets, at, head & 15)
            number += delta
            self.options.append((number, octets[at : at + length]))
            at += length

    @property
    def text(self):
        return "%d.%02d" % (self.code >> 5, self.code & 31)

    def values(self, number):
        return [value for option, value in self.options if option == number]


def address(host, port):
    return socket.getaddrinfo(host, port)[0][-1]


class Asking:
    """A client made of a socket."""

    mid = 0

    def __init__(self, port=PORT):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address(HOST, port))

    def ask(self, method, path, payload=b"", options=()):
        Asking.mid += 1
        every = [(URI_PATH, segment.encode()) for segment in path.split("/") if segment] + list(options)
        every = [every[at] for _, at in sorted((number, at) for at, (number, _) in enumerate(every))]
        self.socket.send(encode(CON, METHODS[method], Asking.mid, b"q", every, payload))
        return self.receive()

    def receive(self):
        return Message(self.socket.recv(2048))

    def close(self):
        self.socket.close()


class Peer:
    """A server made of a socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(address(HOST, PEER_PORT))

    def receive(self):
        octets, self.client = self.socket.recvfrom(2048)
        return Message(octets)

    def send(self, *message, **more):
        self.socket.sendto(encode(*message, **more), self.client)

    def answer(self, request, code, **more):
        self.send(ACK, code, request.mid, token=request.token, **more)

    def close(self):
        self.socket.close()


def resource(uri="r", operations=EVERY, **more):
    made = Coap.add_resource(uri, **more)
    made.callback(operations, True)
    return made


def asking(**config):
    """A server is open, and this asks it."""
    Coap.init(HOST, port=PORT, **config)
    return Asking()


def client():
    """A client and the server that it asks, with what the handlers were told."""
    told, failed = [], []
    Coap.init()
    Coap.register_response_handler(lambda *arguments: told.append(arguments))
    Coap.register_failure_handler(lambda *arguments: failed.append(arguments))
    return Peer(), Coap.new_client_session(HOST, PEER_PORT), told, failed


def run(functions):
    for name in sorted(name for name in functions if name.startswith("row_")):
        Coap.deinit()
        try:
            functions[name]()
            print(name + ": ok")
        except AssertionError as error:
            print(name + ": " + str(error))
        except Exception as error:
            print(name + ": " + repr(error))
    Coap.deinit()
