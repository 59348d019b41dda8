"""Asks one server under several addresses: ask_each.py PORT PATH ADDRESS...

Prints, as JSON, for each address the source addresses of the answers and the payload of the response. The socket is
not connected, so an answer from a wrong address is seen, not filtered by the kernel.
"""

import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from support import coap  # noqa: E402
from support.raw import family, new_mid  # noqa: E402


def ask(host, port, path):
    with socket.socket(family(host), socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(coap.request("GET", path, new_mid()).encode(), (host, port))
        sources = []
        while True:
            octets, source = client.recvfrom(2048)
            sources.append(source[0])
            message = coap.decode(octets)
            if message.type == coap.CON:
                client.sendto(coap.empty(coap.ACK, message.mid).encode(), source)
            if message.is_response:
                return {"sources": sources, "code": message.code_text, "payload": message.payload.decode()}


port, path, *hosts = sys.argv[1:]
print(json.dumps({host: ask(host, int(port), path) for host in hosts}))
