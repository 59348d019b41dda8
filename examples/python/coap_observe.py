"""Prints each new state of a resource until Ctrl-C: python3 coap_observe.py [ADDRESS [PORT [PATH]]]"""

import sys

from network import Coap


def told(code, id_param, type_param, token, payload):
    print(payload.decode())


address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5683
path = sys.argv[3] if len(sys.argv) > 3 else "time"

Coap.init()
Coap.register_response_handler(told)
Coap.register_failure_handler(lambda id_param, token, reason: print("no response:", reason))
session = Coap.new_client_session(address, port)
observation = session.observe(path)
try:
    while True:
        Coap.read()
except KeyboardInterrupt:
    session.cancel(observation)  # the server is told
Coap.deinit()
