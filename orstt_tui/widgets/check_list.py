"""CheckList: the checks of a validation, one by one, with what mends what failed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from orstt_core.types import Check, Outcome, Validation
from orstt_core.types.models import CLOUD_CHECKS, CheckName

UNUSABLE: dict[CheckName, str] = {
    "type": "unknown type",
    "dependencies": "not installed",
    "device": "no device",
    "model": "no weights",
    "destination": "off",
}
"""Check -> what is said of a model in a word when it fails."""
MARKS: dict[Outcome, tuple[str, str]] = {
    "passed": ("✓ ok", "$text-success"),
    "failed": ("✗ FAILED", "bold $text-error"),
    "skipped": ("- skipped", "dim"),
}
"""How an outcome is written: word and shape say it, the colour only repeats it."""


class CheckRow(Horizontal):
    """One check: outcome, name, what was found and what mends it."""

    def __init__(self, name: str) -> None:
        super().__init__(id=f"check-{name}")
        self._check = name

    def compose(self) -> ComposeResult:
        """Three cells."""
        yield Static(classes="check-outcome")
        yield Static(self._check, classes="check-name", markup=False)
        yield Static(classes="check-detail", markup=False)

    def show(self, check: Check | None) -> None:
        """Show a check's outcome; None is one that is under way."""
        mark = Content.styled(*MARKS[check.outcome]) if check else Content.styled("…", "dim")
        self.query_one(".check-outcome", Static).update(mark)
        detail = Content(check.detail) if check else Content("")
        if check and check.fix:
            detail = Content.assemble(detail, "\n", (f"Mend it: {check.fix}", "bold"))
        self.query_one(".check-detail", Static).update(detail)


class CheckList(Vertical):
    """Shows a validation as it stands: under way, made, or not to be had."""

    HELP = """\
# Would it run here?

Checks, made anew whenever something changes: is the **type** known, are its **dependencies** installed,
is the **device** there, are the **model** files to be had, and of a model that sends sound out: may it go to
its **destination**. The first that fails says how to mend it; the
checks after it are skipped.
"""

    def compose(self) -> ComposeResult:
        """A verdict, a row for each check, and the warnings."""
        yield Static(classes="check-message", markup=False)
        for name in CLOUD_CHECKS:
            yield CheckRow(name)
        yield Static(classes="check-warnings", markup=False)

    def show(self, validation: Validation) -> None:
        """Show the result."""
        for name in CLOUD_CHECKS:
            check = next((check for check in validation.checks if check.name == name), None)
            self.query_one(f"#check-{name}", CheckRow).show(check or _skipped(name))
        self._row_of_destination.display = validation.sends_sound
        if validation.failed is None:
            good = validation.valid and validation.available
            self._show_message(validation.message, "$text-success" if good else "bold $text-error")
        else:
            # The message would repeat what the failed check says in its row.
            self._show_message(f"It would not run here: the {validation.failed} check failed.", "bold $text-error")
        self._warn(validation.warnings)

    def wait(self) -> None:
        """Say that the checks are being made."""
        for name in CLOUD_CHECKS:
            self.query_one(f"#check-{name}", CheckRow).show(None)
        self._row_of_destination.display = False
        self._show_message("Checking…", "dim")
        self._warn([])

    def refuse(self, reason: str) -> None:
        """Say why nothing can be checked."""
        self.wait()
        self._show_message(reason, "bold $text-error")

    @property
    def _row_of_destination(self) -> CheckRow:
        return self.query_one("#check-destination", CheckRow)

    def _show_message(self, text: str, style: str) -> None:
        self.query_one(".check-message", Static).update(Content.styled(text, style))

    def _warn(self, warnings: list[str]) -> None:
        box = self.query_one(".check-warnings", Static)
        box.update(Content.styled("\n".join(f"Warning: {warning}" for warning in warnings), "$text-warning"))
        box.display = bool(warnings)


def why_unusable(validation: Validation) -> str:
    """Return in a word why a model would not run here; empty: it would."""
    if validation.available:
        return ""
    if validation.is_off:
        return UNUSABLE["destination"]  # whether it is installed is not what keeps it from running
    return UNUSABLE[validation.failed] if validation.failed else "not usable"


def _skipped(name: CheckName) -> Check:
    return Check(name=name, outcome="skipped", detail="")
