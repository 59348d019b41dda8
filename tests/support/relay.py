"""A relay between a client and a server that records every datagram and loses or repeats those that a rule names.

    with Relay(host, port, front, [drop(1, is_request)]) as relay: ...

A rule is called with each packet before it is passed on and returns "drop", "twice" or None.
"""

import selectors
import socket
import threading
import time
from dataclasses import dataclass

from support import coap
from support.programs import PATIENCE
from support.raw import family

_FLUSH = b""  # an empty datagram is no CoAP; the relay keeps it to itself


@dataclass
class Packet:
    time: float
    to_server: bool
    octets: bytes
    client: tuple
    lost: bool = False

    @property
    def message(self):
        return coap.decode(self.octets)

    def __str__(self):
        arrow = "->" if self.to_server else "<-"
        return f"{self.time:9.3f} {arrow} {'LOST ' if self.lost else ''}{self.message}"


def is_request(packet):
    return packet.to_server and packet.message.is_request


def is_response(packet):
    return not packet.to_server and packet.message.is_response


def is_empty_ack_of_server(packet):
    return not packet.to_server and packet.message.code == 0 and packet.message.type == coap.ACK


def is_empty_ack_of_client(packet):
    return packet.to_server and packet.message.code == 0 and packet.message.type == coap.ACK


def first(count, which, action):
    """The rule that does `action` to the first `count` packets for which `which` holds."""
    left = [count]

    def rule(packet):
        if left[0] and which(packet):
            left[0] -= 1
            return action
        return None

    return rule


def drop(count, which):
    return first(count, which, "drop")


def duplicate(count, which):
    return first(count, which, "twice")


class Relay:
    def __init__(self, host, port, front, rules=()):
        self.server, self.rules, self.port = (host, port), rules, front
        self._packets, self._changed = [], threading.Condition()
        self._selector = selectors.DefaultSelector()
        self._front = socket.socket(family(host), socket.SOCK_DGRAM)
        self._front.bind(("::1" if ":" in host else "127.0.0.1", front))
        self._selector.register(self._front, selectors.EVENT_READ, None)
        self._backs, self._stale, self._deaf = {}, set(), False
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._start = time.monotonic()
        self._thread.start()

    def _run(self):
        while not self._stop:
            for key, _ in self._selector.select():
                try:
                    self._pass_on(key)
                except ConnectionRefusedError:
                    pass

    def _pass_on(self, key):
        if key.fileobj is not self._front:
            octets = key.fileobj.recv(65536)
            if not (self._deaf and key.data in self._stale):
                self._handle(Packet(0, False, octets, key.data))
            return
        octets, client = self._front.recvfrom(65536)
        if octets == _FLUSH:
            self._front.sendto(_FLUSH, client)
        else:
            self._handle(Packet(0, True, octets, client))

    def _handle(self, packet):
        packet.time = time.monotonic() - self._start
        actions = [action for action in (rule(packet) for rule in self.rules) if action]
        packet.lost = "drop" in actions
        for _ in range(2 if "twice" in actions else 1):
            with self._changed:
                self._packets.append(packet)
                self._changed.notify_all()
            if packet.lost:
                continue
            if packet.to_server:
                self._back(packet.client).send(packet.octets)
            else:
                self._front.sendto(packet.octets, packet.client)

    def rebind(self, deaf=True):
        """As a NAT that has forgotten its clients: the next datagram of each leaves by a new port, and nothing comes in
        by the old one any more; or, where it is not `deaf`, until then."""
        self._deaf = deaf
        self._stale = set(self._backs)

    def _back(self, client):
        if client in self._stale:
            self._stale.discard(client)
            old = self._backs.pop(client)
            self._selector.unregister(old)
            old.close()
        if client not in self._backs:
            back = socket.socket(family(self.server[0]), socket.SOCK_DGRAM)
            back.connect(self.server)
            self._backs[client] = back
            self._selector.register(back, selectors.EVENT_READ, client)
        return self._backs[client]

    def flush(self):
        """Returns when everything that was sent to the relay before has been passed on."""
        with socket.socket(self._front.family, socket.SOCK_DGRAM) as probe:
            probe.settimeout(PATIENCE)
            probe.sendto(_FLUSH, self._front.getsockname())
            probe.recv(64)

    @property
    def recorded(self):
        """Those that were passed on already; also for what wait_for() calls."""
        return list(self._packets)

    @property
    def packets(self):
        """All packets so far, in order."""
        self.flush()
        with self._changed:
            return list(self._packets)

    def wait_for(self, which, count=1, patience=PATIENCE):
        """The packets for which `which` holds, once there are `count` of them."""

        def matching():
            return [packet for packet in self._packets if which(packet)]

        with self._changed:
            arrived = self._changed.wait_for(lambda: len(matching()) >= count, patience)
            assert arrived, "this did not pass the relay; what did:\n" + self.text()
            return matching()

    def text(self):
        return "\n".join(str(packet) for packet in list(self._packets))

    def close(self):
        self._stop = True
        with socket.socket(self._front.family, socket.SOCK_DGRAM) as wake:
            wake.sendto(_FLUSH, self._front.getsockname())
        self._thread.join(PATIENCE)
        for end in (self._front, *self._backs.values()):
            end.close()
        self._selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
