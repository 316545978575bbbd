"""What model files are, in words: where they are, how large, and why something cannot be done with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath

from orstt_core.text import readable_bytes
from orstt_core.types import Model, StoredWeights
from orstt_tui.weights_run import UNDER_WAY, WeightsRun

SUFFIX = ".orstt"
"""What the file of an exported model is called where nobody says otherwise."""
PLACES = {
    "folder": "its folder",
    "cache": "hub cache",
    "package": "packages",
    "hub": "not here",
    "absent": "not here",
    "server": "on a server",
    "unknown": "its engine's",
}
"""Kind of place -> what it is called in a list."""


def place_of(stored: StoredWeights) -> str:
    """Return where the files are, for a list."""
    is_nowhere = stored.kind == "unknown" and stored.weights_format
    return PLACES["absent"] if is_nowhere else PLACES[stored.kind]


def size_of(stored: StoredWeights | None) -> str:
    """Return how large the files are, for a cell of a table; a dash: none are here; empty: nothing is known of them."""
    if stored is None or stored.kind in {"server", "unknown"}:
        return ""
    return readable_bytes(stored.size) if stored.is_here else "-"


def files_of(model: Model, stored: StoredWeights | None) -> str:
    """Return which files of a model are here, in a few words; empty: nothing is known yet."""
    if model.sends_sound:
        return "none: it runs on a server"
    if stored is None:
        return ""
    if stored.kind == "unknown":
        return "found by its engine itself"
    if not stored.is_here:
        return "not here" if PurePath(stored.weights).is_absolute() else "not here: p pulls them"
    return f"{readable_bytes(stored.size)} here ({PLACES[stored.kind]})"


def why_not(command: str, stored: StoredWeights | None, run: WeightsRun | None) -> str:
    """Return why a command cannot be done with model files; empty: it can, or it is none for model files.

    Args:
        command: as the action of the screen is called.
        stored: the files; None: nothing is known of them yet.
        run: what is under way with them.
    """
    if command not in _REFUSALS:
        return ""
    if run is not None:
        return f"{UNDER_WAY[run.kind]} {run.name} is under way."
    if stored is None:
        return ""
    name = stored.models[0] if stored.models else stored.weights
    if stored.kind == "server":
        return f"The files of {name} are on the server that sound is sent to."
    if stored.kind == "unknown":
        return f"The engine of {name} finds its files itself."
    return _REFUSALS[command](stored)


def _pull(stored: StoredWeights) -> str:
    if stored.kind == "folder":
        return "A folder is used as it is: there is nothing to pull."
    return f"The files of {stored.weights} are here already; v verifies them." if stored.is_here else ""


def _present(stored: StoredWeights) -> str:
    return "" if stored.is_here else f"The files of {stored.weights} are not here; p pulls them."


def _export(stored: StoredWeights) -> str:
    return _present(stored) if stored.models else f"No model is configured with {stored.weights}."


_REFUSALS: Mapping[str, Callable[[StoredWeights], str]] = {"pull": _pull, "verify": _present, "export": _export}
