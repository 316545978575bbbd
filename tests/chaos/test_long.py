"""All attacks at once, for as long as `just chaos` is asked to: first on SQLite, then on PostgreSQL."""

from __future__ import annotations

import os
import random
import signal

import pytest
from chaos.attackers import Attack
from chaos.conftest import CUT_CONNECTIONS, Begin
from chaos.paced import UNLOADABLE, Conduct
from chaos.recordings import VICTIMS, Recording, Studio
from chaos.trial import MODELS, Trial
from postgres import PostgresServer

SECONDS = float(os.environ.get("ORSTT_CHAOS_SECONDS", "0"))
CLIENTS = 16
FORGIVEN = frozenset({"engine_died", "model_suspended", "too_large", "storage_full", "file_problem", "weights_error"})

pytestmark = [
    pytest.mark.slow,
    pytest.mark.models,
    pytest.mark.timeout(SECONDS + 240),
    *CUT_CONNECTIONS,
    pytest.mark.skipif(not SECONDS, reason="`just chaos SECONDS` runs it"),
]


def anything(studio: Studio, chance: random.Random) -> Recording:
    """A recording of any kind, most of them harmless, some of real speech for Whisper."""
    if chance.random() < 0.05:
        return studio.spoken()
    if chance.random() < 0.1 and (harmful := studio.harmful()):
        return harmful
    (conduct,) = chance.choices([Conduct.QUICK, Conduct.STEADY, Conduct.SLOW], [6, 3, 1])
    return studio.paced(chance.randint(1, 12), conduct)


async def prepare(trial: Trial) -> list[Attack]:
    """Configure the models and return the attacks that need no PostgreSQL."""
    await trial.prepare(*MODELS, *VICTIMS.values())
    await trial.http.post("/api/v1/models", json={"name": UNLOADABLE, "model_type": "paced"})
    hurt = trial.attackers.hurt_child(signal.SIGKILL, signal.SIGABRT, signal.SIGSTOP)
    return [
        Attack(trial.attackers.kill_server(), 6.0, 15.0),
        Attack(hurt, 1.0, 6.0),
        Attack(trial.attackers.fill_disk(1.5), 8.0, 20.0),
        Attack(trial.attackers.switch(trial.client(99), [*MODELS, UNLOADABLE]), 0.5, 2.0),
    ]


async def test_everything_at_once_on_sqlite(begin: Begin) -> None:
    trial = await begin("everything-sqlite", max_engine_mb=600)
    attacks = await prepare(trial)
    counts = await trial.run(SECONDS / 2, clients=CLIENTS, make=anything, attacks=attacks, forgiven=FORGIVEN)
    assert counts["done"] > 0


@pytest.mark.postgres
async def test_everything_at_once_on_postgresql(begin: Begin, postgres: PostgresServer, postgres_database: str) -> None:
    trial = await begin("everything-postgresql", database_url=postgres_database, max_engine_mb=600)
    attacks = [
        *await prepare(trial),
        Attack(trial.attackers.restart_database(postgres), 8.0, 20.0),
        Attack(trial.attackers.cut_connections(postgres), 4.0, 12.0),
    ]
    counts = await trial.run(SECONDS / 2, clients=CLIENTS, make=anything, attacks=attacks, forgiven=FORGIVEN)
    assert counts["done"] > 0
