"""The conformance kit: who keeps every promise passes, and each that is broken is found and named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orstt_core.engines import registry
from orstt_core.errors import InvalidRequest
from orstt_core.testing import CHECKS, check, runner
from orstt_core.testing.checks import streaming
from orstt_core.testing.child import result_of
from orstt_core.testing.report import Result
from orstt_core.testing.subject import Configuration, Subject

BROKEN = {
    # engine: the check that finds it, and what it says
    "AtTheEnd": ("streams-segments", "yield each as soon as it is decoded"),
    "Babel": ("languages-have-codes", "Elvish of Lórien"),
    "Backwards": ("gives-times-it-declares", "before segment"),
    "Detecting": ("says-the-language", "without declaring `language_detection`"),
    "Fragile": ("takes-any-sound", "NaN"),
    "Guessing": ("refuses-other-languages", "self.text"),
    "Inventive": ("hears-no-words-in-silence", "thank you"),
    "Online": ("stays-offline", "192.0.2.1"),
    "Overconfident": ("transcribes", "confidence of segment 0 is 1.5"),
    "Overlong": ("transcribes", "to 1000 s in a recording of 7.1 s"),
    "Permissive": ("refuses-options-it-does-not-declare", "languages=('en', 'de')"),
    "Printing": ("prints-nothing", "libfancy: using 1 thread"),
    "Raw": ("preprocesses-sound", "int16"),
    "Refusing": ("honours-options-it-declares", "NotImplementedError: prompts"),
    "Remembering": ("forgets-what-was-before", "something else"),
    "Secretive": ("describes-its-options", "api_key looks like a secret"),
    "Shared": ("keeps-transcriptions-apart", "between two segments, it hears"),
    "Undeclared": ("gives-times-it-declares", "`segments` is not declared"),
    "Unloadable": ("loads", "RuntimeError: model.bin is incomplete"),
    "Wordless": ("gives-words-it-declares", "segment 0 has none"),
    "Wrapping": ("can-be-cancelled", "let WorkCancelled through"),
}
IN_PROCESS = [name for name, check in CHECKS.items() if not check.alone and name != "runs-in-the-program"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines that compute nothing show in a tenth of a second what others show in minutes."""
    monkeypatch.setattr(registry, "_registered", {})
    monkeypatch.setattr(streaming, "MINUTE", 33.0)
    monkeypatch.setattr(streaming, "MINUTES", 66.0)
    monkeypatch.setattr(streaming, "TELLING_SECONDS", 0.1)


def subject(engine: str) -> Subject:
    return Subject(Configuration(model_type=engine.lower(), engine=f"broken_engines:{engine}", model="any"))


def test_an_engine_that_keeps_its_promises_passes_every_check() -> None:
    honest = subject("Honest")
    results = {name: result_of(name, honest) for name in IN_PROCESS}
    assert [str(result) for result in results.values() if result.outcome == "failed"] == []
    assert results["works-at-once"].outcome == "skipped"
    assert result_of("gives-words-it-declares", subject("Unmeasuring")).outcome == "skipped"
    assert results["transcribes"] == Result(
        check="transcribes",
        promise="`transcribe` gives the words of speech as one text.",
        outcome="passed",
        seconds=results["transcribes"].seconds,
    )


@pytest.mark.parametrize("engine", BROKEN)
def test_a_broken_promise_is_found_and_named(engine: str) -> None:
    name, words = BROKEN[engine]
    result = result_of(name, subject(engine))
    assert result.outcome == "failed"
    assert words in result.reason


def test_an_engine_that_dies_fails_that_check_and_is_put_to_the_next_in_another_process() -> None:
    names = ["transcribes", "languages-have-codes"]
    report = check("broken_engines:Aborting", "any", only=names)
    assert [result.outcome for result in report.results] == ["failed", "passed"]
    assert "SIGABRT" in report["transcribes"].reason
    assert not report.ok
    assert "broken_engines:Aborting any on cpu: 1 passed, 1 failed, 0 skipped" in report.text()
    with pytest.raises(KeyError):
        report["loads"]


def test_an_unknown_check_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest, match="'magic'"):
        check("whisper", "base", only=["magic"])


@pytest.mark.slow
def test_an_engine_that_hangs_fails_that_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHECK_SECONDS", 3.0)
    assert "said nothing" in check("broken_engines:Hanging", "any", only=["transcribes"])["transcribes"].reason


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "outcome"), [("Heavy", "passed"), ("Keeping", "failed"), ("Leaking", "failed")])
def test_memory_that_is_not_given_back_is_found(engine: str, outcome: str) -> None:
    result = check(f"broken_engines:{engine}", "any", only=["gives-memory-back"])["gives-memory-back"]
    assert result.outcome == outcome, result.reason


@pytest.mark.slow
def test_the_command_reports_and_fails_where_a_check_fails(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "orstt_core.testing", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
        return done.returncode, done.stdout + done.stderr

    status, text = run("broken_engines:Unloadable", "any")
    assert status == 1
    assert "FAILED    The weights load" in text
    assert "model.bin is incomplete" in text
    assert run("broken_engines:Honest", "any")[0] == 0
    assert run("nope", "any")[0] == 2
    status, text = run("broken_engines:Honest", "any", "--language", "ga")
    assert (status, "--audio FILE" in text) == (2, True)
