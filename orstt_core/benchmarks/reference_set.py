"""Reference sets: recordings of which it is known what was said.

A set is a folder in which each recording has a text file of the same name, or one with a `manifest.jsonl`: a line of
JSON for each recording, with `file` and `transcript` (or `text`), and perhaps `language` and `alternatives`, that are
right as well. Or it is what people corrected: jobs of a Backend whose recordings are still there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.audio.bare import HEADERLESS
from orstt_core.backend import Backend
from orstt_core.corrected_pairs import corrected_jobs
from orstt_core.disk import why_not
from orstt_core.errors import FileProblem, InvalidRequest, OrsttError
from orstt_core.recording_names import is_recording
from orstt_core.types import Job, StoredRecording
from orstt_core.types.comparisons import LONGEST_REFERENCE

MANIFEST = "manifest.jsonl"
BLOCK = 1 << 20
CORRECTED = "corrected transcripts"
"""What a benchmark calls the set that people made by correcting."""


class Reference(Struct, frozen=True, kw_only=True):
    """A recording, and what is said in it.

    Attributes:
        audio: a file on this machine, or a recording that the Backend has.
        texts: what was said; where there are several, each is right.
        language: as an ISO code; None: not known.
        digest: SHA-256 of sound and texts, in hexadecimal digits.
    """

    name: str
    audio: Path | StoredRecording
    texts: tuple[str, ...]
    language: str | None
    digest: str


class _Line(Struct, frozen=True, kw_only=True):
    """A line of a manifest; what else stands in it is no matter."""

    file: str
    transcript: str | None = None
    text: str | None = None
    language: str | None = None
    alternatives: list[str] = []
    score: object = None


async def references_in(backend: Backend, folder: Path | None, language: str | None = None) -> list[Reference]:
    """Return the recordings of a set.

    Args:
        backend: whose corrected transcripts are meant where no folder is named.
        folder: as `read_set` has it; None: what people corrected.
        language: as `read_set` has it.

    Raises:
        OrsttError: as `read_set`, and whatever the backend raises.
        InvalidRequest: nobody has corrected anything.
    """
    if folder is not None:
        return await asyncio.to_thread(read_set, folder, language=language)
    async with aclosing(corrected_set(backend)) as found:
        references = [reference async for reference in found]
    if not references:
        raise InvalidRequest(
            "Nobody has corrected a transcript whose recording is still here.",
            hint="Correct some (`orstt jobs edit ID`), or name a folder of recordings with their texts.",
        )
    return references


def read_set(folder: Path, *, language: str | None = None) -> list[Reference]:
    """Return the recordings of a folder that have a text, by name; reads every one once.

    Args:
        folder: where they are.
        language: of those whose language the set does not say, as an ISO code.

    Raises:
        InvalidRequest: there is no such folder, nothing in it has a text, one is too long, or a line of the manifest
            does not fit.
        FileProblem: a file cannot be read.
    """
    if not folder.is_dir():
        raise InvalidRequest(f"{folder} is no folder.", hint="Name one with recordings and their texts.", field="set")
    manifest = folder / MANIFEST
    try:
        found = list(_of_manifest(manifest, language) if manifest.is_file() else _of_pairs(folder, language))
    except OSError as error:
        if isinstance(error, OrsttError):
            raise
        raise FileProblem(f"{error.filename or folder} cannot be read: {why_not(error)}.") from error
    if not found:
        raise InvalidRequest(
            f"No recording in {folder} has a text.",
            hint=f"Put a text file of the same name beside each (call.wav, call.txt), or a {MANIFEST}.",
            field="set",
        )
    return sorted(found, key=lambda reference: reference.name)


async def corrected_set(backend: Backend) -> AsyncGenerator[Reference]:
    """Yield the recordings whose transcripts people corrected, the newest first."""
    async for job in corrected_jobs(backend):
        yield Reference(
            name=f"{job.id[:8]} {job.filename}",
            audio=StoredRecording(id=job.recording),
            texts=(job.text,),
            language=job.result.language if job.result else None,
            digest=_digest([job.recording.encode()], [job.text]),
        )


def reference_of(job: Job, said: str) -> Reference:
    """Return what is said in the recording of a job; it is the same for files of the same name with the same text."""
    return Reference(
        name=job.filename,
        audio=StoredRecording(id=job.recording),
        texts=(said,),
        language=job.options.language,
        digest=_digest([job.filename.encode("utf-8", "replace")], [said]),
    )


def _of_pairs(folder: Path, language: str | None) -> Iterator[Reference]:
    # Beside them may be more than their texts, such as subtitles that were written of them.
    files = sorted(folder.iterdir(), reverse=True)
    sounds = {file.stem: file for file in files if file.suffix.lower() in HEADERLESS}  # the text says that it is speech
    sounds |= {file.stem: file for file in files if is_recording(file.name)}
    for text in sorted(folder.glob("*.txt")):
        if audio := sounds.get(text.stem):
            yield _reference(audio, [_within(_read(text), str(text))], language)


def _of_manifest(manifest: Path, language: str | None) -> Iterator[Reference]:
    for number, line in enumerate(_read(manifest).splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line, type=_Line)
        except msgspec.MsgspecError as error:
            raise InvalidRequest(
                f"Line {number} of {manifest} cannot be read: {error}.",
                hint='Each is JSON such as {"file": "call.wav", "transcript": "good morning", "language": "en"}.',
                field="set",
            ) from error
        said = entry.transcript or entry.text or ""
        if entry.score is not None or not said.strip():
            continue
        audio = manifest.parent / entry.file
        if not audio.is_file():
            raise InvalidRequest(f"Line {number} of {manifest} names {entry.file}, which is not there.", field="set")
        texts = [_within(each, f"Line {number} of {manifest}") for each in (said, *entry.alternatives)]
        yield _reference(audio, texts, entry.language or language, name=entry.file)


def _reference(audio: Path, texts: list[str], language: str | None, *, name: str = "") -> Reference:
    with audio.open("rb") as file:
        digest = _digest(iter(lambda: file.read(BLOCK), b""), texts)
    return Reference(name=name or audio.name, audio=audio, texts=tuple(texts), language=language, digest=digest)


def _digest(sound: Iterator[bytes] | list[bytes], texts: list[str]) -> str:
    digest = hashlib.sha256()
    for block in sound:
        digest.update(block)
    digest.update(b"\0".join([b"", *(text.encode("utf-8", "replace") for text in texts)]))
    return digest.hexdigest()


def _read(file: Path) -> str:
    try:
        with file.open(encoding="utf-8-sig") as opened:
            return opened.read(LONGEST_REFERENCE + 1 if file.name != MANIFEST else -1)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file} is no text in UTF-8.", hint="Convert it: iconv -t UTF-8", field="set") from error


def _within(text: str, where: str) -> str:
    """Return a reference that is not too long to be compared."""
    if len(text) > LONGEST_REFERENCE:
        raise InvalidRequest(
            f"{where}: the text is too long; one has {LONGEST_REFERENCE:,} characters at most.",
            hint="Cut the recording and its text into parts.",
            field="set",
        )
    return text
