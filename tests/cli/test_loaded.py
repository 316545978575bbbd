"""`orstt ps`, `load`, `unload`, `purge` and `audit` on a scripted backend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cli.running import Result, Shell
from scripted import ScriptedBackend
from scripted_jobs import WHEN, a_job

from orstt_core.errors import ModelSuspended
from orstt_core.types import AuditEntry, LoadedModel, Purged

Run = Callable[..., Result]
REMOTE = ("--remote", "http://asr.lan")
HINT = "`orstt --remote URL load NAME`\n"


def a_loaded(**changes: object) -> LoadedModel:
    loaded = LoadedModel(
        names=["base", "quick"],
        model_type="whisper",
        model="base",
        device="cpu",
        compute_type="int8",
        state="idle",
        memory=250_000_000,
        pid=4242,
    )
    return msgspec.structs.replace(loaded, **changes)


def test_ps_shows_memory_use_and_when_each_expires(orstt: Run, scripted: ScriptedBackend) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=4, seconds=5)
    scripted.loaded = [
        a_loaded(expires_at=soon),
        a_loaded(names=["small"]),
        a_loaded(names=["tiny"], state="busy", using=2),
        a_loaded(
            names=["large"],
            state="suspended",
            memory=0,
            pid=0,
            reason="It died twice.",
            suspended_until=datetime.now(UTC) + timedelta(seconds=20.4),
        ),
    ]
    code, out, err = orstt("ps", *REMOTE)
    assert (code, err) == (0, "")
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "NAMES STATE MEMORY USING EXPIRES PID REASON",
        "base, quick idle 250 MB 0 4 min 4242",
        "small idle 250 MB 0 never 4242",
        "tiny busy 250 MB 2 in use 4242",
        "large suspended It died twice. Tried again in 20 s.",
    ]


def test_ps_as_json_is_the_loaded_models(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("ps", "--json") == (0, "[]\n", "")
    scripted.loaded = [a_loaded()]
    assert msgspec.json.decode(orstt("ps", "--json").out, type=list[LoadedModel]) == scripted.loaded


def test_ps_with_nothing_says_so_and_on_this_machine_how_to_keep_a_model(orstt: Run) -> None:
    assert orstt("ps", *REMOTE) == (0, "", "orstt: no model is loaded\n")
    code, out, err = orstt("ps")
    assert (code, out) == (0, "")
    assert err.startswith("orstt: no model is loaded\n")
    assert err.endswith(HINT)


def test_load_says_what_it_cost_and_on_this_machine_how_to_keep_it(orstt: Run) -> None:
    assert orstt("load", "small", *REMOTE) == (0, "Loaded small in 0.0 s: 250 MB of memory.\n", "")
    code, out, err = orstt("load", "small")
    assert (code, out) == (0, "Loaded small in 0.0 s: 250 MB of memory.\n")
    assert err.endswith(HINT)


@pytest.mark.parametrize(("given", "meant"), [("forever", -1.0), ("90", 90.0), ("0", 0.0), (None, None)])
def test_load_keeps_it_as_long_as_it_is_told(
    orstt: Run, scripted: ScriptedBackend, given: str | None, meant: float | None
) -> None:
    asked: list[float | None] = []
    original = scripted.load_model

    async def load_model(ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        asked.append(keep_alive)
        return await original(ref)

    scripted.load_model = load_model
    args = () if given is None else ("--keep-alive", given)
    assert orstt("load", "base", *args).code == 0
    assert asked == [meant]


def test_a_model_that_is_suspended_is_not_loaded(orstt: Run, scripted: ScriptedBackend) -> None:
    async def load_model(ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        raise ModelSuspended("base died twice.", hint="Wait 30 seconds.")

    scripted.load_model = load_model
    assert orstt("load", "base") == (8, "", "orstt: base died twice. Wait 30 seconds.\n")


def test_unload_says_what_was_given_back(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.loaded = [a_loaded()]
    assert orstt("unload", "base", *REMOTE) == (0, "Unloaded base, quick: 250 MB given back.\n", "")
    assert orstt("unload", "base", *REMOTE).code == 3


def test_purge_removes_without_a_terminal_only_with_yes(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="done"))
    scripted.put(a_job(2))
    code, out, err = orstt("purge", "--older-than", "30")
    assert (code, out) == (2, "")
    assert "every job that ended 30 days ago or longer" in err
    assert len(scripted.job_rows) == 2
    assert orstt("purge", "--yes") == (0, "Removed 1 job.\n", "")
    assert len(scripted.job_rows) == 1


def test_purge_passes_the_age_on_and_says_json(orstt: Run, scripted: ScriptedBackend) -> None:
    asked = []

    async def purge_jobs(older_than_days: float = 0.0) -> Purged:
        asked.append(older_than_days)
        return Purged(jobs=3)

    scripted.purge_jobs = purge_jobs
    assert orstt("purge", "--yes", "--older-than", "1.5", "--json") == (0, '{"jobs":3}\n', "")
    assert asked == [1.5]


def test_the_audit_is_a_table_or_json(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.entries = [
        AuditEntry(id=2, at=WHEN, actor="key ward", action="model.activated", subject="base"),
        AuditEntry(id=1, at=WHEN, actor="user alice", action="job.submitted", subject="1" * 16, detail="visit.wav"),
    ]
    code, out, err = orstt("audit")
    assert (code, err) == (0, "")
    header, first, second = (line.split() for line in out.splitlines())
    assert header == ["AT", "WHO", "DID", "TO", "DETAIL"]
    assert first[2:] == ["key", "ward", "model.activated", "base"]
    assert second[-1] == "visit.wav"
    assert msgspec.json.decode(orstt("audit", "--json").out, type=list[AuditEntry]) == scripted.entries
    assert len(orstt("audit", "--limit", "1").out.splitlines()) == 2


def test_serving_and_draining_work_on_every_job_and_other_commands_do_not(shell: Shell) -> None:
    asked = shell.scripted("backends.open_backend = lambda settings, *, drain: sys.exit(f'drain={drain}')")
    answers = {args: shell(*args, command=asked).err for args in (("serve",), ("jobs", "drain"), ("jobs", "list"))}
    assert answers == {
        ("serve",): "drain=True\n",
        ("jobs", "drain"): "drain=True\n",
        ("jobs", "list"): "drain=False\n",
    }
