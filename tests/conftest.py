"""What every test gets: a home of its own, so that nothing of the person's own settings or data is touched."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from databases import (  # noqa: F401 - fixtures for every test
    database_pool,
    database_url,
    empty_database_url,
    postgres_server,
    postgres_url,
    sqlite_template,
)
from tmux import terminal  # noqa: F401 - a fixture for every test

from orstt_core.db import sqlite

os.environ["OPENBLAS_NUM_THREADS"] = "1"
"""Threads for every core, which nothing here needs, are a third of what importing NumPy costs a process."""
gc.set_threshold(200_000, 50, 100)
"""Looking for garbage as often as Python does by itself takes a quarter of the time until the first test."""
# No test decides on speed: neither what is tried with what was made up for it, nor how long making it up takes.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
HERE = Path(__file__).parent
DATA = HERE / "data"
SLOW = {
    "contract/": ("local-postgres]", "remote-sqlite]"),
    "cli/test_real.py": ("[on a server]",),
    "core/test_database_processes.py": ("ask_for_it[sqlite]",),
    "core/test_webhooks.py": tuple(
        f"{what}[postgres]" for what in ("nothing_but_the_end", "its_reason", "notice_is_sent", "notice_is_promised")
    ),
    "tui/test_snapshots": ("140x40]", "60x20]", "[light-80x24]"),
}
"""How the names of tests end that repeat others on another database, over another way or on another screen: they
wait for `just slow`."""
SLOW_SECONDS = 400
"""How long a slow test may take that says nothing else: others work beside it."""

if "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker keeps a core busy: engines with threads for all cores would only stand in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the quick run try each end and each database once, and the slow one all pairs."""
    for item in items:
        path = str(item.path.relative_to(HERE))
        if any(path.startswith(where) and item.name.endswith(endings) for where, endings in SLOW.items()):
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


def pytest_collection_finish() -> None:
    """Let no search for garbage look at the modules and tests, which stay."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def no_wait_for_the_disk() -> Iterator[str]:
    """Let no write wait for the disk, as PostgreSQL's here do not, and give the settings of SQLite that do.

    Nothing outlives the session, and what a process wrote before it was killed is there in any case.
    """
    durable = sqlite.SETTINGS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "SETTINGS", durable.replace("synchronous = full", "synchronous = off"))
        patch.setattr(os, "fsync", lambda _: None)
        yield durable


@pytest.fixture(scope="session")
def weights_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all tests share: joining the real weights takes a second and 150 MB each time."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "weights-cache"


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the homes: pytest numbers its own by looking through all that are there, thousands in the end."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def own_home(homes: Path, monkeypatch: pytest.MonkeyPatch, weights_cache: Path) -> Path:
    """Point every folder the program writes to at a new, empty one."""
    home = Path(tempfile.mkdtemp(dir=homes))
    for name in [name for name in os.environ if name.startswith("ORSTT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("ORSTT_CACHE_DIR", str(weights_cache))
    for variable, folder in {
        "XDG_DATA_HOME": "data",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
    }.items():
        monkeypatch.setenv(variable, str(home / folder))
    for variable in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    return home


@pytest.fixture
def austen() -> Path:
    """A public-domain reading of 7.1 s, 16 kHz mono; its words stand in tests/data/README.md."""
    return DATA / "austen.wav"
