"""Which of the engines' libraries the tests need: each has an extra of its own, and not everybody installs all."""

import os
from importlib.util import find_spec

import pytest

ALL = bool(os.environ.get("ORSTT_ALL_ENGINES"))
"""CI installs every engine and says so: a library that is missing there fails the test that needs it.

Read when this module is imported, because every test's environment is cleared of ORSTT_ variables.
"""


def library(module: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need a module: they are skipped without it, except where all engines must be.

    For `pytestmark`; the module itself is imported inside tests and fixtures.
    """
    return pytest.mark.skipif(not ALL and find_spec(module) is None, reason=f"{module} is not installed")


leaves_file_open = pytest.mark.filterwarnings("ignore:.*tiktoken:pytest.PytestUnraisableExceptionWarning")
"""Of tests with openai-whisper, which leaves the file of its tokens open."""
