from typing import Any

from ..optiontypes import OptionType
from ._open import OpenIntEnum

class OptionNumber(OpenIntEnum):
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
    def is_critical(self) -> bool: ...
    def is_elective(self) -> bool: ...
    def is_unsafe(self) -> bool: ...
    def is_safetoforward(self) -> bool: ...
    def is_nocachekey(self) -> bool: ...
    def is_cachekey(self) -> bool: ...
    @property
    def name_printable(self) -> str: ...
    def create_option(self, decode: bytes | None = ..., value: Any = ...) -> OptionType: ...

__all__ = ["OptionNumber"]
