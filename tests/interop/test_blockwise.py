"""Block-wise transfers (RFC 7959) by libcoap's coap-client and node-coap against Linnet's server."""

import json

import pytest
from support import programs

LARGE_POST_SIZE = 1536  # octets that the demo's /large-post answers with

SIZES = (16, 64, 256, 1024)
PLAYS = pytest.mark.parametrize(
    ("client", "size"), [(client, size) for client in ("coap-client", "node-coap") for size in SIZES]
)


@pytest.fixture
def body(tmp_path):
    path = tmp_path / "body"
    path.write_text("".join(f"line {number} of a long body\n" for number in range(1500)))
    return path


def coap_client(method, uri, size, sent=None):
    options = ["-f", sent] if sent else []
    done = programs.run("coap-client-notls", "-B", "30", "-v", "7", "-b", size, "-m", method, *options, uri)
    return done.stdout + done.stderr


def fetched(uri, place, method="get", size=1024, sent=None):
    """What coap-client writes into a file."""
    options = ["-f", sent] if sent else []
    programs.run("coap-client-notls", "-B", "30", "-b", size, "-m", method, "-o", place, *options, uri)
    return place.read_text()


def node_coap(method, uri, size, sent):
    done = programs.run("node", programs.PEERS / "upload.js", method.upper(), uri, sent, size.bit_length() - 5)
    return json.loads(done.stdout)


def upload(client, method, uri, size, sent):
    """The code and the Location-Path of the answer."""
    if client == "node-coap":
        told = node_coap(method, uri, size, sent)
        return told["code"], told["location"]
    text = coap_client(method, uri, size, sent)
    answer = [line for line in text.splitlines() if line.startswith("v:1 t:ACK")][-1]
    location = [part.split(":")[1].rstrip(",") for part in answer.split() if part.startswith("Location-Path:")]
    return answer.split("c:")[1].split()[0], location


@PLAYS
def test_a_large_put_arrives_whole(demo, body, tmp_path, client, size):
    uri = f"{demo.uri}/large-update"
    assert upload(client, "put", uri, size, body) == ("2.04", [])
    assert fetched(uri, tmp_path / "got") == body.read_text()


@PLAYS
def test_a_large_post_makes_a_resource(demo, body, tmp_path, client, size):
    code, location = upload(client, "post", f"{demo.uri}/large-create", size, body)
    assert code == "2.01" and location[0] == "large-create"
    assert fetched(f"{demo.uri}/{'/'.join(location)}", tmp_path / "got") == body.read_text()


@pytest.mark.parametrize("size", SIZES)
def test_coap_client_reads_the_large_answer_of_a_large_post(demo, body, tmp_path, size):
    assert len(fetched(f"{demo.uri}/large-post", tmp_path / "got", "post", size, body)) == LARGE_POST_SIZE


@pytest.mark.parametrize("size", SIZES)
def test_node_coap_reads_the_large_answer_of_a_large_post(demo, body, size):
    told = node_coap("post", f"{demo.uri}/large-post", size, body)
    assert (told["code"], len(told["payload"])) == ("2.04", LARGE_POST_SIZE)


def test_coap_client_is_told_the_largest_size(demo, tmp_path):
    (tmp_path / "body").write_text("x" * 70000)
    text = coap_client("put", f"{demo.uri}/validate", 1024, tmp_path / "body")
    assert "c:4.13" in text and "Size1:65536" in text
