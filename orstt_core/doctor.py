"""Look at everything that could be missing here, and say what mends it.

`missing` is kept for what stops the active model from transcribing; anything else worth knowing is a
`warning`. Nothing is fetched, and no network is touched but the one to a PostgreSQL server.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

import msgspec

from orstt_core import __version__
from orstt_core.diagnosis import machine, service
from orstt_core.diagnosis.drift import drift
from orstt_core.diagnosis.finding import ok
from orstt_core.errors import OrsttError
from orstt_core.measurements.drift import changes_lately
from orstt_core.settings import PREFIX, Settings, config_file, unknown_variables
from orstt_core.types import (
    ApiKey,
    Diagnosis,
    Finding,
    JobPage,
    JobQuery,
    LoadedModel,
    Model,
    Readiness,
    Stats,
    StatsQuery,
)
from orstt_core.weights.files import exists

PACKAGES = ("faster-whisper", "ctranslate2", "av", "soundfile", "numpy", "huggingface-hub", "piccolo")
"""Those whose version explains most when something goes wrong."""
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

    async def stats(self, query: StatsQuery) -> list[Stats]:
        """Return what transcriptions took."""
        ...


async def diagnose(settings: Settings, records: Records) -> Diagnosis:
    """Return what works here and what is missing; takes a second or two.

    Args:
        settings: those in force.
        records: are asked first.
    """
    models: Sequence[Model] = ()
    work: list[Finding] = []
    drifting: list[Finding] = []
    kind = "PostgreSQL" if settings.database_url else "SQLite"
    try:
        models = await records.models()
        database = ok("database", f"{kind}, {len(models)} models")
        failed = await records.jobs(JobQuery(states=["failed"], limit=MANY))
        work = [
            service.jobs(await records.readiness(), failed),
            *service.suspended(await records.loaded_models()),
            service.keys(settings, await records.keys()),
            service.webhooks(settings, await records.notices_given_up()),
        ]
        drifting = [*drift(await changes_lately(records.stats, datetime.now(UTC).date()))]
    except OrsttError as error:
        database = Finding(subject="database", outcome="missing", detail=error.message, fix=error.hint)
    return await asyncio.to_thread(_diagnose, settings, models, [database, *work], drifting)


def _diagnose(
    settings: Settings, configured: Sequence[Model], work: Sequence[Finding], drifting: Sequence[Finding]
) -> Diagnosis:
    from orstt_core.diagnosis import engines, models
    from orstt_core.engines.permission import permitted
    from orstt_core.runtime.probe import describe_engines

    listed = describe_engines()
    listed = msgspec.structs.replace(
        listed, engines=[permitted(engine, settings.for_engines) for engine in listed.engines]
    )
    program = f"orstt {__version__}, Python {platform.python_version()}, {_packages()}"
    downloads = "allowed" if settings.allow_download else "not allowed: model files must be here"
    return Diagnosis(
        findings=[
            *_grouped("program", [ok("program", program), _settings_file(), *_misspelt()]),
            *_grouped("machine", [*machine.folders(settings), engines.gpu(listed), machine.machine()]),
            *_grouped("service", work),
            *_grouped("engines", engines.engines(listed, configured)),
            *_grouped("models", (models.model(model, settings, listed) for model in configured)),
            *_grouped("models", [*drifting, models.leftovers(settings, configured)]),
            *_grouped("limits", [ok("limits", _limits(settings)), ok("sound", _destinations(settings))]),
            *_grouped("limits", [ok("transcripts", _retention(settings)), ok("downloads", downloads)]),
        ]
    )


def _grouped(group: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    return (msgspec.structs.replace(finding, group=group) for finding in findings)


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
    return ok("settings", "; ".join(parts))


def _misspelt() -> Iterator[Finding]:
    known = [f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__]
    for name in unknown_variables():
        near = get_close_matches(name, known, n=1)
        meant = f"set {near[0]} instead" if near else "docs/settings.md has all there are"
        detail = f"{name} is no setting, so it has no effect"
        yield Finding(subject="settings", outcome="warning", detail=detail, fix=f"Unset it; {meant}.")


def _limits(settings: Settings) -> str:
    sound = f"the sound of all together on {settings.max_decoded_mb} MiB of disk"
    return (
        f"recordings up to {settings.max_audio_hours:g} hours and {settings.max_upload_mb} MiB, decoded within "
        f"{settings.decode_seconds:g} seconds and {settings.decode_memory_mb} MiB of memory, {sound}"
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
