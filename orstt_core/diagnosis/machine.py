"""Findings of this machine: its folders, what is in them, its cores and memory."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from orstt_core.diagnosis.finding import ok
from orstt_core.recordings.files import DECODED
from orstt_core.settings import Settings
from orstt_core.text import readable_bytes
from orstt_core.types import Finding
from orstt_core.weights import hub_cache
from orstt_core.weights.files import exists

LITTLE_SPACE = 1 << 30
"""Free bytes below which a model fetched or joined, or the sound of a long recording, may not fit."""
DISK_BLOCK = 512
"""Bytes that `stat` counts the disk in (POSIX leaves it open; every system of today has this)."""


def folders(settings: Settings) -> Iterator[Finding]:
    """Yield whether there is room in each folder that is written to, and what the spool holds."""
    if not settings.database_url:
        yield _folder("data folder", settings.data_dir, "missing", "ORSTT_DATA_DIR")
    yield _folder("cache folder", settings.cache_dir, "warning", "ORSTT_CACHE_DIR")
    cache = hub_cache.cache_folder()
    written = settings.allow_download and not hub_cache.is_offline()
    yield _folder("hub's cache", cache, "warning", "HF_HOME") if written else ok("hub's cache", str(cache))
    spool = _folder("spool folder", settings.spool, "missing", "ORSTT_DATA_DIR")
    yield msgspec.structs.replace(spool, detail=f"{spool.detail}, {_contents(settings.spool)}")


def _contents(folder: Path) -> str:
    """Return in words how much is in the folder: recordings of jobs, and what a crash may have left."""
    sizes: list[int] = []
    decoded: list[int] = []
    try:
        for path in folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # a job ended meanwhile
                kind = decoded if path.name.startswith(DECODED) else sizes
                kind.append(path.stat().st_blocks * DISK_BLOCK)  # silence in decoded sound takes no room
    except OSError:
        return "nothing in it"  # it is made at need; whether it can be is said before this
    how_many = "one recording" if len(sizes) == 1 else f"{len(sizes)} recordings"
    sound = f"decoded sound in it, {readable_bytes(sum(decoded))}" if decoded else ""
    recordings = f"{how_many} in it, {readable_bytes(sum(sizes))}" if sizes else ""
    return ", ".join(filter(None, (recordings, sound))) or "nothing in it"


def _folder(subject: str, folder: Path, otherwise: Literal["warning", "missing"], variable: str) -> Finding:
    # Looking must not make anything: a folder that is not there yet is judged by the one it will be made in.
    existing = next(path for path in (folder, *folder.absolute().parents) if exists(path))
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return Finding(
            subject=subject, outcome=otherwise, detail=f"{folder} cannot be written", fix=f"export {variable}=FOLDER"
        )
    free = shutil.disk_usage(existing).free
    detail = f"{folder}, {readable_bytes(free)} free"
    if free < LITTLE_SPACE:
        return Finding(subject=subject, outcome="warning", detail=detail, fix=f"Make room or export {variable}=FOLDER")
    return ok(subject, detail)


def machine() -> Finding:
    """Return how many cores and how much memory there are."""
    from orstt_core.weights import machine_memory

    memory = machine_memory()
    free = f"{readable_bytes(memory.total)} of memory, {readable_bytes(memory.available)} of it free"
    return ok("machine", f"{os.cpu_count()} cores, {free}")
