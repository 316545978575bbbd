"""The form of a transcription: the text fields beside the recording, and the request that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, Protocol, TypeVar

from msgspec import Meta

from orstt_core.conversion import convert, parse_json
from orstt_core.errors import InvalidRequest
from orstt_core.option_fields import fields_of, refuse_unknown, unread
from orstt_core.types import (
    KeepAlive,
    SampleFormat,
    SampleType,
    StatedFormat,
    StoredRecording,
    TranscribeOptions,
    TranscribeRequest,
    stated_format,
)
from orstt_core.types.options import described
from orstt_core.types.transcription import ModelId, Purpose

Fields = Mapping[str, Sequence[str]]
"""The text fields of a form by name, each with its values in the order they came."""


BRACKETS = re.compile(r"\[\d{0,4}\]$")
"""What clients put behind the name of a list: nothing between brackets, or each value's number."""
UNSET = frozenset({"null", "none", "undefined"})
"""How clients write a field that they do not set."""


def is_unset(text: str) -> bool:
    """Whether the text of a field that is no free text says that it is not given."""
    return text.strip().lower() in UNSET


def list_parts(name: str, text: str) -> list[object]:
    """Return the values that one text of a list holds: clients send one each, all as JSON, or all between commas.

    Raises:
        InvalidRequest: it begins like JSON, and is none; `field` is the name.
    """
    if text.lstrip().startswith("["):
        try:
            return parse_json(text, list[object], name)
        except InvalidRequest:
            if name != "keywords":  # `[inaudible]` may be one
                raise
    return [part for part in map(str.strip, text.split(",")) if part and (name == "keywords" or not is_unset(part))]


def given_text(texts: Sequence[str]) -> str:
    """Return the value of a field that is no list: of several texts at most one is not blank."""
    return next(filter(None, texts), "")


class ParsedForm(Protocol):
    """What the text fields of a form ask for."""

    def request(self, audio: Path | StoredRecording, filename: str) -> TranscribeRequest:
        """Return the request for a recording that the backend is to take over, or has.

        Args:
            audio: where the recording is, or which.
            filename: what to call it.
        """
        ...


Parsed = TypeVar("Parsed", bound=ParsedForm)


class FormKind(NamedTuple, Generic[Parsed]):
    """What a form may hold, and what it means.

    Attributes:
        audio: name of the field with the recording.
        known: names of the text fields that are read.
        parse: reads the text fields, once all are there; raises an `InvalidRequest` where they do not fit.
        lists: those of `known` that may come several times, with or without brackets behind their names.
        refused: fields that are refused as soon as they arrive, with the reason; a hint may follow.
        ignore_others: pass over any other field instead of refusing the form.
    """

    audio: str
    known: AbstractSet[str]
    parse: Callable[[Fields], Parsed]
    lists: AbstractSet[str] = frozenset()
    refused: Mapping[str, str] = {}
    ignore_others: bool = False

    def field_name(self, name: str) -> str:
        """Return the name of the field that a part belongs to, which of a list comes without brackets."""
        plain = BRACKETS.sub("", name)
        return plain if plain in self.lists or plain in self.refused else name


class RecordingForm(StatedFormat, frozen=True, kw_only=True):
    """What a form says of a recording beside how to transcribe it."""

    model: Annotated[str | None, described("Model", "Name of a configured model; not given, the active one.")] = None
    model_id: Annotated[ModelId | None, described("Model's id", "The same by id.")] = None
    options: Annotated[
        str,
        described(
            "Options", "TranscribeOptions as JSON; the other fields of its names are its parts, and go before it."
        ),
    ] = ""
    keep_audio: Annotated[
        bool, described("Keep audio", "Keep the recording until the job is removed; otherwise until it has ended.")
    ] = False
    keep_alive: Annotated[
        KeepAlive | None,
        described("Keep alive", "Seconds the model stays loaded afterwards; 0 not at all, -1 for ever."),
    ] = None
    idempotency_key: Annotated[
        str,
        Meta(max_length=200),
        described("Idempotency key", "A request with a key that was used before is the job it was then."),
    ] = ""
    callback_url: Annotated[
        str,
        Meta(max_length=2000),
        described("Callback", "Where a signed notice is sent when the job has ended."),
    ] = ""
    purpose: Annotated[
        Purpose,
        described("Purpose", "What the job is for; lists of jobs tell those for a benchmark apart."),
    ] = "transcript"
    recording: Annotated[
        str,
        Meta(max_length=100),
        described("Recording", "In place of `audio`: a recording that a job of yours has, as it says in `recording`."),
    ] = ""
    sample_type: Annotated[
        SampleType | None, described("Sample type", "The encoding by its name in `SampleFormat`.")
    ] = None


_CHANNELS = "channels"
OPTIONS = {field.name: field for field in fields_of(TranscribeOptions)}
FIELDS = {field.name: field for field in fields_of(RecordingForm)} | OPTIONS
"""The text fields of the form by name, as they are described."""


class JobForm(NamedTuple):
    """The parsed form of a job or a transcription."""

    recording: RecordingForm
    options: TranscribeOptions
    sample_format: SampleFormat | None

    def request(self, audio: Path | StoredRecording, filename: str) -> TranscribeRequest:
        """See `ParsedForm.request`."""
        given = self.recording
        return TranscribeRequest(
            audio=audio,
            model=given.model if given.model_id is None else given.model_id,
            options=self.options,
            filename=filename,
            sample_format=self.sample_format,
            disposable=isinstance(audio, Path),
            keep_audio=given.keep_audio,
            keep_alive=given.keep_alive,
            idempotency_key=given.idempotency_key,
            callback_url=given.callback_url,
            purpose=given.purpose,
            patient=False,
        )


def parse_job_form(fields: Fields) -> JobForm:
    """Return what the form of a job asks for.

    Args:
        fields: those of `FIELDS`; a blank one counts as not given.

    Raises:
        InvalidRequest: a field does not fit; `field` names it.
    """
    given = _given(fields)
    recording = convert({name: value for name, value in given.items() if name not in OPTIONS}, RecordingForm)
    options = _options(recording.options, {name: given[name] for name in given.keys() & OPTIONS.keys()}, _lists(fields))
    encoding = recording.encoding or recording.sample_type
    return JobForm(recording, options, stated_format(encoding, recording.rate, recording.channel_count))


LISTS = frozenset(name for name, field in FIELDS.items() if field.many)
JOB_FORM = FormKind("audio", FIELDS.keys(), parse_job_form, lists=LISTS)
"""What the form of a job or a transcription may carry."""
DASHBOARD_FORM = FormKind("audio", {"language", "model", "model_id"}, parse_job_form, ignore_others=True)
"""The dashboard's; whatever else it sends is ignored."""


def _given(fields: Fields) -> dict[str, str]:
    """Return the texts of the fields that are not blank; a number of `channels` is their count."""
    texts = {name: given_text(each) for name, each in fields.items() if name not in LISTS}
    given = {name: text for name, text in texts.items() if text and (FIELDS[name].kind == "text" or not is_unset(text))}
    if _CHANNELS in given and not given[_CHANNELS].isalpha():
        given.setdefault("channel_count", given.pop(_CHANNELS))
    return given


def _lists(fields: Fields) -> dict[str, list[object]]:
    """Return the values of the lists that are given."""
    given = {name: [part for text in fields.get(name, ()) for part in list_parts(name, text)] for name in LISTS}
    return {name: parts for name, parts in given.items() if parts}


def _options(text: str, flat: Mapping[str, str], lists: dict[str, list[object]]) -> TranscribeOptions:
    given = parse_json(text or "{}", dict[str, Any], "options")
    refuse_unknown(given, OPTIONS)
    flat_values = {name: unread(OPTIONS[name], value) for name, value in flat.items()}
    return convert(given | flat_values | lists, TranscribeOptions)
