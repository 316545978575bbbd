"""What is asked for a recording: the options that `transcribe` and `jobs submit` share, and the request they make.

How to transcribe is asked for as `TranscribeOptions` describes it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from orstt_core.option_fields import fields_of
from orstt_core.types import StatedFormat, TranscribeOptions, TranscribeRequest
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.described_options import described_option
from orstt_tui.commands.options import Function, keep_alive_option
from orstt_tui.commands.preset_option import GIVEN, preset_option

Change = Callable[[TranscribeOptions], TranscribeRequest]
PREFIX = "option_"
"""Before the names of these options in Python, which a command may use for something else."""


def request_options(command: Function) -> Function:
    """Give a command these options; it takes `like`, a TranscribeRequest that lacks only the recording."""
    command = _with_options(command, lambda given: {"like": _stated(given, _request(given)(TranscribeOptions()))})
    for field in reversed(fields_of(StatedFormat)):
        command = described_option(field, "")(command)
    return command


def changed_options(command: Function) -> Function:
    """Give a command these options; it takes `change`, which makes such a request of earlier options.

    What is not given stays as it was.
    """
    return _with_options(command, lambda given: {"change": _request(given)})


def kept_options(command: Function) -> Function:
    """Give a command those that a preset keeps; it takes `like`, as above."""

    def read(given: dict[str, Any]) -> dict[str, Any]:
        given["keep_alive"] = None
        return {"like": _request(given)(TranscribeOptions())}

    return _with_options(command, read, _options()[:-1])


def transcription_options(command: Function) -> Function:
    """Give a command those that say how to transcribe; it takes `how`, a TranscribeOptions."""

    def read(given: dict[str, Any]) -> dict[str, Any]:
        given |= {"model": None, "keep_alive": None}
        return {"how": _request(given)(TranscribeOptions()).options}

    return _with_options(command, read, [described_option(field, PREFIX) for field in fields_of(TranscribeOptions)])


def _with_options(
    command: Function, read: Callable[[dict[str, Any]], dict[str, Any]], options: Sequence[Any] = ()
) -> Function:
    @functools.wraps(command)
    def asked(*args: Any, **given: Any) -> Any:
        return command(*args, **read(given), **given)

    for option in reversed(options or _options()):
        asked = option(asked)
    return asked  # type: ignore[return-value]  # the same command but for what click gives it


def _options() -> list[Callable[[Any], Any]]:
    return [
        preset_option(PREFIX),
        click.option(
            "--model",
            metavar="NAME",
            help="Name or id of the model to use, or auto; default: the active one.",
            shell_complete=model_names,
        ),
        *(described_option(field, PREFIX) for field in fields_of(TranscribeOptions)),
        keep_alive_option("How long the model then stays loaded: seconds or forever; default: the setting."),
    ]


def _stated(given: dict[str, Any], request: TranscribeRequest) -> TranscribeRequest:
    stated = StatedFormat(**{field.name: given.pop(field.name) for field in fields_of(StatedFormat)})
    return msgspec.structs.replace(request, sample_format=stated.sample_format)


def _request(given: dict[str, Any]) -> Change:
    """Take the shared options out of `given` and return what makes a request of them and of earlier ones."""
    source_of = click.get_current_context().get_parameter_source
    values = {field.name: given.pop(PREFIX + field.name) for field in fields_of(TranscribeOptions)}
    # By where it comes from: None may be what was asked for, as by `--language auto`.
    chosen = {name: values[name] for name in values if source_of(PREFIX + name) in GIVEN}
    model, keep_alive = given.pop("model"), given.pop("keep_alive")

    def change(before: TranscribeOptions) -> TranscribeRequest:
        # Not made anew of all values: a default is left out of what is stored only where it is the same object.
        options = msgspec.structs.replace(before, **chosen)
        return TranscribeRequest(audio=Path(), model=model, options=options, keep_alive=keep_alive)

    return change
