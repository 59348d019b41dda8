"""The checks that recur in the ETSI descriptions, judged from recorded messages."""

from support import coap
from support.coap import ACK, CON, NON


def request_of(scene, *, type, method, path, nth=0):
    """The nth different request that the client sent: its type, code and Uri-Path are as described."""
    requests = list(dict.fromkeys(scene.messages(lambda packet: packet.to_server and packet.message.is_request)))
    assert len(requests) > nth, "the client sent no such request"
    request = requests[nth]
    assert (request.type, request.code) == (type, coap.code(method))
    assert request.path == scene.segments(path)
    others = requests[:nth]
    assert request.mid not in [other.mid for other in others], "each request has a message ID of its own"
    return request


def response_to(scene, request, *codes):
    """The response: its code is one of those described, and it belongs to the request."""
    matching = lambda packet: (
        not packet.to_server and packet.message.is_response and packet.message.token == request.token
        and (packet.message.type != ACK or packet.message.mid == request.mid)
    )  # noqa: E731
    response = scene.relay.wait_for(matching)[0].message
    assert response.code_text in codes
    return response


def is_piggybacked(response, request):
    assert response.type == ACK, "piggybacked"
    same_mid_and_token(response, request)


def same_mid_and_token(response, request):
    assert (response.mid, response.token) == (request.mid, request.token)


def is_non_confirmable(response, request):
    """Type NON, a message ID of the server's own, the token of the request."""
    assert (response.type, response.token) == (NON, request.token)


def is_separate(scene, response, request):
    """An empty acknowledgement of the server, and one of the client for the separate response."""
    assert (response.type, response.token) == (CON, request.token)
    empty_ack(scene, to_server=False, mid=request.mid)
    empty_ack(scene, to_server=True, mid=response.mid)


def empty_ack(scene, to_server, mid):
    octets = coap.empty(ACK, mid).encode()
    return scene.relay.wait_for(lambda packet: packet.to_server == to_server and packet.octets == octets)


def has_content(response):
    """A Content-Format option and a payload that is not empty."""
    assert response.payload, "a payload"
    assert response.values(coap.CONTENT_FORMAT), "a Content-Format"


def content_format_if_payload(response):
    assert bool(response.payload) <= bool(response.values(coap.CONTENT_FORMAT)), "a Content-Format with the payload"


def shows(told, response):
    """The client displays what it received, on standard output or, where it is not a success, as a remark."""
    payload = response.payload.decode()
    if response.code >> 5 == 2:
        assert payload in told.text
    else:
        assert response.code_text in told.text + told.remarks
