"""The last test of a run: tshark finds nothing wrong in the packets that Linnet sent (see capture.py)."""

import pytest
from support import run
from support.capture import RULES
from support.raw import RawClient


def judge(capture):
    """Returns the packets that break a rule. Sends one exchange of its own, so that the test can also run alone."""
    with run.demo() as server, RawClient(server.host, server.port) as client:
        run.linnet("get", f"coap://127.0.0.1:{server.port}/test")
        assert client.get("test").code_text == "2.05"
    capture.end()
    assert capture.count() >= 2, "Linnet's packets were captured"
    return capture.breaking(RULES)


@pytest.mark.last
def test_tshark_finds_nothing_wrong_in_any_packet_that_linnet_sent(capture):
    broken = judge(capture)
    assert not broken, "\n".join(["what tshark says; from; to; octets:", *broken[:40]])
