"""`orstt jobs edit`, `undo`, `redo`, `history` and `diff`: a transcript corrected in a person's editor."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job

from orstt_core.correction import apply, changes_of
from orstt_core.errors import FileProblem, InvalidRequest
from orstt_core.types import (
    Correction,
    Done,
    Edit,
    Job,
    JobTranscript,
    MergeSegments,
    MoveBounds,
    ReplaceSegments,
    Segment,
    SetText,
    SplitSegment,
    TranscribeOptions,
    Transcript,
)
from orstt_tui.transcript_file import file_name
from orstt_tui.transcript_form import correction_of, form_of, line_of, read_form

Run = Callable[..., Result]


def transcript(*texts: str) -> Transcript:
    said = speech(*texts)[-1]
    assert isinstance(said, Done)
    return said.transcript


@pytest.fixture
def job(scripted: ScriptedBackend) -> Job:
    said = transcript("Hello there.", "General remarks.", "The end.")
    return scripted.put(
        msgspec.structs.replace(a_job(1, state="done"), result=said, text=said.text, segments=said.segments)
    )


def editor(monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", command)


def test_what_is_changed_in_the_editor_is_one_correction(
    orstt: Run, scripted: ScriptedBackend, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(monkeypatch, "sed -i -e s/General/Major/ -e /The.end/d -e s/there/where/")
    result = orstt("jobs", "edit", job.id[:4])
    assert (result.code, result.err) == (0, "")
    assert result.out == f"Corrected: version 1 of {job.id[:8]}, 2 segments other than the original.\n"
    assert orstt("jobs", "show", job.id, "--format", "text").out == "Hello where. Major remarks.\n"
    assert orstt("jobs", "show", job.id, "--format", "text", "--original").out == f"{job.text}\n"
    shown = orstt("jobs", "diff", job.id).out
    assert "Hello [-there. General-] {+where. Major+} remarks. [-The end.-]" in shown
    assert orstt("jobs", "history", job.id).out.splitlines()[1].split()[5] == "replace"
    assert orstt("jobs", "undo", job.id).out.startswith("Undone: version 2")
    assert orstt("jobs", "show", job.id, "--format", "text").out == f"{job.text}\n"
    assert orstt("jobs", "redo", job.id).out.startswith("Redone: version 3")
    assert orstt("jobs", "undo", job.id, "--json").out.startswith('{"job":')
    assert orstt("jobs", "undo", job.id).code == 4
    [found] = json.loads(orstt("jobs", "diff", job.id, "--to", "3", "--json").out)
    assert found["before"] == job.text
    editor(monkeypatch, "true")
    assert orstt("jobs", "edit", job.id).err == "orstt: nothing was changed\n"


def test_the_history_names_each_edit_and_shows_where_segments_were_parted(
    orstt: Run, scripted: ScriptedBackend, job: Job
) -> None:
    edits: list[Edit] = [
        SplitSegment(segment=0, character=5, time=1.0),
        MergeSegments(segment=1),
        MoveBounds(segment=0, end=0.9),
        SetText(segment=0, text="Hi"),
        ReplaceSegments(segment=2, count=1, passages=[]),
    ]
    shown = []
    for version, edit in enumerate(edits):
        asyncio.run(scripted.correct_transcript(job.id, Correction(version=version, edits=[edit])))
        shown.append(orstt("jobs", "diff", job.id, "--from", str(version)).out)
    done = [re.split(r"  +", line)[3:] for line in orstt("jobs", "history", job.id).out.splitlines()[1:]]
    assert done[:2] == [["split", "Hello {+|+} there."], ["merge", "there. [-|-] General remarks."]]
    assert [name for name, *_ in done[2:]] == ["bounds", "text", "remove"]
    assert "Hello {+|+} there." in shown[0]


@pytest.mark.parametrize("change", ["s/^.0:0.*General/General/", "s/0:04.000/0:01.000/g", "s/^# orstt.*//"])
def test_a_text_that_cannot_be_stored_is_kept_and_can_be_given_again(
    orstt: Run, scripted: ScriptedBackend, job: Job, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    editor(monkeypatch, f"sed -i -e s/Hello/Goodbye/ -e '{change}'")
    result = orstt("jobs", "edit", job.id)
    assert result.code == 2
    assert scripted.revisions == {}
    kept = re.search(r"mend it in (\S+), then type: orstt jobs edit \w+ --form (\S+)\n", result.err)
    assert kept is not None
    form = Path(kept[1])
    assert (kept[1], form.stat().st_mode & 0o777) == (kept[2], 0o600)
    assert "Goodbye there." in form.read_text()
    form.write_text(form_of(msgspec.structs.replace(_newest(job), job=job.id), "x").replace("Hello", "Goodbye"))
    assert orstt("jobs", "edit", job.id, "--form", form).out.startswith("Corrected: version 1")
    assert orstt("jobs", "edit", job.id, "--form", form).code == 4  # made on version 0, as another program might
    assert form.exists()
    form.unlink()


def test_what_was_corrected_is_written_as_references_while_its_recording_is_there(
    orstt: Run, scripted: ScriptedBackend, job: Job, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = {"result": job.result, "text": job.text}
    kept = scripted.put(msgspec.structs.replace(a_job(2, state="done", recording="a" * 64), **said, filename="x" * 255))
    scripted.put(msgspec.structs.replace(a_job(3, state="done", recording="b" * 64), **said))  # nobody corrected it
    editor(monkeypatch, "sed -i s/Hello/Goodbye/")
    tracks = scripted.put(
        msgspec.structs.replace(
            a_job(4, state="done", recording="c" * 64), **said, options=TranscribeOptions(tracks="all")
        )
    )
    # The recording of the first is gone, and the text of the last is that of all its tracks.
    for corrected in (job, kept, tracks):
        assert orstt("jobs", "edit", corrected.id).code == 0
    result = orstt("jobs", "references", "--to", tmp_path / "pairs")
    assert (result.code, result.out) == (0, f"1 recording with the corrected text in {tmp_path / 'pairs'}\n")
    name = file_name(tmp_path, f"{Path(kept.filename).stem}-{kept.id[:8]}", ".wav").removesuffix(".wav")
    assert {path.name for path in (tmp_path / "pairs").iterdir()} == {f"{name}.wav", f"{name}.txt"}
    assert (tmp_path / "pairs" / f"{name}.txt").read_text() == "Goodbye there. General remarks. The end.\n"
    assert (tmp_path / "pairs" / f"{name}.wav").read_bytes().startswith(b"RIFF")
    assert orstt("jobs", "references", job.id, "--to", tmp_path).out.startswith("0 recordings")
    refused = orstt("jobs", "references", "--to", tmp_path / "pairs" / f"{name}.txt")
    assert (refused.code, "cannot be made: " in refused.err) == (FileProblem.exit_code, True)


def _newest(job: Job) -> JobTranscript:
    assert job.result is not None
    return JobTranscript(job=job.id, version=0, latest=0, transcript=job.result)


texts = st.text("aé京[-#:1", min_size=1, max_size=8)
bounds = st.lists(st.integers(0, 89_000).map(lambda tenths: tenths / 10 + 0.0004), max_size=12).map(sorted)


@settings(deadline=None)
@given(bounds, st.data())
def test_a_form_that_is_not_touched_changes_nothing_and_a_new_text_changes_only_its_segment(
    times: list[float], data: st.DataObject
) -> None:
    segments = [
        Segment(id=number, start=start, end=end, text=data.draw(texts), channel=data.draw(st.sampled_from([None, 2])))
        for number, (start, end) in enumerate(zip(times[::2], times[1::2], strict=False))
    ]
    whole = msgspec.structs.replace(transcript("x"), segments=segments, duration=9000.0)
    newest = JobTranscript(job="a1b2", version=7, latest=7, transcript=whole)
    form = read_form(form_of(newest, "visit\n[0:00.000 - 0:01.000] to others.wav"))
    assert (form.job, form.version, correction_of(form, newest)) == ("a1b2", 7, None)
    if not segments:
        return
    at = data.draw(st.integers(0, len(segments) - 1))
    changed = msgspec.structs.replace(segments[at], text="other words")
    form = msgspec.structs.replace(
        form, lines=[(1, line_of(one)) for one in [*segments[:at], changed, *segments[at + 1 :]]]
    )
    correction = correction_of(form, newest)
    assert correction is not None
    after = apply(segments, changes_of(whole, correction.edits))
    assert [(one.start, one.end, one.text, one.channel) for one in after] == [
        (one.start, one.end, "other words" if one.id == at else one.text, one.channel) for one in segments
    ]


@pytest.mark.parametrize("line", ["no times", "[0:01 - ] x", "[0:01.0 - 0:02.0 speaker 1] x", "[1:2:3:4 - 5] x"])
def test_a_line_that_is_none_is_named(line: str) -> None:
    form = read_form(f"# orstt job a1b2 version 0\n\n{line}\n")
    whole = JobTranscript(job="a1b2", version=0, latest=0, transcript=transcript("x"))
    with pytest.raises(InvalidRequest, match="Line 3 is no segment"):
        correction_of(form, whole)
