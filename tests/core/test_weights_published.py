"""What is published elsewhere than on the hub: OpenAI's checkpoints by digest, Vosk's archives, and others that lie."""

import hashlib
import io
import json
import stat
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pytest
from fetching import cache, fetch, files_of
from loopback_hub import LoopbackHub
from made_up_weights import sha256

from orstt_core.local import LocalBackend
from orstt_core.settings import EngineSettings, Settings, load_settings
from orstt_core.types import Loading, Model
from orstt_core.weights import locate, obtain
from orstt_core.weights.archive import install, read_manifest, write_archive
from orstt_core.weights.facts import Published, Repository
from orstt_core.weights.formats import format_called, format_that_knows
from orstt_core.weights.inventory import inventory
from orstt_core.weights.leftovers import find_leftovers
from orstt_core.weights.verification import verify_weights

pytestmark = pytest.mark.usefixtures("home")

CHECKPOINT = bytes(range(256)) * 300
OPENAI, VOSK = "openai-whisper", "vosk"
POLLY = "vosk-model-small-xx-0.1"
FOLDER = {"am/final.mdl": b"mdl" * 5000, "conf/mfcc.conf": b"--sample", "graph/HCLG.fst": b"fst", "README": b"me"}
Member = tuple[ZipInfo, bytes]


@pytest.fixture
def mirrors(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where a made-up checkpoint and Vosk's archives are."""
    published = {"made-up.pt": Published(size=len(CHECKPOINT), sha256=sha256(CHECKPOINT))}
    monkeypatch.setitem(format_called(OPENAI).models, "made-up", Repository(name="made-up", files=published))
    hub.published[f"/whisper/{sha256(CHECKPOINT)}/made-up.pt"] = CHECKPOINT
    publish(hub, packed(FOLDER))
    return {OPENAI: f"{hub.address}/whisper/", VOSK: f"{hub.address}/vosk"}


def publish(hub: LoopbackHub, archive: bytes) -> None:
    listed = {"name": POLLY, "size": len(archive), "md5": hashlib.md5(archive).hexdigest(), "lang": "xx"}
    hub.published["/vosk/model-list.json"] = json.dumps([listed]).encode()
    hub.published[f"/vosk/{POLLY}.zip"] = archive


def packed(files: dict[str, bytes], *more: Member) -> bytes:
    result = io.BytesIO()
    with warnings.catch_warnings(), ZipFile(result, "w", ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of two members with one name
        archive.mkdir(POLLY)
        for name, data in files.items():
            archive.writestr(f"{POLLY}/{name}", data)
        for member, data in more:
            archive.writestr(member, data)
    return result.getvalue()


def linked(name: str) -> ZipInfo:
    member = ZipInfo(f"{POLLY}/{name}")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def left_behind() -> list[str]:
    return [path.name for path in cache().parent.rglob("*") if path.is_file() and "hub" not in path.parts]


@pytest.mark.usefixtures("at_once")
def test_a_checkpoint_is_fetched_by_its_name_from_the_address_that_its_digest_is_part_of(
    hub: LoopbackHub, mirrors: dict[str, str]
) -> None:
    assert fetch(model="made-up", weights_format=OPENAI, allowed=False)[0]["code"] == "weights_not_found"
    assert hub.requests == []
    hub.cut = [30_000]
    outcome, told = fetch(model="made-up", weights_format=OPENAI, mirrors=mirrors)
    assert files_of(outcome["folder"]) == {"made-up.pt": CHECKPOINT}
    assert told[0][0] == "asking 127.0.0.1 for made-up"
    assert told[-1][1:] == (len(CHECKPOINT), len(CHECKPOINT))
    there = locate(OPENAI, "made-up", cache_dir=cache(), allow_download=False)
    assert (there.kind, there.path, there.size) == ("cache", Path(outcome["folder"]), len(CHECKPOINT))
    assert {file.outcome for file in verify_weights(OPENAI, "made-up", cache_dir=cache()).files} == {"right"}
    assert sorted(left_behind()) == [".verified.json", "made-up.pt"]
    assert find_leftovers({"made-up"}, cache()) == []
    assert [found.leftover.kind for found in find_leftovers(set(), cache())] == ["weights"]


def test_a_checkpoint_of_other_bytes_is_never_used(hub: LoopbackHub, mirrors: dict[str, str]) -> None:
    path = f"/whisper/{sha256(CHECKPOINT)}/made-up.pt"
    for wrong in (b"?" + CHECKPOINT[1:], CHECKPOINT[:-1], CHECKPOINT + b"?"):
        hub.served[path] = wrong
        outcome, _ = fetch(model="made-up", weights_format=OPENAI, mirrors=mirrors)
        assert outcome["code"] == "weights_damaged"
        assert [path.name for path in cache().rglob("*") if path.stat().st_size and path.is_file()] == []
    hub.served.clear()
    assert "folder" in fetch(model="made-up", weights_format=OPENAI, mirrors=mirrors)[0]


async def test_an_archive_is_fetched_by_the_models_name_and_only_its_files_are_kept(
    hub: LoopbackHub, mirrors: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "for the hub only")
    publish(hub, packed({**FOLDER, "notes.exe": b"MZ"}))
    assert format_that_knows(POLLY) is format_called(VOSK)
    settings = Settings(data_dir=tmp_path / "data", cache_dir=cache(), weights_mirrors=mirrors)
    async with LocalBackend(settings) as backend:
        steps = [step async for step in backend.pull_model(POLLY)]
        assert steps[-1].status == "success"
        assert any(step.digest.startswith("md5:") for step in steps)
        assert {token for _, token in hub.tokens} == {None}
        [stored] = await backend.weights(POLLY)
        assert {file.name for file in stored.files} == set(FOLDER)
        assert Path(stored.folder).name == POLLY, "which tells the language"
        assert (await backend.verify_weights(POLLY)).is_right
    assert not {"notes.exe", f"{POLLY}.{POLLY}.zip"} & set(left_behind())


def test_what_was_fetched_goes_into_a_closed_network(mirrors: dict[str, str], tmp_path: Path) -> None:
    for weights, kind in ((POLLY, VOSK), ("made-up", OPENAI)):
        outcome, _ = fetch(model=weights, weights_format=kind, mirrors=mirrors)
        when = datetime.now(UTC)
        model = Model(
            id=1,
            name="carried",
            model_type=kind,
            model=weights,
            device="cpu",
            compute_type="int8",
            is_active=False,
            is_default=False,
            description="",
            created_at=when,
            updated_at=when,
        )
        data = io.BytesIO(b"".join(write_archive(model, kind, cache())))
        there = tmp_path / "there"
        with ExitStack() as until_needed:
            assert install(read_manifest(data.read), data.read, there, until_needed) == weights
        brought = locate(kind, weights, cache_dir=there, allow_download=False)
        assert brought.path
        assert files_of(brought.path) == files_of(outcome["folder"])


def lies() -> Iterator[tuple[bytes, str]]:
    """Archives that must not be unpacked, and what is said of each."""
    yield packed(FOLDER, (ZipInfo("../../climbed"), b"out")), "would be written elsewhere"
    yield packed(FOLDER, (ZipInfo("/tmp/climbed"), b"out")), "would be written elsewhere"
    yield packed(FOLDER, (ZipInfo(f"{POLLY}/a\\..\\..\\climbed"), b"out")), "would be written elsewhere"
    yield packed(FOLDER, (linked("ivector"), b"/etc")), "is no plain file"
    yield packed({**FOLDER, "ivector/bomb": bytes(5_000_000)}), "more than 40 times its own size"
    yield packed(FOLDER, (ZipInfo(f"{POLLY}/README"), b"again")), "have the same name"
    yield packed(FOLDER, (ZipInfo(f"{POLLY}/README/more"), b"in a file")), "is a file as well"
    yield packed({"README": b"me"}), "is no Vosk model"
    yield b"PK\x03\x04" + bytes(20_000), "cannot be unpacked"
    yield packed(FOLDER).replace(b"mfcc.conf", b"mfcc.cnof", 1), "cannot be unpacked"


def test_an_archive_that_lies_is_refused_and_nothing_of_it_stays(
    hub: LoopbackHub, mirrors: dict[str, str], tmp_path: Path
) -> None:
    for archive, why in lies():
        publish(hub, archive)
        outcome, _ = fetch(model=POLLY, weights_format=VOSK, mirrors=mirrors)
        assert outcome["code"] == "weights_damaged"
        assert why in outcome["message"]
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert locate(VOSK, POLLY, cache_dir=cache(), allow_download=False).kind == "absent"
    assert not Path("/tmp/climbed").exists()


def test_what_the_list_does_not_prove_is_not_fetched(hub: LoopbackHub, mirrors: dict[str, str]) -> None:
    def told() -> str:
        return fetch(model=POLLY, weights_format=VOSK, mirrors=mirrors)[0]["message"]

    hub.published["/vosk/model-list.json"] = b"<html>sign in</html>"
    assert "is no list of models" in told()
    hub.published["/vosk/model-list.json"] = b"[]"
    assert told() == f"Alpha Cephei publishes no model called {POLLY}."
    hub.published["/vosk/model-list.json"] = json.dumps([{"name": POLLY, "size": 10, "md5": ""}]).encode()
    assert "cannot be verified" in told()
    assert hub.fetched() == ["model-list.json"] * 3


def test_what_another_program_keeps_goes_before_what_could_be_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOSK_MODEL_PATH", str(tmp_path / "kept"))
    known = "vosk-model-small-en-us-0.15"
    for name, data in FOLDER.items():
        path = tmp_path / "kept" / known / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert locate(VOSK, known, cache_dir=cache(), allow_download=True).path == tmp_path / "kept" / known
    assert [each.weights for each in inventory({}, cache_dir=cache()) if each.weights_format == VOSK] == [known]


def test_a_mirror_that_is_no_address_is_named() -> None:
    for mirror in ("mirror.lan", "ftp://mirror.lan", "http://[", ""):
        outcome, _ = fetch(model="tiny", weights_format=OPENAI, mirrors={OPENAI: mirror})
        assert outcome["code"] == "settings_error"
        assert "weights_mirrors names no address for openai-whisper" in outcome["message"]


def test_a_mirrors_password_is_not_shown() -> None:
    told = "openai-whisper=https://me:hunter2@mirror.lan/w"
    settings = load_settings({"ORSTT_WEIGHTS_MIRRORS": told, "ORSTT_CONFIG": ""})
    assert settings.weights_mirrors == {"openai-whisper": "https://me:hunter2@mirror.lan/w"}
    assert "hunter2" not in repr(settings) + repr(settings.for_engines)
    assert isinstance(settings.for_engines, EngineSettings)


def test_a_fetch_that_takes_so_long_that_its_lock_is_pruned_ends_well(mirrors: dict[str, str]) -> None:
    def prune(_: Loading) -> None:
        for lock in cache().rglob("*.lock"):
            lock.unlink()

    folder = obtain(OPENAI, "made-up", cache_dir=cache(), allow_download=True, progress=prune, mirrors=mirrors)
    assert (folder / "made-up.pt").read_bytes() == CHECKPOINT
