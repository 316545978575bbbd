"""ModelDetail: everything about one model, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from orstt_core.languages import languages_in_words
from orstt_core.option_fields import in_words as value_in_words
from orstt_core.text import readable_bytes
from orstt_core.types import LoadedModel, Model, Stats, StoredWeights
from orstt_tui.formatting import SENDS_SOUND, clock, date, now, runs_on
from orstt_tui.stats_text import in_words
from orstt_tui.weights_text import files_of
from orstt_tui.widgets.check_list import CheckList
from orstt_tui.widgets.facts import Facts, Line
from orstt_tui.widgets.moving import ScrollPane
from orstt_tui.widgets.pane import CLASS, show_title

QUESTION = "Would it run here?"


def why_undeletable(model: Model) -> str:
    """Return why a model cannot be deleted; empty when it can."""
    if model.is_active:
        return "The active model cannot be deleted."
    return "The default model cannot be deleted." if model.is_default else ""


class ModelDetail(ScrollPane):
    """Description, facts and checks of the model under the cursor, over its buttons."""

    HELP = """\
# The selected model

What is configured, whether it **would run here**, and what to do with it. *Activate* makes it the one that
transcribes, once it is loaded and has answered a probe; if it cannot run, the old one stays. The active and the
default model cannot be deleted. **l** loads a model without making it the active one, **u** gives its memory back.

*Measured* is what its latest transcriptions on this machine took. **t** finds its fastest setting by trying, **T** puts
the one from before back; **m** makes it the default, **N** configures another one like it, **h** shows who changed it.

**p** pulls its files, **Escape** stops that; **f** lists the files. **v** verifies, **x** exports it to one file, **i**
imports such a file.
"""

    DEFAULT_CLASSES = CLASS

    def compose(self) -> ComposeResult:
        """Facts, buttons, then the checks, which may be long."""
        yield Facts(id="detail-facts")
        yield Facts(id="detail-loaded")
        with Horizontal(id="detail-buttons"):
            yield Button("Activate", id="activate", variant="primary", compact=True, action="screen.activate")
            yield Button("Delete…", id="delete", compact=True, action="screen.delete")
            yield Button("Files…", id="files", compact=True, action="screen.files")
            yield Static(id="detail-kept", markup=False)
        yield Static(QUESTION, id="detail-heading", classes="heading")
        yield CheckList()

    def show_loaded(self, loaded: LoadedModel | None, wait: str = "") -> None:
        """Show whether the model is in memory, and what one waits for, such as an activation."""
        lines: list[Line] = [("Memory", _loaded(loaded))] if loaded is not None else []
        if wait:
            lines.append(Content.styled(wait, "bold $text-warning"))
        shown = self.query_one("#detail-loaded", Facts)
        shown.display = bool(lines)
        shown.show(lines)

    def show_connected(self, *, connected: bool) -> None:
        """Say whether the checks are as things are, or as they were before the connection was lost."""
        self.query_one("#detail-heading", Static).update(QUESTION if connected else "Disconnected: as it was.")

    def show_none(self) -> None:
        """Show that there is no model."""
        self.display = False

    def show(
        self,
        model: Model,
        stored: StoredWeights | None,
        languages: Sequence[str] | None,
        figures: Stats | None,
    ) -> None:
        """Show this model; its files, the languages it knows and what it takes as far as that is known."""
        self.display = True
        changed = model.updated_at != model.created_at
        show_title(self, model.name, f"{'changed' if changed else 'added'} {date(model.updated_at)}")
        self.query_one("#detail-facts", Facts).show(_facts(model, stored, languages, figures))
        activate, delete = self.query_one("#activate", Button), self.query_one("#delete", Button)
        activate.disabled = model.is_active
        activate.tooltip = f"{model.name} is active already." if model.is_active else f"Transcribe with {model.name}."
        reason = why_undeletable(model)
        delete.disabled = bool(reason)
        kept = self.query_one("#detail-kept", Static)
        kept.update(reason)
        kept.display = bool(reason)
        delete.tooltip = reason or f"Remove {model.name} from the list; its weights stay on the disk."


def _facts(
    model: Model, stored: StoredWeights | None, languages: Sequence[str] | None, figures: Stats | None
) -> list[Line]:
    lines: list[Line] = []
    if model.description:
        lines.append(Content(model.description))
    if model.sends_sound:
        lines.append(Content.styled(SENDS_SOUND.capitalize(), "bold $text-warning"))
    spoken = languages_in_words(languages) if languages else ""
    facts = {
        "Weights": " · ".join(filter(None, [model.model, files_of(model, stored)])),
        "Runs with": " · ".join(filter(None, [f"{model.model_type} on {runs_on(model)}", spoken])),
        **({"Measured": in_words(figures)} if figures else {}),
    }
    if model.options:
        facts["Options"] = ", ".join(f"{name} {value_in_words(value)}" for name, value in model.options.items())
    if model.vocabulary:
        facts["Words"] = ", ".join(model.vocabulary)
    return [*lines, *facts.items()]


def _loaded(loaded: LoadedModel) -> Content:
    if loaded.state == "suspended":
        left = f" for {_left(loaded.suspended_until)}" if loaded.suspended_until else ""
        return Content.styled(f"suspended{left}: {loaded.reason}", "bold $text-error")
    if loaded.state == "loading":
        return Content("loading…")
    parts = [readable_bytes(loaded.memory)]
    if loaded.using:
        parts.append(f"in use by {loaded.using}")
    if loaded.expires_at is not None:
        parts.append(f"unloaded in {_left(loaded.expires_at)} unless used")
    return Content(" · ".join(parts))


def _left(until: datetime) -> str:
    return clock((until - now()).total_seconds())
