"""What the collector does while the module works; see common.py."""

import gc

from common import asking, client, equal, HOST, resource, run, wait_for
from network import Coap


def row_objects_come_and_go():
    one = asking(dynamic_resources=True)
    kept = resource("kept", value="kept")
    for turn in range(10):
        for number in range(40):
            resource("r%d" % number, value=number)
            Coap.new_client_session(HOST, 5700)
        gc.collect()
        equal(Coap.get_resource("r7").value(), b"\7")
        for number in range(40):
            Coap.remove_resource("r%d" % number)
            Coap.remove_client_session(HOST, 5700)
        equal(one.ask("PUT", "by/client%d" % turn, b"x").text, "2.01")
        gc.collect()
        equal(one.ask("DELETE", "by/client%d" % turn).text, "2.02")
        gc.collect()
    assert Coap.get_resource("kept") is kept and kept.value() == b"kept"
    equal(Coap.get_client_sessions(), [])
    one.close()


def row_handlers_make_garbage_while_it_is_collected():
    peer, session, told, _ = client()

    def collects(*arguments):
        told.append([bytes(200) for _ in range(20)])
        gc.collect()

    Coap.register_response_handler(collects)
    for number in range(50):
        session.send_request(Coap.REQUEST_GET, token=number)
        peer.answer(peer.receive(), 69, payload=bytes(1000))
        wait_for(lambda: told)
        told.clear()
        gc.collect()
    peer.close()


run(globals())
