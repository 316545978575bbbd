"""Benchmarks: sets are read as people keep them, figures are those of the counts, and chance is called so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted_benchmarks import BEGUN

from orstt_core.benchmarks.conditions import changed_conditions
from orstt_core.benchmarks.reference_set import read_set
from orstt_core.benchmarks.report import changes, markdown, page, report, score_rows, sentences
from orstt_core.benchmarks.scores import difference, model_scores
from orstt_core.errors import FileProblem, InvalidRequest
from orstt_core.measurements.scoring import score
from orstt_core.types import Benchmark, BenchmarkResult, ErrorRate, MissedTerm, TranscribeOptions, UsedModel, WrongWord


def result(model: str, number: int, wrong: int, *, seconds: float = 1.0, total: int = 20) -> BenchmarkResult:
    """What a model made of a recording of ten seconds."""
    errors = ErrorRate(unit="words", total=total, substitutions=wrong, deletions=0, insertions=0, rate=wrong / total)
    return BenchmarkResult(
        model=model,
        recording=f"{number}.wav",
        digest=f"{number:064x}",
        language="en",
        audio_seconds=10.0,
        seconds=seconds,
        errors=errors,
        wrong=(WrongWord(expected="metformin", heard="<met> foreman", count=wrong),) if wrong else (),
    )


def benchmark(*results: BenchmarkResult, name: str = "", models: tuple[str, ...] = ("base", "tiny")) -> Benchmark:
    return Benchmark(
        id=f"{name or 'a':0<16}",
        name=name,
        set="calls",
        models=list(models),
        recordings=len(results) // len(models),
        options=TranscribeOptions(),
        created_at=BEGUN,
        created_by="user ana",
        machine="A CPU, 2 cores",
        done=len(results),
        results=list(results),
    )


def test_a_set_is_recordings_with_texts_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "a [1].wav").write_bytes(b"sound")
    (tmp_path / "a [1].txt").write_text("\N{ZERO WIDTH NO-BREAK SPACE}good morning")
    (tmp_path / "b.flac").write_bytes(b"other")
    (tmp_path / "c.txt").write_text("a text alone")
    (tmp_path / "a [1].json").write_text("{}")  # as `orstt transcribe --output` writes it
    [found] = read_set(tmp_path, language="en")
    assert (found.name, found.texts, found.language) == ("a [1].wav", ("good morning",), "en")
    (tmp_path / "a [1].txt").write_text("good evening")
    assert read_set(tmp_path)[0].digest != found.digest
    for name in ("a [1].raw", "c.gsm"):  # without a header: taken for speech where a text stands beside
        (tmp_path / name).write_bytes(b"more")
    assert [each.name for each in read_set(tmp_path)] == ["a [1].wav", "c.gsm"]


def test_a_set_may_have_a_manifest_whose_faults_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"sound")
    lines: list[dict[str, object]] = [
        {"file": "a.wav", "transcript": "good morning", "language": "en", "alternatives": ["morning"], "more": 1},
        {"file": "gone.wav", "transcript": "x", "score": None},
    ]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps(lines[0]) + "\n\n")
    [found] = read_set(tmp_path)
    assert (found.texts, found.language) == (("good morning", "morning"), "en")
    long = json.dumps(lines[0] | {"transcript": "x" * 1_000_001})
    for text, said in ((json.dumps(lines[1]), "Line 1"), ("{}", "Line 1"), ("\xff", "Line 1"), (long, "too long")):
        manifest.write_text(text)
        with pytest.raises(InvalidRequest, match=said):
            read_set(tmp_path)
    for folder in (tmp_path / "none", tmp_path / "a.wav"):
        with pytest.raises(InvalidRequest, match="is no folder"):
            read_set(folder)
    manifest.unlink()
    (tmp_path / "a.txt").write_text("x" * 1_000_001)
    with pytest.raises(InvalidRequest, match=r"a\.txt: the text is too long"):
        read_set(tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(FileProblem, match=r"a\.txt cannot be read: Is a directory\."):
        read_set(tmp_path)


def test_wrong_words_are_told_with_what_was_said_for_them() -> None:
    found = score("take metformin twice a day", "take met foreman twice day", "en")
    assert found is not None
    assert (found.errors.substitutions, found.errors.deletions, found.errors.insertions) == (1, 1, 1)
    assert sum(found.wrong.values()) == 3
    assert ("a", "") in found.wrong


def test_figures_are_those_of_all_words_together() -> None:
    results = [result("base", 1, 1), result("base", 2, 3, seconds=3.0, total=60), result("tiny", 1, 4)]
    base, tiny = model_scores([result("base", 1, 9), *results], ["base", "tiny"])  # the last of a recording counts
    assert (base.recordings, base.total, base.rate, base.speed) == (2, 80, 0.05, 5.0)
    assert base.interval is not None
    assert 0.05 == base.interval.low == base.interval.high  # both recordings have the same rate
    assert (tiny.recordings, tiny.interval) == (1, None)
    assert [(each.recording, each.rate) for each in base.worst] == [("1.wav", 0.05), ("2.wav", 0.05)]


def test_a_difference_is_called_chance_unless_its_interval_leaves_zero_out() -> None:
    base = [result("base", number, 1 + number % 2) for number in range(40)]
    clearly = [result("tiny", number, 4 + number % 3, seconds=0.5) for number in range(40)]
    perhaps = [result("other", number, (3, 0)[number % 2]) for number in range(6)]
    worse = difference(("base", base), ("tiny", clearly))
    assert worse is not None
    assert worse.is_more_than_chance
    assert (worse.recordings, worse.speed) == (40, 2.0)
    assert worse.interval is not None
    assert 0 < worse.interval.low < worse.points < worse.interval.high
    unsure = difference(("base", base), ("other", perhaps))
    assert unsure is not None
    assert (unsure.recordings, unsure.is_more_than_chance) == (6, False)
    assert difference(("base", base), ("far", [result("far", 99, 0)])) is None
    said = list(sentences([worse, unsure]))
    assert said[0].startswith("base is better than tiny by ")
    assert "on 40 recordings. tiny takes 0.50 times as long." in said[0]
    assert "that may be chance" in said[1]
    same = difference(("base", base), ("twin", [result("twin", number, 1 + number % 2) for number in range(40)]))
    assert same is not None
    assert "no difference" in next(iter(sentences([same])))


def test_a_report_is_a_page_that_fetches_nothing_and_shows_no_markup_of_others() -> None:
    failed = BenchmarkResult(model="tiny", recording="2.wav", digest=f"{2:064x}", failed="No memory.")
    missed = (MissedTerm(term="warfarin", count=1), MissedTerm(term="metformin", count=2))
    listed = replace(result("base", 1, 1), terms=9, missed=3, missed_terms=missed)
    again = replace(result("base", 2, 2), terms=9, missed=2, missed_terms=missed[1:])
    run = benchmark(listed, again, result("tiny", 1, 3), failed, name="Ward <3>")
    told = report(replace(run, options=TranscribeOptions(language="en", beam_size=3)))
    html = page(told)
    for text in (html, markdown(told)):
        assert "Options: language en, beam-size 3." in text
        assert "metformin: 4" in text
        assert "warfarin: 1" in text
    assert "Ward &lt;3&gt;" in html
    assert "&lt;met&gt; foreman" in html
    assert "<svg" in html
    assert not any(word in html.replace("http://www.w3.org/2000/svg", "") for word in ("http", "src=", "<script"))
    text = markdown(told)
    assert "| base | 2 | 7.5 % of 40 words |" in text
    assert "- tiny, 2.wav: No memory." in text
    bars = text.split("```")[1].splitlines()[1:]
    assert [bar.split("|")[0].strip() for bar in bars[:2]] == ["base", "tiny"]
    assert bars[0].index("o") < bars[1].index("o"), "tiny has more errors"
    assert bars[0].endswith("7.5    10.0 x")
    assert bars[2].split() == ["0", "20"]
    assert "terms missed" not in score_rows(report(benchmark(result("base", 1, 1), models=("base",))).scores)[0]
    _, *rows = score_rows(told.scores)
    assert rows[1][1] == "1, 1 failed"


def test_who_fails_on_what_is_hard_to_hear_is_not_the_best_for_it() -> None:
    failed = BenchmarkResult(model="tiny", recording="2.wav", digest=f"{2:064x}", failed="No memory.")
    told = report(benchmark(result("base", 1, 1), result("base", 2, 15), result("tiny", 1, 3), failed))
    assert told.sentences[-1] == "Fewest errors: base; what all of them transcribed counts, 1 of 2 recordings."
    told = report(benchmark(result("base", 1, 1), result("tiny", 2, 1)))
    assert told.sentences[-1] == "No recording was transcribed by all of them, so that they cannot be compared."


def test_two_runs_are_compared_by_what_both_measured() -> None:
    first = benchmark(*(result("base", number, 5) for number in range(10)), name="a", models=("base",))
    second = benchmark(*(result("base", number, 2) for number in range(5, 15)), name="b", models=("base",))
    [change] = changes(first, second)
    assert (change.recordings, change.points, change.is_more_than_chance) == (5, -15.0, True)
    assert (change.first, change.second) == ("base (a0000000)", "base (b0000000)")
    assert list(changed_conditions(first, second)) == []

    def heard_by(compute_type: str, workers: int) -> list[BenchmarkResult]:
        used = UsedModel(name="base", type="whisper", device="cpu", compute_type=compute_type)
        return [replace(result("base", 1, 1), used=used, weights="base.en", settings={"workers": workers})]

    slow = replace(first, results=heard_by("float32", 1), options=TranscribeOptions(language="en"))
    quick = replace(second, results=heard_by("int8", 2), options=TranscribeOptions(beam_size=1), machine="Another")
    assert list(changed_conditions(slow, quick)) == [
        "Machine: A CPU, 2 cores; then Another.",
        "Option beam-size: not given; then 1.",
        "Option language: en; then not given.",
        "base: whisper, base.en, float32, cpu, workers 1; then whisper, base.en, int8, cpu, workers 2.",
    ]
