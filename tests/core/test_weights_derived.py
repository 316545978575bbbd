"""What is worked out of a model's files is kept while these stay, is right or made anew, and may be done without."""

import errno
import io
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from made_up_weights import ORDINARY_USER

from orstt_core.engines.int8_weights import FLOAT16, FLOAT32, INT8, int8_copy, write_int8
from orstt_core.engines.padding_memory import PaddingMemory
from orstt_core.engines.whisper_model import open_model
from orstt_core.types import Loading
from orstt_core.weights import derived, folders, obtain
from orstt_core.weights.derived import DerivedFiles
from orstt_core.weights.formats import format_called
from orstt_core.weights.leftovers import find_leftovers

Variables = list[tuple[bytes, np.ndarray]]
RULES = format_called("ctranslate2-whisper").rules()
CODES = {"float32": FLOAT32, "int8": INT8, "float16": FLOAT16, "int32": 3}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "some [model]"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    return folder


@pytest.fixture
def files(source: Path, tmp_path: Path) -> DerivedFiles:
    return DerivedFiles(source, tmp_path / "cache", RULES)


def writing(content: bytes, made: list[bytes]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        made.append(content)
        (folder / "file").write_bytes(content)

    return make


def test_it_is_made_once_and_anew_when_the_files_or_it_change(source: Path, files: DerivedFiles) -> None:
    made: list[bytes] = []
    first = files.folder("kind", writing(b"1", made))
    assert first
    assert (first / "file").read_bytes() == b"1"
    assert files.folder("kind", writing(b"2", made)) == first
    other = files.folder("other", writing(b"3", made))
    os.utime(source / "model.bin", ns=(1, 1))
    second = files.folder("kind", writing(b"4", made))
    assert second
    assert second != first
    assert other
    assert other.exists()
    assert not first.exists(), "what was derived of files that are gone stays"
    assert files.folder("other", writing(b"3", made), made_of="a digest") != files.folder("other", writing(b"3", made))
    newer = DerivedFiles(source, files._place.parent, RULES, "library 2").folder("kind", writing(b"4", made))
    assert newer
    assert newer.name != second.name, "another version may make something else"
    del made[2:]
    assert files.folder("kind", writing(b"4", made)) == second
    (second / "file").write_bytes(b"5")
    assert files.folder("kind", writing(b"6", made)) == second
    assert (second / "file").read_bytes() == b"6"
    assert made == [b"1", b"3", b"4", b"6"]


def test_where_there_is_no_room_it_is_done_without(files: DerivedFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bytes] = []

    def fill(folder: Path) -> None:
        (folder / "file").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert files.folder("kind", fill) is None
    monkeypatch.setattr(derived, "ROOM", 1 << 60)
    assert files.folder("kind", writing(b"1", made), size=1) is None
    assert not made
    assert not list(files._place.iterdir())


WITHOUT_PERMISSION = """
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from orstt_core.weights.derived import DerivedFiles
print(DerivedFiles(Path({source!r}), Path({cache!r}), ()).folder("kind", lambda folder: None))
"""


def test_a_cache_that_may_not_be_written_is_done_without(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "locked"
    cache.mkdir(mode=0o555)
    program = WITHOUT_PERMISSION.format(source=str(source), cache=str(cache))
    assert subprocess.check_output([*ORDINARY_USER, sys.executable, "-c", program], text=True).strip() == "None"


class Encoder:
    """A model that counts what it encodes."""

    FILL = 7

    def __init__(self) -> None:
        self.model = SimpleNamespace(device="cpu", compute_type="int8")
        self.encodings = 0

    def feature_extractor(self, samples: np.ndarray, padding: int) -> np.ndarray:
        return np.zeros((80, samples.size // 160), np.float32)

    def encoded(self, features: np.ndarray) -> np.ndarray:
        self.encodings += 1
        return np.full((features.shape[1] // 2, 4), self.FILL, np.float32)


def test_padding_is_encoded_once_for_all_processes(files: DerivedFiles) -> None:
    encoder = Encoder()
    window = np.zeros((10, 4), np.float32)
    padded = [PaddingMemory(cast("Any", encoder), files).padded([window], 300) for _ in range(2)]
    assert encoder.encodings == 1
    assert all((batch[0, 10:] == encoder.FILL).all() for batch in padded)


def packed(variables: Variables, version: int = 6) -> bytes:
    def string(text: bytes) -> bytes:
        return struct.pack("<H", len(text) + 1) + text + b"\0"

    parts = [struct.pack("<I", version), string(b"WhisperSpec"), struct.pack("<II", 3, len(variables))]
    for name, values in variables:
        shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
        parts += [string(name), shape, struct.pack("<BI", CODES[values.dtype.name], values.nbytes), values.tobytes()]
    return b"".join([*parts, struct.pack("<I", 1), string(b"other/weight"), string(b"one/weight")])


def test_tables_become_int8_row_by_row_and_all_else_stays() -> None:
    table = np.array([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]], np.float16)
    rest: Variables = [(b"one/bias", np.ones(2, np.float16)), (b"conv/weight", np.ones((2, 1, 3), np.float32))]
    result = io.BytesIO()
    write_int8(io.BytesIO(packed([(b"one/weight", table), *rest])), result)
    numbers = np.array([[64, -127, 32], [0, 0, 0]], np.int8)
    scales = np.array([63.5, 1.0], np.float32)
    assert result.getvalue() == packed([(b"one/weight", numbers), (b"one/weight_scale", scales), *rest])


@pytest.mark.parametrize(
    "damaged", [b"", packed([], version=7), packed([(b"one/weight", np.ones((2, 2), np.int8))]), packed([])[:9]]
)
def test_what_is_not_understood_is_left_as_it_is(damaged: bytes, source: Path, files: DerivedFiles) -> None:
    (source / "model.bin").write_bytes(damaged)
    assert int8_copy(files) is None


def test_what_else_a_person_keeps_with_the_model_is_neither_copied_nor_of_influence(
    source: Path, files: DerivedFiles
) -> None:
    (source / "model.bin").write_bytes(packed([(b"one/weight", np.ones((2, 2), np.float32))]))
    (source / "config.json").write_bytes(b"{}")
    (source / "recording.wav").write_bytes(bytes(1000))
    told: list[Loading] = []
    copy = int8_copy(files, told.append)
    assert copy
    assert told, "who waits for a large copy is not told"
    assert {(step.detail, step.total) for step in told} == {
        ("storing the weights as int8, once", (source / "model.bin").stat().st_size)
    }
    assert {path.name for path in copy.iterdir()} == {"model.bin", "config.json", folders.MARKER}
    (source / "training.log").write_bytes(b"one line more")
    assert int8_copy(files) == copy


def test_what_a_killed_process_began_goes_at_the_next_use(files: DerivedFiles) -> None:
    assert files.folder("kind", writing(b"1", []))
    begun = files._place / ".joining-kind-1"
    begun.mkdir()
    (begun / "file").touch()
    os.utime(begun, (1, 1))
    assert files.folder("kind", writing(b"2", []))
    assert begun.exists(), "it may be written at this moment"
    assert [each.path for each in find_leftovers(["base"], files._place.parent) if each.path == begun] == []
    for path in (begun / "file", begun):
        os.utime(path, (1, 1))
    assert begun in [each.path for each in find_leftovers(["base"], files._place.parent)]
    assert files.folder("kind", writing(b"2", []))
    assert not begun.exists()


@pytest.mark.slow
@pytest.mark.models
def test_the_weights_as_int8_compute_the_same_to_the_bit(weights_cache: Path, tmp_path: Path) -> None:
    folder = obtain("ctranslate2-whisper", "base", cache_dir=weights_cache, allow_download=False)
    copy = int8_copy(DerivedFiles(folder, tmp_path, RULES))
    assert copy
    assert (copy / "model.bin").stat().st_size < (folder / "model.bin").stat().st_size * 0.6
    samples = np.random.default_rng(1).normal(size=32_000).astype(np.float32)

    def encoded(path: Path) -> np.ndarray:
        model = open_model("base", path, device="cpu", compute_type="int8", threads=1)
        return model.encoded(model.feature_extractor(samples, padding=0))

    assert np.array_equal(encoded(folder), encoded(copy))
