"""Fixtures of tests/support for the tests here; see support/plugin.py. Run with PYTHONPATH=build/python."""

import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
if "support" not in sys.modules:
    pytest.register_assert_rewrite("support", "linnet_support")

# A shell that runs us in the background has us ignore Ctrl-C, and programs that a test starts would do so, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.pluginmanager.import_plugin("support.plugin")


@pytest.fixture(scope="session")
def demo_uri():
    """A demo server of Linnet for the whole session: "coap://127.0.0.1:PORT"."""
    import linnet_support

    with linnet_support.demo_server() as uri:
        yield uri
