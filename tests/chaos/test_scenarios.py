"""One attack at a time, in a short form; the books must balance after each."""

from __future__ import annotations

import random
import signal

import pytest
from chaos.attackers import Attack
from chaos.conftest import CUT_CONNECTIONS, Begin
from chaos.paced import UNLOADABLE, Conduct
from chaos.recordings import VICTIMS, Recording, Studio
from chaos.trial import MODELS
from postgres import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), *CUT_CONNECTIONS]

SECONDS = 4.0
"""How long each goes on at least: until what it is about has happened often enough."""
CLIENTS = 16
COLLATERAL = frozenset({"engine_died", "model_suspended", "audio_unreadable", "too_large"})
"""What a job may fail with when somebody kills or stops the processes that work on it, twice in a row."""


def harmless(studio: Studio, chance: random.Random) -> Recording:
    """A recording over which the engine does nothing bad."""
    return studio.paced(chance.randint(1, 12), chance.choice([Conduct.QUICK, Conduct.STEADY]))


async def test_a_server_that_is_killed_loses_no_job_and_ends_none_twice(begin: Begin) -> None:
    trial = await begin("server-kills")
    await trial.prepare()
    kills = Attack(trial.attackers.kill_server(), 1.0, 2.0)
    counts = await trial.run(
        SECONDS,
        clients=CLIENTS,
        make=harmless,
        attacks=[kills],
        least={"server kills": 2},
        forgiven=frozenset({"engine_died"}),
    )
    assert counts["jobs begun again"] >= 1


async def test_a_server_that_sleeps_past_its_leases_while_another_process_works_loses_no_job(begin: Begin) -> None:
    trial = await begin("server-sleeps", job_lease=1)
    await trial.prepare()
    sleeps = Attack(trial.attackers.stop_server(3.0), 0.5, 1.5)
    counts = await trial.run(
        SECONDS,
        clients=CLIENTS,
        make=harmless,
        attacks=[sleeps],
        least={"server sleeps": 2},
        forgiven=frozenset({"engine_died"}),
    )
    assert counts["jobs begun again"] >= 1


async def test_engines_and_decoders_that_are_killed_or_stopped_cost_no_more_than_their_jobs(begin: Begin) -> None:
    trial = await begin("child-kills")
    await trial.prepare()
    signals = (signal.SIGKILL, signal.SIGABRT, signal.SIGSTOP)
    hits = Attack(trial.attackers.hurt_child(*signals), 0.5, 1.5)
    least = {f"children hit by {number.name}": 1 for number in signals}
    counts = await trial.run(SECONDS, clients=CLIENTS, make=harmless, attacks=[hits], least=least, forgiven=COLLATERAL)
    assert counts["done"] > 0


async def test_an_engine_that_aborts_hangs_leaks_or_raises_leaves_the_other_models_alone(begin: Begin) -> None:
    trial = await begin("harmful-recordings", max_engine_mb=300)
    await trial.prepare(*MODELS, *VICTIMS.values())

    def make(studio: Studio, chance: random.Random) -> Recording:
        return (chance.random() < 0.3 and studio.harmful()) or harmless(studio, chance)

    counts = await trial.run(SECONDS, clients=CLIENTS, make=make)
    assert trial.studio.harmful() is None  # each was submitted
    assert counts["failed: engine_died"] > 0
    assert counts["done"] > 0


async def test_a_full_disk_loses_no_accepted_job(begin: Begin) -> None:
    trial = await begin("disk-full")
    await trial.prepare()
    full = Attack(trial.attackers.fill_disk(1.5), 0.5, 1.5)
    counts = await trial.run(
        SECONDS,
        clients=8,
        make=harmless,
        attacks=[full],
        least={"disk full": 2},
        forgiven=frozenset({"storage_full", "file_problem"}),
    )
    assert counts["done"] > 0


@pytest.mark.postgres
async def test_a_database_that_restarts_or_cuts_off_its_clients_loses_no_accepted_job(
    begin: Begin, postgres: PostgresServer, postgres_database: str
) -> None:
    trial = await begin("database-restarts", database_url=postgres_database)
    await trial.prepare()
    attacks = [
        Attack(trial.attackers.restart_database(postgres), 1.0, 3.0),
        Attack(trial.attackers.cut_connections(postgres), 0.5, 2.0),
    ]
    least = {"database restarts": 1, "connections cut": 2}
    await trial.run(SECONDS, clients=8, make=harmless, attacks=attacks, least=least)


@pytest.mark.postgres
async def test_a_server_on_postgresql_that_is_killed_loses_no_job_and_ends_none_twice(
    begin: Begin, postgres_database: str
) -> None:
    trial = await begin("server-kills-postgresql", database_url=postgres_database)
    await trial.prepare()
    kills = Attack(trial.attackers.kill_server(), 1.0, 2.0)
    await trial.run(
        SECONDS,
        clients=CLIENTS,
        make=harmless,
        attacks=[kills],
        least={"server kills": 2},
        forgiven=frozenset({"engine_died"}),
    )


async def test_switches_under_load_cost_nobody_anything(begin: Begin) -> None:
    trial = await begin("switches")
    await trial.prepare()
    switches = Attack(trial.attackers.switch(trial.client(99), [*MODELS, UNLOADABLE]), 0.1, 0.3)
    await trial.http.post("/api/v1/models", json={"name": UNLOADABLE, "model_type": "paced"})
    least = {"switch answered 200": 5, "switch answered 409": 1}
    counts = await trial.run(SECONDS, clients=CLIENTS, make=harmless, attacks=[switches], least=least)
    assert not counts["failed"]
    assert set(counts) & {"transcribe_only answered 500", "transcribe_only answered 503"} == set()
