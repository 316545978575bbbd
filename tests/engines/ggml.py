"""Base as GGML weights, those of whisper.cpp: in half precision, or quantised to eight bits.

The layout is that of whisper.cpp's models/convert-pt-to-ggml.py, the blocks of eight bits those of `block_q8_0` in
ggml-common.h, which examples/quantize writes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from engines.whisper_tensors import Tensor, dimensions, whisper_tensors

MAGIC = 0x67676D6C
FLOAT32, FLOAT16, Q8_0 = 0, 1, 8
"""GGML's numbers for types."""
MOSTLY_FLOAT16, MOSTLY_Q8_0 = 1, 2007
"""What a file says of its tables; the thousands are the version of the quantisation."""
TEXT_TOKENS = 50257
"""The others are not stored: whisper.cpp counts them."""
BLOCK = 32
KEPT_FLOAT = ("encoder.positional_embedding", "decoder.positional_embedding")


def write_float16(path: Path, folder: Path) -> None:
    """Write the model of a folder in CTranslate2's form with its tables in half precision."""
    _write(path, folder, MOSTLY_FLOAT16)


def write_q8_0(path: Path, folder: Path) -> None:
    """Write it with its tables in blocks of 32 whole numbers of eight bits, each with a scale."""
    _write(path, folder, MOSTLY_Q8_0)


def _write(path: Path, folder: Path, kind: int) -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    tensors = whisper_tensors(folder)
    sizes = dimensions(tensors)
    parts = [f"n_{part}_{what}" for part in ("audio", "text") for what in ("ctx", "state", "head", "layer")]
    filters = FeatureExtractor(feature_size=sizes["n_mels"]).mel_filters.astype("<f4")
    with path.open("wb") as file:
        header = [MAGIC, *(sizes[name] for name in ("n_vocab", *parts, "n_mels")), kind, *filters.shape]
        file.write(struct.pack(f"<{len(header)}i", *header) + filters.tobytes())
        tokens = list(_text_tokens(folder))
        file.write(struct.pack("<i", len(tokens)))
        for token in tokens:
            file.write(struct.pack("<i", len(token)) + token)
        for name, tensor in tensors.items():
            _write_tensor(file, name, tensor, quantised=kind == MOSTLY_Q8_0)


def _write_tensor(file: BinaryIO, name: str, tensor: Tensor, *, quantised: bool) -> None:
    if name in ("encoder.conv1.bias", "encoder.conv2.bias"):
        tensor = tensor[:, None]
    if tensor.ndim == 1 or tensor.shape[1] == 1 or name in KEPT_FLOAT:
        kind, data = FLOAT32, tensor.astype("<f4").tobytes()
    elif quantised and tensor.ndim == 2:
        kind, data = Q8_0, _blocks(tensor)
    else:
        kind, data = FLOAT16, tensor.tobytes()
    encoded = name.encode()
    shape = tensor.shape[::-1]
    file.write(struct.pack(f"<{3 + len(shape)}i", len(shape), len(encoded), kind, *shape) + encoded + data)


def _blocks(table: Tensor) -> bytes:
    values = table.astype(np.float32).reshape(-1, BLOCK)
    scales = np.abs(values).max(axis=1, keepdims=True) / 127
    blocks = np.zeros(len(values), [("scale", "<f2"), ("numbers", "i1", BLOCK)])
    blocks["scale"] = scales[:, 0]
    blocks["numbers"] = np.rint(np.divide(values, scales, out=np.zeros_like(values), where=scales > 0))
    return blocks.tobytes()


def _text_tokens(folder: Path) -> Iterator[bytes]:
    """Yield what each token spells: the library `tokenizers` writes a letter for each byte, as GPT-2 does."""
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    letters = {letter: byte for byte, letter in _letters().items()}
    for token in sorted(vocabulary, key=vocabulary.get)[:TEXT_TOKENS]:
        yield bytes(letters[letter] for letter in token)


def _letters() -> dict[int, str]:
    """The letter for each byte, as in `bytes_to_unicode` of openai/gpt-2's encoder.py."""
    printed = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printed]
    return {byte: chr(byte) for byte in printed} | {byte: chr(256 + place) for place, byte in enumerate(others)}
