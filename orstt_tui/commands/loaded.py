"""`orstt ps`, `load` and `unload`: the models in memory, on a server or for a moment in this process."""

from __future__ import annotations

import time

import click

from orstt_core.backend import Backend
from orstt_core.text import readable_bytes
from orstt_core.types import LoadedModel
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option, keep_alive_option
from orstt_tui.formatting import until

HEADER = ("NAMES", "STATE", "MEMORY", "USING", "EXPIRES", "PID", "REASON")
HOW_TO_KEEP = (
    "a model stays loaded only as long as the process it serves; to keep one: `orstt serve`, then "
    "`orstt --remote URL load NAME`"
)


@click.command
@json_option
@global_options
@click.pass_obj
def ps(context: CommandContext, *, as_json: bool) -> None:
    """List the models in memory.

    Without --remote that is the memory of this one command, so there are none.
    """
    loaded = context.run(lambda backend: backend.loaded_models())
    if as_json:
        output.write_json(loaded)
    elif loaded:
        output.write_table([HEADER, *map(_row, loaded)])
    else:
        output.write_stderr("no model is loaded")
        _hint(context)


@click.command
@click.argument("name", shell_complete=model_names)
@keep_alive_option("How long it stays when idle: seconds or forever; default: the setting keep_alive.")
@json_option
@global_options
@click.pass_obj
def load(context: CommandContext, *, name: str, keep_alive: float | None, as_json: bool) -> None:
    """Load a model into memory.

    With --remote the server's next request need not wait for it. Without, it proves that the model loads here.
    """

    async def work(backend: Backend) -> tuple[LoadedModel, float]:
        began = time.monotonic()
        return await backend.load_model(name, keep_alive), time.monotonic() - began

    loaded, seconds = context.run(work)
    if as_json:
        output.write_json(loaded)
    else:
        memory = f"{readable_bytes(loaded.memory)} of memory" if loaded.memory else "and unloaded again"
        sentence = f"Loaded {_names(loaded)} in {seconds:.1f} s: {memory}."
        output.write(f"{output.one_line(sentence)}\n")
    _hint(context)


@click.command
@click.argument("name", shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def unload(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Unload a model, giving its memory back.

    One that serves a request is not unloaded.
    """
    unloaded = context.run(lambda backend: backend.unload_model(name))
    if as_json:
        output.write_json(unloaded)
    else:
        sentence = f"Unloaded {_names(unloaded)}: {readable_bytes(unloaded.memory)} given back."
        output.write(f"{output.one_line(sentence)}\n")


def _hint(context: CommandContext) -> None:
    if not context.settings.remote:
        output.write_stderr(HOW_TO_KEEP)


def _names(loaded: LoadedModel) -> str:
    return ", ".join(loaded.names)


def _row(loaded: LoadedModel) -> tuple[str, ...]:
    if loaded.state == "suspended":
        again = f" Tried again in {until(loaded.suspended_until)}." if loaded.suspended_until else ""
        return (_names(loaded), loaded.state, "", "", "", "", f"{loaded.reason}{again}")
    idle_until = until(loaded.expires_at) if loaded.expires_at else "never"
    expires = "in use" if loaded.using else idle_until
    return (
        _names(loaded),
        loaded.state,
        readable_bytes(loaded.memory),
        str(loaded.using),
        expires,
        str(loaded.pid),
        "",
    )
