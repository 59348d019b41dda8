"""linnet serve --sessions: what clients see when the server is started again, after it was stopped or killed, and what is
said when the file cannot be used."""

import contextlib
import re

import pytest
from support import dtls, programs, run, secured

LISTENS = "listening on coaps://"


def command(port, file, *options):
    return [programs.linnet_path(), "serve", "--demo", "--bind", f"coaps://127.0.0.1:{port}", "--log-level", "info",
            "--sessions", file, *secured.PSK, *options]  # fmt: skip


@contextlib.contextmanager
def serving(port, file):
    server = programs.Server(*command(port, file), ready=LISTENS)
    try:
        yield server
    finally:
        if server.is_running:
            server.kill()


@contextlib.contextmanager
def client(*words):
    program = programs.Server(programs.linnet_path(), *words, *secured.PSK)
    try:
        yield program
    finally:
        if program.is_running:
            program.kill()


def records(relay):
    """What passed the relay: (client, to_server, record)."""
    return [
        (packet.client, packet.to_server, record)
        for packet in relay.packets
        for record in dtls.records(packet.octets)
    ]


def handshakes(relay):
    return len([record for _, _, record in records(relay) if record.message == dtls.CLIENT_HELLO])


def expect_no_number_twice(relay):
    """Of what each side wrote with its keys, a number stands for one record."""
    written = {}
    for client_, to_server, record in records(relay):
        if record.epoch == 1:
            written.setdefault((client_, to_server, record.sequence), set()).add(record.octets)
    assert written and all(len(octets) == 1 for octets in written.values())


def test_sessions_go_on_however_the_server_ended(tmp_path):
    """A ping and an observation, each over its one session, past two servers that were stopped and three that were
    killed: none is asked for a new handshake, and each is answered."""
    file, port = tmp_path / "sessions", secured.free_port()
    with secured.Relay("127.0.0.1", port, secured.free_port()) as relay:
        uri = f"coaps://127.0.0.1:{relay.port}"
        with contextlib.ExitStack() as programs_:
            server = programs_.enter_context(serving(port, file))
            pinging = programs_.enter_context(client("ping", uri, "--interval", "0.1"))
            observing = programs_.enter_context(client("observe", f"{uri}/obs"))
            pinging.wait_for(r"\b2\b.*ms")
            observing.wait_for("change")
            assert file.stat().st_mode & 0o777 == 0o600
            before = handshakes(relay)
            for way in ("stop", "kill", "kill", "stop", "kill"):
                assert getattr(server, way)() in (0, None)
                server = programs_.enter_context(serving(port, file))
                server.wait_for("2 secured sessions go on")
                seen = len(relay.packets)
                relay.wait_for(lambda packet: not packet.to_server and relay.recorded.index(packet) > seen)
            assert handshakes(relay) == before
            expect_no_number_twice(relay)
            assert pinging.is_running and observing.is_running


def test_a_second_server_with_the_same_file_is_refused(tmp_path):
    file, port = tmp_path / "sessions", secured.free_port()
    with serving(port, file) as server:
        told = programs.run(*command(0, file))
        assert told.returncode == 3 and f"cannot keep sessions in {file}: another server does" in told.stderr
        assert server.stop() == 0
    with serving(port, file):
        pass


def test_a_copy_is_not_gone_on_with(tmp_path):
    file, port = tmp_path / "sessions", secured.free_port()
    with serving(port, file) as server:
        assert run.linnet("get", f"coaps://127.0.0.1:{port}/whoami", *secured.PSK).returncode == 0
        server.kill()
    octets = file.read_bytes()
    file.unlink()
    file.touch(0o600)
    file.write_bytes(octets)
    with serving(port, file) as server:
        server.wait_for(re.escape(f"the sessions in {file} are dropped: the file is a copy"))
        assert run.linnet("get", f"coaps://127.0.0.1:{port}/whoami", *secured.PSK).returncode == 0


COMPLAINTS = {
    "another file": (lambda file: file.write_text("precious"), 0o600, "it is not a file of sessions"),
    "one that others may read": (lambda file: file.write_text(""), 0o644, "it is not yours alone"),
}


@pytest.mark.parametrize("which", COMPLAINTS)
def test_a_file_that_cannot_be_used_is_left_as_it_is(tmp_path, which):
    make, mode, complaint = COMPLAINTS[which]
    file = tmp_path / "sessions"
    make(file)
    file.chmod(mode)
    before = file.read_bytes()
    told = programs.run(*command(0, file))
    assert told.returncode == 3 and complaint in told.stderr and "hint:" in told.stderr
    assert file.read_bytes() == before


def test_sessions_without_keys_are_not_taken_in_silence(tmp_path):
    told = run.linnet("serve", "--demo", "--bind", "127.0.0.1:0", "--sessions", tmp_path / "sessions")
    assert told.returncode == 2 and "no keys" in told.stderr
    told = programs.run(*command(0, tmp_path / "none" / "sessions"))
    assert told.returncode == 3 and "No such file or directory" in told.stderr
