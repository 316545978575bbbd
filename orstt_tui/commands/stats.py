"""`orstt stats`: what transcriptions took, by model, setup, day or one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import click

from orstt_core.stats_table import stats_row, to_csv
from orstt_core.types import Stats, StatsGrouping, StatsQuery
from orstt_tui import stats_text
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import clock, date, runs_on

Cell = Callable[[Stats], str]


class Day(click.DateTime):
    """A day, such as 2026-01-31."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the day."""
        return super().convert(value, param, ctx).date()


@click.command
@click.option(
    "--by",
    type=click.Choice(get_args(StatsGrouping)),
    default="model",
    show_default=True,
    help="What a row is of; a setup is a model with its settings, machine and versions.",
)
@click.option("--model", default="", metavar="NAME", shell_complete=model_names, help="Only of this model.")
@click.option(
    "--since", type=Day(), metavar="DAY", help="Only of this day (such as 2026-01-31, in UTC) and later ones."
)
@click.option("--until", type=Day(), metavar="DAY", help="Only of this day and earlier ones.")
@click.option("--here", is_flag=True, help="Only what was measured on this machine, or the server's.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many rows at most.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets and plots.")
@json_option
@global_options
@click.pass_obj
def stats(context: CommandContext, /, *, as_csv: bool, as_json: bool, **asked: Any) -> None:
    """Show how fast, large and sure models were at work.

    Every transcription counts, whoever asked for it; nothing of what was said is kept here. Days stay for ever, single
    transcriptions for the setting measurement_days.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    query = StatsQuery(**asked)
    found = context.run(lambda backend: backend.stats(query))
    if as_json:
        output.write_json(found)
    elif as_csv:
        output.write(to_csv(found))
    elif not found:
        output.write_stderr("nothing was measured that fits; every transcription leaves its figures")
    else:
        columns = _columns(query.by)
        output.write_table(
            [[heading for heading, _ in columns], *([cell(row) for _, cell in columns] for row in found)]
        )


def _columns(by: StatsGrouping) -> list[tuple[str, Cell]]:
    """Return headings, and what stands below them."""
    first = {"day": [("DAY", _day)], "transcription": [("AT", _at)]}.get(by, [])
    count = [] if by == "transcription" else [("COUNT", _count)]
    setup = [("SETTINGS", _settings), ("MACHINE", _machine)] if by in {"setup", "transcription"} else []
    return [*first, ("MODEL", _model), *count, *FIGURES, *setup]


def _model(stats: Stats) -> str:
    return stats.model


def _day(stats: Stats) -> str:
    return stats.last_day.isoformat()


def _at(stats: Stats) -> str:
    return date(stats.at) if stats.at else ""


def _count(stats: Stats) -> str:
    return f"{stats.transcriptions:,}"


def _sound(stats: Stats) -> str:
    return clock(stats.audio_seconds)


def _engine(stats: Stats) -> str:
    return stats.setup.engine


def _on(stats: Stats) -> str:
    return runs_on(stats.setup)


def _settings(stats: Stats) -> str:
    return stats_row(stats)["settings"]


def _machine(stats: Stats) -> str:
    return stats.setup.machine


FIGURES: list[tuple[str, Cell]] = [
    ("SOUND", _sound),
    ("SPEED", stats_text.speed),
    ("FIRST", stats_text.first_segment),
    ("LOAD", stats_text.load),
    ("MEMORY", stats_text.memory),
    ("SURE", stats_text.confidence),
    ("AGAIN", stats_text.repeated),
    ("ENGINE", _engine),
    ("ON", _on),
]
