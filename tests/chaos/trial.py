"""A trial: clients and attackers at one server for a while, and the books at the end."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import httpx2
from chaos import books
from chaos.attackers import Attack, Attackers
from chaos.clients import Client
from chaos.ledger import Ledger
from chaos.recordings import Recording, Studio
from chaos.server import Server
from serving import http_client

MODELS = ["paced-a", "paced-b", "paced-c"]
REPORT = os.environ.get("ORSTT_CHAOS_REPORT")
"""A folder for the counts of every trial as JSON; none: they are printed only. Read before the tests' home hides it."""


class Trial:
    """One server under attack.

    Args:
        name: of its report.
        server: runs.
        studio: makes the recordings.
        seed: decides everything that is left to chance.
    """

    def __init__(self, name: str, server: Server, studio: Studio, seed: int) -> None:
        self.name = name
        self.server = server
        self.studio = studio
        self.ledger = Ledger()
        self.http: httpx2.AsyncClient = http_client(server.address, limits=httpx2.Limits(max_connections=100))
        self.attackers = Attackers(server, self.ledger.counts, seed)
        self._seed = seed

    def client(self, number: int = 0) -> Client:
        """Return one more client."""
        return Client(self.http, self.ledger, self._seed + number)

    async def prepare(self, *models: str) -> None:
        """Configure models of the engine `paced`, make the first the active one, and let the database watch."""
        for model in models or MODELS:
            answer = await self.http.post("/api/v1/models", json={"name": model, "model_type": "paced"})
            assert answer.status_code == 201, answer.text
        answer = await self.http.post(f"/api/v1/models/{(models or MODELS)[0]}/activate")
        assert answer.status_code == 200, answer.text
        await books.watch(self.server)

    async def run(
        self, seconds: float, *, clients: int, make: Callable[[Studio, random.Random], Recording],
        attacks: Sequence[Attack] = (), least: Mapping[str, int] | None = None, forgiven: frozenset[str] = frozenset(),
    ) -> Counter[str]:  # fmt: skip
        """Let clients and attackers at it, then let all jobs end and balance the books.

        Args:
            seconds: how long; longer on a slow machine, until `least` has happened.
            clients: how many.
            make: makes the recordings that they submit.
            attacks: what is done to the server meanwhile.
            least: what must have been counted how often before it is over.
            forgiven: codes that a job may fail with although nothing is wrong with its recording.
        """
        chance = random.Random(self._seed)
        clock = asyncio.get_running_loop().time
        until = clock() + seconds

        def over() -> bool:
            return clock() >= until and all(self.ledger.counts[what] >= n for what, n in (least or {}).items())

        async with asyncio.TaskGroup() as tasks:
            for number, attack in enumerate(attacks):
                tasks.create_task(attack.go_on(over, self._seed + number))
            for number in range(clients):
                tasks.create_task(self.client(number).go_on(lambda: make(self.studio, chance), over))
        return await self.close(forgiven=forgiven)

    async def close(self, *, forgiven: frozenset[str] = frozenset()) -> Counter[str]:
        """Let it settle, balance the books, stop the server, and report the counts."""
        await books.settled(self.server)
        counts = await books.balance(self.server, self.ledger, self.studio.made, forgiven=forgiven)
        await self.http.aclose()
        await books.nothing_stays(self.server)
        self._report(counts)
        return counts

    def _report(self, counts: Counter[str]) -> None:
        print(f"\n{self.name}:")
        for what, how_often in sorted(counts.items()):
            print(f"  {how_often:6d}  {what}")
        if REPORT:
            Path(REPORT).mkdir(parents=True, exist_ok=True)
            (Path(REPORT) / f"{self.name}.json").write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
