"""Message types (RFC 7252 4.2, 4.3).

>>> from linnet.numbers.types import NON
>>> print(NON, int(NON))
NON 1
"""

from enum import IntEnum


class Type(IntEnum):
    """Confirmable, non-confirmable, acknowledgement, reset."""

    CON = 0
    NON = 1
    ACK = 2
    RST = 3

    def __str__(self):
        return self.name


CON, NON, ACK, RST = Type

__all__ = ["Type", "CON", "NON", "ACK", "RST"]
