"""What an experiment has found: figures of both models, how sure the difference is, and the answer in words.

A difference is always that by which B is better. Pure functions of what is known of each recording, in the order in
which it became known: the bounds hold however often they are looked at (see `sequences`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from orstt_core.db.experiment_records import Observation, StoredExperiment
from orstt_core.types import (
    Arm,
    ExperimentFigure,
    ExperimentJudge,
    ExperimentResult,
    TranscriptionFigures,
    Verdict,
)

POINTS = 100.0
"""A point is a hundredth."""
FigureName = Literal["errors", "preference", "confidence", "repeated", "speed"]
MAIN: dict[ExperimentJudge, FigureName] = {"references": "errors", "people": "preference", "proxies": "confidence"}
"""The figure that decides."""
FEWEST_FAILURES, MOST_FAILED = 3, 0.2
"""B does harm where it could not transcribe so many recordings, and more than this share of them."""


class Values(NamedTuple):
    """A figure of one recording, as each model has it; None: it has none."""

    a: float | None
    b: float | None


def result(
    experiment: StoredExperiment,
    observations: Sequence[Observation],
    remarks: Sequence[str] = (),
    by_people: int | None = None,
) -> ExperimentResult:
    """Return what an experiment has found.

    Args:
        experiment: which one.
        observations: of its recordings, in the order in which they were judged.
        remarks: what else to know about it, each a sentence.
        by_people: how many of the recordings somebody judged; None: people judge nothing in it.
    """
    draft, paired = experiment.draft, experiment.draft.kind == "shadow"
    heard = [each for each in observations if each.state == "done"]
    failed = sum(each.state == "failed" and each.arm != "a" for each in observations)
    main = _main(draft.judge, [Values(each.loss_a, each.loss_b) for each in heard], paired=paired)
    verdict: Verdict = "undecided"
    if main.low is not None and main.high is not None:
        verdict = "better" if main.low > 0 else "worse" if main.high < 0 else "undecided"
    judged = main.recordings_b if paired else main.recordings_a + main.recordings_b
    return ExperimentResult(
        words=_words(experiment, main, verdict, judged, len(heard), waiting(observations)),
        verdict=verdict,
        paired=paired,
        recordings=len(heard),
        judged=judged,
        alike=0 if by_people is None else max(0, judged - by_people),
        failed=failed,
        main=main,
        proxies=[figure for figure in _proxies(heard, paired=paired) if figure.name != main.name],
        remarks=[*_remarks(experiment, failed, len(heard)), *remarks],
    )


def waiting(observations: Sequence[Observation]) -> int:
    """Return how many of these recordings B is still to transcribe."""
    return sum(each.state in {"waiting", "running"} for each in observations)


def is_harmful(experiment: StoredExperiment, found: ExperimentResult) -> str:
    """Return in a sentence how B does harm: surely worse than it may be, or failing too often; empty: it does not."""
    main, name = found.main, experiment.draft.b
    if main.high is not None and main.high < -experiment.draft.harm:
        return f"{name} does harm: {found.words}"
    if found.failed >= FEWEST_FAILURES and found.failed > MOST_FAILED * (found.recordings + found.failed):
        return f"{name} does harm: it could not transcribe {found.failed} recordings."
    return ""


def agreement(judgements: Sequence[Sequence[str]]) -> str:
    """Return in a sentence how far people agreed; empty: no two judged the same pair.

    Args:
        judgements: those of each pair, the first of which counts.
    """
    several = [said for said in judgements if len(said) > 1]
    if not several:
        return ""
    same = sum(len(set(said)) == 1 for said in several)
    pairs = "1 recording" if len(several) == 1 else f"{len(several)} recordings"
    return f"{pairs} were judged by several people, who agreed on {same}; the first judgement counts."


def _main(judge: ExperimentJudge, losses: Sequence[Values], *, paired: bool) -> ExperimentFigure:
    name = MAIN[judge]
    shown = (lambda loss: loss) if name == "errors" else (lambda loss: 1 - loss)
    return _figure(name, losses, shown, proxy=judge == "proxies", paired=paired)


def _proxies(heard: Sequence[Observation], *, paired: bool) -> Iterator[ExperimentFigure]:
    """Yield the figures that engines measure by themselves."""
    figures = [(each.figures_a, each.figures_b) for each in heard]
    for name, measure, better in PROXIES:
        values = [Values(*(None if one is None else measure(one) for one in both)) for both in figures]
        if better:
            yield _figure(name, [_losses(each, better) for each in values], better, proxy=True, paired=paired)
        else:
            means = {
                arm: _mean([value for each in values if (value := getattr(each, arm)) is not None]) for arm in ARMS
            }
            counts = {arm: sum(getattr(each, arm) is not None for each in values) for arm in ARMS}
            yield ExperimentFigure(
                name=name,
                proxy=True,
                unit="times",
                a=means["a"],
                b=means["b"],
                recordings_a=counts["a"],
                recordings_b=counts["b"],
            )


def _figure(
    name: FigureName,
    losses: Sequence[Values],
    shown: Callable[[float], float],
    *,
    proxy: bool,
    paired: bool,
) -> ExperimentFigure:
    """Return a figure of which the losses are known, each from 0 to 1.

    Args:
        name: of the figure.
        losses: of each recording.
        shown: makes the figure of a loss.
        proxy: it only stands for quality.
        paired: only recordings count of which both losses are known.
    """
    from orstt_core.experiments.sequences import ConfidenceSequence, DifferenceSequence

    if paired:
        both = [(each.a, each.b) for each in losses if each.a is not None and each.b is not None]
        ours, theirs = [a for a, _ in both], [b for _, b in both]
        sequence = ConfidenceSequence()
        sequence.extend(a - b for a, b in both)
        mean, interval = sequence.mean, sequence.interval
    else:
        ours = [each.a for each in losses if each.a is not None]
        theirs = [each.b for each in losses if each.b is not None]
        arms = DifferenceSequence()
        arms.first.extend(theirs)
        arms.second.extend(ours)
        mean, interval = arms.mean, arms.interval
    known = mean is not None
    a, b = _mean(ours), _mean(theirs)
    return ExperimentFigure(
        name=name,
        proxy=proxy,
        a=None if a is None else POINTS * shown(a),
        b=None if b is None else POINTS * shown(b),
        recordings_a=len(ours),
        recordings_b=len(theirs),
        difference=POINTS * mean if mean is not None else None,
        low=POINTS * interval.low if known else None,
        high=POINTS * interval.high if known else None,
    )


def _losses(values: Values, better: Callable[[float], float]) -> Values:
    return Values(*(None if value is None else better(value) for value in values))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _repeated(figures: TranscriptionFigures) -> float | None:
    return figures.repeated_windows / figures.windows if figures.windows else None


def _speed(figures: TranscriptionFigures) -> float | None:
    return figures.audio_seconds / figures.seconds if figures.seconds else None


ARMS: tuple[Arm, Arm] = ("a", "b")
PROXIES: tuple[
    tuple[FigureName, Callable[[TranscriptionFigures], float | None], Callable[[float], float] | None], ...
] = (
    ("confidence", lambda figures: figures.confidence, lambda value: 1 - value),
    ("repeated", _repeated, lambda value: value),
    ("speed", _speed, None),
)
"""What engines measure by themselves, how it is read, and the loss that it is, which is its own inverse; None: a speed
is no share, of which nothing can be bounded."""


def _words(
    experiment: StoredExperiment, main: ExperimentFigure, verdict: Verdict, judged: int, heard: int, left: int
) -> str:
    name = f"B ({experiment.draft.b})"
    if main.difference is None or main.low is None or main.high is None:
        if experiment.state in {"stopped", "promoted"}:
            return f"Nothing was judged: {_recordings(heard)} heard."
        return f"Nothing is judged yet: {_recordings(heard)} heard, {left} waiting for {name}."
    bounds = (main.low, main.high) if main.difference >= 0 else (-main.high, -main.low)
    side = "better" if main.difference >= 0 else "worse"
    proxy = ", by a proxy" if main.proxy else ""
    size = f"{abs(main.difference):.1f}"
    standing = "is as good as A" if float(size) == 0 else f"is {side} by {size} points"
    told = f"{name} {standing}{proxy}, 95 % between {bounds[0]:.1f} and {bounds[1]:.1f}, after {_recordings(judged)}."
    return f"Not decided yet: {told}" if verdict == "undecided" else told


def _recordings(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"


def _remarks(experiment: StoredExperiment, failed: int, heard: int) -> Iterator[str]:
    draft = experiment.draft
    if draft.kind == "split":
        yield (
            "Each recording was heard by one model, so that the means of two groups are compared, which takes several "
            "times as many recordings as a shadow."
        )
    if draft.judge == "references":
        yield (
            "A transcript is corrected from what its model wrote, and mistakes that nobody noticed in it stay: "
            + ("that favours A." if draft.kind == "shadow" else "that favours both alike.")
        )
    if draft.judge == "proxies":
        yield (
            "Confidence is a proxy: each engine measures it in its own way, and a model may be sure of what is wrong. "
            "Let people judge before B is promoted."
        )
    if failed:
        yield f"{draft.b} could not transcribe {failed} of {failed + heard} recordings, which are not counted."
