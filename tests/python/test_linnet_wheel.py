"""The wheel: built offline with Debian's tools, installed into an environment of its own, used from there."""

import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

import pytest

from linnet_support import demo_server
from support.programs import ROOT

SOURCES = ROOT / "bindings/python"
SECURED = """
import asyncio, network, uselect
from linnet import *
keys = {"coaps://*": {"dtls": {"psk": b"key", "client-identity": b"me"}}}
async def main():
    settings = {"bind": ("127.0.0.1", 0), "server_credentials": keys, "client_credentials": keys}
    async with await Context.create_server_context(resource.Site(), **settings) as context:
        assert (await context.request(Message(code=GET, uri=context.server_uris[1])).response).code is NOT_FOUND
asyncio.run(main())
"""
OFFLINE = ("--no-index", "--no-build-isolation", "--no-deps", "--disable-pip-version-check", "--quiet")


def run(*command, **more):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=environment,
                          **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.waits
def test_the_wheel_is_built_installed_and_used():
    with tempfile.TemporaryDirectory() as folder, demo_server() as demo_uri:
        build_install_and_use(pathlib.Path(folder), demo_uri)


def build_install_and_use(tmp_path, demo_uri):
    before = run("git", "-C", ROOT, "status", "--porcelain") if (ROOT / ".git").exists() else ""
    run(sys.executable, "-m", "pip", "wheel", *OFFLINE, "--wheel-dir", tmp_path, ROOT / "bindings/python")
    (wheel,) = tmp_path.glob("*.whl")
    assert "-cp311-abi3-linux" in wheel.name
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("linnet/__init__.py", "linnet/_linnet.abi3.so", "linnet/_linnet.pyi", "linnet/py.typed",
                 "linnet/numbers/codes.py", "network/_network.pyi", "network/py.typed", "uselect.py"):
        assert name in names, names
    sources = {str(path.relative_to(SOURCES)) for path in SOURCES.rglob("*") if path.suffix in (".py", ".pyi", ".typed")}
    machine_code = {f"{package}/_{package}.abi3.so" for package in ("linnet", "network")}
    assert {name for name in names if ".dist-info/" not in name} == sources - {"setup.py"} | machine_code
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    python = environment / "bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", *OFFLINE, wheel)
    said = run(python, "-c", f"import linnet; print(linnet.__file__, linnet.get('{demo_uri}/time').code)", cwd=tmp_path)
    run(python, "-c", SECURED, cwd=tmp_path)
    assert said.endswith("2.05 Content\n") and pathlib.Path(said.split()[0]).is_relative_to(environment)
    after = run("git", "-C", ROOT, "status", "--porcelain") if (ROOT / ".git").exists() else ""
    assert after == before, "building leaves nothing in the tree"
