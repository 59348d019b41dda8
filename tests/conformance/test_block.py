"""ETSI's descriptions TD_COAP_BLOCK_01 to 06: block-wise transfer (RFC 7959), by Linnet in both roles and by the peers.

Early negotiation is a block size that the client's user names; late is none. Every "check" step is judged from the
datagrams that a relay recorded: numbers, M, sizes, payload sizes, and that the body comes together whole.
"""

from block_checks import TEXT, exchanges, read_whole, same_request, slices_of_request, slices_of_response
from descriptions import description
from support import coap
from support.coap import BLOCK1, BLOCK2
from support.raw import new_mid


def shown_whole(scene, told, body):
    """The client displays the received information: no gaps, right order."""
    text = body.decode()
    assert told.text.replace("\r", "").strip() == text.strip(), "the client shows the whole body"


def but_blocks(message):
    return [option for option in message.options if option[0] not in (BLOCK1, BLOCK2, coap.SIZE1)]


def get_in_blocks(scene, block_size):
    told = scene.ask("GET", "/large", block_size=block_size)
    steps = exchanges(scene)
    if scene.server == "node-coap" and block_size == 16:
        scene.peer_is_wrong(
            'it answers a Block2 of no octets with an empty block. RFC 7252 3.2: "the number 0 is represented with an'
            ' empty option value (a zero-length sequence of bytes)"; RFC 7959 2.2: SZX 0 is 16 octets'
        )
        assert not steps[0][1].payload and told.status != 0 and not told.text
        return steps
    same_request(steps, "GET", scene.segments("/large"))
    shown_whole(scene, told, slices_of_response(steps, ("2.05",)))
    return steps


def asked_early(scene, block_size):
    steps = get_in_blocks(scene, block_size)
    if steps[0][1].payload == b"":
        return  # a peer that is wrong
    asked, given = steps[0][0].block(BLOCK2), steps[0][1].block(BLOCK2)
    assert (asked.number, asked.more, asked.size) == (0, False, block_size)
    assert (given.number, given.more) == (0, True) and given.szx <= asked.szx
    assert len(steps) > 2, "a first block, a loop, a final slice"


@description("TD_COAP_BLOCK_01")
def test_td_coap_block_01_get_with_early_negotiation(scene):
    asked_early(scene, 64)


@description("TD_COAP_BLOCK_02")
def test_td_coap_block_02_get_with_late_negotiation(scene):
    steps = get_in_blocks(scene, None)
    first = steps[0][0]
    assert not first.values(BLOCK2), "the first request has no Block2"
    assert len(steps) > 1


@description("TD_COAP_BLOCK_03")
def test_td_coap_block_03_put_in_blocks(scene):
    scene.ask("PUT", "/large-update", TEXT, block_size=64, content_format=coap.TEXT)
    steps = exchanges(scene)
    same_request(steps, "PUT", scene.segments("/large-update"))
    first = steps[0][0].block(BLOCK1)
    assert (first.number, first.more, first.size) == (0, True, 64)
    codes = ("2.04",)
    if scene.server == "libcoap":
        scene.peer_differs("it says 2.01 of the first PUT to a resource that was there")
        codes = ("2.04", "2.01")
    body = slices_of_request(scene, steps, codes, ("2.31", "2.04"))
    assert body == TEXT.encode()
    with scene.another_client() as other:
        path = "/".join(scene.segments("/large-update"))
        assert read_whole(other, path, new_mid) == body, "the server has the complete updated resource"


@description("TD_COAP_BLOCK_04")
def test_td_coap_block_04_post_in_blocks_creates(scene):
    told = scene.ask("POST", "/large-create", TEXT, block_size=64, content_format=coap.TEXT)
    steps = exchanges(scene)
    same_request(steps, "POST", ["large-create"])
    assert slices_of_request(scene, steps, ("2.01",)) == TEXT.encode()
    location = [segment.decode() for segment in steps[-1][1].values(coap.LOCATION_PATH)]
    assert len(location) == 2 and location[0] == "large-create" and location[1]
    assert not any("/" in segment for segment in location)
    if scene.client == "linnet":
        assert told.status == 0 and "/".join(location) in told.text + told.remarks

    told = scene.ask("GET", "/" + "/".join(location))
    created = exchanges(scene)[len(steps) :]
    same_request(created, "GET", location)
    if created[0][1].block(BLOCK2) is None:
        body = created[0][1].payload
    else:
        body = slices_of_response(created, ("2.05",))
    assert body == TEXT.encode()
    shown_whole(scene, told, body)


@description("TD_COAP_BLOCK_05")
def test_td_coap_block_05_post_in_blocks_both_ways(scene):
    told = scene.ask("POST", "/large-post", TEXT, block_size=64, content_format=coap.TEXT)
    steps = exchanges(scene)
    last = next(place for place, (request, _) in enumerate(steps) if not request.block(BLOCK1).more)
    there, back = steps[: last + 1], steps[last:]
    assert slices_of_request(scene, there, ("2.04",)) == TEXT.encode()
    (first, response), rest = back[0], back[1:]
    assert response.block(BLOCK2).number == 0 and response.block(BLOCK2).more
    for request, _ in rest:
        assert request.path == ["large-post"] and request.code == coap.METHODS["POST"]
        assert not request.payload and not request.values(BLOCK1), "only Block2, and no payload"
        assert but_blocks(request) == but_blocks(first), "the same options except for Block1"
    if scene.server == "node-coap":
        scene.peer_differs("its further blocks have the code 2.05 in place of 2.04")
        assert {response.code_text for _, response in rest} == {"2.05"}
        assert "".join(response.payload.decode() for _, response in back) == told.text
        return
    shown_whole(scene, told, slices_of_response(back, ("2.04",)))
    assert len(rest) >= 1


@description("TD_COAP_BLOCK_06")
def test_td_coap_block_06_get_with_early_negotiation_of_16_octets(scene):
    asked_early(scene, 16)
