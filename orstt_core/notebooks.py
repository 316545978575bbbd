"""Libraries in a notebook, where they say what nobody there can use."""

from __future__ import annotations

import warnings
from functools import cache
from importlib import import_module


@cache
def import_progress_bars() -> None:
    """Import tqdm as libraries do, once, without its advice to install widgets: none of its bars is ever shown."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import_module("tqdm.auto")  # what is imported once says nothing the next time
