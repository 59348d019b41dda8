"""ETSI's descriptions TD_COAP_CORE_01 to 14 and 17: requests of every kind on a network that loses nothing.

Each is played by Linnet in both roles and by each peer opposite Linnet; checks/peers are in checks.py and
descriptions.py. Every "check" step of the description is judged from the datagrams that a relay recorded.
"""

from checks import (
    content_format_if_payload,
    has_content,
    is_non_confirmable,
    is_piggybacked,
    is_separate,
    request_of,
    response_to,
    same_mid_and_token,
    shows,
)
from descriptions import description
from support import coap
from support.coap import ACK, CON, NON


def get_content(scene, told, path="/test"):
    """The steps that most descriptions share: a confirmable GET, answered 2.05 in the acknowledgement."""
    request = request_of(scene, type=CON, method="GET", path=path)
    response = response_to(scene, request, "2.05")
    is_piggybacked(response, request)
    has_content(response)
    shows(told, response)
    return request, response


@description("TD_COAP_CORE_01")
def test_td_coap_core_01_get_confirmable(scene):
    get_content(scene, scene.ask("GET", "/test"))


@description("TD_COAP_CORE_02")
def test_td_coap_core_02_delete_confirmable(scene):
    told = scene.ask("DELETE", "/test")
    request = request_of(scene, type=CON, method="DELETE", path="/test")
    response = response_to(scene, request, "2.02")
    same_mid_and_token(response, request)
    content_format_if_payload(response)
    shows(told, response)


@description("TD_COAP_CORE_03")
def test_td_coap_core_03_put_confirmable(scene):
    told = scene.ask("PUT", "/test", "a new value", content_format=coap.TEXT)
    request = request_of(scene, type=CON, method="PUT", path="/test")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT and request.payload == b"a new value"
    response = response_to(scene, request, "2.04", "2.01")
    same_mid_and_token(response, request)
    content_format_if_payload(response)
    shows(told, response)
    scene.server_shows("a new value")


@description("TD_COAP_CORE_04")
def test_td_coap_core_04_post_confirmable(scene):
    told = scene.ask("POST", "/test", "a posted value", content_format=coap.TEXT)
    request = request_of(scene, type=CON, method="POST", path="/test")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT and request.payload == b"a posted value"
    response = response_to(scene, request, "2.04", "2.01")
    same_mid_and_token(response, request)
    content_format_if_payload(response)
    shows(told, response)
    if scene.server == "linnet":
        scene.server_shows("a posted value")


@description("TD_COAP_CORE_05")
def test_td_coap_core_05_get_non_confirmable(scene):
    told = scene.ask("GET", "/test", confirmable=False)
    request = request_of(scene, type=NON, method="GET", path="/test")
    response = response_to(scene, request, "2.05")
    is_non_confirmable(response, request)
    has_content(response)
    shows(told, response)


@description("TD_COAP_CORE_06")
def test_td_coap_core_06_delete_non_confirmable(scene):
    told = scene.ask("DELETE", "/test", confirmable=False)
    request = request_of(scene, type=NON, method="DELETE", path="/test")
    response = response_to(scene, request, "2.02")
    is_non_confirmable(response, request)
    content_format_if_payload(response)
    shows(told, response)


@description("TD_COAP_CORE_07")
def test_td_coap_core_07_put_non_confirmable(scene):
    told = scene.ask("PUT", "/test", "a new value", confirmable=False, content_format=coap.TEXT)
    request = request_of(scene, type=NON, method="PUT", path="/test")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT and request.payload == b"a new value"
    response = response_to(scene, request, "2.04", "2.01")
    is_non_confirmable(response, request)
    content_format_if_payload(response)
    shows(told, response)
    scene.server_shows("a new value")


@description("TD_COAP_CORE_08")
def test_td_coap_core_08_post_non_confirmable(scene):
    told = scene.ask("POST", "/test", "a posted value", confirmable=False, content_format=coap.TEXT)
    request = request_of(scene, type=NON, method="POST", path="/test")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT and request.payload == b"a posted value"
    response = response_to(scene, request, "2.04", "2.01")
    is_non_confirmable(response, request)
    content_format_if_payload(response)
    shows(told, response)


def get_separate(scene, told):
    request = request_of(scene, type=CON, method="GET", path="/separate")
    response = response_to(scene, request, "2.05")
    is_separate(scene, response, request)
    assert response.payload
    shows(told, response)
    return request, response


@description("TD_COAP_CORE_09")
def test_td_coap_core_09_separate_response(scene):
    _, response = get_separate(scene, scene.ask("GET", "/separate"))
    if scene.server == "libcoap":
        scene.peer_differs("it sends no Content-Format of text/plain, which RFC 7252 5.5.1 allows")
        assert not response.values(coap.CONTENT_FORMAT)
    else:
        has_content(response)


@description("TD_COAP_CORE_10")
def test_td_coap_core_10_token(scene):
    request, _ = get_content(scene, scene.ask("GET", "/test", token=b"tok"))
    assert request.token == b"tok"


@description("TD_COAP_CORE_11")
def test_td_coap_core_11_token_and_separate_response(scene):
    request, _ = get_separate(scene, scene.ask("GET", "/separate", token=b"8 octets"))
    assert request.token == b"8 octets"


@description("TD_COAP_CORE_12")
def test_td_coap_core_12_empty_token(scene):
    request, response = get_content(scene, scene.ask("GET", "/test", token=b""))
    assert request.token == response.token == b""


@description("TD_COAP_CORE_13")
def test_td_coap_core_13_several_path_segments(scene):
    request, _ = get_content(scene, scene.ask("GET", "/seg1/seg2/seg3"), "/seg1/seg2/seg3")
    assert request.path == ["seg1", "seg2", "seg3"]


@description("TD_COAP_CORE_14")
def test_td_coap_core_14_several_queries(scene):
    request, _ = get_content(scene, scene.ask("GET", "/query?first=1&second=2&third=3"), "/query")
    assert request.queries == ["first=1", "second=2", "third=3"]


@description("TD_COAP_CORE_17")
def test_td_coap_core_17_separate_response_non_confirmable(scene):
    told = scene.ask("GET", "/separate", confirmable=False)
    request = request_of(scene, type=NON, method="GET", path="/separate")
    response = response_to(scene, request, "2.05")
    acknowledgements = scene.messages(lambda packet: not packet.to_server and packet.message.type == ACK)
    assert acknowledgements == [], "a non-confirmable request is not acknowledged"
    is_non_confirmable(response, request)
    assert response.payload
    shows(told, response)
