"""The one file of a model whose weights are a single file in a folder, which may hold others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orstt_core.engines.base import BaseSTT
from orstt_core.errors import WeightsDamaged
from orstt_core.types import Loading
from orstt_core.weights.facts import Repository
from orstt_core.weights.formats import format_called


def model_file(engine: BaseSTT, pattern: str, progress: Callable[[Loading], None] | None = None) -> Path:
    """Return the file of an engine's model: the one that was named, or its repository says, or the only one.

    Args:
        engine: with a weights format.
        pattern: of the names of such files.
        progress: hears what is done to get it.

    Raises:
        WeightsError: it is not there, or damaged, or one of several.
    """
    folder = engine.weights_folder(progress)
    reference = format_called(engine.weights_format).resolve(engine.model_name)
    if isinstance(reference, Repository) and len(reference.holds) == 1:
        return folder / reference.holds[0]
    if isinstance(reference, Path) and reference.is_file():
        return reference
    found = sorted(folder.glob(pattern))
    if len(found) == 1:
        return found[0]
    raise WeightsDamaged(
        f"The model's folder holds {len(found)} models: {', '.join(path.name for path in found)}.",
        hint="Name the file: --weights FOLDER/FILE.",
    )
