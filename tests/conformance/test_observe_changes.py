"""ETSI's descriptions TD_COAP_OBS_07 to 14 but 11: what happens to the resource, other requests, large resources."""

from descriptions import description
from observe_checks import Observation, whole_body
from observe_steps import LINNET_SERVES, observes, put, scene_put, stays_silent
from support import coap
from support.coap import BLOCK2
from support.raw import new_mid
from support.watching import watch


def format_of(observation):
    return observation.response.number(coap.CONTENT_FORMAT)


def put_again(scene, content_format):
    """What was there before the description began, so that the resource can be observed anew."""
    with scene.another_client() as other:
        answer = other.ask(put(b"change anew\n", content_format))
        assert answer.code_text in ("2.01", "2.04")


@description("TD_COAP_OBS_07")
def test_td_coap_obs_07_deletion_ends_the_observation(scene):
    with watch(scene, "/obs") as watcher:
        observation = observes(scene, watcher, 1)
        with scene.another_client() as other:
            deletion = other.ask(coap.request("DELETE", "obs", new_mid()))
            assert deletion.code_text == "2.02"
        if scene.server == "libcoap":
            scene.peer_differs("its last notification, 4.04, is non-confirmable, and at times it sends none")
        else:
            observation.are_acknowledged([observation.ends_with("4.04")])
        before = watcher.text.count("change")
        put_again(scene, format_of(observation))
        stays_silent(scene, observation)
        assert watcher.text.count("change") == before, "the client displays nothing further"


@description("TD_COAP_OBS_08", pairs=LINNET_SERVES)
def test_td_coap_obs_08_another_content_format_ends_the_observation(scene):
    with watch(scene, "/obs") as watcher:
        observation = observes(scene, watcher, 1)
        scene_put(scene, put(b'"in another format"', coap.JSON))
        last = observation.ends_with("4.06")
        observation.are_acknowledged([last])
        stays_silent(scene, observation)
        assert "in another format" not in watcher.text


@description("TD_COAP_OBS_09")
def test_td_coap_obs_09_a_new_value_is_notified(scene):
    with watch(scene, "/obs") as watcher:
        observation = observes(scene, watcher, 1)
        known = observation.count()
        scene_put(scene, put(b'"a new value"', format_of(observation)))
        notifications = observation.notifications(known)
        (new,) = [one for one in notifications if one.payload == b'"a new value"'][:1]
        observation.are_acknowledged([new])
        watcher.shows('"a new value"')


@description("TD_COAP_OBS_10")
def test_td_coap_obs_10_a_plain_get_does_not_end_the_observation(scene):
    with watch(scene, "/obs") as watcher:
        observation = observes(scene, watcher, 1)
        scene.ask("GET", "/obs")
        plain = [
            message
            for message in scene.messages(lambda packet: packet.to_server and packet.message.is_request)
            if not message.values(coap.OBSERVE)
        ][0]
        assert (plain.type, plain.code, plain.path) == (coap.CON, 1, scene.segments("/obs"))
        assert plain.token != observation.request.token or scene.client == "libcoap", "a token of its own"
        response = scene.relay.wait_for(
            lambda packet: not packet.to_server and packet.message.mid == plain.mid and packet.message.is_response
        )[0].message
        assert (response.type, response.code_text, response.token) == (coap.ACK, "2.05", plain.token)
        assert response.number(coap.CONTENT_FORMAT) == format_of(observation) and not response.values(coap.OBSERVE)
        known = observation.count()
        if scene.server == "libcoap":
            scene_put(scene, put(b'"still there"', format_of(observation)))
        notifications = observation.notifications(known)
        observation.are_acknowledged(notifications)
        watcher.shows(notifications[-1].payload.decode())


@description("TD_COAP_OBS_12")
def test_td_coap_obs_12_observe_1_ends_the_observation(scene):
    with watch(scene, "/obs", count=2) as watcher:
        observation = observes(scene, watcher, 1)

        def is_cancelling(packet):
            return packet.to_server and packet.message.is_request and packet.message.number(coap.OBSERVE) == 1

        farewell = scene.relay.wait_for(is_cancelling)[0].message
        assert (farewell.type, farewell.code, farewell.path) == (coap.CON, 1, scene.segments("/obs"))
        assert farewell.token == observation.request.token
        response = scene.relay.wait_for(
            lambda packet: not packet.to_server and packet.message.is_response and packet.message.mid == farewell.mid
        )[0].message
        assert (response.type, response.code_text, response.token) == (coap.ACK, "2.05", farewell.token)
        if scene.server == "linnet":
            assert response.number(coap.CONTENT_FORMAT) == format_of(observation)
        assert not response.values(coap.OBSERVE), "no Observe"
        watcher.finish()
        if scene.client == "linnet":
            assert watcher.program.process.returncode == 0
    if scene.server == "node-coap":
        scene.peer_is_wrong(
            'it goes on. RFC 7641 2: the value 1 "removes the entry from the list, if present"'
        )
        return
    stays_silent(scene, observation)


@description("TD_COAP_OBS_13", pairs=LINNET_SERVES)
def test_td_coap_obs_13_a_large_resource(scene):
    with watch(scene, "/obs-large") as watcher:
        observation = Observation(scene, "/obs-large")
        first = observation.response
        assert first.block(BLOCK2).more, "a resource larger than a block"
        shown_whole(scene, watcher, observation, first)
        notification = observation.notifications(1)[0]
        observation.are_acknowledged([notification])
        assert notification.block(BLOCK2).more and notification.block(BLOCK2).number == 0
        shown_whole(scene, watcher, observation, notification)


def shown_whole(scene, watcher, observation, first):
    body = whole_body(scene, observation, first)
    if scene.client == "node-coap" and first is not observation.response:
        scene.peer_differs("of a large notification its client asks for the rest, and from then on it shows none")
        return
    assert len(body) > first.block(BLOCK2).size
    watcher.shows(body.decode())


@description("TD_COAP_OBS_14", pairs=LINNET_SERVES)
def test_td_coap_obs_14_a_resource_of_changing_size(scene):
    with watch(scene, "/obs-pumping") as watcher:
        observation = Observation(scene, "/obs-pumping")
        notifications = observation.notifications(3)[:3]
        observation.are_acknowledged(notifications)
        sizes = {one.block(BLOCK2) is not None and one.block(BLOCK2).more for one in notifications}
        assert sizes == {True, False}, "some need Block2 and some do not"
        for one in notifications[:2]:
            if one.block(BLOCK2) and one.block(BLOCK2).more:
                shown_whole(scene, watcher, observation, one)
                if scene.client == "node-coap":
                    break  # from then on it shows none
            else:
                watcher.shows(one.payload.decode())
        if not (observation.response.block(BLOCK2) and observation.response.block(BLOCK2).more):
            the_first_response_may_be_large_too(scene, observation)


def the_first_response_may_be_large_too(scene, observation):
    """ETSI's note: "repeat test until the response to the initial request also has been observed both" ways."""
    known = observation.count()
    while not (last := observation.notifications(known)[-1]).block(BLOCK2) or not last.block(BLOCK2).more:
        known += 1
    with watch(scene, "/obs-pumping") as another:
        second = Observation(scene, "/obs-pumping", nth=1)
        assert second.response.block(BLOCK2).more
        shown_whole(scene, another, second, second.response)
