"""A tiny made-up model, as a folder, as a hub cache and as packages that carry it: for tests of how files travel."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from orstt_core.weights.facts import Carrier, Part, Published, Repository
from orstt_core.weights.formats import format_called

CONTENT: Mapping[str, bytes] = {
    "config.json": b'{"made": "up"}',
    "model.bin": bytes(range(256)) * 512,
    "tokenizer.json": b'{"version": "1.0"}',
    "vocabulary.txt": b"hello\nthere\n",
}
REPO = "someone/made-up"
FORMAT = "ctranslate2-whisper"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


ORDINARY_USER: tuple[str, ...] = ()
"""What to put before a command so that file permissions hold for it: they do not for root."""
if os.geteuid() == 0:
    ORDINARY_USER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def write_folder(folder: Path, content: Mapping[str, bytes] = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


def write_hub_cache(hub: Path, repo: str = REPO, content: Mapping[str, bytes] = CONTENT) -> Path:
    """Lay files out as the hub's own client does, and return the snapshot."""
    root = hub / f"models--{repo.replace('/', '--')}"
    for folder in ("blobs", "refs", f"snapshots/{COMMIT}"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (root / "blobs" / sha256(data)).write_bytes(data)
        (root / "snapshots" / COMMIT / name).symlink_to(f"../../blobs/{sha256(data)}")
    (root / "refs" / "main").write_text(COMMIT)
    return root / "snapshots" / COMMIT


def repository(name: str = "made-up") -> Repository:
    files = {file: Published(size=len(data), sha256=sha256(data)) for file, data in CONTENT.items()}
    return Repository(name=name, repo=REPO, parameters=65_536, revision=COMMIT, files=files)


class Packages:
    """Two packages that carry the made-up model, `made_up_one` with the first half of model.bin."""

    def __init__(self, site: Path) -> None:
        self.site = site
        self.repository = repository()
        half = len(CONTENT["model.bin"]) // 2
        parts = {name: [self._part(1, name, data)] for name, data in CONTENT.items() if name != "model.bin"}
        first, second = CONTENT["model.bin"][:half], CONTENT["model.bin"][half:]
        parts["model.bin"] = [self._part(1, "model.bin.part1", first), self._part(2, "model.bin.part2", second)]
        self.carrier = Carrier(model="made-up", extra="made-up", files=parts)

    def path(self, number: int, name: str) -> Path:
        return self.site / f"made_up_{number}" / "data" / name

    def _part(self, number: int, name: str, data: bytes) -> Part:
        path = self.path(number, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parents[1] / "__init__.py").write_text("raise ImportError('data is looked at, never imported')\n")
        path.write_bytes(data)
        return Part(
            package=f"made-up-{number}==1.0",
            path=str(path.relative_to(self.site)),
            size=len(data),
            sha256=sha256(data),
        )

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this process know and find them."""
        monkeypatch.syspath_prepend(self.site)
        monkeypatch.setitem(format_called(FORMAT).models, "made-up", self.repository)
        monkeypatch.setitem(format_called(FORMAT).carriers, "made-up", self.carrier)


CHILD = """
import json, os, resource, sys
from pathlib import Path
import msgspec
from orstt_core.errors import OrsttError
from orstt_core.weights import download, facts, obtain
from orstt_core.weights.formats import format_called
task = json.load(sys.stdin)
known = format_called(task["format"])
if task["repository"]:
    known.models["made-up"] = msgspec.convert(task["repository"], facts.Repository)
if task["carrier"]:
    known.carriers["made-up"] = msgspec.convert(task["carrier"], facts.Carrier)
if limit := task.get("file_size"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
download.ANSWER_SECONDS = task.get("patience", download.ANSWER_SECONDS)
download_allowed = task.get("download", False)
def progress(event):
    print(json.dumps([event.detail, event.done, event.total]), flush=True)
    if (event.done or 0) > task.get("die_at", float("inf")):
        os._exit(9)
try:
    cache = Path(task["cache"])
    folder = obtain(known.name, task["model"], cache_dir=cache, allow_download=download_allowed, progress=progress)
    print(json.dumps({"folder": str(folder), "hub": "huggingface_hub" in sys.modules}))
except OrsttError as error:
    print(json.dumps({"code": error.code, "message": error.message, "hint": error.hint}))
"""


class Child:
    """`obtain` in a process of its own: another environment, another limit, or to be killed."""

    def __init__(
        self,
        cache: Path,
        *,
        model: str = "made-up",
        weights_format: str = FORMAT,
        packages: Packages | None = None,
        known: Repository | None = None,
        environment: Mapping[str, str] | None = None,
        wrapper: tuple[str, ...] = (),
        **circumstances: float,
    ) -> None:
        """Start it; circumstances are those that `CHILD` reads."""
        environment = dict(environment or {})
        task = {
            "model": model,
            "format": weights_format,
            "cache": str(cache),
            "repository": msgspec.to_builtins(known or (packages.repository if packages else None)),
            "carrier": msgspec.to_builtins(packages.carrier) if packages else None,
            **circumstances,
        }
        if packages:
            entries = [str(packages.site), os.environ.get("PYTHONPATH")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, entries))
        kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
        self.process = subprocess.Popen(
            [*wrapper, sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | environment,
        )
        assert self.process.stdin
        self.process.stdin.write(json.dumps(task))
        self.process.stdin.close()
        self.process.stdin = None

    def wait(self) -> tuple[dict[str, str], list[tuple[str, int | None, int | None]]]:
        """Return the outcome and the progress that was told; standard error must stay empty."""
        output, complaints = self.process.communicate(timeout=60)
        assert not complaints, complaints
        lines = [json.loads(line) for line in output.splitlines()]
        outcome = lines.pop() if lines and isinstance(lines[-1], dict) else {}
        return outcome, [tuple(line) for line in lines]
