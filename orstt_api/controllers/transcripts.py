"""Transcripts of jobs that are done, in every version that people made of them by correcting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from litestar import Controller, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openai.responses import MEDIA_TYPES
from orstt_api.openapi import problems
from orstt_api.scopes import TRANSCRIBE
from orstt_api.wire import JOBS
from orstt_core.errors import (
    Conflict,
    JobCancelled,
    JobNotEnded,
    JobNotFound,
    NotFound,
    OptionUnsupported,
    TooLarge,
    TranscriptChanged,
)
from orstt_core.formats import FORMATS, render
from orstt_core.types import Correction, JobTranscript, Revision, Version

ORIGINAL = "original"
"""What the version 0 is called, too."""

WantedVersion = Annotated[
    str,
    QueryParameter(
        name="version",
        description="A number, or `original` (which is 0); without it the newest.",
        pattern=rf"^([0-9]{{1,9}}|{ORIGINAL})?$",
    ),
]
WantedFormat = Annotated[str, QueryParameter(name="format", description=f"One of {', '.join(FORMATS)}.")]
UNREADABLE = (JobNotFound, JobNotEnded, JobCancelled, NotFound)
"""Why there may be no transcript to read, beside what a job failed with."""


class MadeOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest version that whoever asks knows; where there is a newer one, nothing is changed."""

    version: Version


@dataclass
class File(Operation):
    """Documents an address whose answer is a transcript in the format that was asked for."""

    def __post_init__(self) -> None:
        """Describe the kinds of answer."""
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        kinds = dict.fromkeys(MEDIA_TYPES[form] for form in FORMATS)
        answer.content = {kind: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)) for kind in kinds}


class Transcripts(Controller):
    """A job is named in the path by its id or the beginning of it."""

    path = f"{JOBS}/{{ref:str}}/transcript"
    tags = ("Transcripts",)
    opt = TRANSCRIBE

    @get("/", operation_id="getTranscript", responses=problems(*UNREADABLE))
    async def show(self, backend: InjectedBackend, ref: FromPath[str], version: WantedVersion = "") -> JobTranscript:
        """Return a version of a job's transcript, as people corrected it unless another one is asked for."""
        return await backend.job_transcript(unquote(ref), _number(version))

    @get(
        "/file",
        operation_id="exportTranscript",
        operation_class=File,
        responses=problems(*UNREADABLE, OptionUnsupported),
    )
    async def export(
        self, backend: InjectedBackend, ref: FromPath[str], form: WantedFormat = "text", version: WantedVersion = ""
    ) -> ASGIResponse:
        """Return a version of a job's transcript as a file: text, subtitles, a table or JSON."""
        found = await backend.job_transcript(unquote(ref), _number(version))
        text = render(found.transcript, form)
        return ASGIResponse(body=text.encode(), media_type=MEDIA_TYPES[form])

    @get("/history", operation_id="getTranscriptHistory", responses=problems(*UNREADABLE))
    async def history(self, backend: InjectedBackend, ref: FromPath[str]) -> list[Revision]:
        """Return who changed what of a transcript, and when, the oldest first."""
        return await backend.transcript_history(unquote(ref))

    @post(
        "/",
        operation_id="correctTranscript",
        status_code=200,
        responses=problems(*UNREADABLE, TranscriptChanged, TooLarge),
    )
    async def correct(self, backend: InjectedBackend, ref: FromPath[str], data: JSONBody[Correction]) -> JobTranscript:
        """Store edits as the next version, all or none; 409 names both versions where somebody was faster."""
        return await backend.correct_transcript(unquote(ref), data)

    @post(
        "/undo",
        operation_id="undoCorrection",
        status_code=200,
        responses=problems(*UNREADABLE, Conflict, TranscriptChanged, TooLarge),
    )
    async def undo(self, backend: InjectedBackend, ref: FromPath[str], data: JSONBody[MadeOn]) -> JobTranscript:
        """Take the latest edit back, as the next version."""
        return await backend.undo_correction(unquote(ref), data.version)

    @post(
        "/redo",
        operation_id="redoCorrection",
        status_code=200,
        responses=problems(*UNREADABLE, Conflict, TranscriptChanged, TooLarge),
    )
    async def redo(self, backend: InjectedBackend, ref: FromPath[str], data: JSONBody[MadeOn]) -> JobTranscript:
        """Make the edit again that was undone last."""
        return await backend.redo_correction(unquote(ref), data.version)


def _number(version: str) -> int | None:
    if not version:
        return None
    return 0 if version == ORIGINAL else int(version)
