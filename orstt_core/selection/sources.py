"""Where what is known of models comes from: the benchmarks and the transcriptions of one database."""

from __future__ import annotations

from orstt_core.db.benchmarks import BenchmarkStore
from orstt_core.db.database import Database
from orstt_core.measurements.machine import machine_in_words
from orstt_core.measurements.service import Measurements
from orstt_core.selection.knowledge import Benchmarked, Knowledge
from orstt_core.types import StatsQuery

MOST_RESULTS = 2000
"""Results of benchmarks that are read, the latest: as many as 400 recordings by five models."""


async def measured(database: Database, measurements: Measurements) -> Knowledge:
    """Return what was measured in a database; where a recording was measured again, the latest counts alone.

    It would weigh as much as several recordings otherwise, and what is measured anew, since the model of a name has
    other weights, would be mixed with what it was.
    """
    machine = machine_in_words()
    results = await BenchmarkStore(database).latest_results(MOST_RESULTS)
    latest: dict[tuple[str, str, bool], Benchmarked] = {}
    for made_on, result in results:  # the latest first
        here = made_on == machine
        latest.setdefault((result.model, result.digest, here), Benchmarked(result, here))
    return Knowledge(
        benchmarked=list(latest.values()),
        stats=await measurements.stats(StatsQuery(by="setup", here=True)),
    )
