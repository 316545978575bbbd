"""Model files in the terminal program: which are here, and pull, verify, export, import and prune them."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from tui.conftest import Open
from tui.pictures import STORED
from tui.piloting import line, notices, screen_text, until

from orstt_core.errors import WeightsError
from orstt_core.types import Leftover, PullProgress, Verification, VerifiedFile
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.export_model import ExportModelScreen
from orstt_tui.screens.import_model import ImportModelScreen
from orstt_tui.screens.models import ModelsScreen
from orstt_tui.screens.weights import WeightsScreen
from orstt_tui.widgets.path_input import PathInput

FOREVER = 600.0
HALF = PullProgress(
    status="pulling d01c3014",
    digest="sha256:d01c3014",
    total=145_000_000,
    completed=72_500_000,
    overall_total=148_000_000,
    overall_completed=74_000_000,
    bytes_per_second=12_500_000.0,
    seconds_left=5.92,
)


@pytest.fixture
def backend(backend: ScriptedBackend) -> ScriptedBackend:
    """base is here, of the others only what they are called."""
    backend.stored = STORED
    return backend


async def said(pilot: Pilot[None], *notes: str) -> None:
    """Wait for these notices."""
    await until(pilot, lambda: {*notes} <= {*notices(pilot)})


async def test_a_pull_has_a_bar_goes_on_behind_other_screens_and_can_be_stopped(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.pull = [HALF, FOREVER]
    async with open_app(size=(80, 24)) as pilot:
        await until(pilot, lambda: "base · 145 MB here (packages)" in screen_text(pilot))
        await pilot.press("p")
        await said(pilot, "The files of base are here already; v verifies them.")
        assert "p Pull" not in screen_text(pilot)

        await pilot.press("down")
        await until(pilot, lambda: "small · not here: p pulls them" in screen_text(pilot))
        assert "p Pull" in screen_text(pilot)
        await pilot.press("p")
        await until(
            pilot, lambda: "Pulling small · d01c3014: 74 MB of 148 MB (50 %) · 12 MB/s · 6 s left" in screen_text(pilot)
        )
        await until(pilot, lambda: "esc Cancel" in screen_text(pilot))
        assert "pulling 50 %" in line(pilot, "small  ")

        await pilot.press("f3", "f2", "up")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        assert "Pulling small" in screen_text(pilot)
        await pilot.press("escape")
        await said(pilot, "Stopped the pull of small. The next one goes on from there.")
        await until(pilot, lambda: "Pulling" not in screen_text(pilot))

        backend.pull = [WeightsError("The hub does not answer.", hint="Try again later.")]
        await pilot.press("down", "p")
        await said(pilot, "The hub does not answer.\nTry again later.")
        backend.pull = [HALF, 0.2, PullProgress(status="success")]
        await pilot.press("p", "f4")
        await said(pilot, "The files of small are here.")


async def test_files_are_listed_and_verified_and_a_damaged_one_stands_out(
    open_app: Open, backend: ScriptedBackend
) -> None:
    right = VerifiedFile(name="model.bin", outcome="right", size=144_000_000, sha256="d01c" * 16)
    wrong = VerifiedFile(name="vocabulary.txt", outcome="damaged", size=5)
    backend.verifications = {"base": Verification(weights="base", files=[right, wrong], detail="One is damaged.")}
    async with open_app(size=(80, 24)) as pilot:
        await until(pilot, lambda: "145 MB here" in screen_text(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "Model files: 145 MB in 1 model" in screen_text(pilot))
        assert "packages" in line(pilot, "base  ")
        assert "not verified" in line(pilot, "model.bin")
        await pilot.press("v")
        await said(pilot, "One is damaged.")
        await until(pilot, lambda: "DAMAGED" in line(pilot, "vocabulary.txt"))
        assert "right" in line(pilot, "model.bin")
        await pilot.press("down", "down")
        await until(pilot, lambda: f"SHA-256 {right.sha256}" in screen_text(pilot))
        await pilot.press("G", "v")
        await said(pilot, "The files of large are not here; p pulls them.")
        await pilot.press("x")
        await said(pilot, "The files of large are not here; p pulls them.")


async def test_a_model_is_exported_to_a_file_imported_from_it_and_what_nobody_needs_is_pruned(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    backend.leftovers = [Leftover(kind="download", name="models--a--b", size=5_000_000)]
    async with open_app(size=(80, 24)) as pilot:
        await until(pilot, lambda: "145 MB here" in screen_text(pilot))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExportModelScreen))
        assert pilot.app.screen.query_one(PathInput).value == "base.orstt"
        await pilot.press("f5")
        await said(pilot, f"Exported base to {tmp_path / 'base.orstt'}: 15 B.")
        assert (tmp_path / "base.orstt").read_text() == "archive of base"
        await pilot.press("x", "f5")
        await until(pilot, lambda: "Replace base.orstt?" in screen_text(pilot))
        await pilot.press("n", "escape", "escape")

        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ImportModelScreen))
        await pilot.press("f5")
        await until(pilot, lambda: "Name a file." in screen_text(pilot))
        await pilot.press(*"base.orstt", "enter")
        # The form comes again with what was typed, and the cursor where another name is to be.
        await until(pilot, lambda: "called 'base' is configured already" in screen_text(pilot))
        assert pilot.app.screen.query_one(PathInput).value == "base.orstt"
        await pilot.press(*"ward", "f5")
        await said(pilot, "Imported ward.")
        assert [model.name for model in await backend.models()][-1] == "ward"

        await pilot.press("P")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "Remove 5 MB that no model needs?" in screen_text(pilot)
        assert "models--a--b (download)" in screen_text(pilot)
        await pilot.press("y")
        await said(pilot, "Removed 5 MB.")
        await pilot.press("P")
        await said(pilot, "There is nothing that no model needs.")
        assert isinstance(pilot.app.screen, WeightsScreen)
