"""The options of a message.

>>> from linnet import Message, PUT, ContentFormat
>>> message = Message(code=PUT, uri="coap://localhost/other/block?a=1", payload=b"{}", content_format=ContentFormat.JSON)
>>> message.opt.uri_query
('a=1',)
>>> message.opt.content_format = None
>>> print(message.opt)
<linnet.options.Options at ...: URI_HOST: localhost, URI_PATH: other / block, URI_QUERY: a=1>
"""

from itertools import groupby
from operator import itemgetter

from . import _linnet
from .numbers.optionnumbers import OptionNumber
from .optiontypes import option_type


class Options(_linnet.Options):
    """Each option as an attribute: a value or None, a tuple where it may be repeated, True or False where its being
    there is all. Set to None, it is removed. Values are converted when they are read."""

    __slots__ = ()

    def add_option(self, option):
        """Adds one, behind those with the same number."""
        self._add(int(option.number), option.encode())

    def delete_option(self, number):
        """Removes all with that number."""
        self._remove(int(number))

    def get_option(self, number):
        """Those with that number, as a tuple of option objects."""
        return tuple(option for option in self.option_list() if option.number == number)

    def option_list(self):
        """All of them, in the order of their numbers."""
        return iter([option_type(number)(OptionNumber(number), value) for number, value in self._pairs()])

    def decode(self, rawdata):
        """Takes the options from what follows the token of a datagram; returns the payload behind them."""
        message = _linnet.Message.decode(b"\x40\x01\0\0" + rawdata)
        for number, value in message.opt._pairs():
            self._add(number, option_type(number)(number, value).encode())
        return message.payload

    def __eq__(self, other):
        if not isinstance(other, Options):
            return NotImplemented
        return self.encode() == other.encode()

    __hash__ = None

    def __repr__(self):
        listed = ", ".join(
            f"{OptionNumber(number)!s}: {' / '.join(_shown(value) for _, value in same)}"
            for number, same in groupby(self._pairs(), itemgetter(0))
        )
        return f"<linnet.options.Options at {id(self):#x}: {listed or 'empty'}>"


def _shown(value):
    return repr(value) if isinstance(value, bytes) else str(value)
