"""FasterWhisperSTT loaded and unloaded: what it needs for that, and what it says where that is not there."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.engines.devices import COMPUTE_TYPES
from orstt_core.engines.faster_whisper import FasterWhisperSTT
from orstt_core.errors import DeviceUnavailable, WeightsDamaged, WeightsNotFound
from orstt_core.settings import Settings
from orstt_core.weights import obtain


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> Settings:
    return Settings(cache_dir=weights_cache)


@pytest.mark.slow
@pytest.mark.models
def test_an_unloaded_engine_loads_again_by_itself_and_opens_no_connection(
    settings: Settings, austen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("it went to the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    engine = STTFactory.build("faster-whisper", "base", settings=settings.for_engines)
    engine.load()
    engine.unload()
    assert "Dashwood" in engine.transcribe(decode(austen, max_seconds=60).samples)


@pytest.mark.slow
@pytest.mark.models
def test_a_folder_whose_files_are_damaged_is_said_to_be(settings: Settings, tmp_path: Path) -> None:
    good = obtain("ctranslate2-whisper", "base", cache_dir=settings.cache_dir, allow_download=False)
    for name in ("config.json", "vocabulary.txt", "tokenizer.json"):
        shutil.copy(good / name, tmp_path)
    with (good / "model.bin").open("rb") as whole:
        (tmp_path / "model.bin").write_bytes(whole.read(1 << 20))
    engine = FasterWhisperSTT(str(tmp_path))
    with pytest.raises(WeightsDamaged, match="cannot be loaded"):
        engine.load()
    shutil.copy(good / "model.bin", tmp_path)
    (tmp_path / "tokenizer.json").write_text('{"broken": ')
    with pytest.raises(WeightsDamaged, match="cannot be loaded"):
        engine.load()


@pytest.mark.models
def test_a_device_or_compute_type_that_is_not_here_is_an_error_of_its_own(settings: Settings) -> None:
    for device, compute_type in (("cuda:7", "int8"), ("cpu", "int3")):
        engine = FasterWhisperSTT("base", device, compute_type)
        engine.settings = settings.for_engines
        with pytest.raises(DeviceUnavailable, match="does not offer"):
            engine.load()


def test_weights_that_are_nowhere_are_named(settings: Settings) -> None:
    engine = FasterWhisperSTT("large-v1")
    engine.settings = settings.for_engines
    with pytest.raises(WeightsNotFound, match="large-v1"):
        engine.load()


def test_a_model_may_have_threads_of_its_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def opened(*_: object, threads: int, **__: object) -> None:
        asked.append(threads)

    monkeypatch.setattr("orstt_core.engines.faster_whisper.open_model", opened)
    for threads in (None, 3):
        options = {"mode": "classic", "threads": threads}
        STTFactory.build("whisper", "base", settings=settings.for_engines, options=options).load()
    assert asked == [settings.cpu_threads, 3]


def test_only_compute_types_that_the_device_has_are_offered() -> None:
    import ctranslate2

    devices = FasterWhisperSTT.devices()
    assert ("cuda" in devices) == (ctranslate2.get_cuda_device_count() > 0)
    for device, kinds in devices.items():
        assert set(kinds) == ctranslate2.get_supported_compute_types(device) & set(COMPUTE_TYPES)
    assert devices["cpu"][0] == "int8"


def test_it_is_available_where_it_is_installed() -> None:
    assert FasterWhisperSTT("base").is_available()


AFTER_ALL = """
import os, sys, pathlib, psutil
from orstt_core import OrsttError, STTFactory, load_settings

def used():
    return psutil.Process().memory_info().rss

engine = STTFactory.build("whisper", "base", settings=load_settings(cpu_threads=2).for_engines)
engine.load()
before = used()
engine.unload()
print((before - used()) >> 20, flush=True)  # otherwise the child would print it again
engine.load()
if (child := os.fork()) == 0:
    other = STTFactory.build("whisper", "base")
    for one in (engine, other):
        try:
            one.load()
        except OrsttError as error:
            print(type(error).__name__, error, flush=True)
    sys.exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.models
@pytest.mark.slow
def test_what_is_unloaded_is_given_back_and_a_forked_child_says_why_it_cannot_go_on(settings: Settings) -> None:
    ran = subprocess.run([sys.executable, "-c", AFTER_ALL], capture_output=True, text=True, timeout=100, check=True)
    freed, *refused, ended = ran.stdout.splitlines()
    assert int(freed) > 60  # of about 120 MiB
    assert len(refused) == 2
    for line in refused:
        assert re.match(r"EngineFailed The process that this one was forked from .*\(\"spawn\"\)", line)
    assert ended == "3"


NOTEBOOK = """
import sys, types
sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel.zmqshell")
sys.modules["IPython"] = types.ModuleType("IPython")
sys.modules["IPython"].get_ipython = lambda: None
from orstt_core import STTFactory
STTFactory.build("whisper", "base")
from orstt_core.weights.transfer import _bar
_bar(print)
"""


def test_a_notebook_is_not_told_of_widgets_that_nobody_needs(settings: Settings) -> None:
    command = [sys.executable, "-W", "always", "-c", NOTEBOOK]
    assert "IProgress" not in subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stderr
