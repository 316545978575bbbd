"""The four checks before a model is created or activated, and what may be entered at all."""

import unicodedata
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from troublesome import Plain

from orstt_core import BaseSTT, STTFactory, validation
from orstt_core.engines import registry
from orstt_core.engines.devices import NO_CHOICE, usual_compute_type
from orstt_core.errors import InvalidRequest
from orstt_core.runtime import probe
from orstt_core.settings import Settings
from orstt_core.types import ModelDraft, Validation
from orstt_core.validation import validate, validate_draft
from orstt_core.weights import Memory

GIB = 1 << 30

MakeChecks = Callable[..., Validation]
HaveMemory = Callable[[float, float], None]


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> HaveMemory:
    """Set what this machine has."""

    def have(total: float, available: float) -> None:
        monkeypatch.setattr(
            validation, "machine_memory", lambda: Memory(total=int(total * GIB), available=int(available * GIB))
        )

    have(16, 12)
    return have


@pytest.fixture
def check(memory: HaveMemory) -> MakeChecks:
    def check(*, allow_download: bool = False, **fields: str) -> Validation:
        return validate(
            msgspec.structs.replace(ModelDraft(name="base"), **fields), Settings(allow_download=allow_download)
        )

    return check


def outcomes(answer: Validation) -> list[str]:
    return [f"{made.name} {made.outcome}" for made in answer.checks]


# --- the four checks ------------------------------------------------------------------------------


@pytest.mark.models
def test_what_is_all_right_passes_without_a_word(check: MakeChecks) -> None:
    answer = check()
    assert (answer.valid, answer.available, answer.warnings) == (True, True, [])
    assert (answer.device, answer.compute_type) == ("cpu", "int8")
    assert outcomes(answer) == ["type passed", "dependencies passed", "device passed", "model passed"]


def test_an_unknown_type_fails_the_first_check(check: MakeChecks) -> None:
    answer = check(model_type="wisper")
    assert (answer.valid, answer.available) == (False, False)
    assert answer.message.startswith("The type check failed")
    assert "'wisper'" in answer.message
    assert "Did you mean 'whisper'?" in answer.message
    assert outcomes(answer) == ["type failed", "dependencies skipped", "device skipped", "model skipped"]


def test_a_missing_library_fails_the_second_check_with_the_command(check: MakeChecks) -> None:
    class Fancy(BaseSTT):
        requires: ClassVar = {"no_such_library": "fancy-package"}

        def preprocess(self, audio_tuple: Any) -> Any:
            return audio_tuple[1]

        def transcribe(self, audio_data: Any, language: str | None = "en") -> str:
            return ""

        def is_available(self) -> bool:
            return False

    STTFactory.register("fancy", Fancy)
    answer = check(model_type="fancy")
    assert (answer.valid, answer.available) == (True, False)
    assert "The dependencies check failed" in answer.message
    assert answer.checks[1].fix == "Type: pip install fancy-package"
    assert outcomes(answer) == ["type passed", "dependencies failed", "device skipped", "model skipped"]


def test_an_engine_that_no_other_process_can_import_is_available_to_its_script_only(check: MakeChecks) -> None:
    class Local(Plain):
        """Defined in a function, as others are in a notebook or in `__main__`."""

    STTFactory.register("local", Local)
    answer = check(model_type="local", model="any")
    assert (answer.valid, answer.available) == (True, False)
    assert outcomes(answer)[:2] == ["type passed", "dependencies failed"]
    assert "no other process can import it" in answer.message
    assert "a module of its own" in answer.checks[1].fix
    here = STTFactory.validate_model("local", "any")
    assert here.available
    (warning,) = here.warnings
    assert "in this script only" in warning
    assert STTFactory.create("local", "any") is not None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"device": "toaster"}, "cpu, cuda"),
        ({"compute_type": "int3"}, "It offers: int8, int8_float32, "),
        ({"compute_type": "float16"}, "It offers: int8, int8_float32, "),
        ({"device": "cuda", "compute_type": "int3"}, "int3"),
    ],
)
def test_a_device_or_compute_type_that_is_none_is_not_valid(
    check: MakeChecks, fields: dict[str, str], said: str
) -> None:
    answer = check(**fields)
    assert (answer.valid, answer.available) == (False, False)
    assert "The device check failed" in answer.message
    assert said in answer.message
    assert outcomes(answer)[2:] == ["device failed", "model skipped"]


@pytest.mark.models
@pytest.mark.parametrize(("compute_type", "used"), [("float16", "int8"), ("float32", "float32"), ("int8", "int8")])
def test_cuda_without_a_gpu_is_valid_and_warns_of_the_cpu(
    check: MakeChecks, monkeypatch: pytest.MonkeyPatch, compute_type: str, used: str
) -> None:
    here = msgspec.structs.replace(probe.probe_engine("whisper"), compute_types={"cpu": ["int8", "float32"]})
    monkeypatch.setattr(validation, "probe_engine", lambda _: here)
    answer = check(device="cuda", compute_type=compute_type)
    assert (answer.valid, answer.available) == (True, True)
    assert (answer.device, answer.compute_type) == ("cpu", used)
    (warning,) = answer.warnings
    assert "CPU" in warning
    assert used in warning


def test_a_gpu_that_is_there_is_used_without_a_warning(check: MakeChecks, monkeypatch: pytest.MonkeyPatch) -> None:
    there = msgspec.structs.replace(
        probe.probe_engine("whisper"), compute_types={"cpu": ["int8"], "cuda": ["int8", "float16"]}
    )
    monkeypatch.setattr(validation, "probe_engine", lambda _: there)
    answer = check(device="cuda", compute_type="float16")
    assert (answer.device, answer.compute_type) == ("cuda", "float16")
    assert answer.warnings == []


def test_a_name_that_nobody_knows_is_not_valid(check: MakeChecks) -> None:
    answer = check(name="no-such-size")
    assert (answer.valid, answer.available) == (False, False)
    assert "The model check failed" in answer.message
    assert "no-such-size" in answer.message


def test_weights_that_are_not_here_are_valid_and_the_message_says_how_to_get_them(check: MakeChecks) -> None:
    answer = check(name="small")
    assert (answer.valid, answer.available) == (True, False)
    assert "The model check failed" in answer.message
    assert "ORSTT_ALLOW_DOWNLOAD=1" in answer.message
    assert answer.checks[3].fix


def test_weights_that_may_be_fetched_are_available_with_a_warning(check: MakeChecks) -> None:
    answer = check(name="small", allow_download=True)
    assert (answer.valid, answer.available) == (True, True)
    (warning,) = answer.warnings
    assert "fetched from the hub" in warning


def test_the_weights_are_the_model_and_not_the_name(check: MakeChecks) -> None:
    assert "no-such-size" in check(name="base", model="no-such-size").message


def test_an_engine_with_weights_of_its_own_is_not_asked_for_ours() -> None:
    class Own(BaseSTT):
        known_models = ("v1",)

        def preprocess(self, audio_tuple: Any) -> Any:
            return audio_tuple[1]

        def transcribe(self, audio_data: Any, language: str | None = "en") -> str:
            return ""

        def is_available(self) -> bool:
            return True

    STTFactory.register("own", Own)
    good, bad = STTFactory.validate_model("own", "v1"), STTFactory.validate_model("own", "v2")
    assert (good.valid, good.available) == (True, True)
    assert (bad.valid, bad.available) == (False, False)
    assert "It knows: v1." in bad.message
    assert "--weights" not in bad.message
    unnamed = validate(ModelDraft(name="mine", model_type="own"), Settings(), in_process=True)
    assert unnamed.checks[-1].fix == "It knows: v1. Say which: `--weights v1`."


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["large", "large-v3", "turbo", "medium"])
def test_large_models_always_warn_with_what_they_need_and_what_there_is(
    check: MakeChecks, memory: HaveMemory, name: str
) -> None:
    memory(512, 500)
    (warning,) = check(name=name).warnings
    assert f"{name} needs about" in warning
    assert "with int8" in warning
    assert "549.8 GB, of which 536.9 GB are free" in warning


def test_more_precise_computation_needs_more_memory(check: MakeChecks) -> None:
    (with_int8,), (with_float32,) = check(name="large").warnings, check(name="large", compute_type="float32").warnings
    assert with_int8 != with_float32


def test_a_small_model_warns_only_where_memory_is_short(check: MakeChecks, memory: HaveMemory) -> None:
    assert check(name="small").warnings == []
    memory(16, 0.2)
    (warning,) = check(name="small").warnings
    assert "215 MB are free" in warning


# --- what may be entered --------------------------------------------------------------------------

GOOD = ModelDraft(name="small")


def test_a_good_draft_comes_back_without_the_space_around_it() -> None:
    draft = ModelDraft(name="  ward 3 ", model=" base ", description=" for\nrounds ")
    cleaned = validate_draft(draft)
    assert (cleaned.name, cleaned.model, cleaned.description) == ("ward 3", "base", "for\nrounds")


@pytest.mark.parametrize("name", ["base", "x" * 100, "Größe 3 (alt)", "large-v3: int8_float32", "模型", "मॉडल", ".en"])
def test_names_that_people_give_are_taken(name: str) -> None:
    assert validate_draft(msgspec.structs.replace(GOOD, name=name)).name == name


def test_two_ways_to_write_the_same_letter_are_one_name() -> None:
    assert validate_draft(ModelDraft(name="Gro\u0308ße")).name == "Größe"


@pytest.mark.parametrize(
    "model",
    ["", "base", "large-v3", "distil-large-v3.5", "Systran/faster-whisper-base", "/srv/weights/größe 3", "azure:v1"],
)
def test_references_to_weights_are_taken(model: str) -> None:
    assert validate_draft(msgspec.structs.replace(GOOD, model=model)).model == model


REFUSED = [
    *[
        ("name", name)
        for name in ["", "   ", "x" * 101, "a/b/c", "/a", "a/", "a\\b", "..", "../../etc/passwd", "a\x00b", "a\nb"]
    ],
    *[("name", name) for name in ["\x1b[31mred", "a\u2028b", "\ud800"]],
    *[("model", model) for model in ["../../etc/passwd", "/srv/../etc", "a/b/c", "~/weights", "./weights", "a b"]],
    *[("model", model) for model in ["-rf", "a\x00", "/srv/\x1b[0m", "x" * 501, "owner/../x", "/.."]],
    *[("model_type", kind) for kind in ["", "a b", "x" * 51, "../x"]],
    *[("device", device) for device in ["", "toaster", "CPU", "cuda:0"]],
    *[("compute_type", kind) for kind in ["x" * 21, "int 8", "INT8"]],
    *[("description", text) for text in ["x" * 2001, "\x07", "a\x00b"]],
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_what_may_not_be_entered_is_refused_and_the_field_named(field: str, value: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        validate_draft(msgspec.structs.replace(GOOD, **{field: value}))
    assert caught.value.field == field
    assert caught.value.message


@given(st.text(max_size=120))
def test_a_name_that_is_taken_can_be_shown_stored_and_never_climbs(name: str) -> None:
    try:
        taken = validate_draft(ModelDraft(name=name)).name
    except InvalidRequest:
        return
    assert 1 <= len(taken) <= 100
    assert taken == taken.strip()
    assert not {"\\", "\x00", "\x1b", "\n"} & set(taken)
    assert ".." not in taken
    assert all(taken.split("/"))
    taken.encode()
    assert validate_draft(ModelDraft(name=taken)).name == taken == unicodedata.normalize("NFC", taken)


def test_the_usual_compute_type_is_that_of_the_device_or_what_the_engine_has() -> None:
    both = {"cpu": ["int8", "float32"], "cuda": ["float16", "int8"]}
    assert {device: usual_compute_type(device, both) for device in both} == {"cpu": "int8", "cuda": "float16"}
    assert usual_compute_type("cpu", {"cpu": ["float32"]}) == "float32"
    assert usual_compute_type("cuda", {"cpu": ["float32"]}) == "float16"
    assert {usual_compute_type(device, NO_CHOICE) for device in both} == {"default"}
