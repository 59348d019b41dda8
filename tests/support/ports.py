"""Ports for the servers of one test run, in ranges that tell the judge of the capture who sent what.

A run takes a block that no other run on this machine uses; the lock is a bound TCP socket at the block's end.
"""

import errno
import socket
import threading
from dataclasses import dataclass

_BLOCK = 1500
_FIRST, _LAST = 18000, 31500  # below the ports that the kernel gives to clients


@dataclass
class Range:
    first: int
    size: int
    used: int = 0

    @property
    def last(self):
        return self.first + self.size - 1


class Ports:
    def __init__(self):
        self._mutex = threading.Lock()
        self._lock, base = _take_block()
        self.linnet = Range(base, 500)  # servers that are Linnet
        self.asked = Range(base + 500, 400)  # anything that Linnet's client asks
        self.other = Range(base + 900, 400)  # peers among themselves
        self.unseen = Range(base + 1300, 100)  # not captured

    def take(self, which):
        """A port of a range that nothing is bound to, never given before."""
        with self._mutex:
            while which.used < which.size:
                port = which.first + which.used
                which.used += 1
                if _is_free(port):
                    return port
        raise RuntimeError("the test run has used up its ports")

    def release(self):
        self._lock.close()


def _take_block():
    for base in range(_FIRST, _LAST - _BLOCK + 1, _BLOCK):
        lock = socket.socket()
        try:
            lock.bind(("127.0.0.1", base + _BLOCK - 1))
            return lock, base
        except OSError:
            lock.close()
    raise RuntimeError("every block of ports is taken by another test run")


def _is_free(port):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
    return True
