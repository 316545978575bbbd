"""A multipart form, part by part while it arrives: a file's bytes go to disk, those of the other fields are few."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import BinaryIO, Protocol

from multipart import MultipartSegment, PushMultipartParser

from orstt_api.protocol.transfer_rate import PacedBody
from orstt_core.errors import OrsttError, TooLarge

MAX_PARTS = 4096
"""Of a form, at most; the form itself says which field is one too many long before."""
MAX_FIELDS = 256
"""Text fields of a form, at most."""
MAX_FIELD_BYTES = 64 * 1024
FLUSH_BYTES = 1024 * 1024
"""How much of a file is in memory at most."""


class Part(Protocol):
    """What takes the bytes of one part."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""
        ...

    async def end(self) -> None:
        """There are no more."""
        ...


class TextPart:
    """A field that becomes one more text in `fields`, whatever its bytes are.

    Args:
        name: of the field.
        fields: where it goes.
        take: told the name and the number of bytes before they are kept; it may refuse them.
    """

    def __init__(self, name: str, fields: dict[str, list[str]], take: Callable[[str, int], None]) -> None:
        self._name, self._fields, self._take, self._data = name, fields, take, b""

    async def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            TooLarge: there are more than a field, or the form, may hold.
            Busy: the server has no memory for them now.
        """
        self._take(self._name, len(data))
        self._data += data
        if len(self._data) > MAX_FIELD_BYTES:
            raise TooLarge(
                f"The field {self._name!r} is longer than {MAX_FIELD_BYTES} bytes.",
                hint="Shorten it.",
                field=self._name,
            )

    async def end(self) -> None:
        """Keep the text."""
        self._fields.setdefault(self._name, []).append(self._data.decode("utf-8", "replace"))


class IgnoredPart:
    """A field that nobody asked for."""

    async def write(self, data: bytes) -> None:
        """Pass over the bytes."""

    async def end(self) -> None:
        """Do nothing."""


class FilePart:
    """A file, written in large pieces and counted on the way; either method raises OSError where it cannot be.

    Args:
        file: where to.
        limit: most bytes that it may have.
        refusal: what to raise past them.
    """

    def __init__(self, file: BinaryIO, limit: int, refusal: OrsttError) -> None:
        self._file, self._pending = file, bytearray()
        self._left, self._refusal = limit, refusal
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what is written, in hexadecimal digits."""
        return self._digest.hexdigest()

    async def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._left -= len(data)
        if self._left < 0:
            raise self._refusal
        self._pending += data
        if len(self._pending) >= FLUSH_BYTES:
            await self.end()

    async def end(self) -> None:
        """Write what is left."""
        # A slow disk must not hold up the other requests.
        await asyncio.to_thread(self._save, bytes(self._pending))
        self._pending.clear()

    def _save(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)
        self._file.flush()


async def receive_parts(body: PacedBody, boundary: str, begin: Callable[[MultipartSegment], Awaitable[Part]]) -> None:
    """Read a form to its end.

    Args:
        body: what arrives; it is closed in any case.
        boundary: what stands between the parts.
        begin: returns what takes a part's bytes; what it raises ends the reading.

    Raises:
        InvalidRequest: the client stopped sending, or sends by drops.
        Busy: it was given up for another upload.
        MultipartError: it is no such form.
    """
    part: Part = IgnoredPart()
    async with aclosing(body):
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            while (chunk := await body.read()) is not None:
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        part = await begin(event)
                    elif event is None:
                        await part.end()
                    else:
                        await part.write(event)
