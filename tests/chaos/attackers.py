"""Attackers of the chaos suite: each strikes again and again, at random times from a seed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import psutil
from chaos.clients import Client
from chaos.paced import UNLOADABLE
from chaos.server import Server
from postgres import PostgresServer

Strike = Callable[[], Awaitable[None]]
GROWN_UP_SECONDS = 3.0
TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname <> 'postgres' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class Attack:
    """Something that is done to a server, with a pause of `least` to `most` seconds before each time."""

    strike: Strike
    least: float
    most: float

    async def go_on(self, over: Callable[[], bool], seed: int) -> None:
        """Strike until it is over; what was begun is brought to its end."""
        chance = random.Random(seed)
        while True:
            await asyncio.sleep(chance.uniform(self.least, self.most))
            if over():
                return
            await self.strike()


class Attackers:
    """What can be done to one server.

    Args:
        server: the victim.
        counts: where each strike is counted.
        seed: decides whom they hit.
    """

    def __init__(self, server: Server, counts: Counter[str], seed: int) -> None:
        self._server = server
        self._counts = counts
        self._random = random.Random(seed)
        # No server starts without its database: whoever takes that away, or kills the server, holds this.
        self._one_at_a_time = asyncio.Lock()

    def kill_server(self) -> Strike:
        """SIGKILL the server and start it again at once."""

        async def strike() -> None:
            async with self._one_at_a_time:
                self._server.kill()
                self._counts["server kills"] += 1
                await self._server.start()

        return strike

    def stop_server(self, seconds: float) -> Strike:
        """Have the server sleep past its leases while another process works on its jobs, and then hands them back."""

        async def strike() -> None:
            async with self._one_at_a_time:
                os.kill(self._server.pid(), signal.SIGSTOP)
                self._counts["server sleeps"] += 1
                other = self._server.begin("jobs", "drain")
                await asyncio.sleep(seconds)
                os.kill(self._server.pid(), signal.SIGCONT)
                await asyncio.sleep(self._random.uniform(0, 1))
                other.terminate()
                await asyncio.to_thread(other.wait, 30)

        return strike

    def hurt_child(self, *signals: signal.Signals) -> Strike:
        """Send one of the signals to an engine's process or the decoder's."""

        async def strike() -> None:
            number = self._random.choice(signals)
            with contextlib.suppress(psutil.NoSuchProcess):
                # One that is stopped before it could ask the system to die with its server would stay for ever.
                youngest = time.time() - (GROWN_UP_SECONDS if number == signal.SIGSTOP else 0)
                children = [child for child in self._server.children() if child.create_time() < youngest]
                if children:
                    self._random.choice(children).send_signal(number)
                    self._counts[f"children hit by {number.name}"] += 1

        return strike

    def fill_disk(self, seconds: float) -> Strike:
        """Let every write to a file fail for a while."""

        async def strike() -> None:
            async with self._one_at_a_time:
                self._server.limit_files(0)
                self._counts["disk full"] += 1
                await asyncio.sleep(seconds)
                self._server.limit_files()

        return strike

    def restart_database(self, postgres: PostgresServer) -> Strike:
        """Stop PostgreSQL as a crash would, and start it again."""

        async def strike() -> None:
            async with self._one_at_a_time:
                await asyncio.to_thread(postgres.restart)
                self._counts["database restarts"] += 1

        return strike

    def cut_connections(self, postgres: PostgresServer) -> Strike:
        """Have PostgreSQL break off all connections of the server."""

        async def strike() -> None:
            async with self._one_at_a_time:
                await asyncio.to_thread(postgres.execute, TERMINATE)
                self._counts["connections cut"] += 1

        return strike

    def switch(self, client: Client, models: list[str]) -> Strike:
        """Make another model the active one; one that cannot be loaded must be refused."""

        async def strike() -> None:
            model = self._random.choice(models)
            status = await client.switch(model)
            assert not (model == UNLOADABLE and status == 200), "a model that cannot be loaded became active"

        return strike
