"""Experiments: what a person asks about them: begin, look, judge, pause, stop, promote, remove."""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.experiment_records import StoredExperiment
from orstt_core.db.experiment_shadows import ShadowStore
from orstt_core.db.experiments import ExperimentStore
from orstt_core.errors import Conflict, ExperimentExists, ExperimentOver, InvalidRequest, ModelNotUsable
from orstt_core.experiments.judging import Judging
from orstt_core.experiments.review import Review, setup_of
from orstt_core.model_drafts import draft_of
from orstt_core.model_service import ModelService
from orstt_core.text import normalize_name
from orstt_core.types import Experiment, ExperimentDraft, ExperimentState, Judgement, Model, PairToJudge, StopCause


class Experiments:
    """The experiments of one database, which must be open while a method runs.

    Args:
        database: where they are.
        audit: told who did what.
        models: are tried, and promoted.
        review: says what an experiment has found, and stops it.
        remove_unused: removes recordings that nothing refers to any more.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        models: ModelService,
        review: Review,
        remove_unused: Callable[[], Awaitable[None]],
    ) -> None:
        self._database, self._audit, self._models, self._review = database, audit, models, review
        self._remove_unused = remove_unused
        self._store, self._shadows = ExperimentStore(database), ShadowStore(database)
        self._judging = Judging(database)

    async def list(self) -> builtins.list[Experiment]:
        """See `Backend.experiments`."""
        return [await self._review.look(each) for each in await self._store.list()]

    async def get(self, name: str) -> Experiment:
        """See `Backend.experiment`."""
        return await self._review.look(await self._store.get(name))

    async def create(self, draft: ExperimentDraft) -> Experiment:
        """See `Backend.create_experiment`."""
        a, b = await self._models.get(draft.a), await self._models.get(draft.b)
        draft = replace(draft, name=_fitting_name(draft.name), a=a.name, b=b.name)
        _check(draft, a, b)
        if draft.until is not None and draft.until <= await self._database.now():
            raise InvalidRequest("The experiment would be over before it begins.", field="until")
        validation = await self._models.validate(draft_of(b))
        if not (validation.valid and validation.available):
            raise ModelNotUsable(f"{b.name} cannot be tried: {validation.message}", hint="See `orstt models list`.")
        async with self._database.transaction():
            await self._refuse_second_split(draft)
            stored = await self._store.add(secrets.token_hex(8), draft, current_actor(), (setup_of(a), setup_of(b)))
            told = f"{draft.kind}: {a.name}, {b.name}"
            await self._audit.add(current_actor(), "experiment.created", draft.name, told)
        return await self._review.look(stored)

    async def pause(self, name: str) -> Experiment:
        """See `Backend.pause_experiment`."""
        return await self._change(name, "paused", "paused")

    async def resume(self, name: str) -> Experiment:
        """See `Backend.resume_experiment`."""
        return await self._change(name, "running", "resumed")

    async def stop(self, name: str) -> Experiment:
        """See `Backend.stop_experiment`."""
        return await self._change(name, "stopped", "stopped", "person", f"{current_actor()} stopped it.")

    async def promote(self, name: str) -> Experiment:
        """See `Backend.promote_experiment`."""
        stored = await self._store.get(name)
        a, b = stored.draft.a, stored.draft.b
        if stored.state == "promoted":
            raise ExperimentOver(f"{b} was promoted already.", hint=f"`orstt models activate {a}` takes it back.")
        if stored.cause == "changed":
            raise Conflict(
                f"What was tried is no longer what {b} would do: {stored.reason}",
                hint=f"Make a new experiment, or type: orstt models activate {b}",
            )
        active = await self._models.active()
        if active.name not in {a, b}:
            raise Conflict(
                f"{a} is not the active model, {active.name} is: {b} cannot take its place.",
                hint=f"Activate {a} before, or type: orstt models activate {b}",
            )
        if active.name == a:  # else it is done but for the note of it, as after a crash
            await self._models.activate(b)
        reason = f"{b} took the place of {a}; `orstt models activate {a}` takes it back."
        return await self._end(stored, "promoted", "promoted", "", reason)

    async def delete(self, name: str) -> Experiment:
        """See `Backend.delete_experiment`."""
        stored = await self._store.get(name)
        was = await self._review.look(stored)
        async with self._database.transaction():
            await self._store.delete(stored.id)
            await self._audit.add(current_actor(), "experiment.deleted", stored.draft.name)
        await self._remove_unused()
        await self._database.scrub()  # texts went with it
        return was

    async def pair_to_judge(self, name: str) -> PairToJudge:
        """See `Backend.pair_to_judge`."""
        return await self._judging.next_pair(await self._store.get(name))

    async def judge(self, name: str, judgement: Judgement) -> PairToJudge:
        """See `Backend.judge_pair`."""
        stored = await self._store.get(name)
        await self._judging.judge(stored, judgement)
        await self._review.look(stored)
        return await self._judging.next_pair(stored)

    async def _change(
        self, name: str, state: ExperimentState, action: str, cause: StopCause = "", reason: str = ""
    ) -> Experiment:
        stored = await self._store.get(name)
        if stored.is_over:
            raise ExperimentOver(f"The experiment {stored.draft.name} is {stored.state}.", hint=stored.reason)
        if state == "stopped":
            return await self._end(stored, state, action, cause, reason)
        async with self._database.transaction():
            if state == "running":
                await self._refuse_second_split(stored.draft, stored.id)
            if await self._store.change_state(stored.id, state, cause, reason):
                await self._audit.add(current_actor(), f"experiment.{action}", stored.draft.name)
        return await self.get(stored.draft.name)

    async def _end(
        self, stored: StoredExperiment, state: ExperimentState, action: str, cause: StopCause, reason: str
    ) -> Experiment:
        async with self._database.transaction():
            if await self._store.change_state(stored.id, state, cause, reason):
                await self._shadows.drop_waiting(stored.id)
                await self._audit.add(current_actor(), f"experiment.{action}", stored.draft.name)
        await self._remove_unused()
        return await self.get(stored.draft.name)

    async def _refuse_second_split(self, draft: ExperimentDraft, own: str = "") -> None:
        """Inside a transaction: let no two experiments divide the work of one model."""
        if draft.kind != "split":
            return
        await self._database.lock("experiments")
        for other in await self._store.list():
            if other.id != own and not other.is_over and (other.draft.kind, other.draft.a) == ("split", draft.a):
                raise ExperimentExists(
                    f"The experiment {other.draft.name} splits the work of {draft.a} already.",
                    hint=f"Stop it first: orstt experiments stop {other.draft.name}",
                    field="a",
                )


def _check(draft: ExperimentDraft, a: Model, b: Model) -> None:
    if a.id == b.id:
        raise InvalidRequest("A model is not compared with itself.", hint="Name two models.", field="b")
    if draft.kind == "split" and draft.judge == "people":
        raise InvalidRequest(
            "People compare two texts of one recording, and in a split each recording is heard by one model only.",
            hint="Make it a shadow, or let references or proxies judge.",
            field="judge",
        )
    if b.sends_sound and not draft.cloud:
        raise InvalidRequest(
            f"{b.name} sends sound out of this machine, and an experiment would send it what others recorded.",
            hint="Say so if that is what you want: --cloud, or `cloud` in a request.",
            field="cloud",
        )


def _fitting_name(text: str) -> str:
    name = normalize_name(text)
    if not (name and name.isprintable()):
        raise InvalidRequest(
            "An experiment's name is a word or a few, of letters that can be seen.",
            hint="Give it another.",
            field="name",
        )
    return name
