"""Content-Formats (RFC 7252 12.3): the registry as it is built into the library.

>>> from linnet.numbers.contentformat import ContentFormat
>>> ContentFormat.by_media_type("application/cbor")
<ContentFormat 60, media_type='application/cbor'>
>>> ContentFormat(0).media_type
'text/plain; charset=utf-8'
"""

from .._linnet import content_formats
from ._open import OpenIntEnum

_media_types = {number: (media_type, coding or "identity") for number, media_type, coding in content_formats()}


def _plain(media_type):
    return media_type.replace("; ", ";").lower()


_numbers = {(_plain(media_type), coding): number for number, (media_type, coding) in _media_types.items()}


class ContentFormat(OpenIntEnum):
    """The number of a media type and its coding. Every one is true, 0 too, so that `accept or TEXT` works.

    >>> from linnet.numbers.contentformat import ContentFormat
    >>> ContentFormat(65000).is_known(), bool(ContentFormat.TEXT)
    (False, True)
    """

    TEXT = 0
    LINKFORMAT = 40
    XML = 41
    OCTETSTREAM = 42
    EXI = 47
    JSON = 50
    CBOR = 60
    SENML_JSON = 110
    SENML = 112
    PROBLEM_DETAILS = 257

    @classmethod
    def define(cls, number, media_type, encoding="identity"):
        """Gives a number a media type of one's own: those from 65000 on are for experiments."""
        _media_types[int(number)] = (media_type, encoding)
        _numbers[_plain(media_type), encoding] = int(number)

    @classmethod
    def by_media_type(cls, media_type, encoding="identity"):
        """The number of a media type; KeyError where there is none."""
        return cls(_numbers[_plain(media_type), encoding])

    def is_known(self):
        """Whether it has a media type."""
        return int(self) in _media_types

    @property
    def media_type(self):
        """As the registry has it; AttributeError for a number that it has not."""
        if not self.is_known():
            raise AttributeError(f"Content-Format {int(self)} is not registered")
        return _media_types[int(self)][0]

    @property
    def encoding(self):
        """The content coding: "identity" or "deflate"."""
        if not self.is_known():
            raise AttributeError(f"Content-Format {int(self)} is not registered")
        return _media_types[int(self)][1]

    def __bool__(self):
        return True

    def __str__(self):
        return str(int(self))

    def __repr__(self):
        known = f", media_type={self.media_type!r}" if self.is_known() else ""
        coded = f", encoding={self.encoding!r}" if known and self.encoding != "identity" else ""
        return f"<ContentFormat {int(self)}{known}{coded}>"


__all__ = ["ContentFormat"]
