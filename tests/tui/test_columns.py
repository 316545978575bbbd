"""Columns take the room that is needed, as far as it is there; names are cut before anything is lost."""

from __future__ import annotations

import pytest

from orstt_tui.screens.audit import COLUMNS as AUDIT
from orstt_tui.screens.keys import COLUMNS as KEYS
from orstt_tui.widgets.columns import PADDING, Columns
from orstt_tui.widgets.job_table import COLUMNS as JOBS
from orstt_tui.widgets.model_table import COLUMNS as MODELS

LONG = "2026-11-21 operating room 4 knee replacement patient 4711 left side dictation part 1 of 3 final version.wav"


def widths(columns: Columns, room: int, *rows: tuple[str, ...]) -> dict[str, int]:
    """The widths for these rows; whatever is in them, no more than the room is taken."""
    needed = columns.needed([dict(zip(columns.names, row, strict=True)) for row in rows])
    found = columns.widths(needed, room)
    assert sum(found.values()) + PADDING * len(found) <= room
    return found


@pytest.mark.parametrize("model", ["base", "Systran/faster-distil-whisper-large-v3"])
@pytest.mark.parametrize("state", ["done", "running ████░  80%"])
def test_jobs_show_file_model_and_text_in_any_room_and_more_of_them_in_more(state: str, model: str) -> None:
    before = {"File": 20, "Model": 5, "Text": 8}
    for room in (77, 97, 137):  # of a terminal with 80, 100 and 140 columns
        found = widths(JOBS, room, (state, LONG, "59 min", "1:02:03", model, "text " * 40))
        assert all(found[name] >= width for name, width in before.items())
        before = {name: found[name] for name in before}
    assert widths(JOBS, 300, (state, LONG, "now", "0:07", model, "text " * 20))["File"] == len(LONG)
    assert {"State", "File", "Model", "Text"} <= widths(JOBS, 57, (state, LONG, "now", "0:07", model, "text")).keys()


def test_what_one_column_does_not_need_is_for_those_that_want_more() -> None:
    short, long = (widths(JOBS, 77, ("done", name, "now", "0:07", "base", "text " * 40)) for name in ("a.wav", LONG))
    assert short["File"] == 5
    assert short["Text"] > 40
    assert long["File"] > 25


def test_every_table_fits_a_terminal_of_80_columns() -> None:
    entry = ("2026-11-28 22:41", "model.activated", "key of the ward", "0123456789abcdef", "nobody waits any more")
    assert tuple(widths(AUDIT, 69, entry)) == AUDIT.names
    key = (
        "ward-7",
        "transcribe",
        "revoked",
        "2026-11-28 22:41",
        "2026-11-28 22:41",
        "2026-11-28 22:41",
        "user root",
        "-",
    )
    assert tuple(widths(KEYS, 69, key)) == ("Name", "Scope", "State", "Last used", "Expires")
    model = ("●", f"Systran/{LONG}", "faster-whisper", "cuda", "int8_float16", "1.5 GB", "1.6 GB", "active, default")
    assert {"Name", "Status"} <= widths(MODELS, 77, model).keys()
