"""Which tests a system cannot run (TensorFlow Lite Micro is for Linux on x86-64 alone), and an empty environment."""

import platform
import sys

import pytest
from environments import Environment

HAS_MICRO = (sys.platform, platform.machine()) == ("linux", "x86_64")
collect_ignore = [] if HAS_MICRO else ["test_mobile_micro.py"]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """The environment of all tests in one file."""
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def environment(made_once):
    """An environment with every library of this one but labkit, as it was made."""
    yield made_once
    made_once.clear()
