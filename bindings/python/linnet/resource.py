"""What a server offers: resources, and the site that has them.

>>> from linnet import *
>>> class Lamp(resource.ObservableResource):
...     state = b"off"
...     async def render_get(self, request):
...         return Message(payload=self.state)
...     async def render_put(self, request):
...         self.state = request.payload
...         self.updated_state()
...         return Message()
>>> site = resource.Site()
>>> site.add_resource(["lamp"], Lamp())
>>> site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
>>> print(site.get_resources_as_linkheader())
</lamp>; obs, </.well-known/core>; ct=40
"""

import inspect
import weakref

from . import error
from .linkformat import Link, LinkFormat, matches
from .message import Message, NoResponse
from .numbers.codes import CHANGED, CONTENT, DELETE, DELETED, FETCH, GET, NOT_ACCEPTABLE, Code
from .numbers.contentformat import ContentFormat
from .server import attach

_METHODS = {
    Code.GET: "render_get", Code.POST: "render_post", Code.PUT: "render_put", Code.DELETE: "render_delete",
    Code.FETCH: "render_fetch", Code.PATCH: "render_patch", Code.iPATCH: "render_ipatch",
}


class Resource:
    """Derive a class with the methods it has: render_get(request), render_put and so on, up to render_ipatch. Each
    returns a Message, whose code may be left out: it is 2.05 for GET and FETCH, 2.02 for DELETE, 2.04 for others. An
    error is raised, see error. A method that has nothing to wait for may be a plain function: it is answered at once.

    >>> from linnet import *
    >>> class Greeting(resource.Resource):
    ...     ct = 0
    ...     def render_get(self, request):
    ...         if "name=" not in "".join(request.opt.uri_query):
    ...             raise error.BadRequest("?name= is missing")
    ...         return Message(payload=b"hello")
    >>> Greeting().get_link_description()
    {'ct': 0}
    """

    ct = None
    rt = None
    if_ = None

    def __init__(self):
        pass

    async def render(self, request):
        """Finds the method and runs it. Derive it to serve every method in one."""
        if request.opt.if_match or request.opt.if_none_match:
            await self._check_preconditions(request)
        response = self._method(request.code)(request)
        if inspect.isawaitable(response):
            response = await response
        return _complete(request, response)

    def _method(self, code):
        name = _METHODS.get(code)
        if name is None:
            raise error.UnsupportedMethod()
        method = getattr(self, name, None)
        if method is None:
            raise error.UnallowedMethod()
        return method

    def _render_at_once(self, request):
        """The answer of a method that is a plain function; None: it takes a task."""
        if type(self).render is not Resource.render or request.opt.if_match or request.opt.if_none_match:
            return None
        method = self._method(request.code)
        return None if inspect.iscoroutinefunction(method) else self._plainly(request, method(request))

    @staticmethod
    def _plainly(request, response):
        if inspect.isawaitable(response):
            if hasattr(response, "close"):
                response.close()
            raise TypeError("a plain method returned an awaitable: write it as `async def`")
        return _complete(request, response)

    async def _check_preconditions(self, request):
        """RFC 7252 5.10.8, by what a GET would say."""
        if not hasattr(self, "render_get"):
            return
        asked = request.copy(code=GET, payload=b"", if_match=(), if_none_match=False)
        try:
            present = self.render_get(asked)
            present = await present if inspect.isawaitable(present) else present
        except error.NotFound:
            present = None
        exists = present is not None and present.code != Code.NOT_FOUND
        if request.opt.if_none_match and exists:
            raise error.PreconditionFailed()
        etags = request.opt.if_match
        if etags and not (exists and (b"" in etags or present.opt.etag in etags)):
            raise error.PreconditionFailed()

    def get_link_description(self):
        """Attributes of its link in /.well-known/core; None: it is not listed."""
        described = {"ct": self.ct, "rt": self.rt, "if": self.if_}
        return {name: value for name, value in described.items() if value is not None}


def _complete(request, response):
    if response is NoResponse:
        response = Message()
    if not isinstance(response, Message):
        raise TypeError(f"a resource answered with {response!r}, which is no Message")
    if response.code is None:
        response.code = CONTENT if request.code in (GET, FETCH) else DELETED if request.code == DELETE else CHANGED
    return response


class ObservableResource(Resource):
    """A resource whose GET can be observed: call updated_state() when there is something new. Those who observe are told
    by the answer of render_get, once for each kind of request; what is larger than a message goes block by block."""

    def __init__(self):
        super().__init__()

    _places = None
    _given = None

    def _placed(self, server, path):
        if self._places is None:
            self._places = []
        self._places = [place for place in self._places if place[0]() not in (None, server) or place[1] != path]
        self._places.append((weakref.ref(server), path))

    def updated_state(self, response=None):
        """The state has changed. With `response` those who observe get this message in place of what render_get says.

        >>> from linnet import *
        >>> resource.ObservableResource().updated_state()  # nobody observes it, which is fine
        """
        self._given = response
        if response is not None and response.code is None:
            response.code = CONTENT
        for reference, path in self._places or ():
            server = reference()
            if server is not None:
                server.changed(path, self)

    def update_observation_count(self, newcount):
        """Called when there are more or fewer who observe it. To be derived."""

    def get_link_description(self):
        return {**super().get_link_description(), "obs": None}


class PathCapable:
    """A mark for resources that serve every path below their own: the request's uri_path has the rest."""


class WKCResource(Resource):
    """The list of resources for /.well-known/core (RFC 6690), with its filters. `listgenerator` makes it: that of a
    Site is get_resources_as_linkheader.

    >>> from linnet import *
    >>> site = resource.Site()
    >>> resource.WKCResource(site.get_resources_as_linkheader).render_get(Message(code=GET)).payload
    b''
    """

    ct = 40

    def __init__(self, listgenerator, impl_info=None):
        super().__init__()
        self.listgenerator = listgenerator
        self.impl_info = impl_info

    def render_get(self, request):
        """The links that pass the filters of the query."""
        if request.opt.accept not in (None, ContentFormat.LINKFORMAT):
            return Message(code=NOT_ACCEPTABLE)
        links = self.listgenerator().links
        if self.impl_info is not None:
            links = [*links, Link(self.impl_info, rel="impl-info")]
        for argument in request.opt.uri_query:
            links = [link for link in links if matches(link, argument)]
        return Message(payload=str(LinkFormat(links)).encode(), content_format=ContentFormat.LINKFORMAT)


class Site(PathCapable):
    """Resources by path. Add and remove them at any time, also while they are served. A site may be in another one.

    >>> from linnet import *
    >>> house, kitchen = resource.Site(), resource.Site()
    >>> kitchen.add_resource(["light"], resource.Resource())
    >>> house.add_resource(["kitchen"], kitchen)
    >>> print(house.get_resources_as_linkheader())
    </kitchen/light>
    """

    def __init__(self):
        self._resources = {}
        self._subsites = {}
        self._servers = []

    def add_resource(self, path, resource):
        """Serves a resource below a path, a list or tuple of segments; [] is the root. One that is there is replaced."""
        if isinstance(path, str):
            raise ValueError("a path is a list of segments: ['other', 'block']")
        path = tuple(path)
        kept = self._subsites if isinstance(resource, PathCapable) else self._resources
        if path in kept:
            self._withdraw(kept, path)
        kept[path] = resource
        for server, prefix in self._attached():
            self._serve(server, prefix, path, resource)

    def remove_resource(self, path):
        """Takes it away; KeyError where there is none."""
        path = tuple(path)
        self._withdraw(self._subsites if path in self._subsites else self._resources, path)

    def get_resources_as_linkheader(self):
        """The links of all resources, as a LinkFormat."""
        links = []
        for path, resource in self._resources.items():
            describe = getattr(resource, "get_link_description", dict)
            attributes = describe()
            if attributes is not None:
                links.append(Link("/" + "/".join(path), attributes.items()))
        for path, resource in self._subsites.items():
            if hasattr(resource, "get_resources_as_linkheader"):
                for link in resource.get_resources_as_linkheader().links:
                    links.append(Link("/" + "/".join(path) + link.href, link.attr_pairs))
        return LinkFormat(links)

    def _attached(self):
        self._servers = [entry for entry in self._servers if entry[0]() is not None]
        return [(reference(), prefix) for reference, prefix in self._servers]

    def _attach(self, server, prefix):
        self._servers.append((weakref.ref(server), prefix))
        for path, resource in [*self._resources.items(), *self._subsites.items()]:
            self._serve(server, prefix, path, resource)

    def _detach(self, server, prefix):
        self._servers = [entry for entry in self._servers if entry[0]() is not server or entry[1] != prefix]
        for path, resource in [*self._resources.items(), *self._subsites.items()]:
            self._unserve(server, prefix, path, resource)

    @staticmethod
    def _place(prefix, path):
        """The root of a site inside of another is behind a slash: "/batch/"."""
        return prefix + (path or ("",)) if prefix else path

    def _serve(self, server, prefix, path, resource):
        if isinstance(resource, PathCapable):
            attach(server, prefix + path, resource)
        else:
            server.add(self._place(prefix, path), resource)

    def _unserve(self, server, prefix, path, resource):
        if hasattr(resource, "_detach"):
            resource._detach(server, prefix + path)
        else:
            server.remove(prefix + path if isinstance(resource, PathCapable) else self._place(prefix, path))

    def _withdraw(self, kept, path):
        resource = kept.pop(path)
        for server, prefix in self._attached():
            self._unserve(server, prefix, path, resource)
