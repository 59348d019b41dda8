"""Option numbers (RFC 7252 12.2), and what the number itself says (5.4.6).

>>> from linnet.numbers.optionnumbers import OptionNumber
>>> OptionNumber(60), OptionNumber(60).is_elective()
(<OptionNumber 60 "SIZE1">, True)
"""

from ._open import OpenIntEnum


class OptionNumber(OpenIntEnum):
    """The number of an option."""

    IF_MATCH = 1
    URI_HOST = 3
    ETAG = 4
    IF_NONE_MATCH = 5
    OBSERVE = 6
    URI_PORT = 7
    LOCATION_PATH = 8
    OSCORE = 9
    URI_PATH = 11
    CONTENT_FORMAT = 12
    MAX_AGE = 14
    URI_QUERY = 15
    HOP_LIMIT = 16
    ACCEPT = 17
    Q_BLOCK1 = 19
    LOCATION_QUERY = 20
    EDHOC = 21
    BLOCK2 = 23
    BLOCK1 = 27
    SIZE2 = 28
    Q_BLOCK2 = 31
    PROXY_URI = 35
    PROXY_SCHEME = 39
    SIZE1 = 60
    ECHO = 252
    NO_RESPONSE = 258
    REQUEST_TAG = 292

    def is_critical(self):
        """Whether who does not know it has to refuse the message."""
        return self & 1 == 1

    def is_elective(self):
        """Whether who does not know it may pass over it."""
        return not self.is_critical()

    def is_unsafe(self):
        """Whether a proxy has to know it."""
        return self & 2 == 2

    def is_safetoforward(self):
        """Whether a proxy that does not know it may forward it."""
        return not self.is_unsafe()

    def is_nocachekey(self):
        """Whether it makes no difference to a cache; for options that are safe to forward."""
        if self.is_unsafe():
            raise ValueError("only an option that is safe to forward says whether it is part of the cache key")
        return self & 0x1E == 0x1C

    def is_cachekey(self):
        """Whether it makes a difference to a cache."""
        return not self.is_nocachekey()

    @property
    def name_printable(self):
        """The name as RFCs write it: "Uri-Path"."""
        return self.name.replace("_", "-").title()

    def create_option(self, decode=None, value=None):
        """An option with that number: from octets, or from a value."""
        from ..optiontypes import option_type

        option = option_type(self)(self)
        if decode is not None:
            option.decode(decode)
        if value is not None:
            option.value = value
        return option

    def __str__(self):
        return self.name if self.name != "(unknown)" else str(int(self))

    def __repr__(self):
        return f'<OptionNumber {int(self)} "{self.name}">'


__all__ = ["OptionNumber"]
