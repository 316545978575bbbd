"""What people name models, jobs and keys by: checked alike before a server is asked and before the database is."""

from __future__ import annotations

from string import hexdigits

from orstt_core.conversion import check
from orstt_core.errors import (
    BenchmarkNotFound,
    ExperimentNotFound,
    JobNotFound,
    KeyNotFound,
    ModelNotFound,
    VocabularyNotFound,
)
from orstt_core.text import normalize_name

SHORTEST_JOB_REF = 4
"""Characters of a job's id that stand for it."""


def model_ref(ref: object) -> int | str:
    """Return a model's id, or its name as it is stored.

    Raises:
        InvalidRequest: it is neither a number nor a text.
        ModelNotFound: it is empty, which on the wire would mean no model at all.
    """
    named: int | str = check(ref, int | str, "ref")
    if isinstance(named, int):
        return named
    named = normalize_name(named)
    if not named:
        raise ModelNotFound("No model is called ''.", hint="See `orstt models list`.")
    return named


def job_ref(ref: object) -> str:
    """Return a job's id, or the beginning of it.

    Raises:
        InvalidRequest: it is no text.
        JobNotFound: it is too short to stand for one.
    """
    named: str = check(ref, str, "ref")
    if len(named) < SHORTEST_JOB_REF:
        raise JobNotFound(
            f"{named!r} is too short for a job's id.", hint=f"Give {SHORTEST_JOB_REF} characters or more."
        )
    return named


def benchmark_ref(ref: object) -> str:
    """Return a benchmark's id, or the beginning of it.

    Raises:
        InvalidRequest: it is no text.
        BenchmarkNotFound: it cannot be one.
    """
    named: str = check(ref, str, "ref")
    if len(named) < SHORTEST_JOB_REF or not set(named) <= set(hexdigits.lower()):
        raise BenchmarkNotFound(
            f"{named[:50]!r} is no id of a benchmark.",
            hint=f"Give the first {SHORTEST_JOB_REF} characters or more; see `orstt bench list`.",
        )
    return named


def key_ref(ref: object) -> str:
    """Return a key's id, or its name as it is stored.

    Raises:
        InvalidRequest: it is no text.
        KeyNotFound: it is empty.
    """
    named = normalize_name(check(ref, str, "ref"))
    if not named:
        raise KeyNotFound("No key is called ''.", hint="See `orstt keys list`.")
    return named


def vocabulary_ref(ref: object) -> str:
    """Return a vocabulary's name as it is stored.

    Raises:
        InvalidRequest: it is no text.
        VocabularyNotFound: it is empty.
    """
    named = normalize_name(check(ref, str, "ref"))
    if not named:
        raise VocabularyNotFound("No vocabulary is called ''.", hint="See `orstt vocabulary list`.")
    return named


def experiment_ref(ref: object) -> str:
    """Return an experiment's name as it is stored.

    Raises:
        InvalidRequest: it is no text.
        ExperimentNotFound: it is empty.
    """
    named = normalize_name(check(ref, str, "name"))
    if not named:
        raise ExperimentNotFound("No experiment is called ''.", hint="See `orstt experiments list`.")
    return named
