"""Sites of Python resources, asked by Python and by raw datagrams."""

import asyncio
import gc
import logging
import random

import pytest

import linnet
from linnet import *
from linnet import error, resource
from linnet_support import AsyncSocket, in_loop, open_descriptors, serving
from support import coap


class Echo(resource.Resource):
    """Says what it was asked, by every method."""

    async def render(self, request):
        text = f"{request.code} {'/'.join(request.opt.uri_path)} {'&'.join(request.opt.uri_query)} {len(request.payload)}"
        return Message(code=CONTENT, payload=text.encode())


class Every(resource.Resource):
    async def render_get(self, request):
        return Message(payload=b"got")

    render_put = render_post = render_delete = render_fetch = render_patch = render_ipatch = render_get


class Slow(resource.Resource):
    def __init__(self, seconds):
        super().__init__()
        self.seconds, self.cancelled = seconds, 0

    async def render_get(self, request):
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return Message(payload=b"at last")


class Stored(resource.Resource):
    def __init__(self, content=b""):
        super().__init__()
        self.content, self.asked = content, 0

    async def render_get(self, request):
        self.asked += 1
        return Message(payload=self.content, content_format=0)

    async def render_put(self, request):
        self.content = request.payload
        return Message()


async def ask(context, code, uri, **more):
    return await context.request(Message(code=code, uri=uri, **more)).response


@in_loop
async def test_the_code_is_that_of_the_method_where_the_handler_gives_none():
    async with serving({"every": Every()}) as (_, context, uri):
        expected = {GET: CONTENT, FETCH: CONTENT, PUT: CHANGED, POST: CHANGED, PATCH: CHANGED, iPATCH: CHANGED,
                    DELETE: DELETED}
        for method, code in expected.items():
            assert (await ask(context, method, f"{uri}/every")).code is code


@in_loop
async def test_a_method_that_is_not_there_and_a_path_that_is_not_there():
    async with serving({"slow": Slow(0), "a/b": Every()}) as (_, context, uri):
        assert (await ask(context, PUT, f"{uri}/slow")).code is METHOD_NOT_ALLOWED
        for path in "", "/none", "/a", "/a/b/c", "/a/b/":
            assert (await ask(context, GET, uri + path)).code is NOT_FOUND


@in_loop
async def test_a_slow_handler_holds_up_nobody_and_is_answered_separately():
    async with serving({"slow": Slow(0.3), "quick": Every()}) as (_, context, uri):
        port = context.server_addresses[0][1]
        with AsyncSocket(port) as client:
            client.send(coap.request("GET", "slow", 7).encode())
            assert coap.decode(await client.receive()).code == 0, "an empty acknowledgement"
            assert (await ask(context, GET, f"{uri}/quick")).payload == b"got"
            later = coap.decode(await client.receive())
            assert (later.type, later.payload) == (coap.CON, b"at last")
            client.send(coap.empty(coap.ACK, later.mid).encode())


@in_loop
async def test_a_plain_function_is_a_handler_too():
    class Plain(resource.Resource):
        def render_get(self, request):
            return Message(payload=b"at once")

        def render_put(self, request):
            raise error.Conflict("no")

        def render_post(self, request):
            return asyncio.sleep(0)

    async with serving({"plain": Plain()}) as (_, context, uri):
        assert (await ask(context, GET, f"{uri}/plain")).payload == b"at once"
        refused = await ask(context, PUT, f"{uri}/plain", payload=b"x")
        assert (refused.code, refused.payload) == (CONFLICT, b"no")
        assert (await ask(context, POST, f"{uri}/plain")).code is INTERNAL_SERVER_ERROR


@in_loop
async def test_an_exception_is_logged_and_answered_with_5_00(caplog):
    class Faulty(resource.Resource):
        async def render_get(self, request):
            raise KeyError("secret")

        def render_put(self, request):
            raise KeyError("secret")

        async def render_post(self, request):
            return "no message"

        async def render_delete(self, request):
            return None

    async with serving({"faulty": Faulty()}) as (_, context, uri):
        for method in GET, PUT, POST, DELETE:
            answer = await ask(context, method, f"{uri}/faulty")
            assert (answer.code, answer.payload) == (INTERNAL_SERVER_ERROR, b"")
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 4 and all(record.name == "coap-server" and record.exc_info for record in errors)
    assert "secret" in caplog.text


@in_loop
async def test_errors_are_raised_as_exceptions():
    class Raising(resource.Resource):
        async def render_get(self, request):
            raise getattr(error, request.opt.uri_query[0])("why")

    async with serving({"r": Raising()}) as (_, context, uri):
        for name, code in {"BadRequest": BAD_REQUEST, "Forbidden": FORBIDDEN, "TooManyRequests": TOO_MANY_REQUESTS,
                           "ServiceUnavailable": SERVICE_UNAVAILABLE, "GatewayTimeout": GATEWAY_TIMEOUT}.items():
            answer = await ask(context, GET, f"{uri}/r?{name}")
            assert (answer.code, answer.payload) == (code, b"why")


@in_loop
async def test_requests_know_their_way():
    seen = []

    class Looking(resource.Resource):
        async def render_get(self, request):
            seen.append(request)
            return Message()

    async with serving({"deep/down": Looking()}) as (_, context, uri):
        await ask(context, GET, f"{uri}/deep/down?a=1&b", accept=50)
        (request,) = seen
        assert request.get_request_uri() == f"{uri}/deep/down?a=1&b"
        assert (request.opt.uri_path, request.opt.uri_query, request.opt.accept) == ((), ("a=1", "b"), 50)
        assert request.remote.hostinfo_local == uri.removeprefix("coap://") and request.remote.scheme == "coap"
        assert request.remote.hostinfo.startswith("127.0.0.1:") and request.mtype is CON
        assert len({request.remote, request.remote}) == 1 and list(request.remote.authenticated_claims) == []


@in_loop
async def test_large_bodies_come_and_go_block_by_block():
    stored = Stored()
    async with serving({"stored": stored}) as (_, context, uri):
        body = random.Random(1).randbytes(300000)
        assert (await ask(context, PUT, f"{uri}/stored", payload=body)).code is CHANGED
        assert stored.content == body
        assert (await ask(context, GET, f"{uri}/stored")).payload == body


@in_loop
async def test_a_request_body_above_the_limit_is_refused():
    async with serving({"stored": Stored()}, server_settings={"max_body_size": 10000}) as (_, context, uri):
        assert (await ask(context, PUT, f"{uri}/stored", payload=b"x" * 20000)).code is REQUEST_ENTITY_TOO_LARGE


@in_loop
async def test_preconditions_are_judged_by_what_a_get_says():
    class Tagged(Stored):
        async def render_get(self, request):
            if not self.content:
                raise error.NotFound()
            return Message(payload=self.content, etag=b"v1")

    async with serving({"t": Tagged()}) as (_, context, uri):
        assert (await ask(context, PUT, f"{uri}/t", payload=b"x", if_match=[b"v1"])).code is PRECONDITION_FAILED
        assert (await ask(context, PUT, f"{uri}/t", payload=b"x", if_none_match=True)).code is CHANGED
        assert (await ask(context, PUT, f"{uri}/t", payload=b"y", if_none_match=True)).code is PRECONDITION_FAILED
        assert (await ask(context, PUT, f"{uri}/t", payload=b"y", if_match=[b"v2"])).code is PRECONDITION_FAILED
        assert (await ask(context, PUT, f"{uri}/t", payload=b"y", if_match=[b"v0", b"v1"])).code is CHANGED
        assert (await ask(context, PUT, f"{uri}/t", payload=b"z", if_match=[b""])).code is CHANGED
        assert (await ask(context, GET, f"{uri}/t", etags=[b"v1"])).code is VALID


@in_loop
async def test_an_unknown_critical_option_is_refused_with_4_02():
    async with serving({"every": Every()}) as (_, context, _):
        with AsyncSocket(context.server_addresses[0][1]) as client:
            client.send(coap.request("GET", "every", 9, options=((65001, b"x"),)).encode())
            assert coap.decode(await client.receive()).code_text == "4.02"


@in_loop
async def test_resources_come_and_go_while_they_are_served():
    async with serving({}) as (site, context, uri):
        assert (await ask(context, GET, f"{uri}/new")).code is NOT_FOUND
        site.add_resource(["new"], Every())
        assert (await ask(context, GET, f"{uri}/new")).payload == b"got"
        site.add_resource(["new"], Stored(b"another"))
        assert (await ask(context, GET, f"{uri}/new")).payload == b"another"
        site.remove_resource(["new"])
        assert (await ask(context, GET, f"{uri}/new")).code is NOT_FOUND
        with pytest.raises(KeyError):
            site.remove_resource(["new"])
        for path in "text", ["a/b"], [b"octets"]:
            with pytest.raises(ValueError):
                site.add_resource(path, Every())
                site.remove_resource(path)


@in_loop
async def test_a_handler_may_remove_its_own_resource():
    class Once(resource.Resource):
        def render_get(self, request):
            site.remove_resource(["once"])
            return Message(payload=b"once")

    async with serving({"once": Once()}) as (site, context, uri):
        assert (await ask(context, GET, f"{uri}/once")).payload == b"once"
        assert (await ask(context, GET, f"{uri}/once")).code is NOT_FOUND


@in_loop
async def test_sites_are_nested_and_their_resources_come_and_go():
    inner = resource.Site()
    inner.add_resource([], Stored(b"root"))
    inner.add_resource(["x"], Stored(b"x"))
    async with serving({"in": inner, "in/y": Stored(b"y")}) as (site, context, uri):
        assert (await ask(context, GET, f"{uri}/in/")).payload == b"root"
        assert (await ask(context, GET, f"{uri}/in/x")).payload == b"x"
        assert (await ask(context, GET, f"{uri}/in/y")).payload == b"y"
        assert (await ask(context, GET, f"{uri}/in")).code is NOT_FOUND
        inner.add_resource(["z"], Stored(b"z"))
        assert (await ask(context, GET, f"{uri}/in/z")).payload == b"z"
        site.remove_resource(["in"])
        assert (await ask(context, GET, f"{uri}/in/z")).code is NOT_FOUND
        inner.add_resource(["late"], Stored())
        assert (await ask(context, GET, f"{uri}/in/late")).code is NOT_FOUND


@in_loop
async def test_a_resource_for_every_path_below_its_own_is_given_the_rest():
    class Below(Echo, resource.PathCapable):
        pass

    async with serving({"files": Below()}) as (_, context, uri):
        assert (await ask(context, GET, f"{uri}/files/a/b?c")).payload == b"GET a/b c 0"
        assert (await ask(context, POST, f"{uri}/files", payload=b"12")).payload == b"POST   2"


@in_loop
async def test_any_object_that_renders_may_be_the_whole_site():
    async with await Context.create_server_context(Echo(), bind=("127.0.0.1", 0)) as context:
        uri = f"coap://127.0.0.1:{context.server_addresses[0][1]}"
        assert (await ask(context, GET, f"{uri}/a/b")).payload == b"GET a/b  0"
        assert (await ask(context, GET, uri)).payload == b"GET   0"


@in_loop
async def test_discovery_lists_what_is_there_and_filters():
    class Lamp(Every):
        rt, if_, ct = "light lamp", "switch", 0

    class Hidden(Every):
        def get_link_description(self):
            return None

    async with serving({"lamp": Lamp(), "hidden": Hidden(), "obs": resource.ObservableResource()}) as (site, context, uri):
        site.add_resource([".well-known", "core"], resource.WKCResource(site.get_resources_as_linkheader, "https://x/"))
        core = f"{uri}/.well-known/core"
        listed = await ask(context, GET, core)
        assert listed.opt.content_format == 40
        assert listed.payload == (b'</lamp>; ct=0; rt="light lamp"; if="switch", </obs>; obs, '
                                  b'</.well-known/core>; ct=40, <https://x/>; rel="impl-info"')
        for query, links in {"rt=lamp": "lamp", "rt=li*": "lamp", "if=none": "", "href=/obs": "obs", "obs": "obs",
                             "href=/l*": "lamp", "ct=0": "lamp"}.items():
            found = (await ask(context, GET, f"{core}?{query}")).payload.decode()
            assert [link.split(">")[0] for link in found.split(", ") if link] == ([f"</{links}"] if links else [])
        assert (await ask(context, GET, core, accept=60)).code is NOT_ACCEPTABLE


@in_loop
async def test_a_duplicate_is_answered_again_but_not_run_again():
    stored = Stored(b"x")
    async with serving({"s": stored}) as (_, context, _):
        with AsyncSocket(context.server_addresses[0][1]) as client:
            answers = set()
            for _ in range(2):
                client.send(coap.request("GET", "s", 77, token=b"t").encode())
                answers.add(await client.receive())
            assert stored.asked == 1 and len(answers) == 1


@in_loop
async def test_shutting_down_cancels_handlers_that_still_run(caplog):
    slow = Slow(1000)
    async with serving({"slow": slow}) as (_, context, uri):
        client = await Context.create_client_context()
        waiting = client.request(Message(code=GET, uri=f"{uri}/slow")).response
        while not context._server._tasks:
            await asyncio.sleep(0.01)
        await context.shutdown()
        assert slow.cancelled == 1 and not waiting.done()
        await client.shutdown()
        with pytest.raises(error.LibraryShutdown):
            await waiting
    assert caplog.records == []


@in_loop
async def test_where_a_server_listens_is_readable_and_an_address_is_taken_once():
    async with serving({}) as (site, context, _):
        ((host, port),) = context.server_addresses
        assert host == "127.0.0.1" and port > 0
        with pytest.raises(error.NetworkError, match="127.0.0.1"):
            await Context.create_server_context(resource.Site(), bind=("127.0.0.1", port))
        with pytest.raises(error.NetworkError):
            await Context.create_server_context(resource.Site(), bind=("192.0.2.1", 0))
        with pytest.raises((error.Error, ValueError)):
            await Context.create_server_context(resource.Site(), bind=("127.0.0.1", 0), multicast=["no-such-interface"])
    assert context.server_addresses == []
    async with await Context.create_server_context(resource.Site(), bind=("::1", 0)) as six:
        assert six.server_addresses[0][0] == "::1"


@in_loop
async def test_a_site_may_be_served_by_several_contexts():
    async with serving({"s": Stored(b"shared")}) as (site, _, uri):
        async with await Context.create_server_context(site, bind=("127.0.0.1", 0)) as other:
            second = f"coap://127.0.0.1:{other.server_addresses[0][1]}"
            for each in uri, second:
                assert (await ask(other, GET, f"{each}/s")).payload == b"shared"
        site.add_resource(["t"], Stored(b"later"))
        async with await Context.create_client_context() as client:
            assert (await ask(client, GET, f"{uri}/t")).payload == b"later"


@in_loop
async def test_odd_datagrams_do_no_harm(caplog):
    """Every kind of broken and random input; at its end the server answers as before."""
    chance = random.Random(7252)
    stored = Stored(b"x")
    async with serving({"s": stored, "p": Every()}) as (_, context, uri):
        valid = coap.request("PUT", "s", 1, token=b"tok", payload=b"abc", options=((coap.CONTENT_FORMAT, b""),)).encode()
        with AsyncSocket(context.server_addresses[0][1]) as client:
            for i in range(3000):
                octets = bytearray(valid)
                for _ in range(chance.randrange(1, 6)):
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
                client.send(bytes(octets[: chance.randrange(len(octets) + 1)]))
                if i % 20 == 0:
                    client.send(chance.randbytes(chance.randrange(100)))
                    await asyncio.sleep(0)
            for text in b"\xff", b"\xc3\x28", b"a/b", b"\0":
                client.send(coap.request("GET", "", 9, options=((coap.URI_PATH, text), (coap.URI_QUERY, text))).encode())
            await asyncio.sleep(0.05)
        assert (await ask(context, PUT, f"{uri}/s", payload=b"well")).code is CHANGED
        assert stored.content == b"well"
    assert "Traceback" not in caplog.text


def test_credentials_are_loaded_as_json_has_them():
    keys = linnet.credentials.CredentialsMap()
    keys.load_from_dict({
        "coaps://host/*": {"dtls": {"psk": {"ascii": "secret"}, "client-identity": {"hex": "6d65"}}},
        "coaps://*": ":other", ":other": {"dtls": {"psk": b"p", "client-identity": b"i"}},
    })
    assert keys.credentials_for("coaps://host/x").as_dtls_psk() == (b"me", b"secret")
    request = Message(code=GET, uri="coaps://elsewhere/x")
    assert keys.credentials_from_request(request).as_dtls_psk() == (b"i", b"p")
    assert keys.find_dtls_psk(b"me") == (b"secret", "coaps://host/*")
    for number in range(3000):
        assert keys.credentials_for(f"coaps://many/{number}").psk == b"p"
    assert len(keys._fitting) <= 1024
    keys.load_from_dict({"coaps://many/*": {"dtls": {"psk": b"new", "client-identity": b"i"}}})
    assert keys.credentials_for("coaps://many/2999").psk == b"new", "a longer pattern that came later counts"
    del keys["coaps://many/*"]
    assert keys.credentials_for("coaps://many/2999").psk == b"p"
    keys.load_from_dict({"coaps://*": None})
    with pytest.raises(linnet.credentials.CredentialsMissingError):
        keys.credentials_from_request(request)
    for wrong in ({"a": {"dtls": {}}}, {"a": {"dtls": {"psk": "text", "client-identity": b"i"}}}, {"a": {"magic": {}}},
                  {"a": {}}, {"a": 5}, {"a": "no-colon"}, {"a": {"dtls": {"psk": {"hex": "x"}, "client-identity": b""}}}):
        with pytest.raises(linnet.credentials.CredentialsLoadError):
            keys.load_from_dict({**wrong, "coaps://good": ":other"})
        assert "coaps://good" not in keys, "all or nothing"


@in_loop
async def test_contexts_have_credentials():
    async with serving({}) as (_, context, _):
        context.client_credentials.load_from_dict({"coaps://*": {"dtls": {"psk": b"p", "client-identity": b"i"}}})
        context.server_credentials.load_from_dict({":c": {"dtls": {"psk": b"p", "client-identity": b"i"}}})
        assert context.server_credentials.find_dtls_psk(b"i") == (b"p", ":c")


@in_loop
async def test_a_resource_runs_once_for_all_blocks_of_its_answer():
    class Slow(Stored):
        async def render_get(self, request):
            await asyncio.sleep(0.02)
            return await super().render_get(request)

    for each in Stored(bytes(100000)), Slow(bytes(100000)):
        async with serving({"s": each}) as (site, context, uri):
            for asked in 1, 2:
                assert (await ask(context, GET, f"{uri}/s")).payload == bytes(100000)
                assert each.asked == asked, "each transfer asks once, and each asks anew"
            assert (await ask(context, GET, f"{uri}/s", block2=(0, False, 2))).payload == bytes(100000)
            last = Message(code=GET, uri=f"{uri}/s", block2=(97, False, 6))
            assert len((await context.request(last, handle_blockwise=False).response).payload) == 100000 - 97 * 1024
            other = await Context.create_client_context()
            assert (await other.request(last, handle_blockwise=False).response).code is CONTENT
            assert each.asked == 4, "another peer has a transfer of its own"
            await other.shutdown()


@in_loop
async def test_a_change_between_blocks_is_seen():
    class Versions(resource.ObservableResource):
        content = b"a" * 5000

        def render_get(self, request):
            return Message(payload=self.content)

    versions = Versions()
    async with serving({"v": versions}) as (_, context, uri):
        first = Message(code=GET, uri=f"{uri}/v", block2=(1, False, 6))
        old = await context.request(first, handle_blockwise=False).response
        versions.content = b"b" * 5000
        same = await context.request(first, handle_blockwise=False).response
        assert (same.payload, same.opt.etag) == (old.payload, old.opt.etag), "one transfer, one version"
        versions.updated_state()
        new = await context.request(first, handle_blockwise=False).response
        assert new.payload == b"b" * 1024 and new.opt.etag != old.opt.etag


@in_loop
async def test_more_transfers_at_once_than_answers_are_kept():
    sources = [Stored(bytes([i]) * 3000) for i in range(200)]
    async with serving({f"s{i}": source for i, source in enumerate(sources)}) as (_, context, uri):
        async with await Context.create_client_context(nstart=200) as client:
            answers = await asyncio.gather(*(ask(client, GET, f"{uri}/s{i}") for i in range(200)))
        assert [answer.payload for answer in answers] == [source.content for source in sources]
        assert context._server is not None


@in_loop
async def test_a_server_context_that_nobody_holds_serves_on():
    site = resource.Site()
    site.add_resource(["every"], Every())
    uri = f"coap://127.0.0.1:{(await Context.create_server_context(site, bind=('127.0.0.1', 0))).server_addresses[0][1]}"
    gc.collect()
    async with await Context.create_client_context() as client:
        assert (await ask(client, GET, f"{uri}/every")).payload == b"got"


def test_it_is_freed_with_its_loop():
    async def forget():
        site = resource.Site()
        site.add_resource(["every"], Every())
        await Context.create_server_context(site, bind=("127.0.0.1", 0))

    gc.collect()
    before = open_descriptors()
    for _ in range(3):
        asyncio.run(forget())
    gc.collect()
    assert open_descriptors() == before


@in_loop
async def test_a_handler_may_shut_its_own_context_down():
    class Last(resource.Resource):
        async def render_get(self, request):
            await context.shutdown()
            return Message()

    async with serving({"last": Last()}) as (_, context, uri):
        async with await Context.create_client_context(timeout=0.3) as client:
            with pytest.raises(error.Error):
                await ask(client, GET, f"{uri}/last")
    assert context.server_addresses == []


@in_loop
async def test_a_resource_that_lost_its_place_does_not_speak_for_the_next():
    first, second = resource.ObservableResource(), Counting()
    async with serving({"c": first}) as (site, context, uri):
        site.add_resource(["c"], second)
        request = context.request(Message(code=GET, uri=f"{uri}/c", observe=0))
        await request.response
        first.updated_state()
        await asyncio.sleep(0.05)
        assert second.asked == 1
        request.observation.cancel()


class Counting(resource.ObservableResource):
    asked = 0

    def render_get(self, request):
        self.asked += 1
        return Message(payload=b"counted")


@in_loop
async def test_a_request_may_be_sent_on():
    class Forward(resource.Resource, resource.PathCapable):
        async def render(self, request):
            onward = request.copy(uri=f"{uri}/{'/'.join(request.opt.uri_path)}")
            assert onward.get_request_uri() == f"{uri}/every" and onward.token == b""
            return await context.request(onward).response

    async with serving({"every": Every(), "via": Forward()}) as (_, context, uri):
        assert (await ask(context, GET, f"{uri}/via/every")).payload == b"got"
