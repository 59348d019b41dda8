"""The bridge between the extension's server and resources: from a request to a coroutine, and its end to an answer."""

import asyncio

from . import _linnet, error
from .credentials import DTLS, CredentialsMap
from .message import Message
from .numbers.constants import MCAST_IPV4_ALLCOAPNODES, MCAST_IPV6_LINKLOCAL_ALLCOAPNODES
from .protocol import _linger, _parameters

_BODY_MOST = 16 * 2**20


class SiteServer:
    """A server for one site. Resources come and go while it runs. It serves until it is closed, or its loop is gone, whether
    or not somebody holds it."""

    def __init__(self, loop, log, site, bind, settings, credentials=None):
        self._loop = loop
        self._log = log
        self._tasks = set()
        settings = dict(settings)
        self._body_most = settings.pop("max_body_size", _BODY_MOST)
        told = settings.pop("handshake_failed", None)
        transmission = _parameters(settings.pop("transport_tuning", None))
        settings["linger_us"] = _linger(settings.get("linger_us"))
        first, *others = _uris(*bind, settings.pop("plain", True), credentials is not None)
        self._server = _linnet.Server(loop, self._serve, self._spawn, self._counted, first, transmission=transmission,
                                      keys=None if credentials is None else _Keys(log, credentials, told), **settings)
        try:
            for uri in others:
                self._server.bind(uri)
            attach(self, (), site)
        except BaseException:
            self._server.close()
            raise

    def add(self, path, resource, subtree=False):
        """Serves a resource below a path, which is a tuple of segments."""
        observable = hasattr(resource, "_placed")
        self._server.add(path_text(path), resource, tuple(path), observable, subtree, self._body_most)
        if observable:
            resource._placed(self, path_text(path))

    def remove(self, path):
        """Ends to serve what is at a path."""
        return self._server.remove(path_text(path))

    def changed(self, text, resource):
        """Tells those who observe a resource at a path."""
        self._server.changed(text, resource)

    def addresses(self):
        """What it listens on: (host, port, whether that is coaps://)."""
        return self._server.addresses()

    def join(self, groups):
        """Joins groups; see Context.create_server_context()."""
        for group in groups:
            for text in _groups(group):
                self._server.join(text)

    def close(self):
        """Closes the sockets."""
        self._server.close()

    async def shutdown(self):
        """Cancels what still runs, then closes."""
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        self._server.close()

    def _serve(self, resource, request, is_notification):
        """The answer, or None: then _spawn() is called to work on it."""
        given = resource._given if is_notification and hasattr(resource, "_given") else None
        if given is not None:
            return given
        at_once = getattr(resource, "_render_at_once", None)
        if at_once is None:
            return None
        try:
            return at_once(request)
        except Exception as problem:
            return self._excuse(request, problem)

    def _spawn(self, later, resource, request):
        task = self._loop.create_task(self._answer(later, resource, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, later, resource, request):
        try:
            response = await resource.render(request)
            if not isinstance(response, Message):
                raise TypeError(f"{type(resource).__name__} answered with {response!r}, which is no Message")
        except Exception as problem:
            response = self._excuse(request, problem)
        later.answer(response)

    def _excuse(self, request, problem):
        """The response that an exception is. Of an unexpected one the peer learns nothing; the log has it all."""
        if isinstance(problem, error.RenderableError):
            try:
                return problem.to_message()
            except Exception as other:
                problem = other
        self._log.error("A resource failed at %r", request, exc_info=problem)
        return error.InternalServerError().to_message()

    def _counted(self, resource, count):
        hook = getattr(resource, "update_observation_count", None)
        if hook is not None:
            try:
                hook(count)
            except Exception as problem:
                self._log.error("update_observation_count failed", exc_info=problem)


def attach(server, prefix, resource):
    """Gives the server all that a site has; anything else serves every path below the prefix."""
    if hasattr(resource, "_attach"):
        resource._attach(server, prefix)
    else:
        server.add(prefix, resource, True)


def path_text(path):
    """Segments as the extension wants them."""
    for segment in path:
        if not isinstance(segment, str) or "/" in segment:
            raise ValueError(f"a path is a sequence of segments without slashes, not {path!r}")
    return "/".join(path)


class _Keys:
    """What the extension asks about credentials. Names of entries are remembered: requests come often."""

    def __init__(self, log, credentials, told):
        self._log = log
        self._credentials = credentials
        self._told = told
        self._names = {}

    @property
    def has_psk(self):
        """Whether look_up() is to be asked. A map of another class may find any key."""
        return not isinstance(self._credentials, CredentialsMap) or self._credentials.has_psk() or (
            type(self._credentials).find_dtls_psk is not CredentialsMap.find_dtls_psk)

    def own(self):
        """Certificates and raw public keys, once, when the server begins."""
        return self._credentials.as_dtls_server() if isinstance(self._credentials, CredentialsMap) else {}

    def look_up(self, identity):
        """The key of a client; None: it is not known."""
        try:
            key, self._names[identity] = self._credentials.find_dtls_psk(identity)
        except KeyError:
            return None
        return key

    def claims(self, identity):
        """The name of the entry that a client's key has now; nothing where it has none any more."""
        name = self._names.get(identity)
        entry = self._credentials.get(name) if hasattr(self._credentials, "get") else None
        if not isinstance(entry, DTLS) or entry.client_identity != identity:
            self._names.pop(identity, None)
            self.look_up(identity)
            name = self._names.get(identity)
        return () if name is None else (name,)

    def claims_of_certificate(self, subject):
        """What a client's certificate says that it is."""
        return (subject.decode(errors="replace"),)

    def claims_of_raw_key(self, key):
        """The name of the entry that believes a client's raw public key now."""
        try:
            return (self._credentials.find_raw_public_key(key),)
        except KeyError:
            return ()

    def failed(self, peer, number, text, identity):
        """A handshake that did not come to its end."""
        problem = error._make(number, f"{text}: {identity!r}" if identity else text)
        self._log.info("No secured session with %s: %s", peer, problem)
        if self._told is not None:
            self._told(peer, problem)


def _uris(host, port, plain, secured):
    """Where to listen. Any address is both IPv6 and IPv4; coaps:// is at the port behind that of coap://."""
    if not plain and not secured:
        raise ValueError("without plain there has to be server_credentials")
    host = "::" if host in (None, "") else host
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    behind = port + 1 if plain and port else port
    ports = [("coap", port)] * bool(plain) + [("coaps", behind)] * bool(secured)
    return [f"{scheme}://{host}" if number is None else f"{scheme}://{host}:{number}" for scheme, number in ports]


def _groups(group):
    """One entry of `multicast` as texts for the library: "address%interface"."""
    if not isinstance(group, str):
        address, interface = group
        return [f"{address}%{interface}" if interface else address]
    if group[:1].isdigit() or ":" in group:
        return [group]
    return [f"{MCAST_IPV4_ALLCOAPNODES}%{group}", f"{MCAST_IPV6_LINKLOCAL_ALLCOAPNODES}%{group}"]
