"""The stubs (.pyi) are those of what is there: names, signatures, and types that a checker takes."""

import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

import linnet

PACKAGE = pathlib.Path(linnet.__file__).parent

PROGRAM = """
import asyncio
from linnet import *
from linnet import error, resource

class Light(resource.ObservableResource):
    async def render_get(self, request: Message) -> Message:
        return Message(payload=request.payload, content_format=50)

async def main() -> bytes:
    site = resource.Site()
    site.add_resource(["light"], Light())
    async with await Context.create_server_context(site, bind=("127.0.0.1", 0)) as context:
        request = context.request(Message(code=GET, uri="coap://localhost/light", observe=0), timeout=3.0)
        response = await request.response
        if request.observation is not None:
            async for notification in request.observation:
                print(notification.opt.uri_path[0].upper())
        try:
            await request.response_raising
        except error.NotFound as problem:
            print(problem.code.dotted)
        assert response.code is not None and response.code.is_successful()
        return response.payload
"""


def run(*command):
    """In a folder of its own, where a cache may stay."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, cwd=folder,
                              env={**os.environ, "MYPYPATH": str(PACKAGE.parent)})
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_public_module_has_a_stub():
    modules = {path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")}
    stubs = {path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.pyi")}
    assert modules | {pathlib.Path("_linnet")} == stubs
    assert (PACKAGE / "py.typed").exists()


@pytest.mark.waits
def test_stubs_and_runtime_have_the_same_names_and_signatures():
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as known:
        known.write("linnet._linnet.Message.__init__\n")  # a slot of C shows no names of its keywords
        known.flush()
        run("mypy.stubtest", "linnet", "--allowlist", known.name)


@pytest.mark.waits
def test_a_program_is_checked_strictly_and_a_wrong_one_refused():
    run("mypy", "--strict", "--cache-dir=/dev/null", "-c", PROGRAM)
    with pytest.raises(AssertionError, match="payload"):
        run("mypy", "--strict", "--cache-dir=/dev/null", "-c", "from linnet import *\nMessage(payload=5)")
