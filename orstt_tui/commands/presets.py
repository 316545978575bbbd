"""`orstt presets`: named sets of options for a transcription; list, show, save, delete."""

from __future__ import annotations

import click

from orstt_core.formats import FORMATS
from orstt_core.option_fields import in_words
from orstt_core.types import TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.preset_option import preset_argument
from orstt_tui.commands.request import kept_options
from orstt_tui.presets import delete_preset, make_preset, preset_named, presets_file, read_presets, save_preset


@click.group
@global_options
def presets() -> None:
    """Keep named sets of options for transcriptions.

    They are given with --preset, or chosen in the terminal program.
    """


@presets.command("list")
@json_option
@global_options
def list_presets(*, as_json: bool) -> None:
    """List the presets, and what is wrong with their file."""
    found, problems = read_presets()
    if as_json:
        output.write_json(list(found.values()))
    elif found:
        output.write_table([("NAME", "OPTIONS"), *((preset.name, preset.words) for preset in found.values())])
    for problem in problems:
        output.write_stderr(problem)


@presets.command("show")
@preset_argument
@json_option
@global_options
def show_preset(*, name: str, as_json: bool) -> None:
    """Show what a preset asks for."""
    preset = preset_named(name)
    if as_json:
        output.write_json(preset)
        return
    values = {"model": preset.model, "format": preset.format, **preset.options}
    output.write_table([(key, in_words(value)) for key, value in values.items() if value != ""])


@presets.command("save")
@click.argument("name")
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="How to write transcripts.")
@kept_options
@global_options
def save(*, name: str, like: TranscribeRequest, form: str | None) -> None:
    """Keep options under a name, in the place of those that were kept under it before.

    With --preset, those of another one are what is changed.
    """
    preset = make_preset(name, like.options, model=str(like.model or ""), form=form or "")
    save_preset(preset)
    output.write(f"Saved {output.one_line(preset.name)}: {output.one_line(preset.words or 'the defaults')}\n")
    output.write_stderr(f"in {presets_file()}")


@presets.command("delete")
@preset_argument
@global_options
def delete(*, name: str) -> None:
    """Remove a preset."""
    delete_preset(name)
    output.write(f"Removed {output.one_line(name)}.\n")
