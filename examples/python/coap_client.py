"""Gets one resource: python3 coap_client.py [ADDRESS [PORT [PATH]]]"""

import sys

from network import Coap

ended = []


def answered(code, id_param, type_param, token, payload):
    print(f"{code >> 5}.{code & 31:02}", payload)
    ended.append(0)


def failed(id_param, token, reason):
    print("no response:", reason)
    ended.append(1)


address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5683
path = sys.argv[3] if len(sys.argv) > 3 else "time"

Coap.init()
Coap.register_response_handler(answered)
Coap.register_failure_handler(failed)
session = Coap.new_client_session(address, port)
session.send_request(Coap.REQUEST_GET, uri_path=path, token="one")
while not ended:
    Coap.read(100)
Coap.deinit()
sys.exit(ended[0])
