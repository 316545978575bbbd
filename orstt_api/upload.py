"""Upload: a multipart form whose recording goes to a file in the spool while it arrives, never into memory.

From the moment the backend is given the recording it is the backend's, which removes it when it does not become a
job's, or when that job has ended; until then it is removed here. The name that the client gives is a label for
messages and never becomes part of a path; only a plain suffix is taken over.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, Self

import msgspec
from multipart import MultipartSegment

from orstt_api.form_parts import MAX_FIELDS, FilePart, IgnoredPart, Part, TextPart
from orstt_api.forms import FormKind, Parsed, given_text
from orstt_api.upload_file import discard, label_of, new_upload, suffix_of
from orstt_core.errors import (
    InvalidRequest,
    OptionUnsupported,
    TooLarge,
)
from orstt_core.types import (
    SampleFormat,
    StoredRecording,
    TranscribeRequest,
    format_of_media_type,
)
from orstt_core.units import MIB

STORED = "recording"
"""Name of the field that names a stored recording."""

MAX_TEXT_BYTES = 128 * 1024
"""Of all text fields of a form: what the longest one may have, and as much again."""


class Upload(Generic[Parsed]):
    """A received form: a recording in the spool and the text fields beside it.

    Leaving its context removes the recording, unless it was handed over to the backend.

    Args:
        spool: folder of the recording.
        kind: what the form may hold.
        limit: most bytes of the recording.
        idempotency_key: the one that came beside the form; one in it goes before.
        take_memory: told how many bytes of text fields are kept; may raise Busy.
    """

    def __init__(
        self,
        spool: Path,
        kind: FormKind[Parsed],
        *,
        limit: int,
        idempotency_key: str,
        take_memory: Callable[[int], None],
    ) -> None:
        self._spool, self._kind, self._limit = spool, kind, limit
        self._idempotency_key = idempotency_key
        self._take_memory = take_memory
        self._parts = self._text_bytes = 0
        self._fields: dict[str, list[str]] = {}
        self._label = ""
        self._stated: SampleFormat | None = None
        self._form: Parsed | None = None
        self._file: BinaryIO | None = None
        self._part: FilePart | None = None
        self._removal: weakref.finalize[[BinaryIO], Upload[Parsed]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None or self._removal is None:
            return
        self._file.close()
        # One that was handed over stays, whatever was raised: its job may be stored, and only the answer lost.
        if self._removal.detach():
            await asyncio.to_thread(discard, self._file)

    async def begin(self, part: MultipartSegment) -> Part:
        """Return what takes the bytes of this part of the form.

        Raises:
            InvalidRequest: it is a second recording, a field that was given already, or one that the form does not
                have.
            OptionUnsupported: it is a field that asks for what cannot be done.
        """
        name, kind = self._kind.field_name(part.name or ""), self._kind
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise InvalidRequest(f"The form has more than {MAX_FIELDS} fields.", hint="Send fewer.", field=_plain(name))
        if name == kind.audio:
            return await self._begin_recording(part.filename or "", part.header("Content-Type", ""))
        if name in kind.known:
            if name not in kind.lists and any(self._fields.get(name, ())):
                raise InvalidRequest(f"{_plain(name)} is given twice.", hint="Give it once.", field=_plain(name))
            return TextPart(name, self._fields, self._take_text)
        if name in kind.refused:
            raise OptionUnsupported(kind.refused[name], hint="Leave it out.", field=_plain(name))
        if kind.ignore_others:
            return IgnoredPart()
        raise InvalidRequest(
            f"The form has no field called {name[:60]!r}.",
            hint=f"Fields are: {', '.join(sorted(kind.known | {kind.audio}))}.",
            field=_plain(name),
        )

    def end(self) -> None:
        """Read the text fields, once the form is complete.

        Raises:
            InvalidRequest: there is no recording, or more than one, or a field does not fit.
        """
        name = self._kind.audio
        if self._file is None and not self._stored:
            raise InvalidRequest("The form carries no recording.", hint=f"Send it in the field `{name}`.", field=name)
        if self._file is not None and self._stored:
            raise InvalidRequest(
                "The form carries a recording and names one that is stored.",
                hint="Leave one of the two out.",
                field=STORED,
            )
        self._fields.setdefault("idempotency_key", []).append(self._idempotency_key)
        self._form = self._kind.parse(self._fields)

    @property
    def form(self) -> Parsed:
        """What the text fields of a complete form ask for."""
        assert self._form is not None
        return self._form

    @property
    def filename(self) -> str:
        """The recording's name as the client gave it, without folders; empty where it gave none."""
        return self._label

    def hand_over(self) -> TranscribeRequest:
        """Return what a complete form asks for; from now on the recording is the backend's, whatever comes of it."""
        if self._file is None or self._part is None or self._removal is None:
            return self.form.request(StoredRecording(id=self._stored), "")
        self._file.close()
        self._removal.detach()
        asked = self.form.request(Path(self._file.name), self._label or "the recording")
        stated = asked.sample_format or self._stated
        return msgspec.structs.replace(asked, sha256=self._part.sha256, sample_format=stated)

    def _take_text(self, name: str, count: int) -> None:
        self._text_bytes += count
        if self._text_bytes > MAX_TEXT_BYTES:
            raise TooLarge(
                f"The fields together are longer than {MAX_TEXT_BYTES} bytes.", hint="Shorten them.", field=_plain(name)
            )
        self._take_memory(count)

    @property
    def _stored(self) -> str:
        return given_text(self._fields.get(STORED, ()))  # where the form has no such field, none came

    async def _begin_recording(self, filename: str, media_type: str) -> Part:
        if self._file is not None:
            raise InvalidRequest(
                "The form carries more than one recording.",
                hint="Send a request for each.",
                field=self._kind.audio,
            )
        self._label, self._stated = label_of(filename), format_of_media_type(media_type)
        self._file = await asyncio.to_thread(new_upload, self._spool, suffix_of(self._label))
        # For an upload that nobody takes or leaves, as when its handler is cancelled just before.
        self._removal = weakref.finalize(self, discard, self._file)
        self._part = FilePart(self._file, self._limit, too_large(self._limit))
        return self._part


def too_large(limit: int) -> TooLarge:
    """Return the refusal of a recording of more bytes than this."""
    return TooLarge(
        f"The recording is larger than the {limit // MIB} MiB that this server takes.",
        hint="Raise ORSTT_MAX_UPLOAD_MB on the server, or send it in pieces.",
        field="audio",
    )


def _plain(name: str) -> str:
    """Return a field's name not for ever long."""
    return name[:60]
