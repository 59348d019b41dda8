"""Many threads at once, and what is left behind: memory, descriptors. ./dev soak does the same for longer, in Python's
debug build, where references are counted too."""

import json
import os
import pathlib

from coap_support import python
from support import programs

HERE = pathlib.Path(__file__).parent
SECONDS = os.environ.get("LINNET_HAMMER_SECONDS", "2")


def test_threads_that_use_everything_at_once_see_whole_values_and_all_responses():
    done = programs.run(*python(HERE / "hammer.py", SECONDS), patience=float(SECONDS) + 150)
    assert (done.returncode, done.stderr) == (0, "")
    counts = json.loads(done.stdout)
    assert all(number > 10 for number in counts.values()), counts


def test_nothing_is_left_behind():
    done = programs.run(*python(HERE / "cycles.py", "40"))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
