"""Fetch the made-up model from a hub on loopback, in this process or in one of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from loopback_hub import LoopbackHub
from made_up_weights import FORMAT, REPO, Child

from orstt_core.errors import OrsttError
from orstt_core.weights import Location, locate, obtain
from orstt_core.weights.facts import Repository
from orstt_core.weights.formats import format_called

Told = list[tuple[str, int | None, int | None]]


def fetch(
    *,
    model: str = REPO,
    weights_format: str = FORMAT,
    known: Repository | None = None,
    allowed: bool = True,
    mirrors: Mapping[str, str] | None = None,
    hub_token: str = "",
) -> tuple[dict[str, str], Told]:
    """Fetch a model; return its folder or the error, and the progress that was told."""
    told: Told = []
    with pytest.MonkeyPatch.context() as patched:
        if known:
            patched.setitem(format_called(weights_format).models, "made-up", known)
        try:
            folder = obtain(
                weights_format,
                model,
                cache_dir=cache(),
                allow_download=allowed,
                progress=lambda event: told.append((event.detail, event.done, event.total)),
                mirrors=mirrors,
                hub_token=hub_token,
            )
        except OrsttError as error:
            return {"code": error.code, "message": error.message, "hint": error.hint}, told
    return {"folder": str(folder)}, told


def child(hub: LoopbackHub, **options: Any) -> Child:
    """Fetch in a process of its own: as it is in earnest, with a limit or to be killed."""
    environment = {"HF_ENDPOINT": hub.address, **options.pop("environment", {})}
    return Child(cache(), model=REPO, environment=environment, download=True, **options)


def cache() -> Path:
    """The cache folder of OR-STT, beside the hub's."""
    return Path(os.environ["HF_HOME"]).with_name("cache")


def look() -> Location:
    return locate(FORMAT, REPO, cache_dir=cache(), allow_download=False)


def files_of(folder: str | Path) -> dict[str, bytes]:
    """Return what a model's folder holds, without the marker."""
    found = (path for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
