"""Promises about worker names: they are unique, and tell a process that is gone from one that lives or is elsewhere."""

import os
import subprocess
import sys

import pytest

from orstt_core.jobs import worker_id
from orstt_core.jobs.worker_id import is_dead, new_worker_id

NAMED = "from orstt_core.jobs.worker_id import new_worker_id; print(new_worker_id(), flush=True); input()"


def test_names_differ_even_in_one_process() -> None:
    assert new_worker_id() != new_worker_id()


def test_the_living_are_not_dead() -> None:
    assert not is_dead(new_worker_id())


def test_a_process_is_dead_once_it_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", NAMED], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        name = child.stdout.readline().decode().strip()
        assert not is_dead(name)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert is_dead(name)  # while it still is a zombie
    assert is_dead(name)


def test_a_process_of_which_nothing_can_be_seen_is_asked_for_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, _, began, nonce = new_worker_id().split("|")
    with subprocess.Popen(["true"]) as child:
        pass
    monkeypatch.setattr(worker_id, "_began", lambda _: None)  # as where /proc hides other users' processes
    assert not is_dead(f"{machine}|{os.getpid()}|{began}|{nonce}")
    assert is_dead(f"{machine}|{child.pid}|{began}|{nonce}")


def test_another_process_with_the_same_number_is_not_the_same() -> None:
    machine, pid, began, nonce = new_worker_id().split("|")
    assert is_dead(f"{machine}|{pid}|{int(began) - 100}|{nonce}")


def test_nothing_is_said_about_another_machine() -> None:
    _, _, began, nonce = new_worker_id().split("|")
    assert not is_dead(f"elsewhere/4026531836|{2**22 - 1}|{began}|{nonce}")


def test_nothing_is_said_about_a_name_of_another_kind() -> None:
    assert not is_dead("")
    assert not is_dead("thief")
