"""The pytest side of tests/support: fixtures, tests that wait side by side, the capture, the table of verdicts.

Marks:
    waits               the test starts in the background with the session and is only collected in its turn; it takes
                        parameters, no fixtures
    last                runs after all others
    description(id)     a test of an ETSI description; its verdict goes to build/conformance.json
"""

import concurrent.futures
import signal

import pytest

from support import programs, run
from support.raw import RawClient, RawServer

SIDE_BY_SIDE = 24
_pool = concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE)
_started = {}


def pytest_configure(config):
    # Ends in order, as Ctrl-C does: servers, namespaces, capture.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.addinivalue_line("markers", "waits: started in the background with the session")
    config.addinivalue_line("markers", "last: runs after all others")
    config.addinivalue_line("markers", "description(id): an ETSI description")


def pytest_collection_modifyitems(items):
    def place(item):
        return item.get_closest_marker("last") is not None, item.get_closest_marker("waits") is not None

    items.sort(key=place)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    if session.config.option.collectonly:
        return
    for item in session.items:
        if item.get_closest_marker("waits"):
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            _started[item.nodeid] = _pool.submit(item.obj, **parameters)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    future = _started.pop(pyfuncitem.nodeid, None)
    if future is None:
        return None
    future.result()
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    mark = item.get_closest_marker("description")
    if mark and call.when == "call":
        run.verdicts.add(mark.args[0], item.callspec.params["pair"], report.outcome, item.name)


def pytest_sessionfinish(session):
    _pool.shutdown(cancel_futures=True)
    if not session.config.option.collectonly:
        run.end()


@pytest.fixture
def linnet():
    """The path of the command under test."""
    return programs.linnet_path()


@pytest.fixture
def demo():
    """A fresh demo server of Linnet on 127.0.0.1."""
    with run.demo() as server:
        yield server


@pytest.fixture
def demo_ipv6():
    """The same on ::1."""
    with run.demo("::1") as server:
        yield server


@pytest.fixture
def libcoap():
    """A fresh coap-server of libcoap, which Linnet's client asks."""
    with run.libcoap_server(run.ports().asked) as server:
        yield server


@pytest.fixture
def libcoap_ipv6():
    with run.libcoap_server(run.ports().asked, "::1") as server:
        yield server


@pytest.fixture
def node():
    """A fresh server of node-coap (tests/interop/peers/server.js), which Linnet's client asks."""
    with run.node_server(run.ports().asked) as server:
        yield server


@pytest.fixture
def node_ipv6():
    with run.node_server(run.ports().asked, "::1") as server:
        yield server


@pytest.fixture
def raw(demo):
    """A socket that asks the demo server."""
    with RawClient(demo.host, demo.port) as client:
        yield client


@pytest.fixture
def raw_server():
    """A socket that Linnet's client asks and the test answers from."""
    with RawServer(run.port(run.ports().asked)) as server:
        yield server


@pytest.fixture(scope="session")
def capture():
    return run.capture()
