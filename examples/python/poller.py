"""Asks many URIs at once, again and again. usage: poller.py SECONDS ROUNDS URI..."""

import asyncio
import sys

from linnet import *


async def ask(context, uri):
    try:
        response = await context.request(Message(code=GET, uri=uri), timeout=5).response_raising
        return response.payload.decode()
    except error.Error as problem:
        return f"failed: {problem}"


async def main(seconds, rounds, uris):
    async with await Context.create_client_context() as context:
        for _ in range(int(rounds)):
            for uri, answer in zip(uris, await asyncio.gather(*(ask(context, uri) for uri in uris))):
                print(uri, answer, flush=True)
            await asyncio.sleep(float(seconds))


asyncio.run(main(*sys.argv[1:3], sys.argv[3:]))
