"""A server with one resource, where clients may add more: python3 coap_server.py [ADDRESS [PORT]]

Ask it: coap-client coap://127.0.0.1/greeting
"""

import sys

from network import Coap


def created(resource):
    """A client has added a resource: what is set here is in the response already."""
    print("new resource:", resource.get_details()[0])
    resource.set_details(max_age=100, etag=True)


address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5683
Coap.init(address, port=port, dynamic_resources=True)
Coap.register_new_resource_handler(created)

greeting = Coap.add_resource("greeting", media_type=Coap.MEDIATYPE_TEXT_PLAIN, value="hello")
greeting.add_attribute("title", "A greeting to change")
greeting.callback(Coap.REQUEST_GET | Coap.REQUEST_PUT, True)

try:
    print("serving", greeting)
    while True:
        Coap.read()
except KeyboardInterrupt:
    Coap.deinit()
