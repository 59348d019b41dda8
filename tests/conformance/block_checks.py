"""The checks that recur in ETSI's descriptions of block-wise transfer, judged from recorded messages."""

from support import coap
from support.coap import BLOCK1, BLOCK2, CON

TEXT = "".join(f"line {number:3} of a long body\n" for number in range(70)) + "its last, shorter line"


def exchanges(scene):
    """Every request of the client, retransmissions left out, with its response, in order."""
    requests = list(dict.fromkeys(scene.messages(lambda packet: packet.to_server and packet.message.is_request)))
    return [(request, response_to_one(scene, request)) for request in requests]


def response_to_one(scene, request):
    """A client may use one token for all blocks, so the message ID of the acknowledgement decides."""
    return scene.relay.wait_for(
        lambda packet: not packet.to_server
        and packet.message.is_response
        and (packet.message.mid, packet.message.token) == (request.mid, request.token)
    )[0].message


def same_request(steps, method, path):
    """All are confirmable and ask for the same; apart from their Block options they hold the same options."""
    blocks = (BLOCK1, BLOCK2, coap.SIZE1, coap.SIZE2)
    for request, response in steps:
        assert (request.type, request.code, request.path) == (CON, coap.code(method), path)
        assert (response.mid, response.token) == (request.mid, request.token)
    others = {tuple(option for option in request.options if option[0] not in blocks) for request, _ in steps}
    assert len(others) == 1, "the requests of one transfer have the same options"
    mids = [request.mid for request, _ in steps]
    assert len(set(mids)) == len(mids), "each has a message ID of its own"


def is_full(message, option):
    assert len(message.payload) == message.block(option).size, "the payload of a block that is not the last is full"


def is_runt(message, option):
    assert 0 < len(message.payload) <= message.block(option).size


def slices_of_response(steps, codes):
    """Steps of a Block2 transfer, judged: numbers in order without gaps, one size, only the last without M.

    The first request may have no Block2 (late negotiation). The whole body.
    """
    body = b""
    for place, (request, response) in enumerate(steps):
        assert response.code_text in codes
        assert response.values(coap.CONTENT_FORMAT) == steps[0][1].values(coap.CONTENT_FORMAT)
        asked, given = request.block(BLOCK2), response.block(BLOCK2)
        if asked is not None:
            assert not asked.more, "in a request M is 0"
            assert asked.offset == given.offset == len(body), "neither a gap nor a block twice"
            assert given.szx <= asked.szx
            assert place == 0 or not asked.number or given.szx == asked.szx
        else:
            assert place == 0 and given.number == 0
        last = place == len(steps) - 1
        assert given.more == (not last)
        is_runt(response, BLOCK2) if last else is_full(response, BLOCK2)
        body += response.payload
    return body


def slices_of_request(scene, steps, last_codes, between=("2.31",)):
    """Steps of a Block1 transfer, judged likewise. The whole body."""
    body, szx = b"", steps[0][0].block(BLOCK1).szx
    for place, (request, response) in enumerate(steps):
        sent = request.block(BLOCK1)
        last = place == len(steps) - 1
        assert sent.offset == len(body), "neither a gap nor a block twice"
        assert sent.szx == szx and sent.more == (not last)
        is_runt(request, BLOCK1) if last else is_full(request, BLOCK1)
        assert response.code_text in (last_codes if last else between)
        taken = response.block(BLOCK1)
        if taken is None and last and scene.server != "linnet":
            scene.peer_differs(f"its last response, {response.code_text}, has no Block1")
        else:
            assert taken.number == sent.number and taken.szx <= sent.szx
            assert taken.more == (response.code_text == "2.31"), "M: the server waits for the rest before it acts"
            szx = taken.szx if place == 0 else szx
            assert taken.szx == szx
        # A server that asks for smaller blocks has taken only the first part of this one (RFC 7959 2.5).
        body += request.payload if last else request.payload[: sent.size]
    return body


def read_whole(raw, path, mid):
    """A body in blocks, read by a raw client; `mid` makes message IDs."""
    body, number = b"", 0
    while True:
        options = ((BLOCK2, coap.Block(number).value),)
        response = raw.ask(coap.request("GET", path, mid(), options=options))
        assert response.code_text == "2.05", response
        body += response.payload
        if response.block(BLOCK2) is None or not response.block(BLOCK2).more:
            return body
        number += 1


