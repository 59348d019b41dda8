"""Prints what a resource is, whenever it changes. usage: observer.py URI [HOW_OFTEN]"""

import asyncio
import sys

from linnet import *


async def main(uri, how_often=10):
    async with await Context.create_client_context() as context:
        request = context.request(Message(code=GET, uri=uri, observe=0))
        print((await request.response).payload.decode(), flush=True)
        left = int(how_often)
        async for notification in request.observation:
            print(notification.payload.decode(), flush=True)
            left -= 1
            if left == 0:
                break
        request.observation.cancel()


asyncio.run(main(*sys.argv[1:]))
