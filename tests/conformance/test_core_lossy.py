"""ETSI's descriptions TD_COAP_CORE_15 and 16: a network that loses one datagram of each kind.

The relay loses exactly the first datagram of the kind in the test's name; "Observe that retransmission is launched".
"""

from checks import empty_ack, has_content, request_of, response_to, shows
from descriptions import description
from support.coap import CON
from support.relay import drop, is_empty_ack_of_client, is_empty_ack_of_server, is_request, is_response


def sent(scene, which):
    """The messages of a kind, and that all but the first are the first again (RFC 7252 4.2: "retransmits")."""
    scene.relay.wait_for(which, 2)
    messages = scene.messages(which)
    assert all(message == messages[0] for message in messages)
    return messages


@description(
    "TD_COAP_CORE_15",
    dropped_request=lambda: [drop(1, is_request)],
    dropped_response=lambda: [drop(1, is_response)],
)
def test_td_coap_core_15_get_in_a_lossy_context(scene):
    told = scene.ask("GET", "/test")
    request = request_of(scene, type=CON, method="GET", path="/test")
    response = response_to(scene, request, "2.05")
    assert (response.mid, response.token) == (request.mid, request.token)
    has_content(response)
    shows(told, response)
    assert len(sent(scene, is_request)) >= 2, "the client sends the request again"
    if scene.case == "dropped_response":
        answers = scene.messages(is_response)
        assert len(answers) >= 2 and len(set(answers)) == 1, "the duplicate has the same answer"


@description(
    "TD_COAP_CORE_16",
    dropped_request=lambda: [drop(1, is_request)],
    dropped_request_ack=lambda: [drop(1, is_empty_ack_of_server)],
    dropped_response=lambda: [drop(1, is_response)],
    dropped_response_ack=lambda: [drop(1, is_empty_ack_of_client)],
)
def test_td_coap_core_16_separate_response_in_a_lossy_context(scene):
    told = scene.ask("GET", "/separate")
    request = request_of(scene, type=CON, method="GET", path="/separate")
    response = response_to(scene, request, "2.05")
    assert response.type == CON and response.payload
    shows(told, response)
    empty_ack(scene, to_server=True, mid=response.mid)
    if scene.case == "dropped_request":
        assert len(sent(scene, is_request)) >= 2
    if scene.case in ("dropped_response", "dropped_response_ack"):
        assert len(sent(scene, is_response)) >= 2
    if scene.case != "dropped_request_ack":
        empty_ack(scene, to_server=False, mid=request.mid)
    else:
        the_response_stops_retransmission(scene)


def the_response_stops_retransmission(scene):
    packets = scene.relay.packets
    answered = next(index for index, packet in enumerate(packets) if is_response(packet))
    acknowledged = next(index for index, packet in enumerate(packets) if is_empty_ack_of_client(packet))
    assert acknowledged > answered
    assert not any(is_request(packet) for packet in packets[acknowledged:]), "the response stops retransmission"
