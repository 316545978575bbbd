"""Experiments as a REST resource: a second model tried on live work, judged, and promoted or left."""

from __future__ import annotations

from urllib.parse import unquote

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import MANAGE, TRANSCRIBE
from orstt_api.wire import EXPERIMENTS
from orstt_core.errors import (
    Conflict,
    ExperimentExists,
    ExperimentNotFound,
    ExperimentOver,
    ModelNotFound,
    ModelNotUsable,
    PairNotFound,
    TooLarge,
)
from orstt_core.types import Experiment, ExperimentDraft, Judgement, PairToJudge
from orstt_core.units import MIB

CHANGED = 200
"""Status of an answer to a change of what is there already."""


class LiveExperiments(Controller):
    """An experiment is named in the path by its name, percent-encoded."""

    path = EXPERIMENTS
    tags = ("Experiments",)
    opt = MANAGE

    @get("/", operation_id="listExperiments", responses=problems())
    async def list_experiments(self, backend: InjectedBackend) -> list[Experiment]:
        """List them with what they found, the newest first."""
        return await backend.experiments()

    @get("/{experiment:str}", operation_id="getExperiment", responses=problems(ExperimentNotFound))
    async def show(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """Return one with what it has found so far, which may be looked at as often as one likes."""
        return await backend.experiment(unquote(experiment))

    @post(
        "/",
        operation_id="createExperiment",
        responses=problems(ExperimentExists, ModelNotFound, ModelNotUsable, TooLarge),
    )
    async def create(self, backend: InjectedBackend, data: JSONBody[ExperimentDraft]) -> Experiment:
        """Begin one; it runs at once."""
        return await backend.create_experiment(data)

    @post(
        "/{experiment:str}/pause",
        operation_id="pauseExperiment",
        status_code=CHANGED,
        responses=problems(ExperimentNotFound, ExperimentOver),
    )
    async def pause(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """Let no further recording take part for the time being."""
        return await backend.pause_experiment(unquote(experiment))

    @post(
        "/{experiment:str}/resume",
        operation_id="resumeExperiment",
        status_code=CHANGED,
        responses=problems(ExperimentNotFound, ExperimentOver, ExperimentExists),
    )
    async def resume(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """Go on with one that was paused."""
        return await backend.resume_experiment(unquote(experiment))

    @post(
        "/{experiment:str}/stop",
        operation_id="stopExperiment",
        status_code=CHANGED,
        responses=problems(ExperimentNotFound, ExperimentOver),
    )
    async def stop(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """End one for good: all work is A's again."""
        return await backend.stop_experiment(unquote(experiment))

    @post(
        "/{experiment:str}/promote",
        operation_id="promoteExperiment",
        status_code=CHANGED,
        responses=problems(ExperimentNotFound, Conflict, ModelNotUsable),
    )
    async def promote(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """Make B the active model in A's place, once it has proved that it works; activating A takes it back."""
        return await backend.promote_experiment(unquote(experiment))

    @delete(
        "/{experiment:str}", operation_id="deleteExperiment", status_code=200, responses=problems(ExperimentNotFound)
    )
    async def delete(self, backend: InjectedBackend, experiment: FromPath[str]) -> Experiment:
        """Remove one with all that it found, and return it as it was."""
        return await backend.delete_experiment(unquote(experiment))

    @get(
        "/{experiment:str}/pair",
        operation_id="getPairToJudge",
        opt=TRANSCRIBE,
        responses=problems(ExperimentNotFound, Conflict),
    )
    async def pair(self, backend: InjectedBackend, experiment: FromPath[str]) -> PairToJudge:
        """Return the next two texts of one recording to be judged, of the recordings that the caller may see."""
        return await backend.pair_to_judge(unquote(experiment))

    @post(
        "/{experiment:str}/judgements",
        operation_id="judgePair",
        opt=TRANSCRIBE,
        request_max_body_size=8 * MIB,  # the longest reference, in any script
        responses=problems(ExperimentNotFound, PairNotFound, Conflict, TooLarge),
    )
    async def judge(
        self, backend: InjectedBackend, experiment: FromPath[str], data: JSONBody[Judgement]
    ) -> PairToJudge:
        """Say which text of a pair is better, or what was said, and return the next pair."""
        return await backend.judge_pair(unquote(experiment), data)
