"""The bridge between the extension's server and resources: from a request to a coroutine, and its end to an answer."""

import asyncio

from . import _linnet, error
from .message import Message
from .numbers.constants import MCAST_IPV4_ALLCOAPNODES, MCAST_IPV6_LINKLOCAL_ALLCOAPNODES
from .protocol import _parameters

_BODY_MOST = 16 * 2**20


class SiteServer:
    """A server for one site. Resources come and go while it runs. It serves until it is closed, or its loop is gone, whether
    or not somebody holds it."""

    def __init__(self, loop, log, site, bind, settings):
        self._loop = loop
        self._log = log
        self._tasks = set()
        settings = dict(settings)
        self._body_most = settings.pop("max_body_size", _BODY_MOST)
        transmission = _parameters(settings.pop("transport_tuning", None))
        self._server = _linnet.Server(loop, self._serve, self._spawn, self._counted, _uri(*bind),
                                      transmission=transmission, **settings)
        try:
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
        """What it listens on."""
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


def _uri(host, port):
    """Where to listen, as a URI. Any address is both IPv6 and IPv4."""
    host = "::" if host in (None, "") else host
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"coap://{host}" if port is None else f"coap://{host}:{port}"


def _groups(group):
    """One entry of `multicast` as texts for the library: "address%interface"."""
    if not isinstance(group, str):
        address, interface = group
        return [f"{address}%{interface}" if interface else address]
    if group[:1].isdigit() or ":" in group:
        return [group]
    return [f"{MCAST_IPV4_ALLCOAPNODES}%{group}", f"{MCAST_IPV6_LINKLOCAL_ALLCOAPNODES}%{group}"]
