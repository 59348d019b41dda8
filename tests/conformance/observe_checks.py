"""The checks that recur in ETSI's descriptions of observation (RFC 7641), judged from recorded messages."""

from support import coap
from support.coap import ACK, BLOCK2, CON, NON

HALF = 1 << 23


def is_newer(later, earlier):
    """RFC 7641 3.4, for notifications that are less than 128 seconds apart."""
    return later != earlier and ((later - earlier) & 0xFFFFFF) < HALF


def _is_registration(packet):
    message = packet.message
    further = message.block(BLOCK2) is not None and message.block(BLOCK2).number > 0  # node-coap repeats Observe there
    return packet.to_server and message.is_request and message.number(coap.OBSERVE) == 0 and not further


class Observation:
    """A registration that the relay saw, with its response; judged while it is made."""

    def __init__(self, scene, path="/obs", type=CON, nth=0):
        self.scene = scene
        packets = scene.relay.wait_for(_is_registration)
        if len({packet.message for packet in packets}) <= nth:
            packets = scene.relay.wait_for(_is_registration, len(packets) + 1)
        requests = list(dict.fromkeys(packet.message for packet in packets))
        self.request = requests[nth]
        self.client = next(packet.client for packet in packets if packet.message == self.request)
        request = self.request
        assert (request.type, request.code) == (type, coap.METHODS["GET"])
        assert request.values(coap.OBSERVE) == [b""], "Observe is empty"
        assert request.path == scene.segments(path)
        assert request.token, "a token that the client made"
        self.response = self.answers(1)[0]
        self.response_is_good()

    def response_is_good(self):
        request, response = self.request, self.response
        expected = (ACK, request.mid) if request.type == CON else (NON, response.mid)
        assert (response.type, response.mid) == expected
        assert response.code_text == "2.05"
        assert response.values(coap.CONTENT_FORMAT), "the Content-Format of the resource"
        assert response.number(coap.OBSERVE) is not None, "Observe with a sequence number"

    def is_answer(self, packet):
        message = packet.message
        return (
            not packet.to_server and message.is_response and message.token == self.request.token
            and packet.client == self.client and (message.block(BLOCK2) is None or message.block(BLOCK2).number == 0)
        )  # fmt: skip

    def answers(self, count, patience=60):
        """The first `count` different messages with the token: the response and the notifications, lost ones too."""

        def different():
            packets = [packet.message for packet in self.scene.relay.recorded if self.is_answer(packet)]
            return list(dict.fromkeys(packets))

        def is_enough(packet):
            return self.is_answer(packet) and len(different()) >= count

        self.scene.relay.wait_for(is_enough, patience=patience)
        return different()

    def count(self):
        return len(self.answers(1))

    def notifications(self, count, type=CON):
        """Waits for `count` notifications and judges them; those that follow are judged too."""
        answers = self.answers(count + 1)[1:]
        asked = {message.mid for message in self.scene.messages(lambda packet: packet.to_server) if message.is_request}
        found = [one for one in answers if one.code_text == "2.05" and (one.type != ACK or one.mid not in asked)]
        last = self.response.number(coap.OBSERVE)
        for one in found:
            self.is_notification(one, last, type)
            last = one.number(coap.OBSERVE)
        return found

    def is_notification(self, message, earlier, type=CON):
        assert (message.type, message.code_text) == (type, "2.05")
        same_format = message.values(coap.CONTENT_FORMAT) == self.response.values(coap.CONTENT_FORMAT)
        assert same_format, "the Content-Format of the first response"
        assert message.number(coap.OBSERVE) is not None
        assert is_newer(message.number(coap.OBSERVE), earlier), "Observe increases"
        assert message.mid != self.request.mid

    def are_acknowledged(self, messages):
        for message in messages:
            octets = coap.empty(ACK, message.mid).encode()
            self.scene.relay.wait_for(lambda packet: packet.to_server and packet.octets == octets)  # noqa: B023

    def ends_with(self, code):
        """The last notification: confirmable, of that code, without Observe; it ends the observation."""
        last = self.scene.relay.wait_for(lambda packet: self.is_answer(packet) and packet.message.code_text == code)
        message = last[0].message
        assert message.type == CON
        assert not message.values(coap.OBSERVE), "no Observe any more"
        return message


def never_two_outstanding(observation, packets):
    """RFC 7641 4.5: a new confirmable notification, not counting retransmissions, waits for the acknowledgement."""
    open_mid = None
    for packet in packets:
        message = packet.message
        if packet.to_server and message.code == 0 and message.type == ACK and message.mid == open_mid:
            open_mid = None if not packet.lost else open_mid
        if not observation.is_answer(packet) or message.type != CON:
            continue
        yield message, open_mid not in (None, message.mid)
        open_mid = message.mid


def whole_body(scene, observation, first):
    """The body that begins with a notification of M=1, from the GETs that the client sent for the rest."""
    block = first.block(BLOCK2)
    assert block.number == 0
    if not block.more:
        return first.payload
    assert len(first.payload) == block.size, "a full block"

    def last_of_it(packet):
        message = packet.message
        given = message.block(BLOCK2) if message.is_response else None
        return (
            not packet.to_server and given is not None and given.number > 0 and not given.more
            and message.values(coap.ETAG) == first.values(coap.ETAG)
        )  # fmt: skip

    scene.relay.wait_for(last_of_it)
    parts = {}
    for packet in scene.relay.packets:
        message = packet.message
        given = message.block(BLOCK2) if not packet.to_server and message.is_response else None
        if given and given.number > 0 and message.values(coap.ETAG) == first.values(coap.ETAG):
            assert message.code_text == "2.05" and given.szx == block.szx
            assert not message.values(coap.OBSERVE), "RFC 7959 2.6: blocks of it are fetched without Observe"
            parts[given.offset] = message.payload
    body = first.payload
    while len(body) in parts:
        body += parts[len(body)]
    return body
