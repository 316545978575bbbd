"""STTFactory: engines by name; `create` gives None and says why, `build` raises."""

import logging
from typing import Any, ClassVar

import numpy as np
import pytest
from troublesome import Optioned

from orstt_core import BaseSTT, STTFactory
from orstt_core.engines import registry
from orstt_core.engines.devices import NO_CHOICE, choose_device
from orstt_core.errors import (
    DeviceUnavailable,
    EngineFailed,
    EngineUnavailable,
    EngineUnknown,
    InvalidRequest,
    OrsttError,
    WeightsNotFound,
)
from orstt_core.settings import EngineSettings

WHISPER_ON_CPU = {"cpu": ["int8", "int8_float32", "float32"]}


class Echo(BaseSTT):
    """An engine with nothing but what must be."""

    def preprocess(self, audio_tuple: Any) -> Any:
        return np.zeros(16_000, np.float32)

    def transcribe(self, audio_data: Any, language: str | None = "en") -> str:
        return f"{self.model_name} {language}"

    def is_available(self) -> bool:
        return True


class NotInstalled(Echo):
    title = "Not Installed"
    requires: ClassVar = {"no_such_module_of_orstt": "no-such-package"}

    def is_available(self) -> bool:
        return False


class SaysNo(Echo):
    def is_available(self) -> bool:
        return False


class WithoutLibrary(Echo):
    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        raise ImportError("libfancy.so.3: cannot open shared object file")


class Clumsy(Echo):
    def __init__(self, model_name: str, device: str, compute_type: str) -> None:
        raise ZeroDivisionError("oh dear")


class KnowsTwo(Echo):
    known_models = ("v1", "v2")


class OnGpuOnly(Echo):
    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        return {}


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


# --- names ----------------------------------------------------------------------------------------


def test_whisper_comes_first_and_registered_ones_last() -> None:
    STTFactory.register("zulu", Echo)
    STTFactory.register("alpha", Echo)
    first, second, *ours = STTFactory.get_available_types()
    assert (first, second) == ("whisper", "faster-whisper")
    assert ours == [*sorted(ours[:-2]), "zulu", "alpha"]


@pytest.mark.parametrize("name", ["", " ", "a b", "../x", "-x", "x" * 51, "ä", None, 7])
def test_a_name_that_is_none_is_refused(name: Any) -> None:
    before = STTFactory.get_available_types()
    with pytest.raises(InvalidRequest, match="cannot be the name of an engine"):
        STTFactory.register(name, Echo)
    assert STTFactory.get_available_types() == before


@pytest.mark.parametrize("thing", [object, Echo("m"), "Echo", None, lambda: None])
def test_only_engine_classes_can_be_registered(thing: Any) -> None:
    with pytest.raises(InvalidRequest, match="is no engine"):
        STTFactory.register("thing", thing)


def test_a_class_that_lacks_a_method_is_refused_and_the_method_named() -> None:
    class Half(BaseSTT):
        def preprocess(self, audio_tuple: Any) -> Any:
            return audio_tuple

        def transcribe(self, audio_data: Any, language: str | None = "en") -> str:
            return ""

    with pytest.raises(InvalidRequest, match="lacks: is_available"):
        STTFactory.register("half", Half)  # type: ignore[type-abstract]  # which is what is refused


def test_a_registered_engine_goes_before_an_entry_point_of_its_name() -> None:
    before = STTFactory.get_available_types()
    STTFactory.register("whisper", Echo)
    assert STTFactory.get_engine("whisper") is Echo
    assert STTFactory.get_available_types() == before


def test_an_engine_is_located_without_importing_it() -> None:
    STTFactory.register("echo", Echo)
    assert registry.location("whisper") == "orstt_core.engines.faster_whisper:FasterWhisperSTT"
    assert registry.location("echo") == f"{Echo.__module__}:Echo"


def test_an_unknown_name_is_answered_with_the_nearest_and_all_there_are() -> None:
    with pytest.raises(EngineUnknown) as caught:
        STTFactory.get_engine("wisper")
    assert "'wisper'" in caught.value.message
    assert "Did you mean 'whisper'?" in caught.value.hint
    assert "faster-whisper" in caught.value.hint
    assert caught.value.field == "model_type"


# --- create and build -----------------------------------------------------------------------------


def test_create_gives_the_engine_as_it_was_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    STTFactory.register("echo", Echo)
    made = STTFactory.create("echo", "v1", "cpu", "int8")
    assert isinstance(made, Echo)
    assert (made.model_name, made.device, made.compute_type) == ("v1", "cpu", "int8")
    assert made.transcribe(made.preprocess((16_000, np.zeros(10))), language="de") == "v1 de"
    assert not caplog.records


FAILURES = [
    pytest.param("nope", None, "m", "cpu", "int8", EngineUnknown, "nope", id="unknown type"),
    pytest.param("x", NotInstalled, "m", "cpu", "int8", EngineUnavailable, "pip install no-such-package", id="package"),
    pytest.param("x", SaysNo, "m", "cpu", "int8", EngineUnavailable, "not installed", id="is_available is False"),
    pytest.param("x", WithoutLibrary, "m", "cpu", "int8", EngineUnavailable, "libfancy.so.3", id="library"),
    pytest.param("x", Clumsy, "m", "cpu", "int8", EngineFailed, "oh dear", id="constructor raises"),
    pytest.param("x", KnowsTwo, "v3", "cpu", "int8", InvalidRequest, "v1, v2", id="model of its own, unknown"),
    pytest.param("x", OnGpuOnly, "m", "cuda", "int8", DeviceUnavailable, "cuda", id="no device it can use"),
    pytest.param("x", Echo, "m", "toaster", "int8", InvalidRequest, "toaster", id="unknown device"),
    pytest.param("whisper", None, "base", "cpu", "int3", InvalidRequest, "int8, int8_float32", id="compute type"),
    pytest.param("whisper", None, "base", "cpu", "float16", InvalidRequest, "float16", id="not on this CPU"),
    pytest.param("whisper", None, "no-such-size", "cpu", "int8", InvalidRequest, "no-such-size", id="unknown weights"),
    pytest.param("whisper", None, "large", "cpu", "int8", WeightsNotFound, "large", id="weights that are not here"),
]


@pytest.mark.parametrize(("model_type", "engine", "model", "device", "compute_type", "error", "said"), FAILURES)
def test_build_raises_the_typed_error_and_create_logs_it_in_one_line(
    model_type: str,
    engine: type[BaseSTT] | None,
    model: str,
    device: str,
    compute_type: str,
    error: type[OrsttError],
    said: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if engine:
        STTFactory.register(model_type, engine)
    with pytest.raises(error) as caught:
        STTFactory.build(model_type, model, device, compute_type)
    assert said in str(caught.value)
    assert STTFactory.create(model_type, model, device, compute_type) is None
    (record,) = caplog.records
    assert record.levelno >= logging.WARNING
    assert said in record.message
    assert record.exc_info is None
    assert "\n" not in record.message


def test_the_settings_reach_the_engine() -> None:
    STTFactory.register("echo", Echo)
    settings = EngineSettings(cpu_threads=3)
    assert STTFactory.build("echo", "m", settings=settings).settings is settings


def test_options_reach_the_engine_in_its_own_type_or_are_refused() -> None:
    STTFactory.register("optioned", Optioned)
    made = STTFactory.build("optioned", "m", options={"beams": "3"})
    assert made.options == Optioned.Options(beams=3)
    assert STTFactory.build("optioned", "m").options == Optioned("m").options == Optioned.Options()
    with pytest.raises(InvalidRequest, match="beams"):
        STTFactory.build("optioned", "m", options={"beams": 9})
    assert STTFactory.create("optioned", "m", options={"speed": 1}) is None
    assert not STTFactory.validate_model("optioned", "m", options={"speed": 1}).valid


def test_cuda_without_a_gpu_falls_back_to_the_cpu_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    STTFactory.register("echo", Echo)
    made = STTFactory.create("echo", "m", "cuda", "float16")
    assert (made.device, made.compute_type) == ("cpu", "float16")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "CPU" in record.message


# --- which device ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compute_type", "on_cpu", "used"),
    [
        ("float32", ["int8", "float32"], "float32"),
        ("float16", ["int8", "float32"], "int8"),
        ("float16", ["float32"], "float32"),
        ("float16", ["int16"], "int16"),
        ("float16", [], "float16"),
    ],
)
def test_a_fall_back_keeps_the_compute_type_where_the_cpu_has_it(
    compute_type: str, on_cpu: list[str], used: str
) -> None:
    device, chosen, warning = choose_device("Engine", "cuda", compute_type, {"cpu": on_cpu})
    assert (device, chosen) == ("cpu", used)
    assert used in warning


def test_a_gpu_that_is_there_is_used() -> None:
    offered = WHISPER_ON_CPU | {"cuda": ["int8", "float16"]}
    assert choose_device("Engine", "cuda", "float16", offered) == ("cuda", "float16", "")
    with pytest.raises(InvalidRequest, match=r"The GPU does not offer .*bfloat16"):
        choose_device("Engine", "cuda", "bfloat16", offered)


def test_where_the_weights_decide_whatever_is_asked_for_is_taken_for_that() -> None:
    for asked in ("int8", "float16", "default"):
        assert choose_device("Engine", "cpu", asked, NO_CHOICE) == ("cpu", "default", "")
        device, chosen, warning = choose_device("Engine", "cuda", asked, NO_CHOICE)
        assert (device, chosen) == ("cpu", "default")
        assert warning.endswith("it will run on the CPU.")


def test_an_invented_compute_type_is_refused_also_when_falling_back() -> None:
    with pytest.raises(InvalidRequest, match="int3"):
        choose_device("Engine", "cuda", "int3", WHISPER_ON_CPU)


def test_an_engine_without_the_cpu_cannot_fall_back() -> None:
    with pytest.raises(DeviceUnavailable, match="cannot run on cpu"):
        choose_device("Engine", "cpu", "int8", {"cuda": ["float16"]})
