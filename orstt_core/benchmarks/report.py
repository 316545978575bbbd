"""A benchmark told: as a table of cells, as Markdown, as one HTML page that fetches nothing, or as JSON."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence

from orstt_core.benchmarks.conditions import models_of, options_of
from orstt_core.benchmarks.plot import Point, plot, text_plot
from orstt_core.benchmarks.scores import difference, model_scores, results_of
from orstt_core.text import readable_bytes
from orstt_core.types import Benchmark, BenchmarkReport, BenchmarkResult, Difference, ModelScore

HEAD = (
    "model",
    "recordings",
    "errors",
    "95 % interval",
    "subst.",
    "left out",
    "added",
    "terms missed",
    "speed",
    "memory",
)
METHOD = (
    "Errors are wrong, left out and added words (letters where a language writes no spaces) for a hundred of the "
    "reference, both normalised as Whisper's authors did. Intervals are by bootstrap over the recordings; two models "
    "are compared on the recordings that both transcribed. Speed is times real time, without loading."
)
FEWEST = 2
"""Models of which one can be better."""
FASTER = 1.2
"""Times as fast: less is no reason to take a model that may hear worse."""
STYLE = (
    "body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;border-bottom:1px solid #ccc;text-align:left}"
)


def report(benchmark: Benchmark) -> BenchmarkReport:
    """Work out what a benchmark comes to."""
    sides = [(model, results_of(benchmark.results, model)) for model in benchmark.models]
    found = (difference(sides[0], side) for side in sides[1:])
    scores = model_scores(benchmark.results, benchmark.models)
    differences = [each for each in found if each]
    return BenchmarkReport(
        benchmark=benchmark,
        scores=scores,
        differences=differences,
        sentences=[*map(_sentence, differences), *verdict(scores, dict(sides))],
    )


def changes(first: Benchmark, second: Benchmark) -> list[Difference]:
    """Compare two runs: each model that both measured, on the recordings that both have, the texts being the same."""
    shared = [model for model in first.models if model in second.models]
    found = (
        difference(
            (f"{model} ({first.id[:8]})", results_of(first.results, model)),
            (f"{model} ({second.id[:8]})", results_of(second.results, model)),
        )
        for model in shared
    )
    return [each for each in found if each]


def score_rows(scores: Sequence[ModelScore]) -> list[tuple[str, ...]]:
    """Return the table of the scores, without what no model has, under its head."""
    rows = [HEAD, *map(_row, scores)]
    kept = [column for column in range(len(HEAD)) if any(row[column] for row in rows[1:])]
    return [tuple(row[column] for column in kept) for row in rows]


def sentences(differences: Sequence[Difference]) -> Iterator[str]:
    """Yield each difference in words."""
    for each in differences:
        yield _sentence(each)


def verdict(scores: Sequence[ModelScore], results: Mapping[str, Sequence[BenchmarkResult]]) -> Iterator[str]:
    """Yield which of several models has the fewest errors, and which are faster, at what cost.

    What counts are the recordings that all of them transcribed: who fails on the hard ones would be the best otherwise.
    """
    rated = [score.model for score in scores if score.rate is not None]
    if len(rated) < FEWEST:
        return
    shared = set[str].intersection(*({each.digest for each in results[model] if each.errors} for model in rated))
    if not shared:
        yield "No recording was transcribed by all of them, so that they cannot be compared."
        return
    heard = {model: [each for each in results[model] if each.digest in shared] for model in rated}
    found = {score.model: score for score in model_scores((each for side in heard.values() for each in side), rated)}
    best = min(found.values(), key=lambda score: (score.rate or 0.0, -(score.speed or 0.0)))
    equals = [model for model in rated if found[model].rate == best.rate]
    said = f"Fewest errors: {best.model}" if len(equals) == 1 else f"Equally few errors: {', '.join(equals)}"
    every = {each.digest for model in rated for each in results[model]}
    of_these = f"; what all of them transcribed counts, {len(shared)} of {len(every)} recordings"
    yield f"{said}{of_these if len(shared) < len(every) else ''}."
    for model in rated:
        other = difference((best.model, heard[best.model]), (model, heard[model]))
        if model == best.model or other is None or (other.speed or 0.0) < FASTER:
            continue
        cost = (
            f"{other.points:.1f} points more errors"
            if other.is_more_than_chance
            else f"{other.recordings} recordings are too few to tell whether it hears worse"
        )
        yield f"{other.speed:.1f} times as fast: {model}; {cost}."


def points_of(scores: Sequence[ModelScore]) -> list[Point]:
    """Return where each model stands in a plot of errors in a hundred over times real time, if it has both."""
    return [
        Point(score.model, score.speed, 100 * score.rate, *_bounds(score))
        for score in scores
        if score.speed and score.rate is not None
    ]


def title_of(benchmark: Benchmark) -> str:
    """Return what to call a benchmark."""
    return benchmark.name or f"Benchmark {benchmark.id[:8]}"


def facts_of(benchmark: Benchmark) -> list[str]:
    """Return in words what was measured, when and where, and whether all of it was."""
    wanted = benchmark.recordings * len(benchmark.models)
    whole = [] if benchmark.done >= wanted else [f"Not complete: {benchmark.done} of {wanted} transcriptions."]
    at = benchmark.created_at.strftime("%Y-%m-%d %H:%M UTC")
    options = [f"Options: {told}."] if (told := options_of(benchmark)) else []
    return [f"{benchmark.set}, {benchmark.recordings} recordings, {at}, on {benchmark.machine}.", *options, *whole]


def markdown(told: BenchmarkReport) -> str:
    """Return the report as Markdown."""
    lines = [f"# {title_of(told.benchmark)}", "", *facts_of(told.benchmark), ""]
    head, *rows = score_rows(told.scores)
    lines += [_line(head), _line(["---"] * len(head)), *map(_line, rows), ""]
    if bars := text_plot(points_of(told.scores)):
        lines += [
            "Errors in a hundred with their 95 % intervals, and times real time:",
            "",
            "```text",
            *bars,
            "```",
            "",
        ]
    lines += [f"- {sentence}" for sentence in told.sentences]
    for title, items in _lists(told):
        lines += ["", f"## {title}", "", *(f"- {_escaped(item)}" for item in items)]
    return "\n".join([*lines, "", METHOD, ""])


def page(told: BenchmarkReport) -> str:
    """Return the report as one HTML page."""
    title = html.escape(title_of(told.benchmark))
    head, *rows = score_rows(told.scores)
    body = [
        f"<h1>{title}</h1>",
        *(f"<p>{html.escape(fact)}</p>" for fact in facts_of(told.benchmark)),
        _table(head, rows),
        plot(points_of(told.scores), across="times real time", up="errors in a hundred"),
        "<ul>",
        *(f"<li>{html.escape(sentence)}</li>" for sentence in told.sentences),
        "</ul>",
    ]
    for heading, items in _lists(told):
        listed = "".join(f"<li>{html.escape(item)}</li>" for item in items)
        body += [f"<h2>{html.escape(heading)}</h2>", f"<ul>{listed}</ul>"]
    head_part = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    method = html.escape(METHOD)
    parts = "\n".join([*body, f"<p>{method}</p>"])
    return f'<!doctype html>\n<html lang="en"><head>{head_part}</head><body>\n{parts}\n</body></html>\n'


def _row(score: ModelScore) -> tuple[str, ...]:
    failed = f", {score.failed} failed" if score.failed else ""
    low_high = f"{100 * score.interval.low:.1f} to {100 * score.interval.high:.1f}" if score.interval else ""
    return (
        score.model,
        f"{score.recordings}{failed}",
        f"{100 * score.rate:.1f} % of {score.total:,} {score.unit}" if score.rate is not None else "",
        low_high,
        f"{score.substitutions:,}" if score.total else "",
        f"{score.deletions:,}" if score.total else "",
        f"{score.insertions:,}" if score.total else "",
        f"{score.missed} of {score.terms}" if score.terms else "",
        f"{score.speed:.1f}x" if score.speed else "",
        readable_bytes(score.peak_memory) if score.peak_memory else "",
    )


def _sentence(found: Difference) -> str:
    better, worse = (found.second, found.first) if found.points < 0 else (found.first, found.second)
    of = f"on {found.recordings} recordings"
    if found.interval is None:
        told = f"{better} has {abs(found.points):.1f} points fewer errors than {worse} {of}, which says little."
    elif not any((found.points, found.interval.low, found.interval.high)):
        told = f"{found.second} and {found.first} have equally many errors {of}: no difference."
    else:
        bounds = sorted(abs(value) for value in (found.interval.low, found.interval.high))
        if found.is_more_than_chance:
            told = (
                f"{better} is better than {worse} by {abs(found.points):.1f} points, "
                f"95 % between {bounds[0]:.1f} and {bounds[1]:.1f}, {of}."
            )
        else:
            told = (
                f"{found.second} and {found.first} differ by {found.points:+.1f} points, 95 % between "
                f"{found.interval.low:+.1f} and {found.interval.high:+.1f}, {of}: that may be chance."
            )
    return told if found.speed is None else f"{told} {found.second} takes {1 / found.speed:.2f} times as long."


def _lists(told: BenchmarkReport) -> Iterator[tuple[str, list[str]]]:
    if models := models_of(told.benchmark):
        yield "What transcribed", [f"{model}: {what}" for model, what in models.items()]
    for score in told.scores:
        if score.missed_terms:
            yield f"{score.model}: terms missed", [f"{each.term}: {each.count}" for each in score.missed_terms]
        if score.worst:
            yield f"{score.model}: most errors", [f"{each.recording}: {100 * each.rate:.0f} %" for each in score.worst]
        if score.wrong:
            words = [
                f"{word.expected or '(nothing)'} -> {word.heard or '(nothing)'}: {word.count}" for word in score.wrong
            ]
            yield f"{score.model}: words most often wrong", words
    if failed := list(_failed(told.benchmark.results)):
        yield "Not transcribed", failed


def _failed(results: Sequence[BenchmarkResult]) -> Iterator[str]:
    for each in results:
        if each.failed:
            yield f"{each.model}, {each.recording}: {each.failed}"


def _bounds(score: ModelScore) -> tuple[float, float]:
    rate = score.rate or 0.0
    low, high = (score.interval.low, score.interval.high) if score.interval else (rate, rate)
    return 100 * low, 100 * high


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{heads}</tr>{lines}</table>"
