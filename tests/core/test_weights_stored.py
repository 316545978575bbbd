"""Which model files are here, whether they are right to the last byte, and what of them may go."""

import errno
import os
import time
from pathlib import Path

import pytest
from loopback_hub import loopback_hub, point_to
from made_up_weights import COMMIT, CONTENT, FORMAT, REPO, Packages, repository, write_folder, write_hub_cache

from orstt_core.errors import WeightsError, WeightsNotFound
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import ModelDraft
from orstt_core.weights import hub_cache, leftovers, obtain
from orstt_core.weights.derived import DerivedFiles
from orstt_core.weights.folders import ABANDONED_SECONDS
from orstt_core.weights.formats import format_called
from orstt_core.weights.inventory import inventory, stored_weights
from orstt_core.weights.leftovers import find_leftovers, note_own, remove
from orstt_core.weights.verification import verify_weights

SIZE = sum(map(len, CONTENT.values()))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setitem(format_called(FORMAT).models, "made-up", repository())
    return tmp_path / "hf/hub"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def names(models: set[str], cache: Path) -> list[tuple[str, str]]:
    return [(found.leftover.kind, found.leftover.name) for found in find_leftovers(models, cache)]


def test_what_is_here_is_listed_once_with_who_uses_it(home: Path, cache: Path, tmp_path: Path) -> None:
    write_hub_cache(home)
    folder = write_folder(tmp_path / "mine")
    used = {"a": (FORMAT, "made-up"), "b": (FORMAT, REPO), "c": (FORMAT, str(folder)), "d": (FORMAT, "large")}
    found = {weights.weights: weights for weights in inventory(used, cache_dir=cache)}
    assert {name: (each.kind, each.size, each.models) for name, each in found.items() if each.kind != "package"} == {
        "made-up": ("cache", SIZE, ["a", "b"]),
        str(folder): ("folder", SIZE, ["c"]),
        "large-v3": ("absent", 0, ["d"]),
    }
    assert {file.name: file.size for file in found["made-up"].files} == {name: len(CONTENT[name]) for name in CONTENT}


def test_what_packages_hold_is_here_before_it_is_joined(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = Packages(tmp_path / "site")
    packages.install(monkeypatch)
    before = stored_weights(FORMAT, "made-up", cache_dir=cache)
    assert (before.kind, before.size, before.files) == ("package", SIZE, [])
    assert verify_weights(FORMAT, "made-up", cache_dir=cache).is_right
    packages.path(2, "model.bin.part2").write_bytes(bytes(len(CONTENT["model.bin"]) // 2))
    found = verify_weights(FORMAT, "made-up", cache_dir=cache)
    assert [file.name for file in found.files if file.outcome == "damaged"] == ["made_up_2/data/model.bin.part2"]
    assert "--force-reinstall" in found.fix


@pytest.mark.parametrize("model", ["made-up", REPO])
def test_a_changed_byte_is_found_and_never_used_again(home: Path, cache: Path, model: str) -> None:
    snapshot = write_hub_cache(home)
    assert verify_weights(FORMAT, model, cache_dir=cache).is_right
    blob = (snapshot / "model.bin").resolve()
    blob.write_bytes(bytes([1]) + CONTENT["model.bin"][1:])
    found = verify_weights(FORMAT, model, cache_dir=cache)
    assert {file.name: file.outcome for file in found.files if file.outcome != "right"} == {"model.bin": "damaged"}
    assert "orstt models pull" in found.fix
    assert not blob.exists()
    assert stored_weights(FORMAT, model, cache_dir=cache).kind == "absent"
    with pytest.raises(WeightsNotFound):
        verify_weights(FORMAT, model, cache_dir=cache)


def test_what_somebody_linked_into_the_cache_stays_where_it_is(home: Path, cache: Path, tmp_path: Path) -> None:
    snapshot = write_hub_cache(home)
    theirs = tmp_path / "theirs.bin"
    theirs.write_bytes(bytes(len(CONTENT["model.bin"])))
    (snapshot / "model.bin").unlink()
    (snapshot / "model.bin").symlink_to(theirs)
    assert not verify_weights(FORMAT, "made-up", cache_dir=cache).is_right
    assert not (snapshot / "model.bin").is_symlink()
    assert theirs.exists()


def test_a_persons_own_folder_is_read_and_never_touched(cache: Path, tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    found = verify_weights(FORMAT, str(folder), cache_dir=cache)
    assert {file.outcome for file in found.files} == {"unknown"}
    assert found.is_right
    assert sorted(path.name for path in folder.iterdir()) == sorted(CONTENT)


def test_joined_files_that_are_damaged_are_joined_again(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Packages(tmp_path / "site").install(monkeypatch)
    joined = obtain(FORMAT, "made-up", cache_dir=cache, allow_download=False)
    before = (joined / "model.bin").stat()
    (joined / "model.bin").write_bytes(bytes(len(CONTENT["model.bin"])))
    os.utime(joined / "model.bin", ns=(before.st_atime_ns, before.st_mtime_ns))  # as a disk changes a bit
    assert not verify_weights(FORMAT, "made-up", cache_dir=cache).is_right
    again = obtain(FORMAT, "made-up", cache_dir=cache, allow_download=False)
    assert (again / "model.bin").read_bytes() == CONTENT["model.bin"]


def test_what_cannot_be_read_may_be_whole_and_stays(home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = write_hub_cache(home)

    def refuse(path: Path, *_: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files", str(path))

    monkeypatch.setattr("orstt_core.weights.verification.sha256", refuse)
    found = verify_weights(FORMAT, "made-up", cache_dir=cache)
    assert not found.is_right
    assert "nothing was removed" in found.fix
    assert (snapshot / "model.bin").read_bytes() == CONTENT["model.bin"]


def test_what_a_model_names_by_a_path_is_needed(home: Path, cache: Path) -> None:
    note_own(repository(), cache)
    snapshot = write_hub_cache(home)
    imported = write_folder(cache / "imported/theirs-1234abcd")
    derived = DerivedFiles(imported, cache, format_called(FORMAT).rules())
    assert derived.folder("int8", lambda folder: (folder / "file").touch())
    assert len(names(set(), cache)) == 3
    assert names({str(imported / "model.bin"), str(snapshot)}, cache) == []
    assert names({str(imported), str(snapshot / "model.bin")}, cache) == []


def test_only_what_no_model_needs_and_nobody_else_brought_may_go(home: Path, cache: Path, tmp_path: Path) -> None:
    note_own(repository(), cache)
    snapshot = write_hub_cache(home)
    write_hub_cache(home, "others/model")
    derived = DerivedFiles(snapshot, cache, format_called(FORMAT).rules())
    assert derived.folder("int8", lambda folder: (folder / "file").touch())
    assert names({"made-up"}, cache) == names({REPO}, cache) == []
    [kept, ours] = find_leftovers(set(), cache)
    assert (kept.leftover.kind, kept.path.parent) == ("derived", cache / "derived")
    assert ours.leftover.name == "models--someone--made-up"
    begun = snapshot.parents[1] / "blobs/abc.incomplete"
    begun.write_bytes(b"half")
    assert [kind for kind, _ in names(set(), cache)] == ["derived"], "it is being fetched"
    old = time.time() - ABANDONED_SECONDS - 1
    os.utime(begun, (old, old))
    assert names({"made-up"}, cache) == [("download", "models--someone--made-up")]
    for found in find_leftovers(set(), cache):
        remove(found, cache)
    assert find_leftovers(set(), cache) == []
    assert hub_cache.repositories() == ["others/model"]


@pytest.mark.parametrize("others", [True, False])
def test_what_another_program_brought_stays_although_a_part_of_it_was_fetched(
    home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, *, others: bool
) -> None:
    if others:
        (write_hub_cache(home) / "model.bin").resolve().unlink()
    with loopback_hub() as hub:
        point_to(hub.address, monkeypatch)
        obtain(FORMAT, "made-up", cache_dir=cache, allow_download=True)
    assert bool(names(set(), cache)) is not others


async def test_a_backend_removes_only_when_it_is_told_to(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", allow_download=True)
    with loopback_hub() as hub:
        point_to(hub.address, monkeypatch)
        async with LocalBackend(settings) as backend:
            await backend.create_model(ModelDraft(name="mine", model="made-up"))
            assert [step.status async for step in backend.pull_model("mine")][-1] == "success"
            assert (await backend.prune_weights(remove=True)).leftovers == []
            [stored] = [each for each in await backend.weights() if "mine" in each.models]
            assert Path(stored.folder) == home / "models--someone--made-up/snapshots" / COMMIT
            await backend.delete_model("mine")
            [leftover] = (await backend.prune_weights()).leftovers
            assert (leftover.kind, leftover.name) == ("weights", "models--someone--made-up")
            assert stored_weights(FORMAT, "made-up", cache_dir=settings.cache_dir).is_here
            known = find_leftovers(set(), settings.cache_dir)
            assert (await backend.prune_weights(remove=True)).leftovers == [leftover]
            assert not stored_weights(FORMAT, "made-up", cache_dir=settings.cache_dir).is_here
            assert (await backend.audit())[0].action == "weights.removed"

            # Of two the second cannot be removed: the first is told all the same.
            results = iter([None, PermissionError(errno.EACCES, "it is another's")])

            def remove_next(*_: object) -> None:
                if error := next(results):
                    raise error

            monkeypatch.setattr(leftovers, "find_leftovers", lambda *_: known * 2)
            monkeypatch.setattr(leftovers, "remove", remove_next)
            with pytest.raises(WeightsError, match="cannot be removed"):
                await backend.prune_weights(remove=True)
            assert [entry.action for entry in await backend.audit()].count("weights.removed") == 2
