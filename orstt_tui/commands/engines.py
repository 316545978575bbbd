"""`orstt types`: the speech engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    output.write_table([("TYPE", "ENGINE", "RUNS HERE", "WITH"), *(_row(*named) for named in listed.by_names)])


def _row(names: Sequence[str], engine: EngineInfo) -> tuple[str, ...]:
    types = ", ".join(names)
    if not engine.available:
        why = f"{engine.reason} -> {engine.install}" if engine.install else engine.reason
        return (types, engine.title, "no", why)
    return (types, engine.title, "yes", "; ".join(filter(None, _facts(engine))))


def _facts(engine: EngineInfo) -> Iterator[str]:
    if engine.sends_sound:
        yield SENDS_SOUND
    for device, kinds in engine.compute_types.items():
        yield ": ".join(filter(None, (device, ", ".join(kinds))))
    yield languages_in_words(engine.languages_of(""))
    if engine.options:
        yield f"options {', '.join(field.name for field in engine.options)}"
