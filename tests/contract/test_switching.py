"""Promise of switching, through the whole program: not one request fails of it, or is answered by a wrong model."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from counting import Counting, count_of, write_count
from ends import opened
from troublesome import Raising

from orstt_core.engines import registry
from orstt_core.errors import OrsttError
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Done, ModelDraft, TranscribeRequest

CLIENTS = 4
SECONDS = 3


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("where", "switches"),
    [
        pytest.param("local", 60, marks=pytest.mark.slow),
        pytest.param("remote", 20, marks=pytest.mark.slow),
    ],
)
async def test_switches_under_load_fail_not_one_request(
    where: str, switches: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, engine in {"counting": Counting, "raising": Raising}.items():
        monkeypatch.setitem(registry._registered, name, engine)
    request = TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS))
    answers: list[tuple[str, str, str]] = []
    switching = True

    async with opened(where, Settings(data_dir=tmp_path / "data")) as ends:

        async def ask() -> None:
            while switching:
                async with aclosing(ends.other.transcribe(request)) as events:
                    told = [event async for event in events]
                accepted, done = told[0], told[-1]
                assert isinstance(accepted, Accepted)
                assert isinstance(done, Done)
                answers.append((accepted.model, done.transcript.model.name, done.transcript.text))

        backend = ends.backend
        for name in ("one", "two"):
            await backend.create_model(ModelDraft(name=name, model_type="counting", model=name))
        await backend.create_model(ModelDraft(name="broken", model_type="raising", model="any"))
        await backend.activate_model("two")
        asking = [asyncio.create_task(ask()) for _ in range(CLIENTS)]
        for number in range(switches):
            new = ("one", "two")[number % 2]
            if number % 5 == 0:
                before = (await backend.info()).active_model
                with pytest.raises(OrsttError, match=r"mel|broken"):
                    await backend.activate_model("broken")
                assert (await backend.info()).active_model == before
            assert (await backend.activate_model(new)).model.is_active
            assert (await ends.other.info()).active_model == new
        switching = False
        await asyncio.gather(*asking)  # raises what any request failed with
    assert len(answers) > switches / 2
    assert all(asked == used for asked, used, _ in answers)
    assert {used for _, used, _ in answers} <= {"one", "two"}
    assert {text for *_, text in answers} == {count_of(SECONDS)}
