from typing import Any, NamedTuple

from .numbers.contentformat import ContentFormat

class OptionType:
    number: int
    value: Any
    def __init__(self, number: int, value: Any = ...) -> None: ...
    def encode(self) -> bytes: ...
    def decode(self, rawdata: bytes) -> None: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

class StringOption(OptionType):
    value: str

class OpaqueOption(OptionType):
    value: bytes

class UintOption(OptionType):
    value: int

class ContentFormatOption(UintOption):
    value: ContentFormat

class _BlockFields(NamedTuple):
    block_number: int
    more: bool
    size_exponent: int

class BlockOption(OptionType):
    class BlockwiseTuple(_BlockFields):
        @property
        def size(self) -> int: ...
        @property
        def start(self) -> int: ...
        @property
        def is_bert(self) -> bool: ...
    value: BlockwiseTuple
    def __init__(self, number: int, value: tuple[int, bool, int] | None = ...) -> None: ...

def option_type(number: int) -> type[OptionType]: ...
