"""The scripts of the documents in ../shared/seeds, byte for byte as they stand there.

A script comes to its end while its threads go on; a board then goes on, too. So they run under `python3 -m network`,
which does as a board does.
"""

import pathlib
import re

SEEDS = pathlib.Path(__file__).resolve().parents[3] / "shared" / "seeds"
ABSENT = f"the documents are not at {SEEDS.parent.name}/{SEEDS.name} beside the repository"


def are_here():
    return len(list(SEEDS.glob("00[012]_*.txt"))) == 3


def _text(number):
    return next(SEEDS.glob(f"{number}_*.txt")).read_text(encoding="utf-8")


def tutorial():
    """The four blocks of 001: a server, a client that blocks, one that does not, a request without options."""
    blocks = re.findall(r"^```python\n(.*?)^```", _text("001"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 4
    return blocks


def reference():
    """The server and the client of 002."""
    whole = _text("002")
    titles = "Usage Example of CoAp Server", "Usage Example of CoAp Client", "Initialization"
    titles = [whole.index(title) for title in titles]
    return [whole[at:end].split("\n", 1)[1] for at, end in zip(titles, titles[1:])]


# What 000 has lost on its way, as the specification says it: each line after the one that it belongs to.
_LOST = {
    "                    # Call which parses the incoming CoAp message": "                    Coap.read()",
    'r = Coap.add_resource("resource2", media_type=Coap.MEDIATYPE_APP_XML, etag=True)\n'
    "# Configure the possible operations on the resource": (
        "r.callback(Coap.REQUEST_GET | Coap.REQUEST_POST | Coap.REQUEST_PUT | Coap.REQUEST_DELETE, True)"
    ),
    "# Register the response handler for the requests that the module initiates as a CoAp Client": (
        "Coap.register_response_handler(response_callback)"
    ),
    'id = Coap.send_request("", Coap.REQUEST_GET, uri_port=5683, uri_path=".well-known/core", payload="payload", '
    'token="token1", include_options=True)': "print(id)",
}


def oldest():
    """The example of 000, with its lost lines and the host put back."""
    whole = _text("000")
    script = whole[whole.index("Usage Example") : whole.index("Coap.init(address, *,")].split("\n", 1)[1]
    for line, lost in _LOST.items():
        assert script.count(line) == 1, line
        script = script.replace(line, f"{line}\n{lost}")
    return script.replace('Coap.send_request("", ', 'Coap.send_request("192.168.0.234", ')
