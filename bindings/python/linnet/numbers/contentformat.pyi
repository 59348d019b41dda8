from typing import Self

from ._open import OpenIntEnum

class ContentFormat(OpenIntEnum):
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
    def define(cls, number: int, media_type: str, encoding: str = ...) -> None: ...
    @classmethod
    def by_media_type(cls, media_type: str, encoding: str = ...) -> Self: ...
    def is_known(self) -> bool: ...
    @property
    def media_type(self) -> str: ...
    @property
    def encoding(self) -> str: ...
    def __bool__(self) -> bool: ...

__all__ = ["ContentFormat"]
