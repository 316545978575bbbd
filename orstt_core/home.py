"""A home folder for a process whose user has none, such as a container's user id that stands in no password file."""

from __future__ import annotations

import os
from pathlib import Path


def provide_home(folder: Path) -> None:
    """Let this process, and those that it starts, take a folder for the home that its user lacks.

    Libraries ask for a home when they are imported, whether they need one or not (Black, which Piccolo brings), and
    the hub's cache is in it.

    Args:
        folder: need not exist.
    """
    if os.path.isabs(os.environ.get("HOME", "")):  # noqa: PTH117 - a text from the environment
        return
    os.environ.pop("HOME", None)  # a relative one means another folder to each library
    if os.path.expanduser("~") == "~":  # noqa: PTH111 - pathlib raises there
        os.environ["HOME"] = str(folder.absolute())
