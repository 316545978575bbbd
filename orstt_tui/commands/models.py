"""`orstt models`: the configured models; list, show, add, update, validate, activate, pull, remove."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime
from typing import Any

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.errors import Forbidden
from orstt_core.languages import languages_in_words
from orstt_core.option_fields import in_words
from orstt_core.text import readable_bytes
from orstt_core.types import Change, Model, ModelDraft, ModelUpdate, StoredWeights, Validation
from orstt_core.types.models import place
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.model_options import (
    chosen_fields,
    draft_called,
    draft_options,
    engine_option,
    vocabulary_option,
)
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.commands.weights import export_model, import_model, list_files, prune_weights, verify_weights
from orstt_tui.event_text import pull_progress
from orstt_tui.formatting import SENDS_SOUND, date, device_and_compute_type

NOT_USABLE = 5
"""Exit code of `validate` when the configuration would not run here."""


@click.group
@global_options
def models() -> None:
    """List, add, change, check, activate, fetch and remove models."""


for command in (list_files, verify_weights, prune_weights, export_model, import_model):
    models.add_command(command)


@models.command("list")
@json_option
@global_options
@click.pass_obj
def list_models(context: CommandContext, *, as_json: bool) -> None:
    """List the models and the size of their files; * is active."""
    if as_json:
        output.write_json(context.run(lambda backend: backend.models()))
        return

    async def listed(backend: Backend) -> tuple[list[Model], list[StoredWeights], set[str]]:
        models = await backend.models()
        return models, await backend.weights(), {model.name for model in models if await _is_off(backend, model)}

    rows, stored, off = context.run(listed)
    sizes = {name: readable_bytes(each.size) for each in stored if each.is_here for name in each.models}
    header = ("", "ID", "NAME", "TYPE", "WEIGHTS", "FILES", "DEVICE", "COMPUTE", "DESCRIPTION")
    output.write_table([header, *(_row(model, sizes.get(model.name, "-"), is_off=model.name in off) for model in rows)])


@models.command("show")
@click.argument("name", shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def show_model(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Show one model, by name or id."""

    async def show(backend: Backend) -> tuple[Model, list[str] | None]:
        model = await backend.model(name)
        return model, None if as_json else await _languages(backend, model)

    model, languages = context.run(show)
    if as_json:
        output.write_json(model)
        return
    rows = [(field.replace("_", " "), _plain(value)) for field, value in msgspec.structs.asdict(model).items()]
    if languages is not None:
        rows.append(("languages", languages_in_words(languages)))
    output.write_table(rows)


@models.command("add")
@click.argument("name")
@draft_options
@vocabulary_option
@click.option("--description", metavar="TEXT", help="What to remember about it.")
@json_option
@global_options
@click.pass_obj
def add_model(context: CommandContext, /, *, name: str, as_json: bool, **given: Any) -> None:
    """Check a model and add it to the list.

    It becomes neither active nor default. A model whose files are not here yet is added with a warning.
    """
    draft = ModelDraft(name=name, **chosen_fields(context, given))
    change = context.run(lambda backend: backend.create_model(draft))
    model = change.model
    where = "a server" if model.sends_sound else place(model.device, model.compute_type)
    _report(change, f"Added {model.name}: {model.model_type} {model.model} on {where}.", as_json=as_json)


@models.command("validate")
@click.argument("name", shell_complete=model_names)
@draft_options
@json_option
@global_options
@click.pass_obj
def validate_model(context: CommandContext, /, *, name: str, as_json: bool, **given: Any) -> int:
    """Say whether a model would run here; changes nothing.

    NAME is a configured model, which the options alter for this check, or one that might be added.
    Exits with 5 if it would not run.
    """
    changes = chosen_fields(context, given)

    async def validate(backend: Backend) -> Validation:
        draft = await draft_called(backend, name)
        options = {**draft.options, **changes.get("options", {})}
        options = {name: value for name, value in options.items() if value is not None}
        return await backend.validate_model(msgspec.structs.replace(draft, **changes | {"options": options}))

    validation = context.run(validate)
    if as_json:
        output.write_json(validation)
    else:
        # The message repeats how to mend what failed, so the table leaves it out.
        output.write_table([(check.outcome, check.name, check.detail) for check in validation.checks])
        output.write("".join(f"warning: {output.one_line(warning)}\n" for warning in validation.warnings))
        output.write(f"{output.one_line(validation.message)}\n")
    return 0 if validation.valid and validation.available else NOT_USABLE


@models.command("activate")
@click.argument("name", shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def activate_model(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Make a model the active one.

    If it cannot run here, the old one stays.
    """
    change = context.run(lambda backend: backend.activate_model(name))
    _report(change, f"{change.model.name} is active.", as_json=as_json)


@models.command("update")
@click.argument("name", shell_complete=model_names)
@click.option("--name", "new_name", metavar="NAME", help="Its new name.")
@click.option("--weights", "model", metavar="REF", help="A size, a hub repository or a folder.")
@click.option("--device", metavar="DEVICE", help="cpu or cuda.")
@click.option("--compute-type", metavar="TYPE", help="Number format.")
@engine_option
@vocabulary_option
@click.option("--description", metavar="TEXT", help="What to remember about it.")
@click.option("--default", "is_default", is_flag=True, help="Make it the default model.")
@json_option
@global_options
@click.pass_obj
def update_model(
    context: CommandContext, /, *, name: str, new_name: str | None, is_default: bool, as_json: bool, **given: str | None
) -> None:
    """Change a model.

    The active one is changed only to what can run here; jobs that wait keep it as it was.
    """
    update = ModelUpdate(name=new_name, is_default=is_default or None, **chosen_fields(context, given))
    if update == ModelUpdate():
        raise click.UsageError("Nothing is to be changed.")
    change = context.run(lambda backend: backend.update_model(name, update))
    _report(change, f"Changed {change.model.name}.", as_json=as_json)


@models.command("pull")
@click.argument("name", shell_complete=model_names)
@click.option("--type", "model_type", metavar="TYPE", default="", help="Engine that the weights NAME are for.")
@json_option
@global_options
@click.pass_obj
def pull_model(context: CommandContext, *, name: str, model_type: str, as_json: bool) -> None:
    """Bring a model's files here and verify them.

    NAME is a configured model, a name that an engine knows or a hub repository, of which `:FILE` is one model of
    several. A pull that was stopped, with ctrl+c too, goes on where it was.
    """

    async def pull(backend: Backend) -> None:
        with StatusLine() as status:
            async with aclosing(backend.pull_model(name, model_type)) as steps:
                async for step in steps:
                    if as_json:
                        output.write_json(step)
                    else:
                        status.show(pull_progress(step))

    context.run(pull)
    if not as_json:
        output.write(f"The files of {output.one_line(name)} are here.\n")


@models.command("remove")
@click.argument("name", shell_complete=model_names)
@json_option
@global_options
@click.pass_obj
def remove_model(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Remove a model; its files stay on disk.

    The active and the default model cannot be removed.
    """
    model = context.run(lambda backend: backend.delete_model(name))
    if as_json:
        output.write_json(model)
    else:
        output.write(f"Removed {model.name}; its files stay on disk.\n")


async def _languages(backend: Backend, model: Model) -> list[str] | None:
    """Return the languages that a model can be asked for; None where its engine cannot say, as it does not run here."""
    engines = (await backend.engines()).engines
    engine = next((each for each in engines if each.model_type == model.model_type and each.available), None)
    return engine.languages_of(model.model) if engine else None


async def _is_off(backend: Backend, model: Model) -> bool:
    """Return whether a model sends sound and may not; False where the caller may not check models."""
    if not model.sends_sound:
        return False
    try:
        return (await backend.validate_model(msgspec.convert(model, ModelDraft, from_attributes=True))).is_off
    except Forbidden:
        return False


def _row(model: Model, files: str, *, is_off: bool) -> tuple[str, ...]:
    mark = "*" if model.is_active else ""
    marks = ["[default]"] * model.is_default + [f"[{SENDS_SOUND}]"] * model.sends_sound + ["[off]"] * is_off
    description = " ".join(filter(None, [model.description, *marks]))
    return (
        mark,
        str(model.id),
        model.name,
        model.model_type,
        model.model,
        files,
        *(word or "-" for word in device_and_compute_type(model)),
        description,
    )


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={in_words(option)}" for name, option in value.items()) or "none"
    if isinstance(value, list):
        return in_words(value) or "none"
    if isinstance(value, datetime):
        return date(value)
    return in_words(value) if isinstance(value, bool) else str(value)


def _report(change: Change, sentence: str, *, as_json: bool) -> None:
    if as_json:
        output.write_json(change)
    else:
        output.write(f"{output.one_line(sentence)}\n")
    for warning in change.warnings:
        output.write_stderr(f"warning: {warning}")
