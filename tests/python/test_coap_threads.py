"""Many threads at once, and what is left behind: memory, descriptors, references."""

import json
import os
import pathlib
import shutil
import subprocess
import sysconfig

import pytest
from coap_support import BUILT, ROOT, python
from support import programs

HERE = pathlib.Path(__file__).parent
SECONDS = os.environ.get("LINNET_HAMMER_SECONDS", "2")
DEBUG_PYTHON = os.environ.get("LINNET_PYTHON_DEBUG") or shutil.which("python3-dbg")


def test_threads_that_use_everything_at_once_see_whole_values_and_all_responses():
    done = programs.run(*python(HERE / "hammer.py", SECONDS), patience=float(SECONDS) + 150)
    assert (done.returncode, done.stderr) == (0, "")
    counts = json.loads(done.stdout)
    assert all(number > 10 for number in counts.values()), counts


def grown(command):
    done = programs.run(*command)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_is_left_behind():
    after = grown(python(HERE / "cycles.py", "40"))
    assert after["descriptors"] == after["threads"] == 0
    assert after["traced"] < 40 * 20, "not even one object in each round"
    assert after["resident"] < 40 * 20_000, "a module that is left behind has far more"


@pytest.mark.skipif(not DEBUG_PYTHON, reason="there is no python3-dbg (Debian package), nor LINNET_PYTHON_DEBUG")
def test_no_reference_is_left_behind(tmp_path):
    """With a debug build of the extension, whose references a debug build of Python counts."""
    package = tmp_path / "network"
    shutil.copytree(BUILT / "network", package, ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(BUILT / "uselect.py", tmp_path)
    sources = sorted((ROOT / "bindings/python/network").glob("*.c"))
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-g", "-DPy_LIMITED_API=0x030B0000", "-DPy_REF_DEBUG", "-D_GNU_SOURCE=",
         f"-I{ROOT}/include", f"-I{sysconfig.get_path('include')}", *sources, BUILT.parent / "liblinnet.a",
         "-Wl,--exclude-libs,ALL", "-o", package / "_network.abi3.so"],
        check=True,
    )  # fmt: skip
    after = grown(["env", f"PYTHONPATH={tmp_path}", DEBUG_PYTHON, "-X", "dev", HERE / "cycles.py", "30"])
    assert after["references"] < 30, "not even one in each round"
    assert after["descriptors"] == after["threads"] == 0
