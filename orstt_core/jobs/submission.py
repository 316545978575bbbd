"""What a request becomes when it is stored as a job: its name, its idempotency key, its fingerprint."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import suppress
from pathlib import Path

from orstt_core.caller import current_actor, current_caller
from orstt_core.db.job_records import NewJob
from orstt_core.db.recordings import RecordingSource
from orstt_core.engines import registry
from orstt_core.errors import EngineUnavailable, EngineUnknown, InvalidRequest
from orstt_core.languages import requested_languages
from orstt_core.runtime.probe import languages_of
from orstt_core.text import printable
from orstt_core.types import AUTO, Model, ModelChoice, StoredRecording, TranscribeOptions, TranscribeRequest, to_json
from orstt_core.types.transcription import WISHES

LONGEST_NAME = 255
"""Characters of a recording's name that are kept: the longest that a file system has."""


async def new_job(
    request: TranscribeRequest,
    model: Model,
    recording: RecordingSource | StoredRecording,
    *,
    choice: ModelChoice | None,
    waited: bool,
) -> NewJob:
    """Return the job to store.

    Args:
        request: what was asked for.
        model: what is to transcribe it.
        recording: which recording, and where it is if it comes with the request.
        choice: set where the model is to be chosen when the recording is decoded.
        waited: somebody waits for it, in this process.
    """
    return NewJob(
        id=secrets.token_hex(8),
        filename=name_of(request),
        model=model,
        choice=choice,
        model_ref="" if request.model is None else str(request.model),
        options=request.options,
        recording=recording,
        keep_recording=request.keep_audio,
        submitted_by=current_actor(),
        keep_alive=request.keep_alive,
        priority="interactive" if waited else "background",
        waited=waited,
        idempotency_key=_own_key(request.idempotency_key),
        callback_url=request.callback_url,
        purpose=request.purpose,
        fingerprint=await asyncio.to_thread(_fingerprint, request, recording) if request.idempotency_key else "",
    )


async def check_languages(options: TranscribeOptions, model: Model, *, look: bool) -> None:
    """Refuse a language that the engine says the model does not know.

    Args:
        options: of the request.
        model: what is to transcribe it.
        look: also at an engine of another package, in a child process; the first look takes a second.

    Raises:
        LanguageUnknown, OptionUnsupported, InvalidRequest: as `requested_languages`.
    """
    if options.language is None and not options.languages:
        return
    with suppress(EngineUnknown, EngineUnavailable):  # the job will fail with that
        if look or registry.is_light(model.model_type):
            offered, detects = await asyncio.to_thread(languages_of, model.model_type, model.model)
            requested_languages(options, offered, speaker=model.name, detects=detects)


def refuse_wish(options: TranscribeOptions) -> None:
    """Refuse what says which model to choose where one was asked for: it would be passed over without a word.

    Raises:
        InvalidRequest: names the option.
    """
    default = TranscribeOptions()
    for name in WISHES:
        if getattr(options, name) != getattr(default, name):
            raise InvalidRequest(
                f"{name} says which model to choose, and one is asked for.",
                hint=f"Ask for the model {AUTO}, or leave {name} out.",
                field=name,
            )


def name_of(request: TranscribeRequest) -> str:
    """Return what to call a request's recording, fit to be shown; empty: as it was called before."""
    if isinstance(request.audio, StoredRecording):
        return ""
    name = request.filename or (request.audio.name if isinstance(request.audio, Path) else "recording")
    return printable(name)[-LONGEST_NAME:]


def _own_key(idempotency_key: str) -> str:
    """Keep the keys of callers apart who do not see each other's jobs."""
    owner = current_caller().owner
    return f"{owner}: {idempotency_key}" if idempotency_key and owner is not None else idempotency_key


def _fingerprint(request: TranscribeRequest, recording: RecordingSource | StoredRecording) -> str:
    """Tell requests with the same idempotency key apart: by the recording and what was asked of it."""
    sound: object = recording.id
    if isinstance(recording, RecordingSource) and not recording.owned:  # its id says nothing of what it holds
        with Path(recording.location).open("rb") as file:
            sound = [hashlib.file_digest(file, "sha256").hexdigest(), recording.sample_format]
    return hashlib.sha256(to_json([sound, request.options, request.model])).hexdigest()
