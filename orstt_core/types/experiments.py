"""Experiments: a second model tried on live work beside the one that does it, judged, and promoted or left."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.comparisons import LONGEST_REFERENCE, ComparedPiece
from orstt_core.types.timestamps import Timestamp

LONGEST_EXPERIMENT_NAME = 100
DEFAULT_RECORDINGS = 500
"""Recordings after which an experiment stops, unless told otherwise."""

Arm = Literal["a", "b"]
"""The control, or the model that is tried."""
ExperimentKind = Literal["shadow", "split"]
"""A answers and B transcribes the same recording afterwards, or B answers a share of the requests."""
ExperimentJudge = Literal["references", "people", "proxies"]
"""What decides: errors against what was said, what people prefer, or figures that only stand for quality."""
ExperimentState = Literal["running", "paused", "stopped", "promoted"]
StopCause = Literal["", "person", "harm", "budget", "decision", "changed"]
"""Why an experiment stopped: somebody stopped it, B is worse, its budget is spent, B is better, or one of both models
is no longer what it was."""
Choice = Literal["left", "right", "equal", "neither"]
Verdict = Literal["undecided", "better", "worse"]
"""Of B, with 95 % confidence."""

ModelName = Annotated[str, Meta(min_length=1, max_length=100)]


class ExperimentDraft(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An experiment to begin.

    Attributes:
        name: what to call it.
        a: the configured model that does the work.
        b: the configured model that is tried.
        kind: `shadow`: A answers, and B transcribes the same recording when this machine has nothing else to do;
            nobody waits for it, and both are compared on the same recordings. `split`: B answers a share of the
            requests that name no model while A is the active one; each recording is heard by one of both, so that
            people cannot judge it, and it takes several times as many recordings.
        judge: `references`: error rates against transcripts that people corrected, or texts that they give. `people`:
            what they prefer without knowing which model wrote it. `proxies`: how sure the engines were; a proxy, which
            says less than the others.
        share: which share of the recordings takes part, more than 0 and at most 1; null: all of a shadow, half of a
            split.
        seconds: budget: seconds that B may compute; null: no limit.
        recordings: budget: most recordings that take part.
        until: budget: when it ends; null: no limit.
        harm: how many points (hundredths) B may be worse: the experiment stops once B is surely worse by more.
        cloud: B may be a model that sends sound out of this machine.
    """

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_EXPERIMENT_NAME)]
    a: ModelName
    b: ModelName
    kind: ExperimentKind = "shadow"
    judge: ExperimentJudge = "people"
    share: Annotated[float, Meta(gt=0, le=1)] | None = None
    seconds: Annotated[float, Meta(gt=0)] | None = None
    recordings: Annotated[int, Meta(ge=1, le=1_000_000)] = DEFAULT_RECORDINGS
    until: Timestamp | None = None
    harm: Annotated[float, Meta(ge=0, le=100)] = 0.0
    cloud: bool = False


class ExperimentFigure(Struct, frozen=True, kw_only=True):
    """One figure of both models in an experiment.

    Attributes:
        name: `errors` (share of words or letters that are wrong), `preference` (share of the recordings of which
            people preferred its text), `confidence` (how sure the engine was), `repeated` (share of the windows that
            were decoded again) or `speed` (times real time).
        proxy: it only stands for quality: engines measure it by themselves, and each in its own way.
        unit: `points` where it is a share in hundredths, `times` of a speed.
        a: of A, on average; null: not known.
        b: of B.
        recordings_a: recordings that it is known of.
        recordings_b: likewise; the same in a shadow.
        difference: by how much B is better (negative: worse); null: not known of both, or no measure of better.
        low: the least that this difference is with 95 % confidence, however often it is looked at; null: not measured.
        high: the most that it is.
    """

    name: Literal["errors", "preference", "confidence", "repeated", "speed"]
    proxy: bool
    unit: Literal["points", "times"] = "points"
    a: float | None = None
    b: float | None = None
    recordings_a: int = 0
    recordings_b: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None


class ExperimentResult(Struct, frozen=True, kw_only=True):
    """What an experiment has found so far. It may be looked at any time: looking often makes it no less sure.

    Attributes:
        words: the answer, a sentence.
        verdict: on B.
        paired: whether both models heard the same recordings.
        recordings: how many were heard by all that were to.
        judged: of how many it is known which model did better; of a split, in both arms.
        alike: how many of these nobody had to judge, since both texts are the same.
        failed: recordings that B could not transcribe.
        main: the figure that decides.
        proxies: figures that only stand for quality.
        remarks: what to know about the answer, each a sentence.
    """

    words: str
    verdict: Verdict = "undecided"
    paired: bool
    recordings: int = 0
    judged: int = 0
    alike: int = 0
    failed: int = 0
    main: ExperimentFigure
    proxies: list[ExperimentFigure] = []
    remarks: list[str] = []


class Experiment(Struct, frozen=True, kw_only=True):
    """An experiment, and what it has found.

    Attributes:
        id: what assignments and the order of texts are hashed with.
        share: which share of the recordings takes part.
        state: `running`, `paused`, `stopped` for good, or `promoted`: B took A's place.
        cause: why it stopped.
        reason: the same in a sentence.
        changed_at: when it came into this state.
        spent: seconds that B has computed.
        waiting: recordings that B is still to transcribe.
        result: what was found so far.
    """

    id: str
    name: str
    a: str
    b: str
    kind: ExperimentKind
    judge: ExperimentJudge
    share: float
    seconds: float | None
    recordings: int
    until: Timestamp | None
    harm: float
    state: ExperimentState
    cause: StopCause = ""
    reason: str = ""
    created_at: Timestamp
    created_by: str
    changed_at: Timestamp
    spent: float = 0.0
    waiting: int = 0
    result: ExperimentResult


class ExperimentPair(Struct, frozen=True, kw_only=True):
    """Two texts of one recording to be judged, by which no model is named.

    Attributes:
        id: names it in a judgement.
        filename: what the recording is called.
        job: the job that it came with, for whoever wants to hear it, as long as its recording is kept.
        language: of the texts, as an ISO code; null: not known.
        duration: length of the sound in seconds.
        left: one text; which model's stands here is decided by a hash.
        right: the other.
        pieces: both texts in order, cut where they begin and end to differ: `first` is of the left, `second` of the
            right.
    """

    id: int
    filename: str
    job: str
    language: str | None
    duration: float
    left: str
    right: str
    pieces: list[ComparedPiece]


class PairToJudge(Struct, frozen=True, kw_only=True):
    """The next pair for the one who asks.

    Attributes:
        pair: null: there is none now.
        waiting: how many there are for them, this one included.
        judged: how many they have judged.
        judge: what is asked for: which text is better (`people`), or what was said (`references`).
    """

    pair: ExperimentPair | None = None
    judge: ExperimentJudge = "people"
    waiting: int = 0
    judged: int = 0


class Judgement(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a pair.

    Attributes:
        pair: its id.
        choice: which text is better, or that they are equally good, or that neither is any good; null where a
            reference is given.
        reference: what was said, in an experiment that is judged by references. It is compared with both, and not
            kept.
    """

    pair: Annotated[int, Meta(ge=1)]
    choice: Choice | None = None
    reference: Annotated[str, Meta(max_length=LONGEST_REFERENCE)] = ""
