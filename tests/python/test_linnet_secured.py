"""coaps:// in the package: with Linnet's command, and with libcoap on OpenSSL and on GnuTLS, each in both roles."""

import asyncio
import contextlib
import logging

import pytest

import linnet
from linnet import *
from linnet import credentials, error, resource
from linnet_support import in_loop, open_descriptors
from support import programs, secured
from support.programs import PATIENCE

IDENTITY, KEY = "password", "sesame"
LARGE = b"0123456789abcdef" * 300


def keys(identity=IDENTITY, key=KEY, pattern="coaps://*"):
    return {pattern: {"dtls": {"psk": {"ascii": key}, "client-identity": {"ascii": identity}}}}


class WhoAsks(resource.Resource):
    def render_get(self, request):
        remote = request.remote
        return Message(payload=" ".join([remote.scheme, *remote.authenticated_claims]).encode(), content_format=0)


class Value(resource.ObservableResource):
    content = b"first"

    def render_get(self, request):
        return Message(payload=self.content, content_format=0)

    async def render_put(self, request):
        self.content = request.payload
        self.updated_state()
        return Message()


@contextlib.asynccontextmanager
async def serving(server_credentials=None, **settings):
    """A site on coap:// and coaps://: the context, and a URI of each."""
    site = resource.Site()
    for path, each in {"who": WhoAsks(), "value": Value()}.items():
        site.add_resource([path], each)
    port = secured.free_port(2)
    given = keys(pattern=":me") if server_credentials is None else server_credentials
    async with await Context.create_server_context(site, bind=("127.0.0.1", port), server_credentials=given,
                                                   **settings) as context:
        yield context, *context.server_uris


async def ask(context, uri, code=GET, **more):
    return await asyncio.wait_for(context.request(Message(code=code, uri=uri, **more)).response, PATIENCE)


async def in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


@in_loop
async def test_python_asks_linnets_server():
    with secured.demo(*secured.PSK) as place:
        async with await Context.create_client_context() as context:
            context.client_credentials.load_from_dict(keys())
            response = await ask(context, f"{place.uri}/time")
            assert response.code is CONTENT and response.get_request_uri() == f"{place.uri}/time"
            assert response.remote.scheme == "coaps" and response.remote.uri_base == place.uri
            assert (await ask(context, f"{place.uri}/other/block", PUT, payload=LARGE)).code is CHANGED
            assert (await ask(context, f"{place.uri}/other/block")).payload == LARGE
            again = Message(code=GET, uri_path=["time"])
            again.remote = response.remote
            assert (await context.request(again).response).code is CONTENT, "to the same remote"


@pytest.mark.parametrize("peer", secured.PEERS)
@in_loop
async def test_python_asks_libcoaps_server(peer):
    with secured.coap_server(peer, "-k", KEY, "-h", "hint") as place:
        async with await Context.create_client_context(client_credentials=keys()) as context:
            assert b"libcoap" in (await ask(context, place.uri + "/")).payload
            assert (await ask(context, f"{place.uri}/big", PUT, payload=LARGE)).code.is_successful()
            assert (await ask(context, f"{place.uri}/big")).payload == LARGE


@pytest.mark.parametrize("peer", secured.PEERS)
@in_loop
async def test_libcoaps_client_asks_python(peer):
    async with serving() as (_, _, uri):
        async def client(*words):
            return await in_thread(secured.coap_client, peer, "-u", IDENTITY, "-k", KEY, *words)

        assert (await client("-m", "get", f"{uri}/who")).stdout.strip() == "coaps :me"
        await client("-m", "put", "-e", "second", f"{uri}/value")
        assert (await client("-m", "get", f"{uri}/value")).stdout.strip() == "second"


def keys_in(file):
    """Those of all sessions in a file of --sessions: another handshake would have made others."""
    octets, size = file.read_bytes(), 256
    slots = [octets[at : at + size] for at in range(size, len(octets), size)]
    return {slot[72:112] for slot in slots if any(slot[:8])}


@in_loop
async def test_a_thousand_sessions_go_on_when_the_server_is_killed(tmp_path):
    file, port, count = tmp_path / "sessions", secured.free_port(), 1000
    command = [programs.linnet_path(), "serve", "--demo", "--bind", f"coaps://0.0.0.0:{port}", "--log-level", "info",
               "--sessions", file, *secured.PSK]  # fmt: skip
    uris = [f"coaps://127.0.{1 + each // 250}.{1 + each % 250}:{port}/whoami" for each in range(count)]
    seen = []
    async with await Context.create_client_context(client_credentials=keys()) as context:
        for _ in range(3):
            server = programs.Server(*command, ready="listening on coaps://")
            try:
                for first in range(0, count, 50):
                    answers = await asyncio.gather(*[ask(context, uri) for uri in uris[first : first + 50]])
                    assert all(b"pre-shared key" in answer.payload for answer in answers)
                if seen:
                    server.wait_for(f"{count} secured sessions go on")
            finally:
                server.kill()
            seen.append(keys_in(file))
    assert len(seen[0]) == count and seen[0] == seen[1] == seen[2]


@in_loop
async def test_the_command_asks_python_and_each_side_says_why_it_fails(caplog):
    caplog.set_level(logging.INFO)
    async with serving() as (_, plain, uri):
        async def get(uri, *words):
            return await in_thread(programs.run, programs.linnet_path(), "get", uri, *words)

        assert (await get(f"{plain}/who")).stdout.strip() == "coap"
        assert (await get(f"{uri}/who", *secured.PSK)).stdout.strip() == "coaps :me"
        told = await get(f"{uri}/who", "--psk-identity", IDENTITY, "--psk-key", "wrong")
        assert told.returncode != 0 and "another pre-shared key" in told.stderr
        told = await get(f"{uri}/who", "--psk-identity", "other", "--psk-key", KEY)
        assert told.returncode != 0 and "no key for this identity" in told.stderr
    for text in "the keys of the two sides differ: b'password'", "there is no key for this identity: b'other'":
        assert any("No secured session with 127.0.0.1" in line and text in line for line in caplog.messages), caplog.messages


@pytest.mark.parametrize("given, kind, word", (
    (keys(key="wrong"), error.WrongKey, "key"),
    (keys(identity="other"), error.UnknownIdentity, "identity"),
    (keys(pattern="coaps://elsewhere/*"), error.CredentialsMissingError, "coaps://127.0.0.1"),
    (keys(pattern="coaps://elsewhere/*"), credentials.CredentialsMissingError, "no credentials"),
    ({"coaps://*": ":nothing"}, error.CredentialsMissingError, ":nothing"),
))
@in_loop
async def test_what_is_wrong_with_the_keys_is_an_error_with_help(given, kind, word):
    async with serving() as (_, _, uri):
        async with await Context.create_client_context(client_credentials=given) as context:
            with pytest.raises(kind, match=word) as raised:
                await ask(context, f"{uri}/who")
            assert isinstance(raised.value, error.NetworkError) and raised.value.extra_help()


@in_loop
async def test_a_server_that_drops_what_another_key_wrote_is_a_time_out():
    """As OpenSSL does; the time-out that one sets holds for handshakes, too."""
    with secured.coap_server("openssl", "-k", KEY, "-h", "hint") as place:
        async with await Context.create_client_context(client_credentials=keys(key="wrong")) as context:
            with pytest.raises(error.TimeoutError) as raised:
                await context.request(Message(code=GET, uri=place.uri + "/"), timeout=0.3).response
            assert raised.value.extra_help()


@in_loop
async def test_a_map_may_change_the_message_that_it_is_asked_about():
    class Changing(credentials.CredentialsMap):
        def credentials_from_request(self, request):
            request.payload = b"changed " * 100
            return super().credentials_from_request(request)

    changing = Changing()
    changing.load_from_dict(keys())
    async with serving() as (_, plain, uri):
        async with await Context.create_client_context(client_credentials=changing) as context:
            assert (await ask(context, f"{uri}/value", PUT, payload=b"y" * 800)).code is CHANGED
            assert (await ask(context, f"{plain}/value")).payload == b"changed " * 100


@in_loop
async def test_each_uri_has_its_own_keys_and_may_get_others():
    both = {":a": keys("alice", "a")["coaps://*"], ":b": keys("bob", "b")["coaps://*"]}
    async with serving(both) as (server, plain, uri):
        async with await Context.create_client_context() as context:
            context.client_credentials.load_from_dict({"coaps://*": ":alice", ":alice": both[":a"],
                                                       f"{uri}/value*": both[":b"]})
            assert (await ask(context, f"{uri}/who")).payload == b"coaps :a"
            assert (await ask(context, f"{uri}/value")).code is CONTENT
            context.client_credentials.load_from_dict({":alice": both[":b"]})
            assert (await ask(context, f"{uri}/who")).payload == b"coaps :b"
            server.server_credentials.load_from_dict({":b": None, ":new": both[":b"]})
            assert (await ask(context, f"{uri}/who")).payload == b"coaps :new"
            server.server_credentials.load_from_dict({":new": None})
            assert (await ask(context, f"{uri}/who")).payload == b"coaps", "a key that is withdrawn claims nothing"
            assert (await ask(context, f"{plain}/who")).payload == b"coap"


@in_loop
async def test_an_answer_in_blocks_is_kept_for_its_session_alone():
    class Whose(resource.Resource):
        def render_get(self, request):
            return Message(payload=(request.remote.authenticated_claims[0] * 1000).encode())

    both = {"alice": keys("alice", "a")["coaps://*"], "bobby": keys("bobby", "b")["coaps://*"]}
    async with serving(both) as (server, _, uri):
        server.serversite.add_resource(["whose"], Whose())
        async with await Context.create_client_context() as context:
            for name, entry in both.items():
                context.client_credentials.load_from_dict({"coaps://*": entry})
                assert (await ask(context, f"{uri}/whose")).payload == name.encode() * 1000


@in_loop
async def test_an_observation_is_notified_over_its_session():
    async with serving() as (_, plain, uri):
        async with await Context.create_client_context(client_credentials=keys()) as context:
            request = context.request(Message(code=GET, uri=f"{uri}/value", observe=0))
            assert (await request.response).payload == b"first"
            assert (await ask(context, f"{plain}/value", PUT, payload=b"second")).code is CHANGED
            notification = await asyncio.wait_for(aiter(request.observation).__anext__(), PATIENCE)
            assert notification.payload == b"second" and notification.remote.scheme == "coaps"
            request.observation.cancel()


@in_loop
async def test_a_server_may_have_coaps_alone_and_then_on_the_port_given():
    port = secured.free_port()
    settings = {"bind": ("127.0.0.1", port), "server_settings": {"plain": False}}
    async with await Context.create_server_context(resource.Site(), server_credentials=keys(), **settings) as context:
        assert context.server_uris == [f"coaps://127.0.0.1:{port}"]
        assert context.server_addresses == [("127.0.0.1", port)]
    with pytest.raises(ValueError, match="server_credentials"):
        await Context.create_server_context(resource.Site(), **settings)


@in_loop
async def test_a_port_that_is_taken_leaves_nothing_open():
    async with serving() as (context, _, _):
        port = context.server_addresses[1][1]
        before = open_descriptors()
        with pytest.raises(error.NetworkError, match=f"coaps://127.0.0.1:{port}"):
            await Context.create_server_context(resource.Site(), bind=("127.0.0.1", port), server_credentials=keys(),
                                                server_settings={"plain": False})
        assert open_descriptors() == before


@in_loop
async def test_what_a_look_up_raises_is_an_unknown_identity(monkeypatch):
    seen = []
    monkeypatch.setattr("sys.unraisablehook", seen.append)

    class Broken(credentials.CredentialsMap):
        def find_dtls_psk(self, identity):
            raise self.problem

    broken = Broken()
    async with serving(broken) as (_, _, uri):
        async with await Context.create_client_context(client_credentials=keys()) as context:
            for broken.problem in ZeroDivisionError("on purpose"), KeyError("unknown"):
                with pytest.raises(error.UnknownIdentity):
                    await ask(context, f"{uri}/who")
    assert [each.exc_type for each in seen] == [ZeroDivisionError]


def test_keys_and_identities_have_the_sizes_that_are_possible():
    for wrong in keys(key=""), keys(key="k" * 65), keys(identity=""), keys(identity="i" * 129):
        with pytest.raises(credentials.CredentialsLoadError, match="octets"):
            credentials.CredentialsMap().load_from_dict(wrong)
    credentials.CredentialsMap().load_from_dict(keys("i" * 128, "k" * 64))


@in_loop
async def test_credentials_that_are_none_are_the_outcome():
    class Strange:
        def credentials_from_request(self, request):
            return self

        def as_dtls_psk(self):
            return self.pair

    strange = Strange()
    async with await Context.create_client_context(client_credentials=strange) as context:
        for strange.pair in None, ("text", b"key"), (b"one",):
            with pytest.raises(TypeError):
                await ask(context, "coaps://127.0.0.1/")
        strange.pair = b"me", b"k" * 1000
        with pytest.raises(error.CredentialsMissingError):
            await ask(context, "coaps://127.0.0.1/")


def test_scripts_ask_with_credentials():
    with secured.demo(*secured.PSK) as place:
        one = credentials.DTLS(KEY.encode(), IDENTITY.encode())
        for given in one, keys(), credentials.credentials_map(keys()):
            assert linnet.get(f"{place.uri}/time", credentials=given).remote.scheme == "coaps"
        with pytest.raises(error.WrongKey):
            linnet.get(f"{place.uri}/time", credentials=keys(key="wrong"))
        with pytest.raises(error.CredentialsMissingError):
            linnet.get(f"{place.uri}/time")
