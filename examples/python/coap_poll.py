"""Scripts of the oldest firmware poll the module's socket in a thread and ask without a session. They still may:
python3 coap_poll.py [ADDRESS [PORT]]
"""

import _thread
import sys
import time

import uselect
from network import Coap


def answered(code, id_param, type_param, token, payload):
    print("Code:", code)
    print("Payload:", payload)


def socket_thread(poll, coap_socket):
    while True:
        for sock, event in poll.poll():
            if event & uselect.POLLIN and sock is coap_socket:
                Coap.read()


address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
port = int(sys.argv[2]) if len(sys.argv) > 2 else 5683
Coap.init(address, port=port)
Coap.register_response_handler(answered)
resource = Coap.add_resource("resource1", media_type=Coap.MEDIATYPE_TEXT_PLAIN, value="default_value")
resource.callback(Coap.REQUEST_GET, True)

poll = uselect.poll()
poll.register(Coap.socket(), uselect.POLLIN | uselect.POLLHUP | uselect.POLLERR)
_thread.start_new_thread(socket_thread, (poll, Coap.socket()))

try:
    print("polling")
    Coap.send_request(address, Coap.REQUEST_GET, uri_port=port, uri_path=".well-known/core", token="token1")
    while True:
        time.sleep(60)
except KeyboardInterrupt:
    Coap.deinit()
