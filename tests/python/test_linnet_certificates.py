"""coaps:// in the package by certificates and raw public keys: with Linnet's command and with libcoap, in both roles, and
what each side is told when the other is not believed."""

import asyncio
import contextlib
import logging
import re

import pytest

import linnet
from linnet import *
from linnet import credentials, error, resource
from linnet.credentials import Certificate, CredentialsLoadError, CredentialsMap, RawPublicKey
from linnet_support import in_loop
from support import programs, secured
from support.programs import PATIENCE


class WhoAsks(resource.Resource):
    def render_get(self, request):
        return Message(payload=" ".join(request.remote.authenticated_claims).encode(), content_format=0)


@pytest.fixture(scope="module")
def authority():
    with secured.authority() as made:
        yield made


@pytest.fixture(scope="module")
def server(authority):
    return authority.issue("server", "127.0.0.1")


@pytest.fixture(scope="module")
def client(authority):
    return authority.issue("client", "client.example")


def entry(identity, authority=None, **more):
    """As JSON has it."""
    trusted = {} if authority is None else {"trusted": str(authority.file)}
    return {"certificate": {"certificate": str(identity.certificate), "private-key": str(identity.key), **trusted, **more}}


def believing(authority, **more):
    return {"coaps://*": {"certificate": {"trusted": str(authority.file), **more}}}


def raw(own=None, *trusted):
    made = {"private-key": str(own.key)} if own else {}
    return {"raw-public-key": {**made, "trusted": [str(each.public) for each in trusted]}}


@contextlib.asynccontextmanager
async def serving(server_credentials, **settings):
    """A site on coaps:// alone: the context, and its URI."""
    site = resource.Site()
    site.add_resource(["who"], WhoAsks())
    async with await Context.create_server_context(site, bind=("127.0.0.1", secured.free_port()),
                                                   server_credentials=server_credentials,
                                                   server_settings={"plain": False, **settings}) as context:
        yield context, context.server_uris[0]


async def ask(uri, client_credentials):
    async with await Context.create_client_context(client_credentials=client_credentials) as context:
        return await asyncio.wait_for(context.request(Message(code=GET, uri=uri)).response, PATIENCE)


async def in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


@in_loop
async def test_each_side_shows_its_certificate(authority, server, client):
    async with serving({":me": entry(server, authority)}) as (_, uri):
        mine = {"coaps://*": entry(client, authority)}
        assert (await ask(f"{uri}/who", mine)).payload == b"CN=client.example"
        octets = {name: open(path, "rb").read() for name, path in mine["coaps://*"]["certificate"].items()}
        as_bytes = Certificate(octets["certificate"], octets["private-key"], trusted=octets["trusted"])
        assert (await ask(f"{uri}/who", as_bytes)).payload == b"CN=client.example"


@in_loop
async def test_a_server_takes_clients_without_a_certificate_where_it_requires_none(authority, server, client):
    for how, claims in (entry(server), b""), (entry(server, authority, required=False), b""):
        async with serving({":me": how}) as (_, uri):
            assert (await ask(f"{uri}/who", believing(authority))).payload == claims
            assert (await ask(f"{uri}/who", {"coaps://*": {"tlscert": {"certfile": authority.file}}})).code is CONTENT


@in_loop
async def test_each_side_knows_the_others_raw_public_key(server, client):
    async with serving({":me": raw(server), ":lamp": raw(None, client)}) as (_, uri):
        assert (await ask(f"{uri}/who", {"coaps://*": raw(client, server)})).payload == b":lamp"


@in_loop
async def test_a_server_has_keys_and_certificates_of_several_names(authority, server, client):
    local = authority.issue("local", "localhost")
    psk = {"dtls": {"psk": {"ascii": "sesame"}, "client-identity": {"ascii": "password"}}}
    async with serving({":first": entry(server), ":second": entry(local), ":key": psk}) as (_, uri):
        host = uri.replace("127.0.0.1", "localhost")
        assert (await ask(f"{uri}/who", believing(authority))).code is CONTENT
        assert (await ask(f"{host}/who", believing(authority))).code is CONTENT
        assert (await ask(f"{uri}/who", {"coaps://*": psk})).payload == b":key"


@pytest.mark.parametrize("peer", secured.PEERS)
@in_loop
async def test_libcoaps_client_shows_its_certificate_to_python(peer, authority, server, client):
    async with serving({":me": entry(server, authority)}) as (_, uri):
        told = await in_thread(secured.coap_client, peer, "-m", "get", "-c", client.certificate, "-j", client.key,
                               "-R", authority.file, "-C", authority.file, f"{uri}/who")  # fmt: skip
        assert told.stdout.strip() == "CN=client.example", told.stderr


@pytest.mark.parametrize("peer", secured.PEERS)
@in_loop
async def test_python_shows_its_certificate_to_libcoaps_server(peer, authority, server, client):
    options = ("-c", server.certificate, "-j", server.key, "-R", authority.file, "-C", authority.file)
    with secured.coap_server(peer, *options) as place:
        response = await ask(f"{place.uri}/", {"coaps://*": entry(client, authority)})
        assert b"libcoap" in response.payload
        with pytest.raises(error.BadCertificate, match="of no authority that is trusted"):
            await ask(f"{place.uri}/", {"coaps://*": entry(client, trust_system=True)})


@in_loop
async def test_the_command_and_python_know_each_others_raw_public_keys(server, client):
    async with serving({":me": raw(server, client)}) as (_, uri):
        told = await in_thread(programs.run, programs.linnet_path(), "get", f"{uri}/who", "--rpk", "--key", client.key,
                               "--peer-key", server.public)  # fmt: skip
        assert told.stdout.strip() == ":me", told.stderr
    with secured.demo("--rpk", "--key", server.key, "--peer-key", client.public) as place:
        response = await ask(f"{place.uri}/secure", {"coaps://*": raw(client, server)})
        assert b"raw public key" in response.payload


def failing(authority, server, client):
    """Of each pair: the server's credentials, the client's, and the error and words of the client and of the server."""
    expired = authority.issue("expired", "127.0.0.1", days=-1)
    other = authority.issue("other", "other.example")
    key = {"dtls": {"psk": {"ascii": "sesame"}, "client-identity": {"ascii": "me"}}}
    wrong = {"dtls": {"psk": {"ascii": "wrong"}, "client-identity": {"ascii": "me"}}}
    stranger = {"dtls": {"psk": {"ascii": "sesame"}, "client-identity": {"ascii": "stranger"}}}
    bad = error.BadCertificate
    return {
        "expired": (entry(expired), believing(authority), (bad, "has expired"), (bad, "is expired")),
        "another name": (entry(other), believing(authority), (bad, "for another name"), (bad, "Certificate is bad")),
        "another authority": (entry(server), {"coaps://*": entry(client, trusted=str(client.certificate))},
                              (bad, "no authority that is trusted"), (bad, "CA is unknown")),
        "none shown": (entry(server, authority), believing(authority),
                       (bad, "wants a certificate"), (bad, "showed no certificate")),
        "an expired client": (entry(server, authority), {"coaps://*": entry(expired, authority)},
                              (bad, "Certificate is expired"), (bad, "has expired")),
        "unknown raw key": (raw(server, client), {"coaps://*": raw(client, client)},
                            (bad, "raw public key is not one"), (bad, "Unknown certificate")),
        "unknown raw key of a client": (raw(server, server), {"coaps://*": raw(client, server)},
                                        (bad, "ended the handshake"), (bad, "raw public key is not one")),
        "no common suite": (key, believing(authority), (error.NoCommonSuite, "Handshake failed"),
                            (error.NoCommonSuite, "no cipher suite that both sides offer")),
        "wrong key": (key, {"coaps://*": wrong}, (error.WrongKey, "keys differ"),
                      (error.WrongKey, "keys of the two sides differ: b'me'")),
        "unknown identity": (key, {"coaps://*": stranger}, (error.UnknownIdentity, "identity is not known"),
                             (error.UnknownIdentity, "no key for this identity: b'stranger'")),
    }  # fmt: skip


@in_loop
async def test_what_is_wrong_is_an_error_that_says_so_on_both_sides(authority, server, client, caplog):
    caplog.set_level(logging.INFO)
    for what, (servers, clients, to_client, to_server) in failing(authority, server, client).items():
        told = []
        caplog.clear()
        async with serving({":me": servers}, handshake_failed=lambda *both: told.append(both)) as (_, uri):
            with pytest.raises(to_client[0], match=to_client[1]) as raised:
                await ask(f"{uri}/who", clients)
            assert isinstance(raised.value, error.NetworkError) and raised.value.extra_help(), what
            for _ in range(100):
                if told:
                    break
                await asyncio.sleep(0.01)
        (peer, problem), = told
        assert peer.startswith("127.0.0.1:") and type(problem) is to_server[0], (what, problem)
        assert re.search(to_server[1], str(problem)), (what, problem)
        assert any("No secured session with" in line and str(problem) in line for line in caplog.messages), what


@pytest.mark.parametrize("given, complaint", (
    ({"certificate": {}}, "trusted, or trust_system"),
    ({"certificate": {"certificate": "/nonexistent", "private-key": "/nonexistent"}}, "/nonexistent: No such file"),
    ({"certificate": {"certificate": b"x"}}, "go together"),
    ({"certificate": {"trusted": b""}}, "nothing is in it"),
    ({"certificate": {"trusted": 5}}, "path of a file"),
    ({"certificate": {"trust": "x"}}, "not trust"),
    ({"certificate": []}, "takes an object"),
    ({"raw-public-key": {}}, "private_key or trusted"),
    ({"raw-public-key": {"trusted": ["/nonexistent"]}}, "No such file"),
    ({"tlscert": {}}, "certfile"),
    ({"oscore": {}}, "known are dtls, certificate, raw-public-key, tlscert"),
))  # fmt: skip
def test_entries_that_cannot_be_used_are_refused_when_they_are_loaded(given, complaint):
    keys = CredentialsMap()
    with pytest.raises(CredentialsLoadError, match=complaint):
        keys.load_from_dict({"coaps://*": given})
    assert not keys


@in_loop
async def test_what_only_the_library_can_see_is_an_error_too(authority, server, client):
    mixed = Certificate(server.certificate, client.key, trusted=authority.file)
    with pytest.raises(error.CredentialsMissingError, match="do not fit together"):
        await ask("coaps://127.0.0.1/", mixed)
    with pytest.raises(error.CredentialsMissingError):
        async with serving({":me": entry(server), ":broken": {"certificate": {"certificate": b"x", "private-key": b"y"}}}):
            pass
    with pytest.raises(CredentialsLoadError, match="certificates or one raw public key"):
        async with serving({":me": entry(server), ":other": raw(client)}):
            pass


@in_loop
async def test_dictionaries_that_are_none_are_the_outcome():
    class Strange:
        def credentials_from_request(self, request):
            return self

        def as_dtls(self):
            return self.given

    strange = Strange()
    async with await Context.create_client_context(client_credentials=strange) as context:
        for strange.given in None, {"psk": "text"}, {"trusted_keys": 5}, {"peer_name": b"x"}, {"peer_certificate": "x"}:
            with pytest.raises((TypeError, SystemError)):
                await asyncio.wait_for(context.request(Message(code=GET, uri="coaps://127.0.0.1/")).response, PATIENCE)
        strange.given = {"trusted_keys": (b"x",) * 257}
        with pytest.raises(ValueError, match="trusted_keys: more than 256"):
            await asyncio.wait_for(context.request(Message(code=GET, uri="coaps://127.0.0.1/")).response, PATIENCE)


def test_scripts_ask_with_certificates(authority, server, client):
    with secured.demo("--cert", server.certificate, "--key", server.key) as place:
        for given in Certificate(trusted=authority.file), Certificate(verify=False), believing(authority):
            assert linnet.get(f"{place.uri}/time", credentials=given).remote.scheme == "coaps"
        with pytest.raises(error.BadCertificate, match="of another name|for another name"):
            linnet.get(f"{place.uri}/time", credentials=Certificate(trusted=authority.file, peer_name="lamp.example"))
    with secured.demo("--rpk", "--key", server.key) as place:
        assert linnet.get(f"{place.uri}/time", credentials=RawPublicKey(trusted=server.public)).code is CONTENT
    assert credentials.credentials_map(RawPublicKey(trusted=server.public))
