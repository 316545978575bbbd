"""How each model was tuned on this machine: a file a model in the data folder."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from orstt_core.disk import is_full, why_not
from orstt_core.errors import FileProblem, StorageFull
from orstt_core.measurements.machine import this_machine
from orstt_core.struct_types import complete
from orstt_core.types import Model, ModelSetting, Tuning

FOLDER = "tuning"


def setting_of(model: Model) -> ModelSetting:
    """Return what of a configured model is tuned."""
    return ModelSetting(compute_type=model.compute_type, options=dict(model.options))


def read(data_dir: Path, model: Model) -> Tuning | None:
    """Return how a model was tuned; None: never, as far as can be read, or with other weights or on another device."""
    try:
        tuning = msgspec.json.decode(_path(data_dir, model).read_bytes(), type=complete(Tuning))
    except (OSError, msgspec.DecodeError):
        return None
    same = (tuning.model_type, tuning.weights, tuning.device) == (model.model_type, model.model, model.device)
    return tuning if same else None


def write(data_dir: Path, model: Model, tuning: Tuning) -> None:
    """Keep how a model was tuned, whole or not at all.

    Raises:
        FileProblem, StorageFull: the file cannot be written.
    """
    path = _path(data_dir, model)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_bytes(msgspec.json.encode(tuning))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        failure = StorageFull if is_full(error) else FileProblem
        raise failure(f"How {model.name} was tuned cannot be kept in {path.parent}: {why_not(error)}.") from error


def remove(data_dir: Path, model: Model) -> None:
    """Forget how a model was tuned."""
    _path(data_dir, model).unlink(missing_ok=True)


def advice(data_dir: Path, model: Model) -> str:
    """Return, as a sentence, why to tune a model; empty: it was tuned on this machine."""
    tuning = read(data_dir, model)
    if tuning is None:
        return "Never tuned."
    return "" if tuning.machine == this_machine() else "Tuned on another machine."


def _path(data_dir: Path, model: Model) -> Path:
    return data_dir / FOLDER / f"{model.id}.json"
