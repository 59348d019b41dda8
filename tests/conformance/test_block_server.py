"""ETSI's descriptions TD_COAP_BLOCK_01 to 06 with Linnet as the server and coap-client opposite it.

Each block's request and response is judged from the datagrams that a relay recorded: NUM, M, SZX, and the payload's size.
"""

import pathlib
import tempfile

from descriptions import description
from support import programs
from support.coap import ACK, CON

BLOCK2, BLOCK1 = 23, 27
LOCATION_PATH = 8
SIZE_OF_LARGE = 1536
PAIR = ["libcoap asks linnet"]


def block(message, option):
    """(NUM, M, SZX), or None."""
    value = message.number(option)
    return None if value is None else (value >> 4, value >> 3 & 1, value & 7)


def exchanges(scene):
    """Each request with its piggybacked response, in order."""
    requests = list(dict.fromkeys(scene.messages(lambda packet: packet.to_server and packet.message.is_request)))
    answers = {message.mid: message for message in scene.messages(lambda packet: packet.message.is_response)}
    assert all(request.type == CON and answers[request.mid].type == ACK for request in requests)
    return [(request, answers[request.mid]) for request in requests]


def coap_client(scene, method, path, *options, sent=None):
    """What coap-client got as payload."""
    with tempfile.TemporaryDirectory() as place:
        got, body = pathlib.Path(place, "got"), pathlib.Path(place, "sent")
        if sent is not None:
            body.write_bytes(sent)
            options += ("-f", body)
        command = ("coap-client-notls", "-B", "30", "-m", method, "-o", got, *options, scene.uri + path)
        done = programs.run(*command)
        assert done.returncode == 0, done.stderr
        return got.read_text() if got.exists() else ""


def is_read_in_blocks(pairs, code, szx, total):
    """The responses are the blocks of one representation, without a gap; returns the text."""
    text, size = b"", 16 << szx
    for number, (request, response) in enumerate(pairs):
        more = (number + 1) * size < total
        assert response.code_text == code
        assert block(response, BLOCK2) == (number, more, szx)
        assert block(request, BLOCK2) in ((number, 0, szx), None if number == 0 else ())
        assert len(response.payload) == (size if more else total - number * size)
        text += response.payload
    assert len(text) == total
    return text.decode()


def is_sent_in_blocks(pairs, szx, body):
    """All requests but the last are answered 2.31 with their Block1; returns the last response."""
    size = 16 << szx
    for number, (request, response) in enumerate(pairs):
        more = (number + 1) * size < len(body)
        assert block(request, BLOCK1) == block(response, BLOCK1) == (number, more, szx)
        assert request.payload == body[number * size : (number + 1) * size]
        assert not more or response.code_text == "2.31"
    assert len(pairs) == -(-len(body) // size)
    return pairs[-1][1]


BODY = "".join(f"line {number} of what is sent\n" for number in range(60)).encode()


def get_large(scene, szx, *options):
    text = coap_client(scene, "get", "/large", *options)
    assert text == is_read_in_blocks(exchanges(scene), "2.05", szx, SIZE_OF_LARGE)


@description("TD_COAP_BLOCK_01", pairs=PAIR)
def test_td_coap_block_01_get_with_early_negotiation(scene):
    get_large(scene, 2, "-b", "64")


@description("TD_COAP_BLOCK_02", pairs=PAIR)
def test_td_coap_block_02_get_with_late_negotiation(scene):
    get_large(scene, 6)
    first = exchanges(scene)[0][0]
    assert block(first, BLOCK2) is None


@description("TD_COAP_BLOCK_03", pairs=PAIR)
def test_td_coap_block_03_put(scene):
    coap_client(scene, "put", "/large-update", "-b", "64", sent=BODY)
    assert is_sent_in_blocks(exchanges(scene), 2, BODY).code_text == "2.04"
    with scene.another_client() as other:
        assert other.get("large-update").payload == BODY[:1024]


@description("TD_COAP_BLOCK_04", pairs=PAIR)
def test_td_coap_block_04_post_that_creates(scene):
    coap_client(scene, "post", "/large-create", "-b", "64", sent=BODY)
    created = is_sent_in_blocks(exchanges(scene), 2, BODY)
    assert created.code_text == "2.01"
    location = [segment.decode() for segment in created.values(LOCATION_PATH)]
    assert location[0] == "large-create" and len(location) == 2 and "/" not in location[1]
    with scene.another_client() as other:
        assert other.get("/".join(location)).payload == BODY[:1024]


@description("TD_COAP_BLOCK_05", pairs=PAIR)
def test_td_coap_block_05_post_in_blocks_both_ways(scene):
    text = coap_client(scene, "post", "/large-post", "-b", "256", sent=BODY)
    pairs = exchanges(scene)
    up = [pair for pair in pairs if block(pair[0], BLOCK1) is not None]
    last = is_sent_in_blocks(up, 4, BODY)
    assert last.code_text == "2.04" and block(last, BLOCK2)[:2] == (0, 1)
    further = pairs[len(up) :]
    assert all(not request.payload and not request.values(BLOCK1) for request, _ in further)
    whole = [(up[-1][0].changed(options=()), last)] + further
    assert text == is_read_in_blocks(whole, "2.04", block(last, BLOCK2)[2], SIZE_OF_LARGE)


@description("TD_COAP_BLOCK_06", pairs=PAIR)
def test_td_coap_block_06_get_in_blocks_of_16(scene):
    get_large(scene, 0, "-b", "16")
