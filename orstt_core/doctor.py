"""Look at everything that could be missing here, and say what mends it.

`missing` is kept for what stops the active model from transcribing; anything else worth knowing is a
`warning`. Nothing is fetched, and no network is touched but the one to a PostgreSQL server.
"""

from __future__ import annotations

import asyncio
import os
import platform
import shlex
import shutil
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import msgspec

from orstt_core import __version__
from orstt_core.errors import OrsttError
from orstt_core.settings import PREFIX, Settings, config_file
from orstt_core.types import Diagnosis, EngineInfo, EngineList, Finding, Model, ModelDraft
from orstt_core.weights.files import exists

PACKAGES = ("faster-whisper", "ctranslate2", "av", "soundfile", "numpy", "huggingface-hub", "piccolo")
"""Those whose version explains most when something goes wrong."""
GIB = 1 << 30
LITTLE_SPACE = GIB
"""Free bytes below which a model fetched or joined may not fit."""


async def diagnose(settings: Settings, read_models: Callable[[], Awaitable[Sequence[Model]]]) -> Diagnosis:
    """Return what works here and what is missing; takes a second or two.

    Args:
        settings: those in force.
        read_models: returns the configured models; an OrsttError it raises becomes a finding.
    """
    models: Sequence[Model] = ()
    kind = "PostgreSQL" if settings.database_url else "SQLite"
    try:
        models = await read_models()
        database = _ok("database", f"{kind}, {len(models)} models")
    except OrsttError as error:
        database = Finding(subject="database", outcome="missing", detail=error.message, fix=error.hint)
    return await asyncio.to_thread(_diagnose, settings, database, models)


def _diagnose(settings: Settings, database: Finding, models: Sequence[Model]) -> Diagnosis:
    from orstt_core.runtime.probe import describe_engines

    engines = describe_engines()
    needed = next((model.model_type for model in models if model.is_active), engines.default_type)
    return Diagnosis(
        findings=[
            _ok("program", f"orstt {__version__}, Python {platform.python_version()}, {_packages()}"),
            _settings_file(),
            *_folders(settings),
            database,
            *(_engine(engine, needed=engine.model_type == needed) for engine in engines.engines),
            _gpu(engines),
            *(_model(model, settings) for model in models),
            _machine(),
            _ok("downloads", "allowed" if settings.allow_download else "not allowed: model files must be here"),
            _ok("API key", "set" if settings.api_key else "not set: `orstt serve` answers this machine only"),
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


def _folders(settings: Settings) -> Iterator[Finding]:
    if not settings.database_url:
        yield _folder("data folder", settings.data_dir, "missing", "ORSTT_DATA_DIR")
    yield _folder("cache folder", settings.cache_dir, "warning", "ORSTT_CACHE_DIR")


def _folder(subject: str, folder: Path, otherwise: Literal["warning", "missing"], variable: str) -> Finding:
    # Looking must not make anything: a folder that is not there yet is judged by the one it will be made in.
    standing = next(path for path in (folder, *folder.absolute().parents) if exists(path))
    if not (standing.is_dir() and os.access(standing, os.W_OK | os.X_OK)):
        return Finding(
            subject=subject, outcome=otherwise, detail=f"{folder} cannot be written", fix=f"export {variable}=FOLDER"
        )
    free = shutil.disk_usage(standing).free
    detail = f"{folder}, {free / GIB:.1f} GiB free"
    if free < LITTLE_SPACE:
        return Finding(subject=subject, outcome="warning", detail=detail, fix=f"Make room or export {variable}=FOLDER")
    return _ok(subject, detail)


def _engine(engine: EngineInfo, *, needed: bool) -> Finding:
    subject = f"engine {engine.model_type}"
    if engine.available:
        return _ok(subject, engine.title)
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


def _machine() -> Finding:
    from orstt_core.weights import machine_memory

    memory = machine_memory()
    free = f"{memory.total / GIB:.1f} GiB memory, {memory.available / GIB:.1f} GiB of it free"
    return _ok("machine", f"{os.cpu_count()} cores, {free}")
