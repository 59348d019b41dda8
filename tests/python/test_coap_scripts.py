"""The scripts of the documents run unchanged, against real servers and clients in other processes and on other hosts.

Their output is compared with the lines that the specification gives; message IDs and the order of lines, which threads
print, are masked.
"""

import re
import time

import documents
import pytest
from coap_support import HOST, PATIENCE, RawServer, free_port, python
from support import coap, programs
from support.hosts import hosts

pytestmark = pytest.mark.skipif(not documents.are_here(), reason=documents.ABSENT)

LINKS = 'Payload: b\'</resource1>;obs;title="resource1";ct=0,</resource2>;ct=41;obs\''
CREATED = ["New resource has been created!", "URI: foo", "Mediatype: -1", "Max Age: -1", "ETAG: False", "ETAG value: 0"]


class Network:
    """The host that scripts run on, and the three that they name."""

    def __init__(self, mine, others):
        self.mine = mine
        self.one, self.first, self.second = others


@pytest.fixture(scope="module")
def network():
    with hosts("192.168.0.5", "192.168.0.234", "192.168.0.101", "192.168.0.102") as (mine, *others):
        yield Network(mine, others)


# Python's print() writes the end of a line by itself, and another thread's line may come between. Here lines are whole.
BOARD = """
import builtins, runpy, sys
builtins.print = lambda *what: sys.stdout.write(" ".join(map(str, what)) + "\\n")
runpy.run_module("network", run_name="__main__", alter_sys=True)
"""


class Script:
    """A script of a document, running on a host as on a board; test_micropython.py has other boards."""

    board = staticmethod(lambda path: python("-c", BOARD, path))
    ends_with = 0

    def __init__(self, host, folder, text, **more):
        path = folder / f"{len(list(folder.iterdir()))}.py"
        path.write_text(text, encoding="utf-8")
        self.program = host.start(*self.board(path), **more)

    def lines(self, count):
        """Its output when there are so many lines, sorted, with message IDs as N."""
        end = time.monotonic() + PATIENCE
        while len(self.output) < count and self.program.is_running and time.monotonic() < end:
            time.sleep(0.01)
        numbers = [line for line in self.output if line.isdigit()]
        told = [line[4:] for line in self.output if line.startswith("ID: ")]
        assert sorted(numbers) == sorted(told), self.program.output
        return sorted(re.sub(r"^(ID: )?\d+$", r"\1N", line) for line in self.output)

    @property
    def output(self):
        return self.program.output.splitlines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            assert self.program.stop() == self.ends_with, self.program.output
        finally:
            if self.program.is_running:
                self.program.kill()


def told(code, token, payload, type=2):
    """The lines that a script's response handler prints."""
    return [f"Code: {code}", "ID: N", f"Type: {type}", f"Token: {token!r}", f"Payload: {payload!r}"]


def ready(host, server):
    """Waits until a server on a host answers."""
    uri = f"coap://{server}/.well-known/core"
    for _ in range(100):
        if host.run(programs.linnet_path(), "get", uri, "--timeout", "0.3").returncode == 0:
            return
    raise AssertionError(f"nothing answers at {uri}")


class Running:
    """A program in the background, ended at the end."""

    def __init__(self, program):
        self.program = program

    def __enter__(self):
        return self.program

    def __exit__(self, *_):
        self.program.kill()


def libcoap(host):
    """libcoap's server with dynamic resources."""
    return Running(host.start("coap-server-notls", "-d", "10"))


def demo(host):
    return Running(host.start(programs.linnet_path(), "serve", "--demo", ready="listening on coap://"))


def get(host, uri, *options):
    return host.run("coap-client-notls", "-B", "5", *options, uri).stdout


def test_the_server_of_001_serves_and_tells_of_new_resources(network, tmp_path):
    with Script(network.one, tmp_path, documents.tutorial()[0]) as script:
        ready(network.mine, "192.168.0.234")
        uri = "coap://192.168.0.234"
        assert get(network.mine, f"{uri}/resource1") == "default_value\n"
        assert get(network.mine, f"{uri}/resource2").encode() == b"\0\n"
        assert f"Payload: b'{get(network.mine, f'{uri}/.well-known/core').strip()}'" == LINKS
        get(network.mine, f"{uri}/resource1", "-m", "put", "-e", "changed")
        assert get(network.mine, f"{uri}/resource1") == "changed\n"
        get(network.mine, f"{uri}/foo", "-m", "put", "-e", "hello")
        assert script.lines(7) == sorted([*CREATED, "Value: b'hello'"])
        shown = get(network.mine, f"{uri}/foo", "-v", "7")
        assert "c:2.05" in shown and "[ ETag:0x01, Content-Format:text/plain, Max-Age:100 ] :: 'hello'" in shown
        get(network.mine, f"{uri}/resource2", "-m", "delete")
        assert "4.04" in get(network.mine, f"{uri}/resource2", "-v", "7")
        discover = programs.linnet_path(), "discover", "coap://224.0.1.187", "--timeout", "8", "--format", "link"
        with Running(network.mine.start(*discover, ready="<coap://192.168.0.234/resource1>")):
            pass  # service discovery


def test_the_client_of_001_asks_linnets_server(network, tmp_path):
    with demo(network.one), Script(network.mine, tmp_path, documents.tutorial()[1]) as script:
        lines = script.lines(18)
    assert lines.count("N") == lines.count("ID: N") == lines.count("Type: 2") == 3
    assert lines.count("Code: 69") == 2 and "Code: 133" in lines, "the time of the demo is not to be set"
    for line in ("Token: b'token1'", "Token: b'token2'", "Token: b'token3'"):
        assert line in lines
    assert any(line.startswith("Payload: b'</.well-known/core>;ct=40,</>") for line in lines)
    assert any(re.match(r"Payload: b'\d{4}-\d\d-\d\d \d\d:\d\d'", line) for line in lines)


def test_the_client_of_001_asks_libcoaps_server(network, tmp_path):
    with libcoap(network.one):
        ready(network.mine, "192.168.0.234")
        with Script(network.mine, tmp_path, documents.tutorial()[1]) as script:
            lines = script.lines(18)
    assert lines.count("Code: 69") == 2 and "Code: 68" in lines or "Code: 65" in lines
    assert lines.count("N") == 3 and "Token: b'token3'" in lines
    assert any(line.startswith("Payload: b'</>;title=\"General Info\";ct=0,</time>") for line in lines)


def test_the_client_of_001_asks_the_server_of_001(network, tmp_path):
    with Script(network.one, tmp_path, documents.tutorial()[0]) as server:
        ready(network.mine, "192.168.0.234")
        with Script(network.mine, tmp_path, documents.tutorial()[1]) as client:
            lines = client.lines(18)
        created = [line.replace("foo", "time").replace("Mediatype: -1", "Mediatype: 0") for line in CREATED]
        assert server.lines(7) == sorted([*created, "Value: b'ABCD'"])
    first = [*told(69, b"token1", b"")[:-1], LINKS]
    assert lines == sorted(["N"] * 3 + first + told(132, b"token2", b"") + told(65, b"token3", b""))


def test_the_client_of_001_that_does_not_block_asks_two_servers(network, tmp_path):
    with libcoap(network.first), Script(network.second, tmp_path, documents.tutorial()[0]):
        ready(network.mine, "192.168.0.101")
        ready(network.mine, "192.168.0.102")
        with Script(network.mine, tmp_path, documents.tutorial()[2]) as script:
            lines = script.lines(30)
        assert get(network.mine, "coap://192.168.0.102/resource1") == "new_value\n"
    second = [*told(69, b"", b"")[:-1], LINKS, *told(69, b"", b"default_value"), *told(68, b"", b"")]
    assert lines.count("N") == 5 and lines.count("Token: b'session1'") == 2
    for line in set(second):
        assert lines.count(line) >= second.count(line), line


def test_the_snippet_of_001_sends_a_message_without_options(tmp_path):
    number = free_port()
    (tmp_path / "snippet.py").write_text(documents.tutorial()[3], encoding="utf-8")
    program = (
        "import runpy; from network import Coap; Coap.init();"
        f"session = Coap.new_client_session('{HOST}', {number});"
        f"print(runpy.run_path('{tmp_path}/snippet.py', dict(Coap=Coap, session=session))['id'])"
    )
    with RawServer(number) as peer:
        done = programs.run(*python("-c", program))
        sent = peer.receive()
    assert (done.returncode, done.stderr) == (0, "")
    expected = coap.Message(coap.CON, 1, int(done.stdout), b"\xbc\x61\x4e", (), b"abcd://server:1234/mypath.data")
    assert sent == expected


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    path = tmp_path_factory.mktemp("names") / "hosts"
    path.write_text("127.0.0.1 localhost\n192.168.0.234 server-ip-address\n")
    return path


def test_the_server_and_the_client_of_002_find_each_other(network, names, tmp_path):
    """The server has no thread and no loop: the module works in the background. The client says "server-ip-address",
    which is a name on its host."""
    server, client = documents.reference()
    with Script(network.one, tmp_path, server):
        ready(network.mine, "192.168.0.234")
        get(network.mine, "coap://192.168.0.234/made/here", "-m", "put", "-e", "hello")
        assert get(network.mine, "coap://192.168.0.234/made/here") == "hello\n"
        with Script(network.mine, tmp_path, client, names=names) as script:
            lines = script.lines(6)
    links = b"</resource1>;ct=0;obs,</made/here>;obs"
    assert lines == sorted(["N", *told(69, b"", links)])


def test_the_server_of_002_serves_under_pythons_own_prompt(network, tmp_path):
    """`python3 -i SCRIPT` is the other way to keep a script's process."""
    path = tmp_path / "server.py"
    path.write_text(documents.reference()[0], encoding="utf-8")
    words = network.one.words() + python("-i", "-c", f"exec(open('{path}').read()); print('ready', flush=True)")
    with programs.subprocess.Popen(
        words, stdin=programs.subprocess.PIPE, stdout=programs.subprocess.PIPE, stderr=programs.subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        assert get(network.mine, "coap://192.168.0.234/resource1") == "default_value\n"
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("server", (demo, libcoap))
def test_the_example_of_000_asks_a_server_and_is_one(network, server, tmp_path):
    with server(network.one):
        ready(network.mine, "192.168.0.234")
        with Script(network.mine, tmp_path, documents.oldest()) as script:
            lines = script.lines(6)
            assert get(network.one, "coap://192.168.0.5/resource1") == "default_value\n"
            get(network.one, "coap://192.168.0.5/resource2", "-m", "put", "-e", "changed")
            assert get(network.one, "coap://192.168.0.5/resource2") == "changed\n"
    assert lines[1:5] == ["ID: N", "N", lines[3], "Token: b'token1'"]
    assert lines[0] == "Code: 69" and lines[3].startswith("Payload: b'</") and lines[5] == "Type: 2"
