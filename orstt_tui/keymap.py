"""Keys of one's own: `keys.toml` beside the settings file gives commands other keys.

A line `models.activate = "ctrl+y"` names a command and its keys, separated by commas. docs/keys.md lists the
commands; a test compares it with the bindings themselves.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, KEY_NAME_REPLACEMENTS, Keys

from orstt_core.settings import config_file
from orstt_tui.command_ids import MOVING

MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})


def keys_file() -> Path:
    """Return where one's own keys are read from."""
    return config_file().with_name("keys.toml")


def command_bindings(owner: type[DOMNode]) -> list[Binding]:
    """Return the bindings with an id that a class itself declares: its commands."""
    return [binding for binding in Binding.make_bindings(owner.__dict__.get("BINDINGS", ())) if binding.id]


def palette_bindings(owner: type[DOMNode]) -> list[Binding]:
    """Return the commands of a class and of those it derives from, each once; not how one moves about in it."""
    declared = [binding for base in owner.__mro__ if issubclass(base, DOMNode) for binding in command_bindings(base)]
    found = {binding.action: binding for binding in reversed(declared) if not str(binding.id).startswith(MOVING)}
    return list(reversed(found.values()))


def command_owners(app: type[DOMNode]) -> list[type[DOMNode]]:
    """Return everything that declares commands, beginning with the app; imports all screens."""
    from orstt_tui.screens.add_model import AddModelScreen
    from orstt_tui.screens.audit import AuditScreen
    from orstt_tui.screens.benchmark import BenchmarkScreen
    from orstt_tui.screens.changing_jobs import ChangingJobsScreen
    from orstt_tui.screens.choose_comparison import ChooseComparisonScreen
    from orstt_tui.screens.compare import CompareScreen
    from orstt_tui.screens.configuring import ConfiguringScreen
    from orstt_tui.screens.confirm import ConfirmScreen, LeavingScreen
    from orstt_tui.screens.correcting import CorrectingScreen
    from orstt_tui.screens.create_experiment import CreateExperimentScreen
    from orstt_tui.screens.create_key import CreateKeyScreen, SecretScreen
    from orstt_tui.screens.dialog import Dialog
    from orstt_tui.screens.doctor import DoctorScreen
    from orstt_tui.screens.edit_segment import EditSegmentScreen
    from orstt_tui.screens.edit_vocabulary import EditVocabularyScreen
    from orstt_tui.screens.engines import EnginesScreen
    from orstt_tui.screens.experiments import ExperimentsScreen
    from orstt_tui.screens.export_model import ExportModelScreen
    from orstt_tui.screens.filter_jobs import FilterJobsScreen
    from orstt_tui.screens.help import HelpScreen
    from orstt_tui.screens.history import HistoryScreen
    from orstt_tui.screens.import_model import ImportModelScreen
    from orstt_tui.screens.jobs import JobsScreen
    from orstt_tui.screens.judging import JudgingScreen
    from orstt_tui.screens.jump import JumpScreen
    from orstt_tui.screens.keys import KeysScreen
    from orstt_tui.screens.list_dialog import ListDialog
    from orstt_tui.screens.listening import ListeningScreen
    from orstt_tui.screens.log import LogScreen
    from orstt_tui.screens.measure import MeasureScreen
    from orstt_tui.screens.measure_models import MeasureModelsScreen
    from orstt_tui.screens.measuring import MeasuringScreen
    from orstt_tui.screens.models import ModelsScreen
    from orstt_tui.screens.presets import PresetsScreen
    from orstt_tui.screens.queueing import QueueingScreen
    from orstt_tui.screens.recordings import RecordingsScreen
    from orstt_tui.screens.requests import RequestsScreen
    from orstt_tui.screens.revisions import RevisionsScreen
    from orstt_tui.screens.save import SaveScreen
    from orstt_tui.screens.save_many import SaveManyScreen
    from orstt_tui.screens.servers import ServersScreen
    from orstt_tui.screens.settings import SettingsScreen
    from orstt_tui.screens.submit_again import SubmitAgainScreen
    from orstt_tui.screens.submit_job import SubmitJobScreen
    from orstt_tui.screens.transcribe import RecordingForm, TranscribeScreen
    from orstt_tui.screens.transcript import TranscriptScreen
    from orstt_tui.screens.vocabularies import VocabulariesScreen
    from orstt_tui.screens.watch import WatchScreen
    from orstt_tui.screens.weights import WeightsScreen

    return [
        app,
        Dialog,
        ModelsScreen,
        ConfiguringScreen,
        AddModelScreen,
        WeightsScreen,
        ExportModelScreen,
        ImportModelScreen,
        TranscribeScreen,
        QueueingScreen,
        RecordingsScreen,
        RecordingForm,
        JobsScreen,
        ChooseComparisonScreen,
        CompareScreen,
        MeasureScreen,
        MeasuringScreen,
        MeasureModelsScreen,
        HistoryScreen,
        ExperimentsScreen,
        CreateExperimentScreen,
        JudgingScreen,
        BenchmarkScreen,
        ChangingJobsScreen,
        TranscriptScreen,
        CorrectingScreen,
        ListeningScreen,
        EditSegmentScreen,
        SubmitJobScreen,
        SubmitAgainScreen,
        FilterJobsScreen,
        SaveScreen,
        SaveManyScreen,
        PresetsScreen,
        RequestsScreen,
        RevisionsScreen,
        KeysScreen,
        CreateKeyScreen,
        SecretScreen,
        WatchScreen,
        VocabulariesScreen,
        EditVocabularyScreen,
        ListDialog,
        EnginesScreen,
        SettingsScreen,
        ServersScreen,
        DoctorScreen,
        LogScreen,
        AuditScreen,
        ConfirmScreen,
        LeavingScreen,
        HelpScreen,
        JumpScreen,
        *_widget_owners(),
    ]


def _widget_owners() -> list[type[DOMNode]]:
    from orstt_tui.widgets.comparison_list import ComparisonList
    from orstt_tui.widgets.list_table import ListTable
    from orstt_tui.widgets.moving import ScrollPane
    from orstt_tui.widgets.path_input import PathInput
    from orstt_tui.widgets.queue_list import QueueList
    from orstt_tui.widgets.reader import Reader
    from orstt_tui.widgets.reader_pane import ReaderPane, ReaderPrompt
    from orstt_tui.widgets.request_form import RequestForm

    return [
        QueueList,
        RequestForm,
        ListTable,
        ComparisonList,
        ScrollPane,
        Reader,
        ReaderPane,
        ReaderPrompt,
        PathInput,
    ]


def commands(app: type[DOMNode]) -> dict[str, Binding]:
    """Return every command that can be given other keys, by id, with its default keys joined by commas."""
    found: dict[str, Binding] = {}
    for binding in (binding for owner in command_owners(app) for binding in command_bindings(owner)):
        name = binding.id or ""
        keys = binding.key if name not in found else f"{found[name].key},{binding.key}"
        found[name] = binding.with_key(keys) if binding.key not in _keys_of(found.get(name)) else found[name]
    return found


def read_keymap(app: type[DOMNode]) -> tuple[dict[str, str], list[str]]:
    """Return the person's own keys by command id, and what is wrong with the file in plain sentences.

    A bad line leaves its command at the default keys; the others count.
    """
    path = keys_file()
    try:
        entries = dict(_flat(tomllib.loads(path.read_text())))
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return {}, [f"{path} cannot be read: {error}. The default keys are in force."]
    known = commands(app)
    keymap, problems = {}, []
    for name, keys in entries.items():
        if name not in known:
            problems.append(f"{path}: there is no command {name!r}. docs/keys.md lists them.")
        elif not isinstance(keys, str) or not keys.strip():
            problems.append(f'{path}: {name} needs its keys as text, such as "ctrl+y" or "a,f4".')
        elif strange := [key for key in (part.strip() for part in keys.split(",")) if not is_key(key)]:
            problems.append(f"{path}: {name}: {', '.join(map(repr, strange))} is not a key.")
        else:
            keymap[name] = keys
    return keymap, problems + [f"{path}: {clash}" for clash in _clashes(app, keymap)]


def _clashes(app: type[DOMNode], keymap: dict[str, str]) -> Iterator[str]:
    for owner in command_owners(app):
        present = [binding for other in _owners_beside(app, owner) for binding in command_bindings(other)]
        for name in {str(binding.id) for binding in command_bindings(owner) if binding.id in keymap}:
            for key in (key.strip() for key in keymap[name].split(",")):
                held = (str(binding.id) for binding in present if binding.key == key)
                if others := [holder for holder in held if holder not in keymap]:
                    yield f"{name} takes the key {key} from {', '.join(others)}."


def _owners_beside(app: type[DOMNode], owner: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """Yield whose commands can be reached where the owner's can: its own, and the app's on a main screen."""
    from orstt_tui.screens.base import MainScreen

    yield owner
    if owner is app:
        yield from (other for other in command_owners(app) if issubclass(other, MainScreen))
    elif issubclass(owner, MainScreen):
        yield app


def is_key(text: str) -> bool:
    """Return whether Textual knows a key of this name, such as `a`, `?`, `f5` or `ctrl+y`."""
    *modifiers, key = text.split("+") if text != "+" else [text]
    named = {member.value for member in Keys} | set(KEY_NAME_REPLACEMENTS.values()) | set(KEY_ALIASES)
    return MODIFIERS.issuperset(modifiers) and (len(key) == 1 or key in named or _is_character_name(key))


def _is_character_name(text: str) -> bool:
    try:
        unicodedata.lookup(text.replace("_", " "))
    except KeyError:
        return False
    return True


def _keys_of(binding: Binding | None) -> list[str]:
    return binding.key.split(",") if binding else []


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
