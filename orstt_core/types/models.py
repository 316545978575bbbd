"""Configured models, the engines behind them, and what is loaded now."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field
from msgspec.structs import replace

from orstt_core.types.checked import Checked
from orstt_core.types.options import Capability, OptionField, OptionValue
from orstt_core.types.timestamps import Timestamp

Outcome = Literal["passed", "failed", "skipped"]
CheckName = Literal["type", "dependencies", "device", "model", "destination"]
CLOUD_CHECKS: tuple[CheckName, ...] = get_args(CheckName)
"""The checks of a validation, in their order, for a model that sends sound."""
CHECKS = CLOUD_CHECKS[:-1]
"""Those for any other."""


class Model(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A configured model: one row of the table.

    Attributes:
        options: those of its engine that are not left at their defaults; no secrets, because everybody who may list
            models reads them.
        vocabulary: the lists of words to expect that each of its transcriptions has, by name.
        sends_sound: recordings that it transcribes leave the machine that it is configured on.
    """

    id: int
    name: str
    model_type: str
    model: str
    """Which weights: a size (`base`), a hub repository (`owner/name`) or a folder."""
    device: str
    compute_type: str
    is_active: bool
    is_default: bool
    description: str
    created_at: Timestamp
    updated_at: Timestamp
    options: dict[str, OptionValue] = {}
    vocabulary: list[str] = []
    sends_sound: bool = False


LONGEST_NAME = 100
LONGEST_REFERENCE = 500
LONGEST_DESCRIPTION = 2000
"""Characters of a model's texts, at most."""
DEVICES = ("cpu", "cuda")
ONLY_COMPUTE_TYPE = "default"
"""Of an engine that leaves no choice: it computes as its weights are. CTranslate2 calls it so."""


def place(device: str, compute_type: str) -> str:
    """Return what a model runs on, as `cpu with int8`; the device alone, where there is no choice of compute type."""
    return device if compute_type in {"", ONLY_COMPUTE_TYPE} else f"{device} with {compute_type}"


def _stated(**limits: object) -> Meta:
    """State limits in the OpenAPI document that `validate_draft` holds, with more besides."""
    return Meta(extra_json_schema=limits)


VocabularyNames = Annotated[list[str], Meta(max_length=20)]
_Name = Annotated[str, _stated(minLength=1, maxLength=LONGEST_NAME)]
_Reference = Annotated[str, _stated(maxLength=LONGEST_REFERENCE)]
_Device = Annotated[str, _stated(enum=DEVICES)]
_Description = Annotated[str, _stated(maxLength=LONGEST_DESCRIPTION)]


class ModelDraft(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person gives to configure a model."""

    name: _Name
    model_type: str = "whisper"
    model: _Reference = ""
    """Which weights; empty means the name."""
    device: _Device = "cpu"
    compute_type: str = ""
    """Number format; empty means the usual one: int8 on a CPU, float16 on a GPU, or what the engine has instead. Of an
    engine without a choice it becomes `default`, whatever it is."""
    description: _Description = ""
    options: dict[str, OptionValue] = field(default_factory=dict)
    """Those of the engine, as `EngineInfo.options` describes them; a text may stand for another value."""
    vocabulary: VocabularyNames = field(default_factory=list)
    """Lists of words to expect in all of its transcriptions, by name."""

    @property
    def weights(self) -> str:
        """The weights this draft refers to."""
        return self.model or self.name


class ModelUpdate(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a configured model; None leaves it as it is.

    Attributes:
        options: those that are named are changed, to their defaults where the value is None; the others stay.
        is_default: True makes it the default model, of which there is always one.
    """

    name: Annotated[str, Meta(min_length=1), _stated(maxLength=LONGEST_NAME)] | None = None
    model: Annotated[str, Meta(min_length=1), _stated(maxLength=LONGEST_REFERENCE)] | None = None
    device: _Device | None = None
    compute_type: str | None = None
    description: _Description | None = None
    options: dict[str, OptionValue] | None = None
    vocabulary: VocabularyNames | None = None
    is_default: Literal[True] | None = None


class PullProgress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step of bringing a model's files here, as Ollama tells it.

    Attributes:
        status: a line for a person; the last one is `success`.
        digest: which file, `sha256:...`, where the steps are by file.
        total: bytes of the file, where the steps are by file, otherwise of all; None: not known.
        completed: bytes of these so far.
        overall_total: bytes of all files, where that is known.
        overall_completed: bytes of all files so far, those that were here already included.
        bytes_per_second: how fast they come, over the last seconds; None: not known yet.
        seconds_left: how long the rest of all files takes at that rate.
    """

    status: str
    digest: str = ""
    total: int | None = None
    completed: int | None = None
    overall_total: int | None = None
    overall_completed: int | None = None
    bytes_per_second: float | None = None
    seconds_left: float | None = None


class Check(Struct, frozen=True, kw_only=True):
    """One of the checks of a validation."""

    name: CheckName
    outcome: Outcome
    detail: str
    fix: str = ""
    """The command or step that mends it; empty when nothing needs mending."""


class Validation(Struct, frozen=True, kw_only=True):
    """Whether a configuration would run here, and what to know before it does.

    Attributes:
        valid: nothing about the configuration is wrong.
        available: it could transcribe now, on this machine, without fetching anything it may not fetch.
        message: one sentence; names the first check that failed.
        warnings: what a person should know although nothing is wrong.
        checks: type, dependencies, device and model, in this order, and for a model that sends sound its destination.
        device: the device it would really run on.
        compute_type: the compute type it would really run with.
    """

    valid: bool
    available: bool
    message: str
    warnings: list[str] = []
    checks: list[Check] = []
    device: str = "cpu"
    compute_type: str = ""

    @property
    def failed(self) -> CheckName | None:
        """The check that failed; those after it were not made."""
        return next((check.name for check in self.checks if check.outcome == "failed"), None)

    @property
    def sends_sound(self) -> bool:
        """Whether it would send sound; False too where its type is unknown."""
        return any(check.name == "destination" for check in self.checks)

    @property
    def is_off(self) -> bool:
        """Whether it would send sound, and the settings do not let it."""
        return self.sends_sound and self.failed in {"dependencies", "destination"}


class Change(Struct, frozen=True, kw_only=True):
    """The answer to creating or activating: the model as it is now, and what to know about it."""

    model: Model
    warnings: list[str] = []


class EngineInfo(Struct, frozen=True, kw_only=True):
    """An engine as it presents itself; listed also when it cannot run here."""

    model_type: str
    title: str
    available: bool
    reason: str = ""
    """Why it is not available."""
    install: str = ""
    """The command that would make it available."""
    capabilities: list[Capability] = []
    compute_types: dict[str, list[str]] = {}
    """Compute types by device that is present, e.g. {"cpu": ["int8", "float32"]}; `default` alone: there is no choice,
    and an empty list: any."""
    models: list[str] = []
    """Weights known by name, smallest first."""
    weights_format: str = ""
    """Kind of weights that OR-STT finds, fetches and verifies; empty: the engine does so itself."""
    languages: dict[str, list[str]] = {}
    """Codes of the languages that a model can be asked for, by its name; `""` stands for any other model. An empty
    list: not known, so any."""
    options: list[OptionField] = []
    """What a model of this engine may be given beside device and compute type."""
    sends_sound: bool = False
    """Whether recordings leave this machine, or the server's; see the setting `cloud_hosts`."""
    tunable: bool = False
    """Whether there is anything that `orstt tune` may try to make its models faster."""
    importable: bool = True
    """Whether another process can import it, as jobs need it to; otherwise whoever registered it can use it alone."""

    def languages_of(self, model: str) -> list[str]:
        """Return the codes of the languages that a model can be asked for; empty: not known, so any."""
        return self.languages.get(model, self.languages.get("", []))


class EngineList(Struct, frozen=True, kw_only=True):
    """All registered engines; `default_type` is what a form offers first."""

    engines: list[EngineInfo]
    default_type: str = "whisper"

    @property
    def by_names(self) -> list[tuple[list[str], EngineInfo]]:
        """The engines, each once with every name it is registered under; one engine presents itself alike."""
        found: list[tuple[list[str], EngineInfo, EngineInfo]] = []
        for engine in self.engines:
            title = "" if engine.title == engine.model_type else engine.title
            presented = replace(engine, model_type="", title=title)
            if names := next((names for names, other, _ in found if other == presented), None):
                names.append(engine.model_type)
            else:
                found.append(([engine.model_type], presented, engine))
        return [(names, engine) for names, _, engine in found]


class LoadedModel(Struct, frozen=True, kw_only=True):
    """A model in memory, or one that is kept out of it for a while because its engine died.

    Attributes:
        names: the configured models it serves.
        state: `busy`: it computes, be it work that nobody waits for any more, which `using` does not count;
            `suspended`: its engine died repeatedly, so requests for it are refused until `suspended_until`.
        memory: bytes that its process really uses (resident set); 0 while it is suspended.
        using: requests that it serves or that wait for it.
        expires_at: when it is unloaded if nothing uses it; None: never, or while it is in use.
        reason: why it is suspended.
        pid: the process that holds it; 0 while it is suspended.
    """

    names: list[str]
    model_type: str
    model: str
    device: str
    compute_type: str
    state: Literal["loading", "idle", "busy", "suspended"]
    memory: int = 0
    using: int = 0
    loaded_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    suspended_until: Timestamp | None = None
    reason: str = ""
    pid: int = 0
