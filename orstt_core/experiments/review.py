"""Review: what an experiment has found as it stands now, and whether it is to stop by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.experiment_judgements import JudgementStore
from orstt_core.db.experiment_observations import ObservationStore
from orstt_core.db.experiment_records import Corrected, Observation, StoredExperiment
from orstt_core.db.experiment_shadows import ShadowStore
from orstt_core.db.experiments import ExperimentStore
from orstt_core.errors import ModelNotFound
from orstt_core.experiments.results import agreement, is_harmful, result, waiting
from orstt_core.types import Experiment, ExperimentResult, Model, StopCause, to_json

logger = logging.getLogger(__name__)

ACTOR = "experiment"
"""Who, in the audit table, stops an experiment by its own rules."""
PLACES = (
    "This server keeps one model loaded (max_loaded is 1), and B displaces none: it transcribes while no other is "
    "loaded. With max_loaded at 2 it transcribes whenever nothing else is to be done."
)


class Review:
    """Looks at experiments.

    Args:
        database: must be open while a method runs.
        audit: told what stopped by itself.
        model: returns the configured model of a name.
        max_loaded: how many models may be loaded at once.
    """

    def __init__(
        self, database: Database, audit: AuditLog, model: Callable[[str], Awaitable[Model]], *, max_loaded: int
    ) -> None:
        self._database, self._audit, self._model, self._max_loaded = database, audit, model, max_loaded
        self._store, self._known = ExperimentStore(database), ObservationStore(database)
        self._judgements, self._shadows = JudgementStore(database), ShadowStore(database)

    async def look(self, experiment: StoredExperiment) -> Experiment:
        """Return an experiment with what it has found, having stopped it if it is time."""
        if experiment.draft.judge == "references":
            await self._compare_corrected(experiment)
        observations = await self._known.observations(experiment.id)
        found = await self._result(experiment, observations)
        if experiment.state in {"running", "paused"}:
            cause, reason = await self._why_to_stop(experiment, found)
            if cause:
                await self._stop(experiment, cause, reason)
                experiment = await self._store.get(experiment.draft.name)
                observations = [each for each in observations if each.state in {"done", "failed"}]
        draft = experiment.draft
        return Experiment(
            id=experiment.id,
            name=draft.name,
            a=draft.a,
            b=draft.b,
            kind=draft.kind,
            judge=draft.judge,
            share=experiment.share,
            seconds=draft.seconds,
            recordings=draft.recordings,
            until=draft.until,
            harm=draft.harm,
            state=experiment.state,
            cause=experiment.cause,
            reason=experiment.reason,
            created_at=experiment.created_at,
            created_by=experiment.created_by,
            changed_at=experiment.changed_at,
            spent=experiment.spent,
            waiting=waiting(observations),
            result=found,
        )

    async def _result(self, experiment: StoredExperiment, observations: Sequence[Observation]) -> ExperimentResult:
        agreed, by_people = "", None
        if experiment.draft.judge == "people":
            said = await self._judgements.judgements(experiment.id)
            agreed, by_people = agreement(list(said.values())), len(said)
        remarks = [PLACES] if waiting(observations) and self._max_loaded == 1 else []
        remarks += [agreed] if agreed else []
        return await asyncio.to_thread(result, experiment, observations, remarks, by_people)

    async def _why_to_stop(self, experiment: StoredExperiment, found: ExperimentResult) -> tuple[StopCause, str]:
        """Return the cause and a sentence; empty: it goes on."""
        if changed := await self._what_changed(experiment):
            return "changed", changed
        if harm := is_harmful(experiment, found):
            return "harm", harm
        if found.verdict == "better":
            return "decision", found.words
        if spent := await self._what_is_spent(experiment, found):
            return "budget", f"{spent} {found.words}"
        return "", ""

    async def _what_is_spent(self, experiment: StoredExperiment, found: ExperimentResult) -> str:
        """Return in a sentence which budget is spent; empty: none."""
        draft = experiment.draft
        if draft.until is not None and await self._database.now() >= draft.until:
            return f"Its time was over on {draft.until:%Y-%m-%d %H:%M}."
        if draft.seconds is not None and experiment.spent >= draft.seconds:
            return f"{draft.b} computed for {experiment.spent:.0f} of {draft.seconds:g} seconds."
        # People and references come after the last recording; until then it does not stop for that.
        done = found.recordings + found.failed
        if done < draft.recordings:
            return ""
        if draft.judge == "proxies" or found.judged >= found.recordings:
            return f"All of {done} recordings were judged."
        lost = await self._known.lost(experiment.id)
        if found.judged + lost >= found.recordings:
            return f"Of {done} recordings, {lost} cannot be judged any more, since their jobs were removed."
        return ""

    async def _what_changed(self, experiment: StoredExperiment) -> str:
        for name, setup in zip((experiment.draft.a, experiment.draft.b), experiment.setups, strict=True):
            try:
                now = setup_of(await self._model(name))
            except ModelNotFound:
                return f"{name} was removed or renamed."
            if now != setup:
                return f"{name} was changed, so that what was found before says nothing of it now."
        return ""

    async def _stop(self, experiment: StoredExperiment, cause: StopCause, reason: str) -> None:
        async with self._database.transaction():
            if await self._store.change_state(experiment.id, "stopped", cause, reason):
                await self._shadows.drop_waiting(experiment.id)
                await self._audit.add(ACTOR, "experiment.stopped", experiment.draft.name, f"{cause}: {reason}")
                logger.warning("The experiment %s stopped (%s): %s", experiment.draft.name, cause, reason)

    async def _compare_corrected(self, experiment: StoredExperiment) -> None:
        """Count the errors of recordings whose transcripts people corrected since."""
        for corrected in await self._known.corrected(experiment.id):
            losses = await asyncio.to_thread(losses_of, corrected)
            async with self._database.transaction():
                await self._known.note_compared(corrected.observation, corrected.version)
                if losses is not None:
                    await self._known.judge(corrected.observation, *losses, again=True)


def losses_of(corrected: Corrected) -> tuple[float | None, float | None] | None:
    """Return the error rates of both texts, at most 1, against what was said; None: that holds no word."""
    from orstt_core.measurements.scoring import error_rate

    losses: list[float | None] = []
    for text in (corrected.a, corrected.b):
        errors = None if text is None else error_rate(corrected.text, text, corrected.language)
        if text is not None and errors is None:
            return None
        losses.append(min(1.0, errors.rate) if errors else None)
    return losses[0], losses[1]


def setup_of(model: Model) -> str:
    """Return what decides what a model writes: while it is the same, what was found of it holds."""
    return to_json([model.model_type, model.model, model.device, model.compute_type, model.options]).decode()
