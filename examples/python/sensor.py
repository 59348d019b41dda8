"""A sensor: its value can be read and observed. usage: sensor.py [PORT]"""

import asyncio
import random
import sys

from linnet import *


class Temperature(resource.ObservableResource):
    rt = "temperature"

    def __init__(self):
        super().__init__()
        self.value = 20.0

    def render_get(self, request):
        return Message(payload=f"{self.value:.1f}".encode(), content_format=0, max_age=5)

    async def measure(self):
        while True:
            await asyncio.sleep(0.2)
            self.value += random.uniform(-0.5, 0.5)
            self.updated_state()


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5683
    temperature = Temperature()
    site = resource.Site()
    site.add_resource(["temperature"], temperature)
    site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader))
    async with await Context.create_server_context(site, bind=(None, port)) as context:
        print("listening on port", context.server_addresses[0][1], flush=True)
        await temperature.measure()


asyncio.run(main())
