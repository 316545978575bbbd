"""Whisper's weights in CTranslate2's format, stored as the int8 that they are loaded as.

The library turns float weights into int8 each time that it loads them. Stored so, base is loaded in a quarter of the
time and needs a third of the memory for that; what it then computes is the same to the bit.

The format is that of `ctranslate2.specs.model_spec` (binary version 6), the arithmetic that of its `_quantize`.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from orstt_core.types import Loading
from orstt_core.weights.derived import DerivedFiles

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "model.bin"
VERSION = 6
FLOAT32, INT8, FLOAT16 = 0, 1, 4
"""The format's numbers for types."""
TABLE = 2
"""Dimensions of the weights of a linear layer; convolutions have more and stay as they are."""
ROWS = 4096
"""Rows of a table that are in memory at once."""


class _Variable(NamedTuple):
    """What stands before the values of a variable: its name, with the format's closing zero, its shape, and so on."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    size: int

    @property
    def is_quantized(self) -> bool:
        """Whether the library turns it into int8: the tables of the linear layers and of the embeddings."""
        return self.name.endswith(b"/weight\0") and len(self.shape) == TABLE


def int8_copy(files: DerivedFiles, progress: Callable[[Loading], None] | None = None) -> Path | None:
    """Return a folder with a model's files, its weights as int8, made now or before; None: there is none.

    There is none where they are int8 already, or of a version that is not known here, or where the disk has no room.

    Args:
        files: what is derived of the model.
        progress: hears how many bytes of the weights are written as int8, where that is to be done first.
    """
    size = (files.source / FILE).stat().st_size
    report = _report(progress, size) if progress else lambda _: None
    return files.folder("int8", lambda target: _write_copy(files, target, report), size=size // 2)


def _report(progress: Callable[[Loading], None], size: int) -> Callable[[int], None]:
    return lambda done: progress(Loading(detail="storing the weights as int8, once", done=done, total=size))


def _write_copy(files: DerivedFiles, target: Path, report: Callable[[int], None]) -> None:
    for name in files.names:
        if name != FILE:
            shutil.copyfile(files.source / name, target / name)
    with (files.source / FILE).open("rb") as source, (target / FILE).open("wb") as copy:
        write_int8(source, copy, report)


def write_int8(source: BinaryIO, target: BinaryIO, report: Callable[[int], None] = lambda _: None) -> None:
    """Write the weights that `source` holds as float16 or float32 to `target` as int8.

    Raises:
        ValueError: they are not of the version that is known here, or not floats.
    """
    (version,) = _unpack(source, "I")
    if version != VERSION:
        raise ValueError(f"version {version} of the format is not known")
    name = _string(source)
    revision, count = _unpack(source, "II")
    begin = source.tell()
    quantized = [variable.is_quantized for variable in _variables(source, count)]
    source.seek(begin)
    target.write(struct.pack("<I", version) + _packed(name))
    target.write(struct.pack("<II", revision, count + sum(quantized)))
    for _ in range(count):
        report(source.tell())
        variable = _variable(source)
        if variable.is_quantized:
            _write_quantized(variable, source, target)
        else:
            target.write(_header(variable) + source.read(variable.size))
    shutil.copyfileobj(source, target)  # other names of the same variables


def _write_quantized(variable: _Variable, source: BinaryIO, target: BinaryIO) -> None:
    import numpy as np

    kinds: dict[int, Any] = {FLOAT32: np.dtype("<f4"), FLOAT16: np.dtype("<f2")}
    if variable.kind not in kinds:
        raise ValueError("the weights are not floats")
    kind = kinds[variable.kind]
    rows, width = variable.shape
    target.write(_header(variable._replace(kind=INT8, size=rows * width)))
    scales = np.empty(rows, "<f4")
    for first in range(0, rows, ROWS):
        count = min(ROWS, rows - first)
        floats = np.frombuffer(source.read(count * width * kind.itemsize), kind).reshape(count, width)
        scales[first : first + count], numbers = _quantized(floats.astype(np.float32))
        target.write(numbers.tobytes())
    scale = _Variable(variable.name[:-1] + b"_scale\0", (rows,), FLOAT32, scales.nbytes)
    target.write(_header(scale) + scales.tobytes())


def _quantized(floats: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    import numpy as np

    largest = np.abs(floats).max(axis=1)
    largest[largest == 0] = 127.0
    scales: NDArray[np.float32] = np.float32(127) / np.maximum(largest, np.float32(127) / np.finfo(np.float32).max)
    floats *= scales[:, None]
    return scales, np.rint(floats, out=floats).astype(np.int8)


def _variables(source: BinaryIO, count: int) -> Iterator[_Variable]:
    for _ in range(count):
        variable = _variable(source)
        yield variable
        source.seek(variable.size, 1)


def _variable(source: BinaryIO) -> _Variable:
    name = _string(source)
    (rank,) = _unpack(source, "B")
    shape = _unpack(source, f"{rank}I")
    return _Variable(name, shape, *_unpack(source, "BI"))


def _header(variable: _Variable) -> bytes:
    rank = len(variable.shape)
    shape = struct.pack(f"<B{rank}I", rank, *variable.shape)
    return _packed(variable.name) + shape + struct.pack("<BI", variable.kind, variable.size)


def _string(source: BinaryIO) -> bytes:
    (length,) = _unpack(source, "H")
    return source.read(length)


def _packed(name: bytes) -> bytes:
    return struct.pack("<H", len(name)) + name


def _unpack(source: BinaryIO, layout: str) -> tuple[Any, ...]:
    layout = f"<{layout}"
    data = source.read(struct.calcsize(layout))
    try:
        return struct.unpack(layout, data)
    except struct.error as error:
        raise ValueError("the file ends too early") from error
