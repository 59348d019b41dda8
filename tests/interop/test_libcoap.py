"""libcoap's coap-client and coap-server against Linnet, both directions, IPv4 and IPv6."""

import pytest
from support import coap, programs, run
from support.coap import ACK, CON, NON
from support.players import play

TYPES = pytest.mark.parametrize("confirmable", (True, False), ids=("CON", "NON"))


def told(result):
    return result.stdout, result.returncode


@TYPES
def test_linnet_uses_all_four_methods_at_coap_server(libcoap, confirmable):
    uri, non = f"{libcoap.uri}/made/by/linnet", [] if confirmable else ["--non"]
    assert told(run.linnet("put", uri, "--payload", "one", *non)) == ("", 0)
    assert told(run.linnet("get", uri, *non)) == ("one", 0)
    assert told(run.linnet("put", uri, "--payload", "two", *non)) == ("", 0)
    assert told(run.linnet("get", uri, *non)) == ("two", 0)
    assert told(run.linnet("post", uri, "--payload", "three", *non)) == ("", 0)
    assert told(run.linnet("delete", uri, *non)) == ("", 0)
    gone = run.linnet("get", uri, *non)
    assert told(gone) == ("", 1) and "4.04" in gone.stderr


@pytest.mark.parametrize("method", ("fetch", "patch", "ipatch"))
def test_linnet_tells_that_coap_server_has_no(libcoap, method):
    refused = run.linnet(method, f"{libcoap.uri}/example_data", "--payload", "x")
    assert told(refused) == ("", 1) and "4.05" in refused.stderr


def test_linnet_discovers_coap_server(libcoap):
    found = run.linnet("discover", libcoap.uri)
    assert found.returncode == 0
    assert all(path in found.stdout for path in ("/time", "/async", "/example_data"))


def test_linnet_pings_coap_server(libcoap):
    assert run.linnet("ping", "--count", "1", libcoap.uri).returncode == 0


def test_linnet_over_ipv6(libcoap_ipv6):
    uri = f"{libcoap_ipv6.uri}/six"
    assert told(run.linnet("put", uri, "--payload", "over IPv6")) == ("", 0)
    assert told(run.linnet("get", uri)) == ("over IPv6", 0)
    assert run.linnet("ping", "--count", "1", libcoap_ipv6.uri).returncode == 0


def test_linnet_rejects_a_refusal_of_coap_server_with_an_unknown_critical_option(libcoap):
    """coap-server puts the option that it does not know into its 4.02, and so breaks RFC 7252 5.4.1 at the client:
    an unrecognized critical option "in a Confirmable response, or piggybacked in an Acknowledgement, MUST cause the
    response to be rejected". Linnet does that and says why."""
    refused = run.linnet("get", f"{libcoap.uri}/time", "--option", "65001=0x78")
    assert told(refused) == ("", 3) and "critical option" in refused.stderr


@pytest.mark.waits
@TYPES
def test_linnet_waits_for_a_separate_response_of_coap_server(confirmable):
    with play("linnet asks libcoap") as scene:
        assert scene.ask("GET", "/async?1", confirmable=confirmable).text == "done"
        response = scene.messages(lambda packet: packet.message.is_response)[-1]
        assert response.type == (CON if confirmable else NON)
        acknowledgement = coap.empty(ACK, response.mid).encode()
        acknowledged = [packet for packet in scene.relay.packets if packet.octets == acknowledgement]
        assert bool(acknowledged) == confirmable


def coap_client(server, method, path, *options):
    done = programs.run("coap-client-notls", "-B", "30", "-m", method, *options, f"{server.uri}{path}")
    return (done.stdout + done.stderr).strip()


@TYPES
def test_coap_client_uses_all_four_methods_at_linnet(demo, confirmable):
    non = [] if confirmable else ["-N"]
    assert coap_client(demo, "get", "/validate", *non)
    assert coap_client(demo, "put", "/validate", "-e", "by coap-client", *non) == ""
    assert coap_client(demo, "get", "/validate", *non) == "by coap-client"
    assert coap_client(demo, "post", "/test", "-e", "posted", *non) == ""
    assert coap_client(demo, "delete", "/validate", *non) == ""
    assert coap_client(demo, "get", "/validate", *non).startswith("4.04")


@pytest.mark.parametrize("method", ("fetch", "patch", "ipatch"))
def test_coap_client_is_told_which_methods_a_resource_has_not(demo, method):
    assert coap_client(demo, method, "/seg1/seg2/seg3", "-e", "x").startswith("4.05")


@TYPES
def test_coap_client_over_ipv6(demo_ipv6, confirmable):
    non = [] if confirmable else ["-N"]
    assert coap_client(demo_ipv6, "put", "/validate", "-e", "over IPv6", *non) == ""
    assert coap_client(demo_ipv6, "get", "/validate", *non) == "over IPv6"


def test_coap_client_discovers_linnet(demo):
    everything = coap_client(demo, "get", "/.well-known/core")
    assert "</test>" in everything and "</separate>" in everything
    assert "</test>" not in coap_client(demo, "get", "/.well-known/core?href=/link1")


# coap-client's options, and how the answer begins.
ODD = {
    "an unknown path": (("get", "/nothing"), "4.04"),
    "a format that is not there": (("get", "/test", "-A", "cbor"), "4.06"),
    "an unknown critical option": (("get", "/test", "-O", "65001,x"), "4.02"),
    "If-None-Match where there is a value": (("put", "/validate", "-e", "x", "-O", "5,"), "4.12"),
    "If-Match with another ETag": (("put", "/validate", "-e", "x", "-O", "1,0x7777777777777777"), "4.12"),
    "a proxy that is not there": (("get", "/test", "-O", "35,coap://example.com/"), "5.05"),
    "a Block2 past the end": (("get", "/validate", "-O", "23,0x3e82"), "4.0"),
    "a path that leaves the tree": (("get", "/%2e%2e/%2e%2e/etc/passwd"), "4.0"),
}


@pytest.mark.parametrize("name", ODD)
def test_coap_client_is_told_of(demo, name):
    (method, path, *options), beginning = ODD[name]
    assert coap_client(demo, method, path, *options).startswith(beginning)


@pytest.mark.waits
@TYPES
def test_coap_client_waits_for_a_separate_response_of_linnet(confirmable):
    with play("libcoap asks linnet") as scene:
        assert scene.ask("GET", "/separate", confirmable=confirmable).text
        response = scene.messages(lambda packet: packet.message.is_response)[-1]
        assert response.type == (CON if confirmable else NON)


@pytest.mark.waits
def test_coap_client_reads_the_elven_kings():
    with play("libcoap asks linnet") as scene:
        assert "elven kings" in scene.ask("GET", "/other/separate").text


@pytest.mark.parametrize("size", (16, 64, 1024))
def test_coap_client_reads_a_large_answer_of_linnet_in_blocks(demo, size):
    text = coap_client(demo, "get", "/large", "-b", size)
    assert len(text.splitlines()) == 24 and text.splitlines()[0] != text.splitlines()[23]


@pytest.mark.parametrize("size", (16, 64, 1024))
def test_linnet_reads_a_large_answer_of_coap_server_in_blocks(libcoap, size):
    whole = run.linnet("get", f"{libcoap.uri}/example_data", "--block-size", size)
    assert (len(whole.stdout), whole.returncode) == (1500, 0)
