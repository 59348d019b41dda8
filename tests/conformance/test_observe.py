"""ETSI's descriptions TD_COAP_OBS_01 to 06: registration, notifications, and the ways in which an observation ends.

Linnet plays both roles, and each peer plays against it where it can. What changes "periodically" does so by itself at
Linnet's server and node-coap's; at coap-server another client puts new values. Nothing here depends on how long the
period is: the relay is asked until enough has happened.
"""

from descriptions import description
from observe_checks import Observation, never_two_outstanding
from observe_steps import LINNET_SERVES, observes, put, scene_put, stays_silent
from support import coap
from support.coap import CON, NON
from support.watching import free_port, watch

@description("TD_COAP_OBS_01")
def test_td_coap_obs_01_confirmable_notifications(scene):
    with watch(scene, "/obs") as watcher:
        observes(scene, watcher, 3)


@description("TD_COAP_OBS_02")
def test_td_coap_obs_02_non_confirmable_notifications(scene):
    with watch(scene, "/obs-non", confirmable=False) as watcher:
        observation = Observation(scene, "/obs-non", NON)
        if scene.server == "node-coap":
            scene.peer_is_wrong(
                'its notifications are acknowledgements. RFC 7641 4.5: "A notification can be sent in a confirmable or'
                ' a non-confirmable message"'
            )
            later = observation.answers(3)[1:]
            assert {one.type for one in later} == {coap.ACK}
            assert not any(one.payload.decode().strip() in watcher.text for one in later)
            return
        notifications = observation.notifications(2, NON)
        for one in notifications[:2]:
            watcher.shows(one.payload.decode())
    assert not scene.messages(lambda packet: packet.to_server and packet.message.code == 0), "nothing to acknowledge"


@description("TD_COAP_OBS_04", pairs=["linnet asks linnet"])
def test_td_coap_obs_04_the_client_registers_again_after_max_age(scene):
    with watch(scene, "/obs") as watcher:
        first = observes(scene, watcher, 1)
        scene.address.crash()
        scene.address.start_again()

        def again(packet):
            message = packet.message
            return (
                packet.to_server and message.is_request and message.mid != first.request.mid
                and message.number(coap.OBSERVE) == 0
            )  # fmt: skip

        request = scene.relay.wait_for(again, patience=120)[0].message
        assert (request.type, request.code, request.path) == (CON, coap.METHODS["GET"], ["obs"])
        assert request.token == first.request.token, "the token of the observation"
        assert request.values(coap.OBSERVE) == [b""]
        since = scene.messages().index(request)
        scene.relay.wait_for(lambda packet: not packet.to_server and packet.message.mid == request.mid)
        response = next(m for m in scene.messages()[since:] if m.is_response and m.token == request.token)
        assert (response.type, response.mid, response.code_text) == (coap.ACK, request.mid, "2.05")
        assert response.values(coap.CONTENT_FORMAT) and response.values(coap.OBSERVE)

        notified = lambda packet: first.is_answer(packet) and packet.message.mid not in known  # noqa: E731
        known = {message.mid for message in scene.messages(first.is_answer)}
        new = scene.relay.wait_for(notified, patience=60)[0].message
        first.response = response
        first.is_notification(new, response.number(coap.OBSERVE))
        first.are_acknowledged([new])
        watcher.shows(new.payload.decode())


@description("TD_COAP_OBS_05", pairs=LINNET_SERVES)
def test_td_coap_obs_05_the_server_gives_a_silent_client_up(scene):
    with watch(scene, "/obs") as watcher:
        observation = observes(scene, watcher, 1)
        watcher.kill()
        known = len(scene.messages(observation.is_answer))
        # MAX_RETRANSMIT is 4: five transmissions, and the time that the last one is waited for.
        scene.relay.wait_for(observation.is_answer, known + 5, patience=150)
    sent = scene.messages(observation.is_answer)[known - 1 :]
    numbers = [message.number(coap.OBSERVE) for message in sent]
    assert len(set(numbers)) > 1, "retransmissions have an updated Observe value"
    with scene.another_client() as other:
        other.socket.settimeout(90)
        other.get("obs", options=((coap.OBSERVE, b""),))
        for _ in range(11):  # of five seconds each: more than the 48 that a last transmission is waited for
            notification = other.receive()
            other.send(coap.empty(coap.ACK, notification.mid))
    after = scene.messages(observation.is_answer)[known:]
    assert 5 <= len(after) <= 6, f"it stops after the last time-out, {len(after)} transmissions"
    stays_silent(scene, observation)


# At the port of a client that was killed, another program answers what it does not know with a Reset.
@description("TD_COAP_OBS_06")
def test_td_coap_obs_06_a_reset_ends_the_observation(scene):
    port = free_port()
    with watch(scene, "/obs", port=port) as watcher:
        observation = observes(scene, watcher, 1)
        watcher.kill()
    with watch(scene, "/time", port=port, token="other") as reborn:
        if scene.server == "libcoap":
            scene_put(scene, put(b'"for nobody"', coap.JSON))

        def is_reset(packet):
            return packet.to_server and packet.message.type == coap.RST

        reset = scene.relay.wait_for(is_reset, patience=60)[0].message
        answers = scene.messages(observation.is_answer)
        rejected = next(message for message in answers if message.mid == reset.mid)
        assert reset == coap.empty(coap.RST, rejected.mid)
        stays_silent(scene, observation)
        if scene.server != "node-coap":  # there both resources have the same text
            assert rejected.payload.decode().strip() not in reborn.text


@description("TD_COAP_OBS_11", pairs=LINNET_SERVES, dropped_acks=lambda: [drop_acks(2)])
def test_td_coap_obs_11_one_notification_at_a_time_in_a_lossy_context(scene):
    with watch(scene, "/obs") as watcher:
        observation = Observation(scene)
        scene.relay.wait_for(lambda packet: packet.lost, 2, patience=90)
        delivered = observation.notifications(4)
        observation.are_acknowledged(delivered[2:4])
        watcher.shows(delivered[3].payload.decode())
    sent = scene.messages(observation.is_answer)
    assert len(sent) > len(set(sent)) or len(delivered) > 4, "something was sent again"
    for message, overlaps in never_two_outstanding(observation, scene.relay.packets):
        # Conflation (RFC 7641 4.5.2): a newer state takes the place of the one that is retransmitted.
        assert not overlaps or message in delivered


def drop_acks(count):
    """Loses the first acknowledgements of the client."""
    left = [count]

    def rule(packet):
        if left[0] and packet.to_server and packet.message.code == 0 and packet.message.type == coap.ACK:
            left[0] -= 1
            return "drop"
        return None

    return rule


