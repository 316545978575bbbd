"""What tests of engines share: base's real weights, and what is converted from them, once for all workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from engines.whisper_tensors import base_folder
from filelock import FileLock

Converted = Callable[[str, Callable[[Path, Path], object]], Path]


@pytest.fixture(scope="session")
def base_weights(weights_cache: Path) -> Path:
    """The folder with base in CTranslate2's form."""
    weights_cache.mkdir(parents=True, exist_ok=True)
    with FileLock(weights_cache.with_name("base.lock")):
        return base_folder(weights_cache)


@pytest.fixture(scope="session")
def converted(base_weights: Path, weights_cache: Path) -> Converted:
    """Return a file made of base, `folder/name`, which the first test that wants it has written."""

    def convert(name: str, write: Callable[[Path, Path], object]) -> Path:
        path = weights_cache.with_name("converted") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.exists():
                unfinished = path.with_name(f"unfinished-{path.name}")
                write(unfinished, base_weights)
                unfinished.rename(path)
        return path

    return convert
