"""ExperimentOperations: what is asked of experiments, which try a second model on live work."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import Experiment, ExperimentDraft, Judgement, PairToJudge


class ExperimentOperations(Protocol):
    """Experiments, by name."""

    async def experiments(self) -> list[Experiment]:
        """Return all experiments with what they found, the newest first."""
        ...

    async def experiment(self, name: str) -> Experiment:
        """Return an experiment with what it has found so far.

        Raises:
            ExperimentNotFound: none has that name.
        """
        ...

    async def create_experiment(self, draft: ExperimentDraft) -> Experiment:
        """Begin an experiment; it runs at once.

        Raises:
            InvalidRequest: the name is blank, both models are the same, B sends sound out of this machine and `cloud`
                does not say that it may, or people are to judge a split.
            ModelNotFound: no model has such a name.
            ModelNotUsable: B cannot be used on this machine.
            ExperimentExists: an experiment has that name, or another one that is not over splits the work of A.
        """
        ...

    async def pause_experiment(self, name: str) -> Experiment:
        """Let no further recording take part for the time being; what was found can be judged all the same.

        Raises:
            ExperimentNotFound: none has that name.
            ExperimentOver: it was stopped or promoted.
        """
        ...

    async def resume_experiment(self, name: str) -> Experiment:
        """Go on with an experiment that was paused.

        Raises:
            ExperimentNotFound: none has that name.
            ExperimentOver: it was stopped or promoted.
            ExperimentExists: another one splits the work of A meanwhile.
        """
        ...

    async def stop_experiment(self, name: str) -> Experiment:
        """End an experiment for good: all work is A's again, and B transcribes nothing more.

        Raises:
            ExperimentNotFound: none has that name.
            ExperimentOver: it was stopped or promoted.
        """
        ...

    async def promote_experiment(self, name: str) -> Experiment:
        """Make B the active model in A's place, as `activate_model` does: B proves first that it works.

        `activate_model` of A takes it back.

        Raises:
            ExperimentNotFound: none has that name.
            Conflict: A is not the active model, so that B cannot take its place.
            ModelNotUsable: B cannot work; A stays active.
        """
        ...

    async def delete_experiment(self, name: str) -> Experiment:
        """Remove an experiment with all that it found, and return it as it was.

        Raises:
            ExperimentNotFound: none has that name.
        """
        ...

    async def pair_to_judge(self, name: str) -> PairToJudge:
        """Return the next two texts of one recording for the one who asks, of the recordings that they may see.

        Raises:
            ExperimentNotFound: none has that name.
            Conflict: people have nothing to judge in such an experiment.
        """
        ...

    async def judge_pair(self, name: str, judgement: Judgement) -> PairToJudge:
        """Say which text of a pair is better, or what was said, and return the next pair.

        Raises:
            ExperimentNotFound: none has that name.
            PairNotFound: there is no such pair for the one who asks; its job may have been removed.
            Conflict: they have judged it already, or people have nothing to judge in such an experiment.
            InvalidRequest: neither a choice nor a reference was given as the experiment needs one, or the reference
                holds no word.
        """
        ...
