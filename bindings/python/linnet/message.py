"""Messages: what is sent, and what comes back.

>>> from linnet import Message, GET
>>> message = Message(code=GET, uri="coap://localhost/other/separate")
>>> print(message)
<linnet.Message at ...: None GET (ID None, token b'') remote None, 2 option(s)>
>>> message.copy(uri="coap://localhost/time").get_request_uri()
'coap://localhost/time'
"""

from urllib.parse import quote

from . import _linnet, error
from .numbers.types import Type
from .remote import Remote, UndecidedRemote, join_authority, split_authority

_UNRESERVED = "-._~!$'()*+,;=:@"


class Message(_linnet.Message):
    """A request or a response. Keywords of the constructor: code, payload, uri, and any option by its name; mtype, mid,
    token and transport_tuning where the library shall not choose them.

    >>> from linnet import Message, PUT
    >>> message = Message(code=PUT, uri="coap://localhost/other/block", payload=b"on", if_match=[b"\\x01"])
    >>> message.opt.if_match
    (b'\\x01',)
    """

    __slots__ = ()

    def copy(self, **changes):
        """A copy, with changes as the constructor takes them.

        >>> from linnet import Message, GET
        >>> Message(code=GET, uri="coap://localhost/a").copy(uri_path=["b"]).opt.uri_path
        ('b',)
        """
        made = self._copy()
        if "uri" in changes:
            made.set_request_uri(changes.pop("uri"))
        if "uri_path" in changes:
            made._path_of = None
        options = made.opt
        for name, value in changes.items():
            if name in _FIELDS:
                setattr(made, name, value)
            else:
                setattr(options, name, value)
        return made

    def set_request_uri(self, uri, *, set_uri_host=True):
        """Sets destination and options from a URI (RFC 7252 6.4). A URI of another scheme becomes a Proxy-Uri.

        >>> from linnet import Message, GET
        >>> message = Message(code=GET)
        >>> message.set_request_uri("coap://[::1]:61616/a%20b")
        >>> message.opt.uri_path, message.remote.hostinfo
        (('a b',), '[::1]:61616')
        """
        self._set_uri(uri, set_uri_host)

    def get_request_uri(self, *, local_is_server=None):
        """The URI that was asked for (RFC 7252 6.5): of a response that of its request, with the address of who
        answered where it was a group that was asked."""
        asked = self.request if self.code is not None and self.code.is_response() else self
        if asked is None:
            raise ValueError("the response belongs to no request")
        options = asked.opt
        if options.proxy_uri is not None:
            return options.proxy_uri
        if asked.remote is None:
            raise error.MissingRemoteError()
        scheme = options.proxy_scheme or asked.remote.scheme
        path = asked._path_of if asked._path_of is not None else options.uri_path
        text = f"{scheme}://{self._authority(asked)}{''.join('/' + quote(part, safe=_UNRESERVED) for part in path) or '/'}"
        query = "&".join(quote(part, safe=_UNRESERVED + "/?").replace("&", "%26") for part in options.uri_query)
        return f"{text}?{query}" if options.uri_query else text

    def _authority(self, asked):
        """Host and port of the URI: where the request went to, or where it came to."""
        if asked is not self and asked.remote.is_multicast:
            return self.remote.hostinfo
        authority = asked.remote.hostinfo_local if asked._incoming else asked.remote.hostinfo
        host, port = split_authority(authority)
        named = asked.opt.uri_host
        host = quote(named, safe=_UNRESERVED) if named is not None else host
        return join_authority(host, asked.opt.uri_port or port, asked.remote.scheme)

    @property
    def unresolved_remote(self):
        """Host and port where they are not those of the options: "host" or "host:port"."""
        remote = self.remote
        return remote.hostinfo if isinstance(remote, UndecidedRemote) else None

    @unresolved_remote.setter
    def unresolved_remote(self, authority):
        scheme = self.remote.scheme if self.remote is not None else "coap"
        self.remote = None if authority is None else UndecidedRemote(scheme, authority)

    def __repr__(self):
        remote = self.remote if isinstance(self.remote, Remote) else None
        kinds, size = self.opt._kinds(), len(self.payload)
        options = f", {kinds} option(s)" if kinds else ""
        payload = f", {size} byte(s) payload" if size else ""
        mtype = f"Type.{self.mtype}" if isinstance(self.mtype, Type) else None
        return (
            f"<linnet.Message at {id(self):#x}: {mtype} {self.code} (ID {self.mid}, token {self.token!r}) "
            f"remote {remote}{options}{payload}>"
        )


_FIELDS = {"code", "payload", "mtype", "mid", "token", "remote", "transport_tuning", "request"}


class _NoResponse:
    """What older servers returned to say nothing; today an answer does, with no_response set by the client."""

    def __repr__(self):
        return "<NoResponse>"


NoResponse = _NoResponse()
