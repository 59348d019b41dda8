"""The guided tour, typed line for line: that of ../shared/seeds where it is at hand, and ours in docs/python.md."""

import re
import sys

import pytest

from support import programs
from support.programs import ROOT
from tour import Network, Terminal, compare, steps

SEEDS = sorted((ROOT.parent / "shared/seeds").glob("003_*"))

# The seed has lost its links; specification "The tour, step by step" says what they were, and which of its outputs are
# missing. What stands here under a command is in place of what the seed shows.
RESTORED = {
    "$ ./\n": "$ linnet serve --demo\n",
    "$ ./aiocoap-client coap://localhost/others/separate": "$ linnet get coap://localhost/other/separate",
    "$ ./aiocoap-client ": "$ linnet get ",
    "from aiocoap import": "from linnet import",
    '("coap://localhost/time", "coap://", "coap://")':
        '("coap://localhost/time", "coap://localhost/validate", "coap://localhost/test")',
}
SHOWN = {
    "linnet get coap://localhost/other/separate": "Three rings for the elven kings...",
    "response.code.is_successful()": "True",
    "response.remote.is_multicast": "False",
    "response.payload": "b'Three rings for the elven kings...'",
    "run(main())": None,
}
PARALLEL = r"""Response from coap://localhost/(time|validate|test): b'.*'
Response from coap://localhost/(time|validate|test): b'.*'
Response from coap://localhost/(time|validate|test): b'.*'"""
SEPARATE = "<linnet.Message at 0x0123deadbef1: Type.CON 2.05 Content (ID 1, token b'x') remote <R>, 186 byte(s) payload>"


def links(text):
    """The attributes of each link."""
    parts = [[part.strip() for part in link.split(";")] for link in text.split(",") if link.strip()]
    return {target: frozenset(attributes) for target, *attributes in parts}


def restored(text):
    for lost, found in RESTORED.items():
        text = text.replace(lost, found)
    return text.replace("aiocoap.", "linnet.")


@pytest.mark.waits
def test_every_line_of_the_seed_works():
    if not SEEDS:
        pytest.skip("../shared/seeds is not at hand; our own tour covers the same calls")
    typed = steps(restored(SEEDS[0].read_text(encoding="utf-8")))
    assert len(typed) == 26, "all that the seed types"
    first = next(i for i, step in enumerate(typed) if "import asyncio" in step.lines[0])
    shell = [step for step in typed if step.prompt == "$ "]
    with Network() as network:
        assert shell[0].lines == ["linnet serve --demo"], "which runs already"
        for step in shell[1:]:
            came = network.shell(step.lines[0].replace("linnet", programs.linnet_path(), 1))
            if "/.well-known/core" in step.lines[0]:
                assert links(step.shown).items() <= {target: links(step.shown).get(target, attributes) & attributes
                                                     for target, attributes in links(came).items()}.items()
            else:
                compare(step, came, SHOWN.get(step.lines[0]))
        with Terminal(network, sys.executable, "-q", "-m", "asyncio") as python:
            for step in [step for step in typed[:first] if step.prompt == ">>> "]:
                if "protocol" in step.lines[0] and "python.protocol" not in vars(network):
                    setattr(network, "python.protocol", True)
                    assert python.type(["protocol = await Context.create_client_context()"]) == ""
                shown = SEPARATE if step.lines[0].startswith("await ") else None
                compare(step, python.type(step.lines), shown)
        with Terminal(network, sys.executable, "-q") as python:
            assert python.type(["from linnet import *"]) == ""
            for step in typed[first:]:
                play(python, step)


def play(python, step):
    came = python.type(step.lines)
    if step.lines[0] == "run(main())" and "Response from" in step.shown:
        assert re.fullmatch(PARALLEL, came.strip()), came
    elif step.lines[0] == "response.remote.hostinfo":
        assert came.strip() in ("'[::1]'", "'127.0.0.1'")
    elif "<linnet.Message" in step.shown:
        compare(step, came, SEPARATE)
    else:
        compare(step, came, SHOWN.get(step.lines[0]))


def blocks(text):
    """The fenced blocks of a document that show a terminal: (the interpreter or "", text)."""
    fences = re.findall(r"(?:<!-- session: (.*?) -->\n)?```(?:pycon|console)\n(.*?)```", text, re.DOTALL)
    return [(session, block) for session, block in fences]


@pytest.mark.waits
def test_every_line_of_our_own_tour_works():
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8").split("## Coming from aiocoap")[0]
    python, typed = None, 0
    with Network() as network:
        try:
            for session, block in blocks(text):
                if session:
                    if python:
                        python.close()
                    python = Terminal(network, sys.executable, "-q", *session.split()[1:])
                for step in steps(block):
                    typed += 1
                    if step.prompt == "$ ":
                        if step.lines != ["linnet serve --demo"]:
                            compare(step, network.shell(step.lines[0].replace("linnet", programs.linnet_path(), 1)))
                    else:
                        compare(step, python.type(step.lines))
        finally:
            if python:
                python.close()
    assert typed >= 25
