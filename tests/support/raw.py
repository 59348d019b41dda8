"""Both ends of CoAP without a CoAP library: a socket that asks, and a socket that a test answers from."""

import itertools
import random
import socket

from support import coap
from support.programs import PATIENCE


def family(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


_mids = itertools.count(random.randrange(65536))


def new_mid():
    """A message ID that this run has not used: a port that the kernel gives again must not make duplicates."""
    return next(_mids) & 0xFFFF


class RawClient:
    """Sends octets to one server and reads what comes back."""

    def __init__(self, host, port):
        self.socket = socket.socket(family(host), socket.SOCK_DGRAM)
        self.socket.settimeout(10)
        self.socket.connect((host, port))

    def send(self, message):
        self.socket.send(message if isinstance(message, bytes) else message.encode())

    def receive_octets(self):
        return self.socket.recv(65536)

    def receive(self):
        return coap.decode(self.receive_octets())

    def ask(self, message):
        """Sends a message and returns the next datagram."""
        self.send(message)
        return self.receive()

    def get(self, path, **more):
        return self.ask(coap.request("GET", path, new_mid(), **more))

    def answers_before_a_ping(self):
        """What the server has to say, up to the Reset of a ping sent now: [] is silence."""
        mid = new_mid()
        self.send(coap.empty(coap.CON, mid))
        answers = []
        while (octets := self.receive_octets()) != coap.empty(coap.RST, mid).encode():
            answers.append(octets)
        return [coap.decode(octets) for octets in answers]

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RawServer:
    """A bound socket; the test itself plays the server, one datagram after the other."""

    def __init__(self, port, host="127.0.0.1"):
        self.host, self.port = host, port
        self.socket = socket.socket(family(host), socket.SOCK_DGRAM)
        self.socket.settimeout(10)
        self.socket.bind((host, port))
        self.client = None
        self._requests = set()

    def receive(self):
        """The next message; a request that is sent again is passed over, so that a slow machine changes nothing."""
        while True:
            octets, self.client = self.socket.recvfrom(65536)
            message = coap.decode(octets)
            if octets not in self._requests:
                self._requests |= {octets} if message.is_request else set()
                return message

    def send(self, message):
        self.socket.sendto(message if isinstance(message, bytes) else message.encode(), self.client)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
