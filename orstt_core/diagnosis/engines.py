"""Findings of engines: which can run here, which are not installed or off, and what a model lacks for want of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from orstt_core.diagnosis.finding import ok
from orstt_core.types import EngineInfo, EngineList, Finding, Model


def engines(listed: EngineList, models: Collection[Model]) -> Iterator[Finding]:
    """Yield a line for each engine that can run, is broken, or is needed, and one for all others.

    Args:
        listed: the engines, as the settings have them.
        models: those configured.
    """
    needed = {model.model_type for model in models}
    active = next((model.model_type for model in models if model.is_active), listed.default_type)
    absent: list[str] = []
    off: list[str] = []
    for names, engine in listed.by_names:
        if engine.available or not needed.isdisjoint(names) or active in names:
            yield _engine(names, engine, active=active in names)
        elif engine.sends_sound:
            off += names
        elif engine.install:
            absent += names
        else:
            yield _engine(names, engine, active=False)
    if absent:
        yield Finding(subject="engines not installed", outcome="ok", detail=", ".join(absent), fix="orstt types")
    if off:
        yield ok("engines off", f"{', '.join(off)}: they send sound out of this machine, and are not configured")


def _engine(names: Sequence[str], engine: EngineInfo, *, active: bool) -> Finding:
    subject = f"engine {', '.join(names)}"
    if engine.available:
        return ok(subject, f"{engine.title}{', sends sound out of this machine' if engine.sends_sound else ''}")
    outcome: Literal["missing", "warning"] = "missing" if active else "warning"
    return Finding(subject=subject, outcome=outcome, detail=engine.reason, fix=engine.install)


def gpu(listed: EngineList) -> Finding:
    """Return whether any engine can use a GPU."""
    usable = any("cuda" in engine.compute_types for engine in listed.engines)
    return ok("GPU", "CUDA works" if usable else "none that an engine can use: models run on the CPU")
