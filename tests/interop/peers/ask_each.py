"""Asks one server under several addresses: ask_each.py PORT PATH FROM_IPV4 FROM_IPV6 ADDRESS...

Prints, as JSON, for each address the source addresses of the answers and the code of the response. The socket is not
connected, so an answer from a wrong address is seen, not filtered by the kernel. It is bound to an address that is
never asked, since on one machine the kernel would answer from the address that asks.
"""

import concurrent.futures
import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from support import coap  # noqa: E402
from support.raw import family, new_mid  # noqa: E402


def ask(host, port, path, source_of):
    with socket.socket(family(host), socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.bind((source_of[family(host)], 0))
        client.sendto(coap.request("GET", path, new_mid()).encode(), (host, port))
        sources = []
        while True:
            octets, source = client.recvfrom(2048)
            sources.append(source[0])
            message = coap.decode(octets)
            if message.type == coap.CON:
                client.sendto(coap.empty(coap.ACK, message.mid).encode(), source)
            if message.is_response:
                return {"sources": sources, "code": message.code_text}


port, path, ipv4, ipv6, *hosts = sys.argv[1:]
source_of = {socket.AF_INET: ipv4, socket.AF_INET6: ipv6}
with concurrent.futures.ThreadPoolExecutor(len(hosts)) as pool:
    answers = pool.map(lambda host: ask(host, int(port), path, source_of), hosts)
print(json.dumps(dict(zip(hosts, answers))))
