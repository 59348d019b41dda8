"""Observation in the server role, seen by a bare socket that plays the client of ETSI's descriptions OBS_01 to OBS_14 by
hand (RFC 7641). /obs and its like change every five seconds."""

import contextlib
import subprocess

import pytest
from support import coap, programs, run
from support.coap import ACK, CON, NON, RST
from support.raw import RawClient, new_mid

pytestmark = pytest.mark.waits

TOKEN = b"\x51\x52"


def registration(path, observe=b"", type=CON, token=TOKEN, options=()):
    return coap.request("GET", path, new_mid(), token=token, type=type, options=((coap.OBSERVE, observe), *options))


@contextlib.contextmanager
def observing(path, **more):
    """A registered client, and the response to its registration."""
    with run.demo() as demo, RawClient(demo.host, demo.port) as client:
        client.demo = demo
        response = client.ask(registration(path, **more))
        assert (response.code_text, response.token) == ("2.05", TOKEN)
        assert response.values(coap.OBSERVE), "no sequence number"
        yield client, response


def notified(client, type=CON, acknowledge=True):
    notification = client.receive()
    assert (notification.type, notification.token) == (type, TOKEN)
    if type == CON and acknowledge:
        client.send(coap.empty(ACK, notification.mid))
    return notification


def is_newer(notification, before):
    difference = (notification.number(coap.OBSERVE) - before.number(coap.OBSERVE)) & 0xFFFFFF
    return 0 < difference < 1 << 23


def is_silent(client, seconds=7):
    client.socket.settimeout(seconds)
    with pytest.raises(TimeoutError):
        client.receive()
    return True


def elsewhere(client, request):
    """Another client's request."""
    with RawClient(client.demo.host, client.demo.port) as other:
        return other.ask(request)


def put(payload, content_format):
    options = ((coap.CONTENT_FORMAT, coap.uint(content_format)),)
    return coap.request("PUT", "obs", new_mid(), payload=payload, options=options)


@pytest.mark.parametrize("path, request_type, type", (("obs", CON, CON), ("obs-non", NON, NON)))
def test_obs_01_02_notifications_come_in_order(path, request_type, type):
    with observing(path, type=request_type) as (client, before):
        assert before.type == (ACK if request_type == CON else NON)
        for _ in range(2):
            notification = notified(client, type)
            assert notification.code_text == "2.05" and is_newer(notification, before)
            assert notification.values(coap.CONTENT_FORMAT) == before.values(coap.CONTENT_FORMAT)
            before = notification


def test_obs_05_11_a_client_that_is_silent_gets_the_newest_state_again_until_it_is_taken_to_be_gone():
    with observing("obs") as (client, before):
        client.socket.settimeout(60)
        sent = [notified(client, acknowledge=False) for _ in range(5)]
        assert is_newer(sent[-1], sent[0]) and sent[-1].payload != sent[0].payload
        assert len({each.payload for each in sent[2:]}) == 3, "each retransmission had a newer state by then"
        assert is_silent(client, 60)


def test_obs_06_a_reset_ends_it():
    with observing("obs") as (client, _):
        client.send(coap.empty(RST, notified(client, acknowledge=False).mid))
        assert is_silent(client)


def test_obs_07_a_deleted_resource_is_told_as_4_04():
    with observing("obs") as (client, _):
        assert elsewhere(client, coap.request("DELETE", "obs", new_mid())).code_text == "2.02"
        last = notified(client)
        assert last.code_text == "4.04" and not last.values(coap.OBSERVE)
        assert is_silent(client)


def test_obs_08_another_content_format_is_told_as_4_06():
    with observing("obs") as (client, _):
        assert elsewhere(client, put(b"{}", coap.JSON)).code_text == "2.04"
        last = notified(client)
        assert last.code_text == "4.06" and not last.values(coap.OBSERVE)
        assert is_silent(client)


def test_obs_09_a_value_that_was_put_is_told():
    with observing("obs") as (client, before):
        assert elsewhere(client, put(b"by hand", coap.TEXT)).code_text == "2.04"
        for _ in range(2):
            notification = notified(client)
            assert notification.payload == b"by hand" and is_newer(notification, before)
            before = notification


def test_obs_10_a_plain_get_ends_nothing():
    with observing("obs") as (client, _):
        plain = client.get("obs", token=b"\x99")
        assert plain.code_text == "2.05" and not plain.values(coap.OBSERVE)
        assert notified(client).code_text == "2.05"


def test_obs_12_observe_1_ends_it():
    with observing("obs") as (client, _):
        response = client.ask(registration("obs", b"\x01"))
        assert response.code_text == "2.05" and not response.values(coap.OBSERVE)
        assert is_silent(client)


@pytest.mark.parametrize("path", ("obs-large", "obs-pumping"))
def test_obs_13_14_a_notification_is_one_block_and_the_rest_is_there(path):
    block2 = 23
    with observing(path) as (client, _):
        for _ in range(2):
            notification = notified(client)
            if not notification.values(block2):
                assert path == "obs-pumping"
                continue
            (block,) = notification.values(block2)
            assert block[-1] & 8 and not block[-1] >> 4, "NUM 0, more"
            size = 16 << (block[-1] & 7)
            assert len(notification.payload) == size
            rest = client.get(path, token=b"\x77", options=((block2, bytes([1 << 4 | block[-1] & 7])),))
            assert rest.values(coap.ETAG) == notification.values(coap.ETAG)
            assert rest.payload and not rest.values(coap.OBSERVE)


def test_coap_client_shows_three_states_in_twelve_seconds():
    with run.demo() as demo:
        shown = programs.run("coap-client-notls", "-s", "12", f"{demo.uri}/obs", patience=30).stdout
        assert [f"change {i}" in shown for i in range(3)] == [True] * 3


def test_a_client_that_was_killed_is_told_no_more():
    with run.demo(options=("-vv",)) as demo:
        command = ["coap-client-notls", "-s", "60", f"{demo.uri}/obs-non"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as killed:
            demo.program.wait_for("T=ACK, Code=2.05")  # it is registered
            killed.kill()
        with RawClient(demo.host, demo.port) as client:
            client.ask(registration("obs-non"))
            for _ in range(3):
                notified(client, NON)
        demo.program.wait_for("T=NON, Code=2.05", 4)  # its lines come a moment later
        assert demo.program.output.count("T=NON, Code=2.05") == 4, "three to the one, and one into the void"
