"""Versions of what an engine computes with."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version


def library_versions(requires: Mapping[str, str]) -> dict[str, str]:
    """Return the versions of libraries by their names, as far as they can be told.

    Args:
        requires: as `BaseSTT.requires`: the modules, and what installs each.
    """
    return dict(_versions(requires))


def _versions(requires: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for module, package in requires.items():
        for name in (package, module.removeprefix("_")):
            with suppress(PackageNotFoundError, ValueError):  # what installs it may be an extra of ours
                yield name, version(name)
                break
        else:
            # It is installed under another name, and says its version where it is imported.
            if found := getattr(sys.modules.get(module), "__version__", ""):
                yield module, str(found)
