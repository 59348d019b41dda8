"""Options as objects, for Options.add_option() and option_list(); msg.opt.NAME is simpler where it has the option.

>>> from linnet import Message, GET, OptionNumber
>>> from linnet.optiontypes import OpaqueOption
>>> message = Message(code=GET, uri="coap://localhost/time")
>>> message.opt.add_option(OpaqueOption(OptionNumber(65000), b"\\x01"))
>>> [(int(option.number), option.value) for option in message.opt.option_list()]
[(3, 'localhost'), (11, 'time'), (65000, b'\\x01')]
"""

from collections import namedtuple

from .numbers.contentformat import ContentFormat


def _to_octets(number):
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class OptionType:
    """A number, and a value that goes over the wire as octets."""

    def __init__(self, number, value=None):
        self.number = number
        self.value = self._empty if value is None else value

    _empty = None

    def encode(self):
        """The value as octets."""
        raise NotImplementedError

    def decode(self, rawdata):
        """Takes the value from octets."""
        raise NotImplementedError

    def __str__(self):
        return str(self.value)

    def __repr__(self):
        return f"<{type(self).__name__} {int(self.number)}: {self}>"

    def __eq__(self, other):
        if not isinstance(other, OptionType):
            return NotImplemented
        return (self.number, self.encode()) == (other.number, other.encode())

    def __hash__(self):
        return hash((self.number, self.encode()))


class StringOption(OptionType):
    """A text (RFC 7252 3.2)."""

    _empty = ""

    def encode(self):
        return self.value.encode()

    def decode(self, rawdata):
        self.value = rawdata.decode()


class OpaqueOption(OptionType):
    """Octets."""

    _empty = b""

    def encode(self):
        return bytes(self.value)

    def decode(self, rawdata):
        self.value = bytes(rawdata)

    def __str__(self):
        return repr(self.value)


class UintOption(OptionType):
    """A number from 0 on."""

    _empty = 0

    def encode(self):
        return _to_octets(int(self.value))

    def decode(self, rawdata):
        self.value = int.from_bytes(rawdata, "big")


class ContentFormatOption(UintOption):
    """A Content-Format."""

    def decode(self, rawdata):
        self.value = ContentFormat(int.from_bytes(rawdata, "big"))


class BlockOption(OptionType):
    """Block1 and Block2 (RFC 7959 2.2)."""

    class BlockwiseTuple(namedtuple("BlockwiseTuple", ("block_number", "more", "size_exponent"))):
        """Which block it is, whether more follow, and its size.

        >>> from linnet.optiontypes import BlockOption
        >>> block = BlockOption.BlockwiseTuple(2, True, 6)
        >>> block.size, block.start
        (1024, 2048)
        """

        __slots__ = ()

        @property
        def size(self):
            """Octets of a block."""
            return 16 << min(self.size_exponent, 6)

        @property
        def start(self):
            """Where in the whole it begins."""
            return self.block_number * self.size

        @property
        def is_bert(self):
            """Whether it is of several blocks in one message (RFC 8323)."""
            return self.size_exponent == 7

    _empty = BlockwiseTuple(0, False, 0)

    def __init__(self, number, value=None):
        super().__init__(number, None if value is None else self.BlockwiseTuple(*value))

    def encode(self):
        number, more, exponent = self.value
        return _to_octets(number << 4 | bool(more) << 3 | exponent)

    def decode(self, rawdata):
        packed = int.from_bytes(rawdata, "big")
        self.value = self.BlockwiseTuple(packed >> 4, bool(packed & 8), packed & 7)


_STRINGS = {3, 8, 11, 15, 20, 35, 39}
_NUMBERS = {6, 7, 14, 16, 28, 60, 258}


def option_type(number):
    """The class of the options with that number."""
    if number in _STRINGS:
        return StringOption
    if number in _NUMBERS:
        return UintOption
    return {12: ContentFormatOption, 17: ContentFormatOption, 23: BlockOption, 27: BlockOption}.get(number, OpaqueOption)
