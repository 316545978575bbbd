"""A model travels as one file between two installations; whatever else comes as such a file leaves nothing behind."""

import asyncio
import io
import tarfile
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from made_up_weights import CONTENT, FORMAT, REPO, repository, write_folder, write_hub_cache

from orstt_core.errors import InvalidRequest, ModelExists, OrsttError, WeightsDamaged, WeightsError
from orstt_core.local import LocalBackend
from orstt_core.model_service import ModelService
from orstt_core.settings import Settings
from orstt_core.types import Change, Model, ModelDraft, Pruned
from orstt_core.weights import archive
from orstt_core.weights.formats import format_called
from orstt_core.weights.inventory import stored_weights
from orstt_core.weights.verification import verify_weights

Members = list[tuple[tarfile.TarInfo, bytes]]


class Site:
    """An installation of its own: its settings, and the hub's cache that it has."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hub = home / "hf/hub"
        self.settings = Settings(data_dir=home / "data", cache_dir=home / "cache")
        self._home, self._monkeypatch = home, monkeypatch

    def enter(self) -> LocalBackend:
        self._monkeypatch.setenv("HF_HOME", str(self._home / "hf"))
        return LocalBackend(self.settings)

    def left_behind(self) -> list[Path]:
        places = (self.hub, self.settings.cache_dir)
        return [path for place in places for path in place.rglob("*") if path.is_file()]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setitem(format_called(FORMAT).models, "made-up", repository())
    return Site(tmp_path / "here", monkeypatch)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path / "there", monkeypatch)


async def sent(data: bytes, size: int = 1000) -> AsyncGenerator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def exported(site: Site, weights: str) -> bytes:
    async with site.enter() as backend:
        await backend.create_model(ModelDraft(name="ward", model=weights, compute_type="float32", description="for us"))
        return b"".join([part async for part in backend.export_model("ward")])


@pytest.mark.parametrize("weights", ["made-up", REPO, "folder"])
async def test_a_model_goes_from_one_installation_to_another(
    here: Site, there: Site, tmp_path: Path, weights: str
) -> None:
    write_hub_cache(here.hub)
    folder = write_folder(tmp_path / "mine")
    data = await exported(here, str(folder) if weights == "folder" else weights)
    async with there.enter() as backend:
        model = (await backend.import_model(sent(data), "theirs")).model
        assert (model.name, model.compute_type, model.description) == ("theirs", "float32", "for us")
        assert not model.is_active
        [stored] = await backend.weights("theirs")
        assert {file.name for file in stored.files} == set(CONTENT)
        assert {file.outcome for file in (await backend.verify_weights("theirs")).files} == {"right"}
        assert (await backend.prune_weights(remove=True)).leftovers == []
        assert (await backend.audit())[1].action == "weights.imported"
        with pytest.raises(ModelExists, match="theirs"):
            await backend.import_model(sent(data), "theirs")
        assert (await backend.import_model(sent(data), "again")).model.model == model.model
    assert Path(stored.folder).is_relative_to(there.settings.cache_dir if weights == "folder" else there.hub)
    assert {path.name: path.read_bytes() for path in Path(stored.folder).iterdir() if path.name in CONTENT} == CONTENT


def rewritten(data: bytes, change: Callable[[Members], object]) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(data)) as source:
        members: Members = [(member, source.extractfile(member).read()) for member in source]
    change(members)
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.GNU_FORMAT) as target:
        for member, content in members:
            target.addfile(member, io.BytesIO(content))
    return result.getvalue()


def manifest_with(**changes: object) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        member, content = members[0]
        content = msgspec.json.encode(msgspec.json.decode(content) | changes)
        member.size = len(content)
        members[0] = member, content

    return change


def kind(of: bytes) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        member = members[1][0]
        member.type, member.linkname, member.size = of, "/etc/passwd", 0

    return change


def one_more(name: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        member = tarfile.TarInfo(name)
        member.size = 4
        members.append((member, b"evil"))

    return change


def renamed(name: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        files = msgspec.json.decode(members[0][1])["files"]
        first = next(iter(files))
        manifest_with(files={name if old == first else old: file for old, file in files.items()})(members)
        members[1][0].name = name

    return change


def wrong_bytes(members: Members) -> None:
    members[2] = members[2][0], bytes(len(members[2][1]))


PUBLISHED = {name: {"size": len(data), "sha256": "0" * 64} for name, data in CONTENT.items()}
HOSTILE: dict[str, tuple[Callable[[Members], object], str]] = {
    "a byte changed": (wrong_bytes, "digest"),
    "a symbolic link": (kind(tarfile.SYMTYPE), "something else"),
    "a hard link": (kind(tarfile.LNKTYPE), "something else"),
    "a device": (kind(tarfile.CHRTYPE), "something else"),
    "a folder": (kind(tarfile.DIRTYPE), "something else"),
    "a header of another kind": (kind(tarfile.XHDTYPE), "something else|not where"),
    "a file too many": (one_more("extra.txt"), "more than"),
    "a file outside": (renamed("../../../../evil.bin"), "is no file of"),
    "a whole path": (renamed("/tmp/evil.bin"), "is no file of"),
    "a file of another kind": (renamed("model.pkl"), "is no file of"),
    "a file too few": (lambda members: members.pop(), "not where it should be"),
    "two in another order": (lambda members: members.insert(1, members.pop()), "something else"),
    "no files": (manifest_with(files={}), "list of files"),
    "other digests than were published": (manifest_with(files=PUBLISHED), "not the published one"),
    "a revision that climbs": (manifest_with(revision="../../x"), "list of files"),
    "weights in a folder": (manifest_with(weights="/etc"), "no name of weights"),
    "too large a list": (manifest_with(weights="x" * archive.LARGEST_MANIFEST), "no file that"),
    "another version": (manifest_with(version=2), "another version"),
    "another kind of weights": (manifest_with(weights_format="nobodys"), "Nobody describes"),
    "no name": (manifest_with(model={"name": "../x"}), "name"),
}


async def test_what_is_no_whole_archive_leaves_nothing_behind(here: Site, there: Site, tmp_path: Path) -> None:
    write_hub_cache(here.hub)
    data = await exported(here, "made-up")
    bad = {name: (rewritten(data, change), why) for name, (change, why) in HOSTILE.items()}
    bad |= {
        f"cut at {at}": (data[:at], "ends too early|no file that|not where")
        for at in (0, 100, 512, 1500, 70_000, len(data) - 1)
    }
    bad["noise"] = (bytes(range(256)) * 100, "no file that")
    async with there.enter() as backend:
        for name, (content, why) in bad.items():
            with pytest.raises(OrsttError, match=why) as refusal:
                await backend.import_model(sent(content))
            assert isinstance(refusal.value, WeightsDamaged | InvalidRequest | ImportError), name
            assert there.left_behind() == [], name
        assert "ward" not in [model.name for model in await backend.models()]
        await backend.import_model(sent(rewritten(data, lambda _: None)), None)


async def test_damaged_weights_are_not_exported_and_what_has_no_room_is_not_imported(
    here: Site, there: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = write_hub_cache(here.hub)
    data = await exported(here, "made-up")
    (snapshot / "model.bin").resolve().write_bytes(bytes(len(CONTENT["model.bin"])))
    async with here.enter() as backend:
        with pytest.raises(WeightsDamaged):
            await anext(backend.export_model("ward"))
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    async with there.enter() as backend:
        with pytest.raises(WeightsError, match="1 kB are free"):
            await backend.import_model(sent(data))
    assert there.left_behind() == []


async def test_what_arrives_is_not_pruned_before_its_model_is_there(
    here: Site, there: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_hub_cache(here.hub)
    data = await exported(here, "made-up")
    add = ModelService.add
    pruned: list[asyncio.Task[Pruned]] = []

    async def added_late(models: ModelService, draft: ModelDraft) -> Change:
        pruned.append(asyncio.create_task(backend.prune_weights(remove=True)))
        await asyncio.wait({pruned[0]}, timeout=0.3)  # it would have removed them by then
        return await add(models, draft)

    async with there.enter() as backend:
        monkeypatch.setattr(ModelService, "add", added_late)
        await backend.import_model(sent(data), "theirs")
        assert (await pruned[0]).leftovers == []
        assert (await backend.verify_weights("theirs")).is_right


def test_of_several_models_in_a_folder_the_one_that_is_named_by_its_file_is_exported(tmp_path: Path) -> None:
    for name in ("ggml-one.bin", "ggml-two.bin"):
        (tmp_path / name).write_bytes(name.encode())
    now = datetime.now(UTC)
    model = Model(
        id=1, name="one", model_type="whisper.cpp", model=str(tmp_path / "ggml-one.bin"), device="cpu",
        compute_type="default", is_active=False, is_default=False, description="", created_at=now, updated_at=now,
    )  # fmt: skip
    data = b"".join(archive.write_archive(model, "ggml-whisper", tmp_path / "cache"))
    with tarfile.open(fileobj=io.BytesIO(data)) as found:
        assert found.getnames() == [archive.MANIFEST, "ggml-one.bin"]
    stored = stored_weights("ggml-whisper", model.model, cache_dir=tmp_path / "cache")
    assert [file.name for file in stored.files] == ["ggml-one.bin"]


@pytest.mark.slow
@pytest.mark.models
async def test_base_goes_to_another_installation_and_is_the_published_one(
    here: Site, there: Site, weights_cache: Path
) -> None:
    here.settings = msgspec.structs.replace(here.settings, cache_dir=weights_cache)
    async with here.enter() as backend:
        data = b"".join([part async for part in backend.export_model("base")])
    async with there.enter() as backend:
        model = (await backend.import_model(sent(data, 1 << 20), "ward")).model
        assert model.model == "base"
    stored = stored_weights(FORMAT, "base", cache_dir=there.settings.cache_dir)
    assert (stored.kind, Path(stored.folder).parents[1].parent) == ("cache", there.hub)
    found = verify_weights(FORMAT, "base", cache_dir=there.settings.cache_dir)
    assert {file.outcome for file in found.files} == {"right"}
