"""A kind of weights that another package brings, with the engine that uses them: no code of ours knows either."""

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback_hub import loopback_hub, point_to
from made_up_weights import COMMIT, REPO, write_hub_cache

from orstt_core.errors import EngineUnavailable, WeightsDamaged, WeightsNotFound
from orstt_core.local import LocalBackend
from orstt_core.runtime import probe
from orstt_core.runtime.memory_need import memory_need
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.settings import Settings
from orstt_core.types import ModelDraft
from orstt_core.validation import validate
from orstt_core.weights import Location, locate, requirements
from orstt_core.weights.formats import format_called, format_that_knows

CONTENT = {"am/final.mdl": bytes(20_000), "conf/words.json": b'["polly"]'}
ENGINE = """
    from orstt_core import BaseSTT
    from orstt_core.weights import obtain

    class Parrot(BaseSTT):
        title = "Parrot"
        weights_format = "parrot-words"

        def preprocess(self, audio_tuple):
            return audio_tuple[1]

        def transcribe(self, audio_data, language="en"):
            return "polly"

        def is_available(self):
            return True
"""
FORMAT = f"""
    title = "Parrot model"
    stored_bytes = 2
    files = [
        {{ names = ["am/*.mdl"], weights = true }},
        {{ names = ["conf/words.txt", "conf/words.json"] }},
        {{ names = ["README"], required = false }},
    ]
    [memory]
    working_bytes = 5_000
    [[models]]
    name = "polly"
    repo = "{REPO}"
    parameters = 10_000
    [[models]]
    name = "half-a-polly"
    repo = "{REPO}"
    holds = ["am/half.mdl"]
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution as pip would: an engine, a file that describes its weights, and the metadata."""
    monkeypatch.syspath_prepend(tmp_path)

    def install(
        engine: str = ENGINE, described: str = FORMAT, name: str = "parrot-words", file: str = "weights.toml"
    ) -> None:
        package = tmp_path / "orstt_test_parrot"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "engine.py").write_text(textwrap.dedent(engine))
        (package / "weights.toml").write_text(textwrap.dedent(described))
        metadata = tmp_path / "orstt_test_parrot-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: orstt-parrot\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            "[orstt.engines]\nparrot = orstt_test_parrot.engine:Parrot\n"
            f"[orstt.weights_formats]\n{name} = orstt_test_parrot:{file}\n"
        )
        importlib.invalidate_caches()
        probe.forget_engines()

    yield install
    assert not [module for module in sys.modules if module.startswith("orstt_test_parrot")], "only read, not imported"
    probe.forget_engines()


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def look(model: str, *, allow_download: bool = False) -> Location:
    return locate("parrot-words", model, cache_dir=Path("/nowhere"), allow_download=allow_download)


def write(folder: Path) -> Path:
    for name, data in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_its_engine_is_listed_with_the_models_that_the_format_knows(install: Install) -> None:
    install()
    info = probe.probe_engine("parrot")
    assert (info.available, info.models, info.weights_format) == (True, ["polly", "half-a-polly"], "parrot-words")


def test_a_folder_is_recognised_and_what_it_lacks_is_named(install: Install, tmp_path: Path) -> None:
    install()
    folder = write(tmp_path / "mine")
    assert (look(str(folder)).kind, look(str(folder)).size) == ("folder", sum(map(len, CONTENT.values())))
    (folder / "am/final.mdl").write_bytes(b"")
    with pytest.raises(WeightsDamaged, match=r"mine has an empty am/final\.mdl"):
        raise look(str(folder)).refusal()
    (folder / "conf/words.json").unlink()
    (folder / "am/final.mdl").write_bytes(b"heavy")
    with pytest.raises(
        WeightsNotFound, match=r"lacks conf/words\.txt.*am/\*\.mdl, conf/words\.txt \(or conf/words\.json"
    ):
        raise look(str(folder)).refusal()


def test_a_copy_in_the_hubs_cache_is_found(install: Install, hub_cache: Path) -> None:
    install()
    assert "polly (someone/made-up, about 20 kB) are not on this machine" in look("polly").detail
    snapshot = write_hub_cache(hub_cache, content={})
    write(snapshot)
    assert (look("polly").kind, look("polly").path) == ("cache", snapshot)
    assert look(REPO).path == snapshot


def test_a_repository_may_hold_several_models(install: Install, hub_cache: Path) -> None:
    install()
    snapshot = write_hub_cache(hub_cache, content={})
    write(snapshot)
    assert look("half-a-polly").kind == "absent"
    (snapshot / "am/half.mdl").write_bytes(b"half")
    assert (look("half-a-polly").path, look("half-a-polly").size) == (snapshot, 4)


async def test_it_is_pulled_and_then_a_model_of_it_can_be_used(
    install: Install, hub_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    draft = ModelDraft(name="polly", model_type="parrot")
    before = validate(draft, settings)
    assert (before.valid, before.available, before.checks[-1].outcome) == (True, False, "failed")
    with loopback_hub() as hub:
        hub.content = CONTENT | {"model.bin": b"of another kind"}
        point_to(hub.address, monkeypatch)
        async with LocalBackend(settings) as backend:
            statuses = [step.status async for step in backend.pull_model("polly")]
            assert statuses[-1] == "success"
            assert (await backend.create_model(draft)).warnings == []
        assert set(hub.fetched()) == {name.rpartition("/")[2] for name in CONTENT}
    snapshot = hub_cache / "models--someone--made-up/snapshots" / COMMIT
    assert {path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*.*")} == set(CONTENT)
    assert validate(draft, settings).checks[-1].detail == f"In the hub's cache: {snapshot}."


def test_its_memory_is_told_by_its_own_facts(install: Install, tmp_path: Path) -> None:
    install()
    folder = write(tmp_path / "mine")
    assert requirements("parrot-words", "polly", "int8") == 5_000 + 2 * 10_000
    assert requirements("parrot-words", str(folder), "int8") == 5_000 + len(CONTENT["am/final.mdl"])
    spec = EngineSpec(model_type="parrot", engine="", model="polly", device="cpu", compute_type="int8")
    assert memory_need(spec) == 25_000


def test_a_name_that_only_another_format_knows_is_no_model_of_it(install: Install) -> None:
    install()
    assert look("base").kind == "unknown"
    assert memory_need(EngineSpec(model_type="parrot", engine="", model="base", device="cpu", compute_type="int8")) == 0


@pytest.mark.parametrize(
    ("described", "name", "reason"),
    [
        ("", "parrot-words", "missing required field"),
        ("title = [", "parrot-words", "cannot be used"),
        (FORMAT, "other", "Nobody describes"),
    ],
)
def test_an_engine_whose_weights_nobody_describes_is_listed_with_the_reason(
    install: Install, described: str, name: str, reason: str
) -> None:
    install(described=described, name=name)
    info = probe.probe_engine("parrot")
    assert not info.available
    assert reason in info.reason
    with pytest.raises(EngineUnavailable):
        look("polly")
    assert format_that_knows("base") is format_called("ctranslate2-whisper")


def test_a_package_that_names_no_file_harms_nobody(install: Install) -> None:
    install(file="no-such-file")
    assert "cannot be used" in probe.probe_engine("parrot").reason
    assert format_that_knows("base") is format_called("ctranslate2-whisper")


def test_no_package_can_describe_our_format_anew(install: Install) -> None:
    install(name="ctranslate2-whisper")
    assert "base" in format_called("ctranslate2-whisper").models
