"""The npm packages `coap` (node-coap) and `coap-cli` against Linnet, both directions, IPv4 and IPv6."""

import pytest
from support import coap, programs, run
from support.coap import ACK, CON, NON
from support.players import Ask, node_client, play

TYPES = pytest.mark.parametrize("confirmable", (True, False), ids=("CON", "NON"))


def told(result):
    return result.stdout, result.returncode


@TYPES
def test_linnet_uses_all_seven_methods_at_node_coap(node, confirmable):
    uri, non = f"{node.uri}/test", [] if confirmable else ["--non"]
    assert told(run.linnet("get", uri, *non)) == ("the test resource", 0)
    assert told(run.linnet("put", uri, "--payload", "two", *non)) == ("", 0)
    assert told(run.linnet("get", uri, *non)) == ("two", 0)
    assert run.linnet("post", uri, "--payload", "three", *non).returncode == 0
    query = ["--payload", "a query", "--content-format", "text"]
    assert told(run.linnet("fetch", uri, *query, *non)) == ("fetched with a query", 0)
    assert told(run.linnet("patch", uri, *query, *non)) == ("patched with a query", 0)
    assert told(run.linnet("ipatch", uri, *query, *non)) == ("patched with a query", 0)
    assert told(run.linnet("delete", uri, *non)) == ("", 0)
    gone = run.linnet("get", uri, *non)
    assert told(gone) == ("", 1) and "4.04" in gone.stderr


def test_linnet_shows_a_thousand_octets_of_node_coap(node):
    assert told(run.linnet("get", f"{node.uri}/large")) == ("x" * 1000, 0)


def test_linnet_is_told_of_a_reset_by_node_coap(node):
    reset = run.linnet("get", f"{node.uri}/reset")
    assert told(reset) == ("", 3) and reset.stderr


def test_linnet_chooses_a_format_of_node_coap(node):
    uri = f"{node.uri}/multi-format"
    assert told(run.linnet("get", uri, "--accept", "0")) == ("plain words", 0)
    assert told(run.linnet("get", uri, "--accept", "application/xml")) == ("<words>marked up</words>", 0)
    refused = run.linnet("get", uri, "--accept", "cbor")
    assert told(refused) == ("", 1) and "4.06" in refused.stderr


def test_linnet_asks_node_coap_over_ipv6(node_ipv6):
    assert told(run.linnet("get", f"{node_ipv6.uri}/test")) == ("the test resource", 0)
    assert told(run.linnet("put", f"{node_ipv6.uri}/six", "--payload", "over IPv6")) == ("", 0)
    assert told(run.linnet("get", f"{node_ipv6.uri}/six")) == ("over IPv6", 0)


@pytest.mark.waits
@TYPES
def test_linnet_waits_for_a_separate_response_of_node_coap(confirmable):
    with play("linnet asks node-coap") as scene:
        assert scene.ask("GET", "/separate", confirmable=confirmable).text == "it took a while"
        response = scene.messages(lambda packet: packet.message.is_response)[-1]
        assert response.type == (CON if confirmable else NON)
        acknowledgement = coap.empty(ACK, response.mid).encode()
        acknowledged = acknowledgement in [packet.octets for packet in scene.relay.packets if packet.to_server]
        assert acknowledged == confirmable


def ask(server, method, path, payload="", **more):
    return node_client(server.uri, Ask(method, path, payload, **more))


@TYPES
def test_node_coap_uses_all_four_methods_at_linnet(demo, confirmable):
    assert ask(demo, "GET", "/validate", confirmable=confirmable).remarks == "2.05"
    assert ask(demo, "PUT", "/validate", "by node-coap", confirmable=confirmable).remarks == "2.04"
    assert ask(demo, "GET", "/validate", confirmable=confirmable).text == "by node-coap"
    assert ask(demo, "POST", "/test", "posted", confirmable=confirmable).remarks == "2.01"
    assert ask(demo, "DELETE", "/validate", confirmable=confirmable).remarks == "2.02"
    assert ask(demo, "GET", "/validate", confirmable=confirmable).remarks == "4.04"


@pytest.mark.parametrize("method", ("FETCH", "PATCH", "IPATCH"))
def test_node_coap_is_told_which_methods_a_resource_has_not(demo, method):
    assert ask(demo, method, "/seg1/seg2/seg3", "x", content_format=coap.TEXT).remarks == "4.05"


# What node-coap asks, and the code that it is told.
ODD = {
    "an unknown path": ({"method": "GET", "path": "/nothing"}, "4.04"),
    "a format that is not there": ({"method": "GET", "path": "/test", "accept": coap.CBOR}, "4.06"),
    "an unknown critical option": ({"method": "GET", "path": "/test", "options": ((65001, b"x"),)}, "4.02"),
    "an unknown elective option": ({"method": "GET", "path": "/test", "options": ((65000, b"x"),)}, "2.05"),
    "If-None-Match": ({"method": "PUT", "path": "/validate", "payload": "x", "options": ((5, b""),)}, "4.12"),
    "a proxy that is not there": ({"method": "GET", "path": "/", "options": ((35, b"coap://example.com"),)}, "5.05"),
}


@pytest.mark.parametrize("name", ODD)
def test_node_coap_is_told_of(demo, name):
    order, code = ODD[name]
    assert node_client(demo.uri, Ask(**order)).remarks == code


def test_node_coap_asks_linnet_over_ipv6(demo_ipv6):
    assert ask(demo_ipv6, "GET", "/test").remarks == "2.05"


def test_node_coap_reads_a_large_answer_of_linnet_in_blocks(demo):
    lines = ask(demo, "GET", "/large").text.splitlines()
    assert len(lines) == 24 and lines[0] != lines[23]


@pytest.mark.waits
@TYPES
def test_node_coap_waits_for_a_separate_response_of_linnet(confirmable):
    with play("node-coap asks linnet") as scene:
        assert scene.ask("GET", "/separate", confirmable=confirmable).text
        response = scene.messages(lambda packet: packet.message.is_response)[-1]
        assert response.type == (CON if confirmable else NON)


def coap_cli(server, method, path, *options):
    script = programs.NPM / "coap-cli/index.js"
    done = programs.run("node", script, method, *options, f"{server.uri}{path}")
    assert done.returncode == 0, done
    return done


@TYPES
def test_coap_cli_uses_all_four_methods_at_linnet(demo, confirmable):
    non = [] if confirmable else ["-c"]
    assert "(2.04)" in coap_cli(demo, "put", "/validate", "-p", "by coap-cli", *non).stderr
    shown = coap_cli(demo, "get", "/validate", *non)
    assert "by coap-cli" in shown.stdout and "(2.05)" in shown.stderr
    assert "(2.01)" in coap_cli(demo, "post", "/test", "-p", "posted", *non).stderr
    assert "(2.02)" in coap_cli(demo, "delete", "/validate", *non).stderr
    assert "(4.04)" in coap_cli(demo, "get", "/validate", *non).stderr


def test_coap_cli_discovers_linnet(demo):
    assert "</test>" in coap_cli(demo, "get", "/.well-known/core?href=/test").stdout


def test_coap_cli_sends_options_to_linnet(demo):
    assert "(4.02)" in coap_cli(demo, "get", "/test", "-O", "65001,word").stderr
    assert "(2.05)" in coap_cli(demo, "get", "/test", "-O", "65000,word").stderr


@pytest.mark.waits
def test_coap_cli_waits_for_a_separate_response_of_linnet():
    with run.demo() as demo:
        assert "(2.05)" in coap_cli(demo, "get", "/separate").stderr
