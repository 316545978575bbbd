"""Experiments: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from orstt_api.remote.base import RemotePart
from orstt_api.wire import EXPERIMENTS, quote_ref
from orstt_core.conversion import check_kind
from orstt_core.protocols.experiments import ExperimentOperations
from orstt_core.references import experiment_ref
from orstt_core.types import Experiment, ExperimentDraft, Judgement, PairToJudge


class RemoteExperiments(RemotePart, ExperimentOperations):
    """See the methods of `Backend`."""

    async def experiments(self) -> list[Experiment]:
        return await self._server.request("GET", EXPERIMENTS, list[Experiment])

    async def experiment(self, name: str) -> Experiment:
        return await self._server.request("GET", _experiment_path(name), Experiment)

    async def create_experiment(self, draft: ExperimentDraft) -> Experiment:
        check_kind(draft, ExperimentDraft, "draft")
        return await self._server.request("POST", EXPERIMENTS, Experiment, json=draft)

    async def pause_experiment(self, name: str) -> Experiment:
        return await self._server.request("POST", f"{_experiment_path(name)}/pause", Experiment)

    async def resume_experiment(self, name: str) -> Experiment:
        return await self._server.request("POST", f"{_experiment_path(name)}/resume", Experiment)

    async def stop_experiment(self, name: str) -> Experiment:
        return await self._server.request("POST", f"{_experiment_path(name)}/stop", Experiment)

    async def promote_experiment(self, name: str) -> Experiment:
        return await self._server.request("POST", f"{_experiment_path(name)}/promote", Experiment)

    async def delete_experiment(self, name: str) -> Experiment:
        return await self._server.request("DELETE", _experiment_path(name), Experiment)

    async def pair_to_judge(self, name: str) -> PairToJudge:
        return await self._server.request("GET", f"{_experiment_path(name)}/pair", PairToJudge)

    async def judge_pair(self, name: str, judgement: Judgement) -> PairToJudge:
        check_kind(judgement, Judgement, "judgement")
        path = f"{_experiment_path(name)}/judgements"
        return await self._server.request("POST", path, PairToJudge, json=judgement)


def _experiment_path(name: str) -> str:
    return f"{EXPERIMENTS}/{quote_ref(experiment_ref(name))}"
