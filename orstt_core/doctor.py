"""Look at everything that could be missing here, and say what mends it.

`missing` is kept for what stops the active model from transcribing; anything else worth knowing is a
`warning`. Nothing is fetched, and no network is touched but the one to a PostgreSQL server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shlex
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from orstt_core import __version__
from orstt_core.errors import OrsttError
from orstt_core.recordings.files import DECODED
from orstt_core.settings import PREFIX, Settings, config_file, unknown_variables
from orstt_core.text import readable_bytes
from orstt_core.types import (
    ApiKey,
    Diagnosis,
    EngineInfo,
    EngineList,
    Finding,
    JobPage,
    JobQuery,
    LoadedModel,
    Model,
    ModelDraft,
    Readiness,
)
from orstt_core.weights import hub_cache
from orstt_core.weights.files import exists

PACKAGES = ("faster-whisper", "ctranslate2", "av", "soundfile", "numpy", "huggingface-hub", "piccolo")
"""Those whose version explains most when something goes wrong."""
LITTLE_SPACE = 1 << 30
"""Free bytes below which a model fetched or joined, or the sound of a long recording, may not fit."""
DISK_BLOCK = 512
"""Bytes that `stat` counts the disk in (POSIX leaves it open; every system of today has this)."""
MANY = 500
"""Failed jobs that are counted; that there are more is all that more would say."""


class Records(Protocol):
    """What the database and the runtime can tell; an OrsttError that they raise instead is a finding."""

    async def models(self) -> list[Model]:
        """Return the configured models."""
        ...

    async def loaded_models(self) -> list[LoadedModel]:
        """Return what is loaded or suspended."""
        ...

    async def readiness(self) -> Readiness:
        """Return how many jobs wait and run."""
        ...

    async def jobs(self, query: JobQuery) -> JobPage:
        """Return jobs."""
        ...

    async def keys(self) -> list[ApiKey]:
        """Return the API keys."""
        ...

    async def notices_given_up(self) -> int:
        """Return how many notices of ended jobs nobody took lately."""
        ...


async def diagnose(settings: Settings, records: Records) -> Diagnosis:
    """Return what works here and what is missing; takes a second or two.

    Args:
        settings: those in force.
        records: are asked first.
    """
    models: Sequence[Model] = ()
    work: list[Finding] = []
    kind = "PostgreSQL" if settings.database_url else "SQLite"
    try:
        models = await records.models()
        database = _ok("database", f"{kind}, {len(models)} models")
        failed = await records.jobs(JobQuery(states=["failed"], limit=MANY))
        work = [
            _jobs(await records.readiness(), failed),
            *_suspended(await records.loaded_models()),
            _keys(settings, await records.keys()),
            _webhooks(settings, await records.notices_given_up()),
        ]
    except OrsttError as error:
        database = Finding(subject="database", outcome="missing", detail=error.message, fix=error.hint)
    return await asyncio.to_thread(_diagnose, settings, database, models, work)


def _diagnose(settings: Settings, database: Finding, models: Sequence[Model], work: Sequence[Finding]) -> Diagnosis:
    from orstt_core.engines.permission import permitted
    from orstt_core.runtime.probe import describe_engines

    listed = describe_engines()
    engines = msgspec.structs.replace(
        listed, engines=[permitted(engine, settings.for_engines) for engine in listed.engines]
    )
    needed = next((model.model_type for model in models if model.is_active), engines.default_type)
    return Diagnosis(
        findings=[
            _ok("program", f"orstt {__version__}, Python {platform.python_version()}, {_packages()}"),
            _settings_file(),
            *_misspelt(),
            *_folders(settings),
            database,
            *work,
            *(_engine(names, engine, needed=needed in names) for names, engine in engines.by_names),
            _gpu(engines),
            *(_with_tuning(_model(model, settings), model, settings, engines) for model in models),
            _leftovers(settings, models),
            _machine(),
            _ok("limits", _limits(settings)),
            _ok("sound", _destinations(settings)),
            _ok("transcripts", _retention(settings)),
            _ok("downloads", "allowed" if settings.allow_download else "not allowed: model files must be here"),
        ]
    )


def _ok(subject: str, detail: str) -> Finding:
    return Finding(subject=subject, outcome="ok", detail=detail)


def _packages() -> str:
    def installed(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"no {package}"

    return ", ".join(map(installed, PACKAGES))


def _settings_file() -> Finding:
    path = config_file()
    names = sorted(name for name in os.environ if name.startswith(PREFIX) and os.environ[name])
    parts = [
        str(path) if exists(path) else f"no file {path}",
        *(["from the environment: " + ", ".join(names)] if names else []),
    ]
    return _ok("settings", "; ".join(parts))


def _misspelt() -> Iterator[Finding]:
    known = [f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__]
    for name in unknown_variables():
        near = get_close_matches(name, known, n=1)
        meant = f"set {near[0]} instead" if near else "docs/settings.md has all there are"
        detail = f"{name} is no setting, so it has no effect"
        yield Finding(subject="settings", outcome="warning", detail=detail, fix=f"Unset it; {meant}.")


def _folders(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield _folder("data folder", settings.data_dir, "missing", "ORSTT_DATA_DIR")
    yield _folder("cache folder", settings.cache_dir, "warning", "ORSTT_CACHE_DIR")
    cache = hub_cache.cache_folder()
    written = settings.allow_download and not hub_cache.is_offline()
    yield _folder("hub's cache", cache, "warning", "HF_HOME") if written else _ok("hub's cache", str(cache))
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
    return _ok(subject, detail)


def _jobs(readiness: Readiness, failed: JobPage) -> Finding:
    failures = f"{'more than ' if failed.next else ''}{len(failed.jobs)} failed"
    detail = f"{readiness.queued} waiting, {readiness.running} running, {failures}"
    if not readiness.ready or readiness.queue_full:
        return Finding(subject="jobs", outcome="warning", detail=f"{detail}; no more are taken: {readiness.reason}")
    return Finding(
        subject="jobs", outcome="ok", detail=detail, fix="orstt jobs list --state failed" if failed.jobs else ""
    )


def _suspended(loaded: Sequence[LoadedModel]) -> Iterator[Finding]:
    for model in loaded:
        if model.state == "suspended":
            again = f" Tried again at {model.suspended_until.astimezone():%H:%M:%S}." if model.suspended_until else ""
            yield Finding(
                subject=f"suspended {', '.join(model.names)}", outcome="warning", detail=f"{model.reason}{again}"
            )


def _keys(settings: Settings, keys: Sequence[ApiKey]) -> Finding:
    usable = sum(key.usable(datetime.now(UTC)) for key in keys)
    if keys and not (usable or settings.api_key):
        return Finding(
            subject="API keys",
            outcome="warning",
            detail="none can be used, so `orstt serve` lets nobody in",
            fix="orstt keys create NAME",
        )
    if not (usable or settings.api_key):
        return _ok("API keys", "none: `orstt serve` answers this machine only")
    return _ok("API keys", f"{usable} can be used" + (", and that of the setting api_key" if settings.api_key else ""))


def _webhooks(settings: Settings, given_up: int) -> Finding:
    if given_up:
        return Finding(
            subject="webhooks",
            outcome="warning",
            detail=f"notices of the last day that nobody took: {given_up}",
            fix="The server's log says why, notice by notice",
        )
    return _ok("webhooks", "signed and sent" if settings.webhook_secret else "off: the setting webhook_secret is empty")


def _limits(settings: Settings) -> str:
    return (
        f"recordings up to {settings.max_audio_hours:g} hours and {settings.max_upload_mb} MiB, decoded within "
        f"{settings.decode_seconds:g} seconds and {settings.decode_memory_mb} MiB of memory, the sound of all together on "
        f"{settings.max_decoded_mb} MiB of disk"
    )


def _destinations(settings: Settings) -> str:
    if not settings.cloud_hosts:
        return "stays on this machine"
    return f"may be sent out of this machine, to {', '.join(settings.cloud_hosts)}, by models of engines that do so"


def _retention(settings: Settings) -> str:
    if settings.transcript_days < 0:
        return "kept until they are deleted or purged"
    if settings.transcript_days == 0:
        return "not kept: only whoever waits for one gets it"
    return f"kept for {settings.transcript_days:g} days after their job ended"


def _engine(names: Sequence[str], engine: EngineInfo, *, needed: bool) -> Finding:
    subject = f"engine {', '.join(names)}"
    if engine.available:
        return _ok(subject, f"{engine.title}{', sends sound out of this machine' if engine.sends_sound else ''}")
    if engine.sends_sound and not needed:
        return _ok(subject, f"off. {engine.reason}")
    return Finding(
        subject=subject, outcome="missing" if needed else "warning", detail=engine.reason, fix=engine.install
    )


def _gpu(engines: EngineList) -> Finding:
    usable = any("cuda" in engine.compute_types for engine in engines.engines)
    return _ok("GPU", "CUDA works" if usable else "none that an engine can use: models run on the CPU")


def _model(model: Model, settings: Settings) -> Finding:
    from orstt_core.validation import validate

    validation = validate(msgspec.convert(model, ModelDraft, from_attributes=True), settings)
    subject = f"model {model.name}{' (active)' if model.is_active else ''}"
    if validation.valid and validation.available:
        detail = " ".join([f"runs on {validation.device} with {validation.compute_type}.", *validation.warnings])
        return Finding(subject=subject, outcome="warning" if validation.warnings else "ok", detail=detail)
    failed = next(check for check in validation.checks if check.outcome == "failed")
    if model.is_active:
        return Finding(subject=subject, outcome="missing", detail=failed.detail, fix=failed.fix)
    # Most people use one or two models: how to bring each of the others would bury what matters.
    return Finding(
        subject=subject, outcome="warning", detail=failed.detail, fix=f"orstt models validate {shlex.quote(model.name)}"
    )


def _with_tuning(finding: Finding, model: Model, settings: Settings, engines: EngineList) -> Finding:
    """Return what was found of a model that can run, with a hint where it was not tuned on this machine."""
    from orstt_core.tuning import records

    tunable = any(engine.tunable and engine.model_type == model.model_type for engine in engines.engines)
    advice = records.advice(settings.data_dir, model) if tunable and not finding.fix else ""
    if not advice:
        return finding
    fix = f"orstt tune {shlex.quote(model.name)}"
    return msgspec.structs.replace(finding, detail=f"{finding.detail} {advice}", fix=fix)


def _leftovers(settings: Settings, models: Sequence[Model]) -> Finding:
    from orstt_core.weights.leftovers import find_leftovers

    found = [each.leftover for each in find_leftovers({model.model for model in models}, settings.cache_dir)]
    if not found:
        return _ok("leftovers", "no weights are here that no model needs")
    kinds = ", ".join(dict.fromkeys(leftover.kind for leftover in found))
    size = readable_bytes(sum(leftover.size for leftover in found))
    return Finding(
        subject="leftovers", outcome="ok", detail=f"{size} that no model needs: {kinds}", fix="orstt models prune"
    )


def _machine() -> Finding:
    from orstt_core.weights import machine_memory

    memory = machine_memory()
    free = f"{readable_bytes(memory.total)} of memory, {readable_bytes(memory.available)} of it free"
    return _ok("machine", f"{os.cpu_count()} cores, {free}")
