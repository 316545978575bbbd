"""What the commands of `orstt models` share: the options that describe a model, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.errors import FileProblem, ModelNotFound
from orstt_core.types import ModelDraft
from orstt_core.types.options import OptionValue
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import Function

DRAFT = ModelDraft(name="draft")


def _engine_options(
    _ctx: click.Context, _param: click.Parameter, texts: Sequence[str]
) -> dict[str, OptionValue] | None:
    """Return the engine's options by name; an empty text stands for the default."""
    for text in texts:
        if "=" not in text:
            raise click.BadParameter(f"{text!r} is no NAME=VALUE.")
    pairs = (text.partition("=") for text in texts)
    return {name.strip(): value or None for name, _, value in pairs} or None


engine_option = click.option(
    "--option",
    "options",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_engine_options,
    help="An option of the engine, as `orstt types` lists them; may be given several times. NAME= is its default.",
)


vocabulary_option = click.option(
    "--vocabulary",
    metavar="NAME",
    multiple=True,
    callback=lambda _ctx, _param, names: [*filter(None, names)] if names else None,
    help="A list of words to expect in all it transcribes; may be given several times. An empty one is none.",
)


def draft_options(command: Function) -> Function:
    """Give a command the options that describe a model; what is not given is None."""
    for option in (
        engine_option,
        click.option("--compute-type", metavar="TYPE", help="Number format; default: int8 on a CPU, float16 on a GPU."),
        click.option("--device", metavar="DEVICE", help=f"cpu or cuda; default: {DRAFT.device}."),
        click.option(
            "--weights", "model", metavar="REF", help="A size, a hub repository or a folder; default: the name."
        ),
        click.option("--type", "model_type", metavar="TYPE", help=f"The engine; default: {DRAFT.model_type}."),
    ):
        command = option(command)
    return command


def chosen_fields(context: CommandContext, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the options give; a folder of this machine by its whole path.

    Raises:
        FileProblem: it is none.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    # A folder on this machine says nothing to a server, and a relative one nothing to the next command.
    if "model" in chosen and not context.settings.remote:
        chosen["model"] = _weights(chosen["model"])
    return chosen


def _weights(reference: str) -> str:
    path = Path(reference).expanduser()
    if path.exists():
        return str(path.resolve())
    if reference.startswith(("/", "./", "../", "~")):
        raise FileProblem(
            f"There is no {reference}.",
            hint="Give a folder with model files or the file of a model, a size or a hub repository.",
        )
    return reference


async def draft_called(backend: Backend, name: str) -> ModelDraft:
    """Return the draft of a configured model, or of one that might be added under that name."""
    try:
        model = await backend.model(name)
    except ModelNotFound:
        folder = Path(name)
        return ModelDraft(name=folder.name, model=name) if folder.is_absolute() else ModelDraft(name=name)
    return msgspec.convert(model, ModelDraft, from_attributes=True)
