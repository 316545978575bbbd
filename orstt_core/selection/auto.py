"""AutoSelector: chooses the model of a job that asks for `auto`, by what its recording is like and what is known."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from msgspec.structs import replace

from orstt_core.db.job_records import ClaimedJob
from orstt_core.errors import DatabaseUnavailable, ModelNotUsable, OrsttError
from orstt_core.languages import language_name, normalize_language
from orstt_core.model_drafts import draft_of
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import SoundFile
from orstt_core.selection.decision import Candidate, decide, in_words, next_better
from orstt_core.selection.fitness import knows_one_language, refuse_unfit
from orstt_core.selection.knowledge import Knowledge, expect
from orstt_core.selection.language import HEARD_SECONDS, HeardLanguage, hear_language
from orstt_core.selection.selector import Chosen
from orstt_core.settings import Settings
from orstt_core.types import (
    AUTO,
    Model,
    ModelChoice,
    Priority,
    SoundFacts,
    TranscribeOptions,
    Transcript,
    TranscriptionFigures,
    Validation,
)
from orstt_core.validation import validate

logger = logging.getLogger(__name__)

LEAST_CONFIDENCE = 0.65
"""Below it a transcript is not to be trusted, and the next better model transcribes once more. See docs/auto.md."""
WORTH_HEARING = 3.0
"""Times the time that hearing the language takes that a model of one language must save to be worth it."""
FRESH_SECONDS = 60.0
"""How long what is known, and which models can be used, is not looked up again."""


class AutoSelector:
    """Chooses among the configured models; never one that sends sound out of this machine.

    Args:
        models: returns them.
        knowledge: returns what was measured of them.
        pool: says what is loaded and busy.
        settings: say where weights are; none is fetched for a choice.
    """

    def __init__(
        self,
        models: Callable[[], Awaitable[list[Model]]],
        knowledge: Callable[[], Awaitable[Knowledge]],
        pool: EnginePool,
        settings: Settings,
    ) -> None:
        self._models, self._knowledge, self._pool = models, knowledge, pool
        self._settings = replace(settings, allow_download=False)
        self._known: tuple[float, Knowledge] = -FRESH_SECONDS, Knowledge()
        self._validations: dict[tuple[int, datetime], tuple[float, Validation]] = {}

    async def may_choose(self, job: ClaimedJob) -> bool:
        """See `Selector.may_choose`."""
        return job.choice is not None and job.choice.asked == AUTO and not job.choice.model

    async def choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen | None:
        """See `Selector.choose`.

        Raises:
            ModelNotUsable: no model can do what is asked for; it says why not, of each.
        """
        try:
            return await self._choose(job, sound)
        except DatabaseUnavailable as error:  # no reason to fail: what was heard is written once it is there again
            return _chosen(job.model, f"{job.model.name}: what is known of the others cannot be read. {error.message}")

    async def _choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen:
        facts = sound.facts or SoundFacts(duration=sound.duration)
        usable = await self._usable(job.options)
        language, heard, hint = _code(job.options.language), None, ""
        if language is None and not job.options.languages:
            wide = _of_any_language(usable)
            if heard := await self._heard(job, sound, facts, usable, wide):
                language = heard.code
                usable = await self._usable(replace(job.options, language=language))
            else:
                left_out = ", ".join(each.name for each in usable if each not in wide)
                hint = (
                    f" Where the language is named, models of one language come into question too: {left_out}."
                    if left_out
                    else ""
                )
                usable = wide
        candidates = await self._candidates(usable, facts, language, job.priority, parts=len(sound.parts))
        if not candidates:
            model = next((each for each in usable if each.id == job.model.id), usable[0])
            why = f"{model.name}: nothing is known of how many errors models make. `orstt bench` measures them."
            return _chosen(model, why)
        decision = decide(candidates, job.options)
        said = f"{language_name(heard.code)} is spoken ({heard.probability:.0%} sure). " if heard else ""
        chosen = _chosen(decision.candidate.model, said + decision.why + hint)
        return replace(chosen, choice=replace(chosen.choice, language=heard.code)) if heard else chosen

    async def choose_again(
        self, job: ClaimedJob, transcript: Transcript, figures: TranscriptionFigures
    ) -> Chosen | None:
        """See `Selector.choose_again`; only where the confidence is low, and time is left."""
        options, sure = job.options, figures.confidence
        if job.choice is None or job.choice.asked != AUTO or options.prefer == "fastest":
            return None
        if sure is None or sure >= LEAST_CONFIDENCE:
            return None
        try:
            return await self._choose_better(job, transcript, figures, sure)
        except (DatabaseUnavailable, ModelNotUsable) as error:
            logger.info("No other model is chosen for %s: %s", job.claim.job, error.message)
            return None  # a text is there already

    async def _choose_better(
        self, job: ClaimedJob, transcript: Transcript, figures: TranscriptionFigures, sure: float
    ) -> Chosen | None:
        options = job.options
        facts = transcript.sound or SoundFacts(duration=transcript.duration)
        usable = await self._usable(options)
        if options.language is None and not options.languages:
            usable = _of_any_language(usable)
        parts = len({segment.part for segment in transcript.segments})
        candidates = await self._candidates(usable, facts, transcript.language, job.priority, parts=parts)
        spent = figures.load_seconds + (figures.seconds or 0.0)
        if options.deadline is not None:
            candidates = [
                each
                for each in candidates
                if each.model.name == job.model.name or spent + each.seconds <= options.deadline
            ]
        if (better := next_better(candidates, job.model.name)) is None:
            return None
        why = (
            f"{job.model.name} was not sure of its text ({sure:.0%}), so {better.model.name} transcribes it once more: "
            f"{in_words(better)}."
        )
        return _chosen(better.model, why, instead_of=job.model.name, seconds_before=figures.seconds or 0.0)

    async def _usable(self, options: TranscribeOptions) -> list[Model]:
        """Return the models of this machine that can do what is asked for.

        Raises:
            ModelNotUsable: there is none.
        """
        usable, reasons = list[Model](), list[str]()
        for model in await self._models():
            if model.sends_sound:
                continue
            try:
                await asyncio.to_thread(refuse_unfit, model, options)
                validation = await self._validation(model)
            except OrsttError as error:
                reasons.append(f"{model.name}: {error.message}")
                continue
            if validation.available:
                usable.append(model)
            else:
                reasons.append(f"{model.name}: {validation.message}")
        if not usable:
            raise ModelNotUsable(
                f"No model of this machine can do what is asked for. {' '.join(reasons)}",
                hint="See `orstt models list`, or name a model.",
            )
        return usable

    async def _heard(
        self, job: ClaimedJob, sound: SoundFile, facts: SoundFacts, usable: Sequence[Model], wide: Sequence[Model]
    ) -> HeardLanguage | None:
        """Return which language is spoken, where models of one language would save much more time than hearing takes.

        It is heard by a model in memory that has nothing to do.
        """
        idle = {engine.spec for engine in self._pool.loaded() if engine.state == "idle"}
        listener = next((model for model in wide if spec_of(model) in idle), None)
        narrow = [model for model in usable if model not in wide]
        if listener is None or not narrow:
            return None
        beginning = replace(facts, duration=min(facts.duration, HEARD_SECONDS))
        hearing = await self._candidates([listener], beginning, None, job.priority)
        both = [listener, *narrow]
        whole = await self._candidates(both, facts, None, job.priority, parts=len(sound.parts))
        if not hearing or whole[0].model != listener or len(whole) == 1:
            return None
        saved = whole[0].seconds - min(each.seconds for each in whole[1:])
        if saved < WORTH_HEARING * hearing[0].seconds:
            return None
        return await hear_language(self._pool, listener, sound, self._settings.for_engines, job.priority)

    async def _validation(self, model: Model) -> Validation:
        key = model.id, model.updated_at
        at, validation = self._validations.get(key, (-FRESH_SECONDS, None))
        if validation is None or time.monotonic() - at > FRESH_SECONDS:
            validation = await asyncio.to_thread(validate, draft_of(model), self._settings)
            self._validations[key] = time.monotonic(), validation
        return validation

    async def _candidates(
        self, models: Sequence[Model], facts: SoundFacts, language: str | None, priority: Priority, *, parts: int = 1
    ) -> list[Candidate]:
        """Return the models of which something is known, with what is expected of them now.

        `parts` is how many channels or tracks are transcribed by themselves; 0 or 1: the recording as a whole.
        """
        if time.monotonic() - self._known[0] > FRESH_SECONDS:
            self._known = time.monotonic(), await self._knowledge()
        loaded = {engine.spec: engine for engine in self._pool.loaded()}
        slowness = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        candidates = []
        for model in models:
            if (expectation := expect(model, facts, language, self._known[1], parts=max(1, parts))) is None:
                continue
            expectation = replace(expectation, seconds=expectation.seconds * slowness)
            spec = spec_of(model)
            engine = loaded.get(spec)
            if engine and engine.state == "suspended":
                continue
            delay = 0.0 if engine and engine.state != "loading" else expectation.load_seconds
            if engine and priority == "background":  # who waits for the answer goes before
                delay += expectation.seconds * (engine.using // self._pool.capacity(spec))
            candidates.append(Candidate(model=model, expectation=expectation, delay=delay))
        return candidates


def _chosen(model: Model, why: str, *, instead_of: str = "", seconds_before: float = 0.0) -> Chosen:
    choice = ModelChoice(
        asked=AUTO, model=model.name, why=why, instead_of=instead_of, seconds_before=round(seconds_before, 3)
    )
    return Chosen(model=model, choice=choice)


def _of_any_language(models: list[Model]) -> list[Model]:
    """Return the models that notice which language is spoken, of those of one language all, if there are no others."""
    return [model for model in models if not knows_one_language(model)] or models


def _code(language: str | None) -> str | None:
    return normalize_language(language) if language else None
