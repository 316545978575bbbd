"""The form of a transcription: the text fields beside the recording, and the request that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from orstt_core.errors import InvalidRequest
from orstt_core.types import SampleFormat, SampleType, TranscribeOptions, TranscribeRequest

T = TypeVar("T")

KeepAlive = Annotated[float, Meta(ge=-1, le=1e9)]
"""Seconds that a model stays loaded; a billion is as good as for ever, which is -1."""

_Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
_Count = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


Fields = Mapping[str, Sequence[str]]
"""The text fields of a form by name, each with its values in the order they came."""


class FormKind(NamedTuple):
    """What a form may hold, and how it becomes a request.

    Attributes:
        audio: name of the field with the recording.
        known: names of the text fields that are read.
        request: makes the request of the fields, the recording's path and what to call it.
        refused: fields that are refused as soon as they arrive, with the reason; a hint may follow.
        ignore_others: pass over any other field instead of refusing the form.
        check: raises an `InvalidRequest` where the fields do not fit, once all are there.
    """

    audio: str
    known: AbstractSet[str]
    request: Callable[[Fields, Path, str], TranscribeRequest]
    refused: Mapping[str, str] = {}
    ignore_others: bool = False
    check: Callable[[Fields], object] | None = None


class _Form(Struct, frozen=True, kw_only=True):
    model: str | None = None
    model_id: _Id | None = None
    options: str = "{}"
    keep_audio: bool = False
    keep_alive: KeepAlive | None = None
    idempotency_key: Annotated[str, Meta(max_length=200)] = ""
    callback_url: Annotated[str, Meta(max_length=2000)] = ""
    rate: _Count | None = None
    channels: _Count | None = None
    sample_type: SampleType | None = None


_OPTIONS = frozenset(TranscribeOptions.__struct_fields__)

FIELDS = frozenset(_Form.__struct_fields__) | _OPTIONS


def transcribe_request(fields: Fields, audio: Path, label: str) -> TranscribeRequest:
    """Return what a form asks for: a request for a recording that the backend is to take over.

    Args:
        fields: those of `FIELDS`; a blank one counts as not given, and of several of one name the last.
        audio: where the recording is.
        label: what to call it.

    Raises:
        InvalidRequest: a field does not fit; `field` names it.
    """
    given = {name: values[-1] for name, values in fields.items() if values[-1]}
    form = convert({name: value for name, value in given.items() if name not in _OPTIONS}, _Form)
    return TranscribeRequest(
        audio=audio,
        model=form.model if form.model_id is None else form.model_id,
        options=_options(form.options, {name: value for name, value in given.items() if name in _OPTIONS}),
        filename=label,
        sample_format=_sample_format(form),
        disposable=True,
        keep_audio=form.keep_audio,
        keep_alive=form.keep_alive,
        idempotency_key=form.idempotency_key,
        callback_url=form.callback_url,
        patient=False,
    )


TRANSCRIPTION_FORM = FormKind("audio", FIELDS, transcribe_request)
"""What the form of a job or a transcription may carry."""
DASHBOARD_FORM = FormKind("audio", {"language", "model", "model_id"}, transcribe_request, ignore_others=True)
"""The dashboard's; whatever else it sends is ignored."""


def convert(values: dict[str, Any], kind: type[T]) -> T:
    """Return texts as the types that they stand for.

    Raises:
        InvalidRequest: one does not fit; `field` names it.
    """
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        field = where.rstrip("`").partition("[")[0]
        raise InvalidRequest(f"{field} does not fit: {what}." if field else f"{what}.", field=field) from error


def _options(text: str, flat: dict[str, Any]) -> TranscribeOptions:
    try:
        given = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"options does not fit: {error}.", field="options") from error
    if unknown := sorted(given.keys() - _OPTIONS):
        raise InvalidRequest(
            f"There is no option called {unknown[0][:60]!r}.",
            hint=f"Options are: {', '.join(sorted(_OPTIONS))}.",
            field=unknown[0][:60],
        )
    for name in {"temperature", "languages"} & flat.keys():
        flat[name] = [part.strip() for part in flat[name].split(",")]
    return convert(given | flat, TranscribeOptions)


def _sample_format(form: _Form) -> SampleFormat | None:
    if form.rate is None:
        if form.channels is None and form.sample_type is None:
            return None
        raise InvalidRequest("Bare samples need their rate beside them.", hint="Give `rate` in Hz.", field="rate")
    return SampleFormat(rate=form.rate, channels=form.channels or 1, sample_type=form.sample_type or "int16")
