"""What is known about models agrees with faster-whisper, with itself and with what was measured."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from orstt_core.weights import Memory, machine_memory, requirements
from orstt_core.weights.catalogue import folder_of
from orstt_core.weights.facts import Carrier, Repository
from orstt_core.weights.formats import format_called

WHISPER = format_called("ctranslate2-whisper")
SIZES = WHISPER.models
resolve = WHISPER.resolve


def needs(model: str, compute_type: str) -> int | None:
    return requirements("ctranslate2-whisper", model, compute_type)


def test_sizes_are_those_of_faster_whisper_and_mean_the_same_repositories() -> None:
    code = "import json, faster_whisper.utils as u; print(json.dumps(u._MODELS))"
    theirs = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))
    assert {name: model.repo for name, model in SIZES.items()} == theirs


def test_sizes_stand_smallest_first() -> None:
    parameters = [model.parameters for model in SIZES.values()]
    assert parameters == sorted(filter(None, parameters))


def test_published_sizes_agree_with_published_parameter_counts() -> None:
    for model in SIZES.values():
        if "model.bin" in model.files:
            assert model.files["model.bin"].size == pytest.approx(2 * model.parameters, rel=0.04)


@pytest.mark.parametrize("carrier", WHISPER.carriers.values(), ids=lambda carrier: carrier.model)
def test_the_parts_of_packages_add_up_to_the_published_files(carrier: Carrier) -> None:
    published = SIZES[carrier.model].files
    assert set(carrier.files) == set(published) == {"config.json", "model.bin", "tokenizer.json", "vocabulary.txt"}
    for name, parts in carrier.files.items():
        assert sum(part.size for part in parts) == published[name].size
        if len(parts) == 1:
            assert parts[0].sha256 == published[name].sha256


@pytest.mark.parametrize("name", ["large", "Systran/faster-whisper-large-v3"])
def test_a_size_is_found_by_its_other_name_and_by_its_repository(name: str) -> None:
    assert resolve(name) is SIZES["large-v3"]


def test_a_repository_that_nobody_listed_is_still_one() -> None:
    assert resolve("some-one/my_whisper.v2") == Repository(name="some-one/my_whisper.v2", repo="some-one/my_whisper.v2")


@pytest.mark.parametrize(
    "name",
    ["", " ", "Base", "large-v9", "base\n", "ba\0se", "-x", "models--a--b", "a" * 300, "gr\u00f6\u00dfe", "C:\\models"],
)
def test_what_is_no_size_no_repository_and_no_path_is_nothing(name: str) -> None:
    assert resolve(name) is None


@pytest.mark.parametrize(
    "name",
    ["a/..", "../b", "a/b/c", "a--x/b", "a/b.git", "a/b..c", "/a/b", "-a/b", "a/b-", "a//b", "\u00e4/b", "./a", "~"],
)
def test_what_only_resembles_a_repository_is_a_path(name: str) -> None:
    found = resolve(name)
    assert isinstance(found, Path)
    assert found == folder_of(name)
    assert found.is_absolute()
    assert ".." not in found.parts


def test_a_folder_that_exists_comes_before_a_repository_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models/base").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert resolve("models/base") == tmp_path / "models/base"


def test_a_size_is_never_taken_for_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve("base") is SIZES["base"]


def test_a_home_folder_is_filled_in_and_an_unknown_one_is_no_error(own_home: Path) -> None:
    assert resolve("~/models") == own_home / "models"
    assert isinstance(resolve("~nobody-of-that-name/models"), Path)


def test_the_memory_estimate_covers_what_was_measured_without_exaggerating() -> None:
    # Peaks of a process that transcribed five minutes with base on a CPU, beam 5.
    for compute_type, measured in {"int8": 536 << 20, "float32": 769 << 20}.items():
        assert measured <= needs("base", compute_type) <= 1.3 * measured


def test_more_weights_and_wider_weights_need_more_memory() -> None:
    need = [needs("large", kind) for kind in ("int8", "float16", "float32")]
    assert need == sorted({size or 0 for size in need})
    assert needs("large", "int8") > needs("medium", "int8") > needs("small", "int8")
    assert needs("large", "int8_float16") == needs("large", "int8")
    assert needs("large", "default") == needs("large", "float32")


def test_memory_for_a_folder_is_told_from_its_weights_and_otherwise_not_at_all(tmp_path: Path) -> None:
    with (tmp_path / "model.bin").open("wb") as file:
        file.truncate(2 * SIZES["large-v3"].parameters)
    assert needs(str(tmp_path), "int8") == needs("large-v3", "int8")
    assert needs(str(tmp_path / "elsewhere"), "int8") is None
    assert needs("someone/unlisted", "int8") is None
    assert needs("no such size", "int8") is None


def test_the_memory_of_this_machine_is_told() -> None:
    memory = machine_memory()
    assert 100 << 20 < memory.available <= memory.total


def test_a_container_has_no_more_memory_than_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: Memory(total=8000, available=6000))
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert machine_memory(tmp_path) == machine_memory(tmp_path / "none") == Memory(8000, 6000)
    (tmp_path / "memory.max").write_text("4000\n")
    assert machine_memory(tmp_path) == Memory(4000, 3000)
