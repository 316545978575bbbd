"""`orstt models files | verify | prune | export | import`: the model files on the machine that does the work."""

from __future__ import annotations

from pathlib import Path

import click

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_core.text import readable_bytes
from orstt_core.types import Change, StoredWeights, Verification
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.file_parts import read_file, write_file
from orstt_tui.formatting import count
from orstt_tui.weights_text import place_of

DAMAGED = 5
"""Exit code of `verify` when files are damaged or missing, as of every error about weights."""


@click.command("files")
@click.argument("name", required=False, shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def list_files(context: CommandContext, *, name: str | None, as_json: bool) -> None:
    """List the model files here: size, place, which models use them.

    NAME is a configured model or weights; its files are listed one by one.
    """
    found = context.run(lambda backend: backend.weights(name))
    if as_json:
        output.write_json(found)
        return
    header = ("WEIGHTS", "WHERE", "SIZE", "FILES", "MODELS", "FOLDER")
    output.write_table([header, *map(_row, found)])
    for weights in found if name else ():
        output.write_table([(f"  {file.name}", readable_bytes(file.size)) for file in weights.files])


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def verify_weights(context: CommandContext, *, names: tuple[str, ...], as_json: bool) -> int:
    """Compare every byte of model files with what was published.

    NAME is a configured model or weights; without one, all that are here. Exits with 5 if any is not right. What is
    damaged in the hub's cache is removed, so that it is fetched anew.
    """

    async def verify(backend: Backend) -> int:
        failures = 0
        with StatusLine() as status:
            for name in names or await _here(backend):
                status.show(f"verifying {name}")
                try:
                    found = await backend.verify_weights(name)
                except OrsttError as error:
                    if len(names) == 1:
                        raise
                    status.clear()
                    failures += 1
                    output.write_stderr(f"{name}: {error}")
                    continue
                status.clear()
                failures += not found.is_right
                output.write_json(found) if as_json else _write_finding(found)
        return DAMAGED if failures else 0

    return context.run(verify)


@click.command("prune")
@click.option("--yes", is_flag=True, help="Remove it; without, it is only shown.")
@json_option
@global_options
@click.pass_obj
def prune_weights(context: CommandContext, *, yes: bool, as_json: bool) -> None:
    """Show what no configured model needs, and with --yes remove it.

    That is downloads that were not finished, copies that were joined or worked out of weights, and weights that OR-STT
    brought here. What other programs put into the hub's cache stays.
    """
    pruned = context.run(lambda backend: backend.prune_weights(remove=yes))
    if as_json:
        output.write_json(pruned)
        return
    if not pruned.leftovers:
        output.write("There is nothing that no model needs.\n")
        return
    output.write_table([(each.kind, readable_bytes(each.size), each.name) for each in pruned.leftovers])
    size = readable_bytes(pruned.size)
    if yes:
        output.write(f"Removed {size}.\n")
        return
    output.write(f"{size} could be removed: orstt models prune --yes\n")
    output.write("Models of other databases that use the same folders are not known here.\n")


@click.command("export")
@click.argument("name", shell_complete=model_names)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@global_options
@click.pass_obj
def export_model(context: CommandContext, *, name: str, file: Path) -> None:
    """Write a model with its weights to one file.

    It is for a machine without a network. The file has the digests of the weights and the configuration of the model;
    `orstt models import` reads it.
    """

    async def export(backend: Backend) -> None:
        with StatusLine() as status:
            status.show(f"verifying {name}")
            parts = backend.export_model(name)
            await write_file(file, parts, lambda done: status.show(f"writing {file}: {readable_bytes(done)}"))

    context.run(export)
    output.write(f"Exported {output.one_line(name)} to {file}.\n")


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="What to call the model; default: as it was called.")
@json_option
@global_options
@click.pass_obj
def import_model(context: CommandContext, *, file: Path, name: str | None, as_json: bool) -> None:
    """Bring in a model that `orstt models export` wrote.

    Each file is compared with its digest; what is damaged, or no such file, leaves nothing behind.
    """

    async def bring(backend: Backend) -> Change:
        with StatusLine() as status:
            parts = read_file(file, lambda done: status.show(f"reading {file}: {readable_bytes(done)}"))
            return await backend.import_model(parts, name)

    change = context.run(bring)
    if as_json:
        output.write_json(change)
        return
    output.write(f"Imported {output.one_line(change.model.name)}.\n")
    for warning in change.warnings:
        output.write_stderr(f"warning: {warning}")


async def _here(backend: Backend) -> list[str]:
    found = await backend.weights()
    return [weights.models[0] if weights.models else weights.weights for weights in found if weights.is_here]


def _row(weights: StoredWeights) -> tuple[str, ...]:
    files = str(len(weights.files)) if weights.files else ""
    where = weights.kind if weights.is_here else place_of(weights)
    size = readable_bytes(weights.size) if weights.is_here else ""
    return weights.weights, where, size, files, ", ".join(weights.models), weights.folder


def _write_finding(found: Verification) -> None:
    size = readable_bytes(sum(file.size for file in found.files))
    output.write(f"{output.one_line(found.weights)}: {found.detail} ({count(len(found.files), 'file')}, {size})\n")
    for file in found.files:
        if file.outcome in {"damaged", "missing"}:
            output.write(f"  {file.outcome}: {output.one_line(file.name)}\n")
    if found.fix:
        output.write(f"  {output.one_line(found.fix)}\n")
