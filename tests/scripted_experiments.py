"""The experiments of the scripted backend, in memory: they find what a test says."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from orstt_core.errors import Conflict, ExperimentExists, ExperimentNotFound, ExperimentOver, PairNotFound
from orstt_core.types import (
    BackendInfo,
    Change,
    ComparedPiece,
    Experiment,
    ExperimentDraft,
    ExperimentFigure,
    ExperimentPair,
    ExperimentResult,
    ExperimentState,
    Judgement,
    PairToJudge,
    StopCause,
)

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UNJUDGED = ExperimentResult(
    words="Nothing is judged yet: 0 recordings heard, 0 waiting for B (tiny).",
    paired=True,
    main=ExperimentFigure(name="preference", proxy=False),
)


def experiment(**changes: object) -> Experiment:
    """A shadow of tiny beside base that has just begun."""
    begun = Experiment(
        id="00000000000000e1",
        name="ward",
        a="base",
        b="tiny",
        kind="shadow",
        judge="people",
        share=1.0,
        seconds=None,
        recordings=500,
        until=None,
        harm=0.0,
        state="running",
        created_at=BEGAN,
        created_by="user ana",
        changed_at=BEGAN,
        result=UNJUDGED,
    )
    return replace(begun, **changes)


def pair(number: int, left: str, right: str) -> ExperimentPair:
    """A pair of two texts that differ throughout."""
    return ExperimentPair(
        id=number,
        filename=f"call-{number}.wav",
        job=f"{number:016x}",
        language="en",
        duration=4.0,
        left=left,
        right=right,
        pieces=[ComparedPiece(first=left, second=right, differs=True)],
    )


class ScriptedExperiments:
    """The part of `ScriptedBackend` that has experiments; `pairs` are those still to be judged, in order."""

    def __init__(self) -> None:
        self.trials: dict[str, Experiment] = {}
        self.drafts: dict[str, ExperimentDraft] = {}
        self.pairs: list[ExperimentPair] = []
        self.judgements: list[Judgement] = []

    async def experiments(self) -> list[Experiment]:
        self._maybe_fail()
        return list(reversed(self.trials.values()))

    async def experiment(self, name: str) -> Experiment:
        self._maybe_fail()
        if name not in self.trials:
            raise ExperimentNotFound(f"No experiment is called {name!r}.", hint="See `orstt experiments list`.")
        return self.trials[name]

    async def create_experiment(self, draft: ExperimentDraft) -> Experiment:
        self._maybe_fail()
        if draft.name in self.trials:
            raise ExperimentExists(f"An experiment called {draft.name!r} exists already.", field="name")
        self.drafts[draft.name] = draft
        given = {name: getattr(draft, name) for name in ("name", "a", "b", "kind", "judge", "seconds", "recordings")}
        share = draft.share or (1.0 if draft.kind == "shadow" else 0.5)
        self.trials[draft.name] = experiment(**given, share=share, until=draft.until, harm=draft.harm)
        return self.trials[draft.name]

    async def pause_experiment(self, name: str) -> Experiment:
        return await self._into(name, "paused")

    async def resume_experiment(self, name: str) -> Experiment:
        return await self._into(name, "running")

    async def stop_experiment(self, name: str) -> Experiment:
        return await self._into(name, "stopped", "person", "user ana stopped it.")

    async def promote_experiment(self, name: str) -> Experiment:
        found = await self.experiment(name)
        if found.state == "promoted":
            raise ExperimentOver(f"{found.b} was promoted already.", hint="")
        if (await self.info()).active_model != found.a:
            raise Conflict(f"{found.a} is not the active model.", hint=f"Type: orstt models activate {found.b}")
        await self.activate_model(found.b)
        reason = f"{found.b} took the place of {found.a}; `orstt models activate {found.a}` takes it back."
        self.trials[name] = replace(found, state="promoted", reason=reason)
        return self.trials[name]

    async def delete_experiment(self, name: str) -> Experiment:
        return self.trials.pop((await self.experiment(name)).name)

    async def pair_to_judge(self, name: str) -> PairToJudge:
        found = await self.experiment(name)
        return PairToJudge(
            pair=self.pairs[0] if self.pairs else None,
            judge=found.judge,
            waiting=len(self.pairs),
            judged=len(self.judgements),
        )

    async def judge_pair(self, name: str, judgement: Judgement) -> PairToJudge:
        await self.experiment(name)
        if not any(each.id == judgement.pair for each in self.pairs):
            raise PairNotFound(f"There is no pair {judgement.pair} to judge.", hint="Ask for the next one.")
        self.judgements.append(judgement)
        self.pairs = [each for each in self.pairs if each.id != judgement.pair]
        return await self.pair_to_judge(name)

    async def _into(self, name: str, state: ExperimentState, cause: StopCause = "", reason: str = "") -> Experiment:
        found = await self.experiment(name)
        if found.state in {"stopped", "promoted"}:
            raise ExperimentOver(f"The experiment {name} is {found.state}.", hint=found.reason)
        self.trials[name] = replace(found, state=state, cause=cause, reason=reason)
        return self.trials[name]

    async def info(self) -> BackendInfo:
        raise NotImplementedError

    async def activate_model(self, ref: int | str) -> Change:
        raise NotImplementedError

    def _maybe_fail(self) -> None:
        raise NotImplementedError
