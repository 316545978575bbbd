"""Comparisons: the transcripts of two jobs of a recording beside each other."""

from __future__ import annotations

from litestar import Controller, post
from litestar.params import JSONBody

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import TRANSCRIBE
from orstt_api.wire import JOBS
from orstt_core.errors import JobCancelled, JobNotEnded, JobNotFound, NotFound, TooLarge
from orstt_core.types import Comparison, ComparisonQuery
from orstt_core.units import MIB


class Comparisons(Controller):
    """Asked by POST although nothing changes: a reference is too long for an address."""

    path = f"{JOBS}/compare"
    tags = ("Transcripts",)
    opt = TRANSCRIBE

    @post(
        "/",
        operation_id="compareJobs",
        status_code=200,
        request_max_body_size=8 * MIB,  # the longest reference, in any script
        responses=problems(JobNotFound, JobNotEnded, JobCancelled, NotFound, TooLarge),
    )
    async def compare(self, backend: InjectedBackend, data: JSONBody[ComparisonQuery]) -> Comparison:
        """Compare two transcripts of a recording word by word, with the figures of both and their errors."""
        return await backend.compare_jobs(data)
