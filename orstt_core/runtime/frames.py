"""Frames: messages of `orstt_core.runtime.protocol` as bytes in a pipe, each MessagePack behind a header."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from orstt_core.runtime.protocol import FromChild, ToChild

Kind = TypeVar("Kind", bound=Struct)
HEADER = struct.Struct("!II")
"""Of a frame: the length of its body in bytes, and the number of the work that it is about."""


def _encode_path(value: object) -> bytes:
    # A path may hold bytes that are no text, which MessagePack's strings cannot.
    assert isinstance(value, Path)
    return os.fsencode(value)


def _decode_path(kind: type, value: object) -> object:
    assert kind is Path
    assert isinstance(value, bytes)
    return Path(os.fsdecode(value))


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_path)
_to_child: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild, dec_hook=_decode_path)
_from_child: msgspec.msgpack.Decoder[FromChild] = msgspec.msgpack.Decoder(FromChild, dec_hook=_decode_path)


def encode(message: Struct, work: int = 0) -> bytes:
    """Return the frame of a message about this work."""
    body = _encoder.encode(message)
    return HEADER.pack(len(body), work) + body


def decode(body: bytes, kind: type[Kind]) -> Kind:
    """Return the message of this kind that a child of another sort received or sent, of a frame's body."""
    return msgspec.msgpack.decode(body, type=kind, dec_hook=_decode_path)


def decode_to_child(body: bytes) -> ToChild:
    """Return the message that a child received, of a frame's body."""
    return _to_child.decode(body)


def decode_from_child(body: bytes) -> FromChild:
    """Return the message that a host received, of a frame's body."""
    return _from_child.decode(body)
