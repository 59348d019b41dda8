"""The part of `network` that is in C."""

import socket as _socket
from collections.abc import Callable
from typing import Final, final, overload

from _typeshed import ReadableBuffer

# A response handler gets: code (69 is 2.05), message ID, type (0 CON, 1 NON, 2 ACK), token, payload.
_ResponseHandler = Callable[[int, int, int, bytes, bytes], object]
# A failure handler gets: message ID, token, the reason in words.
_FailureHandler = Callable[[int, bytes, str], object]
_Value = str | ReadableBuffer | int

@final
class CoapResource:
    def add_attribute(self, /, name: str, value: str) -> None: ...
    def callback(self, /, operation: int, enable: object) -> None: ...
    @overload
    def value(self, /) -> bytes: ...
    @overload
    def value(self, /, value: _Value) -> None: ...
    def get_details(self, /) -> list[str | int | bool]: ...
    def set_details(
        self, /, *, mediatype: int | None = None, max_age: int | None = None, etag: object = None
    ) -> None: ...

@final
class CoapClientSession:
    def send_request(
        self,
        /,
        method: int,
        *,
        uri_path: str | None = None,
        content_format: int | None = None,
        payload: _Value | None = None,
        token: _Value | None = None,
        include_options: object = True,
    ) -> int: ...
    def observe(
        self,
        /,
        uri_path: str | None = None,
        *,
        method: int = 1,
        content_format: int | None = None,
        payload: _Value | None = None,
        token: _Value | None = None,
    ) -> int: ...
    def cancel(self, id: int, /) -> None: ...
    def get_details(self, /) -> list[str | int]: ...

@final
class Coap:
    REQUEST_GET: Final = 1
    REQUEST_PUT: Final = 2
    REQUEST_POST: Final = 4
    REQUEST_DELETE: Final = 8
    REQUEST_FETCH: Final = 16
    REQUEST_PATCH: Final = 32
    REQUEST_IPATCH: Final = 64
    MEDIATYPE_TEXT_PLAIN: Final = 0
    MEDIATYPE_APP_LINK_FORMAT: Final = 40
    MEDIATYPE_APP_XML: Final = 41
    MEDIATYPE_APP_OCTET_STREAM: Final = 42
    MEDIATYPE_APP_RDF_XML: Final = 43
    MEDIATYPE_APP_EXI: Final = 47
    MEDIATYPE_APP_JSON: Final = 50
    MEDIATYPE_APP_CBOR: Final = 60
    PROTOCOL_UDP: Final = 1
    PROTOCOL_DTLS: Final = 2

    @staticmethod
    def init(
        address: str | None = None,
        *,
        port: int | None = None,
        service_discovery: object = False,
        dynamic_resources: object = False,
        psk: str | ReadableBuffer | None = None,
        hint: str | None = None,
        create_by_post: object = False,
        plain_too: object = False,
        max_resources: int | None = None,
        max_value_size: int | None = None,
    ) -> None: ...
    @staticmethod
    def deinit() -> None: ...
    @staticmethod
    def socket() -> _socket.socket: ...
    @staticmethod
    def read(timeout: int | None = 0) -> None: ...
    @staticmethod
    def add_resource(
        uri: str, *, media_type: int = -1, max_age: int = -1, value: _Value = 0, etag: object = False
    ) -> CoapResource: ...
    @staticmethod
    def remove_resource(uri: str) -> None: ...
    @staticmethod
    def get_resource(uri: str) -> CoapResource | None: ...
    @staticmethod
    def register_response_handler(callback: _ResponseHandler | None, /) -> None: ...
    @staticmethod
    def register_failure_handler(callback: _FailureHandler | None, /) -> None: ...
    @staticmethod
    def register_new_resource_handler(callback: Callable[[CoapResource], object] | None, /) -> None: ...
    @staticmethod
    def send_request(
        uri_host: str,
        method: int,
        *,
        uri_port: int = 5683,
        uri_path: str | None = None,
        content_format: int | None = None,
        payload: _Value | None = None,
        token: _Value | None = None,
        include_options: object = True,
    ) -> int: ...
    @staticmethod
    def new_client_session(
        address: str, port: int | None = None, *, psk: str | ReadableBuffer | None = None, identity: str | None = None
    ) -> CoapClientSession: ...
    @staticmethod
    def remove_client_session(destination: str, port: int = 5683, protocol: int = 1) -> None: ...
    @staticmethod
    def get_client_sessions() -> list[CoapClientSession]: ...
