"""`orstt jobs` on a scripted backend: list, show, cancel, retry, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend, speech
from scripted_jobs import WHEN, a_job

from orstt_core.errors import EngineDied, JobCancelled, JobEnded, JobNotEnded, JobNotFound, RecordingGone
from orstt_core.types import Job, JobPage, TranscribeOptions, problem
from orstt_tui.commands import output

Run = Callable[..., Result]
TRANSCRIPT = speech("Hello there.", "General remarks.")[-1].transcript
ONE, TWO, THREE = "1" * 16, "2" * 16, "3" * 16


@pytest.fixture
def three(scripted: ScriptedBackend) -> ScriptedBackend:
    """A backend with a done, a running and a queued job."""
    created = datetime.now(UTC) - timedelta(minutes=5)
    done = {"state": "done", "text": TRANSCRIPT.text, "result": TRANSCRIPT, "duration": 4.0, "position": 4.0}
    scripted.put(a_job(1, created_at=created, **done))
    scripted.put(a_job(2, created_at=created, state="running", position=3.0, duration=12.0, text="So far."))
    scripted.put(a_job(3, created_at=created, ahead=4))
    return scripted


def failed(number: int) -> Job:
    return a_job(number, state="failed", error=problem(EngineDied("The engine died.", hint="Try again.")))


def test_the_list_is_newest_first_with_short_ids(orstt: Run, three: ScriptedBackend) -> None:
    code, out, err = orstt("jobs", "list")
    assert (code, err) == (0, "orstt: 3 jobs · 0:16 of sound · 1 done · 1 queued · 1 running\n")
    assert [line.split("  ")[0] for line in out.splitlines()] == ["ID", "33333333", "22222222", "11111111"]
    header, queued, running, done = (" ".join(line.split()) for line in out.splitlines())
    assert header == "ID STATE PROGRESS MODEL AGE FILE TEXT"
    assert queued == "33333333 queued 4 before it base 5 min visit-3.wav"
    assert running == "22222222 running 25% base 5 min visit-2.wav So far."
    assert done == "11111111 done 100% base 5 min visit-1.wav Hello there. General remarks."


def test_the_list_names_files_as_uploads_are_named_and_show_says_where_they_are(
    orstt: Run, scripted: ScriptedBackend
) -> None:
    scripted.put(a_job(1, filename="/home/alice/ward 7/visit.wav"))
    assert orstt("jobs", "list").out.splitlines()[1].split("  ")[-1] == "visit.wav"
    assert "/home/alice/ward 7/visit.wav" in orstt("jobs", "show", "1").out


def test_a_failed_job_shows_its_reason_in_the_list(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(failed(1))
    assert orstt("jobs", "list").out.splitlines()[1].endswith("The engine died.")


def test_the_list_can_be_narrowed_by_state_and_text(orstt: Run, three: ScriptedBackend) -> None:
    def listed(*args: str) -> list[str]:
        return [line[0] for line in orstt("jobs", "list", *args).out.splitlines()[1:]]

    assert listed("--state", "running", "--state", "queued") == ["3", "2"]
    assert listed("--search", "GENERAL") == ["1"]
    assert listed("--search", "visit-2") == ["2"]
    assert listed("--search", "nowhere") == []
    three.put(a_job(4, model="small", duration=3.0, created_at=WHEN + timedelta(days=2)))
    assert listed("--model", "small", "--model", "nope") == ["4"]
    assert listed("--since", "2026-01-04", "--until", "2026-01-04") == listed("--until", "2026-01-04") == ["4"]
    assert listed("--since", "7d") == ["3", "2", "1"]
    assert listed("--sort", "length", "--reverse")[:2] == ["3", "4"]
    refused = orstt("jobs", "list", "--since", "noon")
    assert (refused.code, "'noon' is no time. Write one as 2026-11-29" in refused.err) == (2, True)


def test_the_list_says_how_to_go_on_where_there_are_more(orstt: Run, three: ScriptedBackend) -> None:
    code, out, err = orstt("jobs", "list", "--limit", "2")
    assert (code, len(out.splitlines())) == (0, 3)
    assert err.splitlines()[1] == "orstt: there are more: the same command with --before 22222222"
    assert orstt("jobs", "list", "--before", "22222222").out.splitlines()[1].startswith("11111111")


def test_the_list_as_json_is_a_page(orstt: Run, three: ScriptedBackend) -> None:
    page = msgspec.json.decode(orstt("jobs", "list", "--json", "--limit", "1").out, type=JobPage)
    assert ([job.id for job in page.jobs], page.next) == ([THREE], THREE)


def test_a_text_cannot_break_the_table(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="running", filename="a\nb.wav", text="One\x1b[31m\ntwo " + "word " * 50))
    out = orstt("jobs", "list").out
    assert len(out.splitlines()) == 2
    assert "\x1b" not in out
    assert out.endswith("word w…\n")


def test_show_tells_all_that_is_known_and_the_text(orstt: Run, scripted: ScriptedBackend) -> None:
    job = a_job(
        1,
        state="done",
        text=TRANSCRIPT.text,
        result=TRANSCRIPT,
        duration=75.0,
        attempt=2,
        options=TranscribeOptions(language="en", word_timestamps=True),
    )
    scripted.put(job)
    code, out, err = orstt("jobs", "show", "11")
    assert (code, err) == (0, "")
    fields, _, text = out.partition("\n\n")
    shown = dict(line.split("  ", 1) for line in fields.splitlines())
    assert {name: value.strip() for name, value in shown.items()} | {"submitted": ""} == {
        "id": ONE,
        "state": "done",
        "file": "visit-1.wav",
        "model": "base",
        "options": "language en, word timestamps True",
        "submitted by": "user alice",
        "submitted": "",
        "attempt": "2",
        "length": "1:15",
        "language": "en",
    }
    assert text == "Hello there. General remarks.\n"


def test_show_says_why_a_job_failed(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(failed(1))
    assert "The engine died. Try again." in orstt("jobs", "show", "1").out


def test_show_as_json_is_the_job(orstt: Run, three: ScriptedBackend) -> None:
    assert msgspec.json.decode(orstt("jobs", "show", "1", "--json").out, type=Job) == three.job_rows[ONE]
    assert orstt("jobs", "show", "1", "--json", "--format", "srt").code == 2


def test_show_with_a_format_prints_the_transcript_alone(
    orstt: Run, three: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for to_terminal in (False, True):
        monkeypatch.setattr(output, "to_terminal", lambda shown=to_terminal: shown)
        assert orstt("jobs", "show", "1", "--format", "text") == (0, "Hello there. General remarks.\n", "")
    assert orstt("jobs", "show", "1", "--format", "srt").out.startswith("1\n00:00:00,000 -->")
    wrapped = orstt("jobs", "show", "1", "--format", "srt", "--line-length", "8").out
    assert "\nHello\nthere.\n" in wrapped
    assert orstt("jobs", "show", "1", "--format", "srt", "--cue-lines", "0").code == 2


def test_show_writes_the_transcript_as_the_files_name_asks(orstt: Run, three: ScriptedBackend, tmp_path: Path) -> None:
    assert orstt("jobs", "show", "1", "--output", tmp_path / "out.vtt") == (0, "", "")
    assert (tmp_path / "out.vtt").read_text().startswith("WEBVTT")
    assert orstt("jobs", "show", "1", "--output", f"{tmp_path}/new/") == (0, "", "")
    assert (tmp_path / "new/visit-1.txt").read_text() == "Hello there. General remarks.\n"


@pytest.mark.parametrize("name", ["../../escaped.wav", "/etc/escaped.wav", ".."])
def test_a_jobs_file_name_leads_nowhere_out_of_the_folder(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, name: str
) -> None:
    scripted.put(a_job(1, state="done", filename=name, result=TRANSCRIPT))
    (tmp_path / "a/b").mkdir(parents=True)
    assert orstt("jobs", "show", "1", "--output", tmp_path / "a/b").code == 0
    assert len([path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name == "b"]) == 1


def test_a_job_that_has_no_transcript_says_why(orstt: Run, three: ScriptedBackend) -> None:
    three.put(failed(4))
    three.put(a_job(5, state="cancelled"))
    for ref, error, said in (
        ("2", JobNotEnded, "orstt jobs follow 22222222"),
        ("4", EngineDied, "The engine died."),
        ("5", JobCancelled, "orstt jobs retry 55555555"),
    ):
        code, out, err = orstt("jobs", "show", ref, "--format", "text")
        assert (code, out) == (error.exit_code, "")
        assert said in err


@pytest.mark.parametrize("command", ["show", "follow", "cancel", "retry", "again", "delete"])
def test_an_id_that_names_no_job_is_said_and_an_empty_one_never_means_any(
    orstt: Run, scripted: ScriptedBackend, command: str
) -> None:
    scripted.put(a_job(1))
    code, out, err = orstt("jobs", command, "9")
    assert (code, out, err.count("\n")) == (JobNotFound.exit_code, "", 1)
    code, out, err = orstt("jobs", command, "")
    assert (code, out) == (2, "")
    assert "an empty ID names no job" in err
    assert scripted.job_rows == {ONE: a_job(1)}


def test_jobs_are_cancelled_retried_and_deleted(orstt: Run, three: ScriptedBackend) -> None:
    assert orstt("jobs", "cancel", "22", "33") == (
        0,
        "Cancelled 22222222 (visit-2.wav).\nCancelled 33333333 (visit-3.wav).\n",
        "",
    )
    assert orstt("jobs", "retry", "33") == (0, "Queued 33333333 (visit-3.wav).\n", "")
    assert orstt("jobs", "delete", "11", "22") == (
        0,
        "Removed 11111111 (visit-1.wav).\nRemoved 22222222 (visit-2.wav).\n",
        "",
    )
    assert [job.state for job in three.job_rows.values()] == ["queued"]


def test_one_that_cannot_be_changed_does_not_stop_the_others(orstt: Run, three: ScriptedBackend) -> None:
    code, out, err = orstt("jobs", "cancel", "1", "9", "2")
    assert (code, out) == (JobEnded.exit_code, "Cancelled 22222222 (visit-2.wav).\n")
    assert [line.split(":")[1].strip() for line in err.splitlines()] == ["1", "9"]


def test_a_retry_without_its_recording_is_said(orstt: Run, scripted: ScriptedBackend) -> None:
    async def retry_job(ref: str) -> Job:
        raise RecordingGone("Its recording was removed.", hint="Submit it again.")

    scripted.retry_job = retry_job
    assert orstt("jobs", "retry", "1") == (4, "", "orstt: Its recording was removed. Submit it again.\n")


def test_changes_as_json_are_the_jobs(orstt: Run, three: ScriptedBackend) -> None:
    out = orstt("jobs", "cancel", "2", "3", "--json").out
    assert [msgspec.json.decode(line, type=Job).state for line in out.splitlines()] == ["cancelled"] * 2
