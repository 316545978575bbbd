"""The security page promises nothing that no test shows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/security.md").read_text())


def test_every_test_that_the_page_names_exists() -> None:
    assert len(NAMED) > 15
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not (ROOT / path).is_file() or not re.search(rf"def {name}", (ROOT / path).read_text())
    ]
    assert missing == []


def test_every_threat_names_a_test() -> None:
    table = (ROOT / "docs/security.md").read_text().partition("## Threats")[2].partition("##")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert lines
    assert [line for line in lines if not re.search(r"`tests/[\w/]+\.py::test_\w+`", line)] == []
