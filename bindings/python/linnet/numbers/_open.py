"""Whole numbers of which only some have names."""

from enum import IntEnum


class OpenIntEnum(IntEnum):
    """An IntEnum that takes other numbers too: they have the name "(unknown)", and are equal as numbers are.

    >>> from linnet.numbers.codes import Code
    >>> Code(31) == 31, Code(31).name
    (True, '(unknown)')
    """

    @classmethod
    def _missing_(cls, value):
        if not isinstance(value, int) or not cls._accepts(value):
            return None
        member = int.__new__(cls, value)
        member._name_ = "(unknown)"
        member._value_ = value
        return member

    @classmethod
    def _accepts(cls, value):
        return 0 <= value <= 65535

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce_ex__(self, protocol):
        return type(self), (int(self),)
