"""Engines of other packages: found by entry point, looked at in a child process, never able to break others."""

import importlib
import json
import re
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from orstt_core import BaseSTT, STTFactory
from orstt_core.engines import registry
from orstt_core.errors import EngineUnavailable, EngineUnknown
from orstt_core.runtime import probe
from orstt_core.types import EngineInfo

GOOD = """
    from orstt_core import BaseSTT

    class Engine(BaseSTT):
        title = "Parrot"

        def preprocess(self, audio_tuple):
            return audio_tuple[1]

        def transcribe(self, audio_data, language="en"):
            return f"{self.model_name} heard {len(audio_data)} samples"

        def is_available(self):
            {is_available}
            return True
"""

BROKEN = {
    # name: module, body of is_available, class, what the reason says
    "aborts": (GOOD, "import os; os.abort()", "Engine", "Aborted"),
    "exits": (GOOD, "import os; os._exit(0)", "Engine", "ended by itself (status 0)"),
    "exits-on-import": ("raise SystemExit('not on this CPU')", "", "Engine", "not on this CPU"),
    "illegal": (GOOD, "import os, signal; signal.raise_signal(signal.SIGILL)", "Engine", "Illegal instruction"),
    "lacks-a-library": ("import no_such_library", "", "Engine", "no_such_library"),
    "lacks-it-later": (GOOD, "import no_such_library", "Engine", "no_such_library"),
    "makes-up-words": (GOOD.replace("title", 'capabilities = {"magic"}; title'), "", "Engine", "magic"),
    "no-class": ("Engine = 3", "", "Engine", "is no engine"),
    "no-python": ("def broken(:", "", "Engine", "SyntaxError"),
    "no-such-class": (GOOD, "", "Missing", "Missing"),
    "raises": ("1 / 0", "", "Engine", "ZeroDivisionError"),
    "says-no": (GOOD, "return False", "Engine", "not installed"),
}

Install = Callable[..., None]


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_registered", {})
    probe.forget_engines()
    yield
    probe.forget_engines()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like site-packages, on the import path."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for module in [name for name in sys.modules if name.startswith("orstt_test_")]:
        del sys.modules[module]


@pytest.fixture
def install(site: Path) -> Install:
    """Install a distribution with an engine: a module and the metadata that pip would write."""

    def install(name: str, source: str = GOOD, *, is_available: str = "", entry: str = "Engine") -> None:
        module = f"orstt_test_{name.replace('-', '_')}"
        (site / f"{module}.py").write_text(textwrap.dedent(source).replace("{is_available}", is_available or "pass"))
        metadata = site / f"{module}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: orstt-{name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[orstt.engines]\n{name} = {module}:{entry}\n")
        importlib.invalidate_caches()

    return install


def by_type() -> dict[str, EngineInfo]:
    return {info.model_type: info for info in probe.describe_engines().engines}


def test_an_installed_package_brings_an_engine_that_works(install: Install) -> None:
    ours = STTFactory.get_available_types()
    install("parrot")
    probe.forget_engines()
    assert STTFactory.get_available_types() == [*ours, "parrot"]
    info = probe.probe_engine("parrot")
    assert (info.title, info.available, info.reason) == ("Parrot", True, "")
    validation = STTFactory.validate_model("parrot", "v1", "cpu", "int8")
    assert (validation.valid, validation.available, validation.warnings) == (True, True, [])
    assert STTFactory.create("parrot", "v1", "cpu", "int8").transcribe(np.zeros(2, np.float32)) == "v1 heard 2 samples"


def test_no_package_can_take_one_of_our_names(install: Install) -> None:
    install("whisper")
    assert registry.location("whisper") == "orstt_core.engines.faster_whisper:FasterWhisperSTT"


def test_broken_engines_are_listed_with_their_reasons_and_break_no_other(install: Install) -> None:
    ours = STTFactory.get_available_types()
    for name, (source, is_available, entry, _) in BROKEN.items():
        install(name, source, is_available=is_available, entry=entry)
    install("parrot")
    probe.forget_engines()
    assert probe.capabilities_of("aborts") == []  # a process of its own died of it, not this one
    found = by_type()
    assert list(found) == [*ours, *sorted([*BROKEN, "parrot"])]
    assert [name for name in ("whisper", *BROKEN, "parrot") if found[name].available] == ["whisper", "parrot"]
    for name, (_, _, _, reason) in BROKEN.items():
        assert reason in found[name].reason
        validation = STTFactory.validate_model(name, "v1", "cpu", "int8")
        assert (validation.valid, validation.available) == (True, False)
        assert [check.outcome for check in validation.checks] == ["passed", "failed", "skipped", "skipped"]
        assert reason in validation.message


def test_an_engine_that_hangs_is_given_up(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("parrot")
    install("slow", is_available="import time; time.sleep(60)")
    assert probe.probe_engine("parrot").available
    monkeypatch.setattr(probe, "TIMEOUT_SECONDS", 0.6)
    assert "did not answer within 1 seconds" in probe.probe_engine("slow").reason
    assert probe.probe_engine("parrot").available


def test_the_command_that_may_mend_a_broken_package_is_named(install: Install) -> None:
    install("broken", "import no_such_library")
    assert probe.probe_engine("broken").install == "pip install --upgrade orstt-broken"
    with pytest.raises(EngineUnavailable) as caught:
        STTFactory.get_engine("broken")
    assert "no_such_library" in caught.value.message
    assert caught.value.hint == "Type: pip install --upgrade orstt-broken"


def test_missing_libraries_that_an_engine_declares_come_with_the_command(install: Install) -> None:
    source = GOOD.replace('title = "Parrot"', 'requires = {"no_such_library": "some-package"}')
    install("parrot", source)
    info = probe.probe_engine("parrot")
    assert (info.reason, info.install) == ("no_such_library is not installed.", "pip install some-package")
    assert STTFactory.validate_model("parrot", "v1", "cpu", "int8").checks[1].fix == "Type: pip install some-package"


def test_a_library_inside_a_package_that_is_not_there_is_missing_too(install: Install) -> None:
    install("parrot", GOOD.replace('title = "Parrot"', 'requires = {"no_such.library": "some-package"}'))
    assert probe.probe_engine("parrot").install == "pip install some-package"
    with pytest.raises(EngineUnavailable, match="some-package"):
        STTFactory.build("parrot", "v1")


def test_an_installed_library_that_does_not_load_is_named_with_its_own_words(install: Install, site: Path) -> None:
    (site / "orstt_test_library.py").write_text("raise ImportError('libfancy.so.3: cannot open shared object file')")
    source = GOOD.replace('title = "Parrot"', 'requires = {"orstt_test_library": "fancy"}')
    install("parrot", source, is_available="return False")
    assert "libfancy.so.3" in probe.probe_engine("parrot").reason
    with pytest.raises(EngineUnavailable, match=r"libfancy\.so\.3"):
        STTFactory.build("parrot", "v1")


def test_an_engine_is_looked_at_once(install: Install, site: Path) -> None:
    install("parrot", is_available=f"open({str(site / 'looks')!r}, 'a').write('x')")
    for _ in range(3):
        probe.probe_engine("parrot")
    by_type()
    assert (site / "looks").read_text() == "x"
    probe.forget_engines()
    probe.probe_engine("parrot")
    assert (site / "looks").read_text() == "xx"


def test_looking_loads_no_weights_calls_the_constructor_only_where_it_must_and_minds_no_printing(
    install: Install,
) -> None:
    def built(body: str) -> str:
        return GOOD.replace(
            "def preprocess", f"def __init__(self, *args):\n            {body}\n\n        def preprocess"
        )

    install("heavy", built("1 / 0"))
    install("own", built("self.library = 1"), is_available="self.library")
    install("noisy", is_available="import os; os.write(1, b'native chatter\\n'); print('and more')")
    found = by_type()
    assert [found[name].reason for name in ("heavy", "own", "noisy")] == ["", "", ""]
    assert all(found[name].available for name in ("heavy", "own", "noisy"))


def test_a_class_that_no_other_process_can_import_is_asked_here() -> None:
    class Local(BaseSTT):
        def preprocess(self, audio_tuple: Any) -> Any:
            return audio_tuple[1]

        def transcribe(self, audio_data: Any, language: str | None = "en") -> str:
            return ""

        def is_available(self) -> bool:
            return True

    STTFactory.register("local", Local)
    assert probe.probe_engine("local").title == "Local"
    assert probe.probe_engine("local").available


def test_an_engine_registered_anew_under_an_old_name_is_looked_at_anew(install: Install) -> None:
    install("parrot")
    STTFactory.register("bird", STTFactory.get_engine("parrot"))
    assert probe.probe_engine("bird").title == "Parrot"
    STTFactory.register("bird", STTFactory.get_engine("whisper"))
    assert probe.probe_engine("bird").title == "Faster Whisper"


def test_an_unknown_engine_is_an_error() -> None:
    with pytest.raises(EngineUnknown, match="nope"):
        probe.probe_engine("nope")


def test_a_file_in_the_current_folder_does_not_stand_in_for_a_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "msgspec.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    assert probe.probe_engine("whisper").available


def test_an_engine_that_is_looked_at_does_not_inherit_the_secrets(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_API_KEY", "open sesame")
    monkeypatch.setenv("ORSTT_DATABASE_URL_FILE", "/run/secrets/database")
    install("nosy", "import os; raise ImportError(sorted(name for name in os.environ if name.startswith('ORSTT_')))")
    reason = by_type()["nosy"].reason
    assert "ImportError" in reason
    assert "ORSTT_API_KEY" not in reason
    assert "ORSTT_DATABASE_URL" not in reason


def test_looking_imports_no_engine_into_this_process_and_asking_what_ours_can_do_starts_none() -> None:
    script = """
        import json, subprocess, sys
        from unittest.mock import patch
        from orstt_core import STTFactory
        from orstt_core.runtime.probe import capabilities_of, describe_engines
        types = STTFactory.get_available_types()
        with patch.object(subprocess, "run", side_effect=AssertionError):
            words = "words" in capabilities_of("whisper")
        engines = [info.model_type for info in describe_engines().engines]
        valid = STTFactory.validate_model("whisper", "base", "cpu", "int8").valid
        native = {"ctranslate2", "faster_whisper", "onnxruntime", "av", "torch", "numpy", "soundfile", "soxr",
                  "tokenizers", "huggingface_hub"}
        print(json.dumps([types == engines, words, valid, sorted(native & set(sys.modules))]))
    """
    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True, timeout=60
    ).stdout
    assert json.loads(output) == [True, True, True, []]


def test_an_engine_of_another_package_transcribes_in_a_program_of_its_own(install: Install, site: Path) -> None:
    install("parrot")
    install("broken", "import no_such_library")
    script = f"""
        import sys
        sys.path.insert(0, {str(site)!r})
        import numpy as np
        from orstt_core import STTFactory
        assert STTFactory.create("broken", "v1", "cpu", "int8") is None
        stt = STTFactory.create("parrot", "v1", "cpu", "int8")
        print(stt.transcribe(stt.preprocess((16_000, np.zeros(5))), language="en"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "v1 heard 5 samples\n"
    assert "no_such_library" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_tutorial_works_as_it_is_written(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "engines.md").read_text()
    blocks = {
        language: re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL) for language in ("python", "text", "toml")
    }
    (engine, use, *_), (printed, *_), (project, *_) = blocks["python"], blocks["text"], blocks["toml"]
    (site / "levels.py").write_text(engine)
    exec(use, {})
    assert capsys.readouterr().out == printed
    assert probe.probe_engine("levels").available
    validation = STTFactory.validate_model("levels", "two-levels", "cpu", "int8")
    assert (validation.valid, validation.available, validation.warnings) == (True, True, [])
    ((name, location),) = tomllib.loads(project)["project"]["entry-points"]["orstt.engines"].items()
    assert (name, location) == ("levels", registry.location("levels"))
    sys.modules.pop("levels")
