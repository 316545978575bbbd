"""Judging: two texts of one recording, side by side without their models' names, and what people say of them."""

from __future__ import annotations

import asyncio
from typing import Literal

from orstt_core.bucketing import bucket
from orstt_core.caller import current_actor
from orstt_core.db.database import Database
from orstt_core.db.experiment_judgements import JudgementStore
from orstt_core.db.experiment_observations import ObservationStore
from orstt_core.db.experiment_records import Corrected, JudgedPair, StoredExperiment
from orstt_core.db.job_rows import sanitized
from orstt_core.errors import Conflict, InvalidRequest, PairNotFound
from orstt_core.experiments.review import losses_of
from orstt_core.measurements.alignment import Alignment
from orstt_core.types import Arm, ComparedPiece, ExperimentPair, Judgement, PairToJudge

Said = Literal["a", "b", "equal", "neither"]
LOSSES: dict[Said, tuple[float, float]] = {"a": (0.0, 1.0), "b": (1.0, 0.0), "equal": (0.5, 0.5), "neither": (0.5, 0.5)}
"""What each judgement costs A and B."""
SAME = LOSSES["equal"]


class Judging:
    """What people judge in the experiments of one database.

    Args:
        database: must be open while a method runs.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._known = database, ObservationStore(database)
        self._pairs = JudgementStore(database)

    async def next_pair(self, experiment: StoredExperiment) -> PairToJudge:
        """See `Backend.pair_to_judge`."""
        _refuse(experiment)
        person = sanitized(current_actor())
        pair, waiting, judged = await self._pairs.next_pair(experiment.id, person)
        shown = None if pair is None else await asyncio.to_thread(blinded, pair, left_arm(experiment.id, person, pair))
        return PairToJudge(pair=shown, judge=experiment.draft.judge, waiting=waiting, judged=judged)

    async def judge(self, experiment: StoredExperiment, judgement: Judgement) -> None:
        """Store what the caller says; see `Backend.judge_pair`."""
        _refuse(experiment)
        pair = await self._pairs.pair(experiment.id, judgement.pair)
        if pair is None:
            raise PairNotFound(
                f"The experiment {experiment.draft.name} has no pair {judgement.pair} to judge.",
                hint="Its job may have been removed, or its texts are judged already. Ask for the next one.",
            )
        if experiment.draft.judge == "references":
            await self._compare(pair, judgement.reference)
            return
        if judgement.choice is None:
            raise InvalidRequest("Which text is better?", hint="Say left, right, equal or neither.", field="choice")
        person = sanitized(current_actor())
        left = left_arm(experiment.id, person, pair)
        other: Arm = "b" if left == "a" else "a"
        said: dict[str, Said] = {"left": left, "right": other, "equal": "equal", "neither": "neither"}
        choice = said[judgement.choice]
        async with self._database.transaction():
            await self._pairs.add_judgement(pair.observation, person, choice, left)
            await self._known.judge(pair.observation, *LOSSES[choice])

    async def _compare(self, pair: JudgedPair, reference: str) -> None:
        said = Corrected(
            observation=pair.observation,
            version=0,
            text=reference,
            language=pair.a.language,
            a=pair.a.text,
            b=pair.b.text,
        )
        losses = await asyncio.to_thread(losses_of, said)
        if losses is None:
            raise InvalidRequest(
                "What was said? The reference holds no word.", hint="Give the text of the recording.", field="reference"
            )
        async with self._database.transaction():
            await self._known.judge(pair.observation, *losses)


def left_arm(experiment: str, person: str, pair: JudgedPair) -> Arm:
    """Return whose text a person sees on the left: by a hash, so that nobody can learn it from the order."""
    return "a" if bucket(f"{experiment}:{person}", pair.digest) < 1 / 2 else "b"


def _refuse(experiment: StoredExperiment) -> None:
    draft = experiment.draft
    if draft.judge == "proxies":
        raise Conflict(
            f"The experiment {draft.name} is judged by proxies: people have nothing to judge in it.",
            hint="Make one that people judge: orstt experiments create … --judge people",
        )
    if draft.kind == "split":
        raise Conflict(
            f"In the experiment {draft.name} each recording is heard by one model: there are no two texts to compare.",
            hint="Correct transcripts of its jobs instead: `orstt jobs correct`.",
        )


def blinded(pair: JudgedPair, left: Arm) -> ExperimentPair:
    """Return what a person is shown of a pair: nothing by which the models could be told apart."""
    first, second = (pair.a, pair.b) if left == "a" else (pair.b, pair.a)
    # How sure the engines were of words would tell them apart.
    rows = Alignment(first.segments, second.segments, (first.language, second.language)).rows()
    return ExperimentPair(
        id=pair.observation,
        filename=pair.filename,
        job=pair.job,
        language=pair.a.language,
        duration=pair.a.duration,
        left=first.text,
        right=second.text,
        pieces=[
            ComparedPiece(first=piece.first, second=piece.second, differs=piece.differs)
            for row in rows
            for piece in row.pieces
        ],
    )
