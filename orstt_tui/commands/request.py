"""What is asked for a recording: the options that `transcribe` and `jobs submit` share, and the request they make."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, get_args

import click

from orstt_core.languages import normalize_language
from orstt_core.types import Task, TranscribeOptions, TranscribeRequest
from orstt_tui.commands.options import Function, keep_alive_option

DEFAULT = TranscribeOptions()


def request_options(command: Function) -> Function:
    """Give a command these options; it takes `like`, a TranscribeRequest that lacks only the recording."""

    @functools.wraps(command)
    def asked(*args: Any, **given: Any) -> Any:
        return command(*args, like=_request(given), **given)

    for option in (
        keep_alive_option("How long the model then stays loaded: seconds or forever; default: the setting."),
        click.option(
            "--vad/--no-vad", default=DEFAULT.vad_filter, help="Leave out what is not speech.  [default: vad]"
        ),
        click.option(
            "--temperature",
            type=click.FloatRange(0, 1),
            multiple=True,
            help="Sampling temperature; give several to try them in order while a passage decodes badly.",
        ),
        click.option(
            "--beam-size",
            type=click.IntRange(1, 20),
            default=DEFAULT.beam_size,
            show_default=True,
            help="Readings kept in view; 1 is faster and a little worse.",
        ),
        click.option("--hotwords", metavar="WORDS", help="Words to expect, separated by spaces."),
        click.option("--prompt", metavar="TEXT", help="Names and spellings to prefer, as a text that came before."),
        click.option("--word-timestamps", is_flag=True, help="Measure when each word is spoken."),
        click.option(
            "--task", type=click.Choice(get_args(Task)), default=DEFAULT.task, help="translate gives English text."
        ),
        click.option("--language", metavar="CODE", help="What is spoken, e.g. en; default: detected."),
        click.option("--model", metavar="NAME", help="Name or id of the model to use; default: the active one."),
    ):
        asked = option(asked)
    return asked  # type: ignore[return-value]  # the same command but for what click gives it


def _request(given: dict[str, Any]) -> TranscribeRequest:
    """Take the shared options out of `given` and return the request they make."""
    language = given.pop("language")
    options = TranscribeOptions(
        language=normalize_language(language) if language else None,
        task=given.pop("task"),
        word_timestamps=given.pop("word_timestamps"),
        initial_prompt=given.pop("prompt"),
        hotwords=given.pop("hotwords"),
        beam_size=given.pop("beam_size"),
        temperature=given.pop("temperature") or DEFAULT.temperature,
        vad_filter=given.pop("vad"),
    )
    return TranscribeRequest(
        audio=Path(), model=given.pop("model"), options=options, keep_alive=given.pop("keep_alive")
    )
