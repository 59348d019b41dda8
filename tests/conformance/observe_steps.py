"""The steps that many of ETSI's descriptions of observation share."""

from observe_checks import Observation
from support import coap
from support.coap import CON
from support.raw import new_mid

LINNET_SERVES = ("linnet asks linnet", "libcoap asks linnet", "node-coap asks linnet")


def observes(scene, watcher, count=2, path="/obs", type=CON):
    """The steps that most descriptions begin with: registration, and a loop of notifications that are shown."""
    observation = Observation(scene, path, type)
    watcher.shows(observation.response.payload.decode())
    for number in range(count if scene.server == "libcoap" else 0):
        before = observation.count()
        scene_put(scene, put(b'"change %d"' % (before + number), coap.JSON, path))
        observation.answers(before + 1)
    notifications = observation.notifications(count)
    for one in notifications[:count]:
        watcher.shows(one.payload.decode())
    observation.are_acknowledged(notifications[:count])
    return observation


def stays_silent(scene, observation, path="obs"):
    """While another client is sent two more notifications, this observation gets none."""

    def notified():
        return [message for message in scene.messages(observation.is_answer) if message.code_text == "2.05"]

    before = len(notified())
    with scene.another_client() as other:
        other.socket.settimeout(60)
        first = other.get(path, options=((coap.OBSERVE, b""),))
        assert first.code_text == "2.05" and first.values(coap.OBSERVE)
        for number in range(2):
            if scene.server == "libcoap":
                scene_put(scene, put(b'"more %d"' % number, coap.JSON, path))
            while (one := other.receive()).token != first.token or one.mid == first.mid:
                pass
            if one.type == CON:
                other.send(coap.empty(coap.ACK, one.mid))
    assert len(notified()) == before, "no further notification"


def put(payload, content_format, path="/obs"):
    options = ((coap.CONTENT_FORMAT, coap.uint(content_format)),)
    return coap.request("PUT", path, new_mid(), token=b"put", payload=payload, options=options)


def scene_put(scene, message):
    with scene.another_client() as writer:
        assert writer.ask(message).code_text == "2.04"
