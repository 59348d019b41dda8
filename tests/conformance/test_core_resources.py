"""ETSI's descriptions TD_COAP_CORE_18 to 23 and 31: locations, formats, ETags, preconditions, ping."""

from checks import content_format_if_payload, request_of, response_to, same_mid_and_token, shows
from descriptions import DTLS_PAIRS, LEFT_OUT, description
from support import coap, run
from support.coap import CON
from support.players import PAIRS
from support.raw import new_mid


def exchange(scene, told, method, path, *codes, nth=0):
    """Request and response of the nth step, with the checks that all steps share."""
    request = request_of(scene, type=CON, method=method, path=path, nth=nth)
    response = response_to(scene, request, *codes)
    same_mid_and_token(response, request)
    content_format_if_payload(response)
    shows(told, response)
    return request, response


@description("TD_COAP_CORE_18")
def test_td_coap_core_18_several_location_paths(scene):
    told = scene.ask("POST", "/test", "a posted value", content_format=coap.TEXT)
    request, response = exchange(scene, told, "POST", "/test", "2.01")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT and request.payload
    assert response.values(coap.LOCATION_PATH) == [b"location1", b"location2", b"location3"]


@description("TD_COAP_CORE_19")
def test_td_coap_core_19_several_location_queries(scene):
    told = scene.ask("POST", "/location-query", "a posted value", content_format=coap.TEXT)
    request, response = exchange(scene, told, "POST", "/location-query", "2.01")
    assert request.number(coap.CONTENT_FORMAT) == coap.TEXT
    assert response.values(coap.LOCATION_QUERY) == [b"first=1", b"second=2"]


@description("TD_COAP_CORE_20")
def test_td_coap_core_20_accept(scene):
    payloads = []
    for nth, wanted in enumerate((coap.TEXT, coap.XML)):
        told = scene.ask("GET", "/multi-format", accept=wanted)
        request, response = exchange(scene, told, "GET", "/multi-format", "2.05", nth=nth)
        assert request.values(coap.ACCEPT) == [coap.uint(wanted)]
        assert response.number(coap.CONTENT_FORMAT) == wanted
        payloads.append(response.payload)
    assert not payloads[0].startswith(b"<") and payloads[1].startswith(b"<")


@description("TD_COAP_CORE_21")
def test_td_coap_core_21_etag(scene):
    told = scene.ask("GET", "/validate")
    request, first = exchange(scene, told, "GET", "/validate", "2.05")
    assert not request.values(coap.ETAG) and first.payload
    (etag,) = first.values(coap.ETAG)

    told = scene.ask("GET", "/validate", options=((coap.ETAG, etag),))
    request, valid = exchange(scene, told, "GET", "/validate", "2.03", nth=1)
    assert request.values(coap.ETAG) == [etag]
    assert valid.values(coap.ETAG) == [etag] and not valid.payload

    with scene.another_client() as other:
        changed = other.ask(coap.request("PUT", "validate", new_mid(), payload=b"updated by another client"))
        assert changed.code_text == "2.04"
    told = scene.ask("GET", "/validate", options=((coap.ETAG, etag),))
    request, second = exchange(scene, told, "GET", "/validate", "2.05", nth=2)
    assert request.values(coap.ETAG) == [etag]
    assert second.values(coap.ETAG) != [etag] and len(second.values(coap.ETAG)) == 1
    assert second.payload == b"updated by another client"


@description("TD_COAP_CORE_22")
def test_td_coap_core_22_if_match(scene):
    put = {"content_format": coap.TEXT}
    told = scene.ask("GET", "/validate")
    _, first = exchange(scene, told, "GET", "/validate", "2.05")
    (etag1,) = first.values(coap.ETAG)

    told = scene.ask("PUT", "/validate", "a single update", options=((coap.IF_MATCH, etag1),), **put)
    request, _ = exchange(scene, told, "PUT", "/validate", "2.04", nth=1)
    assert request.values(coap.IF_MATCH) == [etag1]

    told = scene.ask("GET", "/validate")
    _, second = exchange(scene, told, "GET", "/validate", "2.05", nth=2)
    (etag2,) = second.values(coap.ETAG)
    assert second.payload == b"a single update" and etag2 != etag1

    told = scene.ask("PUT", "/validate", "a concurrent update", **put)
    request, _ = exchange(scene, told, "PUT", "/validate", "2.04", nth=3)
    assert not request.values(coap.IF_MATCH)

    told = scene.ask("PUT", "/validate", "an update too late", options=((coap.IF_MATCH, etag2),), **put)
    request, _ = exchange(scene, told, "PUT", "/validate", "4.12", nth=4)
    assert request.values(coap.IF_MATCH) == [etag2]
    with scene.another_client() as other:
        assert other.get("validate").payload == b"a concurrent update", "the server did not update it"


@description("TD_COAP_CORE_23")
def test_td_coap_core_23_if_none_match(scene):
    create = {"content_format": coap.TEXT, "options": ((coap.IF_NONE_MATCH, b""),)}
    told = scene.ask("PUT", "/create1", "the first", **create)
    request, _ = exchange(scene, told, "PUT", "/create1", "2.01")
    assert request.values(coap.IF_NONE_MATCH) == [b""] and request.number(coap.CONTENT_FORMAT) == coap.TEXT

    told = scene.ask("PUT", "/create1", "the second", **create)
    if scene.server == "libcoap":
        scene.peer_is_wrong(
            'it answers 2.04. RFC 7252 5.10.8: "If the condition given is not fulfilled, then the server MUST NOT'
            ' perform the requested method"'
        )
        exchange(scene, told, "PUT", "/create1", "2.04", nth=1)
        return
    request, _ = exchange(scene, told, "PUT", "/create1", "4.12", nth=1)
    assert request.values(coap.IF_NONE_MATCH) == [b""]
    with scene.another_client() as other:
        assert other.get("create1").payload == b"the first"


@description("TD_COAP_CORE_31", pairs=[pair for pair in PAIRS if pair.startswith("linnet")])
def test_td_coap_core_31_ping(scene):
    told = run.linnet("ping", "--count", "1", scene.uri)
    if scene.server == "node-coap":
        scene.peer_is_wrong(
            'it answers with 2.05. RFC 7252 4.2: a recipient rejects "situations where the message is Empty"'
            ' by "sending a matching Reset message"'
        )
        assert told.returncode == 3 and scene.messages()[1].code_text == "2.05"
        return
    ping = scene.relay.wait_for(lambda packet: packet.to_server)[0]
    assert len(ping.octets) == 4 and (ping.message.type, ping.message.code) == (CON, 0)
    reset = scene.relay.wait_for(lambda packet: not packet.to_server)[0]
    assert reset.octets == coap.empty(coap.RST, ping.message.mid).encode()
    assert told.returncode == 0 and told.stdout, "the client displays that the ping was successful"


def test_what_is_left_out_is_recorded_with_its_reason():
    for (pair, identifier), reason in LEFT_OUT.items():
        assert pair in (*PAIRS, *DTLS_PAIRS) and reason
        run.verdicts.add(identifier, pair, "left out", "", reason)
