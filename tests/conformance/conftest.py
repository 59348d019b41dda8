"""Fixtures of tests/support for the tests here; see support/plugin.py."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
if "support" not in sys.modules:
    pytest.register_assert_rewrite("support", "checks", "block_checks", "observe_checks", "observe_steps")


def pytest_configure(config):
    config.pluginmanager.import_plugin("support.plugin")
