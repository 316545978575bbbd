"""The page on the architecture is true: what it names is there, and imports point one way only."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("orstt_core", "orstt_api", "orstt_tui")


def test_every_path_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:orstt_\w+|tests|docs|bench|deploy)/[\w./-]*)`", page))
    assert named
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_room_of_the_core_stands_on_the_page() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    core = ROOT / "orstt_core"
    rooms = [folder.name for folder in core.iterdir() if (folder / "__init__.py").exists()]
    assert [room for room in sorted(rooms) if f"`orstt_core/{room}/" not in page] == []


def test_no_file_imports_another_in_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))
