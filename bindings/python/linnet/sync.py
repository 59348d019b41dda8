"""For scripts: one request, and wait for it. No event loop is needed.

>>> import linnet
>>> linnet.put("coap://localhost/other/block", b"a new text").code.dotted
'2.04'
>>> linnet.get("coap://localhost/other/block").payload
b'a new text'
"""

import select

from . import _linnet, error
from .credentials import credentials_map
from .message import Message
from .numbers.codes import Code
from .protocol import _milliseconds, _OWN_PARAMETERS


def _ask(code, uri, payload, timeout, credentials, options):
    message = Message(code=code, uri=uri, payload=payload, **options)
    client = _linnet.Client(None, transmission=_OWN_PARAMETERS)
    try:
        request = client.request(message, _milliseconds(timeout), 0, 0, True, credentials_map(credentials))
        descriptor = select.poll()
        descriptor.register(client.fileno(), select.POLLIN)
        while request._outcome is None:
            deadline = client.deadline()
            descriptor.poll(None if deadline is None else deadline * 1000 + (deadline > 0))
            client._process()
        outcome = request._outcome
    finally:
        client.close()
    if isinstance(outcome, BaseException):
        raise outcome
    if not outcome.code.is_successful():
        raise error.from_response(outcome)
    return outcome


def get(uri, *, timeout=None, credentials=None, **options):
    """What is at a URI, as a Message. A response of class 4 or 5 is raised as the error of its code; `timeout` is in
    seconds; `credentials` are for coaps://: a CredentialsMap, what its load_from_dict() takes, or one of its entries;
    further keywords are options.

    >>> import linnet
    >>> linnet.get("coap://localhost/.well-known/core", accept=40, timeout=5).opt.content_format
    <ContentFormat 40, media_type='application/link-format'>
    """
    return _ask(Code.GET, uri, b"", timeout, credentials, options)


def post(uri, payload=b"", *, timeout=None, credentials=None, **options):
    """Gives something to a resource to work on.

    >>> import linnet
    >>> linnet.post("coap://localhost/test", b"x").code.is_successful()
    True
    """
    return _ask(Code.POST, uri, payload, timeout, credentials, options)


def put(uri, payload=b"", *, timeout=None, credentials=None, **options):
    """Makes the payload what is at a URI.

    >>> import linnet
    >>> linnet.put("coap://localhost/other/block", b"x").code.dotted
    '2.04'
    """
    return _ask(Code.PUT, uri, payload, timeout, credentials, options)


def delete(uri, *, timeout=None, credentials=None, **options):
    """Takes away what is at a URI.

    >>> import linnet
    >>> linnet.delete("coap://localhost/test").code.dotted
    '2.02'
    """
    return _ask(Code.DELETE, uri, b"", timeout, credentials, options)


def fetch(uri, payload=b"", *, timeout=None, credentials=None, **options):
    """As get(), with a payload that says what of it (RFC 8132).

    >>> import linnet
    >>> try:
    ...     linnet.fetch("coap://localhost/time", b"now")
    ... except linnet.error.MethodNotAllowed as problem:
    ...     print(problem)
    4.05 Method Not Allowed
    """
    return _ask(Code.FETCH, uri, payload, timeout, credentials, options)


def patch(uri, payload=b"", *, timeout=None, credentials=None, **options):
    """Changes a part of what is at a URI (RFC 8132)."""
    return _ask(Code.PATCH, uri, payload, timeout, credentials, options)


def ipatch(uri, payload=b"", *, timeout=None, credentials=None, **options):
    """The same, where doing it twice is as doing it once (RFC 8132)."""
    return _ask(Code.iPATCH, uri, payload, timeout, credentials, options)
