"""`orstt types`: the speech engines."""

from __future__ import annotations

from collections.abc import Sequence

import click

from orstt_core.languages import languages_in_words
from orstt_core.types import EngineInfo
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import SENDS_SOUND


@click.command
@json_option
@global_options
@click.pass_obj
def types(context: CommandContext, *, as_json: bool) -> None:
    """List the speech engines and whether each runs here."""
    listed = context.run(lambda backend: backend.engines())
    if as_json:
        output.write_json(listed)
        return
    output.write_table(
        [("TYPE", "ENGINE", "RUNS HERE", "WITH", "LANGUAGES", "OPTIONS"), *(_row(*named) for named in listed.by_names)]
    )


def _row(names: Sequence[str], engine: EngineInfo) -> tuple[str, ...]:
    types, options = ", ".join(names), ", ".join(field.name for field in engine.options)
    if not engine.available:
        return (
            types,
            engine.title,
            "no",
            f"{engine.reason} -> {engine.install}" if engine.install else engine.reason,
            "",
            options,
        )
    devices = "; ".join(
        ": ".join(filter(None, (name, ", ".join(kinds)))) for name, kinds in engine.compute_types.items()
    )
    sends = f"yes, {SENDS_SOUND}" if engine.sends_sound else "yes"
    return (types, engine.title, sends, devices, languages_in_words(engine.languages_of("")), options)
