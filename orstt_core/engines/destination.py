"""Where a model of an engine that sends sound sends it: known without asking the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orstt_core.engines import registry
from orstt_core.engines.cloud import CloudSTT
from orstt_core.engines.construction import engine_options
from orstt_core.engines.permission import check_address, written_host

if TYPE_CHECKING:
    from orstt_core.settings import EngineSettings
    from orstt_core.types import ModelDraft


class Destination(NamedTuple):
    """Where sound goes.

    Attributes:
        host: as `cloud_hosts` has it; empty where only the engine, of another package, knows.
        credentials: settings that are sent along.
    """

    host: str = ""
    credentials: tuple[str, ...] = ()


def destination_of(model: ModelDraft, settings: EngineSettings) -> Destination:
    """Return where a model sends sound, and what it shows there.

    Raises:
        EngineUnavailable: its options do not say where, or `cloud_hosts` does not name that host.
        OrsttError: its engine or its options are not as they should be.
    """
    kind = registry.engine_class(model.model_type) if registry.is_light(model.model_type) else None
    if kind is None or not issubclass(kind, CloudSTT):
        return Destination()
    engine = kind(model.weights, model.device, model.compute_type)
    engine.settings, engine.options = settings, engine_options(kind, model.options)
    credentials = tuple(name for name in kind.credentials if engine.credential(name))
    if not engine.address:
        return Destination(credentials=credentials)
    check_address(engine.address, settings)
    return Destination(written_host(engine.address), credentials)
