"""Models changed and fetched, the same near and far; what a request may call a model; and no folder of the server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

import pytest
from counting import Counting
from ends import Ends
from made_up_weights import REPO, write_hub_cache

from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.errors import (
    Forbidden,
    InvalidRequest,
    ModelExists,
    ModelInUse,
    ModelNotFound,
    ModelNotUsable,
    WeightsNotFound,
)
from orstt_core.local import LocalBackend
from orstt_core.model_service import ModelService
from orstt_core.settings import Settings
from orstt_core.types import Model, ModelDraft, ModelUpdate, PullProgress, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_model_is_changed_and_the_rest_stays(backend: Backend) -> None:
    before = await backend.model("small")
    change = await backend.update_model("small", ModelUpdate(name="ward", description="for the ward", device="cuda"))
    after = change.model
    assert (after.id, after.name, after.description, after.device) == (before.id, "ward", "for the ward", "cuda")
    assert (after.model, after.compute_type, after.is_active, after.is_default) == ("small", "int8", False, False)
    assert after.updated_at > before.updated_at
    assert await backend.model("ward") == after
    entry = (await backend.audit())[0]
    assert (entry.action, entry.subject) == ("model.updated", "ward")
    told = f"description: {before.description or 'none'} -> for the ward, device: {before.device} -> cuda"
    assert entry.detail == f"{told}, name: small -> ward"
    await backend.update_model("tiny", ModelUpdate(is_default=True))
    assert (await backend.audit(1))[0].detail == "is_default: False -> True"


async def test_there_is_always_one_default_model(backend: Backend) -> None:
    await backend.update_model("tiny", ModelUpdate(is_default=True))
    assert [model.name for model in await backend.models() if model.is_default] == ["tiny"]
    with pytest.raises(ModelInUse, match="tiny"):
        await backend.delete_model("tiny")


async def test_nothing_is_changed_by_what_does_not_fit(backend: Backend) -> None:
    before = await backend.models()
    for update, error in (
        (ModelUpdate(name="base"), ModelExists),
        (ModelUpdate(name=" "), InvalidRequest),
        (ModelUpdate(device="abacus"), InvalidRequest),
        (ModelUpdate(compute_type="?"), InvalidRequest),
    ):
        with pytest.raises(error):
            await backend.update_model("small", update)
    with pytest.raises(ModelNotFound):
        await backend.update_model("nobody", ModelUpdate(name="x"))
    assert await backend.models() == before


async def test_the_active_model_is_changed_only_to_what_can_run(backend: Backend) -> None:
    with pytest.raises(ModelNotUsable, match="active") as caught:
        await backend.update_model("base", ModelUpdate(model="large-v3"))
    assert "stays" in caught.value.hint
    assert (await backend.model("base")).model == "base"
    await backend.update_model("base", ModelUpdate(description="only words"))  # needs no proof


async def test_what_was_changed_while_it_was_proved_does_not_become_active(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "counting", Counting)
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    async with LocalBackend(Settings(database_url=database_url, data_dir=tmp_path), drain=False) as local:
        await local.create_model(ModelDraft(name="other", model_type="counting", model=str(folders[0])))
        real = ModelService._prove

        async def prove(self: ModelService, model: Model) -> list[str]:
            found = await real(self, model)
            monkeypatch.setattr(ModelService, "_prove", real)
            await local.update_model("other", ModelUpdate(model=str(folders[1])))
            return found

        monkeypatch.setattr(ModelService, "_prove", prove)
        with pytest.raises(ModelNotUsable, match="changed by somebody else"):
            await local.activate_model("other")
        assert (await local.info()).active_model == "base"
        assert (await local.activate_model("other")).model.is_active


async def test_no_folder_of_the_server_is_taken_from_a_request(ends: Ends, tmp_path: Path) -> None:
    there, absent = tmp_path / "weights", tmp_path / "none"
    there.mkdir()
    far = (await ends.backend.info()).location != "local"
    refusals = []
    for folder in (there, absent):
        draft = ModelDraft(name="folder", model=str(folder))
        if not far:
            continue
        with pytest.raises(Forbidden) as caught:
            await ends.backend.create_model(draft)
        with pytest.raises(Forbidden):
            await ends.backend.update_model("small", ModelUpdate(model=str(folder)))
        validation = await ends.backend.validate_model(draft)
        assert not validation.valid
        refusals.append((caught.value.message, caught.value.field, validation.message))
    assert len(set(refusals)) <= 1  # the same whether it is there or not
    if not far:
        assert (await ends.backend.create_model(ModelDraft(name="folder", model=str(there)))).model.model == str(there)


async def test_a_pull_of_what_is_here_verifies_it(backend: Backend) -> None:
    told = await pulled(backend, "base")
    assert told[0] == PullProgress(status="pulling manifest")
    assert [step.status for step in told][-2:] == ["verifying sha256 digest", "success"]
    assert (await backend.audit())[0].action == "model.pulled"


async def pulled(backend: Backend, ref: str) -> list[PullProgress]:
    async with aclosing(backend.pull_model(ref)) as steps:
        return [step async for step in steps]


async def test_the_files_of_a_model_are_listed_and_verified(backend: Backend) -> None:
    [base] = await backend.weights("base")
    assert (base.weights, base.models, base.is_here) == ("base", ["base"], True)
    if (await backend.info()).location != "local":
        assert base.folder == base.detail == ""
    found = await backend.verify_weights("base")
    assert found.is_right
    assert {file.outcome for file in found.files} == {"right"}
    assert {each.models[0]: each.is_here for each in await backend.weights() if each.models}["large"] is False
    with pytest.raises(WeightsNotFound):
        await backend.verify_weights("large")
    with pytest.raises(InvalidRequest):
        await backend.weights("no such thing")
    assert not (await backend.prune_weights()).removed


async def test_a_model_is_exported_and_imported_under_another_name(
    backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    write_hub_cache(tmp_path / "hub")
    before = (await backend.create_model(ModelDraft(name="carried", model=REPO, compute_type="float32"))).model
    with pytest.raises(WeightsNotFound):
        await anext(backend.export_model("large"))
    data = [part async for part in backend.export_model("carried")]
    with pytest.raises(ModelExists):
        await backend.import_model(_sent(data))
    copied = (await backend.import_model(_sent(data), "copied")).model
    assert (copied.name, copied.model, copied.compute_type) == ("copied", before.model, "float32")
    assert await backend.model("copied") == copied
    with pytest.raises(InvalidRequest, match="orstt models export"):
        await backend.import_model(_sent([b"noise" * 1000] * 1000))


async def _sent(parts: Sequence[bytes]) -> AsyncGenerator[bytes]:
    for part in parts:
        yield part


async def test_what_cannot_be_pulled_is_said(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for ref, error in (("large-v3", WeightsNotFound), ("no such thing", InvalidRequest), ("/tmp", InvalidRequest)):
        with pytest.raises(error):
            await pulled(backend, ref)


async def test_a_request_may_call_the_active_model_whisper_1(backend: Backend) -> None:
    assert (await backend.info()).aliases == {"whisper-1": "base"}
    with pytest.raises(ModelNotFound):
        await backend.model("whisper-1")


async def test_aliases_are_the_operators(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path, aliases={"fast": "tiny", "gone": "nobody", "base": "tiny", "any": "", "fit": "auto"}
    )
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF")
    async with LocalBackend(settings, drain=False) as backend:
        assert (await backend.info()).aliases == {"fast": "tiny", "any": "base", "fit": "auto"}
        for asked, meant in {"fast": "tiny", "base": "base", "any": "base", "fit": "auto"}.items():
            assert (await backend.submit_job(TranscribeRequest(audio=audio, model=asked))).model == meant
        with pytest.raises(ModelNotFound, match="ORSTT_ALIASES"):
            await backend.submit_job(TranscribeRequest(audio=audio, model="gone"))
        with pytest.raises(ModelNotFound):
            await backend.submit_job(TranscribeRequest(audio=audio, model="whisper-1"))


async def test_two_who_pull_the_same_share_one_pull_and_the_last_who_leaves_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orstt_core.types import Loading
    from orstt_core.weights import pulls

    begun: list[str] = []
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(weights_format: str, weights: str, *, progress: object, **_: object) -> Path:
        begun.append(f"{weights_format}/{weights}")
        try:
            for step in range(2000):
                progress(Loading(detail="fetching", done=step, total=2000))
                threading.Event().wait(0.01)
        finally:
            loop.call_soon_threadsafe(ended.set)
        return tmp_path

    monkeypatch.setattr(pulls, "obtain", slow)
    monkeypatch.setattr(pulls, "REPORT_SECONDS", 0.01)
    shared = pulls.Pulls(tmp_path, {})
    one, two = (shared.pull("some-format", "base", allow_download=False) for _ in "ab")
    assert (await anext(one)).status == "pulling manifest"
    while (await anext(two)).completed is None:
        pass
    assert begun == ["some-format/base"]
    await one.aclose()
    assert (await anext(two)).completed is not None
    assert not ended.is_set()
    await two.aclose()
    await asyncio.wait_for(ended.wait(), 20)
