"""The forms of OpenAI's audio API: every field of its clients is honoured or refused, none passed over.

Names and meanings are those of the `openai` package, 3.54.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct, field

from orstt_api.forms import Fields, FormKind, given_text, is_unset, list_parts
from orstt_core.conversion import convert, parse_json
from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.languages import requested_languages
from orstt_core.terms import joined
from orstt_core.types import (
    SampleFormat,
    StatedFormat,
    StoredRecording,
    Task,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_core.types.options import described
from orstt_core.types.transcription import Channels, Preference, Tracks

DIARIZED = "diarized_json"
FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "tsv", DIARIZED)
STREAMED = ("json", "text", DIARIZED)

_LISTS = frozenset({"include", "keywords", "languages", "timestamp_granularities", "vocabulary"})
_FREE = frozenset({"model", "prompt"})
"""Fields that may hold any text."""
CHUNKING = "chunking_strategy"
_CHUNKING_PARTS = ("type", "threshold", "prefix_padding_ms", "silence_duration_ms")
_SPEAKERS = "No engine here can tell speakers apart."


class TranslationFields(StatedFormat, frozen=True, kw_only=True):
    """The text fields of a translation."""

    model: Annotated[
        str,
        Meta(max_length=500),
        described("Model", "Name or alias of a configured model; not given, the active one."),
    ] = ""
    prompt: Annotated[
        str | None, described("Prompt", "Text taken for what came before: names and spellings to prefer.")
    ] = None
    response_format: Annotated[str, described("Format", "What the answer looks like.")] = "json"
    temperature: Annotated[
        float,
        Meta(ge=0, le=1),
        described("Temperature", "Sampling temperature; 0 rises while a passage decodes badly."),
    ] = 0.0


class TranscriptionFields(TranslationFields, frozen=True, kw_only=True):
    """Those of a transcription, but for `chunking_strategy`."""

    language: Annotated[str | None, described("Language", "What is spoken, e.g. en; not given, it is detected.")] = None
    stream: Annotated[bool, described("Stream", "Send events while it is transcribed.")] = False
    timestamp_granularities: Annotated[
        list[Literal["word", "segment"]],
        described("Granularities", "`word`, `segment` or both; `word` needs verbose_json."),
    ] = field(default_factory=list)
    include: Annotated[list[Literal["logprobs"]], described("Include", "`logprobs`; needs json.")] = field(
        default_factory=list
    )
    keywords: Annotated[list[str], described("Keywords", "Words to expect.")] = field(default_factory=list)
    vocabulary: Annotated[
        list[str], Meta(max_length=20), described("Vocabulary", "Lists of words to expect, by name.")
    ] = field(default_factory=list)
    languages: Annotated[list[str], Meta(max_length=20), described("Languages", "Which languages it may be.")] = field(
        default_factory=list
    )
    track: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        described("Track", "Number of the sound track where a file has several; not given, the default one."),
    ] = None
    tracks: Annotated[Tracks, described("Tracks", "`all` transcribes each sound track by itself.")] = "one"
    channels: Annotated[
        Channels,
        described(
            "Channels", "`separate` transcribes each channel by itself; diarized_json then has a speaker for each."
        ),
    ] = "mixed"
    prefer: Annotated[
        Preference, described("Prefer", "What the model `auto` is chosen by: `fastest`, `balanced` or `best`.")
    ] = "balanced"
    deadline: Annotated[
        Annotated[float, Meta(gt=0, le=1e6)] | None,
        described("Deadline", "In how many seconds the model `auto` is to be done."),
    ] = None
    max_error: Annotated[
        Annotated[float, Meta(gt=0, le=100)] | None,
        described("Highest error", "How many words in a hundred may be wrong of the model `auto`, by expectation."),
    ] = None


class Chunking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How speech is found; the settings are those of `server_vad`."""

    type: Literal["auto", "server_vad"]
    threshold: Annotated[float, Meta(ge=0, le=1)] | None = None
    prefix_padding_ms: Annotated[int, Meta(ge=0, le=5_000)] | None = None
    silence_duration_ms: Annotated[int, Meta(ge=0, le=60_000)] | None = None


class ResponseFormat(NamedTuple):
    """How the answer is to look.

    Attributes:
        name: one of `FORMATS`.
        segments: give segments, where the format has them.
        words: give words.
        logprobs: give every token's probability.
    """

    name: str
    stream: bool
    segments: bool
    words: bool
    logprobs: bool


class OpenAIForm(NamedTuple):
    """The parsed form of a transcription or translation."""

    model: str
    options: TranscribeOptions
    sample_format: SampleFormat | None
    idempotency_key: str
    response_format: ResponseFormat

    def request(self, audio: Path | StoredRecording, filename: str) -> TranscribeRequest:
        """See `ParsedForm.request`."""
        return TranscribeRequest(
            audio=audio,
            model=self.model or None,
            options=self.options,
            filename=filename,
            sample_format=self.sample_format,
            disposable=isinstance(audio, Path),
            idempotency_key=self.idempotency_key,
            patient=False,
        )


def _parse(fields: Fields, task: Task) -> OpenAIForm:
    """Return what a form asks for.

    Raises:
        InvalidRequest, LanguageUnknown: a field does not fit, or two do not fit together; `field` names one.
        OptionUnsupported: it asks for speakers.
    """
    given, chunking = _converted(fields), _chunking(fields)
    return OpenAIForm(
        model=given.model,
        options=_options(given, chunking, task),
        sample_format=given.sample_format,
        idempotency_key=given_text(fields["idempotency_key"]),
        response_format=_response_format(given),
    )


def _response_format(given: TranscriptionFields) -> ResponseFormat:
    if given.response_format == DIARIZED and given.channels != "separate":
        raise OptionUnsupported(
            _SPEAKERS,
            hint="Where each has a channel of the recording, send channels=separate too.",
            field="response_format",
        )
    if given.response_format not in FORMATS:
        raise InvalidRequest(
            f"There is no format called {given.response_format[:50]!r}.",
            hint=f"Formats are {', '.join(FORMATS)}.",
            field="response_format",
        )
    if given.stream and given.response_format not in STREAMED:
        raise InvalidRequest(
            f"{given.response_format} cannot be streamed.",
            hint="Stream json, text or diarized_json, or leave stream out.",
            field="response_format",
        )
    # `segment` is OpenAI's default, which some of its clients send with every format: it asks for nothing more.
    if "word" in given.timestamp_granularities and given.response_format != "verbose_json":
        raise InvalidRequest(
            "Times of words are a part of verbose_json only.",
            hint="Set response_format to verbose_json, or leave `word` out of timestamp_granularities.",
            field="timestamp_granularities",
        )
    if given.include and given.response_format != "json":
        raise InvalidRequest(
            "logprobs are a part of json only.",
            hint="Set response_format to json, or leave include out.",
            field="include",
        )
    return ResponseFormat(
        name=given.response_format,
        stream=given.stream,
        segments=set(given.timestamp_granularities) != {"word"},
        words="word" in given.timestamp_granularities,
        logprobs=bool(given.include),
    )


def _options(given: TranscriptionFields, chunking: Chunking, task: Task) -> TranscribeOptions:
    options = TranscribeOptions(
        language=given.language,
        languages=tuple(given.languages),
        task=task,
        word_timestamps="word" in given.timestamp_granularities,
        initial_prompt=given.prompt or None,
        hotwords=joined(given.keywords) or None,
        vocabulary=tuple(given.vocabulary),
        vad_threshold=chunking.threshold,
        vad_padding_ms=chunking.prefix_padding_ms,
        vad_silence_ms=chunking.silence_duration_ms,
        logprobs="logprobs" in given.include,
        channels=given.channels,
        track=given.track,
        tracks=given.tracks,
        prefer=given.prefer,
        deadline=given.deadline,
        max_error=given.max_error,
    )
    requested_languages(options)
    if options.language:  # it is one of the possible ones, and nothing is to be detected
        options = msgspec.structs.replace(options, languages=())
    if given.temperature:  # 0 is OpenAI's word for: begin there and rise while a passage decodes badly
        options = msgspec.structs.replace(options, temperature=(given.temperature,))
    return options


def _converted(fields: Fields) -> TranscriptionFields:
    values: dict[str, object] = {}
    for name, texts in fields.items():
        if name in _LISTS:
            values[name] = [part for text in texts for part in list_parts(name, text)]
            continue
        text = given_text(texts)
        if name in TranscriptionFields.__struct_fields__ and text and (name in _FREE or not is_unset(text)):
            values[name] = text
    return convert(values, TranscriptionFields)


def _chunking(fields: Fields) -> Chunking:
    """Return the strategy, which comes as `auto`, as JSON or as one field for each of its parts."""
    parts: dict[str, object] = {
        part: given_text(fields[name]) for part in _CHUNKING_PARTS if (name := f"{CHUNKING}[{part}]") in fields
    }
    text = given_text(fields.get(CHUNKING, ())).strip()
    try:
        if text.startswith("{"):
            parts |= parse_json(text, dict[str, object], CHUNKING)
        elif text and not is_unset(text):
            parts["type"] = text
        chunking = convert(parts or {"type": "auto"}, Chunking)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"chunking_strategy does not fit: {error.message.removeprefix('chunking_strategy does not fit: ')}",
            hint="It is `auto`, or an object with the type `server_vad`.",
            field=CHUNKING,
        ) from error
    if chunking.type == "auto" and len(parts) > 1:
        raise InvalidRequest("Only the type server_vad has settings of its own.", field=CHUNKING)
    # Silero's scale leaves out its ends, which OpenAI's has.
    if chunking.threshold is not None:
        chunking = msgspec.structs.replace(chunking, threshold=min(max(chunking.threshold, 0.001), 0.999))
    return chunking


_BOTH = frozenset(TranslationFields.__struct_fields__)
OPENAI_TRANSLATION_FORM = FormKind("file", _BOTH, partial(_parse, task="translate"))
OPENAI_TRANSCRIPTION_FORM = FormKind(
    "file",
    _BOTH
    | {"language", "stream", "channels", "track", "tracks", "prefer", "deadline", "max_error", CHUNKING}
    | {f"{CHUNKING}[{part}]" for part in _CHUNKING_PARTS}
    | _LISTS,
    partial(_parse, task="transcribe"),
    lists=_LISTS,
    refused=dict.fromkeys(("known_speaker_names", "known_speaker_references"), _SPEAKERS),
)
