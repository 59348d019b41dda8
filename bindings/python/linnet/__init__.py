"""CoAP for asyncio, with the protocol in C.

>>> import asyncio
>>> from linnet import *
>>> message = Message(code=GET, uri="coap://localhost/time")
>>> message.opt.uri_path
('time',)

A context sends requests, or serves a site of resources:

>>> async def main():
...     async with await Context.create_client_context() as context:
...         return await context.request(message).response
>>> asyncio.run(main()).code
<Successful Response Code 69 "2.05 Content">

For scripts there are get(), put() and their like, which wait:

>>> get("coap://localhost/time").code.dotted
'2.05'

The modules error, resource, credentials and numbers have the rest.
"""

from . import _setup as _setup  # hands classes to the extension
from . import credentials, error, numbers, resource
from ._linnet import version as __version__
from .message import Message, NoResponse
from .numbers import *  # noqa: F403
from .protocol import Context
from .sync import delete, fetch, get, ipatch, patch, post, put

__all__ = [*numbers.__all__, "Message", "NoResponse", "Context", "error", "resource"]
