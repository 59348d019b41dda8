"""Who is at the other end.

>>> from linnet import get
>>> get("coap://127.0.0.1/time").remote
<Remote 127.0.0.1>
"""

from .numbers.constants import COAP_PORT, COAPS_PORT


_PORTS = {"coap": COAP_PORT, "coaps": COAPS_PORT}


def join_authority(host, port, scheme="coap"):
    """"host", "host:port" or "[address]:port"; the port that is the default of the scheme is left out."""
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return host if port in (None, _PORTS.get(scheme)) else f"{host}:{port}"


def split_authority(authority):
    """The host, without brackets, and the port or None."""
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    return host.removeprefix("[").removesuffix("]"), int(port) if port else None


class _Endpoint:
    __slots__ = ()

    scheme = "coap"
    is_multicast = False
    is_multicast_locally = False
    maximum_block_size_exp = 6
    authenticated_claims = ()

    @property
    def uri_base(self):
        """Scheme and authority, as the front of a URI."""
        return f"{self.scheme}://{self.hostinfo}"

    uri = uri_base

    @property
    def uri_base_local(self):
        """The same of this end."""
        return f"{self.scheme}://{self.hostinfo_local}"


class Remote(_Endpoint):
    """The address of who sent a message, and the address here that it came to. Equal to another of the same peer. Over
    coaps:// a server's requests have in authenticated_claims the name of the entry in server_credentials whose key the
    client has, or the subject of its certificate; else it is empty.

    >>> from linnet import get
    >>> remote = get("coap://127.0.0.1/time").remote
    >>> remote.hostinfo, remote.uri_base, remote.is_multicast
    ('127.0.0.1', 'coap://127.0.0.1', False)
    """

    __slots__ = ("_host", "_port", "_local_host", "_local_port", "is_multicast_locally", "scheme", "authenticated_claims")

    def __init__(self, host, port, local_host, local_port, to_group, scheme="coap", claims=None):
        self._host, self._port, self._local_host, self._local_port = host, port, local_host, local_port
        self.is_multicast_locally = bool(to_group)
        self.scheme = scheme
        self.authenticated_claims = claims or ()

    @property
    def hostinfo(self):
        """Host and port of the peer, the default port left out."""
        return join_authority(self._host, self._port, self.scheme)

    @property
    def hostinfo_local(self):
        """Host and port of this end; of a client the host alone."""
        return join_authority(self._local_host, self._local_port or None, self.scheme)

    @property
    def port(self):
        """The peer's port."""
        return self._port

    def __eq__(self, other):
        if not isinstance(other, Remote):
            return NotImplemented
        return (self.scheme, self._host, self._port) == (other.scheme, other._host, other._port)

    def __hash__(self):
        return hash((self._host, self._port))

    def __repr__(self):
        return f"<Remote {self.hostinfo}>" if self.scheme == "coap" else f"<Remote {self.uri_base}>"


class UndecidedRemote(_Endpoint):
    """Where a message is to go, before names are looked up.

    >>> from linnet import Message, GET
    >>> Message(code=GET, uri="coap://localhost/time").remote
    <UndecidedRemote coap://localhost>
    """

    __slots__ = ("scheme", "hostinfo", "is_multicast")

    hostinfo_local = ""

    def __init__(self, scheme, hostinfo):
        self.scheme, self.hostinfo = scheme, hostinfo
        self.is_multicast = _is_group(split_authority(hostinfo)[0])

    @classmethod
    def _of(cls, base):
        return cls(*base.split("://", 1))

    def __eq__(self, other):
        if not isinstance(other, UndecidedRemote):
            return NotImplemented
        return self.uri_base == other.uri_base

    def __hash__(self):
        return hash(self.uri_base)

    def __repr__(self):
        return f"<UndecidedRemote {self.uri_base}>"


def _is_group(host):
    if ":" in host:
        return host[:2].lower() == "ff"
    first, dot, _ = host.partition(".")
    return bool(dot) and first.isdigit() and 224 <= int(first) <= 239 and host.replace(".", "").isdigit()
