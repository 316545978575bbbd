"""A result of a benchmark: what was recognised in a recording, judged against what was said in it.

Every place that measures models on recordings makes its results here, so that figures of all of them are of one kind:
`orstt bench`, and those of this repository's own `bench/`, which measure engines and ways of decoding.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from orstt_core.benchmarks.reference_set import Reference
from orstt_core.measurements.scoring import Score, nearest
from orstt_core.terms import count_terms
from orstt_core.types import BenchmarkResult, MissedTerm, SoundFacts, UsedModel, WrongWord
from orstt_core.types.benchmarks import MOST_EDITS


class Heard(Struct, frozen=True, kw_only=True):
    """What a model made of a recording.

    Attributes:
        text: what was recognised.
        language: that was heard, as an ISO code; counts where the reference says none.
        audio_seconds: length of the sound.
        sound: what it sounds like; None: not measured.
        seconds: what it took; None: not measured.
        peak_memory: most bytes of its process; None: not measured.
        used: what transcribed; None: no configured model.
    """

    text: str
    language: str | None = None
    audio_seconds: float
    sound: SoundFacts | None = None
    seconds: float | None = None
    peak_memory: int | None = None
    used: UsedModel | None = None


def judged(
    model: str, reference: Reference, heard: Heard, terms: Sequence[str] = (), *, by_letters: bool = False
) -> BenchmarkResult:
    """Return what a model made of a recording, with its errors.

    Args:
        model: what to call it.
        reference: the recording, and what is said in it; of several texts the nearest counts.
        heard: what was recognised.
        terms: words to be counted by themselves.
        by_letters: count letters although the language has spaces, as is usual for Korean.
    """
    # Where the set does not say, the text is judged by the language that was heard.
    language = reference.language or heard.language
    found = nearest(reference.texts, heard.text, language, by_letters=by_letters)
    text, scored = found or (reference.texts[0], None)
    said, recognised = (count_terms(terms, each) for each in (text, heard.text))
    missed = {term: times - recognised.get(term, 0) for term, times in said.items() if times > recognised.get(term, 0)}
    return BenchmarkResult(
        model=model,
        recording=reference.name,
        digest=reference.digest,
        language=language,
        used=heard.used,
        audio_seconds=heard.audio_seconds,
        sound=heard.sound,
        seconds=heard.seconds,
        peak_memory=heard.peak_memory,
        errors=scored.errors if scored else None,
        wrong=_wrong(scored) if scored else (),
        terms=sum(said.values()),
        missed=sum(missed.values()),
        missed_terms=tuple(MissedTerm(term=term, count=count) for term, count in missed.items()),
        failed="" if scored else "The reference has no words.",
    )


def failure(model: str, reference: Reference, why: str) -> BenchmarkResult:
    """Return that a model made nothing of a recording, with the reason."""
    return BenchmarkResult(
        model=model,
        recording=reference.name,
        digest=reference.digest,
        language=reference.language,
        failed=why[:1000],
    )


def _wrong(scored: Score) -> tuple[WrongWord, ...]:
    most = scored.wrong.most_common(MOST_EDITS)
    return tuple(WrongWord(expected=expected, heard=heard, count=count) for (expected, heard), count in most)
