"""The API of whisper-asr-webservice 1.9, which Bazarr and others speak: what its parameters ask for, and its answers.

What is to be done stands in the query, and only the recording in the form. Bare samples (`encode=false`) are signed,
16 bits, 16 kHz, one channel, as FFmpeg's `s16le`.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import quote

from litestar.response.base import ASGIResponse
from msgspec import Struct

from orstt_api.forms import Fields, FormKind
from orstt_api.upload import Upload
from orstt_core.backend import Backend
from orstt_core.conversion import convert
from orstt_core.errors import OptionUnsupported
from orstt_core.formats import render
from orstt_core.languages import language_name
from orstt_core.option_fields import fields_of, unread
from orstt_core.types import (
    Done,
    NewSegment,
    SampleFormat,
    Segment,
    StoredRecording,
    Task,
    TranscribeOptions,
    TranscribeRequest,
    Transcript,
    stated_format,
    to_json,
)
from orstt_core.types.options import described

AUDIO_FIELD = "audio_file"
MEDIA_TYPE = "text/plain"
"""Of every transcript, the one in JSON included."""
UNDETERMINED = "und"
"""ISO 639-2's code, which Bazarr understands, of a language that nobody knows."""

Output = Literal["txt", "vtt", "srt", "tsv", "json"]


class RecordingQuery(Struct, frozen=True, kw_only=True):
    """The parameters that say what the recording is."""

    encode: Annotated[
        bool, described("Encode", "False where the recording is bare samples: s16le, 16 kHz, one channel.")
    ] = True


class TranscriptionQuery(RecordingQuery, frozen=True, kw_only=True):
    """The parameters of a transcription."""

    task: Annotated[Task, described("Task", "translate gives English text whatever is spoken.")] = "transcribe"
    language: Annotated[
        str | None, described("Language", "What is spoken, e.g. en; not given, it is detected.", kind="language")
    ] = None
    initial_prompt: Annotated[
        str | None, described("Prompt", "Names and spellings to prefer, as a text that came before.")
    ] = None
    vad_filter: Annotated[
        bool | None, described("Speech only", "Leave out what is not speech, which is so where it is not given.")
    ] = None
    word_timestamps: Annotated[bool, described("Word times", "Measure when each word is spoken; in json.")] = False
    diarize: Annotated[bool, described("Speakers", "No engine here tells speakers apart.")] = False
    output: Annotated[Output, described("Output", "What the answer looks like.")] = "txt"


class DetectedLanguage(Struct, frozen=True, kw_only=True):
    """The language of a recording, by its English name in small letters and by its code, and how likely it is."""

    detected_language: str
    language_code: str
    confidence: float


class AsrForm(NamedTuple):
    """A form, whose parameters came beside it."""

    query: TranscriptionQuery
    idempotency_key: str

    def request(self, audio: Path | StoredRecording, filename: str) -> TranscribeRequest:
        """See `ParsedForm.request`."""
        return TranscribeRequest(
            audio=audio,
            options=_options(self.query),
            filename=filename,
            sample_format=_sample_format(self.query),
            disposable=isinstance(audio, Path),
            idempotency_key=self.idempotency_key,
            patient=False,
        )


def asr_form(parameters: Mapping[str, str], kind: type[RecordingQuery] = TranscriptionQuery) -> FormKind[AsrForm]:
    """Return the form that belongs to these parameters; others, and other fields, are passed over.

    Raises:
        InvalidRequest: a parameter does not fit; `field` names it.
        OptionUnsupported: speakers are asked for.
    """
    known = {field.name: field for field in fields_of(kind)}
    given = {name: unread(known[name], text) for name, text in parameters.items() if name in known and text}
    query = convert(given, TranscriptionQuery)
    if query.diarize:
        raise OptionUnsupported("No engine here can tell speakers apart.", hint="Leave it out.", field="diarize")

    def parse(fields: Fields) -> AsrForm:
        return AsrForm(query, fields["idempotency_key"][-1])

    return FormKind(AUDIO_FIELD, frozenset(), parse, ignore_others=True)


def asr_response(transcript: Transcript, upload: Upload[AsrForm]) -> ASGIResponse:
    """Return a transcript as it was asked for.

    Raises:
        OptionUnsupported: the output needs times, and the engine measured none.
    """
    output = upload.form.query.output
    headers = {
        "Asr-Engine": transcript.model.type,
        "Content-Disposition": f'attachment; filename="{quote(upload.filename or "recording", safe="")}.{output}"',
    }
    return ASGIResponse(body=_rendered(transcript, output), media_type=MEDIA_TYPE, headers=headers)


async def detect_language(backend: Backend, upload: Upload[AsrForm]) -> DetectedLanguage:
    """Hand an upload over and return the language of its first segment; the rest is not transcribed.

    Raises:
        OrsttError: what the transcription failed with.
    """
    async with aclosing(backend.transcribe(upload.hand_over())) as events:
        async for event in events:
            match event:
                case NewSegment(segment=Segment(language=str() as code, language_probability=probability)):
                    return _detected(code, probability)
                case Done(
                    transcript=Transcript(segments=[_, *_], language=str() as code, language_probability=probability)
                ):
                    return _detected(code, probability)
    return DetectedLanguage(detected_language="unknown", language_code=UNDETERMINED, confidence=0.0)


def _options(query: TranscriptionQuery) -> TranscribeOptions:
    asked: dict[str, Any] = {} if query.vad_filter is None else {"vad_filter": query.vad_filter}
    return TranscribeOptions(
        task=query.task,
        language=query.language,
        initial_prompt=query.initial_prompt,
        word_timestamps=query.word_timestamps,
        **asked,
    )


def _sample_format(query: TranscriptionQuery) -> SampleFormat | None:
    return None if query.encode else stated_format("s16le", 16_000, 1)


def _rendered(transcript: Transcript, output: Output) -> bytes:
    if output == "txt":
        return "".join(f"{segment.text.strip()}\n" for segment in transcript.segments).encode()
    if output == "json":
        return to_json(
            {
                "language": transcript.language or UNDETERMINED,
                "segments": transcript.segments,
                "text": transcript.text,
            }
        )
    return render(transcript, output).encode()


def _detected(code: str, probability: float | None) -> DetectedLanguage:
    return DetectedLanguage(
        detected_language=language_name(code).lower(), language_code=code, confidence=probability or 0.0
    )
