"""CoAP in front of a REST service: GET, PUT, POST and DELETE below /api go there. usage: rest_proxy.py HTTP_URL [PORT]"""

import asyncio
import sys
import urllib.error
import urllib.parse
import urllib.request

from linnet import *

CODES = {200: CONTENT, 201: CREATED, 204: CHANGED, 400: BAD_REQUEST, 401: UNAUTHORIZED, 403: FORBIDDEN, 404: NOT_FOUND,
         405: METHOD_NOT_ALLOWED, 409: CONFLICT, 503: SERVICE_UNAVAILABLE}


class Proxy(resource.Resource, resource.PathCapable):
    """Serves every path below its own: request.opt.uri_path is what is behind it."""

    def __init__(self, base):
        super().__init__()
        self.base = base.rstrip("/")

    async def render(self, request):
        path = "/".join(urllib.parse.quote(part, safe="") for part in request.opt.uri_path)
        query = "&".join(request.opt.uri_query)
        asked = urllib.request.Request(f"{self.base}/{path}" + (f"?{query}" if query else ""), method=str(request.code),
                                       data=request.payload or None)
        if request.opt.content_format is not None and request.opt.content_format.is_known():
            asked.add_header("Content-Type", request.opt.content_format.media_type)
        return await asyncio.to_thread(self.fetch, request.code, asked)

    @staticmethod
    def fetch(method, asked):
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                code = CODES.get(answer.status, CONTENT)
                if method == DELETE:
                    code = DELETED
                elif method != GET and code == CONTENT:
                    code = CHANGED
                return Message(code=code, payload=answer.read(), content_format=content_format(answer))
        except urllib.error.HTTPError as problem:
            return Message(code=CODES.get(problem.code, BAD_GATEWAY), payload=problem.reason.encode())
        except OSError as problem:
            raise error.BadGateway(str(problem)) from problem


def content_format(answer):
    try:
        return ContentFormat.by_media_type(answer.headers.get_content_type())
    except KeyError:
        return None


async def main(base, port=5683):
    site = resource.Site()
    site.add_resource(["api"], Proxy(base))
    async with await Context.create_server_context(site, bind=(None, int(port))) as context:
        print("listening on port", context.server_addresses[0][1], flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main(*sys.argv[1:]))
